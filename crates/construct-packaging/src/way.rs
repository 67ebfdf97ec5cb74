//! Which ways there are to build for a platform on a machine: the choice as pure logic.

use crate::{Machine, Platform};

/// A way to build the front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A static binary for a musl target that is not the machine's own, linked by the toolchain's own `rust-lld`.
    Static {
        /// The target.
        target: &'static str,
        /// What compiles the C parts of ring.
        compiler: Compiler,
    },
    /// A binary for the machine's own target, with the machine's own tools.
    Native {
        /// The target.
        target: &'static str,
    },
}

/// A C compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Compiler {
    /// A variable names it, which the `cc` crate reads.
    Found,
    /// A program, whatever the `cc` crate would look for.
    Named(String),
}

impl Way {
    /// The target triple.
    pub(crate) fn target(&self) -> &'static str {
        match self {
            Self::Static { target, .. } | Self::Native { target } => target,
        }
    }

    /// Whether it builds for the machine itself.
    pub(crate) fn is_for(&self, host: &str) -> bool {
        self.target() == host
    }
}

/// The ways, the best first, and what to say when none of them works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ways {
    /// In the order in which they are tried.
    pub(crate) ways: Vec<Way>,
    /// Why there is no static build.
    pub(crate) lacking: Lacking,
}

/// What is lacking, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lacking {
    /// A clause without a full stop.
    pub(crate) reason: String,
    /// A clause without a full stop.
    pub(crate) help: String,
}

/// The ways to build for `platform` on `machine`.
pub(crate) fn ways(platform: &Platform, machine: &Machine) -> Ways {
    let native = |target| Way::Native { target };
    if machine.host == platform.musl {
        return Ways { ways: vec![native(platform.musl)], lacking: failed(platform) };
    }
    let (mut ways, lacking) = match static_way(platform, machine) {
        Ok(way) => (vec![way], failed(platform)),
        Err(lacking) => (Vec::new(), lacking),
    };
    if machine.host == platform.gnu {
        ways.push(native(platform.gnu));
    }
    Ways { ways, lacking }
}

fn static_way(platform: &Platform, machine: &Machine) -> Result<Way, Lacking> {
    let target = platform.musl;
    if !machine.targets.contains(target) {
        return Err(Lacking {
            reason: format!("the target {target} is not installed"),
            help: help(platform, &format!("run `rustup target add {target}`")),
        });
    }
    if !machine.has_lld {
        return Err(Lacking {
            reason: format!("the Rust toolchain has no rust-lld to link for {target}"),
            help: help(platform, "use a toolchain of rustup"),
        });
    }
    let Some(compiler) = compiler(platform, machine) else {
        let processor = platform.processor;
        let programs = format!("install clang or {processor}-linux-gnu-gcc");
        return Err(Lacking {
            reason: format!("no C compiler here makes code for {processor}"),
            help: help(platform, &format!("{programs}, or set CC_{}", underscored(target))),
        });
    };
    Ok(Way::Static { target, compiler })
}

/// What a person says of this target wins. ring needs no C library of the target, so a compiler for the same processor
/// does, and clang makes code for all of them. A plain `CC` is the last resort: it is mostly meant for the machine itself.
fn compiler(platform: &Platform, machine: &Machine) -> Option<Compiler> {
    let has = |program: &str| machine.programs.contains(program);
    let set = |variable: &String| machine.variables.contains(variable);
    if spoken(platform.musl).iter().any(set) {
        return Some(Compiler::Found);
    }
    let own = machine.host == platform.gnu && has("cc");
    let named = programs(platform).into_iter().find(|program| match program.as_str() {
        "cc" => own,
        other => has(other),
    });
    named.map(Compiler::Named).or_else(|| set(&PLAIN.to_owned()).then_some(Compiler::Found))
}

/// The programs that the choice asks for, the best first; `cc` is for the machine's own processor.
pub(crate) fn programs(platform: &Platform) -> [String; 4] {
    let processor = platform.processor;
    [
        format!("{processor}-linux-musl-gcc"),
        "cc".to_owned(),
        format!("{processor}-linux-gnu-gcc"),
        "clang".to_owned(),
    ]
}

/// The variable by which a person names the C compiler for everything.
const PLAIN: &str = "CC";

/// The variables by which a person names the C compiler for `target`, as the `cc` crate reads them.
fn spoken(target: &str) -> [String; 3] {
    [format!("CC_{target}"), format!("CC_{}", underscored(target)), "TARGET_CC".to_owned()]
}

/// The variables that the choice asks for.
pub(crate) fn variables(target: &str) -> impl Iterator<Item = String> + use<> {
    spoken(target).into_iter().chain([PLAIN.to_owned()])
}

pub(crate) fn underscored(target: &str) -> String {
    target.replace('-', "_")
}

fn failed(platform: &Platform) -> Lacking {
    Lacking {
        reason: format!("the build for {} failed", platform.musl),
        help: help(platform, "mend what the warnings of construct's own build say"),
    }
}

fn help(platform: &Platform, first: &str) -> String {
    format!(
        "{first} and build construct again, or build it with {} naming a release's zip",
        platform.variable
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PLATFORMS;

    const ARM64: Platform = PLATFORMS[0];
    const X86_64: Platform = PLATFORMS[1];

    fn machine(host: &str, targets: &[&str], programs: &[&str], variables: &[&str]) -> Machine {
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Machine {
            host: host.to_owned(),
            targets: set(targets),
            programs: set(programs),
            variables: set(variables),
            has_lld: true,
            ..Machine::default()
        }
    }

    fn linux(targets: &[&str], programs: &[&str]) -> Machine {
        machine("x86_64-unknown-linux-gnu", targets, programs, &[])
    }

    fn fixed(platform: &Platform, compiler: &str) -> Way {
        let compiler = Compiler::Named(compiler.to_owned());
        Way::Static { target: platform.musl, compiler }
    }

    #[test]
    fn a_static_build_comes_before_the_machines_own() {
        let machine = linux(&[X86_64.musl, ARM64.musl], &["cc", "aarch64-linux-gnu-gcc"]);
        let native = Way::Native { target: X86_64.gnu };
        assert_eq!(ways(&X86_64, &machine).ways, [fixed(&X86_64, "cc"), native]);
        assert_eq!(ways(&ARM64, &machine).ways, [fixed(&ARM64, "aarch64-linux-gnu-gcc")]);
    }

    #[test]
    fn without_the_target_linux_builds_for_itself_and_says_what_to_install() {
        let machine = linux(&[], &["cc", "clang"]);
        let own = ways(&X86_64, &machine);
        assert_eq!(own.ways, [Way::Native { target: X86_64.gnu }]);
        assert!(own.lacking.help.contains("rustup target add x86_64-unknown-linux-musl"));
        let other = ways(&ARM64, &machine);
        assert_eq!(other.ways, []);
        assert_eq!(other.lacking.reason, "the target aarch64-unknown-linux-musl is not installed");
        assert!(other.lacking.help.contains("rustup target add aarch64-unknown-linux-musl"));
        assert!(other.lacking.help.contains("CONSTRUCT_FRONT_ZIP_ARM64"));
    }

    #[test]
    fn a_mac_and_windows_build_both_with_clang_and_nothing_without() {
        for host in ["aarch64-apple-darwin", "x86_64-pc-windows-msvc"] {
            let all = [X86_64.musl, ARM64.musl];
            for platform in PLATFORMS {
                let with = machine(host, &all, &["cc", "clang"], &[]);
                assert_eq!(ways(&platform, &with).ways, [fixed(&platform, "clang")]);
                let without = ways(&platform, &machine(host, &all, &["cc"], &[]));
                assert_eq!(without.ways, []);
                let reason = format!("no C compiler here makes code for {}", platform.processor);
                assert_eq!(without.lacking.reason, reason);
            }
        }
    }

    #[test]
    fn a_compiler_that_a_person_names_for_the_target_wins() {
        let host = "x86_64-unknown-linux-gnu";
        let found = Way::Static { target: ARM64.musl, compiler: Compiler::Found };
        for variable in spoken(ARM64.musl) {
            let machine = machine(host, &[ARM64.musl], &["clang"], &[&variable]);
            assert_eq!(ways(&ARM64, &machine).ways, std::slice::from_ref(&found), "{variable}");
        }
        let plain = machine(host, &[ARM64.musl], &["cc", "clang"], &["CC"]);
        assert_eq!(ways(&ARM64, &plain).ways, [fixed(&ARM64, "clang")]);
        let alone = machine(host, &[ARM64.musl], &["cc"], &["CC"]);
        assert_eq!(ways(&ARM64, &alone).ways, [found]);
    }

    #[test]
    fn a_compiler_for_the_very_target_comes_before_others() {
        let all = ["cc", "clang", "aarch64-linux-gnu-gcc", "aarch64-linux-musl-gcc"];
        let machine = linux(&[ARM64.musl], &all);
        assert_eq!(ways(&ARM64, &machine).ways, [fixed(&ARM64, "aarch64-linux-musl-gcc")]);
    }

    #[test]
    fn without_the_toolchains_linker_there_is_no_static_build() {
        let machine = Machine { has_lld: false, ..linux(&[X86_64.musl], &["cc"]) };
        let own = ways(&X86_64, &machine);
        assert_eq!(own.ways, [Way::Native { target: X86_64.gnu }]);
        assert!(own.lacking.reason.contains("rust-lld"));
    }

    #[test]
    fn a_musl_machine_builds_for_itself_with_its_own_tools() {
        let machine = machine(ARM64.musl, &[ARM64.musl], &["cc"], &[]);
        assert_eq!(ways(&ARM64, &machine).ways, [Way::Native { target: ARM64.musl }]);
        assert_eq!(ways(&X86_64, &machine).ways, []);
    }
}
