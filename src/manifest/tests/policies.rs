//! Policy engines, rate limits and rules: every limit, one past it, and what does not go together.

use super::{STACK, bad, good};
use crate::manifest::{Manifest, PolicyLanguage};

const STATEMENT: &str = "permit(principal, action, resource);";

/// A stack with two targets and an engine, and a gateway whose tables are `gateway`.
fn with(gateway: &str) -> String {
    format!(
        "{STACK}[targets.small]\nopenapi = \"a.json\"\n[targets.other]\nopenapi = \"a.json\"\n\
         [policy_engines.main]\n{gateway}\n"
    )
}

/// A policy with these keys.
fn policy(keys: &str) -> String {
    with(&format!("[policy_engines.main.policies.readers]\n{keys}"))
}

/// The problems of a manifest: path and message.
fn problems(text: &str) -> Vec<(String, String)> {
    bad(text).iter().map(|one| (one.path.clone(), one.message.clone())).collect()
}

/// The one problem of a manifest.
#[track_caller]
fn problem(text: &str) -> (String, String) {
    let mut all = problems(text);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn limit(dimensions: &str, entries: &str) -> String {
    with(&format!(
        "[gateway.rate_limits.people]\ndimensions = [{dimensions}]\nentries = [{entries}]"
    ))
}

const ENTRY: &str = "{ requests = { rate = 1, period = \"second\" } }";

fn rule(keys: &str) -> String {
    with(&format!("[gateway.rules.night]\n{keys}"))
}

#[test]
fn a_whole_engine_is_read() {
    let manifest: Manifest = good(&policy(&format!(
        "statement = \"{STATEMENT}\"\nlanguage = \"dogwood\"\ndescription = \"d\"\n\
         validation = \"ignore_findings\"\nenforcement = \"log_only\""
    )));
    let policy = &manifest.policy_engines["main"].policies["readers"];
    assert_eq!(policy.language, PolicyLanguage::Dogwood);
    assert!(manifest.gateways_of("main").is_empty());
    let asked = good(&with("[gateway]\npolicy = { engine = \"main\" }"));
    assert_eq!(asked.gateways_of("main"), [None]);
}

#[test]
fn a_statement_has_a_length_and_one_place() {
    let statement = |length: usize| policy(&format!("statement = \"{}\"", "x".repeat(length)));
    good(&statement(35));
    good(&statement(10_000));
    let path = "policy_engines.main.policies.readers.statement";
    let (at, message) = problem(&statement(34));
    assert_eq!(
        (at.as_str(), message.as_str()),
        (path, "a policy's statement has at least 35 characters")
    );
    let (at, message) = problem(&statement(10_001));
    assert!(at == path && message.contains("at most 10000 characters"), "{message}");
    let both = policy(&format!("statement = \"{STATEMENT}\"\nfile = \"a.cedar\""));
    assert!(problem(&both).1.contains("exclude each other"));
    assert!(problem(&policy("language = \"cedar\"")).1.contains("none of"));
}

#[test]
fn a_placeholder_stands_for_a_gateway_that_asks() {
    let statement = "permit(principal, action, resource == X::\\\"${gateway}\\\");";
    let keys = format!("[policy_engines.main.policies.readers]\nstatement = \"{statement}\"");
    let (_, message) = problem(&with(&keys));
    assert_eq!(message, "${gateway} stands for no gateway that asks this engine");
    good(&with(&format!("{keys}\n[gateway]\npolicy = {{ engine = \"main\" }}")));
}

#[test]
fn names_of_engines_and_policies_have_an_alphabet_and_a_length() {
    let engine = |name: &str| format!("{STACK}[policy_engines.{name}]\n");
    good(&engine(&"e".repeat(23)));
    good(&engine("1_A"));
    for name in [&"e".repeat(24), "a-b"] {
        assert_eq!(problem(&engine(name)).0, format!("policy_engines.{name}"));
    }
    let policy = |name: &str| {
        with(&format!("[policy_engines.main.policies.{name}]\nstatement = \"{STATEMENT}\""))
    };
    good(&policy(&"p".repeat(48)));
    for name in [&"p".repeat(49), "a-b", "1a", "_a"] {
        assert_eq!(problem(&policy(name)).0, format!("policy_engines.main.policies.{name}"));
    }
}

#[test]
fn a_gateway_asks_an_engine_that_is_there() {
    let (path, message) = problem(&with("[gateway]\npolicy = { engine = \"mian\" }"));
    assert_eq!(
        (path.as_str(), message.as_str()),
        ("gateway.policy.engine", "there is no policy engine `mian`")
    );
    let arn = "arn:aws:bedrock-agentcore:us-west-2:111122223333:policy-engine/x-0123456789";
    good(&with(&format!("[gateway]\npolicy = {{ arn = \"{arn}\", mode = \"log_only\" }}")));
    let (path, _) = problem(&with("[gateway]\npolicy = { arn = \"arn:aws:s3:::x\" }"));
    assert_eq!(path, "gateway.policy.arn");
    let (_, message) = problem(&with("[gateway]\npolicy = { engine = \"main\", mode = \"on\" }"));
    assert!(message.contains("not possible"), "{message}");
    assert!(problem(&with("[gateway]\npolicy = { mode = \"enforce\" }")).1.contains("none of"));
}

#[test]
fn dimensions_are_the_services_own_and_each_stands_once() {
    for dimension in [
        "targetName",
        "toolName",
        "qualifiedModelId",
        "$.context.iam.principal",
        "$.context.iam.sourceIdentity",
        "$.context.jwt.sub",
        "$.context.request.header.x-team",
        "$.context.request.body.a.b_c",
    ] {
        good(&limit(&format!("\"{dimension}\""), ENTRY));
    }
    for dimension in [
        "tool",
        "$.context.jwt.s",
        "$.context.jwt.1a",
        "$.context.request.header.",
        "$.context.request.body.a..b",
    ] {
        let (path, _) = problem(&limit(&format!("\"{dimension}\""), ENTRY));
        assert_eq!(path, "gateway.rate_limits.people.dimensions[0]", "{dimension}");
    }
    let headers: Vec<String> =
        (0..11).map(|number| format!("\"$.context.request.header.h{number}\"")).collect();
    good(&limit(&headers[..10].join(", "), ENTRY));
    assert!(problem(&limit(&headers.join(", "), ENTRY)).1.contains("11 entries"));
    assert!(problem(&limit("", ENTRY)).1.contains("0 entries"));
    let twice = problem(&limit("\"toolName\", \"toolName\"", ENTRY));
    assert_eq!(twice.1, "a dimension stands here twice");
}

#[test]
fn two_limits_have_different_dimensions() {
    let two = format!(
        "{}[gateway.rate_limits.again]\ndimensions = [\"targetName\", \"toolName\"]\nentries = [{ENTRY}]\n",
        limit("\"toolName\", \"targetName\"", ENTRY)
    );
    assert_eq!(problem(&two).1, "the rate limit `again` has the same dimensions");
}

#[test]
fn entries_limit_something_for_known_dimensions() {
    let entry = |text: &str| limit("\"targetName\", \"toolName\"", text);
    let rate = "requests = { rate = 1, period = \"minute\" }";
    good(&entry(&format!("{{ match = {{ targetName = \"a\" }}, {rate} }}")));
    let (path, message) = problem(&entry("{ match = {} }"));
    assert_eq!(
        (path.as_str(), message.as_str()),
        ("gateway.rate_limits.people.entries[0]", "this entry limits nothing")
    );
    let (_, message) =
        problem(&entry(&format!("{{ match = {{ qualifiedModelId = \"a\" }}, {rate} }}")));
    assert_eq!(message, "`qualifiedModelId` is no dimension of this rate limit");
    let (_, message) = problem(&entry(&format!("{{ match = {{ toolName = \"a\" }}, {rate} }}")));
    assert_eq!(message, "`toolName` has a value, and a dimension before it has none");
    good(&entry("{ tokens = { rate = 0, period = \"second\" } }"));
    good(&entry("{ connections = { rate = 10_000_000, period = \"second\" } }"));
    assert!(
        problem(&entry("{ tokens = { rate = 10000001, period = \"second\" } }"))
            .1
            .contains("10000001")
    );
    assert!(problem(&entry("{ tokens = { rate = -1, period = \"second\" } }")).1.contains("-1"));
    assert!(problem(&entry("{ tokens = { rate = 1, period = \"hour\" } }")).1.contains("hour"));
    assert!(problem(&entry("")).1.contains("0 entries"));
}

#[test]
fn a_rule_has_a_priority_of_its_own() {
    good(&rule("priority = 1\nroute = { target = \"small\" }"));
    good(&rule("priority = 1_000_000\nroute = { target = \"small\" }"));
    for priority in ["0", "1_000_001"] {
        let (path, _) =
            problem(&rule(&format!("priority = {priority}\nroute = {{ target = \"small\" }}")));
        assert_eq!(path, "gateway.rules.night.priority");
    }
    let two = rule(
        "priority = 7\nroute = { target = \"small\" }\n[gateway.rules.day]\npriority = 7\nroute = { target = \"small\" }",
    );
    assert_eq!(problem(&two).1, "the rule `day` has the same priority");
    let long = "x".repeat(181);
    let described = |text: &str| {
        rule(&format!("priority = 7\nroute = {{ target = \"small\" }}\ndescription = \"{text}\""))
    };
    good(&described(&long[1..]));
    assert!(problem(&described(&long)).1.contains("at most 180 characters"));
}

#[test]
fn a_rule_names_targets_of_its_gateway() {
    let (path, message) = problem(&rule("priority = 7\nroute = { target = \"smal\" }"));
    assert_eq!(
        (path.as_str(), message.as_str()),
        ("gateway.rules.night.route.target", "the gateway has no target `smal`")
    );
    let spare = "priority = 7\nroute = { target = \"small\", fallback = { targets = [{ target = \"none\" }] } }";
    assert_eq!(problem(&rule(spare)).0, "gateway.rules.night.route.fallback.targets[0].target");
    let elsewhere = format!(
        "{STACK}[gateways.a]\nrules = {{ x = {{ priority = 1, route = {{ target = \"t\" }} }} }}\n\
         [gateways.b]\n[targets.t]\ngateway = \"b\"\nopenapi = \"a.json\"\n"
    );
    assert_eq!(problem(&elsewhere).1, "the gateway has no target `t`");
}

#[test]
fn a_split_has_two_shares_that_make_a_hundred() {
    let share = |name: &str, weight: i32| {
        format!("{{ name = \"{name}\", weight = {weight}, target = \"small\" }}")
    };
    let split =
        |shares: &[String]| rule(&format!("priority = 7\nweighted = [{}]", shares.join(", ")));
    good(&split(&[share("a", 99), share("b", 1)]));
    let (path, message) = problem(&split(&[share("a", 50), share("b", 49)]));
    assert_eq!(
        (path.as_str(), message.as_str()),
        ("gateway.rules.night.weighted", "the weights make 99")
    );
    assert!(problem(&split(&[share("a", 50)])).1.contains("two entries"));
    let three = [share("a", 50), share("b", 25), share("c", 25)];
    assert!(problem(&split(&three)).1.contains("3 entries"));
    for weight in [0, 100] {
        assert!(problem(&split(&[share("a", weight), share("b", 99)])).1.contains("as a weight"));
    }
    let version = "01234567-89ab-cdef-0123-456789abcdef";
    let bundle = |name: &str, weight: i32| {
        let arn =
            "arn:aws:bedrock-agentcore:us-west-2:111122223333:configuration-bundle/a-0123456789";
        format!(
            "{{ name = \"{name}\", weight = {weight}, arn = \"{arn}\", version = \"{version}\" }}"
        )
    };
    let bundles = |a, b| {
        rule(&format!("priority = 7\nweighted_bundles = [{}, {}]", bundle("a", a), bundle("b", b)))
    };
    good(&bundles(60, 40));
    assert_eq!(problem(&bundles(60, 60)).1, "the weights make 120");
}

#[test]
fn a_rule_does_one_thing_of_each_kind() {
    assert_eq!(problem(&rule("priority = 7")).1, "this rule does nothing");
    let shares = "weighted = [{ name = \"a\", weight = 50, target = \"small\" }, { name = \"b\", weight = 50, target = \"other\" }]";
    let both = rule(&format!("priority = 7\nroute = {{ target = \"small\" }}\n{shares}"));
    assert_eq!(problem(&both).1, "`route` and `weighted` exclude each other");
}

#[test]
fn what_a_rule_is_for_is_checked() {
    let conditions = |text: &str| {
        rule(&format!("priority = 7\nroute = {{ target = \"small\" }}\nconditions = {{ {text} }}"))
    };
    good(&conditions(
        "principals = [\"arn:aws:iam::*:role/a-*\", \"arn:aws:sts::111122223333:assumed-role/a/b\"], \
         paths = [\"/orders/*\"], models = [\"anthropic/claude-*\"]",
    ));
    for wrong in [
        "principals = [\"arn:aws:iam::1:role/a\"]",
        "principals = [\"arn:aws:iam::*:group/a\"]",
        "paths = [\"/orders\"]",
        "paths = [\"/a/b/*\"]",
        "models = [\"a//b\"]",
    ] {
        assert_eq!(problems(&conditions(wrong)).len(), 1, "{wrong}");
    }
    let paths: Vec<String> = (0..11).map(|number| format!("\"/p{number}/*\"")).collect();
    good(&conditions(&format!("paths = [{}]", paths[..10].join(", "))));
    assert_eq!(problems(&conditions(&format!("paths = [{}]", paths.join(", ")))).len(), 1);
}

#[test]
fn a_fallback_is_checked() {
    let fallback = |text: &str| {
        rule(&format!("priority = 7\nroute = {{ target = \"small\", fallback = {{ {text} }} }}"))
    };
    let targets = "targets = [{ target = \"other\", errors = [\"unroutable\"] }]";
    good(&fallback(&format!(
        "{targets}, status_codes = [\"429\", \"5XX\"], first_byte_timeout_ms = 50, circuit_breaker = true"
    )));
    for wrong in [
        "targets = []".to_owned(),
        format!("{targets}, status_codes = [\"200\"]"),
        format!("{targets}, status_codes = [\"5xx\"]"),
        format!("{targets}, first_byte_timeout_ms = 49"),
        format!("{targets}, first_byte_timeout_ms = 900_001"),
        format!("{targets}, errors = [\"timeout\"]"),
    ] {
        assert_eq!(problems(&fallback(&wrong)).len(), 1, "{wrong}");
    }
}
