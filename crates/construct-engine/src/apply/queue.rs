//! Which nodes may be looked at again: those of which a dependency has ended, and those that only wait for a free place.

use std::collections::BTreeSet;

/// Nodes by index, each asked about when something has changed for it.
pub(super) struct Queue {
    dependents: Vec<Vec<usize>>,
    /// To be asked about, in the graph's order.
    asked: BTreeSet<usize>,
    /// All that they depend on is done.
    ready: BTreeSet<usize>,
}

impl Queue {
    /// One of as many nodes as `dependents` has entries; all are asked about.
    pub(super) fn new(dependents: Vec<Vec<usize>>) -> Self {
        let asked = (0..dependents.len()).collect();
        Self { dependents, asked, ready: BTreeSet::new() }
    }

    /// The next one to ask about. What ends while they are asked comes in the same row, as dependents have larger indices.
    pub(super) fn ask(&mut self) -> Option<usize> {
        self.asked.pop_first()
    }

    /// A node has ended, in whatever way.
    pub(super) fn ended(&mut self, index: usize) {
        self.asked.extend(&self.dependents[index]);
    }

    /// Everything is different: all are asked about again.
    pub(super) fn ask_all(&mut self) {
        self.asked.extend(0..self.dependents.len());
        self.ready.clear();
    }

    /// A node can be started.
    pub(super) fn is_ready(&mut self, index: usize) {
        self.ready.insert(index);
    }

    /// The first that can be started.
    pub(super) fn start(&mut self) -> Option<usize> {
        self.ready.pop_first()
    }
}
