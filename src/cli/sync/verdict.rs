//! What becomes of one target: which call brings its tools up to date, or why none does.

use construct_engine::{Action, Address, Verb};

use crate::steps::gateway_target::{Need, STATUS, TOOLS};

/// Fields of a target that say which tools it has.
const SOURCE: [&str; 12] = [
    "openApiSchema",
    "smithyModel",
    "toolSchema",
    "mcpToolSchema",
    "schema",
    "toolFilters",
    "toolOverrides",
    "configurations",
    "enabled",
    "version",
    TOOLS,
    STATUS,
];
/// Fields that may travel with them: nothing else of the stack has to know of them.
const HARMLESS: [&str; 2] = ["description", "resourcePriority"];

/// What becomes of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// `UpdateGatewayTarget`, and why.
    Update(String),
    /// `SynchronizeGatewayTargets`, and why.
    Synchronize(String),
    /// It is on its way to another state, which is waited for.
    Wait,
    /// Somebody must consent first.
    Person,
    /// Nothing, and why.
    Nothing(String),
    /// Its tools are not up to date, and only `construct up` can change that.
    Left(String),
}

impl Verdict {
    /// Whether this run does something.
    pub(super) fn is_work(&self) -> bool {
        matches!(self, Self::Update(_) | Self::Synchronize(_) | Self::Wait)
    }

    /// The sentence for people, without the target.
    pub(super) fn text(&self, checked: bool) -> String {
        let (update, synchronize) = if checked {
            ("would be updated", "would be synchronized")
        } else {
            ("to update", "to synchronize")
        };
        match self {
            Self::Update(why) => format!("{update}: {why}"),
            Self::Synchronize(why) => format!("{synchronize}: {why}"),
            Self::Wait => "on its way to another state, which is waited for".to_owned(),
            Self::Person => "needs a person: it waits for a consent".to_owned(),
            Self::Nothing(why) => format!("nothing to do: {why}"),
            Self::Left(why) => format!("not up to date: {why}"),
        }
    }
}

/// What counts beside the plan.
#[derive(Clone, Copy, Default)]
pub(super) struct Facts<'a> {
    /// What it needs as it is; none where it is not there.
    pub(super) need: Option<Need>,
    /// Whether the gateway read its tools a moment ago.
    pub(super) is_fresh: bool,
    /// Whether a synchronization alone would do.
    pub(super) synchronizes: bool,
    /// Whether reading its tools waits for somebody's consent, which nobody would complete here.
    pub(super) lacks_a_person: bool,
    /// What it needs and only `construct up` makes.
    pub(super) blocked: Option<&'a Address>,
}

/// Decides on a target whose plan is `action`.
pub(super) fn verdict(action: &Action, facts: Facts<'_>) -> Verdict {
    let need = facts.need;
    if need == Some(Need::Consent) {
        return Verdict::Person;
    }
    match action.verb {
        Verb::Settle => Verdict::Wait,
        Verb::Same => Verdict::Nothing(as_wanted(need)),
        Verb::Update => changed(action, facts),
        Verb::Create => Verdict::Left("it is not there, and `construct up` makes it".to_owned()),
        Verb::Replace
        | Verb::MayUpdate
        | Verb::Foreign
        | Verb::Adopt
        | Verb::Delete
        | Verb::Leave => Verdict::Left(format!("{}: that is for `construct up`", action.reason)),
    }
}

fn as_wanted(need: Option<Need>) -> String {
    match need {
        Some(Need::Nothing(why)) => why.to_owned(),
        Some(Need::SendAgain(why)) => {
            format!("{why}, but what to send is in the manifest, which is not at hand")
        }
        Some(Need::Synchronize(_) | Need::Consent | Need::Settling) | None => {
            "it is as wanted".to_owned()
        }
    }
}

fn changed(action: &Action, facts: Facts<'_>) -> Verdict {
    let Facts { need, is_fresh, synchronizes, lacks_a_person, blocked } = facts;
    if is_fresh && synchronizes {
        return Verdict::Nothing("the gateway read its tools after the consent".to_owned());
    }
    if let (true, Some(Need::Synchronize(why))) = (lacks_a_person, need) {
        // It would wait for ten minutes, and then have failed.
        let text = format!(
            "{why}, but reading them needs somebody's consent: `construct sync --authorize` asks for one that \
             returns to this machine"
        );
        let failed = action.changes.iter().any(|change| change.field == STATUS);
        return if failed { Verdict::Left(text) } else { Verdict::Nothing(text) };
    }
    if synchronizes {
        let why = if let Some(Need::Synchronize(why)) = need { why } else { "it was asked for" };
        return Verdict::Synchronize(why.to_owned());
    }
    let fields = || action.changes.iter().map(|change| change.field.as_str());
    let others: Vec<&str> =
        fields().filter(|field| !SOURCE.contains(field) && !HARMLESS.contains(field)).collect();
    if !others.is_empty() {
        let others = others.join(", ");
        return Verdict::Left(format!("its {others} differ, which `construct up` changes"));
    }
    if !fields().any(|field| SOURCE.contains(&field)) {
        let fields = fields().collect::<Vec<_>>().join(", ");
        return Verdict::Nothing(format!(
            "its tools are as the manifest says (its {fields} differ, which `construct up` changes)"
        ));
    }
    if let Some(blocked) = blocked {
        return Verdict::Left(format!("it needs {blocked}, which `construct up` makes"));
    }
    Verdict::Update(why(need, &fields().collect::<Vec<_>>()))
}

fn why(need: Option<Need>, fields: &[&str]) -> String {
    let source: Vec<&str> = fields
        .iter()
        .copied()
        .filter(|field| SOURCE.contains(field) && ![TOOLS, STATUS].contains(field))
        .collect();
    match (source.is_empty(), need) {
        (false, _) => format!("its source changed ({})", source.join(", ")),
        (true, Some(Need::SendAgain(why) | Need::Synchronize(why))) => why.to_owned(),
        (true, _) => "its last update failed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use construct_engine::Change;

    use super::*;

    fn action(verb: Verb, fields: &[&str]) -> Action {
        let changes = fields.iter().map(|field| Change::new(*field, "a", "b")).collect();
        Action {
            address: Address::new("target/github").unwrap(),
            kind: "agentcore.target".to_owned(),
            verb,
            reason: "the kind of a target is fixed".to_owned(),
            changes,
            after: Vec::new(),
            identity: None,
            loss: None,
        }
    }

    fn of(fields: &[&str], need: Need, synchronizes: bool) -> Verdict {
        let facts = Facts { need: Some(need), synchronizes, ..Facts::default() };
        verdict(&action(Verb::Update, fields), facts)
    }

    fn at(verb: Verb, fields: &[&str], need: Option<Need>) -> Verdict {
        verdict(&action(verb, fields), Facts { need, ..Facts::default() })
    }

    #[test]
    fn each_source_has_its_call() {
        let fixed = Need::Nothing("its source is as the manifest says");
        for field in ["openApiSchema", "smithyModel", "toolSchema", "mcpToolSchema"] {
            let expected = Verdict::Update(format!("its source changed ({field})"));
            assert_eq!(of(&[field], fixed, false), expected);
            assert_eq!(of(&[field, "description"], fixed, false), expected);
        }
        let server = Need::Synchronize("the server's tools may have changed");
        assert!(matches!(of(&[TOOLS], server, true), Verdict::Synchronize(_)));
        assert!(matches!(of(&[TOOLS, "description"], server, false), Verdict::Update(_)));
        let rest = Need::SendAgain("its REST API may have changed");
        let expected = Verdict::Update("its REST API may have changed".to_owned());
        assert_eq!(of(&[TOOLS], rest, false), expected);
        let failed = Verdict::Update("its last update failed".to_owned());
        assert_eq!(of(&[STATUS], fixed, false), failed);
    }

    #[test]
    fn what_needs_more_than_the_target_is_left() {
        let fixed = Need::Nothing("");
        let granted = of(&["openApiSchema", "providerArn"], fixed, false);
        assert!(matches!(granted, Verdict::Left(why) if why.contains("providerArn")));
        assert!(matches!(of(&["description"], fixed, false), Verdict::Nothing(_)));
        let schema = Address::new("schema/github.abc").unwrap();
        let stored = action(Verb::Update, &["openApiSchema"]);
        let facts = Facts { need: Some(fixed), blocked: Some(&schema), ..Facts::default() };
        let blocked = verdict(&stored, facts);
        assert!(matches!(blocked, Verdict::Left(why) if why.contains("schema/github.abc")));
        for verb in [Verb::Create, Verb::Replace, Verb::MayUpdate, Verb::Foreign] {
            assert!(matches!(at(verb, &[], None), Verdict::Left(_)));
        }
    }

    #[test]
    fn a_consent_comes_first_and_a_state_is_waited_for() {
        let waits = at(Verb::Update, &[TOOLS], Some(Need::Consent));
        assert_eq!(waits, Verdict::Person);
        assert!(!waits.is_work());
        let settles = at(Verb::Settle, &[], Some(Need::Settling));
        assert!(settles == Verdict::Wait && settles.is_work());
        let same = at(Verb::Same, &[], Some(Need::Nothing("listing mode DYNAMIC")));
        assert_eq!(same.text(true), "nothing to do: listing mode DYNAMIC");
    }

    #[test]
    fn nobody_is_asked_for_a_consent_who_is_not_there() {
        let need = Some(Need::Synchronize("the server's tools may have changed"));
        let facts = Facts { need, synchronizes: true, lacks_a_person: true, ..Facts::default() };
        let asked = verdict(&action(Verb::Update, &[TOOLS]), facts);
        assert!(matches!(asked, Verdict::Nothing(why) if why.contains("--authorize")));
        let failed = verdict(&action(Verb::Update, &[TOOLS, STATUS]), facts);
        assert!(matches!(failed, Verdict::Left(why) if why.contains("--authorize")));
        let facts = Facts { lacks_a_person: false, ..facts };
        let asked = verdict(&action(Verb::Update, &[TOOLS]), facts);
        assert!(matches!(asked, Verdict::Synchronize(_)));
        // Nor is anybody asked twice.
        let facts = Facts { is_fresh: true, ..facts };
        let asked = verdict(&action(Verb::Update, &[TOOLS]), facts);
        assert!(matches!(asked, Verdict::Nothing(_)));
    }
}
