//! What is wrong with a manifest, where, and what to write instead.
//!
//! Checks report into one [`Problems`], so that a person sees everything at once and a script
//! gets the same list as JSON. No problem ever quotes the value of a secret.

use super::rules::Rule;
use serde::Serialize;
use std::fmt;

/// A place in the manifest; both numbers start at 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl Position {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1 };

    /// Returns the place of byte `offset` in `text`; past the end means the end.
    pub fn of(text: &str, offset: usize) -> Self {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// One thing to correct.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The manifest, as it was named on the command line.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Which key, such as `targets.github.auth.grant`; empty for the file as a whole.
    pub path: String,
    /// What is wrong, as a fragment without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The service rule that was broken, if it is one.
    pub rule: Option<&'static Rule>,
}

impl Problem {
    /// Attaches the service rule that was broken.
    #[must_use]
    pub fn under(mut self, rule: &'static Rule) -> Self {
        self.rule = Some(rule);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(formatter, "\n  help: {help}")?;
        }
        if let Some(rule) = self.rule {
            write!(formatter, "\n  rule: {}, {}", rule.id, rule.source)?;
        }
        Ok(())
    }
}

/// Everything that is wrong with one manifest, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
        self.0.sort_by_key(|problem| (problem.line, problem.column));
    }

    /// Adds those of `later` whose key, and every table around it, had no problem so far.
    ///
    /// A later check sees a stand-in where the reader refused a value; its complaint about the
    /// stand-in would be noise.
    pub fn merge(&mut self, later: Self) {
        let news: Vec<Problem> =
            later.0.into_iter().filter(|problem| !self.covers(&problem.path)).collect();
        self.0.extend(news);
        self.0.sort_by_key(|problem| (problem.line, problem.column));
    }

    /// Whether `path`, or a table around it, has a problem.
    pub fn covers(&self, path: &str) -> bool {
        self.0.iter().any(|problem| {
            path.strip_prefix(problem.path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The problems in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        let mut all = Self(problems.into_iter().collect());
        all.0.sort_by_key(|problem| (problem.line, problem.column));
        all
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            problem.fmt(formatter)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
