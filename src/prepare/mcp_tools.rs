//! A list of MCP tools in a file: what a `tools/list` of the server would answer.
//!
//! <https://modelcontextprotocol.io/specification/2025-11-25/server/tools>

use std::collections::BTreeSet;

use serde_json::Value;

/// The gateway puts the target's name and three underscores before a tool's.
const LONGEST_NAME: usize = 256;
/// Tools of one target (AgentCore developer guide, Quotas).
const MOST_TOOLS: usize = 1000;

/// Reads a list and says what is wrong with it; gives the list and how many tools it has.
///
/// # Errors
/// Every mistake, in the order of the list.
pub(super) fn read(text: &str, target: &str) -> Result<(Value, usize), Vec<String>> {
    let document: Value =
        serde_json::from_str(text).map_err(|error| vec![format!("not JSON: {error}")])?;
    let tools = document.as_array().or_else(|| document.get("tools")?.as_array());
    let Some(tools) = tools else {
        return Err(vec![
            "neither a list of tools, nor an object with the list `tools`".to_owned(),
        ]);
    };
    let mut problems = Vec::new();
    if tools.len() > MOST_TOOLS {
        problems.push(format!("{} tools, and a target has at most {MOST_TOOLS}", tools.len()));
    }
    let mut seen = BTreeSet::new();
    for (index, tool) in tools.iter().enumerate() {
        let at = format!("/{index}");
        let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() {
            problems.push(format!("{at} has no `name`"));
        } else if !seen.insert(name) {
            problems.push(format!("{at} has the name `{name}` of another tool"));
        }
        if target.len() + "___".len() + name.chars().count() > LONGEST_NAME {
            problems.push(format!(
                "{at} is called `{target}___{name}`, which is longer than {LONGEST_NAME} characters"
            ));
        }
        let schema = tool.get("inputSchema");
        if schema.and_then(|schema| schema.get("type")).and_then(Value::as_str) != Some("object") {
            problems.push(format!("{at} has no `inputSchema` of the type `object`"));
        }
    }
    let count = tools.len();
    if problems.is_empty() { Ok((document, count)) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_bare_or_wrapped() {
        let tool = r#"{ "name": "a", "inputSchema": { "type": "object" } }"#;
        assert_eq!(read("[]", "t").unwrap().1, 0);
        assert_eq!(read(&format!("[{tool}]"), "t").unwrap().1, 1);
        assert_eq!(read(&format!("{{ \"tools\": [{tool}] }}"), "t").unwrap().1, 1);
    }

    #[test]
    fn every_mistake_is_told() {
        for (text, wrong) in [
            ("x", "not JSON"),
            ("{}", "neither a list"),
            (r#"[{ "inputSchema": { "type": "object" } }]"#, "/0 has no `name`"),
            (r#"[{ "name": "a" }]"#, "no `inputSchema`"),
            (r#"[{ "name": "a", "inputSchema": { "type": "array" } }]"#, "of the type `object`"),
        ] {
            assert!(read(text, "t").unwrap_err()[0].contains(wrong), "{text}");
        }
        let twice = r#"{ "name": "a", "inputSchema": { "type": "object" } }"#;
        assert!(read(&format!("[{twice},{twice}]"), "t").unwrap_err()[0].contains("of another"));
        let long = twice.replace("\"a\"", &format!("\"{}\"", "n".repeat(253)));
        assert!(read(&format!("[{long}]"), "t").unwrap_err()[0].contains("256"));
        let many = vec![twice; 1001].join(",");
        assert!(read(&format!("[{many}]"), "t").unwrap_err()[0].contains("1001"));
    }
}
