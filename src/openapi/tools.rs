//! The MCP tools that an `OpenAPI` description becomes.

use serde_json::Value;

use super::description::Description;
use super::rules::TOOL_NAME_SEPARATOR;

/// A tool as an editor will see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Name: the target's, three underscores, the operation's.
    pub name: String,
    /// What the tool is for: the operation's description, else its summary, else method and path.
    pub description: String,
    /// HTTP method, in capitals.
    pub method: String,
    /// Path of the operation, with its placeholders.
    pub path: String,
}

/// Returns the name a target's operation or function has as a tool.
pub fn tool_name(target: &str, operation: &str) -> String {
    format!("{target}{TOOL_NAME_SEPARATOR}{operation}")
}

/// Returns the tools of `description` under the target named `target`, in the order of the file.
///
/// An operation without `operationId` becomes no tool; the check reports it.
pub fn tools(description: &Description, target: &str) -> Vec<Tool> {
    let mut tools = Vec::new();
    for operation in description.operations() {
        let text = |member: &str| {
            let text = operation.value.get(member).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let Some(id) = text("operationId") else { continue };
        let method = operation.method.to_ascii_uppercase();
        let description = text("description")
            .or_else(|| text("summary"))
            .unwrap_or_else(|| format!("{method} {}", operation.path));
        tools.push(Tool {
            name: tool_name(target, &id),
            description,
            method,
            path: operation.path.to_owned(),
        });
    }
    tools
}
