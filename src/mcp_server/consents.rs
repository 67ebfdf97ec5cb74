//! The consents that began with a call through this server, each with the token that made the call.
//!
//! `AgentCore` Identity compares the token that completes a consent with the one that began it, and gives ten minutes.
//! The tokens are in memory only, for that long at most, and each is handed out once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;

/// How long a session of `AgentCore` Identity lives.
pub const LIFETIME: Duration = Duration::from_mins(10);

/// Consents under way.
#[derive(Default)]
pub struct Consents {
    begun: Mutex<BTreeMap<String, Begun>>,
}

struct Begun {
    token: SecretString,
    ends: Instant,
}

impl Consents {
    /// Notes the sessions of all URLs that `answer`, a result or an error of the gateway, sends a person to.
    pub(super) fn note(&self, answer: &Value, token: &SecretString) {
        let now = Instant::now();
        let mut begun = self.lock();
        begun.retain(|_, one| one.ends > now);
        for session in urls(answer).into_iter().filter_map(session_of) {
            begun.insert(session, Begun { token: token.clone(), ends: now + LIFETIME });
        }
    }

    /// The token that began `session`, once and in time.
    pub(super) fn take(&self, session: &str) -> Option<SecretString> {
        let one = self.lock().remove(session)?;
        (one.ends > Instant::now()).then_some(one.token)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The URLs of an error -32042, or of a result that requires input.
pub(super) fn urls(answer: &Value) -> Vec<&str> {
    let listed = answer["data"]["elicitations"].as_array().into_iter().flatten();
    let asked = answer["inputRequests"].as_object().into_iter().flat_map(|all| all.values());
    let asked = asked.map(|request| &request["params"]);
    listed.chain(asked).filter_map(|one| one["url"].as_str()).collect()
}

/// The session that a URL of `AgentCore` Identity begins: its `request_uri` is the `session_id` of the return URL.
fn session_of(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    parameter(query.split('#').next()?, "request_uri")
}

/// A parameter of a query, decoded.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(own, _)| *own == name)?;
    percent_decode_str(&value.replace('+', " ")).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use serde_json::json;

    const URN: &str = "urn:ietf:params:oauth:request_uri:1-2";

    fn begun() -> Consents {
        let consents = Consents::default();
        let url = "https://bedrock-agentcore.us-west-2.amazonaws.com/identities/oauth2/authorize\
                   ?request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A1-2";
        let error = json!({ "code": -32042, "data": { "elicitations": [
            { "mode": "url", "url": "https://elsewhere.example/" }, { "mode": "url", "url": url }] } });
        consents.note(&error, &SecretString::from("token"));
        consents
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_good_for_one_use() {
        let consents = begun();
        assert!(consents.take("urn:ietf:params:oauth:request_uri:other").is_none());
        assert_eq!(consents.take(URN).unwrap().expose_secret(), "token");
        assert!(consents.take(URN).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_after_ten_minutes() {
        let consents = begun();
        tokio::time::advance(LIFETIME).await;
        assert!(consents.take(URN).is_none());
        let consents = begun();
        tokio::time::advance(LIFETIME).await;
        consents.note(&json!({}), &SecretString::from("other"));
        assert!(consents.lock().is_empty(), "tokens are forgotten");
    }

    #[test]
    fn both_eras_name_their_urls() {
        let result = json!({ "resultType": "input_required", "inputRequests": {
            "a": { "method": "elicitation/create", "params": { "mode": "url", "url": "https://a/" } },
            "b": { "method": "sampling/createMessage", "params": {} } } });
        assert_eq!(urls(&result), ["https://a/"]);
        assert_eq!(session_of("https://a/?x=1&request_uri=u%3A1#f").as_deref(), Some("u:1"));
        assert_eq!(session_of("https://a/request_uri=1"), None);
    }
}
