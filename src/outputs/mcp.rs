//! `mcp.json` beside the manifest: the stack's servers in the form that VS Code reads
//! (<https://code.visualstudio.com/docs/copilot/customization/mcp-servers>).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clients::{
    Change, ClientFileError, Place, Scope, Server, Wanted, Written, entries, usual_choices,
};
use crate::manifest::Client;

/// The part of the file that construct writes.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(title = "mcp.json")]
struct McpFile {
    /// MCP servers by the name that the editor shows; construct writes the one of its stack.
    servers: BTreeMap<String, McpServer>,
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
        headers: Option<BTreeMap<String, String>>,
        /// How people sign in, where the editor has to be told.
        oauth: Option<McpOAuth>,
    },
    /// A program that the editor starts, and speaks with on its standard input and output.
    Stdio {
        /// The program.
        command: String,
        /// Its arguments.
        args: Vec<String>,
    },
}

/// How people sign in.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct McpOAuth {
    /// The id that the issuer knows the editor by.
    client_id: String,
}

/// The JSON Schema (2020-12) of what construct writes.
pub fn schema() -> Value {
    schemars::schema_for!(McpFile).to_value()
}

/// What becomes of the file in `base` so that it has `servers`, and none of those called `earlier`. It is construct's own
/// file: an entry of a server's name is that server's.
///
/// # Errors
/// [`ClientFileError`]; nothing is written here.
pub(super) fn change(
    base: &Path,
    servers: &[Server],
    earlier: impl Iterator<Item = String>,
    protocol_header: bool,
) -> Result<Change, ClientFileError> {
    let written_with = |header| entries(Client::VsCode, servers, &usual_choices(header));
    let wanted = written_with(protocol_header);
    // An earlier run may have written all that there is to write.
    let all = written_with(true).into_iter().map(|entry| (entry.name, entry.members));
    let mut written: BTreeMap<_, _> = earlier.map(|name| (name, serde_json::Map::new())).collect();
    written.extend(all);
    let (client, scope) = (Client::VsCode, Scope::Project);
    let written = Written { client, scope, entries: written };
    let place = Place { client, scope, file: PathBuf::from("mcp.json") };
    let wanted = Wanted { entries: &wanted, gone: &[], written: Some(&written), adopt: true };
    Change::of(base, place, &wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::{Action, Way};

    fn server(way: Way) -> Server {
        Server { name: "acme".to_owned(), way }
    }

    fn written(base: &Path, servers: &[Server], header: bool) -> Action {
        let change = change(base, servers, ["acme".to_owned()].into_iter(), header).unwrap();
        change.apply(base).unwrap();
        change.action()
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
        let (base, path) = (folder.path(), folder.path().join("mcp.json"));
        let ours = [server(Way::Open("https://a.example/mcp".to_owned()))];
        assert_eq!(written(base, &ours, false), Action::Create);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), ALONE);
        assert_eq!(written(base, &ours, false), Action::Same);
        // The header comes and goes.
        assert_eq!(written(base, &ours, true), Action::Change);
        assert!(std::fs::read_to_string(&path).unwrap().contains("MCP-Protocol-Version"));
        assert_eq!(written(base, &ours, false), Action::Change);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), ALONE);
        assert_eq!(written(base, &[], false), Action::Remove);
        assert!(!path.exists());
        assert_eq!(written(base, &[], false), Action::Same);
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (base, path) = (folder.path(), folder.path().join("mcp.json"));
        let old = "// Of our team.\n{\n    \"inputs\": [{\"id\": \"token\"}],\n    \"servers\": {\n        // Ask Ann.\n        \"mine\": {\"command\": \"x\"},\n        \
                   \"acme\": {\n            \"url\": \"https://old/mcp\",\n            \"dev\": true\n        }\n    }\n}\n";
        std::fs::write(&path, old).unwrap();
        let ours = [server(Way::Open("https://a.example/mcp".to_owned()))];
        assert_eq!(written(base, &ours, false), Action::Change);
        let new = old
            .replace("https://old/mcp", "https://a.example/mcp")
            .replace("\"dev\": true\n", "\"dev\": true,\n            \"type\": \"http\"\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), new);
        assert_eq!(written(base, &[], false), Action::Change);
        let after = std::fs::read_to_string(&path).unwrap();
        assert!(after.contains("// Of our team.\n") && after.contains("// Ask Ann.\n"), "{after}");
        assert!(!after.contains("acme"), "{after}");
    }

    #[test]
    fn the_schema_is_that_of_the_servers() {
        assert!(schema()["properties"]["servers"].is_object());
    }
}
