//! The one way a file is written: whole or not at all, and not when it already says the same.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {error}", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub error: io::Error,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It holds the new bytes.
    Changed,
    /// It held them before and was not touched.
    Unchanged,
}

/// Puts `bytes` into the file at `path`, making its folder where needed.
///
/// A crash at any moment leaves the old file or the new one: the bytes go to a temporary file beside it, are synced, and
/// the rename puts them in place. A link is followed, and an existing file keeps its permissions.
///
/// # Errors
/// [`WriteError`]; the file at `path` is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> Result<Written, WriteError> {
    replace(path, bytes).map_err(|error| WriteError { path: path.to_owned(), error })
}

/// Removes the file at `path`; one that is not there is removed already.
///
/// # Errors
/// [`WriteError`].
pub fn remove(path: &Path) -> Result<Written, WriteError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(Written::Changed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Written::Unchanged),
        Err(error) => Err(WriteError { path: path.to_owned(), error }),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<Written> {
    let path = match path.canonicalize() {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    match std::fs::read(&path) {
        Ok(old) if old == bytes => return Ok(Written::Unchanged),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".construct-");
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt;
        // As any program would make a file: the umask takes away what the person does not give.
        builder.permissions(std::fs::Permissions::from_mode(0o666))
    };
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Ok(old) = std::fs::metadata(&path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    // The rename itself is on disk once the folder is; some systems cannot sync one.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(Written::Changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_arrive_once_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/config.json");
        assert_eq!(write(&path, b"one").unwrap(), Written::Changed);
        let first = std::fs::metadata(&path).unwrap().modified().unwrap();
        assert_eq!(write(&path, b"one").unwrap(), Written::Unchanged);
        assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), first);
        assert_eq!(write(&path, b"two").unwrap(), Written::Changed);
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1);
        assert_eq!(remove(&path).unwrap(), Written::Changed);
        assert_eq!(remove(&path).unwrap(), Written::Unchanged);
    }

    #[test]
    fn an_error_names_the_file_and_leaves_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("taken")).unwrap();
        let error = write(&folder.path().join("taken"), b"x").unwrap_err();
        assert!(error.to_string().contains("taken"), "{error}");
        assert!(folder.path().join("taken").is_dir());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_permissions_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        write(&real, b"one").unwrap();
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        write(&link, b"two").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(&real).unwrap(), b"two");
        assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
