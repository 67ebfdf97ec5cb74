//! What the journal remembers: the fold of its entries, and the one function that says which entry may follow which.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Address, Entry};

/// What an unfinished entry may have done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// It may have been made, with this idempotency token.
    Create {
        /// The token that was sent, for services that take one.
        token: String,
    },
    /// It may have been changed.
    Update,
    /// It may have been removed.
    Delete,
}

/// What is remembered of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The node's kind.
    pub kind: String,
    /// The nodes it depended on.
    pub after: Vec<Address>,
    /// What was wanted when it was last worked on.
    pub spec: Value,
    /// What other nodes gave it then.
    pub links: Value,
    /// What it gives to others; none before its first success.
    pub outputs: Option<Value>,
    /// What is not known about it.
    pub doubt: Option<Doubt>,
}

/// The fold of a journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    nodes: BTreeMap<Address, Record>,
    run: Option<String>,
}

/// An entry that cannot follow those before it: the file was damaged or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalEntry {
    /// An end without its beginning.
    #[error("{address} ends without having begun")]
    EndWithoutIntent {
        /// The node.
        address: Address,
    },
    /// Work outside a run.
    #[error("{address} is worked on outside a run")]
    OutsideRun {
        /// The node.
        address: Address,
    },
    /// A node of one kind turns into another without having gone.
    #[error("{address} was {was} and becomes {becomes}")]
    KindChanged {
        /// The node.
        address: Address,
        /// The kind recorded before.
        was: String,
        /// The kind of the entry.
        becomes: String,
    },
    /// The end of a run that did not begin.
    #[error("a run ends that did not begin")]
    RunEndWithoutStart,
}

impl State {
    /// What is remembered of the node at `address`.
    pub fn get(&self, address: &Address) -> Option<&Record> {
        self.nodes.get(address)
    }

    /// All that is remembered, by address.
    pub fn iter(&self) -> impl Iterator<Item = (&Address, &Record)> {
        self.nodes.iter()
    }

    /// Nodes whose last work has no known end.
    pub fn in_doubt(&self) -> impl Iterator<Item = (&Address, &Record)> {
        self.nodes.iter().filter(|(_, record)| record.doubt.is_some())
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether the last run has no end.
    pub fn run_open(&self) -> bool {
        self.run.is_some()
    }

    /// Takes one entry in.
    ///
    /// # Errors
    /// [`IllegalEntry`] when it cannot follow those before it; the state is then unchanged.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), IllegalEntry> {
        match entry {
            // A run that was killed has no end: the next one begins over it.
            Entry::RunStarted { run, .. } => self.run = Some(run.clone()),
            Entry::RunFinished { .. } => {
                self.run.take().ok_or(IllegalEntry::RunEndWithoutStart)?;
            }
            Entry::Intent { address, kind, after, spec, links, doubt } => {
                self.check(address, kind)?;
                let outputs = self.nodes.get(address).and_then(|record| record.outputs.clone());
                let record = Record {
                    kind: kind.clone(),
                    after: after.clone(),
                    spec: spec.clone(),
                    links: links.clone(),
                    outputs,
                    doubt: Some(doubt.clone()),
                };
                self.nodes.insert(address.clone(), record);
            }
            Entry::Done { address, outputs } => {
                let record = self.open(address)?;
                record.outputs = Some(outputs.clone());
                record.doubt = None;
            }
            Entry::Failed { address, .. } => {
                // What failed half-way may have left something: the doubt stays until a read settles it.
                self.open(address)?;
            }
            Entry::Gone { address } => {
                self.open(address)?;
                self.nodes.remove(address);
            }
            Entry::Seen { address, kind, after, spec, links, outputs } => {
                if self.run.is_none() {
                    return Err(IllegalEntry::OutsideRun { address: address.clone() });
                }
                let record = Record {
                    kind: kind.clone(),
                    after: after.clone(),
                    spec: spec.clone(),
                    links: links.clone(),
                    outputs: Some(outputs.clone()),
                    doubt: None,
                };
                self.nodes.insert(address.clone(), record);
            }
            Entry::Missing { address } => {
                if self.run.is_none() {
                    return Err(IllegalEntry::OutsideRun { address: address.clone() });
                }
                self.nodes.remove(address);
            }
        }
        Ok(())
    }

    fn check(&self, address: &Address, kind: &str) -> Result<(), IllegalEntry> {
        if self.run.is_none() {
            return Err(IllegalEntry::OutsideRun { address: address.clone() });
        }
        match self.nodes.get(address) {
            Some(record) if record.kind != kind => Err(IllegalEntry::KindChanged {
                address: address.clone(),
                was: record.kind.clone(),
                becomes: kind.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn open(&mut self, address: &Address) -> Result<&mut Record, IllegalEntry> {
        if self.run.is_none() {
            return Err(IllegalEntry::OutsideRun { address: address.clone() });
        }
        self.nodes
            .get_mut(address)
            .filter(|record| record.doubt.is_some())
            .ok_or_else(|| IllegalEntry::EndWithoutIntent { address: address.clone() })
    }
}
