//! `[cognito]`: the pool in which people sign in.

use super::super::secrets::SecretReference;
use super::super::text_or::TextOr;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The Cognito user pool in which callers of the gateways sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cognito {
    /// The person made together with the pool, if any.
    pub first_user: Option<FirstUser>,
    /// Life of an access token, in minutes.
    pub access_token_minutes: u32,
    /// Life of a refresh token, in days.
    pub refresh_token_days: u32,
    /// Whether a confidential client for machines (CI) is made as well.
    pub m2m: bool,
    /// What passwords must be like.
    pub password: PasswordPolicy,
    /// Whether people sign in with an authenticator app as well; absent leaves the pool as it is.
    pub mfa: Option<Mfa>,
    /// A pool that is not the stack's.
    pub existing: Option<ExistingPool>,
    /// Identity providers that people may sign in with, by name.
    pub federation: BTreeMap<String, Federation>,
}

/// The first person in the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstUser {
    /// E-mail address, which is also the sign-in name.
    pub email: String,
    /// Where the password comes from; absent means an invitation, and on the local AWS a made one.
    pub password: Option<SecretReference>,
}

/// What passwords of a pool must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the service")]
pub struct PasswordPolicy {
    /// Shortest password the pool accepts.
    pub minimum_length: u32,
    /// Whether a capital letter is asked for.
    pub uppercase: bool,
    /// Whether a small letter is asked for.
    pub lowercase: bool,
    /// Whether a digit is asked for.
    pub numbers: bool,
    /// Whether a symbol is asked for.
    pub symbols: bool,
    /// How many earlier passwords cannot be chosen again.
    pub history: u32,
    /// How many days an invitation's password works.
    pub temporary_days: u32,
}

/// Whether people sign in with an authenticator app (a software token) as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mfa {
    /// Nobody does.
    Off,
    /// Those who set one up.
    Optional,
    /// Everybody.
    Required,
}

/// A pool that exists already and belongs to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExistingPool {
    /// Its id, which begins with its Region.
    pub pool: String,
    /// The address of its domain, without a slash at the end.
    pub domain: String,
    /// Which of its identity providers people may sign in with; `COGNITO` stands for its own people.
    pub identity_providers: Vec<String>,
}

/// An identity provider that people may sign in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FederationTable", into = "FederationTable")]
pub struct Federation {
    /// What it speaks, and how it is reached.
    pub protocol: Protocol,
    /// Claims by the attribute of the pool that they fill.
    pub attributes: BTreeMap<String, String>,
    /// Other names of it.
    pub identifiers: Vec<String>,
}

impl Federation {
    /// Where the client secret of an OIDC provider comes from.
    pub fn client_secret(&self) -> Option<&SecretReference> {
        match &self.protocol {
            Protocol::Oidc(oidc) => Some(&oidc.client_secret),
            Protocol::Saml(_) => None,
        }
    }
}

/// What an identity provider speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `OpenID` Connect.
    Oidc(Box<Oidc>),
    /// SAML 2.0.
    Saml(Saml),
}

/// A provider that speaks `OpenID` Connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its issuer.
    pub issuer: String,
    /// Client id registered there: the text itself, or where it comes from.
    pub client_id: TextOr<SecretReference>,
    /// Where the client secret comes from.
    pub client_secret: SecretReference,
    /// Scopes asked for.
    pub scopes: Vec<String>,
    /// `GET` or `POST`.
    pub attributes_request_method: String,
    /// Where people are sent; all four addresses are given or none.
    pub authorize_url: Option<String>,
    /// Where codes become tokens.
    pub token_url: Option<String>,
    /// Where claims are.
    pub attributes_url: Option<String>,
    /// Where the keys are.
    pub jwks_uri: Option<String>,
}

impl Oidc {
    /// The endpoints by their names, which are also the service's.
    pub fn endpoints(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("authorize_url", self.authorize_url.as_deref()),
            ("token_url", self.token_url.as_deref()),
            ("attributes_url", self.attributes_url.as_deref()),
            ("jwks_uri", self.jwks_uri.as_deref()),
        ]
    }
}

/// A provider that speaks SAML 2.0. One of the two sources of metadata is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the service")]
pub struct Saml {
    /// Address of its metadata.
    pub metadata_url: Option<String>,
    /// File with its metadata, relative to the manifest.
    pub metadata_file: Option<PathBuf>,
    /// Whether people are signed out there too.
    pub sign_out: bool,
    /// Whether sign-ins may begin there.
    pub provider_initiated: bool,
    /// Whether requests are signed.
    pub sign_requests: bool,
    /// Whether answers must be encrypted.
    pub encrypted_responses: bool,
}

/// `[cognito.federation.NAME]` as it is written; [`Federation`] is what it means.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FederationTable {
    oidc: Option<Oidc>,
    saml: Option<Saml>,
    attributes: BTreeMap<String, String>,
    identifiers: Vec<String>,
}

impl TryFrom<FederationTable> for Federation {
    type Error = &'static str;

    fn try_from(table: FederationTable) -> Result<Self, Self::Error> {
        let protocol = match (table.oidc, table.saml) {
            (Some(oidc), None) => Protocol::Oidc(Box::new(oidc)),
            (None, Some(saml)) => Protocol::Saml(saml),
            _ => return Err("exactly one of `oidc` and `saml`"),
        };
        Ok(Self { protocol, attributes: table.attributes, identifiers: table.identifiers })
    }
}

impl From<Federation> for FederationTable {
    fn from(federation: Federation) -> Self {
        let (oidc, saml) = match federation.protocol {
            Protocol::Oidc(oidc) => (Some(*oidc), None),
            Protocol::Saml(saml) => (None, Some(saml)),
        };
        let Federation { attributes, identifiers, .. } = federation;
        Self { oidc, saml, attributes, identifiers }
    }
}
