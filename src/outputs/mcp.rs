//! The editor's `mcp.json`: our server goes in and out, everything that a person wrote there stays.
//!
//! VS Code reads `servers` by name (<https://code.visualstudio.com/docs/copilot/customization/mcp-servers>).

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::atomic::{self, WriteError, Written};

/// The header of a fixed protocol version, for an editor that needs one.
const PROTOCOL_HEADER: &str = "MCP-Protocol-Version";
/// The version that it fixes.
const PROTOCOL_VERSION: &str = "2025-11-25";

/// Our server in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The stack's name, which the editor shows.
    pub name: String,
    /// The address of the tools: `{base}/mcp`.
    pub url: String,
    /// Whether a protocol version is fixed.
    pub protocol_header: bool,
}

/// Why the file was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum McpFileError {
    /// It cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A person's file that is not JSON, or not of this form: it is not touched.
    #[error("{} was left as it is: {what}", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        what: String,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The part of the file that construct writes.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(title = "mcp.json")]
struct McpFile {
    /// MCP servers by the name that the editor shows; construct writes the one of its stack.
    servers: std::collections::BTreeMap<String, McpServer>,
}

/// An MCP server that is reached over Streamable HTTP.
#[derive(Serialize, Deserialize, JsonSchema)]
struct McpServer {
    /// `http`.
    r#type: String,
    /// The address.
    url: String,
    /// Headers of every request, where a protocol version is fixed.
    headers: Option<std::collections::BTreeMap<String, String>>,
}

/// The JSON Schema (2020-12) of what construct writes.
pub fn schema() -> Value {
    schemars::schema_for!(McpFile).to_value()
}

/// Puts `server` into the file at `path`, making it where needed.
///
/// # Errors
/// [`McpFileError`]; the file is then as it was.
pub fn put(path: &Path, server: &Server) -> Result<Written, McpFileError> {
    let old = read(path)?;
    let new = merged(old.as_deref(), server)
        .map_err(|what| McpFileError::NotOurs { path: path.to_owned(), what })?;
    Ok(atomic::write(path, new.as_bytes())?)
}

/// Takes the server called `name` out of the file at `path`, and the file away when nothing else is in it.
///
/// # Errors
/// [`McpFileError`]; the file is then as it was.
pub fn take_out(path: &Path, name: &str) -> Result<Written, McpFileError> {
    let Some(old) = read(path)? else { return Ok(Written::Unchanged) };
    match without(&old, name)
        .map_err(|what| McpFileError::NotOurs { path: path.to_owned(), what })?
    {
        Some(new) => Ok(atomic::write(path, new.as_bytes())?),
        None => Ok(atomic::remove(path)?),
    }
}

fn read(path: &Path) -> Result<Option<String>, McpFileError> {
    match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|error| McpFileError::NotOurs {
            path: path.to_owned(),
            what: format!("it is not UTF-8: {error}"),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(McpFileError::Read { path: path.to_owned(), error }),
    }
}

/// The file's text with `server` in it; the old text itself where it says so already.
fn merged(old: Option<&str>, server: &Server) -> Result<String, String> {
    let before = parse(old.unwrap_or_default())?;
    let mut file = before.clone();
    let servers = file.entry("servers").or_insert_with(|| json!({}));
    let servers = servers.as_object_mut().ok_or("its `servers` is not an object")?;
    let ours = servers.entry(&server.name).or_insert_with(|| json!({}));
    let ours = ours
        .as_object_mut()
        .ok_or_else(|| format!("its server `{}` is not an object", server.name))?;
    ours.insert("type".to_owned(), json!("http"));
    ours.insert("url".to_owned(), json!(server.url));
    set_header(ours, server.protocol_header)?;
    match old {
        Some(old) if file == before => Ok(old.to_owned()),
        _ => Ok(print(&file, old.unwrap_or_default())),
    }
}

/// A header that a person added, or changed, stays.
fn set_header(ours: &mut Map<String, Value>, wanted: bool) -> Result<(), String> {
    if wanted {
        let headers = ours.entry("headers").or_insert_with(|| json!({}));
        let headers = headers.as_object_mut().ok_or("its `headers` is not an object")?;
        headers.insert(PROTOCOL_HEADER.to_owned(), json!(PROTOCOL_VERSION));
    } else if let Some(headers) = ours.get_mut("headers").and_then(Value::as_object_mut)
        && headers.get(PROTOCOL_HEADER) == Some(&json!(PROTOCOL_VERSION))
    {
        headers.shift_remove(PROTOCOL_HEADER);
        if headers.is_empty() {
            ours.shift_remove("headers");
        }
    }
    Ok(())
}

/// The file's text without the server; none when nothing is left that a person wrote.
fn without(old: &str, name: &str) -> Result<Option<String>, String> {
    let mut file = parse(old)?;
    let gone = file
        .get_mut("servers")
        .and_then(Value::as_object_mut)
        .and_then(|servers| servers.shift_remove(name));
    if gone.is_none() {
        return Ok(Some(old.to_owned()));
    }
    let empty = |value: &Value| {
        value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
    };
    Ok(if file.values().all(empty) { None } else { Some(print(&file, old)) })
}

fn parse(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(file)) => Ok(file),
        Ok(_) => Err("it is not a JSON object".to_owned()),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}

/// Prints with the indentation that the file had.
fn print(file: &Map<String, Value>, old: &str) -> String {
    let indent = old
        .lines()
        .find_map(|line| {
            let width = line.len() - line.trim_start_matches([' ', '\t']).len();
            (width > 0).then(|| line[..width].to_owned())
        })
        .unwrap_or_else(|| "  ".to_owned());
    let formatter = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
    let mut bytes = Vec::new();
    file.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))
        .expect("JSON serialises into memory");
    bytes.push(b'\n');
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        Server { name: "acme".into(), url: "https://a.example/mcp".into(), protocol_header: false }
    }

    const ALONE: &str = r#"{
  "servers": {
    "acme": {
      "type": "http",
      "url": "https://a.example/mcp"
    }
  }
}
"#;

    #[test]
    fn a_new_file_has_our_server_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".vscode/mcp.json");
        assert_eq!(put(&path, &server()).unwrap(), Written::Changed);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), ALONE);
        assert_eq!(put(&path, &server()).unwrap(), Written::Unchanged);
        assert_eq!(take_out(&path, "acme").unwrap(), Written::Changed);
        assert!(!path.exists());
        assert_eq!(take_out(&path, "acme").unwrap(), Written::Unchanged);
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let old = "{\n    \"inputs\": [{\"id\": \"token\"}],\n    \"servers\": {\n        \"mine\": {\"command\": \"x\"},\n        \
                   \"acme\": {\"url\": \"old\", \"dev\": true}\n    }\n}\n";
        let new = merged(Some(old), &server()).unwrap();
        let expected = r#"{
    "inputs": [
        {
            "id": "token"
        }
    ],
    "servers": {
        "mine": {
            "command": "x"
        },
        "acme": {
            "url": "https://a.example/mcp",
            "dev": true,
            "type": "http"
        }
    }
}
"#;
        assert_eq!(new, expected);
        assert_eq!(merged(Some(&new), &server()).unwrap(), new);
        let after = without(&new, "acme").unwrap().unwrap();
        assert!(
            after.contains("\"mine\"") && after.contains("\"token\"") && !after.contains("acme")
        );
        assert_eq!(without(&after, "acme").unwrap().unwrap(), after);
    }

    #[test]
    fn a_file_that_says_the_same_keeps_its_bytes() {
        let old = r#"{"servers":{"acme":{"type":"http","url":"https://a.example/mcp"}}}"#;
        assert_eq!(merged(Some(old), &server()).unwrap(), old);
    }

    #[test]
    fn the_protocol_header_comes_and_goes() {
        let fixed = Server { protocol_header: true, ..server() };
        let with = merged(None, &fixed).unwrap();
        let value: Value = serde_json::from_str(&with).unwrap();
        assert_eq!(
            value["servers"]["acme"]["headers"],
            json!({"MCP-Protocol-Version": "2025-11-25"})
        );
        assert_eq!(merged(Some(&with), &server()).unwrap(), ALONE);
    }

    #[test]
    fn a_broken_file_is_named_and_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mcp.json");
        for (broken, says) in [
            ("{ // mine\n}", "it is not JSON"),
            ("[]", "it is not a JSON object"),
            ("{\"servers\": 1}", "its `servers` is not an object"),
        ] {
            std::fs::write(&path, broken).unwrap();
            let error = put(&path, &server()).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains("mcp.json"), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
        }
        std::fs::write(&path, "nonsense").unwrap();
        take_out(&path, "acme").unwrap_err();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "nonsense");
    }

    #[test]
    fn the_schema_is_that_of_the_servers() {
        assert!(schema()["properties"]["servers"].is_object());
    }
}
