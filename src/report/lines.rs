//! One event as one line, or a few, for people.

use std::fmt::Write as _;

use construct_engine::{Address, Class, Event, NodeOutcome, StepError, Verb};

use super::span::{addresses, duration, objects};
use super::{Paint, kind_words};
use crate::cli::detail_lines;

/// What is being done to a node, while it is done.
pub(super) const fn doing(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "creating",
        Verb::Update => "changing",
        Verb::MayUpdate | Verb::Same | Verb::Leave => "looking at",
        Verb::Settle => "waiting for",
        Verb::Adopt => "taking over",
        Verb::Replace => "replacing",
        Verb::Delete => "removing",
        Verb::Foreign => "stopping at",
    }
}

/// The text of `event` without a line break at the end; none for what needs no line.
pub(super) fn line(event: &Event, paint: Paint) -> Option<String> {
    Some(match event {
        Event::RunStarted { stack, total } => format!("Working on {} of {stack}.", objects(*total)),
        Event::NodeWaiting { address, waiting_for } => {
            format!("  {address}: waiting for {waiting_for}.")
        }
        Event::NodeDone { address, kind, outcome, elapsed_ms, .. } => format!(
            "  {} {address} ({}) in {}.",
            paint.green(done(*outcome)),
            kind_words(kind),
            duration(*elapsed_ms)
        ),
        Event::NodeFailed { address, kind, error, elapsed_ms } => {
            let words = kind_words(kind);
            let after = duration(*elapsed_ms);
            failed(&format!("{address} ({words}) after {after}"), error, paint)
        }
        Event::Notice { address, text } => format!("  {} {address}: {text}", paint.cyan("note")),
        Event::RunFinished { changed: 0, failed: 0, skipped: 0, .. } => return None,
        Event::RunFinished { changed, failed, skipped, elapsed_ms } => format!(
            "{changed} changed, {failed} failed, {skipped} not tried, in {}.",
            duration(*elapsed_ms)
        ),
        // Starts show in what they lead to, what is not tried is told together at the end, that the run stops was told
        // when it was asked to, and events of a newer version have no words yet.
        _ => return None,
    })
}

/// One line for all that was not tried: a single failure can take most of a stack along.
pub(super) fn not_tried(skipped: &[Address], stopped: bool, paint: Paint) -> String {
    let why = if stopped { "the run was stopped" } else { "what they need did not come about" };
    format!("  {} {}: {why}.", paint.yellow("not tried"), addresses(skipped))
}

const fn done(outcome: NodeOutcome) -> &'static str {
    match outcome {
        NodeOutcome::Created => "created",
        NodeOutcome::Updated => "changed",
        NodeOutcome::Replaced => "replaced",
        NodeOutcome::Unchanged => "kept",
        NodeOutcome::Deleted => "removed",
    }
}

fn failed(what: &str, error: &StepError, paint: Paint) -> String {
    let word = match error.class {
        Class::Interrupted => paint.yellow("stopped"),
        _ => paint.red("failed"),
    };
    let mut text = format!("  {word} {what}: {}", error.message);
    for detail in error.detail.iter().flat_map(detail_lines) {
        write!(text, "\n      {detail}").expect("a String takes all text");
    }
    if let Some(hint) = &error.hint {
        write!(text, "\n      {} {hint}", paint.cyan("hint:")).expect("a String takes all text");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use construct_engine::ServiceDetail;

    fn text(event: &Event) -> String {
        line(event, Paint::PLAIN).unwrap()
    }

    #[test]
    fn a_failure_names_what_support_asks_for() {
        let error = StepError::new(Class::Denied, "not allowed to make a gateway")
            .hint("attach the policy that `construct iam` prints")
            .detail(ServiceDetail {
                operation: "CreateGateway".into(),
                status: Some(403),
                code: Some("AccessDeniedException".into()),
                request_id: Some("11-22".into()),
            });
        let event = Event::NodeFailed {
            address: Address::new("gateway").unwrap(),
            kind: "agentcore.gateway".into(),
            error,
            elapsed_ms: 250,
        };
        assert_eq!(
            text(&event),
            "  failed gateway (AgentCore gateway) after 0.3 s: not allowed to make a gateway\n      \
             operation: CreateGateway\n      status: 403\n      code: AccessDeniedException\n      \
             request id: 11-22\n      hint: attach the policy that `construct iam` prints"
        );
    }

    #[test]
    fn what_is_not_tried_is_told_together() {
        let skipped: Vec<Address> = ["gateway", "target/github", "stage"]
            .into_iter()
            .map(|text| Address::new(text).unwrap())
            .collect();
        assert_eq!(
            not_tried(&skipped, false, Paint::PLAIN),
            "  not tried gateway, target/github and 1 more: what they need did not come about."
        );
        assert_eq!(
            not_tried(&skipped[..1], true, Paint::PLAIN),
            "  not tried gateway: the run was stopped."
        );
    }

    #[test]
    fn starts_and_unknown_events_take_no_line() {
        assert_eq!(line(&Event::Unknown, Paint::PLAIN), None);
        let idle = Event::RunFinished { changed: 0, failed: 0, skipped: 0, elapsed_ms: 4 };
        assert_eq!(line(&idle, Paint::PLAIN), None);
    }
}
