//! A request for a code that is in order, as it travels sealed from page to page.

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::http::{Answer, with_query};

/// What a client asked for. Short names, because it travels in addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ask {
    /// The client's fingerprint.
    #[serde(rename = "c")]
    pub(super) client: String,
    /// Where the answer goes.
    #[serde(rename = "r")]
    pub(super) redirect_uri: String,
    /// The client's own state.
    #[serde(rename = "s")]
    pub(super) state: Option<String>,
    /// The client's PKCE challenge.
    #[serde(rename = "h")]
    pub(super) challenge: String,
    /// What is granted.
    #[serde(rename = "o")]
    pub(super) scope: String,
}

impl Ask {
    /// Tells the client a refusal.
    pub(super) fn refusal(&self, config: &Config, error: &str, description: &str) -> Answer {
        refusal(config, (&self.redirect_uri, self.state.as_deref()), error, description)
    }
}

/// Tells a refusal to whoever is at a checked redirect URI, with its own state (RFC 6749, 4.1.2.1; RFC 9207).
pub(super) fn refusal(
    config: &Config,
    (redirect_uri, state): (&str, Option<&str>),
    error: &str,
    description: &str,
) -> Answer {
    let mut pairs = vec![("error", error), ("error_description", description)];
    pairs.extend(state.map(|state| ("state", state)));
    pairs.push(("iss", &config.base));
    Answer::see_other(&with_query(redirect_uri, pairs))
}
