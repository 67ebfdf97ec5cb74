//! The grammar of requests as data: which members an operation takes and what each may hold, checked as a service's own
//! front end does before any code of the service runs.
//!
//! The tables beside the services restate the public service models: patterns, lengths, required members, enums and
//! unions. Every problem is found at once; how it is told is the service's own, so that [`problems`] says what was found
//! and where, and [`check`] is how those services tell it that answer one sentence.

mod walk;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

/// What one value of a request may look like.
#[derive(Debug)]
pub(crate) enum Shape {
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
    /// Named members. Unknown ones are ignored, as the services ignore them.
    Record(&'static [Member]),
    /// Named members, and no others.
    Closed(&'static [Member]),
    /// Exactly one of the members.
    Union(&'static [Member]),
    /// Any JSON.
    Document,
}

/// A member's name, whether it must be there, and its shape.
pub(crate) type Member = (&'static str, bool, &'static Shape);

pub(crate) const REQUIRED: bool = true;
pub(crate) const OPTIONAL: bool = false;
/// No greatest length.
pub(crate) const MAX: usize = usize::MAX;
/// The pattern that everything matches.
pub(crate) const ANY: &str = "";
/// Any string.
pub(crate) const TEXT: Shape = Shape::Text(0, MAX, ANY);

/// One step from a request to the value at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A member of a structure or the value of a map's entry.
    Member(String),
    /// An item of a list, counted from zero.
    Item(usize),
    /// A key of a map itself.
    Key,
}

/// One value of a request that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The way to the value.
    pub(crate) path: Vec<Place>,
    /// The value as text; none where it is missing.
    pub(crate) value: Option<String>,
    /// What it must be, as in `Member must not be null`.
    pub(crate) constraint: String,
    /// Whether it is of another JSON type altogether.
    pub(crate) wrong_type: bool,
}

impl Problem {
    /// The way as AgentCore writes it: `targetConfiguration.lists.0`.
    pub(crate) fn dotted(&self) -> String {
        let places = self.path.iter().map(|place| match place {
            Place::Member(name) => name.clone(),
            Place::Item(index) => index.to_string(),
            Place::Key => "key".to_owned(),
        });
        places.collect::<Vec<_>>().join(".")
    }

    /// The way as the older services write it: names with a small first letter, items counted from one, `member` behind
    /// what is in a list or a map.
    fn spelled(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        for place in &self.path {
            match place {
                Place::Member(name) => words.push(small(name)),
                Place::Item(index) => words.extend([(index + 1).to_string(), "member".to_owned()]),
                Place::Key => words.push("key".to_owned()),
            }
        }
        words.join(".")
    }

    /// The older services' sentence.
    fn sentence(&self) -> String {
        let value =
            self.value.as_ref().map_or_else(|| "null".to_owned(), |value| format!("'{value}'"));
        format!(
            "Value {value} at '{}' failed to satisfy constraint: {}",
            self.spelled(),
            self.constraint
        )
    }
}

/// Why an input was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A member holds another JSON type than its shape; the sentence.
    Type(String),
    /// Members outside their limits, in the order of the shape; the sentence for all of them.
    Limits(String),
}

/// What is wrong with `input`, in the order of the members.
pub(crate) fn problems(input: &Map<String, Value>, members: &[Member]) -> Vec<Problem> {
    walk::walked(input, members)
}

/// The members of `input` that `members` knows, without nulls.
///
/// # Errors
/// When a member has the wrong type, or lies outside its limits: all of those at once.
pub(crate) fn check(
    input: &Map<String, Value>,
    members: &[Member],
) -> Result<Map<String, Value>, Refusal> {
    let problems = problems(input, members);
    if let Some(problem) = problems.iter().find(|problem| problem.wrong_type) {
        return Err(Refusal::Type(problem.sentence()));
    }
    if problems.is_empty() {
        return Ok(walk::known(input, members));
    }
    let errors = if problems.len() == 1 { "error" } else { "errors" };
    let sentences: Vec<String> = problems.iter().map(Problem::sentence).collect();
    Err(Refusal::Limits(format!(
        "{} validation {errors} detected: {}",
        problems.len(),
        sentences.join("; ")
    )))
}

fn small(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}
