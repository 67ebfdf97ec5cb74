//! An `OpenAPI` description as it was read from its file.

use serde_json::{Map, Value};

use super::canonical;
use super::duplicate_keys::UniqueKeys;
use super::pointer::Pointer;
use super::rules::{MAX_FILE_BYTES, MAX_SOURCE_BYTES};
use super::yaml;

/// The members of a path item that are operations. Source: `OpenAPI` 3.0.3, Path Item Object.
pub const METHODS: [&str; 8] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Why a text is no description at all, so that there is nothing to check.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DescriptionError {
    /// The file is larger than any way of handing it to the service takes.
    #[error("the file has {bytes} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Size of the file.
        bytes: usize,
        /// Largest size that is read.
        limit: usize,
    },
    /// The file is neither JSON nor YAML, or has a key twice in one object.
    #[error("not valid {format} at line {line}, column {column}: {reason}")]
    Syntax {
        /// As which of both it was read.
        format: &'static str,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1; 0 at the end of a file that stops too early.
        column: usize,
        /// What the reader stumbled over.
        reason: String,
    },
    /// The file is JSON, but not of the kind that is wanted at the top.
    #[error("expected {expected} at the top of the file, found {found}")]
    WrongKind {
        /// What belongs there.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// The description names no version of `OpenAPI`, or one the service does not read.
    #[error("{found} is not a supported version of OpenAPI")]
    Version {
        /// What the file says.
        found: String,
    },
}

impl DescriptionError {
    /// Returns what to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::TooLarge { .. } => {
                "keep only the operations that are wanted as tools, and the schemas they use".into()
            }
            Self::Syntax { format, .. } => format!("correct the {format}"),
            Self::WrongKind { expected, .. } => format!("write {expected}"),
            Self::Version { .. } => {
                "convert the description to OpenAPI 3.0 or 3.1 and write \"openapi\": \"3.0.3\""
                    .into()
            }
        }
    }
}

/// An `OpenAPI` 3.0 or 3.1 description: an object, of a known version, not yet checked further.
#[derive(Debug, Clone)]
pub struct Description {
    document: Value,
}

/// An operation and where it stands.
#[derive(Debug, Clone)]
pub struct Operation<'a> {
    /// Path as written, with its placeholders.
    pub path: &'a str,
    /// Method in lower case, as written.
    pub method: &'a str,
    /// Place of the operation.
    pub pointer: Pointer,
    /// The operation itself.
    pub value: &'a Value,
    /// Place of the path item.
    pub path_item_pointer: Pointer,
    /// The path item the operation belongs to.
    pub path_item: &'a Map<String, Value>,
}

impl Description {
    /// Reads a description from the text of its file: JSON where it begins like that, else YAML.
    ///
    /// Fails where there is nothing to check: a file over 64 MB, text that is neither (with line
    /// and column), a key twice in an object, no object, no version 3.0 or 3.1.
    pub fn parse(text: &str) -> Result<Self, DescriptionError> {
        let text = readable(text, MAX_SOURCE_BYTES)?;
        let is_json = text.trim_start().starts_with(['{', '[']) || text.trim().is_empty();
        let document = if is_json { from_json(text)? } else { yaml::parse(text)? };
        let Some(object) = document.as_object() else {
            return Err(DescriptionError::WrongKind {
                expected: "an OpenAPI description as an object",
                found: kind(&document),
            });
        };
        match object.get("openapi").and_then(Value::as_str) {
            Some(version) if is_supported(version) => Ok(Self { document }),
            Some(version) => {
                Err(DescriptionError::Version { found: format!("OpenAPI {version:?}") })
            }
            None => Err(DescriptionError::Version { found: version_elsewhere(object) }),
        }
    }

    /// Wraps a document that was made from an already parsed one.
    pub(super) fn from_document(document: Value) -> Self {
        Self { document }
    }

    /// Returns the document.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Returns the text to send: JSON without spaces, keys in the order of the file.
    pub fn minified(&self) -> String {
        self.document.to_string()
    }

    /// Returns a SHA-256 as hex that is the same for all descriptions with the same meaning.
    pub fn digest(&self) -> String {
        canonical::digest(&self.document)
    }

    /// Tells whether both mean the same, whatever their key order and spacing.
    pub fn same_as(&self, other: &Self) -> bool {
        canonical::canonical(&self.document) == canonical::canonical(&other.document)
    }

    /// Returns the operations in the order of the file. What is not an object is left out; the
    /// check reports it.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths_pointer = Pointer::root().join("paths");
        let Some(paths) = self.document.get("paths").and_then(Value::as_object) else {
            return Vec::new();
        };
        let mut operations = Vec::new();
        for (path, written) in paths.iter().filter(|(path, _)| path.starts_with('/')) {
            let place = paths_pointer.join(path);
            let Some((path_item_pointer, path_item)) = self.path_item(place, written) else {
                continue;
            };
            for (method, value) in path_item {
                if METHODS.contains(&method.as_str()) && value.is_object() {
                    let pointer = path_item_pointer.join(method);
                    let path_item_pointer = path_item_pointer.clone();
                    operations.push(Operation {
                        path,
                        method,
                        pointer,
                        value,
                        path_item_pointer,
                        path_item,
                    });
                }
            }
        }
        operations
    }

    /// Follows a path item's own `$ref`, if it has one.
    fn path_item<'a>(
        &'a self,
        place: Pointer,
        written: &'a Value,
    ) -> Option<(Pointer, &'a Map<String, Value>)> {
        let (pointer, value) = self.resolve(place, written).ok()?;
        value.as_object().map(|object| (pointer, object))
    }

    /// Follows `$ref` from a value until there is none, and returns what is there and where.
    ///
    /// Fails with the reference that leads nowhere, out of the file, or round in a circle.
    pub fn resolve<'a>(
        &'a self,
        mut pointer: Pointer,
        mut value: &'a Value,
    ) -> Result<(Pointer, &'a Value), UnresolvedReference> {
        // A chain longer than this is a circle: nobody aliases an alias that often.
        for _ in 0..16 {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
                return Ok((pointer, value));
            };
            let unresolved =
                || UnresolvedReference { pointer: pointer.clone(), reference: reference.into() };
            let fragment = reference.strip_prefix('#').ok_or_else(unresolved)?;
            // As it stands first: not everybody escapes.
            let (target, found) = [Pointer::from_text(fragment), Pointer::from_fragment(fragment)]
                .into_iter()
                .flatten()
                .find_map(|target| Some((target.clone(), target.find(&self.document)?)))
                .ok_or_else(unresolved)?;
            value = found;
            pointer = target;
        }
        Err(UnresolvedReference {
            reference: value.get("$ref").and_then(Value::as_str).unwrap_or_default().into(),
            pointer,
        })
    }
}

/// A `$ref` that does not lead to anything in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnresolvedReference {
    /// Place of the object that holds the `$ref`.
    pub pointer: Pointer,
    /// The reference as written.
    pub reference: String,
}

/// Reads JSON of at most 10 MB, with a byte order mark skipped and keys that appear twice refused.
pub(super) fn parse_json(text: &str) -> Result<Value, DescriptionError> {
    from_json(readable(text, MAX_FILE_BYTES)?)
}

/// The text behind a byte order mark, if it is not too long.
fn readable(text: &str, limit: usize) -> Result<&str, DescriptionError> {
    if text.len() > limit {
        return Err(DescriptionError::TooLarge { bytes: text.len(), limit });
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn from_json(text: &str) -> Result<Value, DescriptionError> {
    serde_json::from_str::<UniqueKeys>(text).map(|UniqueKeys(value)| value).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let place = format!(" at line {line} column {column}");
        let reason = error.to_string();
        let reason = reason.strip_suffix(&place).unwrap_or(&reason).to_owned();
        DescriptionError::Syntax { format: "JSON", line, column, reason }
    })
}

/// Names the JSON type of a value, with its article.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn is_supported(version: &str) -> bool {
    ["3.0", "3.1"].iter().any(|supported| {
        version.strip_prefix(supported).is_some_and(|rest| {
            rest.is_empty()
                || rest
                    .strip_prefix('.')
                    .is_some_and(|patch| patch.starts_with(|first: char| first.is_ascii_digit()))
        })
    })
}

fn version_elsewhere(object: &Map<String, Value>) -> String {
    match (object.get("openapi"), object.get("swagger")) {
        (Some(other), _) => format!("{other} (it has to be a string)"),
        (None, Some(swagger)) => format!("Swagger {swagger}"),
        (None, None) => "a file without \"openapi\"".to_owned(),
    }
}
