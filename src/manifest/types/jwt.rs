//! `jwt`: whose tokens are taken, and what they must say.

use super::network::PrivateEndpoint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An issuer of tokens, and what its tokens must say to be let in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    /// The issuer's discovery document.
    pub discovery_url: String,
    /// Audiences (`aud`) of which a token must have one.
    pub audiences: Vec<String>,
    /// Client ids (`client_id`) of which a token must have one.
    pub clients: Vec<String>,
    /// Scopes of which a token must have one.
    pub scopes: Vec<String>,
    /// What is advertised to clients in place of a scope of [`Jwt::scopes`].
    pub advertised_scopes: BTreeMap<String, String>,
    /// Further claims that a token must have.
    pub claims: Vec<Claim>,
    /// How an issuer is reached that is not on the internet.
    pub private_endpoint: Option<PrivateEndpoint>,
}

/// A claim of a token, and what it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The claim's name.
    pub name: String,
    /// What it holds.
    pub r#type: ClaimType,
    /// How it is compared.
    pub operator: ClaimOperator,
    /// The one text that it is compared with.
    pub value: Option<String>,
    /// The texts that it is compared with.
    pub values: Option<Vec<String>>,
}

/// What a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimType {
    /// A text.
    String,
    /// A list of texts.
    StringArray,
}

/// How a claim is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimOperator {
    /// It is this text.
    Equals,
    /// This text is in the list.
    Contains,
    /// One of these texts is in the list.
    ContainsAny,
}

impl ClaimOperator {
    /// What the claim must hold for it, and whether it compares with several texts.
    ///
    /// Source: the authorizer's description in the Terraform provider; the service model has no rule.
    pub const fn takes(self) -> (ClaimType, bool) {
        match self {
            Self::Equals => (ClaimType::String, false),
            Self::Contains => (ClaimType::StringArray, false),
            Self::ContainsAny => (ClaimType::StringArray, true),
        }
    }
}
