//! The constraints of service models: required, length, range, pattern, enum.
//!
//! All violations of a call are collected and told in one message, as the services do. A service
//! turns them into its own error with [`Rules::finish`], or reads [`Rules::violations`].

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use crate::service::{Fault, Input};

/// One member that breaks a constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The member's path, its first letter in lower case, such as `roleName`.
    pub path: String,
    /// The value as text; `None` when it is missing.
    pub value: Option<String>,
    /// What it must be: `Member must have length less than or equal to 64`.
    pub constraint: String,
}

impl Violation {
    /// The sentence the services use for one violation.
    pub fn sentence(&self) -> String {
        let value = self
            .value
            .as_ref()
            .map_or_else(|| "Value null".to_owned(), |value| format!("Value '{value}'"));
        format!("{value} at '{}' failed to satisfy constraint: {}", self.path, self.constraint)
    }
}

/// Collects violations of an input.
#[derive(Debug)]
pub struct Rules<'a> {
    input: &'a Input,
    violations: Vec<Violation>,
}

impl<'a> Rules<'a> {
    /// Checks on `input`.
    pub const fn on(input: &'a Input) -> Self {
        Self { input, violations: Vec::new() }
    }

    /// The member must be there.
    #[must_use]
    pub fn required(mut self, name: &str) -> Self {
        if self.input.get(name).is_none() {
            self.violate(name, None, "Member must not be null".to_owned());
        }
        self
    }

    /// Every one of the members must be there.
    #[must_use]
    pub fn required_all(self, names: &[&str]) -> Self {
        names.iter().fold(self, |rules, name| rules.required(name))
    }

    /// A string's length in characters, or a list's or map's size. Absent members pass.
    #[must_use]
    pub fn length(mut self, name: &str, least: usize, most: usize) -> Self {
        if let Some(value) = self.input.get(name) {
            let length = match value {
                Value::String(text) => text.chars().count(),
                Value::Array(items) => items.len(),
                Value::Object(map) => map.len(),
                _ => return self,
            };
            self.check_length(name, &spell(value), length, least..=most);
        }
        self
    }

    /// A string must match `pattern` as a whole. Absent members pass.
    #[must_use]
    pub fn pattern(mut self, name: &str, pattern: &str) -> Self {
        if let Some(text) = self.input.text(name) {
            self.check_pattern(name, text, pattern);
        }
        self
    }

    /// A number's range. Absent members pass.
    #[must_use]
    pub fn range(mut self, name: &str, least: i64, most: i64) -> Self {
        let Some(value) = self.input.get(name) else { return self };
        match self.input.integer(name) {
            Some(number) if number < least => self.violate(
                name,
                Some(number.to_string()),
                format!("Member must have value greater than or equal to {least}"),
            ),
            Some(number) if number > most => self.violate(
                name,
                Some(number.to_string()),
                format!("Member must have value less than or equal to {most}"),
            ),
            Some(_) => {}
            None => {
                self.violate(name, Some(spell(value)), "Member must be an integer".to_owned());
            }
        }
        self
    }

    /// One of an enum's values. Absent members pass.
    #[must_use]
    pub fn one_of(mut self, name: &str, values: &[&str]) -> Self {
        if let Some(text) = self.input.text(name) {
            self.check_one_of(name, text, values);
        }
        self
    }

    /// Checks a nested string: `path` as told in the message.
    #[must_use]
    pub fn nested(
        mut self,
        path: &str,
        text: &str,
        lengths: RangeInclusive<usize>,
        pattern: Option<&str>,
    ) -> Self {
        self.check_length(path, text, text.chars().count(), lengths);
        if let Some(pattern) = pattern {
            self.check_pattern(path, text, pattern);
        }
        self
    }

    /// A violation that the caller found.
    #[must_use]
    pub fn violated(mut self, path: &str, value: Option<String>, constraint: &str) -> Self {
        self.violate(path, value, constraint.to_owned());
        self
    }

    /// What was found so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The message of all violations: `1 validation error detected: …`.
    pub fn message(&self) -> String {
        let count = self.violations.len();
        let plural = if count == 1 { "error" } else { "errors" };
        let all: Vec<String> = self.violations.iter().map(Violation::sentence).collect();
        format!("{count} validation {plural} detected: {}", all.join("; "))
    }

    /// # Errors
    /// A fault with status 400 and `code` when there is any violation.
    pub fn finish(self, code: &str) -> Result<(), Fault> {
        if self.violations.is_empty() { Ok(()) } else { Err(Fault::client(code, self.message())) }
    }

    fn check_length(
        &mut self,
        path: &str,
        text: &str,
        length: usize,
        lengths: RangeInclusive<usize>,
    ) {
        let (least, most) = lengths.into_inner();
        if length < least {
            self.violate(
                path,
                Some(text.to_owned()),
                format!("Member must have length greater than or equal to {least}"),
            );
        } else if length > most {
            self.violate(
                path,
                Some(text.to_owned()),
                format!("Member must have length less than or equal to {most}"),
            );
        }
    }

    fn check_pattern(&mut self, path: &str, text: &str, pattern: &str) {
        if !matches(pattern, text) {
            self.violate(
                path,
                Some(text.to_owned()),
                format!("Member must satisfy regular expression pattern: {pattern}"),
            );
        }
    }

    fn check_one_of(&mut self, path: &str, text: &str, values: &[&str]) {
        if !values.contains(&text) {
            self.violate(
                path,
                Some(text.to_owned()),
                format!("Member must satisfy enum value set: [{}]", values.join(", ")),
            );
        }
    }

    fn violate(&mut self, path: &str, value: Option<String>, constraint: String) {
        let mut letters = path.chars();
        let path = letters
            .next()
            .map(|first| first.to_lowercase().chain(letters).collect())
            .unwrap_or_default();
        self.violations.push(Violation { path, value, constraint });
    }
}

/// Whether `text` as a whole matches `pattern`. Patterns are compiled once.
///
/// # Panics
/// When `pattern` is not a regular expression: patterns are constants of this crate.
pub fn matches(pattern: &str, text: &str) -> bool {
    static COMPILED: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = compiled.get(pattern) {
        return regex.is_match(text);
    }
    let regex = RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(64 << 20)
        .build()
        .expect("patterns are constants and tested");
    let matched = regex.is_match(text);
    compiled.insert(pattern.to_owned(), regex);
    matched
}

fn spell(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_all_violations_at_once() {
        let input = Input::new(json!({"RoleName": "a b", "MaxSessionDuration": "10"}));
        let fault = Rules::on(&input)
            .required("Path")
            .length("RoleName", 1, 2)
            .pattern("RoleName", r"[\w+=,.@-]+")
            .range("MaxSessionDuration", 3600, 43_200)
            .finish("ValidationError")
            .unwrap_err();
        assert_eq!(
            fault.message,
            "4 validation errors detected: Value null at 'path' failed to satisfy constraint: \
             Member must not be null; Value 'a b' at 'roleName' failed to satisfy constraint: \
             Member must have length less than or equal to 2; Value 'a b' at 'roleName' failed \
             to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+; \
             Value '10' at 'maxSessionDuration' failed to satisfy constraint: Member must have \
             value greater than or equal to 3600"
        );
    }

    #[test]
    fn patterns_match_the_whole_text() {
        assert!(matches("[a-z]+|x y", "abc"));
        assert!(!matches("[a-z]+", "abc "));
        assert!(!matches("[a-z]+", "abc\n"));
    }
}
