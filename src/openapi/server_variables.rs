//! Fills in the variables of server URLs, so that the service gets a real endpoint.
//!
//! A value decides which host a person's token is sent to, so it is held to characters that
//! cannot leave their place in the URL, and a default is used only where the description lists
//! the allowed values: the default of an open variable is an example, often somebody else's host.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::description::{Description, METHODS};
use super::pointer::Pointer;

/// A server variable that cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerVariableError {
    /// A server URL has a placeholder for which no value is given.
    #[error("the server URL {url:?} needs a value for {name:?}")]
    Missing {
        /// Name of the variable.
        name: String,
        /// The URL that has the placeholder.
        url: String,
        /// Place of the server.
        pointer: Pointer,
    },
    /// A value is given for which no server URL has a placeholder.
    #[error("no server URL has a placeholder {{{name}}}")]
    Unknown {
        /// Name of the value.
        name: String,
        /// Names that do occur.
        known: Vec<String>,
    },
    /// A value is not among those the description allows.
    #[error("{value:?} is not a value that {name:?} may have")]
    NotAllowed {
        /// Name of the variable.
        name: String,
        /// The value given.
        value: String,
        /// The values allowed.
        allowed: Vec<String>,
    },
    /// A value could change more of the URL than its place.
    #[error("{value:?} cannot stand in a URL as the value of {name:?}")]
    Unsafe {
        /// Name of the variable.
        name: String,
        /// The value given.
        value: String,
    },
}

impl ServerVariableError {
    /// Returns what to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Missing { name, .. } => format!("give the target variables = {{ {name} = … }}"),
            Self::Unknown { known, .. } if known.is_empty() => {
                "remove it: this description has no server variables".into()
            }
            Self::Unknown { known, .. } => {
                format!("remove it, or use one of: {}", known.join(", "))
            }
            Self::NotAllowed { allowed, .. } => format!("use one of: {}", allowed.join(", ")),
            Self::Unsafe { .. } => {
                "use letters, digits, '-', '_', '~' and '.' only, and not only dots".into()
            }
        }
    }
}

impl Description {
    /// Returns the names that server URLs leave to fill in, sorted.
    pub fn server_variable_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for place in server_lists(self.document()) {
            let servers = place.find(self.document()).and_then(Value::as_array);
            for url in servers.into_iter().flatten().filter_map(|server| server.get("url")) {
                let url = url.as_str().unwrap_or_default();
                names.extend(placeholders(url).into_iter().map(str::to_owned));
            }
        }
        names
    }

    /// Returns the description with `url` as its one server; lists of paths and operations stay.
    #[must_use]
    pub fn with_server(&self, url: &str) -> Self {
        let mut document = self.document().clone();
        document["servers"] = serde_json::json!([{ "url": url }]);
        Self::from_document(document)
    }

    /// Returns the description with `values` written into every server URL and the `variables`
    /// blocks gone. Fails with all variables that are missing, unknown or not acceptable.
    pub fn with_server_variables(
        &self,
        values: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<ServerVariableError>> {
        let mut document = self.document().clone();
        let mut filling = Filling { values, seen: BTreeSet::new(), errors: Vec::new() };
        for place in server_lists(&document) {
            if let Some(Value::Array(servers)) = document.pointer_mut(place.as_str()) {
                for (index, server) in servers.iter_mut().enumerate() {
                    filling.fill(&place.join(index), server);
                }
            }
        }
        let known: Vec<String> = filling.seen.iter().cloned().collect();
        for name in values.keys().filter(|name| !filling.seen.contains(*name)) {
            let (name, known) = (name.clone(), known.clone());
            filling.errors.push(ServerVariableError::Unknown { name, known });
        }
        if filling.errors.is_empty() {
            Ok(Self::from_document(document))
        } else {
            Err(filling.errors)
        }
    }
}

/// Returns where a document has lists of servers: at its top, in path items, in operations.
pub(super) fn server_lists(document: &Value) -> Vec<Pointer> {
    let root = Pointer::root();
    let mut places = Vec::new();
    let mut note = |holder: &Pointer, value: &Value| {
        if value.get("servers").is_some() {
            places.push(holder.join("servers"));
        }
    };
    note(&root, document);
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, path_item) in paths.into_iter().flatten() {
        let place = root.join("paths").join(path);
        note(&place, path_item);
        for method in METHODS {
            if let Some(operation) = path_item.get(method) {
                note(&place.join(method), operation);
            }
        }
    }
    places
}

struct Filling<'a> {
    values: &'a BTreeMap<String, String>,
    seen: BTreeSet<String>,
    errors: Vec<ServerVariableError>,
}

impl Filling<'_> {
    fn fill(&mut self, pointer: &Pointer, server: &mut Value) {
        let Some(server) = server.as_object_mut() else { return };
        // shift_remove keeps the order of what stays, and with it the text that is sent.
        let declared = server.shift_remove("variables").unwrap_or(Value::Null);
        let Some(url) = server.get("url").and_then(Value::as_str).map(str::to_owned) else {
            return;
        };
        let mut filled = url.clone();
        for name in placeholders(&url) {
            self.seen.insert(name.to_owned());
            match self.value_of(name, &url, pointer, declared.get(name)) {
                Ok(value) => filled = filled.replace(&format!("{{{name}}}"), &value),
                Err(error) if self.errors.contains(&error) => {}
                Err(error) => self.errors.push(error),
            }
        }
        server.insert("url".to_owned(), Value::String(filled));
    }

    fn value_of(
        &self,
        name: &str,
        url: &str,
        pointer: &Pointer,
        declared: Option<&Value>,
    ) -> Result<String, ServerVariableError> {
        let strings = |list: &Value| -> Vec<String> {
            list.as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        let allowed = declared.and_then(|block| block.get("enum")).map(strings);
        let default = declared.and_then(|block| block.get("default")).and_then(Value::as_str);
        let value = match (self.values.get(name), default) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) if allowed.is_some() => default.to_owned(),
            (None, _) => {
                let (name, url, pointer) = (name.to_owned(), url.to_owned(), pointer.clone());
                return Err(ServerVariableError::Missing { name, url, pointer });
            }
        };
        match allowed {
            Some(allowed) if !allowed.contains(&value) => {
                Err(ServerVariableError::NotAllowed { name: name.to_owned(), value, allowed })
            }
            None if !keeps_its_place(&value) => {
                Err(ServerVariableError::Unsafe { name: name.to_owned(), value })
            }
            _ => Ok(value),
        }
    }
}

/// Tells whether a value consists of unreserved characters (RFC 3986) and is not only dots.
fn keeps_its_place(value: &str) -> bool {
    let unreserved =
        |character: char| character.is_ascii_alphanumeric() || "-._~".contains(character);
    value.chars().all(unreserved) && value.chars().any(|character| character != '.')
}

/// Returns the names between braces in a URL, in order.
pub(super) fn placeholders(url: &str) -> Vec<&str> {
    url.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect()
}
