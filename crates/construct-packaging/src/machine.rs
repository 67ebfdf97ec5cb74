//! What this machine has: the toolchain's targets and linker, C compilers, and variables that name one.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::way::{programs, variables};
use crate::{PLATFORMS, PackagingError};

/// What the ways are chosen by.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// The target that the toolchain itself runs on.
    pub host: String,
    /// The commit of the compiler, which the standard library's paths carry.
    pub commit: String,
    /// The toolchain's folder.
    pub sysroot: PathBuf,
    /// The musl targets whose standard library is installed.
    pub targets: BTreeSet<String>,
    /// Whether the toolchain has `rust-lld`.
    pub has_lld: bool,
    /// Those of the C compilers that were asked for that are on the path.
    pub programs: BTreeSet<String>,
    /// Those of the variables that were asked for that are set.
    pub variables: BTreeSet<String>,
}

impl Machine {
    /// Looks at this machine, and at the toolchain of `rustc`.
    ///
    /// # Errors
    /// When `rustc` cannot be started.
    pub fn look(rustc: &Path) -> Result<Self, PackagingError> {
        let said = |arguments: &[&str]| {
            let answer = Command::new(rustc).args(arguments).output();
            answer.map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned()).map_err(
                |source| PackagingError::Machine {
                    what: format!("{} does not start", rustc.display()),
                    source,
                },
            )
        };
        let version = said(&["-vV"])?;
        let line = |name: &str| {
            let line = version.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        let (host, commit) = (line("host:"), line("commit-hash:"));
        let sysroot = PathBuf::from(said(&["--print", "sysroot"])?.trim());
        let rustlib = sysroot.join("lib/rustlib");
        let musl = PLATFORMS.iter().map(|platform| platform.musl);
        let targets = musl.clone().filter(|target| rustlib.join(target).join("lib").exists());
        let lld = format!("rust-lld{}", env::consts::EXE_SUFFIX);
        Ok(Self {
            has_lld: rustlib.join(&host).join("bin").join(lld).exists(),
            targets: targets.map(str::to_owned).collect(),
            programs: PLATFORMS.iter().flat_map(programs).filter(|one| is_on_path(one)).collect(),
            variables: musl.flat_map(variables).filter(|one| is_set(one)).collect(),
            host,
            commit,
            sysroot,
        })
    }

    /// The file that rustup writes when a target is added or removed, where there is one.
    pub fn components(&self) -> Option<PathBuf> {
        Some(self.sysroot.join("lib/rustlib/components")).filter(|path| path.exists())
    }

    /// The variables that the choice reads.
    pub fn asked_variables() -> BTreeSet<String> {
        PLATFORMS.iter().flat_map(|platform| variables(platform.musl)).collect()
    }
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

fn is_on_path(program: &str) -> bool {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(&file).is_file())
}
