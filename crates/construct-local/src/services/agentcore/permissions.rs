//! A small reading of IAM policies: may this role do this action on this resource?
//!
//! Enough for the check the service makes when a target is created, and for IAM's own simulation. An explicit deny wins;
//! actions match without case, resources with it; `*` and `?` are wildcards. Where the request that conditions speak of
//! is not known, an allow counts as given, a conditional deny as not.

use serde_json::Value;

/// Whether these policy documents, taken together, allow `action` on `resource`.
pub(crate) fn allows<'a>(
    documents: impl IntoIterator<Item = &'a Value>,
    action: &str,
    resource: &str,
) -> bool {
    let unjudged = |effect: &str, _condition: &Value| effect == "Allow";
    decide(documents, action, resource, unjudged) == Decision::Allowed
}

/// What policies come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Something allows it and nothing denies it.
    Allowed,
    /// A statement denies it.
    ExplicitDeny,
    /// Nothing speaks of it.
    ImplicitDeny,
}

/// What these policy documents, taken together, say of `action` on `resource`. `holds` tells of a statement's effect and
/// condition whether the condition is met.
pub(crate) fn decide<'a>(
    documents: impl IntoIterator<Item = &'a Value>,
    action: &str,
    resource: &str,
    holds: impl Fn(&str, &Value) -> bool,
) -> Decision {
    let mut decision = Decision::ImplicitDeny;
    for statement in documents.into_iter().flat_map(statements) {
        let effect = statement.get("Effect").and_then(Value::as_str).unwrap_or_default();
        let is_met = |condition: &Value| holds(effect, condition);
        if !applies(statement, action, resource) || !statement.get("Condition").is_none_or(is_met) {
            continue;
        }
        match effect {
            "Deny" => return Decision::ExplicitDeny,
            "Allow" => decision = Decision::Allowed,
            _ => {}
        }
    }
    decision
}

/// The statements of a document, which may be a single one without a list.
fn statements(document: &Value) -> &[Value] {
    match document.get("Statement") {
        Some(Value::Array(list)) => list,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

fn applies(statement: &Value, action: &str, resource: &str) -> bool {
    let names = |key: &str, test: &dyn Fn(&str) -> bool| {
        statement.get(key).map(|value| texts(Some(value)).any(test))
    };
    let action_matches = |pattern: &str| matches_any_case(pattern, action);
    let resource_matches = |pattern: &str| matches(pattern, resource);
    let acts = names("Action", &action_matches)
        .or_else(|| names("NotAction", &action_matches).map(|named| !named));
    let covers = names("Resource", &resource_matches)
        .or_else(|| names("NotResource", &resource_matches).map(|named| !named));
    acts == Some(true) && covers == Some(true)
}

/// A policy element is one string or a list of them.
pub(crate) fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = match value {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    list.iter().filter_map(Value::as_str)
}

fn matches_any_case(pattern: &str, text: &str) -> bool {
    matches(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
}

/// Wildcard match in linear space: on a mismatch, let the last `*` take one character more.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(effect: &str, action: &Value, resource: &Value) -> Value {
        json!({"Statement": [{"Effect": effect, "Action": action, "Resource": resource}]})
    }

    #[test]
    fn wildcards_match_as_in_iam() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*:function:x-*", "arn:function:x-1", true),
            ("arn:a", "arn:ab", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn an_allow_needs_action_and_resource() {
        let document = policy("Allow", &json!(["lambda:invoke*"]), &json!("arn:f:tools"));
        assert!(allows([&document], "lambda:InvokeFunction", "arn:f:tools"));
        assert!(!allows([&document], "lambda:InvokeFunction", "arn:f:other"));
        assert!(!allows([&document], "lambda:GetFunction", "arn:f:tools"));
        assert!(!allows([], "lambda:InvokeFunction", "arn:f:tools"));
    }

    #[test]
    fn an_explicit_deny_wins_wherever_it_stands() {
        let allow = policy("Allow", &json!("*"), &json!("*"));
        let deny = policy("Deny", &json!("lambda:*"), &json!("*"));
        assert!(!allows([&deny, &allow], "lambda:InvokeFunction", "arn:x"));
        assert!(!allows([&allow, &deny], "lambda:InvokeFunction", "arn:x"));
        assert!(allows([&allow, &deny], "s3:GetObject", "arn:x"));
    }

    #[test]
    fn the_negated_elements_turn_around() {
        let document = json!({"Statement": {
            "Effect": "Allow", "NotAction": "iam:*", "NotResource": ["arn:secret"],
        }});
        assert!(allows([&document], "lambda:InvokeFunction", "arn:x"));
        assert!(!allows([&document], "iam:PassRole", "arn:x"));
        assert!(!allows([&document], "lambda:InvokeFunction", "arn:secret"));
    }

    #[test]
    fn a_conditional_deny_is_not_judged() {
        let allow = policy("Allow", &json!("*"), &json!("*"));
        let mut deny = policy("Deny", &json!("*"), &json!("*"));
        deny["Statement"][0]["Condition"] = json!({"Bool": {"aws:SecureTransport": "false"}});
        assert!(allows([&allow, &deny], "s3:GetObject", "arn:x"));
    }
}
