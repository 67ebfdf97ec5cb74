//! An app client of a user pool: who may ask Cognito for tokens, and how.
//!
//! - Name: `{stack}-client-{leaf}`. Client names are not unique, so the engine looks once more before it creates.
//! - Found: by the recorded id; else by listing the pool's clients and describing those of the name.
//! - Proven ours: it has no tags; it is ours when its pool is, or is linked, and its name is the node's.
//! - In doubt: no client token; listed again for a bounded time. Two of ours: the oldest wins.
//! - Owned set: the clients of our pools, and of the pool that the stack's link remembers, whose name starts with
//!   `{stack}-client-`; those that people added are theirs.
//! - Secret: Cognito makes the machine's. It is dropped from every answer on arrival and never stored; who needs it asks
//!   Cognito for it.
//! - Protect: none; people sign in again after a replacement.
//! - Replace: whether a client has a secret is decided when it is made, so a change of the kind, and of the pool, replaces.
//! - Update that resets: `UpdateUserPoolClient` puts every omitted setting back to its default, so the live client is sent
//!   whole.
//!
//! Refresh tokens rotate, as OAuth 2.1 wants of public clients; the flow `ALLOW_REFRESH_TOKEN_AUTH` is then refused, so it is
//! not among the flows. A token that was used once works again for `GRACE_SECONDS`, because editors repeat requests.
//!
//! Quotas: 1,000 clients and 100 callback URLs each. API: Amazon Cognito user pools API reference, `CreateUserPoolClient`,
//! `UpdateUserPoolClient`; developer guide, "Refresh token rotation".

use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, FeatureType, OAuthFlowType, PreventUserExistenceErrorTypes,
    RefreshTokenRotationType, TimeUnitsType, TokenValidityUnitsType, UserPoolClientType,
};
use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::cognito_user_pool::pools;
use crate::cloud::{Cloud, classify, is_not_found};

mod compare;
mod update;

/// How long a rotated refresh token still works; the most that Cognito allows.
const GRACE_SECONDS: i32 = 60;

/// The scopes of `OpenID` Connect that an editor's person is known by.
const IDENTITY_SCOPES: [&str; 2] = ["openid", "email"];

/// The pool's own people, among the identity providers of a client.
pub const OWN_PEOPLE: &str = "COGNITO";

/// An app client.
pub struct UserPoolClient;

/// What a client is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientKind {
    /// People sign in: a public client with the code flow.
    Editors,
    /// A machine signs in by itself: a secret and the client credentials flow.
    Machine,
    /// People sign in through a server that keeps a secret: a consent portal, whose address comes after the client.
    Portal,
}

impl ClientKind {
    /// Whether the client proves itself; fixed when it is made.
    const fn has_secret(self) -> bool {
        !matches!(self, Self::Editors)
    }

    /// Whether people sign in with it.
    pub(crate) const fn signs_people_in(self) -> bool {
        !matches!(self, Self::Machine)
    }
}

/// What the user decided about the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The client's name: [`crate::cloud::Naming::name`] of the node's address.
    pub name: String,
    /// What it is for.
    pub kind: ClientKind,
    /// How long access and id tokens hold: 5 minutes to a day.
    pub access_token_minutes: u32,
    /// How long a person stays signed in: 1 day to 10 years. A machine has no refresh tokens.
    pub refresh_token_days: u32,
}

/// What other nodes produced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The pool's id.
    pub pool_id: String,
    /// Full names of the custom scopes it may ask for.
    pub scopes: Vec<String>,
    /// Where Cognito may send people back to; none for a machine. Of a portal's client only what it is made with: see
    /// [`super::cognito_client_callback`].
    pub callback_urls: Vec<String>,
    /// With which of the pool's providers people may sign in; none for a machine.
    pub identity_providers: Vec<String>,
}

/// What others need of the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The pool's id.
    pub pool_id: String,
    /// The client's id.
    pub client_id: String,
}

/// The client as Cognito describes it, without its secret.
#[derive(Clone, Debug)]
pub struct Live {
    pool_id: String,
    client_id: String,
    has_secret: bool,
    client: UserPoolClientType,
}

impl Live {
    fn of(client: Option<UserPoolClientType>) -> Result<Self, StepError> {
        let mut client =
            client.ok_or_else(|| StepError::bug("Cognito answered without the client"))?;
        let has_secret = client.client_secret.take().is_some();
        match (client.user_pool_id.clone(), client.client_id.clone()) {
            (Some(pool_id), Some(client_id)) => Ok(Self { pool_id, client_id, has_secret, client }),
            _ => Err(StepError::bug("Cognito described a client without pool or id")),
        }
    }

    /// Where Cognito may send people back to.
    pub(super) fn callback_urls(&self) -> &[String] {
        self.client.callback_urls()
    }
}

/// The client as it is, without its secret; none when it is gone.
pub(super) async fn describe(
    cx: &Cx<'_, Cloud>,
    pool_id: &str,
    client_id: &str,
) -> Result<Option<Live>, StepError> {
    let request = cx.cloud.cognito.describe_user_pool_client();
    match request.user_pool_id(pool_id).client_id(client_id).send().await {
        Ok(answer) => Live::of(answer.user_pool_client).map(Some),
        Err(error) => match classify("DescribeUserPoolClient", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

/// Names and ids of the pool's clients; none for a pool that is not there.
async fn list(cx: &Cx<'_, Cloud>, pool_id: &str) -> Result<Vec<(String, String)>, StepError> {
    let mut clients = Vec::new();
    let mut next = None;
    loop {
        let request =
            cx.cloud.cognito.list_user_pool_clients().user_pool_id(pool_id).max_results(60);
        let page = match request.set_next_token(next).send().await {
            Ok(page) => page,
            Err(error) => match classify("ListUserPoolClients", error) {
                error if is_not_found(&error) => return Ok(clients),
                error => return Err(error),
            },
        };
        for client in page.user_pool_clients() {
            if let (Some(name), Some(id)) = (client.client_name(), client.client_id()) {
                clients.push((name.to_owned(), id.to_owned()));
            }
        }
        next = page.next_token;
        if next.is_none() {
            return Ok(clients);
        }
    }
}

impl Step<Cloud> for UserPoolClient {
    const KIND: &'static str = "cognito.client";
    const FIELDS: &'static [&'static str] = &[
        "AccessTokenValidity",
        "AllowedOAuthFlows",
        "AllowedOAuthScopes",
        "CallbackURLs",
        "EnableTokenRevocation",
        "ExplicitAuthFlows",
        "IdTokenValidity",
        "PreventUserExistenceErrors",
        "RefreshTokenRotation",
        "RefreshTokenValidity",
        "SupportedIdentityProviders",
    ];
    const UNIQUE_NAME: bool = false;
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        if let Some(last) = last
            && let Some(live) = describe(cx, &last.pool_id, &last.client_id).await?
        {
            return Ok(Presence::Ours(live));
        }
        let Some(links) = links else { return Ok(Presence::Absent) };
        // A fresh list: what decides on a create must not be older than the create before it.
        let mut lives = Vec::new();
        for (_, id) in list(cx, &links.pool_id).await?.iter().filter(|(name, _)| *name == spec.name)
        {
            lives.extend(describe(cx, &links.pool_id, id).await?);
        }
        let created =
            |live: &Live| live.client.creation_date.map(|date| (date.secs(), date.subsec_nanos()));
        let oldest = lives.into_iter().min_by_key(|live| (created(live), live.client_id.clone()));
        Ok(oldest.map_or(Presence::Absent, Presence::Ours))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        compare::diff(spec, links, live)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let wanted = Wanted::of(spec, links)?;
        let answer = cx
            .cloud
            .cognito
            .create_user_pool_client()
            .user_pool_id(&links.pool_id)
            .client_name(&spec.name)
            .generate_secret(spec.kind.has_secret())
            .access_token_validity(wanted.minutes)
            .id_token_validity(wanted.minutes)
            .set_refresh_token_validity(wanted.days)
            .token_validity_units(units())
            .explicit_auth_flows(wanted.sign_in)
            .set_supported_identity_providers(wanted.identity_providers)
            .set_callback_urls(wanted.callback_urls)
            .allowed_o_auth_flows(wanted.flow)
            .set_allowed_o_auth_scopes(Some(wanted.scopes))
            .allowed_o_auth_flows_user_pool_client(true)
            .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
            .enable_token_revocation(true)
            .set_refresh_token_rotation(wanted.rotation)
            .send()
            .await
            .map_err(|error| classify("CreateUserPoolClient", error))?;
        Live::of(answer.user_pool_client)
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let answer = update::request(cx, live, &Wanted::of(spec, links)?, changes)
            .client_name(&spec.name)
            .send()
            .await
            .map_err(|error| classify("UpdateUserPoolClient", error))?;
        Live::of(answer.user_pool_client)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let request = cx.cloud.cognito.delete_user_pool_client();
        match request.user_pool_id(&outputs.pool_id).client_id(&outputs.client_id).send().await {
            Ok(_) => Ok(()),
            Err(error) => match classify("DeleteUserPoolClient", error) {
                error if is_not_found(&error) => Ok(()),
                error => Err(error),
            },
        }
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { pool_id: live.pool_id.clone(), client_id: live.client_id.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.pool_id, outputs.client_id)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let prefix = format!("{}-client-", cx.cloud.naming.stack);
        let mut clients = Vec::new();
        for (_, pool_id) in pools(found) {
            for (name, client_id) in list(cx, &pool_id).await? {
                let leaf = name.strip_prefix(&prefix).filter(|leaf| !leaf.contains('/'));
                let address = leaf.and_then(|leaf| Address::new(format!("client/{leaf}")).ok());
                if let Some(address) = address {
                    clients.push((address, Outputs { pool_id: pool_id.clone(), client_id }));
                }
            }
        }
        Ok(clients)
    }
}

/// What a client of a kind is asked to be, in the API's types.
struct Wanted {
    minutes: i32,
    days: Option<i32>,
    sign_in: ExplicitAuthFlowsType,
    flow: OAuthFlowType,
    scopes: Vec<String>,
    identity_providers: Option<Vec<String>>,
    callback_urls: Option<Vec<String>>,
    rotation: Option<RefreshTokenRotationType>,
}

impl Wanted {
    fn of(spec: &Spec, links: &Links) -> Result<Self, StepError> {
        let custom_scopes = &links.scopes;
        let minutes = whole(spec.access_token_minutes);
        Ok(match spec.kind {
            ClientKind::Editors => Self {
                minutes,
                days: Some(whole(spec.refresh_token_days)),
                sign_in: ExplicitAuthFlowsType::AllowUserSrpAuth,
                flow: OAuthFlowType::Code,
                scopes: personal_scopes(custom_scopes),
                identity_providers: Some(links.identity_providers.clone()),
                callback_urls: callbacks(links),
                rotation: Some(rotation()?),
            },
            // A client that proves itself may keep its refresh tokens, which spares the server a race for the next one.
            ClientKind::Portal => Self {
                minutes,
                days: Some(whole(spec.refresh_token_days)),
                sign_in: ExplicitAuthFlowsType::AllowRefreshTokenAuth,
                flow: OAuthFlowType::Code,
                scopes: personal_scopes(custom_scopes),
                identity_providers: Some(links.identity_providers.clone()),
                callback_urls: callbacks(links),
                rotation: None,
            },
            // No list at all would mean Cognito's own, with which people could sign in.
            ClientKind::Machine => Self {
                minutes,
                days: None,
                sign_in: ExplicitAuthFlowsType::AllowRefreshTokenAuth,
                flow: OAuthFlowType::ClientCredentials,
                scopes: custom_scopes.clone(),
                identity_providers: None,
                callback_urls: callbacks(links),
                rotation: None,
            },
        })
    }
}

/// What a person is known by, then what is asked for them.
fn personal_scopes(custom: &[String]) -> Vec<String> {
    IDENTITY_SCOPES.iter().map(|&scope| scope.to_owned()).chain(custom.iter().cloned()).collect()
}

/// A number in the API's type; the manifest allows none that does not fit.
fn whole(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn units() -> TokenValidityUnitsType {
    TokenValidityUnitsType::builder()
        .access_token(TimeUnitsType::Minutes)
        .id_token(TimeUnitsType::Minutes)
        .refresh_token(TimeUnitsType::Days)
        .build()
}

fn rotation() -> Result<RefreshTokenRotationType, StepError> {
    RefreshTokenRotationType::builder()
        .feature(FeatureType::Enabled)
        .retry_grace_period_seconds(GRACE_SECONDS)
        .build()
        .map_err(|error| StepError::bug(format!("a request to Cognito lacks a member: {error}")))
}

fn callbacks(links: &Links) -> Option<Vec<String>> {
    Some(links.callback_urls.clone()).filter(|urls| !urls.is_empty())
}

/// Changes nothing of `live` but that people are sent back to `url`, and to nowhere else.
pub(super) async fn set_callback(
    cx: &Cx<'_, Cloud>,
    live: Live,
    url: &str,
) -> Result<Live, StepError> {
    let request = update::overlay(cx, live).set_callback_urls(Some(vec![url.to_owned()]));
    let answer = request.send().await;
    Live::of(answer.map_err(|error| classify("UpdateUserPoolClient", error))?.user_pool_client)
}

/// The secret that Cognito made for a client, for whoever has to hand it on. It is asked for where it is needed and kept
/// nowhere.
pub(super) async fn secret(
    cx: &Cx<'_, Cloud>,
    pool_id: &str,
    client_id: &str,
) -> Result<SecretString, StepError> {
    let request = cx.cloud.cognito.describe_user_pool_client();
    let answer = request.user_pool_id(pool_id).client_id(client_id).send().await;
    let answer = answer.map_err(|error| classify("DescribeUserPoolClient", error))?;
    let secret = answer.user_pool_client.and_then(|client| client.client_secret);
    let none = || StepError::bug(format!("the client {client_id} has no secret"));
    secret.map(SecretString::from).ok_or_else(none)
}
