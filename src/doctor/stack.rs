//! What of the stack is there: read in the account, else as the last run wrote it down.

use std::path::Path;

use construct_engine::{ObserveError, State, Stop, observe};

use super::{Checked, Finding};
use crate::outputs::Objects;
use crate::outputs::config::{Config, Endpoint, Heading};
use crate::session::{PARALLELISM, Session, remembered};

const CHECK: &str = "stack";

/// Reads every object of the manifest in the account.
pub(super) async fn check(session: &Session) -> (Checked, Option<Config>) {
    let (state, mut findings) = match remembered(session) {
        Ok((journal, _)) => (journal.state().clone(), Vec::new()),
        // What the journal knew is found by names and tags as well.
        Err(failure) => (
            State::default(),
            vec![Finding::wrong(
                failure.message,
                "construct's memory of the stack is beside the manifest, and `construct up` needs it or its absence",
                failure.hints.join("; "),
            )],
        ),
    };
    let config = match look(session, &state).await {
        Ok(objects) => {
            let wanted = session.graph.len();
            let there = objects.count();
            findings.push(counted(there, wanted));
            (there > 0).then(|| Config::new(&heading(session), &objects))
        }
        Err(ObserveError { what, error }) => {
            findings.push(Finding::refused(format!("{what} of the stack"), &error));
            None
        }
    };
    (Checked::new(CHECK, findings), config)
}

fn counted(there: usize, wanted: usize) -> Finding {
    match there {
        0 => Finding::wrong(
            "nothing of the stack is there",
            "there is nothing to call",
            "run `construct up`; with --local if that is where the stack should be",
        ),
        _ if there < wanted => Finding::wrong(
            format!("{there} of {wanted} objects are there"),
            "what is missing may be what clients need",
            "run `construct up`; `construct status` lists what is missing",
        ),
        _ => Finding::fine(format!("all {wanted} objects are there")),
    }
}

/// The document beside the manifest, where the account cannot be asked: if it is of this stack.
pub(super) fn written_down(
    manifest: &Path,
    (stack, region): (&str, &str),
    local: bool,
) -> (Checked, Option<Config>) {
    let endpoint = if local { Endpoint::Local } else { Endpoint::Aws };
    let ours = |config: &Config| {
        config.stack == stack && config.region == region && config.endpoint == endpoint
    };
    let config = Config::beside(manifest).filter(ours);
    let why = match config {
        Some(_) => {
            "the account cannot be asked; what follows goes by config.json, as the last run left it"
        }
        None => "the account cannot be asked, and there is no config.json of this stack",
    };
    let finding =
        Finding::not_tried("what of the stack is there", why, "mend the credentials first");
    (Checked::new(CHECK, vec![finding]), config)
}

async fn look(session: &Session, state: &State) -> Result<Objects, ObserveError> {
    let stop = Stop::default();
    let run = session.run(&|_| {}, &stop, PARALLELISM, &|| Ok(()));
    let observed = Box::pin(observe(&run, &session.graph, &session.registry, state)).await?;
    let nodes = session.graph.outline().enumerate().filter_map(|(index, (address, kind, _))| {
        Some((address.clone(), kind.to_owned(), observed.outputs(index)?.clone()))
    });
    Ok(nodes.collect())
}

fn heading(session: &Session) -> Heading {
    let naming = &session.cloud.naming;
    Heading {
        stack: naming.stack.clone(),
        region: naming.region.clone(),
        account: naming.account.clone(),
        endpoint: if session.cloud.local { Endpoint::Local } else { Endpoint::Aws },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    #[test]
    fn what_is_missing_is_counted() {
        assert!(counted(0, 3).what.contains("nothing of the stack"));
        assert!(counted(2, 3).what.contains("2 of 3 objects"));
        assert_eq!(counted(3, 3).outcome, Outcome::Fine);
    }
}
