//! One file of one client: what becomes of it, shown first and written then, whole or not at all.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use similar::TextDiff;

use super::document;
use super::facts::{Scope, facts};
use super::merge::{Entry, Refusal, put, take_out};
use super::record::Written;
use crate::manifest::Client;
use crate::outputs::atomic::{self, WriteError};
use crate::report::Paint;

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// Why a client's file was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum ClientFileError {
    /// It cannot be read, or not be written.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A person's file that cannot be understood, or that says it is not to be changed.
    #[error("{} was left as it is: {what}", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        what: String,
    },
    /// It has a server of our name that leads somewhere else.
    #[error("{} was left as it is: its server `{name}` is not this stack's", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The server.
        name: String,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A file of a client.
#[derive(Clone, Debug)]
pub struct Place {
    /// Whose program reads it.
    pub client: Client,
    /// Whose file it is.
    pub scope: Scope,
    /// Where it is; one of the project's is relative to the manifest's folder.
    pub file: PathBuf,
}

/// What is wanted of a file.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// Servers that shall be in it.
    pub(crate) entries: &'a [Entry],
    /// Servers that shall not.
    pub(crate) gone: &'a [Entry],
    /// What was written into it before.
    pub(crate) written: Option<&'a Written>,
    /// Whether entries of others that have our names are taken over.
    pub(crate) adopt: bool,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Change,
    /// Nothing else was in it: it goes.
    Remove,
    /// It says so already.
    Same,
}

/// A change of one file, thought through and not made yet.
#[derive(Debug)]
pub struct Change {
    /// Which file.
    pub place: Place,
    /// Where it is.
    path: PathBuf,
    before: Option<String>,
    after: Option<String>,
    /// What is in it afterwards.
    pub(crate) written: Written,
}

impl Change {
    /// What becomes of the file at `place` below `base` so that it has the wanted entries, and none that construct wrote
    /// and wants no longer.
    ///
    /// # Errors
    /// [`ClientFileError`]; nothing is written here.
    pub(crate) fn of(
        base: &Path,
        place: Place,
        wanted: &Wanted<'_>,
    ) -> Result<Self, ClientFileError> {
        let path = base.join(&place.file);
        let before = read(&path)?;
        let known = facts(place.client);
        let refused = |refusal| match refusal {
            Refusal::Form(what) => ClientFileError::NotOurs { path: path.clone(), what },
            Refusal::Foreign(name) => ClientFileError::Foreign { path: path.clone(), name },
        };
        let mut document = document::read(known.format, before.as_deref().unwrap_or_default())
            .map_err(|what| refused(Refusal::Form(what)))?;
        let nothing = BTreeMap::new();
        let earlier = wanted.written.map_or(&nothing, |written| &written.entries);
        let is_named = |name: &String| {
            wanted.entries.iter().chain(wanted.gone).any(|entry| entry.name == *name)
        };
        for (name, entry) in earlier.iter().filter(|(name, _)| !is_named(name)) {
            match take_out(&mut *document, known.servers, name, [Some(entry), None], wanted.adopt) {
                // What leads somewhere else by now is a person's.
                Ok(()) | Err(Refusal::Foreign(_)) => {}
                Err(refusal) => return Err(refused(refusal)),
            }
        }
        for entry in wanted.gone {
            let leads = [Some(&entry.members), earlier.get(&entry.name)];
            take_out(&mut *document, known.servers, &entry.name, leads, wanted.adopt)
                .map_err(refused)?;
        }
        for entry in wanted.entries {
            let earlier = earlier.get(&entry.name);
            put(&mut *document, known.servers, entry, earlier, wanted.adopt).map_err(refused)?;
        }
        let entries =
            wanted.entries.iter().map(|entry| (entry.name.clone(), entry.members.clone()));
        let written =
            Written { client: place.client, scope: place.scope, entries: entries.collect() };
        let after = text_of(&*document, &path, before.as_deref());
        Ok(Self { place, path, before, after, written })
    }

    /// What becomes of the file.
    pub fn action(&self) -> Action {
        match (&self.before, &self.after) {
            (before, after) if before == after => Action::Same,
            (None, _) => Action::Create,
            (_, None) => Action::Remove,
            _ => Action::Change,
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The change as a unified diff; nothing where nothing changes.
    pub fn diff(&self, paint: Paint) -> String {
        let name = |side: &Option<String>| match side {
            Some(_) => self.path.display().to_string(),
            None => "/dev/null".to_owned(),
        };
        let side = |side: &Option<String>| side.clone().unwrap_or_default();
        let (before, after) = (side(&self.before), side(&self.after));
        let diff = TextDiff::from_lines(&before, &after);
        let mut unified = diff.unified_diff();
        unified.context_radius(CONTEXT).header(&name(&self.before), &name(&self.after));
        // A carriage return would send the cursor back.
        let text = unified.to_string().replace('\r', "");
        let painted = text.lines().map(|line| match line.as_bytes().first() {
            _ if line.starts_with("--- ") || line.starts_with("+++ ") => paint.bold(line),
            Some(b'+') => paint.green(line),
            Some(b'-') => paint.red(line),
            Some(b'@') => paint.cyan(line),
            _ => line.to_owned(),
        });
        painted.collect::<Vec<_>>().join("\n")
    }

    /// Whether the change can be made still.
    ///
    /// # Errors
    /// [`ClientFileError`]: the file is not as it was shown, or is not to be written.
    pub(crate) fn check(&self) -> Result<(), ClientFileError> {
        if self.action() == Action::Same {
            return Ok(());
        }
        let left = |what: &str| ClientFileError::NotOurs {
            path: self.path.clone(),
            what: what.to_owned(),
        };
        if read(&self.path)? != self.before {
            return Err(left("somebody changed it in the meantime"));
        }
        if std::fs::metadata(&self.path).is_ok_and(|file| file.permissions().readonly()) {
            return Err(left("it is read-only"));
        }
        Ok(())
    }

    /// Makes the change.
    ///
    /// # Errors
    /// [`ClientFileError`]; the file is then as it was.
    pub(crate) fn apply(&self, base: &Path) -> Result<(), ClientFileError> {
        self.check()?;
        if self.action() == Action::Same {
            return Ok(());
        }
        if let Some(text) = &self.after {
            atomic::write(&self.path, text.as_bytes())?;
        } else {
            atomic::remove(&self.path)?;
            self.remove_empty_folders(base);
        }
        Ok(())
    }

    /// A folder of the project's that was there for this file only goes with it.
    fn remove_empty_folders(&self, base: &Path) {
        if self.place.scope == Scope::Project {
            let folders = self.path.ancestors().skip(1).take_while(|folder| *folder != base);
            for folder in folders {
                // The system refuses where something else is in it.
                if std::fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
    }
}

/// What is written: nothing where nothing that a person wrote is left. A link stays, with what it leads to.
fn text_of(document: &dyn document::Document, path: &Path, before: Option<&str>) -> Option<String> {
    let text = document.text();
    if !document.is_bare() || before == Some(text.as_str()) || path.is_symlink() {
        return Some(text).filter(|_| before.is_some() || !document.is_bare());
    }
    None
}

fn read(path: &Path) -> Result<Option<String>, ClientFileError> {
    let left = |what: String| ClientFileError::NotOurs { path: path.to_owned(), what };
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(left(format!("it is not UTF-8: {error}"))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if path.is_symlink() {
                return Err(left("it is a link to a file that is not there".to_owned()));
            }
            Ok(None)
        }
        Err(error) => Err(ClientFileError::Read { path: path.to_owned(), error }),
    }
}
