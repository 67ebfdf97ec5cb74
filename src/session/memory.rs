//! What this machine remembers of a stack, and where.

use std::path::{Path, PathBuf};

use construct_engine::{Journal, Repair};

use super::Session;
use crate::cli::Failure;

/// What to tell of a torn last line of the journal.
pub fn repair_text(repair: &Repair, path: &Path) -> String {
    let what = if repair.cut { "was cut off" } else { "is left out" };
    format!(
        "The last line ({}) of {} was written half and {what}; what it spoke of is settled by looking.",
        repair.line,
        path.display()
    )
}

/// The memory of a stack for commands that write nothing.
///
/// # Errors
/// A damaged journal, with the line.
pub fn remembered(session: &Session) -> Result<(Journal, Option<Repair>), Failure> {
    let opened = Journal::read(&session.journal_path())?;
    Ok((opened.journal, opened.repair))
}

/// The folder of a stack's memory: below that of the manifest, by account, Region and name.
pub fn memory_of(base: &Path, stack: [&str; 3]) -> PathBuf {
    base.join(".construct").join(stack.iter().collect::<PathBuf>())
}

/// The folder that a manifest lies in.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
