//! One run at a time on one machine: a file lock that tells who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Who holds a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// Tells this run from every other.
    pub run: String,
    /// The process.
    pub pid: u32,
    /// The command that runs, such as `up`.
    pub command: String,
    /// Since when, RFC 3339.
    pub since: String,
}

#[derive(Serialize, Deserialize)]
struct Content {
    /// None once it let go.
    holder: Option<LockHolder>,
    /// Runs that held this lock before and did not say that they were done.
    unfinished: Vec<String>,
}

/// How long a holder gets that has the lock and has not written its name yet.
const WRITING: Duration = Duration::from_secs(1);

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
    file: File,
    path: PathBuf,
    holder: LockHolder,
    unfinished: Vec<String>,
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
                return Err(LockError::Held {
                    path: path.to_owned(),
                    holder: holder_in(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let unfinished = content(&mut file).map(Content::runs).unwrap_or_default();
        let mut lock = Self { file, path: path.to_owned(), holder: holder.clone(), unfinished };
        lock.write()?;
        Ok(lock)
    }

    /// The run that holds it.
    pub fn run(&self) -> &str {
        &self.holder.run
    }

    /// Whether the run called `run` held this lock and ended without saying so: it is dead, or this lock could not be
    /// held now.
    pub fn outlived(&self, run: &str) -> bool {
        self.unfinished.iter().any(|one| one == run)
    }

    /// Forgets the runs that this one outlived, once nothing of theirs is left to be recognised.
    ///
    /// # Errors
    /// [`LockError::File`].
    pub fn forget_outlived(&mut self) -> Result<(), LockError> {
        self.unfinished.clear();
        self.write()
    }

    fn write(&mut self) -> Result<(), LockError> {
        let (holder, unfinished) = (Some(self.holder.clone()), self.unfinished.clone());
        write(&mut self.file, &Content { holder, unfinished })
            .map_err(|source| LockError::File { path: self.path.clone(), source })
    }
}

impl Drop for MachineLock {
    /// Takes its name out: who is refused next must not read it for that of the next holder.
    fn drop(&mut self) {
        let (holder, unfinished) =
            (Some(self.holder.clone()), std::mem::take(&mut self.unfinished));
        let unfinished = Content { holder, unfinished }.runs();
        // What is left where the disk refuses it is what a killed run leaves.
        drop(write(&mut self.file, &Content { holder: None, unfinished }));
    }
}

impl Content {
    /// Every run that held the lock and did not say that it was done.
    fn runs(self) -> Vec<String> {
        self.unfinished.into_iter().chain(self.holder.map(|holder| holder.run)).collect()
    }
}

fn write(file: &mut File, content: &Content) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&serde_json::to_vec(content)?)
}

/// The content is a courtesy, and may be torn: that the lock is held is what counts.
fn content(file: &mut File) -> Option<Content> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Who holds a lock that is held.
fn holder_in(file: &mut File) -> Option<LockHolder> {
    let begun = Instant::now();
    loop {
        let holder = content(file).and_then(|content| content.holder);
        if holder.is_some() || begun.elapsed() > WRITING {
            return holder;
        }
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(run: &str) -> LockHolder {
        LockHolder {
            run: run.into(),
            pid: 7,
            command: "up".into(),
            since: "2026-01-01T00:00:00Z".into(),
        }
    }

    #[test]
    fn a_second_taker_is_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/lock");
        let holder = holder("a");
        let held = MachineLock::take(&path, &holder).unwrap();
        match MachineLock::take(&path, &holder) {
            Err(LockError::Held { holder: Some(told), .. }) => assert_eq!(told, holder),
            other => panic!("{other:?}"),
        }
        drop(held);
        MachineLock::take(&path, &holder).unwrap();
    }

    #[test]
    fn a_taker_that_has_not_written_yet_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        drop(MachineLock::take(&path, &holder("before")).unwrap());
        let other = holder("other");
        let mut taken = File::options().read(true).write(true).open(&path).unwrap();
        taken.lock().unwrap();
        let writing = std::thread::spawn(move || {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(20) {
                std::thread::yield_now();
            }
            let content = Content { holder: Some(holder("now")), unfinished: Vec::new() };
            write(&mut taken, &content).unwrap();
            taken
        });
        match MachineLock::take(&path, &other) {
            Err(LockError::Held { holder: Some(told), .. }) => assert_eq!(told.run, "now"),
            refused => panic!("{refused:?}"),
        }
        drop(writing.join().unwrap());
    }

    #[test]
    fn a_run_that_ended_without_a_word_is_known_until_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        drop(MachineLock::take(&path, &holder("a")).unwrap());
        drop(MachineLock::take(&path, &holder("b")).unwrap());
        let mut lock = MachineLock::take(&path, &holder("c")).unwrap();
        assert!(lock.outlived("a") && lock.outlived("b") && !lock.outlived("c"));
        lock.forget_outlived().unwrap();
        drop(lock);
        let lock = MachineLock::take(&path, &holder("d")).unwrap();
        assert!(!lock.outlived("a") && lock.outlived("c"));
    }
}
