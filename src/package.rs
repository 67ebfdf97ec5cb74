//! Deployment packages of functions and runtimes: the front's, which is embedded in this binary, and those that the
//! manifest names.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use construct_engine::{Class, StepError, hexadecimal};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The front for one architecture, as the build script left it.
struct Embedded {
    /// In Lambda's words.
    architecture: &'static str,
    /// Empty where it could not be built.
    zip: &'static [u8],
    /// In the first line why it could not be built, then what to do about it.
    lacking: &'static str,
}

/// The cheaper one first.
const FRONT: [Embedded; 2] = [
    Embedded {
        architecture: "arm64",
        zip: include_bytes!(concat!(env!("OUT_DIR"), "/front-arm64.zip")),
        lacking: include_str!(concat!(env!("OUT_DIR"), "/front-arm64.txt")),
    },
    Embedded {
        architecture: "x86_64",
        zip: include_bytes!(concat!(env!("OUT_DIR"), "/front-x86_64.zip")),
        lacking: include_str!(concat!(env!("OUT_DIR"), "/front-x86_64.txt")),
    },
];

/// The code of a function or a runtime: its digest, and where its bytes are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// SHA-256 of the zip in base64, as Lambda's `CodeSha256`.
    pub sha256: String,
    /// Where the zip is.
    pub source: CodeSource,
}

/// Where a zip is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeSource {
    /// The front's, for this architecture, inside this binary.
    Front(String),
    /// A file.
    File(PathBuf),
}

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The file cannot be read.
    #[error("cannot read the deployment package {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// This binary was built without the front for this architecture.
    #[error("this construct was built without the front's functions for {architecture}: {reason}")]
    NotEmbedded {
        /// In Lambda's words.
        architecture: String,
        /// Why it was.
        reason: &'static str,
        /// What to do when building.
        help: &'static str,
    },
}

impl PackageError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File { .. } => None,
            Self::NotEmbedded { help, .. } => {
                let other = front_architectures().next();
                let other =
                    other.map(|other| format!(", or set [front] architecture = \"{other}\""));
                Some(format!("{help}{}", other.unwrap_or_default()))
            }
        }
    }
}

/// The architectures that the front is embedded for, the cheaper one first.
pub fn front_architectures() -> impl Iterator<Item = &'static str> {
    FRONT.iter().filter(|one| !one.zip.is_empty()).map(|one| one.architecture)
}

/// The architecture that the front's functions get: on the local AWS that of this machine, which runs them, if it is
/// embedded; else the one that the manifest asks for; else the first that is embedded.
pub fn front_architecture(wanted: Option<&'static str>, local: bool) -> &'static str {
    let here = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    architecture(wanted, local.then_some(here), &front_architectures().collect::<Vec<_>>())
}

fn architecture(
    wanted: Option<&'static str>,
    local: Option<&'static str>,
    embedded: &[&'static str],
) -> &'static str {
    local
        .filter(|here| embedded.contains(here))
        .or(wanted)
        .or_else(|| embedded.first().copied())
        .unwrap_or("arm64")
}

impl Code {
    /// The front's code for `architecture`.
    ///
    /// # Errors
    /// [`PackageError::NotEmbedded`].
    pub fn front(architecture: &str) -> Result<Self, PackageError> {
        let source = CodeSource::Front(architecture.to_owned());
        Ok(Self { sha256: digest(front(architecture)?), source })
    }

    /// The code in the file at `path`.
    ///
    /// # Errors
    /// [`PackageError::File`].
    pub fn file(path: &Path) -> Result<Self, PackageError> {
        Ok(Self { sha256: digest(&read(path)?), source: CodeSource::File(path.to_owned()) })
    }

    /// The digest as a name can hold it: hexadecimal digits.
    pub fn digits(&self) -> String {
        let digest = BASE64_STANDARD.decode(&self.sha256).expect("a digest is written here only");
        hexadecimal(&digest)
    }

    /// The zip.
    ///
    /// # Errors
    /// When the file is gone, or is another than the one that was planned with.
    pub fn bytes(&self) -> Result<Vec<u8>, StepError> {
        let bytes = match &self.source {
            CodeSource::Front(architecture) => front(architecture).map(<[u8]>::to_vec),
            CodeSource::File(path) => read(path),
        };
        let bytes = bytes.map_err(|error| StepError::new(Class::Invalid, error.to_string()))?;
        if digest(&bytes) != self.sha256 {
            return Err(StepError::new(
                Class::Conflict,
                "the deployment package changed since the plan was made",
            )
            .hint("run the command again"));
        }
        Ok(bytes)
    }
}

fn front(architecture: &str) -> Result<&'static [u8], PackageError> {
    let (reason, help) = match FRONT.iter().find(|one| one.architecture == architecture) {
        Some(one) if !one.zip.is_empty() => return Ok(one.zip),
        Some(one) => one.lacking.split_once('\n').unwrap_or((one.lacking, "")),
        None => ("Lambda has no such architecture", "choose arm64 or x86_64"),
    };
    Err(PackageError::NotEmbedded { architecture: architecture.to_owned(), reason, help })
}

fn read(path: &Path) -> Result<Vec<u8>, PackageError> {
    std::fs::read(path).map_err(|source| PackageError::File { path: path.to_owned(), source })
}

fn digest(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code.zip");
        std::fs::write(&path, b"one").unwrap();
        let code = Code::file(&path).unwrap();
        assert_eq!(code.bytes().unwrap(), b"one");
        assert!(code.digits().len() == 64 && code.digits().starts_with("7692c3ad"));
        std::fs::write(&path, b"two").unwrap();
        assert_eq!(code.bytes().unwrap_err().class, Class::Conflict);
    }

    #[test]
    fn the_front_is_embedded_for_this_machine() {
        let architecture = front_architectures()
            .next()
            .expect("a Linux host embeds at least its own architecture");
        assert!(Code::front(architecture).unwrap().bytes().unwrap().starts_with(b"PK"));
    }

    #[test]
    fn a_front_that_is_not_embedded_says_why_and_what_to_do() {
        let missing = FRONT.iter().filter(|one| one.zip.is_empty()).map(|one| one.architecture);
        for architecture in missing.chain(["mips"]) {
            let error = Code::front(architecture).unwrap_err();
            let PackageError::NotEmbedded { reason, help, .. } = &error else { panic!("{error}") };
            assert!(!reason.is_empty() && !help.is_empty(), "{error}");
            assert!(error.to_string().contains(&format!("functions for {architecture}: ")));
            assert!(error.hint().unwrap().starts_with(help));
        }
    }

    #[test]
    fn the_fronts_architecture_is_the_machines_the_manifests_or_the_first_embedded() {
        let both = ["arm64", "x86_64"];
        for (local, wanted, embedded, chosen) in [
            (None, None, &both[..], "arm64"),
            (None, None, &both[1..], "x86_64"),
            (None, None, &[], "arm64"),
            (None, Some("x86_64"), &both, "x86_64"),
            (None, Some("arm64"), &both[1..], "arm64"),
            (Some("x86_64"), None, &both, "x86_64"),
            (Some("x86_64"), Some("arm64"), &both, "x86_64"),
            (Some("x86_64"), None, &both[..1], "arm64"),
            (Some("arm64"), Some("arm64"), &both[1..], "arm64"),
        ] {
            assert_eq!(
                architecture(wanted, local, embedded),
                chosen,
                "{local:?} {wanted:?} {embedded:?}"
            );
        }
    }
}
