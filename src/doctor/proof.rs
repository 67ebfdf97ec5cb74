//! How a login without a person shows who calls: a token that was given, one of the client for machines, the caller's AWS
//! credentials, or on the local AWS a token that the pool gives nobody in particular.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use construct_local::services::cognito;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::Finding;
use super::connection::{Connection, Trust};
use super::login::Proof;
use super::planes::Planes;
use crate::cloud::{Cloud, classify, look_up_credentials};
use crate::manifest::Inbound;
use crate::outputs::config::{Cognito, Config};
use crate::proxy::{Authorization, Keys, Signer};
use crate::wire::own_authority;

/// What there is to show.
pub(super) struct Means<'a> {
    /// A token that was given.
    pub(super) token: Option<&'a SecretString>,
    /// The account, where it is reached.
    pub(super) cloud: Option<&'a Cloud>,
    /// The stack.
    pub(super) config: &'a Config,
    /// The local AWS that is served for this login.
    pub(super) planes: Option<&'a Planes>,
    /// Whose certificates are trusted.
    pub(super) trust: &'a Trust,
}

/// The proof for a gateway with this way in, or why there is none.
///
/// # Errors
/// What a person can do to have one, or what went wrong on the way to it.
pub(super) async fn of(inbound: Inbound, means: &Means<'_>) -> Result<Proof, Finding> {
    match (inbound, means.token) {
        (Inbound::None, _) => {
            Ok(Proof { authorization: Authorization::Nothing, whose: "anybody".to_owned() })
        }
        (Inbound::Iam, _) => Ok(signed(means)),
        (_, Some(token)) => Ok(bearer(token.clone(), "the bearer of the given token")),
        (Inbound::Jwt, None) => {
            Err(untried("its tokens come from an issuer of your own, and none was given"))
        }
        (Inbound::Cognito, None) => of_pool(means).await,
    }
}

async fn of_pool(means: &Means<'_>) -> Result<Proof, Finding> {
    let Some(cognito) = &means.config.cognito else {
        return Err(untried("the user pool is not there"));
    };
    if let Some(client) = cognito.clients.get("machine") {
        let Some(cloud) = means.cloud else {
            return Err(untried(
                "the secret of the client for machines can only be read with AWS credentials",
            ));
        };
        let secret = secret_of(cloud, cognito, client).await?;
        let token = machine_token(means, cognito, (client, &secret)).await?;
        return Ok(bearer(token, "the client for machines"));
    }
    let served = means.planes.zip(cognito.clients.get("editors"));
    let made = match served {
        Some((planes, client)) => {
            let place = (cognito.pool_id.as_str(), client.as_str());
            cognito::access_token(planes.aws(), place, &cognito.scopes).await
        }
        None => None,
    };
    let token = made.ok_or_else(|| {
        untried("the stack has no client for machines, and no person is here to sign in")
    })?;
    Ok(bearer(token.into(), "a client of the local pool, for which nobody signed in"))
}

fn untried(why: &str) -> Finding {
    Finding::not_tried(
        "token, initialize and tools/list",
        why,
        "write `m2m = true` into [cognito] and run `construct up`, or sign in with an editor and give its access token: \
         `construct doctor --token-env VARIABLE`",
    )
}

fn bearer(token: SecretString, whose: &str) -> Proof {
    let token = Box::new(move || Ok(token.clone()));
    Proof { authorization: Authorization::Bearer(token), whose: whose.to_owned() }
}

fn signed(means: &Means<'_>) -> Proof {
    let region = means.config.region.clone();
    let is_local = means.cloud.is_none_or(|cloud| cloud.local);
    let keys = if is_local {
        Keys::of_local_aws()
    } else {
        let region = region.clone();
        Keys::of(Box::new(move || {
            let region = region.clone();
            Box::pin(async move { look_up_credentials(None, &region).await })
        }))
    };
    let signer = Signer { service: "bedrock-agentcore".to_owned(), region, keys };
    Proof { authorization: Authorization::SigV4(signer), whose: "the caller of AWS".to_owned() }
}

async fn secret_of(
    cloud: &Cloud,
    cognito: &Cognito,
    client: &str,
) -> Result<SecretString, Finding> {
    let call = cloud.cognito.describe_user_pool_client();
    let answer = call.user_pool_id(&cognito.pool_id).client_id(client).send().await;
    let answer = answer.map_err(|error| {
        let error = classify("DescribeUserPoolClient", error);
        Finding::refused("token, initialize and tools/list", &error)
    })?;
    let secret = answer.user_pool_client.and_then(|client| client.client_secret);
    secret.map(SecretString::from).ok_or_else(|| untried("the client for machines has no secret"))
}

/// Where the pool gives tokens. The local AWS writes the domain as AWS does, and answers for all of them at a name of this
/// machine.
fn token_server(means: &Means<'_>, cognito: &Cognito) -> Option<String> {
    if means.cloud.is_none_or(|cloud| !cloud.local) {
        return cognito.domain.clone();
    }
    let config = means.config;
    let gateways = config.gateways.values().map(|gateway| &gateway.url);
    let mut urls = config.gateway.iter().map(|gateway| &gateway.url).chain(gateways);
    let (_, port) = own_authority(urls.next()?)?.rsplit_once(':')?;
    Some(format!("http://idp.localhost:{port}"))
}

/// A token by client credentials (RFC 6749, section 4.4).
async fn machine_token(
    means: &Means<'_>,
    cognito: &Cognito,
    (client, secret): (&str, &SecretString),
) -> Result<SecretString, Finding> {
    let refused = |why: String| {
        Finding::wrong(
            format!("the user pool gives the client for machines no token: {why}"),
            "pipelines that sign in with this client fail",
            "run `construct up`, which sets the client right; `construct status` shows whether somebody changed it",
        )
    };
    let server = token_server(means, cognito);
    let server = server.ok_or_else(|| refused("the pool has no domain".to_owned()))?;
    let pair = SecretString::from(format!("{client}:{}", secret.expose_secret()));
    let basic =
        SecretString::from(format!("Basic {}", BASE64_STANDARD.encode(pair.expose_secret())));
    let mut basic =
        HeaderValue::from_str(basic.expose_secret()).map_err(|error| refused(error.to_string()))?;
    basic.set_sensitive(true);
    let scope = utf8_percent_encode(&cognito.scopes.join(" "), NON_ALPHANUMERIC).to_string();
    let request = Request::post("/oauth2/token")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(AUTHORIZATION, basic)
        .body(Bytes::from(format!("grant_type=client_credentials&scope={scope}")))
        .map_err(|error| refused(error.to_string()))?;
    let opened = Connection::open(&server, means.trust).await;
    let (mut connection, _) = opened.map_err(|error| refused(error.to_string()))?;
    let answer = connection.send(request).await.map_err(refused)?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let token = body["access_token"].as_str().map(SecretString::from);
    token.ok_or_else(|| {
        let code = body["error"].as_str().unwrap_or("no reason");
        refused(format!("status {}, {code}", answer.status.as_u16()))
    })
}
