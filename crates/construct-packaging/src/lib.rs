//! Deployment packages of the front: which way to build one on this machine, what one must be, and its bytes.
//!
//! The build script of construct asks [`front`] for each [`Platform`] and embeds what it gets; `front-packages` writes the
//! same bytes into a folder. In this order: the zip that a variable names; a static build, where the toolchain has the musl
//! target and what it needs; on Linux a build for the host. Where none of them works, [`Package::Lacking`] says why, and
//! nothing fails: only who deploys to that architecture needs it.

mod archive;
mod compile;
mod elf;
mod machine;
mod way;

use std::path::{Path, PathBuf};

use way::Ways;

pub use archive::{archive, check};
pub use compile::Workspace;
pub use elf::Needs;
pub use machine::Machine;

/// The glibc of `provided.al2023`: <https://docs.aws.amazon.com/linux/al2023/ug/glibc.html>.
pub const LAMBDA_GLIBC: (u32, u32) = (2, 34);

/// A processor that Lambda has, and what it is called elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Platform {
    /// In Lambda's API, and in the name of the zip.
    pub architecture: &'static str,
    /// In target triples, and in the names of cross compilers.
    pub processor: &'static str,
    /// The variable that names a zip to take instead of building one.
    pub variable: &'static str,
    /// The target of static builds.
    pub musl: &'static str,
    /// The target whose builds need a glibc.
    pub gnu: &'static str,
}

/// Both, the cheaper one first.
pub const PLATFORMS: [Platform; 2] = [
    Platform {
        architecture: "arm64",
        processor: "aarch64",
        variable: "CONSTRUCT_FRONT_ZIP_ARM64",
        musl: "aarch64-unknown-linux-musl",
        gnu: "aarch64-unknown-linux-gnu",
    },
    Platform {
        architecture: "x86_64",
        processor: "x86_64",
        variable: "CONSTRUCT_FRONT_ZIP_X86_64",
        musl: "x86_64-unknown-linux-musl",
        gnu: "x86_64-unknown-linux-gnu",
    },
];

/// What came of a platform.
#[derive(Clone, Debug)]
pub enum Package {
    /// The zip, and what a person should know though it worked.
    Ready {
        /// The zip.
        zip: Vec<u8>,
        /// Where it is from.
        origin: Origin,
        /// Ways that did not work.
        warnings: Vec<String>,
    },
    /// There is no way here.
    Lacking {
        /// What is lacking: a clause without a full stop.
        reason: String,
        /// What to do about it: a command or a sentence.
        help: String,
        /// Ways that did not work.
        warnings: Vec<String>,
    },
}

/// Where a zip is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The file that the platform's variable names.
    Prebuilt(PathBuf),
    /// Built here, for this target.
    Built(&'static str),
}

/// Why there is no package though there should be one.
#[derive(Debug, thiserror::Error)]
pub enum PackagingError {
    /// The file that a variable names cannot be read.
    #[error("{variable} names {}: {source}", path.display())]
    Prebuilt {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file that a variable names is not what Lambda would run.
    #[error("{variable} names {}: {reason}", path.display())]
    WrongPrebuilt {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Neither the compiler nor a file can be started, read or written.
    #[error("{what}: {source}")]
    Machine {
        /// What was tried.
        what: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The front does not compile for the machine itself.
    #[error("the front does not build for {target}:\n{output}")]
    Build {
        /// The target.
        target: &'static str,
        /// The last lines of cargo.
        output: String,
    },
    /// The zip cannot be written.
    #[error("the zip cannot be written")]
    Zip(#[from] zip::result::ZipError),
}

/// The front's package for `platform`: `prebuilt` if there is such a file, else built in `workspace` the first of the ways
/// that works on `machine`.
///
/// # Errors
/// When `prebuilt` is not a package for the platform, when the machine's own target does not build (the source is wrong
/// then, not the machine), and when a program or a file cannot be used.
pub fn front(
    platform: &Platform,
    prebuilt: Option<&Path>,
    machine: &Machine,
    workspace: &Workspace,
) -> Result<Package, PackagingError> {
    if let Some(path) = prebuilt {
        let zip = taken(platform, path)?;
        let origin = Origin::Prebuilt(path.to_owned());
        return Ok(Package::Ready { zip, origin, warnings: Vec::new() });
    }
    let Ways { ways, lacking } = way::ways(platform, machine);
    let (mut warnings, mut refused) = (Vec::new(), None);
    for way in &ways {
        let binary = match compile::binary(way, workspace)? {
            Ok(binary) => binary,
            Err(output) if way.is_for(&machine.host) => {
                return Err(PackagingError::Build { target: way.target(), output });
            }
            Err(output) => {
                warnings.push(format!("the front does not build for {}: {output}", way.target()));
                continue;
            }
        };
        match Needs::of(&binary).and_then(|needs| needs.met_by_lambda(platform)) {
            Ok(()) => {
                let origin = Origin::Built(way.target());
                return Ok(Package::Ready { zip: archive(&binary)?, origin, warnings });
            }
            Err(reason) => refused = Some(reason),
        }
    }
    let failed = warnings.first().map(|_| "the static build failed".to_owned());
    let reason = refused.or(failed).unwrap_or(lacking.reason);
    Ok(Package::Lacking { reason, help: lacking.help, warnings })
}

fn taken(platform: &Platform, path: &Path) -> Result<Vec<u8>, PackagingError> {
    let variable = platform.variable;
    let zip = std::fs::read(path).map_err(|source| PackagingError::Prebuilt {
        variable,
        path: path.to_owned(),
        source,
    })?;
    match check(&zip, platform) {
        Ok(()) => Ok(zip),
        Err(reason) => {
            Err(PackagingError::WrongPrebuilt { variable, path: path.to_owned(), reason })
        }
    }
}
