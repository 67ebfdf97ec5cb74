//! The local Cognito user pools, with the refusals of the real ones: the control plane of pools,
//! domains, resource servers, clients and users; and what people and programs sign in with: key
//! sets, the sign-in page, the OAuth endpoints, `InitiateAuth`.

mod accounts;
mod authorize;
mod clients;
mod codes;
mod credentials;
mod directory;
mod discovery;
mod domains;
mod grants;
mod identity_providers;
mod initiate_auth;
mod keys;
mod passwords;
mod plane;
mod pools;
mod renewal;
mod resource_servers;
mod schema;
mod shapes;
mod sign_in;
mod sign_in_page;
mod software_tokens;
mod state;
mod tags;
mod token_endpoint;
mod tokens;
mod users;

#[cfg(test)]
mod sign_in_tests;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value};

pub(crate) use directory::answers;
pub use grants::{Challenge, Code, Grant, Issued, Owes, RefreshToken, Session};
pub use keys::PublicKey;
pub use software_tokens::SoftwareToken;
pub use state::{Client, Domain, IdentityProvider, Pool, ResourceServer, State, User};

use crate::local::LocalAws;
use crate::page::Page;
use crate::service::{Boxed, Call, Fault, Protocol, Reply, Service};
use crate::services::shape::{self, Member, Refusal};
use crate::wire::Wire;

/// An access token of a pool for one of its clients, as machines get them: nobody signed in for it. The client need not be
/// one that may ask for such a token. None where there is no such pool or client.
pub async fn access_token(
    local: &LocalAws,
    (pool, client_id): (&str, &str),
    scopes: &[String],
) -> Option<String> {
    let (_, key) = keys::of_pool(local, pool).await?;
    let (draw, now) = (tokens::Draw::new(local), local.now_ms());
    let unsigned = local.read(|account| {
        let pool = directory::pool(account, pool)?;
        let client = pool.clients.get(client_id)?;
        Some(tokens::Asker { pool, client_id, client, now }.machine(scopes, &draw))
    })?;
    Some(unsigned.sign(&key).access)
}

/// The service behind the signing name `cognito-idp`.
#[derive(Debug, Clone, Copy)]
pub struct Cognito;

impl Service for Cognito {
    fn signing_name(&self) -> &'static str {
        "cognito-idp"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Json { version: "1.1", target_prefix: "AWSCognitoIdentityProviderService" }
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault> {
        let answer = match call.operation {
            "InitiateAuth" => return initiate_auth::initiate(call),
            "RespondToAuthChallenge" => return initiate_auth::respond(call),
            "CreateUserPool" => pools::create(call),
            "DescribeUserPool" => pools::describe(call),
            "ListUserPools" => pools::list(call),
            "UpdateUserPool" => pools::update(call),
            "DeleteUserPool" => pools::delete(call),
            "SetUserPoolMfaConfig" => pools::set_mfa(call),
            "GetUserPoolMfaConfig" => pools::get_mfa(call),
            "TagResource" => tags::tag(call),
            "UntagResource" => tags::untag(call),
            "ListTagsForResource" => tags::list(call),
            "CreateUserPoolDomain" => domains::create(call),
            "DescribeUserPoolDomain" => domains::describe(call),
            "UpdateUserPoolDomain" => domains::update(call),
            "DeleteUserPoolDomain" => domains::delete(call),
            "CreateResourceServer" => resource_servers::create(call),
            "DescribeResourceServer" => resource_servers::describe(call),
            "ListResourceServers" => resource_servers::list(call),
            "UpdateResourceServer" => resource_servers::update(call),
            "DeleteResourceServer" => resource_servers::delete(call),
            "CreateIdentityProvider" => identity_providers::create(call),
            "DescribeIdentityProvider" => identity_providers::describe(call),
            "ListIdentityProviders" => identity_providers::list(call),
            "UpdateIdentityProvider" => identity_providers::update(call),
            "DeleteIdentityProvider" => identity_providers::delete(call),
            "CreateUserPoolClient" => clients::create(call),
            "DescribeUserPoolClient" => clients::describe(call),
            "ListUserPoolClients" => clients::list(call),
            "UpdateUserPoolClient" => clients::update(call),
            "DeleteUserPoolClient" => clients::delete(call),
            "AdminCreateUser" => users::create(call),
            "AdminGetUser" => users::get(call),
            "AdminSetUserPassword" => users::set_password(call),
            "AdminDisableUser" => accounts::disable(call),
            "AdminEnableUser" => accounts::enable(call),
            "AdminResetUserPassword" => accounts::reset_password(call),
            "AdminSetUserMFAPreference" => software_tokens::prefer(call),
            "AdminUserGlobalSignOut" => accounts::sign_out(call),
            "AdminDeleteUser" => users::delete(call),
            "AdminUpdateUserAttributes" => users::update_attributes(call),
            "ListUsers" => users::list(call),
            _ => return Err(call.not_implemented()),
        }?;
        Ok(Reply::json(answer))
    }

    fn plane(&self, local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Bytes>>> {
        plane::answer(local, request)
    }
}

/// The call's members, checked against the operation's shape.
fn input(call: &Call<'_>, members: &[Member]) -> Result<Map<String, Value>, Fault> {
    shape::check(call.input.members(), members).map_err(|refusal| match refusal {
        Refusal::Type(sentence) => Fault::client("SerializationException", sentence),
        Refusal::Limits(sentence) => invalid(sentence),
    })
}

/// A string member; empty when it was left out.
fn text<'a>(input: &'a Map<String, Value>, name: &str) -> &'a str {
    input.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn flag(input: &Map<String, Value>, name: &str) -> Option<bool> {
    input.get(name).and_then(Value::as_bool)
}

fn texts<'a>(input: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    input
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterException", message)
}

fn not_found(message: impl Into<String>) -> Fault {
    Fault::client("ResourceNotFoundException", message)
}

/// One page under the names this service uses.
fn paged(
    items: Vec<(String, Value)>,
    input: &Map<String, Value>,
    size: (&str, usize),
    token: &str,
    name: &str,
) -> Result<Value, Fault> {
    let wanted = input.get(size.0).and_then(Value::as_u64).filter(|wanted| *wanted > 0);
    let wanted = wanted.and_then(|wanted| usize::try_from(wanted).ok()).unwrap_or(size.1);
    let given = input.get(token).and_then(Value::as_str);
    let Page { items, next } = crate::page::page(items, |(key, _)| key.clone(), given, wanted)
        .map_err(|_foreign| invalid("Invalid pagination token"))?;
    let mut answer = Map::new();
    answer.insert(name.to_owned(), items.into_iter().map(|(_, item)| item).collect());
    if let Some(next) = next {
        answer.insert(token.to_owned(), Value::from(next));
    }
    Ok(Value::Object(answer))
}
