//! Where the time of a run went: each node's share, and the chain of nodes that the whole had to wait for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use construct_engine::{Address, Event};
use tokio::time::Instant;

use super::span::duration;

/// Keeps the events of a run with their times. Shared by reference.
pub struct Recording {
    start: Instant,
    events: Mutex<Vec<(u64, Event)>>,
}

impl Default for Recording {
    fn default() -> Self {
        Self { start: Instant::now(), events: Mutex::default() }
    }
}

impl Recording {
    /// Keeps one event.
    pub fn see(&self, event: &Event) {
        let at = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push((at, event.clone()));
    }

    /// What was kept: milliseconds since the start, and the event.
    pub fn events(&self) -> Vec<(u64, Event)> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The sentences of notices, with the nodes they concern.
    pub fn notices(&self) -> Vec<(Address, String)> {
        let notices = self.events().into_iter().filter_map(|(_, event)| match event {
            Event::Notice { address, text } => Some((address, text)),
            _ => None,
        });
        notices.collect()
    }
}

/// One node's share; milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The node.
    pub address: Address,
    /// When its work began.
    pub start: u64,
    /// How long it took.
    pub took: u64,
    /// The nodes it waited for.
    pub after: Vec<Address>,
}

/// Where the time went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// By start.
    pub shares: Vec<Share>,
    /// The chain that ended last, from its first node.
    pub critical: Vec<Address>,
    /// From the first start to the last end.
    pub total: u64,
}

impl Timings {
    /// Works out the shares from events with their times in milliseconds.
    pub fn of(events: &[(u64, Event)]) -> Self {
        let mut begun: BTreeMap<&Address, (u64, &[Address])> = BTreeMap::new();
        let mut shares = Vec::new();
        for (at, event) in events {
            let (address, after) = match event {
                Event::NodeStarted { address, after, .. } => (address, Some(after)),
                Event::NodeDone { address, .. } | Event::NodeFailed { address, .. } => {
                    (address, None)
                }
                _ => continue,
            };
            if let Some(after) = after {
                begun.insert(address, (*at, after));
            } else if let Some((start, after)) = begun.remove(address) {
                let (address, took) = (address.clone(), at.saturating_sub(start));
                shares.push(Share { address, start, took, after: after.to_vec() });
            }
        }
        shares.sort_by(|one, other| (one.start, &one.address).cmp(&(other.start, &other.address)));
        let start = shares.iter().map(|share| share.start).min().unwrap_or_default();
        let end = shares.iter().map(|share| share.start + share.took).max().unwrap_or_default();
        Self { critical: critical(&shares), total: end - start, shares }
    }

    /// What the nodes of the critical path took together.
    pub fn critical_time(&self) -> u64 {
        self.shares
            .iter()
            .filter(|share| self.critical.contains(&share.address))
            .map(|share| share.took)
            .sum()
    }

    /// A table; the critical path is marked with `*`.
    pub fn text(&self) -> String {
        if self.shares.is_empty() {
            return "No object took any time.\n".to_owned();
        }
        let mut text = String::from("       start        took  object\n");
        for share in &self.shares {
            let mark = if self.critical.contains(&share.address) { '*' } else { ' ' };
            let (start, took) = (duration(share.start), duration(share.took));
            writeln!(text, "{mark} {start:>10}  {took:>10}  {}", share.address)
                .expect("a String takes all text");
        }
        let path: Vec<&str> = self.critical.iter().map(Address::as_str).collect();
        writeln!(
            text,
            "Critical path: {}, {} of {}.",
            path.join(" -> "),
            duration(self.critical_time()),
            duration(self.total)
        )
        .expect("a String takes all text");
        text
    }
}

/// From what ended last, always back to what it waited for longest.
fn critical(shares: &[Share]) -> Vec<Address> {
    let end = |share: &&Share| share.start + share.took;
    let mut path = Vec::new();
    let mut next = shares.iter().max_by_key(end);
    while let Some(share) = next {
        path.push(share.address.clone());
        let earlier =
            |other: &&Share| share.after.contains(&other.address) && !path.contains(&other.address);
        next = shares.iter().filter(earlier).max_by_key(end);
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use construct_engine::{NodeOutcome, Verb};
    use serde_json::Value;

    fn at(text: &str) -> Address {
        Address::new(text).unwrap()
    }

    fn run(nodes: &[(&str, u64, u64, &[&str])]) -> Vec<(u64, Event)> {
        let mut events = Vec::new();
        for (address, start, end, after) in nodes {
            let after = after.iter().map(|one| at(one)).collect();
            let (kind, address) = ("iam.role".to_owned(), at(address));
            events.push((
                *start,
                Event::NodeStarted {
                    address: address.clone(),
                    kind: kind.clone(),
                    verb: Verb::Create,
                    after,
                },
            ));
            events.push((
                *end,
                Event::NodeDone {
                    address,
                    kind,
                    outcome: NodeOutcome::Created,
                    outputs: Value::Null,
                    elapsed_ms: end - start,
                },
            ));
        }
        events.sort_by_key(|(at, _)| *at);
        events
    }

    #[test]
    fn the_critical_path_goes_through_the_slowest_of_what_is_waited_for() {
        let timings = Timings::of(&run(&[
            ("role", 0, 400, &[]),
            ("pool", 0, 900, &["elsewhere"]),
            ("gateway", 910, 9_000, &["role", "pool"]),
            ("table", 0, 5_000, &[]),
        ]));
        assert_eq!(timings.critical, [at("pool"), at("gateway")]);
        assert_eq!((timings.total, timings.critical_time()), (9_000, 8_990));
        assert_eq!(
            timings.text(),
            "       start        took  object\n\
             *      0.0 s       0.9 s  pool\n\
             \x20      0.0 s       0.4 s  role\n\
             \x20      0.0 s       5.0 s  table\n\
             *      0.9 s       8.1 s  gateway\n\
             Critical path: pool -> gateway, 9.0 s of 9.0 s.\n"
        );
    }

    #[test]
    fn nothing_took_no_time() {
        assert_eq!(Timings::of(&[]).text(), "No object took any time.\n");
        let unfinished = &run(&[("role", 5, 6, &[])])[..1];
        assert_eq!(Timings::of(unfinished), Timings::default());
    }

    #[test]
    fn a_recording_keeps_notices() {
        let recording = Recording::default();
        recording
            .see(&Event::Notice { address: at("user/first"), text: "look into the mail".into() });
        recording.see(&Event::Stopping);
        assert_eq!(recording.notices(), [(at("user/first"), "look into the mail".to_owned())]);
    }
}
