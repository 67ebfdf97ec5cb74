//! The consents that began here, each with who began it: the token that made a call through this server, or the user of a
//! target that waits.
//!
//! `AgentCore` Identity compares who completes a consent with who began it, and gives ten minutes. Tokens are in memory
//! only, for that long at most, and each is handed out once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;

use super::complete::Who;

/// How long a session of `AgentCore` Identity lives.
pub const LIFETIME: Duration = Duration::from_mins(10);

/// Consents under way.
#[derive(Default)]
pub struct Consents {
    begun: Mutex<BTreeMap<String, Begun>>,
}

struct Begun {
    who: Who,
    ends: Instant,
}

impl Consents {
    /// Notes the sessions of all URLs that `answer`, a result or an error of the gateway, sends a person to.
    pub(super) fn note(&self, answer: &Value, token: &SecretString) {
        self.lock().retain(|_, one| one.ends > Instant::now());
        for url in urls(answer) {
            self.begin(url, Who::Bearer(token.clone()));
        }
    }

    /// Notes the session of a URL that `who` is sent to; false where it begins none.
    pub fn begin(&self, url: &str, who: Who) -> bool {
        let Some(session) = session_of(url) else { return false };
        self.lock().insert(session, Begun { who, ends: Instant::now() + LIFETIME });
        true
    }

    /// Who began `session`, once and in time.
    pub(super) fn take(&self, session: &str) -> Option<Who> {
        let one = self.lock().remove(session)?;
        (one.ends > Instant::now()).then_some(one.who)
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
        let Some(Who::Bearer(token)) = consents.take(URN) else { panic!("it was begun here") };
        assert_eq!(token.expose_secret(), "token");
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

    #[tokio::test(start_paused = true)]
    async fn a_target_s_consent_is_its_users() {
        let consents = Consents::default();
        let user = || Who::User("gateway-target-1".to_owned());
        assert!(!consents.begin("https://vendor.example/authorize?state=1", user()));
        assert!(consents.begin("https://a.example/authorize?request_uri=urn%3A1", user()));
        assert!(matches!(consents.take("urn:1"), Some(Who::User(id)) if id == "gateway-target-1"));
        assert!(consents.take("urn:1").is_none());
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
