//! The editor's `mcp.json`: our server goes in and out, everything that a person wrote there stays, comments and layout
//! too.
//!
//! VS Code reads `servers` by name (<https://code.visualstudio.com/docs/copilot/customization/mcp-servers>), and comments
//! as in its other files.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::atomic::{self, WriteError, Written};
use super::jsonc::Document;

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
    let (mut document, file) = Document::read(old.unwrap_or_default())?;
    let servers = object(file.get("servers"), "`servers`")?;
    let ours = object(
        servers.and_then(|servers| servers.get(&server.name)),
        &format!("server `{}`", server.name),
    )?;
    let headers = object(ours.and_then(|ours| ours.get("headers")), "`headers`")?;
    let version = headers.and_then(|headers| headers.get(PROTOCOL_HEADER));
    let own = ["servers", server.name.as_str()];
    let Some(ours) = ours else {
        let mut entry = json!({ "type": "http", "url": server.url });
        if server.protocol_header {
            entry["headers"] = json!({ PROTOCOL_HEADER: PROTOCOL_VERSION });
        }
        document.set(&own, &entry);
        return Ok(document.text().to_owned());
    };
    for (member, value) in [("type", json!("http")), ("url", json!(server.url))] {
        if ours.get(member) != Some(&value) {
            document.set(&[own[0], own[1], member], &value);
        }
    }
    let header = [own[0], own[1], "headers", PROTOCOL_HEADER];
    let fixed = json!(PROTOCOL_VERSION);
    if server.protocol_header && version != Some(&fixed) {
        document.set(&header, &fixed);
    } else if !server.protocol_header && version == Some(&fixed) {
        // A header that a person added, or changed, stays.
        let is_alone = headers.is_some_and(|headers| headers.len() == 1);
        document.remove(if is_alone { &header[..3] } else { &header[..] });
    }
    Ok(document.text().to_owned())
}

/// A member that has to be an object where it is there.
fn object<'a>(
    member: Option<&'a Value>,
    what: &str,
) -> Result<Option<&'a Map<String, Value>>, String> {
    let not_one = || format!("its {what} is not an object");
    member.map(|member| member.as_object().ok_or_else(not_one)).transpose()
}

/// The file's text without the server; none when nothing is left that a person wrote.
fn without(old: &str, name: &str) -> Result<Option<String>, String> {
    let (mut document, mut file) = Document::read(old)?;
    let servers = file.get_mut("servers").and_then(Value::as_object_mut);
    if servers.and_then(|servers| servers.shift_remove(name)).is_none() {
        return Ok(Some(old.to_owned()));
    }
    let empty = |value: &Value| {
        value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
    };
    if file.values().all(empty) && !document.has_comments() {
        return Ok(None);
    }
    document.remove(&["servers", name]);
    Ok(Some(document.text().to_owned()))
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
    "inputs": [{"id": "token"}],
    "servers": {
        "mine": {"command": "x"},
        "acme": {"url": "https://a.example/mcp", "dev": true,
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
    fn comments_of_a_person_stay() {
        let old = "// Servers of our team.\n{\n  \"servers\": {\n    // Ask Ann.\n    \"mine\": {\"command\": \"x\"},\n  },\n}\n";
        let with = merged(Some(old), &server()).unwrap();
        for kept in
            ["// Servers of our team.\n{", "    // Ask Ann.\n    \"mine\": {\"command\": \"x\"},\n"]
        {
            assert!(with.contains(kept), "{with}");
        }
        assert!(with.contains("\"acme\": {\n      \"type\": \"http\","), "{with}");
        assert_eq!(merged(Some(&with), &server()).unwrap(), with, "again, nothing changes");
        let moved = Server { url: "https://b.example/mcp".into(), ..server() };
        let moved = merged(Some(&with), &moved).unwrap();
        assert_eq!(moved, with.replace("https://a.example", "https://b.example"));
        // Taken out, a file with comments is a person's, whatever else is in it.
        let after = without(&moved, "acme").unwrap().unwrap();
        assert!(after.contains("// Ask Ann.") && !after.contains("acme"), "{after}");
        assert!(without("{\"servers\": {\"acme\": {}}} // mine", "acme").unwrap().is_some());
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
            ("{ // mine\n  \"servers\": ,\n}", "it is not JSON: expected value"),
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
