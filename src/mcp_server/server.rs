//! The server's answers, whatever transport the messages came by.

use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::consents::{Consents, urls};
use super::gateway::Gateway;
use super::message::{
    Era, INTERNAL_ERROR, INVALID_PARAMS, Message, Refusal, STATELESS, URL_ELICITATION,
    URL_ELICITATION_REQUIRED, VERSIONS,
};
use super::tools::{TOOLS, Tool};
use crate::ui::Ui;

/// Where a client asks the gateway for another return URL (`AgentCore` guide, "Authorization code grant" of a gateway).
const OVERRIDE: &str = "aws.bedrock-agentcore.gateway/credentialProviderConfiguration";
const SERVER_KEY: &str = "io.modelcontextprotocol/serverInfo";
const INSTRUCTIONS: &str = "The GitHub profile and repositories of the user. The first call may ask the user to \
    consent at a URL; call again after that.";

/// The server.
pub struct Server<'a> {
    gateway: Gateway,
    /// The address of the callback, if there is one, and the consents that it may complete.
    callback: Option<(String, &'a Consents)>,
    told: AtomicBool,
    ui: &'a Ui,
}

impl<'a> Server<'a> {
    /// A server that asks `gateway`. Consents come back to `callback`, or else to where the target says.
    pub fn new(gateway: Gateway, callback: Option<(String, &'a Consents)>, ui: &'a Ui) -> Self {
        Self { gateway, callback, told: AtomicBool::new(false), ui }
    }

    /// The result of a request of `era`. `token` is asked for the caller's token when a tool is called.
    ///
    /// # Errors
    /// What is wrong with the request, and what the gateway refuses.
    pub(super) async fn answer(
        &self,
        message: Message,
        era: Era,
        token: &dyn Fn() -> Result<SecretString, Refusal>,
    ) -> Result<Value, Refusal> {
        let lists = matches!(message.method.as_str(), "tools/list" | "server/discover");
        let mut result = match (message.method.as_str(), era) {
            ("initialize", Era::Handshake { .. }) => initialize(&message),
            ("ping", Era::Handshake { .. }) => Ok(json!({})),
            ("server/discover", Era::Stateless) => Ok(
                json!({ "supportedVersions": VERSIONS, "capabilities": capabilities(), "instructions": INSTRUCTIONS }),
            ),
            ("tools/list", _) => {
                let tools: Vec<Value> = TOOLS.iter().map(Tool::definition).collect();
                Ok(json!({ "tools": tools }))
            }
            ("tools/call", _) => self.call(message, era, &token()?).await,
            (method, era) => Err(Refusal::no_method(method, era)),
        }?;
        if era == Era::Stateless
            && let Some(members) = result.as_object_mut()
        {
            members.entry("resultType").or_insert_with(|| json!("complete"));
            if lists {
                members.insert("ttlMs".to_owned(), json!(3_600_000));
                members.insert("cacheScope".to_owned(), json!("public"));
            }
            if let Some(meta) = member(members, "_meta") {
                meta.insert(SERVER_KEY.to_owned(), server_info());
            }
        }
        Ok(result)
    }

    async fn call(
        &self,
        mut message: Message,
        era: Era,
        token: &SecretString,
    ) -> Result<Value, Refusal> {
        let tool = Tool::named(message.tool())?;
        let arguments = tool.arguments(message.params.get("arguments"))?;
        message.params.insert("arguments".to_owned(), Value::Object(arguments));
        let outcome = self.ask(tool, message.params, era, token).await;
        if let Some((_, consents)) = &self.callback {
            consents.note(outcome.as_ref().unwrap_or_else(|refusal| &refusal.error), token);
        }
        match outcome {
            Ok(result) => Ok(tool.result(result)),
            Err(refusal) if era == (Era::Handshake { opens_urls: false }) => in_words(refusal),
            Err(refusal) => Err(refusal),
        }
    }

    /// Calls the gateway. It answers with an error that does not say why when the callback is not among the return URLs
    /// that it allows: both tools only read, so that the call is repeated without it, and a person is told.
    async fn ask(
        &self,
        tool: &Tool,
        params: Map<String, Value>,
        era: Era,
        token: &SecretString,
    ) -> Result<Value, Refusal> {
        let returning = self.callback.as_ref().and_then(|(url, _)| returning_to(&params, url));
        let Some(returning) = returning else {
            return self.gateway.call(tool.operation, params, era, token).await;
        };
        let first = self.gateway.call(tool.operation, returning, era, token).await;
        let may_be_the_url = |refusal: &Refusal| {
            matches!(refusal.code(), Some(INTERNAL_ERROR | INVALID_PARAMS))
                && refusal.status.is_success()
        };
        if !first.as_ref().is_err_and(may_be_the_url) {
            return first;
        }
        let second = self.gateway.call(tool.operation, params, era, token).await;
        if !urls(second.as_ref().unwrap_or_else(|refusal| &refusal.error)).is_empty() {
            self.tell_how_to_allow();
        }
        second
    }

    fn tell_how_to_allow(&self) {
        let Some((url, _)) = &self.callback else { return };
        if self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let identity = self.gateway.id().unwrap_or("with the gateway's id as its name");
        self.ui.err(&format!(
            "The gateway does not let a consent come back to {url}; it goes to the target's own return URL instead.\n\
             To complete it here, add that URL to allowedResourceOauth2ReturnUrls of the workload identity {identity}: \
             see docs/mcp-server.md."
        ));
    }
}

/// `params` with the wish that a consent comes back to `url`; none if the client has a wish of its own.
fn returning_to(params: &Map<String, Value>, url: &str) -> Option<Map<String, Value>> {
    let mut params = params.clone();
    let configuration = member(member(&mut params, "_meta")?, OVERRIDE)?;
    let provider = member(configuration, "oauthCredentialProvider")?;
    if provider.contains_key("returnUrl") {
        return None;
    }
    provider.insert("returnUrl".to_owned(), json!(url));
    Some(params)
}

/// The object `name` in `members`, made where there is nothing; none where there is something else.
fn member<'a>(
    members: &'a mut Map<String, Value>,
    name: &str,
) -> Option<&'a mut Map<String, Value>> {
    members.entry(name).or_insert_with(|| json!({})).as_object_mut()
}

/// For a client that cannot send anybody to a URL, the request to do so becomes the words of a failed tool.
fn in_words(refusal: Refusal) -> Result<Value, Refusal> {
    let urls = urls(&refusal.error);
    if refusal.code() != Some(URL_ELICITATION_REQUIRED) || urls.is_empty() {
        return Err(refusal);
    }
    let text = format!(
        "The user must consent first. Ask them to open {} in a browser, and call this tool again when they have.",
        urls.join(" and ")
    );
    Ok(json!({ "content": [{ "type": "text", "text": text }], "isError": true }))
}

fn initialize(message: &Message) -> Result<Value, Refusal> {
    let asked = message.params.get("protocolVersion").and_then(Value::as_str);
    let asked =
        asked.ok_or_else(|| Refusal::new(INVALID_PARAMS, "initialize needs a protocolVersion"))?;
    let spoken = VERSIONS.iter().filter(|version| **version < STATELESS);
    let version = spoken.copied().find(|version| *version == asked).unwrap_or(URL_ELICITATION);
    Ok(json!({
        "protocolVersion": version,
        "capabilities": capabilities(),
        "serverInfo": server_info(),
        "instructions": INSTRUCTIONS,
    }))
}

fn capabilities() -> Value {
    json!({ "tools": { "listChanged": false } })
}

fn server_info() -> Value {
    json!({ "name": "construct", "title": "GitHub through construct", "version": env!("CARGO_PKG_VERSION") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_for_a_return_url_is_the_client_s_first() {
        let given = json!({ "_meta": { "progressToken": 1 }, "requestState": "s" });
        let params =
            returning_to(given.as_object().unwrap(), "http://localhost:1/callback").unwrap();
        assert_eq!(params["requestState"], "s");
        assert_eq!(params["_meta"]["progressToken"], 1);
        let own = &params["_meta"][OVERRIDE]["oauthCredentialProvider"]["returnUrl"];
        assert_eq!(own, "http://localhost:1/callback");
        assert_eq!(returning_to(&params, "http://localhost:2/callback"), None);
        for odd in [json!({ "_meta": 5 }), json!({ "_meta": { OVERRIDE: "x" } })] {
            assert_eq!(returning_to(odd.as_object().unwrap(), "http://localhost:2/callback"), None);
        }
    }

    #[test]
    fn who_cannot_open_urls_reads_all_of_them() {
        let error = json!({ "code": -32042, "message": "m", "data": { "elicitations": [
            { "url": "https://a/" }, { "url": "https://b/" }] } });
        let refusal = Refusal { error, ..Refusal::new(0, "") };
        let result = in_words(refusal).unwrap();
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(result["isError"] == true && text.contains("https://a/ and https://b/"), "{text}");
        let other = Refusal::new(INTERNAL_ERROR, "m");
        assert_eq!(in_words(other.clone()), Err(other));
    }

    #[test]
    fn the_handshake_ends_in_a_version_that_has_one() {
        for (asked, version) in [
            ("2025-06-18", "2025-06-18"),
            ("2026-07-28", URL_ELICITATION),
            ("1999-01-01", URL_ELICITATION),
        ] {
            let params = json!({ "protocolVersion": asked }).as_object().unwrap().clone();
            let message = Message { id: None, method: "initialize".to_owned(), params };
            assert_eq!(initialize(&message).unwrap()["protocolVersion"], version);
        }
    }
}
