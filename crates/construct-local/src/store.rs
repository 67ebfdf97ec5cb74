//! Where the state lives: in memory, or in a directory with one owner.
//!
//! The owner holds an exclusive lock on `lock` for as long as it lives; the operating system gives
//! it back however the process ends. The state document is replaced as a whole (written beside,
//! synced, renamed), so that whoever reads it sees one revision or the next and nothing between.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::state::{Account, VERSION};

/// Why a directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process owns it and serves no address.
    #[error("the local AWS in `{}` is in use by process {}", directory.display(), describe(*pid))]
    Busy {
        /// The directory.
        directory: PathBuf,
        /// The owner's process id, if it could be read.
        pid: Option<u32>,
    },
    /// The directory or a file in it cannot be used.
    #[error("cannot use `{}`", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The state document is not one.
    #[error("`{}` is not a state document of the local AWS", path.display())]
    Damaged {
        /// The document's path.
        path: PathBuf,
        /// Where it is wrong.
        source: serde_json::Error,
    },
    /// The state document was written by another version.
    #[error("`{}` has version {found}; this construct reads version {VERSION}", path.display())]
    Version {
        /// The document's path.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

fn describe(pid: Option<u32>) -> String {
    pid.map_or_else(|| "(unknown)".to_owned(), |pid| pid.to_string())
}

/// What lasts no longer than its owner: the unpacked code of running functions.
const RUNNING: &str = "running";
/// What a document is called until it is whole.
const TORN: &str = ".new-";

/// Who owns a directory: the content of `owner.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The process id.
    pub pid: u32,
    /// Where it serves, such as `127.0.0.1:4566`.
    pub address: Option<String>,
}

/// What locking a directory gives.
#[derive(Debug)]
pub enum Locked {
    /// We own it.
    Ours(Directory),
    /// Another process owns it.
    Theirs(Option<Owner>),
}

/// A directory that this process owns.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// Held for the lock that it carries.
    _lock: File,
}

impl Directory {
    /// Locks `path`, creating it if need be.
    ///
    /// # Errors
    /// [`OpenError::Io`] when the directory or the lock file cannot be made.
    pub fn lock(path: &Path) -> Result<Locked, OpenError> {
        create(path).map_err(|source| failed(path, source))?;
        // A relative path would follow the working directory around.
        let path = path.canonicalize().map_err(|source| failed(path, source))?;
        let lock_path = path.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(|source| failed(&lock_path, source))?;
        match lock.try_lock() {
            Ok(()) => {
                let directory = Self { path, _lock: lock };
                directory.tidy();
                directory.announce(None)?;
                Ok(Locked::Ours(directory))
            }
            Err(TryLockError::WouldBlock) => {
                let owner = fs::read(path.join("owner.json"))
                    .ok()
                    .and_then(|bytes| serde_json::from_slice(&bytes).ok());
                Ok(Locked::Theirs(owner))
            }
            Err(TryLockError::Error(source)) => Err(failed(&lock_path, source)),
        }
    }

    /// Removes what an owner that was killed could not: the folders of its functions, and documents that it had not
    /// finished. Whoever holds the lock is alone here.
    fn tidy(&self) {
        let mut failed = Vec::new();
        match fs::remove_dir_all(self.running()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => failed.push(error),
            _ => {}
        }
        for folder in [self.path.clone(), self.path.join("blobs")] {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            for entry in entries {
                if entry.file_name().to_string_lossy().starts_with(TORN) {
                    failed.extend(fs::remove_file(entry.path()).err());
                }
            }
        }
        for error in failed {
            tracing::debug!(%error, "what a killed process left stays");
        }
    }

    /// Where running functions have their folders. Removed with everything in it by the next owner.
    pub fn running(&self) -> PathBuf {
        self.path.join(RUNNING)
    }

    /// Writes who owns the directory and where it serves.
    ///
    /// # Errors
    /// [`OpenError::Io`] when it cannot be written.
    pub fn announce(&self, address: Option<String>) -> Result<(), OpenError> {
        let owner = Owner { pid: std::process::id(), address };
        let bytes = serde_json::to_vec(&owner).expect("an owner is plain data");
        let path = self.path.join("owner.json");
        replace(&path, &bytes).map_err(|source| failed(&path, source))
    }

    /// Reads the state document, if there is one.
    ///
    /// # Errors
    /// When it is not a document of this version.
    pub fn load(&self) -> Result<Option<Account>, OpenError> {
        let path = self.path.join("state.json");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed(&path, source)),
        };
        let value: serde_json::Value = serde_json::from_slice(&bytes)
            .map_err(|source| OpenError::Damaged { path: path.clone(), source })?;
        let found = value.get("version").and_then(serde_json::Value::as_u64);
        let found = found.and_then(|version| u32::try_from(version).ok()).unwrap_or_default();
        if found != VERSION {
            return Err(OpenError::Version { path, found });
        }
        serde_json::from_value(value)
            .map(Some)
            .map_err(|source| OpenError::Damaged { path, source })
    }

    /// Replaces the state document.
    ///
    /// # Errors
    /// When it cannot be written; the old document is then still whole.
    pub fn save(&self, document: &[u8]) -> io::Result<()> {
        replace(&self.path.join("state.json"), document)
    }
}

/// Creates a directory with those above it. It is its owner's alone, because secrets are in it.
fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Replaces a file as a whole: written beside it, synced, renamed, the directory synced.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new().prefix(TORN).tempfile_in(directory)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

fn failed(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), source }
}

/// Large contents (function zips) by their SHA-256, in lower-case hexadecimal.
#[derive(Debug, Clone)]
pub enum Blobs {
    /// In memory.
    Memory(BTreeMap<String, Bytes>),
    /// One file each in this directory.
    Directory(PathBuf),
}

impl Blobs {
    /// The blobs of an owned directory.
    pub fn of(directory: &Directory) -> Self {
        Self::Directory(directory.path.join("blobs"))
    }

    /// Keeps `bytes` and gives their hash.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<String> {
        let hash = hex(&Sha256::digest(bytes));
        match self {
            Self::Memory(map) => {
                map.entry(hash.clone()).or_insert_with(|| Bytes::copy_from_slice(bytes));
            }
            Self::Directory(directory) => {
                let path = directory.join(&hash);
                if !path.exists() {
                    fs::create_dir_all(&*directory)?;
                    replace(&path, bytes)?;
                }
            }
        }
        Ok(hash)
    }

    /// The bytes with this hash, if they are kept and readable.
    pub fn get(&self, hash: &str) -> Option<Bytes> {
        match self {
            Self::Memory(map) => map.get(hash).cloned(),
            Self::Directory(directory) => fs::read(directory.join(hash)).ok().map(Bytes::from),
        }
    }

    /// The same in memory, so that nothing that is put reaches the directory.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn in_memory(&self) -> io::Result<Self> {
        let Self::Directory(directory) = self else { return Ok(self.clone()) };
        let mut map = BTreeMap::new();
        // There is no folder before the first one is put.
        for entry in fs::read_dir(directory).into_iter().flatten() {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            map.insert(name, Bytes::from(fs::read(entry.path())?));
        }
        Ok(Self::Memory(map))
    }

    /// Forgets the bytes that `document` does not name, such as the code that a function had before. Only for who is
    /// alone with them: what is put and not yet named would go too.
    pub fn sweep(&mut self, document: &[u8]) {
        let document = String::from_utf8_lossy(document);
        let kept: Vec<String> = match self {
            Self::Memory(map) => map.keys().cloned().collect(),
            Self::Directory(directory) => {
                let entries = fs::read_dir(directory).into_iter().flatten().flatten();
                entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
            }
        };
        for hash in kept.iter().filter(|hash| !document.contains(hash.as_str())) {
            self.remove(hash);
        }
    }

    /// Forgets the bytes with this hash. A file that is not there is no error.
    pub fn remove(&mut self, hash: &str) {
        match self {
            Self::Memory(map) => {
                map.remove(hash);
            }
            Self::Directory(directory) => {
                if let Err(error) = fs::remove_file(directory.join(hash)) {
                    tracing::debug!(%hash, %error, "blob not removed");
                }
            }
        }
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).fold(String::new(), |mut text, digit| {
        text.push(char::from_digit(u32::from(digit), 16).expect("a digit is below 16"));
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(path: &Path) -> Directory {
        match Directory::lock(path).unwrap() {
            Locked::Ours(directory) => directory,
            Locked::Theirs(owner) => unreachable!("locked by {owner:?}"),
        }
    }

    #[test]
    fn a_directory_has_one_owner() {
        let place = tempfile::tempdir().unwrap();
        let first = ours(place.path());
        first.announce(Some("127.0.0.1:1".to_owned())).unwrap();
        let Locked::Theirs(Some(owner)) = Directory::lock(place.path()).unwrap() else {
            unreachable!("the lock was given twice");
        };
        assert_eq!(owner.address.as_deref(), Some("127.0.0.1:1"));
        drop(first);
        drop(ours(place.path()));
    }

    #[test]
    fn a_failed_save_leaves_the_old_document() {
        let place = tempfile::tempdir().unwrap();
        let directory = ours(place.path());
        let account = Account { version: VERSION, revision: 3, ..Account::default() };
        directory.save(&serde_json::to_vec(&account).unwrap()).unwrap();
        // What a process killed between writing and renaming leaves behind.
        fs::write(place.path().join(".new-torn"), b"{\"version\":1,\"rev").unwrap();
        assert_eq!(directory.load().unwrap().unwrap().revision, 3);
    }

    #[test]
    fn other_documents_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let directory = ours(place.path());
        directory.save(b"{\"version\": 99}").unwrap();
        assert!(matches!(directory.load(), Err(OpenError::Version { found: 99, .. })));
        directory.save(b"{\"version\": 1, \"rev").unwrap();
        assert!(matches!(directory.load(), Err(OpenError::Damaged { .. })));
    }

    #[test]
    fn the_next_owner_removes_what_a_killed_one_left() {
        let place = tempfile::tempdir().unwrap();
        let first = ours(place.path());
        let left = [first.running().join("fn-1/task/bootstrap"), place.path().join("blobs/.new-x")];
        for path in &left {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
        fs::write(place.path().join("blobs/kept"), b"x").unwrap();
        // Somebody who does not get the lock touches nothing.
        assert!(matches!(Directory::lock(place.path()).unwrap(), Locked::Theirs(_)));
        assert!(left.iter().all(|path| path.exists()));
        drop(first);
        let second = ours(place.path());
        assert!(!second.running().exists() && !left[1].exists());
        assert!(place.path().join("blobs/kept").exists());
    }

    #[test]
    fn blobs_that_nothing_names_are_swept() {
        let place = tempfile::tempdir().unwrap();
        for mut blobs in [Blobs::Memory(BTreeMap::new()), Blobs::of(&ours(place.path()))] {
            blobs.sweep(b"{}");
            let (old, new) = (blobs.put(b"old code").unwrap(), blobs.put(b"new code").unwrap());
            blobs.sweep(format!("{{\"code\":{{\"blob\":\"{new}\"}}}}").as_bytes());
            assert_eq!((blobs.get(&old), blobs.get(&new).is_some()), (None, true));
        }
    }

    #[test]
    fn blobs_are_kept_by_their_hash() {
        let place = tempfile::tempdir().unwrap();
        for mut blobs in [Blobs::Memory(BTreeMap::new()), Blobs::of(&ours(place.path()))] {
            let hash = blobs.put(b"abc").unwrap();
            assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
            assert_eq!(blobs.get(&hash).unwrap(), b"abc".as_slice());
            blobs.remove(&hash);
            assert_eq!(blobs.get(&hash), None);
        }
    }
}
