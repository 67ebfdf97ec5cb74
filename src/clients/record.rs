//! What construct wrote into clients' files, beside the journal: so that a later run knows its own entries from a person's,
//! and `cleanup` where to look. Who loses it loses nothing else: an entry that leads to the gateway is known by that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::facts::Scope;
use crate::manifest::Client;
use crate::outputs::atomic::{self, WriteError};

/// The files with entries of one stack.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    /// By path; one of the project's is relative to the manifest's folder, so that the folder may be moved.
    files: BTreeMap<PathBuf, Written>,
}

/// What is in a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) client: Client,
    pub(crate) scope: Scope,
    /// Entries by name, as they were written.
    pub(crate) entries: BTreeMap<String, Map<String, Value>>,
}

impl Record {
    /// Reads the record at `path`. One that is not there or not readable knows nothing.
    pub(super) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Writes it to `path`, or takes it away when it says nothing.
    ///
    /// # Errors
    /// [`WriteError`].
    pub(super) fn write(&self, path: &Path) -> Result<(), WriteError> {
        if self.files.is_empty() {
            return atomic::remove(path).map(drop);
        }
        let bytes =
            serde_json::to_vec_pretty(self).expect("a record is plain data that serialises");
        atomic::write(path, &bytes).map(drop)
    }

    /// What was written into `file`.
    pub(super) fn of(&self, file: &Path) -> Option<&Written> {
        self.files.get(file)
    }

    /// All files.
    pub(super) fn files(&self) -> impl Iterator<Item = (&Path, &Written)> {
        self.files.iter().map(|(file, written)| (file.as_path(), written))
    }

    /// Remembers what is in `file` now.
    pub(super) fn put(&mut self, file: &Path, written: Written) {
        if written.entries.is_empty() {
            self.files.remove(file);
        } else {
            self.files.insert(file.to_owned(), written);
        }
    }
}
