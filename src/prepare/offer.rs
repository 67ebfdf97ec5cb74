//! What the file of a target becomes: the tools, what is sent, what is wrong with it, and what is lost on the way.
//!
//! `up` refuses what is wrong; `construct tools` lists all of it. Both ask here, so that they cannot disagree.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::tools::Tools;
use super::{mcp_tools, smithy};
use crate::manifest::{Target, TargetKind};
use crate::openapi::tools::tool_name;
use crate::openapi::{
    Description, Loss, Pointer, Selection, ToolSchema, Unmatched, Violation, check_for_target,
    slice, tools,
};

/// What a target's file becomes.
#[derive(Debug, Default)]
pub struct Offer {
    /// What is sent; none where the file cannot be read as what it should be.
    pub sent: Option<Tools>,
    /// The tools, in the order of the file; none where the service alone knows them.
    pub tools: Vec<OfferedTool>,
    /// What is wrong, and what does less than it seems to.
    pub findings: Vec<Finding>,
    /// What is cut from a description, and what it does not have of it.
    pub cut: Option<Cut>,
}

/// A tool as an editor will see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedTool {
    /// Its name, the target's in front.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Method and path, where it is an operation of an HTTP API.
    pub operation: Option<String>,
    /// The schema of its arguments.
    pub input_schema: Value,
}

/// Something that is worth saying of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The key of the target that it is about, such as `openapi` or `include[2]`.
    pub key: String,
    /// Where in the file; none where it is about the file as a whole.
    pub pointer: Option<Pointer>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The rule, by name.
    pub rule: Option<&'static str>,
    /// Whether nothing may be sent while this stands.
    pub refused: bool,
}

/// A slice, by its numbers and losses.
#[derive(Debug)]
pub struct Cut {
    /// Operations of the whole description.
    pub of: usize,
    /// What the slice does not have.
    pub losses: Vec<Loss>,
}

impl Offer {
    /// What `text`, the content of the file that `target` names under `key`, becomes under the name `name`. `variables` are
    /// the values for a description's server URL.
    pub fn of(
        (name, target): (&str, &Target),
        key: &str,
        text: &str,
        variables: &BTreeMap<String, String>,
    ) -> Self {
        match &target.kind {
            TargetKind::OpenApi(_) => Self::openapi((name, target), key, text, variables),
            TargetKind::Lambda(_) => Self::tool_schema(name, key, text),
            TargetKind::Smithy(_) => match smithy::read(text) {
                Ok((model, count)) => {
                    Self { sent: Some(Tools::of(&model, count)), ..Self::default() }
                }
                Err((message, help)) => Self::refused(key, message, help),
            },
            TargetKind::McpServer(_) => Self::mcp_tools(name, key, text),
            // A description of what is reached by HTTP: the service says nothing of its form but that it is JSON.
            _ => match serde_json::from_str::<Value>(text) {
                Ok(value) => Self { sent: Some(Tools::of(&value, 0)), ..Self::default() },
                Err(error) => {
                    let help = "name an OpenAPI description as JSON";
                    Self::refused(key, format!("not JSON: {error}"), help)
                }
            },
        }
    }

    /// The tools of `text`, a document as it is sent for `target`: cut and filled in already. None where it cannot be read,
    /// or the service alone knows what becomes of it.
    pub fn of_sent((name, target): (&str, &Target), text: &str) -> Option<Vec<OfferedTool>> {
        match &target.kind {
            TargetKind::OpenApi(_) => Some(operations(&Description::parse(text).ok()?, name)),
            TargetKind::Lambda(_) => {
                Some(listed(name, ToolSchema::parse(text).ok()?.definitions()))
            }
            TargetKind::McpServer(_) => {
                let list: Value = serde_json::from_str(text).ok()?;
                Some(listed(name, in_list(&list)))
            }
            _ => None,
        }
    }

    /// An offer of nothing, with why.
    pub fn refused(key: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { findings: vec![Finding::of_file(key, message, help)], ..Self::default() }
    }

    fn openapi(
        (name, target): (&str, &Target),
        key: &str,
        text: &str,
        variables: &BTreeMap<String, String>,
    ) -> Self {
        let whole = match Description::parse(text) {
            Ok(whole) => whole,
            Err(error) => return Self::refused(key, error.to_string(), error.help()),
        };
        let whole = target.server.as_ref().map_or(whole.clone(), |url| whole.with_server(url));
        let mut offer = Self::default();
        let mut description = whole;
        if target.is_cut() {
            let selection = Selection::new(&target.include, &target.exclude);
            match slice(&description, &selection, name) {
                Ok(cut) => {
                    let of = description.operations().len();
                    offer.cut = Some(Cut { of, losses: cut.losses });
                    offer.find(key, cut.refused);
                    description = cut.description;
                }
                Err(unmatched) => {
                    offer.findings.extend(unmatched.into_iter().map(no_operation));
                    return offer;
                }
            }
        }
        let described = match description.with_server_variables(variables) {
            Ok(described) => described,
            Err(errors) => {
                let wrong = |error: &crate::openapi::ServerVariableError| {
                    Finding::of_file("variables", error.to_string(), error.help())
                };
                offer.findings.extend(errors.iter().map(wrong));
                return offer;
            }
        };
        if offer.findings.is_empty() {
            offer.find(key, check_for_target(&described, name));
        }
        offer.tools = operations(&described, name);
        let (text, digest) = (described.minified(), described.digest());
        offer.sent = Some(Tools { text, digest, count: offer.tools.len() });
        offer
    }

    fn tool_schema(name: &str, key: &str, text: &str) -> Self {
        let schema = match ToolSchema::parse(text) {
            Ok(schema) => schema,
            Err(error) => return Self::refused(key, error.to_string(), error.help()),
        };
        let mut offer = Self { tools: listed(name, schema.definitions()), ..Self::default() };
        offer.find(key, schema.check(name));
        let (text, digest) = (schema.canonical_text(), schema.digest());
        offer.sent = Some(Tools { text, digest, count: schema.definitions().len() });
        offer
    }

    fn mcp_tools(name: &str, key: &str, text: &str) -> Self {
        match mcp_tools::read(text, name) {
            Ok((list, count)) => Self {
                tools: listed(name, in_list(&list)),
                sent: Some(Tools::of(&list, count)),
                ..Self::default()
            },
            Err(problems) => {
                let help = "write what the server answers to `tools/list`";
                let of = |message| Finding::of_file(key, message, help);
                Self { findings: problems.into_iter().map(of).collect(), ..Self::default() }
            }
        }
    }

    fn find(&mut self, key: &str, violations: Vec<Violation>) {
        // Whether it fits is asked of every kind of document, together with the bucket.
        let counts = |one: &Violation| one.rule.id != "inline-size";
        self.findings.extend(violations.into_iter().filter(counts).map(|one| Finding {
            key: key.to_owned(),
            refused: one.is_refused(),
            pointer: Some(one.pointer),
            message: one.message,
            help: one.help,
            rule: Some(one.rule.id),
        }));
    }
}

impl Finding {
    fn of_file(key: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        let (message, help) = (message.into(), help.into());
        Self { key: key.to_owned(), pointer: None, message, help, rule: None, refused: true }
    }
}

/// The operations of a description.
fn operations(description: &Description, target: &str) -> Vec<OfferedTool> {
    let offered = |tool: crate::openapi::Tool| OfferedTool {
        name: tool.name,
        description: tool.description,
        operation: Some(format!("{} {}", tool.method, tool.path)),
        input_schema: tool.input_schema,
    };
    tools(description, target).into_iter().map(offered).collect()
}

/// The tools of what a server answers to `tools/list`, or of the list alone.
fn in_list(list: &Value) -> &[Value] {
    let tools = list.as_array().or_else(|| list.get("tools")?.as_array());
    tools.map_or(&[], Vec::as_slice)
}

/// The tools of a list as MCP writes it.
fn listed(target: &str, tools: &[Value]) -> Vec<OfferedTool> {
    let text = |tool: &Value, member: &str| {
        tool.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    tools
        .iter()
        .map(|tool| OfferedTool {
            name: tool_name(target, &text(tool, "name")),
            description: text(tool, "description"),
            operation: None,
            input_schema: tool.get("inputSchema").cloned().unwrap_or_else(|| json!({})),
        })
        .collect()
}

fn no_operation(unmatched: Unmatched) -> Finding {
    let Unmatched { list, index, entry, meant } = unmatched;
    let help = match meant {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => {
            "write an operationId, \"tag:NAME\", \"GET /path\" or \"/path/*\" of the description"
                .to_owned()
        }
    };
    let message = format!("no operation answers to {entry:?}");
    Finding::of_file(&format!("{list}[{index}]"), message, help)
}
