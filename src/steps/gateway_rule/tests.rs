//! The pure part: what differs, and whose a rule is.

use aws_sdk_bedrockagentcorecontrol::types::GatewayRuleStatus;
use construct_engine::{Diff, Presence, Step};

use super::{Content, Links, Live, Rule, Spec, content};
use crate::manifest::{
    Bundle, Fallback, FallbackError, FallbackTarget, Route, RuleConditions, WeightedBundle,
    WeightedRoute,
};

fn spec() -> Spec {
    Spec {
        address: "rule/night".into(),
        priority: 10,
        description: Some("at night".into()),
        conditions: RuleConditions {
            principals: vec!["arn:aws:iam::*:role/batch-*".into()],
            paths: vec!["/orders/*".into()],
            models: vec!["claude".into()],
        },
        content: Content {
            route: Some(Route {
                target: "words".into(),
                model: None,
                fallback: Some(Fallback {
                    status_codes: vec!["5XX".into()],
                    errors: vec![FallbackError::Unroutable],
                    first_byte_timeout_ms: Some(50),
                    circuit_breaker: Some(true),
                    targets: vec![FallbackTarget {
                        target: "spare".into(),
                        model: None,
                        status_codes: Vec::new(),
                        errors: Vec::new(),
                        first_byte_timeout_ms: None,
                    }],
                }),
            }),
            bundle: Some(Bundle { arn: "arn:bundle".into(), version: "v1".into() }),
            ..Content::default()
        },
    }
}

pub(super) fn live() -> Live {
    let spec = spec();
    let mut conditions = content::conditions(&spec.conditions).unwrap();
    conditions.reverse();
    Live {
        gateway_id: "g".into(),
        id: "0123".into(),
        priority: 10,
        description: "construct: rule/night; at night".into(),
        conditions,
        actions: content::actions(&spec.content).unwrap(),
        status: GatewayRuleStatus::Active,
        managed_by: None,
    }
}

fn changes(spec: &Spec, live: &Live) -> Vec<(String, String)> {
    match Rule::diff(spec, Some(&Links { gateway_id: "g".into() }), live) {
        Diff::Same => Vec::new(),
        Diff::Update(changes) => {
            changes.into_iter().map(|change| (change.field, change.after)).collect()
        }
        Diff::Replace { reason, .. } => panic!("{reason}"),
    }
}

#[test]
fn what_was_made_from_the_spec_is_the_same() {
    assert!(changes(&spec(), &live()).is_empty());
}

#[test]
fn every_part_is_a_change_of_its_own() {
    let field = |change: fn(&mut Spec)| {
        let mut spec = spec();
        change(&mut spec);
        let fields: Vec<String> =
            changes(&spec, &live()).into_iter().map(|(field, _)| field).collect();
        fields.join(" ")
    };
    assert_eq!(field(|spec| spec.priority = 11), "priority");
    assert_eq!(field(|spec| spec.description = None), "description");
    assert_eq!(field(|spec| spec.conditions.paths.clear()), "conditions");
    assert_eq!(field(|spec| spec.conditions.models[0].push('*')), "conditions");
    assert_eq!(field(|spec| spec.content.bundle = None), "actions");
    let deep = |spec: &mut Spec| {
        spec.content.route.as_mut().unwrap().fallback.as_mut().unwrap().circuit_breaker = None;
    };
    assert_eq!(field(deep), "actions");
}

#[test]
fn shares_are_shown_with_their_weights() {
    let share = |name: &str, weight| WeightedRoute {
        name: name.into(),
        weight,
        target: name.into(),
        model: None,
        fallback: None,
        description: None,
        metadata: [("team".to_owned(), "a".to_owned())].into(),
    };
    let bundle = |name: &str, weight| WeightedBundle {
        name: name.into(),
        weight,
        arn: "arn:bundle".into(),
        version: "v".into(),
        description: None,
        metadata: [].into(),
    };
    let split = Spec {
        content: Content {
            weighted: vec![share("old", 90), share("new", 10)],
            weighted_bundles: vec![bundle("a", 50), bundle("b", 50)],
            ..Content::default()
        },
        ..spec()
    };
    let shown = changes(&split, &live());
    assert_eq!(shown[0].1, "50 to a, 50 to b; 90 to old, 10 to new");
}

#[test]
fn a_rule_is_ours_by_its_mark_or_its_record() {
    assert_eq!(live().mark(), Some("rule/night"));
    let unmarked = || Live { description: "mine".into(), ..live() };
    assert!(matches!(live().presence(false), Presence::Ours(_)));
    assert!(matches!(unmarked().presence(true), Presence::Ours(_)));
    let Presence::Foreign(foreign) = unmarked().presence(false) else { panic!("foreign") };
    assert!(foreign.evidence.contains("construct did not make"), "{}", foreign.evidence);
}

#[test]
fn what_the_service_manages_is_left_alone() {
    let managed = Live { managed_by: Some("an A/B test".into()), ..live() };
    assert!(!managed.is_at("rule/night"));
    assert!(matches!(Rule::diff(&spec(), None, &managed), Diff::Replace { .. }));
    assert!(matches!(managed.presence(false), Presence::Foreign(_)));
}
