//! The journal as the executor uses it: a run's first entry opens it, and nothing is written for a run that did nothing.

use std::sync::{Mutex, MutexGuard};
use std::time::UNIX_EPOCH;

use serde_json::Value;

use crate::hexadecimal::hexadecimal;
use crate::{Address, Doubt, Entry, Journal, JournalError, StepError};

pub(super) struct Recorder<'a> {
    run: String,
    command: String,
    inner: Mutex<Inner<'a>>,
}

struct Inner<'a> {
    journal: &'a mut Journal,
    started: bool,
}

/// What is written of a node whatever happens to it.
#[derive(Clone)]
pub(super) struct About {
    pub(super) address: Address,
    pub(super) kind: String,
    pub(super) after: Vec<Address>,
    pub(super) spec: Value,
    pub(super) links: Value,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(journal: &'a mut Journal, command: &str) -> Self {
        Self {
            run: random_hex(),
            command: command.to_owned(),
            inner: Mutex::new(Inner { journal, started: false }),
        }
    }

    /// A token for one create: the one already sent when the very same create is in doubt, else a new one. Services
    /// refuse a token that comes back with another request.
    pub(super) fn token(&self, about: &About) -> String {
        let inner = self.lock();
        let same = inner.journal.state().get(&about.address).filter(|record| {
            (&record.kind, &record.spec, &record.links) == (&about.kind, &about.spec, &about.links)
        });
        match same.and_then(|record| record.doubt.clone()) {
            Some(Doubt::Create { token }) => token,
            Some(Doubt::Update | Doubt::Delete) | None => format!("{}{}", self.run, random_hex()),
        }
    }

    pub(super) fn in_doubt(&self, address: &Address) -> bool {
        self.lock().journal.state().get(address).is_some_and(|record| record.doubt.is_some())
    }

    pub(super) fn intent(&self, about: &About, doubt: Doubt) -> Result<(), JournalError> {
        let About { address, kind, after, spec, links } = about.clone();
        // A node that became another kind is a new object: the old one is a stray that is removed on its own.
        let changed =
            self.lock().journal.state().get(&address).is_some_and(|record| record.kind != kind);
        if changed {
            self.append(Entry::Missing { address: address.clone() })?;
        }
        self.append(Entry::Intent { address, kind, after, spec, links, doubt })
    }

    /// Intends a removal. What was wanted stays recorded, and an object that was only discovered is recorded with its
    /// outputs first, so that a removal cut short is found again.
    pub(super) fn intent_to_remove(
        &self,
        about: About,
        outputs: &Value,
    ) -> Result<(), JournalError> {
        let remembered = self
            .lock()
            .journal
            .state()
            .get(&about.address)
            .filter(|record| record.kind == about.kind)
            .map(|record| (record.after.clone(), record.spec.clone(), record.links.clone()));
        let about = if let Some((after, spec, links)) = remembered {
            About { after, spec, links, ..about }
        } else {
            self.seen(&about, outputs)?;
            about
        };
        self.intent(&about, Doubt::Delete)
    }

    pub(super) fn done(&self, address: &Address, outputs: &Value) -> Result<(), JournalError> {
        self.append(Entry::Done { address: address.clone(), outputs: outputs.clone() })
    }

    pub(super) fn failed(&self, address: &Address, error: &StepError) -> Result<(), JournalError> {
        let (class, message) = (error.class, error.message.clone());
        self.append(Entry::Failed { address: address.clone(), class, message })
    }

    pub(super) fn gone(&self, address: &Address) -> Result<(), JournalError> {
        self.append(Entry::Gone { address: address.clone() })
    }

    pub(super) fn missing(&self, address: &Address) -> Result<(), JournalError> {
        let known = self.lock().journal.state().get(address).is_some();
        if known { self.append(Entry::Missing { address: address.clone() }) } else { Ok(()) }
    }

    /// Remembers a node that was found right, unless that is what is remembered.
    pub(super) fn seen(&self, about: &About, outputs: &Value) -> Result<(), JournalError> {
        let About { address, kind, after, spec, links } = about.clone();
        let remembered = self.lock().journal.state().get(&address).is_some_and(|record| {
            record.doubt.is_none()
                && record.outputs.as_ref() == Some(outputs)
                && (&record.kind, &record.after, &record.spec, &record.links)
                    == (&kind, &after, &spec, &links)
        });
        if remembered {
            return Ok(());
        }
        self.append(Entry::Seen { address, kind, after, spec, links, outputs: outputs.clone() })
    }

    /// Ends the run, and an earlier one that was cut off: after this run nothing is open any more.
    pub(super) fn finish(&self, complete: bool) -> Result<(), JournalError> {
        let mut inner = self.lock();
        if !inner.started && !inner.journal.state().run_open() {
            return Ok(());
        }
        self.start(&mut inner)?;
        inner.journal.append(Entry::RunFinished { run: self.run.clone(), complete })
    }

    fn append(&self, entry: Entry) -> Result<(), JournalError> {
        let mut inner = self.lock();
        self.start(&mut inner)?;
        inner.journal.append(entry)
    }

    fn start(&self, inner: &mut Inner<'_>) -> Result<(), JournalError> {
        if !inner.started {
            let (run, command, at_ms) = (self.run.clone(), self.command.clone(), now_ms());
            inner.journal.append(Entry::RunStarted { run, command, at_ms })?;
            inner.started = true;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner<'a>> {
        self.inner.lock().expect("no entry panics while it is written")
    }
}

fn random_hex() -> String {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    hexadecimal(&bytes)
}

fn now_ms() -> u64 {
    let since = UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
