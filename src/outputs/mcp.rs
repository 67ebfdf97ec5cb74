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
    /// How the editor reaches it.
    pub way: Way,
}

/// How an editor reaches a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By itself.
    Http {
        /// The address of the tools: `{base}/mcp`.
        url: String,
        /// Whether a protocol version is fixed.
        protocol_header: bool,
    },
    /// Through `construct proxy`, which signs for it; with these arguments after that word.
    Proxy(Vec<String>),
}

/// The program that an editor starts for [`Way::Proxy`].
const PROGRAM: &str = "construct";
/// Its command.
const COMMAND: &str = "proxy";

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

/// An MCP server.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
enum McpServer {
    /// Reached over Streamable HTTP.
    Http {
        /// The address.
        url: String,
        /// Headers of every request, where a protocol version is fixed.
        headers: Option<std::collections::BTreeMap<String, String>>,
    },
    /// A program that the editor starts, and speaks with on its standard input and output.
    Stdio {
        /// The program.
        command: String,
        /// Its arguments.
        args: Vec<String>,
    },
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
    let own = ["servers", server.name.as_str()];
    // An entry of the other kind has members that mean nothing in this one.
    let kind = ours.and_then(|ours| ours.get("type")?.as_str());
    let ours = ours.filter(|_| kind.is_none_or(|kind| kind == server.way.kind()));
    match (ours, &server.way) {
        (None, way) => document.set(&own, &way.entry()),
        (Some(ours), Way::Http { url, protocol_header }) => {
            http(&mut document, own, ours, (url, *protocol_header))?;
        }
        (Some(ours), Way::Proxy(arguments)) => proxy(&mut document, own, ours, arguments),
    }
    Ok(document.text().to_owned())
}

impl Way {
    /// The member `type` of the entry.
    fn kind(&self) -> &'static str {
        match self {
            Self::Http { .. } => "http",
            Self::Proxy(_) => "stdio",
        }
    }

    /// A new entry.
    fn entry(&self) -> Value {
        match self {
            Self::Http { url, protocol_header } => {
                let mut entry = json!({ "type": self.kind(), "url": url });
                if *protocol_header {
                    entry["headers"] = json!({ PROTOCOL_HEADER: PROTOCOL_VERSION });
                }
                entry
            }
            Self::Proxy(arguments) => {
                json!({ "type": self.kind(), "command": PROGRAM, "args": words(arguments) })
            }
        }
    }
}

/// Brings an entry up to date that is reached by itself.
fn http(
    document: &mut Document,
    own: [&str; 2],
    ours: &Map<String, Value>,
    (url, protocol_header): (&str, bool),
) -> Result<(), String> {
    for (member, value) in [("type", json!("http")), ("url", json!(url))] {
        if ours.get(member) != Some(&value) {
            document.set(&[own[0], own[1], member], &value);
        }
    }
    let headers = object(ours.get("headers"), "`headers`")?;
    let version = headers.and_then(|headers| headers.get(PROTOCOL_HEADER));
    let header = [own[0], own[1], "headers", PROTOCOL_HEADER];
    let fixed = json!(PROTOCOL_VERSION);
    if protocol_header && version != Some(&fixed) {
        document.set(&header, &fixed);
    } else if !protocol_header && version == Some(&fixed) {
        // A header that a person added, or changed, stays.
        let is_alone = headers.is_some_and(|headers| headers.len() == 1);
        document.remove(if is_alone { &header[..3] } else { &header[..] });
    }
    Ok(())
}

/// Brings an entry up to date that is reached through the proxy. Where the program is, and options after ours such as a
/// profile, are a person's own.
fn proxy(document: &mut Document, own: [&str; 2], ours: &Map<String, Value>, arguments: &[String]) {
    let wanted = words(arguments);
    let written = ours.get("args").and_then(Value::as_array);
    let is_ours = written.is_some_and(|written| written.starts_with(&wanted));
    let members = [
        ("type", json!("stdio"), ours.contains_key("type")),
        ("command", json!(PROGRAM), ours.get("command").is_some_and(Value::is_string)),
        ("args", Value::Array(wanted), is_ours),
    ];
    for (member, value, is_right) in members {
        if !is_right {
            document.set(&[own[0], own[1], member], &value);
        }
    }
}

/// The arguments of the program.
fn words(arguments: &[String]) -> Vec<Value> {
    std::iter::once(COMMAND).chain(arguments.iter().map(String::as_str)).map(Value::from).collect()
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
        at("https://a.example/mcp", false)
    }

    fn at(url: &str, protocol_header: bool) -> Server {
        Server { name: "acme".into(), way: Way::Http { url: url.into(), protocol_header } }
    }

    fn signed_for(url: &str) -> Server {
        Server { name: "acme".into(), way: Way::Proxy(vec![url.into()]) }
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
        let moved = merged(Some(&with), &at("https://b.example/mcp", false)).unwrap();
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
        let with = merged(None, &at("https://a.example/mcp", true)).unwrap();
        let value: Value = serde_json::from_str(&with).unwrap();
        assert_eq!(
            value["servers"]["acme"]["headers"],
            json!({"MCP-Protocol-Version": "2025-11-25"})
        );
        assert_eq!(merged(Some(&with), &server()).unwrap(), ALONE);
    }

    #[test]
    fn a_gateway_that_wants_signatures_is_reached_through_the_proxy() {
        let url = "https://g.example/mcp";
        let entry =
            |text: &str| serde_json::from_str::<Value>(text).unwrap()["servers"]["acme"].take();
        let new = merged(None, &signed_for(url)).unwrap();
        let args = json!(["proxy", url]);
        assert_eq!(entry(&new), json!({ "type": "stdio", "command": "construct", "args": args }));
        assert_eq!(merged(Some(&new), &signed_for(url)).unwrap(), new);
        // Where it is installed and whose credentials sign, a person says.
        let own = r#"{"servers":{"acme":{"type":"stdio","command":"/opt/construct","args":["proxy","https://g.example/mcp","--profile","p"]}}}"#;
        assert_eq!(merged(Some(own), &signed_for(url)).unwrap(), own);
        let moved = entry(&merged(Some(own), &signed_for("https://h.example/mcp")).unwrap());
        assert_eq!(moved["command"], "/opt/construct");
        assert_eq!(moved["args"], json!(["proxy", "https://h.example/mcp"]));
        // Another way in is another entry, with nothing of the old one.
        assert_eq!(entry(&merged(Some(&new), &server()).unwrap()), entry(ALONE));
        let back = merged(Some(ALONE), &signed_for(url)).unwrap();
        assert_eq!(entry(&back), entry(&new));
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
