//! A text that a person wrote, changed member by member: what is not changed stays as it is written.

use serde_json::Value;

use super::facts::Format;
use super::json::Json;
use super::toml::Toml;

/// A client's file, whatever it is written in.
pub(super) trait Document {
    /// What it says.
    fn value(&self) -> Value;

    /// Gives the member at `path` this value. Tables on the way there are made where they are missing.
    fn set(&mut self, path: &[&str], value: &Value);

    /// Takes the member at `path` out, if it is there.
    fn remove(&mut self, path: &[&str]);

    /// Takes the table called `key` out if it says nothing.
    fn remove_if_empty(&mut self, key: &str);

    /// Whether nothing is in it that a person would miss, such as a comment.
    fn is_bare(&self) -> bool;

    /// The text.
    fn text(&self) -> String;
}

/// Reads a text; one without anything in it says nothing.
///
/// # Errors
/// What is wrong, and in which line and column.
pub(super) fn read(format: Format, text: &str) -> Result<Box<dyn Document>, String> {
    Ok(match format {
        Format::Json => Box::new(Json::read(text)?),
        Format::Toml => Box::new(Toml::read(text)?),
    })
}
