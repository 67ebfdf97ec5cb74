//! Input shapes as data: what members an operation takes and what each may hold, checked the way
//! the services' own front end does before any code of the service runs.
//!
//! The limits in the tables are those of the public service models. Members a table does not know
//! are dropped, as the services ignore them.

use serde_json::{Map, Value};

use crate::validate::matches;

/// What a member may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A string: least and greatest length in characters, and a pattern for the whole of it.
    Text(usize, usize, Option<&'static str>),
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// An integer between two bounds, both included.
    Integer(i64, i64),
    /// An integer out of the query string, where every value is text.
    QueryInteger(i64, i64),
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list: least and greatest length, and what its items are.
    List(usize, usize, &'static Self),
    /// A map with string keys: the greatest number of entries, and what its values are.
    Map(usize, &'static Self),
    /// A structure.
    Structure(&'static [Member]),
}

/// One member of a structure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    name: &'static str,
    required: bool,
    kind: Kind,
}

/// A member that may be left out.
pub(crate) const fn optional(name: &'static str, kind: Kind) -> Member {
    Member { name, required: false, kind }
}

/// A member that must be there.
pub(crate) const fn required(name: &'static str, kind: Kind) -> Member {
    Member { name, required: true, kind }
}

/// Why an input was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A member holds another JSON type than its shape.
    Type(String),
    /// Members outside their limits, in the order of the shape.
    Limits(Vec<String>),
}

impl Refusal {
    /// The sentence the services answer.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Type(sentence) => sentence.clone(),
            Self::Limits(sentences) => {
                let errors = if sentences.len() == 1 { "error" } else { "errors" };
                format!(
                    "{} validation {errors} detected: {}",
                    sentences.len(),
                    sentences.join("; ")
                )
            }
        }
    }
}

/// The members of `input` that the shape knows, without nulls.
///
/// # Errors
/// When a member has the wrong type, or lies outside its limits: all of those at once.
pub(crate) fn check(
    input: &Map<String, Value>,
    shape: &[Member],
) -> Result<Map<String, Value>, Refusal> {
    let mut limits = Vec::new();
    let kept = structure(input, shape, "", &mut limits)?;
    if limits.is_empty() { Ok(kept) } else { Err(Refusal::Limits(limits)) }
}

fn structure(
    input: &Map<String, Value>,
    shape: &[Member],
    path: &str,
    limits: &mut Vec<String>,
) -> Result<Map<String, Value>, Refusal> {
    let mut kept = Map::new();
    for member in shape {
        let at = join(path, member.name);
        match input.get(member.name) {
            None | Some(Value::Null) if member.required => limits.push(format!(
                "Value null at '{at}' failed to satisfy constraint: Member must not be null"
            )),
            None | Some(Value::Null) => {}
            Some(value) => {
                kept.insert(member.name.to_owned(), checked(value, member.kind, &at, limits)?);
            }
        }
    }
    Ok(kept)
}

fn checked(
    value: &Value,
    kind: Kind,
    at: &str,
    limits: &mut Vec<String>,
) -> Result<Value, Refusal> {
    let mut outside = |shown: &str, rule: String| {
        limits.push(format!(
            "Value '{shown}' at '{at}' failed to satisfy constraint: Member must {rule}"
        ));
    };
    match (kind, value) {
        (Kind::Text(least, most, pattern), Value::String(text)) => {
            let length = text.chars().count();
            if length < least {
                outside(text, format!("have length greater than or equal to {least}"));
            } else if length > most {
                outside(text, format!("have length less than or equal to {most}"));
            }
            if let Some(pattern) = pattern.filter(|pattern| !matches(pattern, text)) {
                outside(text, format!("satisfy regular expression pattern: {pattern}"));
            }
        }
        (Kind::Choice(choices), Value::String(text)) => {
            if !choices.contains(&text.as_str()) {
                outside(text, format!("satisfy enum value set: [{}]", choices.join(", ")));
            }
        }
        (Kind::Integer(least, most), Value::Number(number)) => {
            let Some(number) = number.as_i64() else { return Err(wrong_type(at, "an integer")) };
            if number < least {
                outside(
                    &number.to_string(),
                    format!("have value greater than or equal to {least}"),
                );
            } else if number > most {
                outside(&number.to_string(), format!("have value less than or equal to {most}"));
            }
        }
        (Kind::QueryInteger(least, most), Value::String(text)) => match text.parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => return Ok(Value::from(number)),
            _ => outside(text, format!("be a number between {least} and {most}")),
        },
        (Kind::Number, Value::Number(_)) | (Kind::Boolean, Value::Bool(_)) => {}
        (Kind::List(least, most, of), Value::Array(items)) => {
            if items.len() < least {
                outside("[]", format!("have length greater than or equal to {least}"));
            } else if items.len() > most {
                outside(
                    &format!("{} items", items.len()),
                    format!("have length less than or equal to {most}"),
                );
            }
            let mut kept = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let at = format!("{at}.{}.member", index + 1);
                kept.push(checked(item, *of, &at, limits)?);
            }
            return Ok(Value::Array(kept));
        }
        (Kind::Map(most, of), Value::Object(entries)) => {
            if entries.len() > most {
                outside(
                    &format!("{} entries", entries.len()),
                    format!("have length less than or equal to {most}"),
                );
            }
            let mut kept = Map::new();
            for (key, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
                let at = format!("{at}.{key}.member");
                kept.insert(key.clone(), checked(value, *of, &at, limits)?);
            }
            return Ok(Value::Object(kept));
        }
        (Kind::Structure(shape), Value::Object(members)) => {
            return Ok(Value::Object(structure(members, shape, at, limits)?));
        }
        (kind, _) => return Err(wrong_type(at, kind.article())),
    }
    Ok(value.clone())
}

impl Kind {
    const fn article(self) -> &'static str {
        match self {
            Self::Text(..) | Self::Choice(_) => "a string",
            Self::Integer(..) | Self::QueryInteger(..) => "an integer",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::List(..) => "a list",
            Self::Map(..) | Self::Structure(_) => "a structure",
        }
    }
}

fn wrong_type(at: &str, wanted: &str) -> Refusal {
    Refusal::Type(format!("'{at}' is not {wanted}"))
}

/// The services write member names with a small first letter in their messages.
fn join(path: &str, name: &str) -> String {
    let mut letters = name.chars();
    let name: String =
        letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect();
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SHAPE: &[Member] = &[
        required("PoolName", Kind::Text(1, 8, Some(r"[\w ]+"))),
        optional("Days", Kind::Integer(0, 10)),
        optional(
            "Inner",
            Kind::Structure(&[optional("Flows", Kind::List(0, 2, &Kind::Choice(&["code"])))]),
        ),
    ];

    fn run(input: Value) -> Result<Map<String, Value>, Refusal> {
        let Value::Object(input) = input else { unreachable!("the tests pass objects") };
        check(&input, SHAPE)
    }

    #[test]
    fn known_members_are_kept_and_others_dropped() {
        let kept = run(json!({ "PoolName": "a b", "Days": null, "Other": 1 })).unwrap();
        assert_eq!(Value::Object(kept), json!({ "PoolName": "a b" }));
    }

    #[test]
    fn every_limit_is_reported_at_once_with_its_path() {
        let message =
            run(json!({ "Days": 11, "Inner": { "Flows": ["x"] } })).unwrap_err().message();
        assert!(message.starts_with("3 validation errors detected: Value null at 'poolName'"));
        assert!(message.contains("Value '11' at 'days'"), "{message}");
        assert!(message.contains("at 'inner.flows.1.member'"), "{message}");
    }

    #[test]
    fn another_type_is_no_limit() {
        assert!(matches!(run(json!({ "PoolName": 1 })), Err(Refusal::Type(_))));
    }
}
