//! One run at a time on one machine: a file lock that tells who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Who holds a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// The process.
    pub pid: u32,
    /// The command that runs, such as `up`.
    pub command: String,
    /// Since when, RFC 3339.
    pub since: String,
}

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run holds it.
    #[error("another run holds the lock {}", path.display())]
    Held {
        /// The lock file.
        path: PathBuf,
        /// Who, where the file says so.
        holder: Option<LockHolder>,
    },
    /// The file cannot be opened or locked.
    #[error("cannot use the lock file {}", path.display())]
    File {
        /// The lock file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// The held lock; dropping it, or the end of the process, lets it go.
#[derive(Debug)]
pub struct MachineLock {
    _file: File,
}

impl MachineLock {
    /// Takes the lock at `path` or says at once who holds it.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn take(path: &Path, holder: &LockHolder) -> Result<Self, LockError> {
        let failed = |source| LockError::File { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The name is a courtesy; that the lock is held is what counts.
                let holder = file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok());
                return Err(LockError::Held { path: path.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        let text = serde_json::to_vec(holder).map_err(|error| failed(error.into()))?;
        file.write_all(&text).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_taker_is_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/lock");
        let holder = LockHolder { pid: 7, command: "up".into(), since: "2026-01-01T00:00:00Z".into() };
        let held = MachineLock::take(&path, &holder).unwrap();
        match MachineLock::take(&path, &holder) {
            Err(LockError::Held { holder: Some(told), .. }) => assert_eq!(told, holder),
            other => panic!("{other:?}"),
        }
        drop(held);
        MachineLock::take(&path, &holder).unwrap();
    }
}
