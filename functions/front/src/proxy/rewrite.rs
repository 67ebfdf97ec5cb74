//! The few places where an answer of the gateway is changed. Whatever has none of them passes byte for byte.

use std::sync::Arc;

use serde_json::{Value, json};

use super::call::Call;
use super::caller::Caller;
use super::sse;
use crate::Front;
use crate::clock::Deadline;
use crate::connect::{self, Elicited};

/// MCP 2025-11-25: the request needs a person at an address first.
const URL_ELICITATION_REQUIRED: i64 = -32042;
/// JSON-RPC 2.0: internal error.
const INTERNAL_ERROR: i64 = -32603;

/// The token that asked will be over before a person can have agreed: its client has to refresh it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stale;

/// Changes the messages of one answer.
#[derive(Clone, Debug)]
pub(super) struct Rewriter {
    pub(super) front: Arc<Front>,
    pub(super) correlation_id: String,
    pub(super) deadline: Deadline,
    pub(super) caller: Caller,
    pub(super) call: Call,
}

impl Rewriter {
    /// The message in `text` as it has to leave; `None` where it is as it came.
    pub(super) fn rewrite(&self, text: &[u8]) -> Result<Option<Vec<u8>>, Stale> {
        let says = |word: &str| text.windows(word.len()).any(|window| window == word.as_bytes());
        let is_handshake = matches!(self.call.method.as_str(), "initialize" | "server/discover");
        let concerns_lists = is_handshake && says("listChanged");
        let concerns_consent =
            ["-32042", "input_required", "elicitation/create"].into_iter().any(says);
        if !concerns_lists && !concerns_consent {
            return Ok(None);
        }
        let Ok(mut message) = serde_json::from_slice::<Value>(text) else { return Ok(None) };
        let mut is_changed = false;
        if concerns_lists {
            is_changed |= silence_lists(&mut message);
        }
        if concerns_consent {
            is_changed |= match &mut message {
                Value::Array(batch) => {
                    let mut any = false;
                    for message in batch {
                        any |= self.consent(message)?;
                    }
                    any
                }
                message => self.consent(message)?,
            };
        }
        Ok(is_changed.then(|| message.to_string().into_bytes()))
    }

    /// Puts our addresses in place of AgentCore's, or a readable text in place of what the client cannot take.
    fn consent(&self, message: &mut Value) -> Result<bool, Stale> {
        if message["error"]["code"] == URL_ELICITATION_REQUIRED {
            let list = message["error"]["data"]["elicitations"].as_array_mut();
            let mut changed = false;
            for elicitation in list.into_iter().flatten() {
                changed |= self.relink(elicitation)?;
            }
            // The later era has no such error.
            if self.call.elicits && !self.call.is_modern {
                return Ok(changed);
            }
            let elicitations = message["error"]["data"]["elicitations"].as_array();
            return Ok(match elicitations.and_then(|list| readable(list.iter())) {
                Some(text) => self.explain(message, &text),
                None => changed,
            });
        }
        if message["result"]["resultType"] == "input_required" {
            let requests = message["result"]["inputRequests"].as_object_mut();
            let mut changed = false;
            let mut is_all = true;
            for (_, request) in requests.into_iter().flatten() {
                let is_elicitation = request["method"] == "elicitation/create";
                is_all &= is_elicitation && request["params"]["mode"] == "url";
                if is_elicitation {
                    changed |= self.relink(&mut request["params"])?;
                }
            }
            if self.call.elicits || !is_all {
                return Ok(changed);
            }
            let requests = message["result"]["inputRequests"].as_object();
            let texts = requests.map(|requests| requests.values().map(|one| &one["params"]));
            return Ok(match texts.and_then(readable) {
                Some(text) => self.explain(message, &text),
                None => changed,
            });
        }
        if message["method"] == "elicitation/create" {
            return self.relink(&mut message["params"]);
        }
        Ok(false)
    }

    /// Our address in place of AgentCore's. Any other address is not ours to vouch for and stays.
    fn relink(&self, elicitation: &mut Value) -> Result<bool, Stale> {
        if elicitation["mode"] != "url" {
            return Ok(false);
        }
        let Some(url) = elicitation["url"].as_str().map(str::to_owned) else { return Ok(false) };
        let Some(session) = connect::session_of(&url, &self.front.config) else { return Ok(false) };
        if let Some(portal) = &self.front.config.consent_portal {
            // The portal begins a consent of its own, in which it knows the person.
            elicitation["url"] = json!(portal);
            return Ok(true);
        }
        if self.caller.is_stale(self.front.clock.now()) {
            return Err(Stale);
        }
        let elicited = Elicited {
            session: &session,
            url: &url,
            issuer: self.caller.claims.text("iss"),
            subject: self.caller.claims.text("sub"),
            token: &self.caller.token,
        };
        match connect::open(&self.front, &elicited, self.deadline) {
            Ok(handle) => {
                elicitation["url"] = json!(self.front.config.own(&format!("/connect/{handle}")));
                self.log("info", "consent_session_opened", &Value::Null);
            }
            Err(reason) => {
                self.log("error", "consent_session_not_opened", &json!(reason));
                // A page that says so is better than an address whose answer nobody could take.
                elicitation["url"] = json!(self.front.config.own("/connect/unavailable"));
            }
        }
        Ok(true)
    }

    /// A text that a model passes on to its person, in place of what the client has not declared.
    fn explain(&self, message: &mut Value, text: &str) -> bool {
        let id = message["id"].clone();
        *message = if self.call.method == "tools/call" {
            let mut result = json!({
                "content": [{ "type": "text", "text": text }],
                "isError": true,
            });
            if self.call.is_modern {
                result["resultType"] = json!("complete");
            }
            json!({ "jsonrpc": "2.0", "id": id, "result": result })
        } else {
            let error = json!({ "code": INTERNAL_ERROR, "message": text });
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        };
        true
    }

    /// An event that ends a call which cannot go on.
    pub(super) fn failed(&self, message: &str) -> Vec<u8> {
        let data = json!({ "correlation_id": self.correlation_id });
        let error = json!({ "code": INTERNAL_ERROR, "message": message, "data": data });
        let message = json!({ "jsonrpc": "2.0", "id": self.call.id, "error": error });
        sse::with_data(b"", message.to_string().as_bytes())
    }

    fn log(&self, level: &str, event: &str, reason: &Value) {
        let fields = if reason.is_null() { json!({}) } else { json!({ "error": reason }) };
        self.front.log.line(level, &self.correlation_id, event, fields);
    }
}

/// What the elicitations ask for, with their addresses; `None` where there is no address.
fn readable<'a>(elicitations: impl Iterator<Item = &'a Value>) -> Option<String> {
    let lines: Vec<String> = elicitations
        .filter_map(|one| {
            let url = one["url"].as_str()?;
            let message = one["message"].as_str().unwrap_or("Your consent is needed.");
            Some(format!("{message}\n{url}"))
        })
        .collect();
    (!lines.is_empty()).then(|| {
        format!(
            "This tool needs your consent before it can run. Open the address in your browser, agree, \
             and then call the tool again.\n\n{}",
            lines.join("\n\n")
        )
    })
}

/// No list changes are told: who is promised them opens a stream for them that never ends, and it would hold a sandbox.
fn silence_lists(message: &mut Value) -> bool {
    let capabilities = message["result"]["capabilities"].as_object_mut();
    let mut changed = false;
    for (_, capability) in capabilities.into_iter().flatten() {
        if capability["listChanged"] == true {
            capability["listChanged"] = json!(false);
            changed = true;
        }
    }
    changed
}
