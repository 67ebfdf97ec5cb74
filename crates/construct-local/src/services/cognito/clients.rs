//! App clients. `UpdateUserPoolClient` resets whatever it is not given, as the real one does.

use serde_json::{Map, Value, json};

use super::grants::Issued;
use super::pools::state;
use super::state::{Client, Pool};
use super::{flag, identity_providers, input, invalid, not_found, paged, shapes, text, texts};
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::{Call, Fault};
use crate::time::epoch_seconds;

const APART: [&str; 5] = ["UserPoolId", "ClientId", "ClientName", "GenerateSecret", "ClientSecret"];
/// Token, default unit, least and greatest validity in seconds, and the default in that unit.
const VALIDITIES: [(&str, &str, &str, i64, i64); 3] = [
    ("AccessTokenValidity", "AccessToken", "hours", 300, 86_400),
    ("IdTokenValidity", "IdToken", "hours", 300, 86_400),
    ("RefreshTokenValidity", "RefreshToken", "days", 3_600, 315_360_000),
];

pub(super) fn create(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::CREATE_CLIENT)?;
    let id = text(&given, "UserPoolId");
    let generate = flag(&given, "GenerateSecret").unwrap_or(false);
    let own_secret = given.get("ClientSecret").and_then(Value::as_str);
    if generate && own_secret.is_some() {
        return Err(invalid("GenerateSecret and ClientSecret cannot be given together."));
    }
    let has_secret = generate || own_secret.is_some();
    let settings = settings(&given, state(call).pool(id)?, has_secret)?;
    let client_id = call.random_id(LOWER_ALPHANUMERIC, 26);
    let secret = if generate {
        Some(call.random_id(LOWER_ALPHANUMERIC, 51))
    } else {
        own_secret.map(str::to_owned)
    };
    let name = text(&given, "ClientName").to_owned();
    let issued = Issued::default();
    let client = Client { name, created: call.now, modified: call.now, secret, settings, issued };
    let shown = show(id, &client_id, &client);
    state(call).pool_mut(id)?.clients.insert(client_id, client);
    Ok(json!({ "UserPoolClient": shown }))
}

pub(super) fn describe(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::ONE_CLIENT)?;
    let (id, client_id) = (text(&given, "UserPoolId"), text(&given, "ClientId"));
    let pool = state(call).pool(id)?;
    let client = pool.clients.get(client_id).ok_or_else(|| no_client(client_id))?;
    Ok(json!({ "UserPoolClient": show(id, client_id, client) }))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::LIST_CLIENTS)?;
    let id = text(&given, "UserPoolId");
    let clients = state(call)
        .pool(id)?
        .clients
        .iter()
        .map(|(client_id, client)| {
            let shown =
                json!({ "ClientId": client_id, "UserPoolId": id, "ClientName": client.name });
            (client_id.clone(), shown)
        })
        .collect();
    paged(clients, &given, ("MaxResults", 60), "NextToken", "UserPoolClients")
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::UPDATE_CLIENT)?;
    let (id, client_id) = (text(&given, "UserPoolId"), text(&given, "ClientId"));
    let now = call.now;
    let pool = state(call).pool(id)?;
    let client = pool.clients.get(client_id).ok_or_else(|| no_client(client_id))?;
    let settings = settings(&given, pool, client.secret.is_some())?;
    let pool = state(call).pool_mut(id)?;
    let client = pool.clients.get_mut(client_id).ok_or_else(|| no_client(client_id))?;
    if let Some(name) = given.get("ClientName").and_then(Value::as_str) {
        name.clone_into(&mut client.name);
    }
    client.settings = settings;
    client.modified = now;
    Ok(json!({ "UserPoolClient": show(id, client_id, client) }))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::ONE_CLIENT)?;
    let client_id = text(&given, "ClientId");
    let pool = state(call).pool_mut(text(&given, "UserPoolId"))?;
    pool.clients.shift_remove(client_id).ok_or_else(|| no_client(client_id))?;
    Ok(json!({}))
}

/// The settings of a client: what was given, and the default of what was not.
fn settings(
    given: &Map<String, Value>,
    pool: &Pool,
    has_secret: bool,
) -> Result<Map<String, Value>, Fault> {
    check_oauth(given, pool, has_secret)?;
    check_urls(given)?;
    check_rotation(given)?;
    check_auth_flows(given)?;
    if let Some(provider) = texts(given, "SupportedIdentityProviders").iter().find(|name| {
        **name != identity_providers::OWN && !pool.identity_providers.contains_key(**name)
    }) {
        return Err(invalid(format!(
            "The provider {provider} does not exist for User Pool {}",
            pool.id
        )));
    }
    let mut settings: Map<String, Value> = given
        .iter()
        .filter(|(name, _)| !APART.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if settings.get("RefreshTokenValidity").is_none_or(|validity| *validity == json!(0)) {
        settings.insert("RefreshTokenValidity".to_owned(), json!(30));
        if let Some(units) = settings.get_mut("TokenValidityUnits").and_then(Value::as_object_mut) {
            units.insert("RefreshToken".to_owned(), json!("days"));
        }
    }
    check_validities(&settings)?;
    for (name, default) in [
        ("TokenValidityUnits", json!({})),
        ("AllowedOAuthFlowsUserPoolClient", json!(false)),
        ("EnableTokenRevocation", json!(true)),
        ("EnablePropagateAdditionalUserContextData", json!(false)),
        ("AuthSessionValidity", json!(3)),
    ] {
        settings.entry(name.to_owned()).or_insert(default);
    }
    Ok(settings)
}

fn check_oauth(given: &Map<String, Value>, pool: &Pool, has_secret: bool) -> Result<(), Fault> {
    let refused = |message: &str| Err(Fault::client("InvalidOAuthFlowException", message));
    let flows = texts(given, "AllowedOAuthFlows");
    let scopes = texts(given, "AllowedOAuthScopes");
    let on = flag(given, "AllowedOAuthFlowsUserPoolClient").unwrap_or(false);
    if on && (flows.is_empty() || scopes.is_empty()) {
        return refused(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed \
             to use OAuth flows.",
        );
    }
    if flows.contains(&"client_credentials") {
        if flows.len() > 1 {
            return refused(
                "client_credentials flow can not be selected along with code flow or implicit \
                 flow.",
            );
        }
        if !has_secret {
            return refused(
                "client_credentials flow can not be selected if client does not have a client \
                 secret.",
            );
        }
    } else if !flows.is_empty() && texts(given, "CallbackURLs").is_empty() {
        return Err(invalid("At least one callback URL is needed for the code or implicit flow."));
    }
    if let Some(scope) = scopes.iter().find(|scope| !pool.has_scope(scope)) {
        return Err(Fault::client(
            "ScopeDoesNotExistException",
            format!("Invalid scope requested: {scope}"),
        ));
    }
    Ok(())
}

/// Absolute, without a fragment, and https but for a loopback host or an app's own scheme.
fn check_urls(given: &Map<String, Value>) -> Result<(), Fault> {
    for name in ["CallbackURLs", "LogoutURLs"] {
        for url in texts(given, name) {
            let Some((scheme, rest)) = url.split_once(':').filter(|(scheme, _)| is_scheme(scheme))
            else {
                return Err(invalid(format!("{url} is not an absolute URL.")));
            };
            if url.contains('#') {
                return Err(invalid(format!("{url} must not contain a fragment.")));
            }
            let authority = rest.trim_start_matches('/').split(['/', '?']).next();
            let authority = authority.unwrap_or_default();
            if scheme.eq_ignore_ascii_case("http") && !is_loopback(authority) {
                return Err(invalid(format!("{url} cannot use the HTTP protocol.")));
            }
            if scheme.eq_ignore_ascii_case("https") && authority.is_empty() {
                return Err(invalid(format!("{url} has no host.")));
            }
        }
    }
    let default = text(given, "DefaultRedirectURI");
    if !default.is_empty() && !texts(given, "CallbackURLs").contains(&default) {
        return Err(invalid("DefaultRedirectURI must be one of the CallbackURLs."));
    }
    Ok(())
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    // Where the real HTTP APIs have https addresses, the local AWS's have these.
    let own_api = host.contains(".execute-api.") && host.ends_with(".localhost");
    own_api || matches!(host, "localhost" | "127.0.0.1" | "::1")
}

fn check_rotation(given: &Map<String, Value>) -> Result<(), Fault> {
    let rotates = given
        .get("RefreshTokenRotation")
        .is_some_and(|rotation| rotation["Feature"] == json!("ENABLED"));
    if rotates && texts(given, "ExplicitAuthFlows").contains(&"ALLOW_REFRESH_TOKEN_AUTH") {
        return Err(invalid(
            "Refresh token rotation cannot be enabled together with ALLOW_REFRESH_TOKEN_AUTH.",
        ));
    }
    Ok(())
}

/// The old names and the `ALLOW_` names do not mix.
fn check_auth_flows(given: &Map<String, Value>) -> Result<(), Fault> {
    let flows = texts(given, "ExplicitAuthFlows");
    let new = flows.iter().filter(|flow| flow.starts_with("ALLOW_")).count();
    if new > 0 && new < flows.len() {
        return Err(invalid("Cannot specify both legacy and ALLOW_ prefixed auth flows."));
    }
    Ok(())
}

fn check_validities(settings: &Map<String, Value>) -> Result<(), Fault> {
    for (name, token, unit, least, most) in VALIDITIES {
        let Some(validity) = settings.get(name).and_then(Value::as_i64) else { continue };
        let unit = settings
            .get("TokenValidityUnits")
            .and_then(|units| units.get(token)?.as_str())
            .unwrap_or(unit);
        let factor = match unit {
            "seconds" => 1,
            "minutes" => 60,
            "hours" => 3_600,
            _ => 86_400,
        };
        if !(least..=most).contains(&validity.saturating_mul(factor)) {
            return Err(invalid("Invalid range for token validity."));
        }
    }
    Ok(())
}

fn show(pool: &str, client_id: &str, client: &Client) -> Value {
    let mut shown = Map::new();
    shown.insert("UserPoolId".to_owned(), json!(pool));
    shown.insert("ClientName".to_owned(), json!(client.name));
    shown.insert("ClientId".to_owned(), json!(client_id));
    if let Some(secret) = &client.secret {
        shown.insert("ClientSecret".to_owned(), json!(secret));
    }
    shown.insert("CreationDate".to_owned(), epoch_seconds(client.created));
    shown.insert("LastModifiedDate".to_owned(), epoch_seconds(client.modified));
    shown.insert("ClientType".to_owned(), json!("REGULAR"));
    shown.extend(client.settings.clone());
    Value::Object(shown)
}

fn no_client(client_id: &str) -> Fault {
    not_found(format!("User pool client {client_id} does not exist."))
}
