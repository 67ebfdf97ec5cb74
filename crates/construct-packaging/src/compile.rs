//! Building the front by a cargo of its own, so that the bytes depend on the source and the compiler and on nothing else.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::way::{Compiler, Way, underscored};
use crate::{Machine, PackagingError};

/// Lines of a failed build that are worth showing.
const SHOWN: usize = 30;

/// Beginnings of the names of variables that are for the build around this one: wrappers, flags and settings, clippy's too.
const OUTER: [&str; 9] = [
    "CARGO_BUILD_",
    "CARGO_CFG_",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_FEATURE_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
];

/// Where the front is built.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The root of the repository.
    pub root: PathBuf,
    /// A target folder that no other cargo holds: a build around this one has its own locked, and both would wait for ever.
    pub target: PathBuf,
    /// The program.
    pub cargo: PathBuf,
    /// Paths that would be in the binary, and what is there instead. Of two that match, the later one is taken.
    remapped: Vec<(PathBuf, String)>,
}

impl Workspace {
    /// The repository at `root`, built by `cargo` on `machine` into `target`.
    pub fn new(root: PathBuf, target: PathBuf, cargo: PathBuf, machine: &Machine) -> Self {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
        let mut remapped = vec![
            (root.clone(), "/construct".to_owned()),
            (home, "/cargo".to_owned()),
            (target.clone(), "/target".to_owned()),
        ];
        if !machine.commit.is_empty() {
            // Where the toolchain has the standard library's source, rustc writes that path instead of this one.
            let source = machine.sysroot.join("lib/rustlib/src/rust");
            remapped.push((source, format!("/rustc/{}", machine.commit)));
        }
        Self { root, target, cargo, remapped }
    }

    fn flags(&self, way: &Way) -> String {
        let written = self.remapped.iter().filter(|(path, _)| !path.as_os_str().is_empty());
        let mut flags: Vec<String> = written
            .map(|(path, there)| format!("--remap-path-prefix={}={there}", path.display()))
            .collect();
        if matches!(way, Way::Static { .. }) {
            flags.push("-Clinker=rust-lld".to_owned());
        }
        // Between flags, where a blank could be in a path.
        flags.join("\u{1f}")
    }

    fn command(&self, way: &Way) -> Command {
        let mut cargo = Command::new(&self.cargo);
        cargo.args(["build", "--locked", "--profile", "function", "--package", "construct-front"]);
        cargo.args(["--target", way.target(), "--manifest-path"]);
        cargo.arg(self.root.join("Cargo.toml")).arg("--target-dir").arg(&self.target);
        for (name, _) in env::vars_os() {
            if OUTER.iter().any(|outer| name.to_string_lossy().starts_with(outer)) {
                cargo.env_remove(name);
            }
        }
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.flags(way));
        // A build folder that a person's configuration shares between all builds would be locked too.
        cargo.env("CARGO_BUILD_BUILD_DIR", &self.target);
        if let Way::Static { target, compiler: Compiler::Named(program) } = way {
            cargo.env(format!("CC_{}", underscored(target)), program);
        }
        cargo
    }
}

/// The binary that `way` makes, or the last lines of a build that failed.
///
/// # Errors
/// When cargo does not start, or the binary cannot be read.
pub(crate) fn binary(
    way: &Way,
    workspace: &Workspace,
) -> Result<Result<Vec<u8>, String>, PackagingError> {
    let failure = |what: &str, path: &Path| {
        let what = format!("{what} {}", path.display());
        move |source| PackagingError::Machine { what, source }
    };
    let built =
        workspace.command(way).output().map_err(failure("cannot start", &workspace.cargo))?;
    if !built.status.success() {
        let said = String::from_utf8_lossy(&built.stderr);
        let lines: Vec<_> = said.trim_end().lines().collect();
        return Ok(Err(lines[lines.len().saturating_sub(SHOWN)..].join("\n")));
    }
    let path = workspace.target.join(way.target()).join("function/front");
    std::fs::read(&path).map(Ok).map_err(failure("cannot read", &path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_machine_are_remapped_and_only_static_builds_choose_the_linker() {
        let machine = Machine {
            sysroot: "/tool chain".into(),
            commit: "c0ffee".to_owned(),
            ..Machine::default()
        };
        let workspace =
            Workspace::new("/re po".into(), "/re po/target".into(), "cargo".into(), &machine);
        let native = workspace.flags(&Way::Native { target: "x86_64-unknown-linux-gnu" });
        let flags: Vec<_> = native.split('\u{1f}').collect();
        assert_eq!(flags[0], "--remap-path-prefix=/re po=/construct");
        assert!(flags[1].ends_with("=/cargo"));
        assert_eq!(flags[2], "--remap-path-prefix=/re po/target=/target");
        let source = "--remap-path-prefix=/tool chain/lib/rustlib/src/rust=/rustc/c0ffee";
        assert_eq!(flags[3..], [source]);
        let way = Way::Static { target: "aarch64-unknown-linux-musl", compiler: Compiler::Found };
        assert!(workspace.flags(&way).ends_with("-Clinker=rust-lld"));
    }

    #[test]
    fn a_named_compiler_is_for_its_target_only() {
        let workspace =
            Workspace::new("/repo".into(), "/target".into(), "cargo".into(), &Machine::default());
        let compiler = Compiler::Named("clang".to_owned());
        let command =
            workspace.command(&Way::Static { target: "aarch64-unknown-linux-musl", compiler });
        let given: Vec<_> =
            command.get_envs().filter_map(|(name, value)| Some((name, value?))).collect();
        assert!(given.contains(&("CC_aarch64_unknown_linux_musl".as_ref(), "clang".as_ref())));
        assert!(given.contains(&("CARGO_BUILD_BUILD_DIR".as_ref(), "/target".as_ref())));
    }
}
