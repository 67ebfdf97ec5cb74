//! What the service asks of tools that are listed by hand: Lambda tool schemas and static MCP lists.

use std::collections::BTreeSet;

use serde_json::Value;

use super::openapi_rules::{INLINE_SCHEMA_BYTES, TOOL_NAME_CHARACTERS, TOOLS_PER_TARGET};

/// Checks the inline tools of a Lambda target, whose members the request grammar has seen to.
///
/// # Errors
/// The first rule they break, as a sentence for the reply.
pub(super) fn check_lambda_tools(tools: &Value, target_name: &str) -> Result<(), String> {
    if tools.to_string().len() > INLINE_SCHEMA_BYTES {
        return Err(format!("The inline tool schema is larger than {INLINE_SCHEMA_BYTES} bytes"));
    }
    check_names(tools.as_array().map(Vec::as_slice).unwrap_or_default(), target_name)
}

/// Checks an inline MCP tool list: the JSON that a `tools/list` answers, or its bare list.
///
/// # Errors
/// The first rule it breaks, as a sentence for the reply.
pub(super) fn check_mcp_tools(payload: &str, target_name: &str) -> Result<(), String> {
    if payload.len() > INLINE_SCHEMA_BYTES {
        return Err(format!("The inline tool schema is larger than {INLINE_SCHEMA_BYTES} bytes"));
    }
    let document: Value = serde_json::from_str(payload)
        .map_err(|error| format!("The MCP tool schema is not valid JSON: {error}"))?;
    let tools = document
        .as_array()
        .or_else(|| document.get("tools")?.as_array())
        .ok_or_else(|| "The MCP tool schema is not a list of tools".to_owned())?;
    for tool in tools {
        let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
        if !tool.get("inputSchema").is_some_and(Value::is_object) {
            return Err(format!("The MCP tool '{name}' has no inputSchema"));
        }
    }
    check_names(tools, target_name)
}

fn check_names(tools: &[Value], target_name: &str) -> Result<(), String> {
    if tools.len() > TOOLS_PER_TARGET {
        return Err(format!("A target has at most {TOOLS_PER_TARGET} tools, not {}", tools.len()));
    }
    let mut seen = BTreeSet::new();
    for tool in tools {
        let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() {
            return Err("A tool has no name".to_owned());
        }
        if !seen.insert(name) {
            return Err(format!("The tool name '{name}' is used more than once"));
        }
        if target_name.chars().count() + 3 + name.chars().count() > TOOL_NAME_CHARACTERS {
            return Err(format!(
                "The tool name '{target_name}___{name}' is longer than {TOOL_NAME_CHARACTERS}"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lambda_tools_have_names_of_their_own() {
        let tool = |name: &str| json!({"name": name, "description": "d"});
        assert_eq!(check_lambda_tools(&json!([tool("a"), tool("b")]), "t"), Ok(()));
        let twice = check_lambda_tools(&json!([tool("a"), tool("a")]), "t").unwrap_err();
        assert!(twice.contains("more than once"), "{twice}");
        let long = check_lambda_tools(&json!([tool(&"n".repeat(253))]), "t").unwrap_err();
        assert!(long.contains("256"), "{long}");
        assert!(check_lambda_tools(&json!([tool("")]), "t").is_err());
    }

    #[test]
    fn a_target_has_at_most_a_thousand_tools() {
        let tools: Vec<Value> = (0..1001).map(|n| json!({"name": format!("t{n}")})).collect();
        assert!(check_lambda_tools(&json!(tools), "t").unwrap_err().contains("1001"));
        assert_eq!(check_lambda_tools(&json!(tools[..1000]), "t"), Ok(()));
    }

    #[test]
    fn a_static_mcp_list_may_be_empty_or_wrapped() {
        assert_eq!(check_mcp_tools("[]", "t"), Ok(()));
        let wrapped = json!({"tools": [{"name": "a", "inputSchema": {"type": "object"}}]});
        assert_eq!(check_mcp_tools(&wrapped.to_string(), "t"), Ok(()));
    }

    #[test]
    fn a_static_mcp_list_is_json_with_schemas() {
        assert!(check_mcp_tools("tools: []", "t").unwrap_err().contains("not valid JSON"));
        assert!(check_mcp_tools("{}", "t").unwrap_err().contains("not a list"));
        assert!(check_mcp_tools(r#"[{"name": "a"}]"#, "t").unwrap_err().contains("inputSchema"));
        let large = format!("[{}]", " ".repeat(1 << 20));
        assert!(check_mcp_tools(&large, "t").unwrap_err().contains("larger"));
    }
}
