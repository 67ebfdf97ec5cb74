//! The grammar of requests: which members an operation takes and what each may look like, as data.
//!
//! The tables in this folder restate the constraints of the service model (2023-06-05): patterns,
//! lengths, required members, enums and unions. [`check`] walks a request along its table and
//! reports every problem at once, as the service does. What the model cannot express (which
//! credential fits which target, what a role must allow) lives with the operations.

pub(super) mod authorizer;
pub(super) mod credentials;
pub(super) mod gateway;
pub(super) mod identity;
pub(super) mod network;
pub(super) mod policy;
pub(super) mod portal;
pub(super) mod rules;
pub(super) mod runtime;
pub(super) mod target;

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::faults::{Problem, validation};
use crate::service::{Fault, Input};
use crate::validate::matches;

/// What one value of a request may look like.
pub(super) enum Shape {
    /// A string: least and greatest number of characters, and a pattern for the whole of it.
    Text(usize, usize, &'static str),
    /// A string with a pattern alone.
    Pattern(&'static str),
    /// One of these strings.
    Enum(&'static [&'static str]),
    /// A whole number between the two, both included.
    Integer(i64, i64),
    /// As [`Self::Integer`], but out of the query string, where every value is text.
    QueryInteger(i64, i64),
    /// Any number between the two, both included.
    Number(f64, f64),
    /// `true` or `false`.
    Flag,
    /// A list of so many of the same.
    List(&'static Self, usize, usize),
    /// As [`Self::List`], but out of the query string, where a list of one looks like its item.
    QueryList(&'static Self, usize, usize),
    /// Keys, values, and how many.
    Map(&'static Self, &'static Self, usize, usize),
    /// Named members. Unknown ones are ignored, as the service ignores them.
    Record(&'static [Member]),
    /// Named members, and no others.
    Closed(&'static [Member]),
    /// Exactly one of the members.
    Union(&'static [Member]),
    /// Any JSON.
    Document,
}

/// A member's name, whether it must be there, and its shape.
pub(super) type Member = (&'static str, bool, &'static Shape);

const REQUIRED: bool = true;
const OPTIONAL: bool = false;
const MAX: usize = usize::MAX;
const ANY: &str = "";
static TEXT: Shape = Shape::Text(0, MAX, ANY);

/// Checks a request against its table.
///
/// # Errors
/// `ValidationException` with reason `FieldValidationFailed` and one entry per problem.
pub(super) fn check(shape: &Shape, input: &Input) -> Result<(), Fault> {
    let mut problems = Vec::new();
    if let Shape::Record(members) = shape {
        walk_members("", input.members(), members, false, &mut problems);
    }
    if problems.is_empty() { Ok(()) } else { Err(validation(problems)) }
}

impl Shape {
    fn walk(&self, path: &str, value: &Value, problems: &mut Vec<Problem>) {
        match self {
            Self::Text(least, most, pattern) => match value.as_str() {
                Some(text) => text_problems(path, text, *least..=*most, pattern, problems),
                None => problems.push(Problem::new(path, "Member must be a string")),
            },
            Self::Pattern(pattern) => Self::Text(0, MAX, pattern).walk(path, value, problems),
            Self::Enum(values) => {
                if !value.as_str().is_some_and(|text| values.contains(&text)) {
                    let values = values.join(", ");
                    let message = format!("Member must satisfy enum value set: [{values}]");
                    problems.push(Problem::new(path, message));
                }
            }
            Self::Integer(least, most) => {
                integer_problems(path, value.as_i64(), *least, *most, problems);
            }
            Self::QueryInteger(least, most) => {
                let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
                integer_problems(path, number, *least, *most, problems);
            }
            Self::Number(least, most) => {
                number_problems(path, value.as_f64(), *least..=*most, problems);
            }
            Self::Flag => {
                if !value.is_boolean() {
                    problems.push(Problem::new(path, "Member must be true or false"));
                }
            }
            Self::QueryList(item, ..) if value.is_string() => item.walk(path, value, problems),
            Self::List(item, least, most) | Self::QueryList(item, least, most) => {
                let Some(items) = value.as_array() else {
                    problems.push(Problem::new(path, "Member must be a list"));
                    return;
                };
                count_problems(path, items.len(), *least, *most, problems);
                for (index, value) in items.iter().enumerate() {
                    item.walk(&format!("{path}.{index}"), value, problems);
                }
            }
            Self::Map(key, of, least, most) => match value.as_object() {
                Some(entries) => {
                    count_problems(path, entries.len(), *least, *most, problems);
                    for (name, value) in entries {
                        key.walk(&format!("{path}.key"), &Value::from(name.as_str()), problems);
                        of.walk(&join(path, name), value, problems);
                    }
                }
                None => problems.push(Problem::new(path, "Member must be a map")),
            },
            Self::Record(members) | Self::Closed(members) | Self::Union(members) => {
                let Some(given) = value.as_object() else {
                    problems.push(Problem::new(path, "Member must be a structure"));
                    return;
                };
                let set = given.values().filter(|value| !value.is_null()).count();
                if matches!(self, Self::Union(_)) && set != 1 {
                    let message = format!("Member must have exactly one union member, not {set}");
                    problems.push(Problem::new(path, message));
                } else {
                    let closed = !matches!(self, Self::Record(_));
                    walk_members(path, given, members, closed, problems);
                }
            }
            Self::Document => {}
        }
    }
}

fn walk_members(
    path: &str,
    given: &Map<String, Value>,
    members: &[Member],
    closed: bool,
    problems: &mut Vec<Problem>,
) {
    for (name, required, shape) in members {
        match given.get(*name) {
            // A null is how some clients spell "not set".
            None | Some(Value::Null) if *required => {
                problems.push(Problem::new(join(path, name), "Member must not be null"));
            }
            None | Some(Value::Null) => {}
            Some(value) => shape.walk(&join(path, name), value, problems),
        }
    }
    if closed {
        for name in given.keys().filter(|name| members.iter().all(|member| member.0 != *name)) {
            problems.push(Problem::new(join(path, name), "Member is not supported"));
        }
    }
}

fn text_problems(
    path: &str,
    text: &str,
    lengths: RangeInclusive<usize>,
    pattern: &'static str,
    problems: &mut Vec<Problem>,
) {
    let length = text.chars().count();
    let (least, most) = lengths.into_inner();
    if length < least {
        let message = format!("Member must have length greater than or equal to {least}");
        problems.push(Problem::new(path, message));
    }
    if length > most {
        let message = format!("Member must have length less than or equal to {most}");
        problems.push(Problem::new(path, message));
    }
    if !pattern.is_empty() && !matches(pattern, text) {
        let message = format!("Member must satisfy regular expression pattern: {pattern}");
        problems.push(Problem::new(path, message));
    }
}

fn integer_problems(
    path: &str,
    number: Option<i64>,
    least: i64,
    most: i64,
    problems: &mut Vec<Problem>,
) {
    let message = match number {
        None => "Member must be an integer".to_owned(),
        Some(number) if number < least => {
            format!("Member must have value greater than or equal to {least}")
        }
        Some(number) if number > most => {
            format!("Member must have value less than or equal to {most}")
        }
        Some(_) => return,
    };
    problems.push(Problem::new(path, message));
}

fn number_problems(
    path: &str,
    number: Option<f64>,
    bounds: RangeInclusive<f64>,
    problems: &mut Vec<Problem>,
) {
    if !number.is_some_and(|number| bounds.contains(&number)) {
        let (least, most) = bounds.into_inner();
        let message = format!("Member must be a number between {least} and {most}");
        problems.push(Problem::new(path, message));
    }
}

fn count_problems(
    path: &str,
    count: usize,
    least: usize,
    most: usize,
    problems: &mut Vec<Problem>,
) {
    if count < least {
        let message = format!("Member must have at least {least} entries");
        problems.push(Problem::new(path, message));
    }
    if count > most {
        let message = format!("Member must have at most {most} entries");
        problems.push(Problem::new(path, message));
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static SAMPLE: Shape = Shape::Record(&[
        ("name", REQUIRED, &Shape::Text(2, 4, "[a-z]+")),
        ("size", OPTIONAL, &Shape::QueryInteger(1, 20)),
        ("rate", OPTIONAL, &Shape::Number(0.0, 2.0)),
        ("on", OPTIONAL, &Shape::Flag),
        ("list", OPTIONAL, &Shape::List(&Shape::Enum(&["A", "B"]), 1, 2)),
        ("keys", OPTIONAL, &Shape::QueryList(&Shape::Text(1, 2, ANY), 0, 2)),
        ("map", OPTIONAL, &Shape::Map(&Shape::Pattern("[a-z]"), &Shape::Integer(0, 1), 0, 1)),
        ("closed", OPTIONAL, &Shape::Closed(&[("a", OPTIONAL, &TEXT)])),
        ("union", OPTIONAL, &Shape::Union(&[("a", OPTIONAL, &TEXT), ("b", OPTIONAL, &TEXT)])),
    ]);

    /// The members at fault, in order.
    fn faulty(input: Value) -> Vec<String> {
        match check(&SAMPLE, &Input::new(input)) {
            Ok(()) => Vec::new(),
            Err(fault) => fault.extra["fieldList"]
                .as_array()
                .unwrap()
                .iter()
                .map(|field| field["name"].as_str().unwrap().to_owned())
                .collect(),
        }
    }

    #[test]
    fn what_fits_passes() {
        let input = json!({
            "name": "abc", "size": "20", "rate": 1.5, "on": true, "list": ["A", "B"], "keys": "k",
            "map": {"x": 1}, "closed": {"a": ""}, "union": {"a": "", "b": null}, "unknown": 1,
        });
        assert_eq!(faulty(input), [""; 0]);
    }

    #[test]
    fn every_problem_is_told_with_its_place() {
        let input = json!({
            "size": "21", "rate": 2.5, "on": "true", "list": ["A", "C"], "keys": ["k", "", "k"],
            "map": {"XY": 2}, "closed": {"b": ""}, "union": {"a": "", "b": ""},
        });
        let expected = [
            "name", "size", "rate", "on", "list.1", "keys", "keys.1", "map.key", "map.XY",
            "closed.b", "union",
        ];
        assert_eq!(faulty(input), expected);
    }

    #[test]
    fn lengths_count_characters_and_patterns_cover_all() {
        assert_eq!(faulty(json!({"name": "a"})), ["name"]);
        assert_eq!(faulty(json!({"name": "abcde"})), ["name"]);
        assert_eq!(faulty(json!({"name": "abc\n"})), ["name"]);
        assert_eq!(faulty(json!({"name": 1})), ["name"]);
        assert_eq!(faulty(json!({"name": null})), ["name"]);
        assert_eq!(faulty(json!({"name": "abc", "list": []})), ["list"]);
        assert_eq!(faulty(json!({"name": "abc", "union": {}})), ["union"]);
        assert_eq!(faulty(json!({"name": "abc", "union": {"c": ""}})), ["union.c"]);
    }

    /// Uses every pattern below a shape once: a pattern that does not compile panics.
    fn compile(shape: &'static Shape, seen: &mut Vec<*const Shape>) {
        if seen.contains(&std::ptr::from_ref(shape)) {
            return;
        }
        seen.push(shape);
        match shape {
            Shape::Text(_, _, pattern) | Shape::Pattern(pattern) => {
                matches(pattern, "x");
            }
            Shape::List(item, ..) | Shape::QueryList(item, ..) => compile(item, seen),
            Shape::Map(key, value, ..) => {
                compile(key, seen);
                compile(value, seen);
            }
            Shape::Record(members) | Shape::Closed(members) | Shape::Union(members) => {
                members.iter().for_each(|(_, _, member)| compile(member, seen));
            }
            _ => {}
        }
    }

    #[test]
    fn every_pattern_of_the_tables_compiles() {
        let mut seen = Vec::new();
        for request in [
            &gateway::CREATE_GATEWAY_REQUEST,
            &gateway::UPDATE_GATEWAY_REQUEST,
            &target::CREATE_GATEWAY_TARGET_REQUEST,
            &identity::CREATE_OAUTH2_CREDENTIAL_PROVIDER_REQUEST,
            &identity::CREATE_API_KEY_CREDENTIAL_PROVIDER_REQUEST,
            &identity::CREATE_WORKLOAD_IDENTITY_REQUEST,
            &runtime::CREATE_AGENT_RUNTIME_REQUEST,
            &runtime::UPDATE_AGENT_RUNTIME_REQUEST,
            &runtime::UNTAG_RESOURCE_REQUEST,
            &runtime::CREATE_AGENT_RUNTIME_ENDPOINT_REQUEST,
            &portal::CREATE_CONSENT_PORTAL_REQUEST,
            &rules::CREATE_GATEWAY_RULE_REQUEST,
            &rules::CREATE_GATEWAY_RATE_LIMIT_REQUEST,
            &policy::CREATE_POLICY_ENGINE_REQUEST,
            &policy::CREATE_POLICY_REQUEST,
        ] {
            compile(request, &mut seen);
        }
        assert!(seen.len() > 200, "the tables are walked: {}", seen.len());
    }
}
