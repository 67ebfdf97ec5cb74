//! A plan as text for people. Symbols and words say everything; colour only repeats it.

use std::fmt::Write as _;

use construct_engine::{Action, LINKED, Plan, Verb};

use super::span::addresses;
use super::{Paint, kind_words};

/// The longest value of a change that is shown whole.
const LONGEST_VALUE: usize = 60;

/// The widest column of addresses: one that is longer moves only its own line.
const WIDEST_ADDRESS: usize = 36;

/// Where a stack lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The local AWS inside the binary.
    Local,
    /// This account.
    Account(String),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local => f.write_str("local AWS"),
            Self::Account(account) => write!(f, "account {account}"),
        }
    }
}

/// How a plan is shown.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The colours.
    pub paint: Paint,
    /// The columns of the terminal, which the table keeps to; none where there is no terminal.
    pub columns: Option<usize>,
}

/// The whole text of `plan`, with a line break at the end.
pub fn plan_text(plan: &Plan, region: &str, place: &Place, look: Look) -> String {
    let paint = look.paint;
    let mut text = format!("Stack {}, Region {region}, {place}\n", paint.bold(&plan.stack));
    if !plan.settled.is_empty() {
        writeln!(
            text,
            "The last run did not see how work on {} ended; looking at the account settled it.",
            addresses(&plan.settled)
        )
        .expect("a String takes all text");
    }
    if !plan.is_empty() {
        text.push('\n');
        let widest = |width: fn(&Action) -> usize| shown(plan).map(width).max().unwrap_or_default();
        let address = widest(|action| action.address.as_str().len()).min(WIDEST_ADDRESS);
        let kind = widest(|action| kind_words(&action.kind).chars().count());
        for action in shown(plan) {
            write_action(&mut text, action, (address, kind), look);
        }
        text.push('\n');
    }
    text.push_str(&paint.bold(&summary(plan)));
    text.push('\n');
    text
}

/// What does something, and what is only linked: a person shall see what the stack leans on.
fn shown(plan: &Plan) -> impl Iterator<Item = &Action> {
    plan.actions.iter().filter(|action| action.verb != Verb::Same || is_linked(action))
}

fn is_linked(action: &Action) -> bool {
    action.reason == LINKED
}

/// The last line: how much of what.
pub fn summary(plan: &Plan) -> String {
    if plan.is_empty() {
        return match plan.actions.len() {
            0 => "Nothing to change: there is nothing, and nothing is wanted.".to_owned(),
            1 => "Nothing to change: the one object is as the manifest says.".to_owned(),
            count => {
                let linked = plan.actions.iter().filter(|action| is_linked(action)).count();
                let of_them =
                    if linked > 0 { format!(" {linked} of them linked.") } else { String::new() };
                format!("Nothing to change: all {count} objects are as the manifest says.{of_them}")
            }
        };
    }
    let mut text = format!(
        "Plan: {} to create, {} to change, {} to replace, {} to remove",
        plan.count(Verb::Create),
        plan.count(Verb::Update),
        plan.count(Verb::Replace),
        plan.count(Verb::Delete)
    );
    for (verb, words) in [
        (Verb::Adopt, "to take over"),
        (Verb::MayUpdate, "to look at again"),
        (Verb::Settle, "to wait for"),
        (Verb::Foreign, "in the way"),
    ] {
        let count = plan.count(verb);
        if count > 0 {
            write!(text, ", {count} {words}").expect("a String takes all text");
        }
    }
    text.push('.');
    text
}

/// What the plan would take from people: one line each, and whether `--yes` is not enough for it.
pub fn losses(plan: &Plan) -> Vec<(String, bool)> {
    plan.work()
        .filter_map(|action| {
            let loss = action.loss.as_ref()?;
            Some((format!("{}: {}", action.address, loss.what), loss.needs_consent))
        })
        .collect()
}

fn write_action(text: &mut String, action: &Action, (address, kind): (usize, usize), look: Look) {
    let paint = look.paint;
    let word = if is_linked(action) { "link" } else { word(action.verb) };
    let mark = format!("{} {word:<9}", action.verb.symbol());
    let mark = match action.verb {
        Verb::Create => paint.green(&mark),
        Verb::Delete | Verb::Replace | Verb::Foreign => paint.red(&mark),
        Verb::Update | Verb::Adopt | Verb::MayUpdate | Verb::Settle | Verb::Same | Verb::Leave => {
            paint.yellow(&mark)
        }
    };
    let words = kind_words(&action.kind);
    let what = format!("{:<address$}  {words:<kind$}", action.address);
    // The mark and what is around it take fourteen columns.
    let room = look.columns.map(|columns| columns.saturating_sub(14));
    let (what, note) = fitting(&what, &note(action), room);
    let line = if note.is_empty() {
        format!("  {mark} {}", what.trim_end())
    } else {
        format!("  {mark} {what}  {}", paint.dim(&note))
    };
    text.push_str(&line);
    text.push('\n');
    for change in &action.changes {
        writeln!(
            text,
            "      {}: {} -> {}",
            change.field,
            value(&change.before),
            value(&change.after)
        )
        .expect("a String takes all text");
    }
    if let Some(loss) = &action.loss {
        let consent = if loss.needs_consent { " (needs --yes-destroy)" } else { "" };
        writeln!(text, "      {} {}{consent}", paint.red("lost:"), loss.what)
            .expect("a String takes all text");
    }
    if action.verb == Verb::Foreign {
        writeln!(
            text,
            "      {} take it over with `construct up --adopt {}`, or choose another name",
            paint.cyan("hint:"),
            action.address
        )
        .expect("a String takes all text");
    }
}

/// Why, and what has to be there first. That an object is made because it is not there goes without saying.
fn note(action: &Action) -> String {
    let reason = if action.verb == Verb::Create { "" } else { action.reason.as_str() };
    let after = match action.verb {
        // Nothing is waited for: the run stops here.
        Verb::Foreign => String::new(),
        _ if action.after.is_empty() => String::new(),
        _ => format!("after {}", addresses(&action.after)),
    };
    match (reason.is_empty(), after.is_empty()) {
        (false, false) => format!("{reason}; {after}"),
        (false, true) => reason.to_owned(),
        (true, _) => after,
    }
}

/// As much of `what` and `note` as `room` columns take. A note of which too little would be left is left out.
fn fitting(what: &str, note: &str, room: Option<usize>) -> (String, String) {
    const LEAST: usize = 12;
    let Some(room) = room else { return (what.to_owned(), note.to_owned()) };
    let left = room.saturating_sub(what.chars().count() + 2);
    if note.chars().count() <= left || left >= LEAST {
        (what.to_owned(), shortened(note, left))
    } else {
        (shortened(what.trim_end(), room), String::new())
    }
}

fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let short: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", short.trim_end())
}

const fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "create",
        Verb::Update => "change",
        Verb::MayUpdate => "look at",
        Verb::Settle => "wait for",
        Verb::Adopt => "take over",
        Verb::Replace => "replace",
        Verb::Delete => "remove",
        Verb::Same => "keep",
        Verb::Leave => "leave",
        Verb::Foreign => "blocked",
    }
}

fn value(text: &str) -> String {
    if text.is_empty() {
        return "(nothing)".to_owned();
    }
    let line = text.replace(['\n', '\r'], " ");
    shortened(&line, LONGEST_VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use construct_engine::{Address, Change, Loss};

    const PLAIN: Look = Look { paint: Paint::PLAIN, columns: None };
    const COLOURED: Look = Look { paint: Paint::COLOUR, columns: None };

    fn at(text: &str) -> Address {
        Address::new(text).unwrap()
    }

    fn action(address: &str, kind: &str, verb: Verb, reason: &str, after: &[&str]) -> Action {
        Action {
            address: at(address),
            kind: kind.into(),
            verb,
            reason: reason.into(),
            changes: Vec::new(),
            after: after.iter().map(|one| at(one)).collect(),
            identity: None,
            loss: None,
        }
    }

    fn example() -> Plan {
        let mut changed = action(
            "function/mcp-proxy",
            "lambda.function",
            Verb::Update,
            "differs",
            &["role/gateway"],
        );
        changed.changes = vec![
            Change::new("MemorySize", "128", "256"),
            Change::new("Description", "", "x".repeat(80)),
        ];
        let mut removed =
            action("pool", "cognito.user-pool", Verb::Delete, "no longer in the manifest", &[]);
        removed.loss = Some(Loss { what: "the accounts of 3 people".into(), needs_consent: true });
        Plan {
            stack: "acme-tools".into(),
            actions: vec![
                action("role/gateway", "iam.role", Verb::Create, "not there", &[]),
                action("api", "apigateway.http-api", Verb::Same, "", &[]),
                changed,
                action(
                    "gateway",
                    "agentcore.gateway",
                    Verb::Create,
                    "not there",
                    &["role/gateway", "pool", "client/editors"],
                ),
                action(
                    "provider/github",
                    "agentcore.oauth2-provider",
                    Verb::Foreign,
                    "it has no mark",
                    &["pool"],
                ),
                removed,
            ],
            settled: vec![at("gateway")],
        }
    }

    #[test]
    fn the_text_says_what_happens_and_why() {
        let text = plan_text(&example(), "us-west-2", &Place::Local, PLAIN);
        let long = format!("{}…", "x".repeat(59));
        let expected = format!(
            "Stack acme-tools, Region us-west-2, local AWS
The last run did not see how work on gateway ended; looking at the account settled it.

  + create    role/gateway        IAM role
  ~ change    function/mcp-proxy  Lambda function    differs; after role/gateway
      MemorySize: 128 -> 256
      Description: (nothing) -> {long}
  + create    gateway             AgentCore gateway  after role/gateway, pool and 1 more
  ! blocked   provider/github     OAuth2 provider    it has no mark
      hint: take it over with `construct up --adopt provider/github`, or choose another name
  - remove    pool                Cognito user pool  no longer in the manifest
      lost: the accounts of 3 people (needs --yes-destroy)

Plan: 2 to create, 1 to change, 0 to replace, 1 to remove, 1 in the way.
"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let plan = example();
        let place = Place::Account("111122223333".into());
        let coloured = plan_text(&plan, "us-west-2", &place, COLOURED);
        assert_ne!(coloured, plan_text(&plan, "us-west-2", &place, PLAIN));
        let plain = dialoguer::console::strip_ansi_codes(&coloured).into_owned();
        assert_eq!(plain, plan_text(&plan, "us-west-2", &place, PLAIN));
    }

    #[test]
    fn no_line_of_the_table_is_wider_than_the_terminal() {
        let mut plan = example();
        plan.actions.truncate(4);
        let long = format!("route/get_{}", "x".repeat(60));
        plan.actions.push(action(&long, "apigateway.route", Verb::Create, "", &["role/gateway"]));
        for columns in [60, 80, 100] {
            let look = Look { columns: Some(columns), ..PLAIN };
            let text = plan_text(&plan, "us-west-2", &Place::Local, look);
            let table =
                text.lines().filter(|line| line.starts_with("  + ") || line.starts_with("  ~ "));
            let widths: Vec<usize> = table.map(|line| line.chars().count()).collect();
            assert_eq!(widths.len(), 4);
            assert!(widths.iter().all(|width| *width <= columns), "{text}");
            assert!(text.contains("function/mcp-proxy") && text.contains('…'), "{text}");
        }
        let whole = plan_text(&plan, "us-west-2", &Place::Local, PLAIN);
        let line = whole.lines().find(|line| line.contains(&long)).unwrap();
        assert!(line.ends_with("  after role/gateway"), "{line}");
    }

    #[test]
    fn an_empty_plan_is_one_sentence() {
        let same = |address| action(address, "iam.role", Verb::Same, "", &[]);
        let plan =
            Plan { stack: "acme".into(), actions: vec![same("a"), same("b")], settled: Vec::new() };
        assert_eq!(
            plan_text(&plan, "us-west-2", &Place::Account("111122223333".into()), PLAIN),
            "Stack acme, Region us-west-2, account 111122223333\n\
             Nothing to change: all 2 objects are as the manifest says.\n"
        );
    }

    #[test]
    fn losses_are_listed_for_the_question() {
        assert_eq!(losses(&example()), [("pool: the accounts of 3 people".to_owned(), true)]);
    }
}
