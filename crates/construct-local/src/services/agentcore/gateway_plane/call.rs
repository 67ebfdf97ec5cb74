//! `tools/call`: from a tool's name to what stands behind it.

use http::Request;
use serde_json::{Map, Value, json};

use super::super::target_kind::TargetKind;
use super::authorizer::Caller;
use super::credentials::{self, Credential, Unready};
use super::message::{INTERNAL_ERROR, INVALID_PARAMS, Message, RpcError};
use super::{Site, backend, search, server, tools};

/// What a call came to.
pub(super) enum Called {
    /// The result, which may tell a failure.
    Done(Value),
    /// A person must consent first.
    NeedsConsent(Consent),
}

/// What a person must open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Consent {
    /// Names the consent to the client.
    pub(super) id: String,
    /// Where it begins.
    pub(super) url: String,
    /// The credential provider's name, for people.
    pub(super) provider: String,
}

/// A tool's call, as the backends take it.
pub(super) struct ToolCall<'a> {
    pub(super) site: &'a Site,
    pub(super) target: &'a super::super::state::Target,
    /// The configuration of the target's kind.
    pub(super) part: &'a Value,
    /// The tool's own name.
    pub(super) tool: &'a str,
    pub(super) arguments: &'a Map<String, Value>,
    pub(super) message: &'a Message,
}

/// Calls the tool that a message names.
///
/// # Errors
/// When there is no such tool, or the message is wrong. A tool that fails is a result.
pub(super) async fn call(
    site: &Site,
    caller: &Caller,
    message: &Message,
) -> Result<Called, RpcError> {
    let name = message.tool().ok_or_else(|| RpcError::new(INVALID_PARAMS, "name is missing"))?;
    let none = Map::new();
    let arguments = match message.params.get("arguments") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(arguments)) => arguments,
        Some(_) => return Err(RpcError::new(INVALID_PARAMS, "arguments must be an object")),
    };
    if name == search::NAME && tools::has_search(site) {
        let query = arguments.get("query").and_then(Value::as_str);
        let query = query.ok_or_else(|| RpcError::new(INVALID_PARAMS, "query is missing"))?;
        let mut definitions = tools::definitions(site, caller).await;
        definitions.retain(|tool| tool["name"] != search::NAME);
        let found = json!({ "tools": search::matching(definitions, query) });
        return Ok(Called::Done(succeeded(&found.to_string())));
    }
    let unknown = || RpcError::new(INVALID_PARAMS, &format!("Unknown tool: {name}"));
    let (target, tool) = tools::find(site, name).ok_or_else(unknown)?;
    let (kind, part) = TargetKind::of(&target.settings.target_configuration).ok_or_else(unknown)?;
    let call = ToolCall { site, target, part, tool, arguments, message };
    let credential = match credentials::obtain(&call, kind, caller).await {
        Ok(credential) => credential,
        Err(Unready::Consent(consent)) => return Ok(Called::NeedsConsent(consent)),
        Err(Unready::Refused(sentence)) => return Ok(Called::Done(failed(&sentence))),
        Err(Unready::Internal(reason)) => return Err(internal(site, &reason)),
    };
    Ok(Called::Done(run(&call, kind, &credential).await))
}

async fn run(call: &ToolCall<'_>, kind: TargetKind, credential: &Credential) -> Value {
    match kind {
        TargetKind::OpenApi => backend::operation(call, credential).await,
        TargetKind::Lambda => backend::function(call).await,
        TargetKind::McpServer => {
            let params = json!({ "name": call.tool, "arguments": call.arguments });
            let site = call.site;
            match server::ask(&site.local, call.part, credential, "tools/call", &params).await {
                Ok(result) => result,
                Err(reason) => failed(&reason),
            }
        }
        other => failed(&format!(
            "The local AWS does not play {} targets: what stands behind them exists in the cloud \
             only.",
            other.label()
        )),
    }
}

/// A failure of the gateway itself, whose reason is told only where the gateway is in debug mode.
fn internal(site: &Site, reason: &str) -> RpcError {
    tracing::warn!(gateway = %site.gateway.id, reason, "tool not called");
    let debug = site.gateway.settings.exception_level.is_some();
    let message = "An internal error occurred. Please retry later.";
    RpcError::new(INTERNAL_ERROR, if debug { reason } else { message })
}

/// The result of a tool that failed, in a sentence.
pub(super) fn failed(sentence: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": sentence }], "isError": true })
}

/// The result of a tool: its text, and its members where the text is a JSON object.
pub(super) fn succeeded(text: &str) -> Value {
    let mut result = json!({ "content": [{ "type": "text", "text": text }], "isError": false });
    if let Ok(members @ Value::Object(_)) = serde_json::from_str(text) {
        result["structuredContent"] = members;
    }
    result
}

/// Puts a credential into a request.
///
/// # Errors
/// When it cannot be sent, as a sentence that does not hold it.
pub(super) fn authorized<B>(
    request: Request<B>,
    credential: &Credential,
) -> Result<Request<B>, String> {
    credential.apply(request).ok_or_else(|| "The credential cannot be sent".to_owned())
}
