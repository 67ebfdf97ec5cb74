//! Third-party consent: a person lets the gateway use, say, their GitHub account, and it lands in their own vault.
//!
//! When a tool needs a consent, the gateway names an address of AgentCore's. Whoever opens that address and agrees gives
//! *their* account to whoever the session belongs to, so the address must not be handed on. The proxy therefore keeps it
//! (`store`), and gives out ours instead:
//!
//! 1. `/connect/{handle}` signs the browser in at the pool (`start`), silently where the pool knows it.
//! 2. `/connect/callback` compares issuer and subject with those of the token that asked (`sign_in`). Only then does the
//!    browser get a cookie for this session, and the real address.
//! 3. `/oauth2/callback` is where AgentCore sends the browser after the consent (`complete`). The session is found by its
//!    own name, must be brought by the browser of step 2, and is used up before it is completed, with the token that asked.
//!    **The first callback that does not match burns the session**: somebody who opened the real address and sent it on
//!    could otherwise come back after the victim's consent with his own cookie, and have the victim's account.

mod complete;
mod sign_in;
mod start;
mod store;

use crate::config::Config;
use crate::http::{Answer, Parameters};
use crate::{Visit, pages};
use http::StatusCode;

pub use complete::consented;
pub use sign_in::signed_in;
pub use start::start;
pub use store::{Elicited, open};

/// The query of a link for who was signed in as somebody else.
const OTHER_ACCOUNT: &str = "account=other";

/// AgentCore's sessions live for ten minutes.
const LIFETIME: u64 = 10 * 60;
const _: () = assert!(LIFETIME <= crate::schedule::LIFE, "a session outlives its key");

/// The session that an address of AgentCore's is for; `None` where it is another address, or names no session.
pub fn session_of(url: &str, config: &Config) -> Option<String> {
    let origin = crate::http::origin(url);
    let (path, query) = url[origin.len()..].split_once('?')?;
    let is_identity = path == "/identities/oauth2/authorize"
        && (origin == format!("https://bedrock-agentcore.{}.amazonaws.com", config.region)
            || config
                .endpoint
                .as_deref()
                .is_some_and(|endpoint| is_on_this_machine(origin, endpoint)));
    let parameters = Parameters::read(query).filter(|_| is_identity)?;
    parameters.get("request_uri").filter(|uri| is_session(uri)).map(str::to_owned)
}

/// The local AWS serves its planes below `localhost`, all at one port.
fn is_on_this_machine(origin: &str, endpoint: &str) -> bool {
    let parts = |origin: &str| {
        let rest = origin.strip_prefix("http://")?;
        let (host, port) = rest.rsplit_once(':')?;
        Some((host.to_owned(), port.to_owned()))
    };
    match (parts(origin), parts(crate::http::origin(endpoint))) {
        (Some((host, port)), Some((_, own))) => {
            let is_local =
                host == "127.0.0.1" || host == "localhost" || host.ends_with(".localhost");
            is_local && port == own
        }
        _ => false,
    }
}

/// The pattern of `sessionUri` in AgentCore's model of `CompleteResourceTokenAuth`.
fn is_session(uri: &str) -> bool {
    let name = uri.strip_prefix("urn:ietf:params:oauth:request_uri:");
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    uri.len() <= 1024 && name.is_some_and(|name| !name.is_empty() && name.bytes().all(is_plain))
}

/// The name of the cookie of a browser whose person was checked, without its prefix.
fn cookie_of(handle: &str) -> String {
    format!("consent-{}", handle.get(..8).unwrap_or_default())
}

/// A page for what cannot go on, whatever the reason: who tries things out learns nothing from it.
fn over(visit: &Visit<'_>, reason: &'static str) -> Answer {
    visit.log("info", "consent_refused", serde_json::json!({ "error": reason }));
    pages::message(
        StatusCode::BAD_REQUEST,
        "This link is not good any more",
        &[
            "It was used already, it is older than ten minutes, or it was opened in another browser \
             than the one it was made for. Nothing has been connected.",
            "Call the tool in your editor again to get a new link.",
        ],
        visit.id,
    )
}

fn unavailable(visit: &Visit<'_>, reason: &str) -> Answer {
    visit.log("error", "consent_unavailable", serde_json::json!({ "error": reason }));
    pages::message(
        StatusCode::SERVICE_UNAVAILABLE,
        "Connecting is not possible right now",
        &["Please call the tool in your editor again in a minute."],
        visit.id,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_session_of_agentcore_s_is_taken_over() {
        let config = crate::config::tests::config();
        let urn = "urn:ietf:params:oauth:request_uri:a-b.c_d~1";
        let real = "https://bedrock-agentcore.us-west-2.amazonaws.com/identities/oauth2/authorize";
        assert_eq!(session_of(&format!("{real}?request_uri={urn}"), &config).as_deref(), Some(urn));
        let encoded =
            format!("{real}?x=y&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Aa");
        assert!(session_of(&encoded, &config).is_some());
        for url in [
            format!("{real}?request_uri=urn:other:a"),
            format!("{real}?request_uri={urn}&request_uri={urn}"),
            format!("{real}?request_uri={urn}<"),
            format!("{real}?request_uri={urn}{}", "a".repeat(1024)),
            format!("{real}?other=1"),
            real.to_owned(),
            format!(
                "https://bedrock-agentcore.us-west-2.amazonaws.com.evil.example/identities/oauth2/authorize?request_uri={urn}"
            ),
            format!("https://evil.example/identities/oauth2/authorize?request_uri={urn}"),
            format!("http://localhost:4566/identities/oauth2/authorize?request_uri={urn}"),
        ] {
            assert_eq!(session_of(&url, &config), None, "{url}");
        }
    }

    #[test]
    fn the_local_planes_count_with_the_local_aws_only() {
        let mut config = crate::config::tests::config();
        config.endpoint = Some("http://localhost:4566".to_owned());
        let at = |origin: &str| {
            let url = format!(
                "{origin}/identities/oauth2/authorize?request_uri=urn:ietf:params:oauth:request_uri:a"
            );
            session_of(&url, &config).is_some()
        };
        assert!(at("http://identity.localhost:4566") && at("http://127.0.0.1:4566"));
        assert!(!at("http://identity.localhost:80") && !at("http://localhost.evil.example:4566"));
        assert!(!at("http://evil.example@localhost:4566"));
    }
}
