//! The journal: an append-only file of JSON lines, each on disk before what it announces happens.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Address, Class, Doubt, IllegalEntry, State};

/// The version of the line format. A reader refuses newer ones.
const FORMAT: u32 = 1;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Entry {
    /// A run begins.
    RunStarted {
        /// Its id.
        run: String,
        /// The command that runs.
        command: String,
        /// When, in milliseconds since 1970.
        at_ms: u64,
    },
    /// A call is about to leave.
    Intent {
        /// The node.
        address: Address,
        /// Its kind.
        kind: String,
        /// The nodes it depends on, so that a clean-up can order itself without a blueprint.
        after: Vec<Address>,
        /// What is wanted.
        spec: Value,
        /// What other nodes gave.
        links: Value,
        /// What will not be known if no end follows.
        doubt: Doubt,
    },
    /// The intended state is reached.
    Done {
        /// The node.
        address: Address,
        /// What it gives to others.
        outputs: Value,
    },
    /// The work failed; what it left is not known.
    Failed {
        /// The node.
        address: Address,
        /// The failure's class.
        class: Class,
        /// Its text.
        message: String,
    },
    /// The node was removed.
    Gone {
        /// The node.
        address: Address,
    },
    /// The node was found as it should be, though nothing was remembered of it.
    Seen {
        /// The node.
        address: Address,
        /// Its kind.
        kind: String,
        /// The nodes it depends on.
        after: Vec<Address>,
        /// What is wanted.
        spec: Value,
        /// What other nodes give.
        links: Value,
        /// What it gives to others.
        outputs: Value,
    },
    /// The node was remembered, and is not there.
    Missing {
        /// The node.
        address: Address,
    },
    /// The run ends.
    RunFinished {
        /// Its id.
        run: String,
        /// Whether everything that was planned was done.
        complete: bool,
    },
}

#[derive(Serialize, Deserialize)]
struct Line {
    format: u32,
    sequence: u64,
    entry: Entry,
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be opened, read or written.
    #[error("cannot {action} the journal {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A line is no entry, or cannot follow those before it.
    #[error("the journal {} is damaged in line {line}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// An entry was to be written that cannot follow those before it.
    #[error("a journal entry would be illegal")]
    Illegal(#[source] IllegalEntry),
}

/// A torn last line that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The line, counted from 1.
    pub line: usize,
    /// Its length in bytes.
    pub bytes: u64,
    /// Whether the file was cut, or only read without it.
    pub cut: bool,
}

/// What opening gives: the journal, and what had to be left out.
pub struct Opened {
    /// The journal.
    pub journal: Journal,
    /// A torn last line, where there was one.
    pub repair: Option<Repair>,
}

/// Where entries go.
enum Sink {
    /// Nowhere: the journal was only read.
    Memory,
    /// Into the file.
    File(File),
    /// The file failed: what is remembered and what is on disk have parted.
    Failed,
}

/// An open journal and the state that it folds to.
pub struct Journal {
    path: PathBuf,
    sink: Sink,
    sequence: u64,
    state: State,
}

impl Journal {
    /// Reads the journal at `path` without touching it: for plans. A missing file is an empty memory.
    ///
    /// # Errors
    /// [`JournalError::File`] and [`JournalError::Damaged`].
    pub fn read(path: &Path) -> Result<Opened, JournalError> {
        let (journal, repair) = Self::load(path)?;
        Ok(Opened { journal, repair: repair.map(|(repair, _)| repair) })
    }

    /// Opens the journal at `path` for a run, making the file and its folder where needed. A torn last line is cut off.
    ///
    /// # Errors
    /// [`JournalError::File`] and [`JournalError::Damaged`].
    pub fn open(path: &Path) -> Result<Opened, JournalError> {
        let failed =
            |action| move |source| JournalError::File { action, path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed("make the folder of"))?;
        }
        let (mut journal, repair) = Self::load(path)?;
        let fresh = !path.exists();
        let mut file =
            OpenOptions::new().create(true).append(true).open(path).map_err(failed("open"))?;
        if fresh {
            sync_folder(path).map_err(failed("open"))?;
        }
        let repair = match repair {
            None => None,
            Some((repair, good)) => {
                file.set_len(good).map_err(failed("repair"))?;
                file.sync_all().map_err(failed("repair"))?;
                Some(Repair { cut: true, ..repair })
            }
        };
        file.seek(SeekFrom::End(0)).map_err(failed("open"))?;
        journal.sink = Sink::File(file);
        Ok(Opened { journal, repair })
    }

    /// A journal that remembers nothing and writes nothing, for tests and for reading without a folder.
    pub fn empty() -> Self {
        Self { path: PathBuf::new(), sink: Sink::Memory, sequence: 0, state: State::default() }
    }

    /// What is remembered.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Writes `entry` and waits until it is on disk.
    ///
    /// # Errors
    /// [`JournalError::File`] when the disk does not take it: the run must then stop before its next call, and
    /// every later entry is refused too.
    pub fn append(&mut self, entry: Entry) -> Result<(), JournalError> {
        if matches!(self.sink, Sink::Failed) {
            let source = std::io::Error::other("an earlier entry could not be written");
            return Err(self.unwritten(source));
        }
        self.state.apply(&entry).map_err(JournalError::Illegal)?;
        let sequence = self.sequence;
        self.sequence += 1;
        let Sink::File(file) = &mut self.sink else { return Ok(()) };
        write_line(file, &Line { format: FORMAT, sequence, entry }).map_err(|source| {
            self.sink = Sink::Failed;
            self.unwritten(source)
        })
    }

    fn unwritten(&self, source: std::io::Error) -> JournalError {
        JournalError::File { action: "write to", path: self.path.clone(), source }
    }

    fn load(path: &Path) -> Result<(Self, Option<(Repair, u64)>), JournalError> {
        let mut journal = Self { path: path.to_owned(), ..Self::empty() };
        let failed = |source| JournalError::File { action: "read", path: path.to_owned(), source };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok((journal, None));
            }
            Err(error) => return Err(failed(error)),
        };
        // As long as it is now, so that a file that never ends, or one that grows meanwhile, ends the reading too.
        let length = file.metadata().map_err(failed)?.len();
        let mut reader = BufReader::new(file.take(length));
        let mut good: u64 = 0;
        for number in 1.. {
            let mut text = Vec::new();
            let bytes = reader.read_until(b'\n', &mut text).map_err(failed)? as u64;
            if bytes == 0 {
                break;
            }
            if text.last() != Some(&b'\n') {
                let repair = Repair { line: number, bytes, cut: false };
                return Ok((journal, Some((repair, good))));
            }
            journal.take(&text).map_err(|what| JournalError::Damaged {
                path: path.to_owned(),
                line: number,
                what,
            })?;
            good += bytes;
        }
        Ok((journal, None))
    }

    fn take(&mut self, text: &[u8]) -> Result<(), String> {
        let line: Line = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if line.format > FORMAT {
            return Err(format!("format {} is newer than this version reads", line.format));
        }
        if line.sequence != self.sequence {
            return Err(format!(
                "sequence number {} where {} belongs",
                line.sequence, self.sequence
            ));
        }
        self.state.apply(&line.entry).map_err(|error| error.to_string())?;
        self.sequence += 1;
        Ok(())
    }
}

/// A new file outlasts a power cut only once its folder is on disk too.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) { File::open(folder.unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) }
}

fn write_line(file: &mut File, line: &Line) -> std::io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let before = file.metadata()?.len();
    // One write, so that a kill leaves a whole line or a torn last one.
    file.write_all(&text).and_then(|()| file.sync_data()).inspect_err(|_| {
        // A half-written line would be damage once another follows it; if even this fails, the next run repairs it.
        drop(file.set_len(before));
    })
}
