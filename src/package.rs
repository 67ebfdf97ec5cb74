//! Deployment packages of functions and runtimes: the front's, which is embedded in this binary, and those that the
//! manifest names.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use construct_engine::{Class, StepError, hexadecimal};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const FRONT_ARM64: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/front-arm64.zip"));
const FRONT_X86_64: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/front-x86_64.zip"));

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
    #[error("this construct was built without the front's functions for {0}")]
    NotEmbedded(String),
}

impl PackageError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File { .. } => None,
            Self::NotEmbedded(architecture) => {
                let target = if architecture == "arm64" { "aarch64" } else { "x86_64" };
                Some(format!(
                    "run `rustup target add {target}-unknown-linux-musl` and build construct again, or set [front] architecture"
                ))
            }
        }
    }
}

/// The architectures that the front is embedded for, the cheaper one first.
pub fn front_architectures() -> impl Iterator<Item = &'static str> {
    [("arm64", FRONT_ARM64), ("x86_64", FRONT_X86_64)]
        .into_iter()
        .filter(|(_, zip)| !zip.is_empty())
        .map(|(architecture, _)| architecture)
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
    let zip = match architecture {
        "arm64" => FRONT_ARM64,
        "x86_64" => FRONT_X86_64,
        _ => &[],
    };
    if zip.is_empty() { Err(PackageError::NotEmbedded(architecture.to_owned())) } else { Ok(zip) }
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
        assert!(matches!(Code::front("mips"), Err(PackageError::NotEmbedded(_))));
    }
}
