//! `OAuth2` credential providers: a vendor, a client, and a callback URL of their own.
//!
//! No reply shows a secret: it goes to Secrets Manager and stays there. Name and vendor never
//! change; an update carries the whole configuration again.

use serde_json::{Map, Value, json};

use super::faults::{self, conflict, invalid, not_found, quota};
use super::identity::CALLBACK_PATH;
use super::provider_secrets::{self, Given};
use super::shapes::check;
use super::shapes::identity::{
    CREATE_OAUTH2_CREDENTIAL_PROVIDER_REQUEST, CREDENTIAL_PROVIDER_NAME_REQUEST,
    LIST_OF_20_REQUEST, UPDATE_OAUTH2_CREDENTIAL_PROVIDER_REQUEST,
};
use super::state::{Oauth2Provider, State, Status, Target};
use super::{listing, members, merge, state, tags};
use crate::addresses;
use crate::service::{Call, Fault, Input, Reply};
use crate::settling::Settling;
use crate::time::epoch_seconds;

/// Providers in one Region.
const PROVIDERS: usize = 50;
/// The greatest page of their listing.
const PAGE: usize = 20;

/// Vendors with a member of their own in the configuration union, and where they publish their
/// endpoints. Every other vendor comes through `includedOauth2ProviderConfig`.
const OWN_MEMBER: [(&str, &str, &str); 8] = [
    ("CustomOauth2", "customOauth2ProviderConfig", ""),
    ("GoogleOauth2", "googleOauth2ProviderConfig", "https://accounts.google.com"),
    ("GithubOauth2", "githubOauth2ProviderConfig", "https://github.com/login/oauth"),
    ("SlackOauth2", "slackOauth2ProviderConfig", "https://slack.com"),
    ("SalesforceOauth2", "salesforceOauth2ProviderConfig", "https://login.salesforce.com"),
    ("MicrosoftOauth2", "microsoftOauth2ProviderConfig", "https://login.microsoftonline.com"),
    ("AtlassianOauth2", "atlassianOauth2ProviderConfig", "https://auth.atlassian.com"),
    ("LinkedinOauth2", "linkedinOauth2ProviderConfig", "https://www.linkedin.com/oauth"),
];
const INCLUDED_MEMBER: &str = "includedOauth2ProviderConfig";

/// Members of a configuration that hold or lead to the secret: replies never show them.
const SECRET_MEMBERS: [&str; 3] = ["clientSecret", "clientSecretConfig", "clientSecretSource"];

/// `CreateOauth2CredentialProvider`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_OAUTH2_CREDENTIAL_PROVIDER_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let name = name_of(input);
    let (configuration, given) = configuration_of(input)?;
    let providers = &state(call).oauth2_providers;
    if providers.contains_key(name) {
        let message = format!("A credential provider with name '{name}' already exists");
        return Err(conflict(message));
    }
    if providers.len() >= PROVIDERS {
        return Err(quota(format!("The account has {PROVIDERS} OAuth2 providers already")));
    }
    let secret = provider_secrets::put(call, "oauth2", name, given, None)?;
    let resource = format!("token-vault/default/oauth2credentialprovider/{name}");
    let callback = call.uuid();
    let provider = Oauth2Provider {
        name: name.to_owned(),
        arn: call.arn("bedrock-agentcore", &resource),
        vendor: vendor_of(input).to_owned(),
        configuration,
        callback_url: addresses::identity(call.port(), &format!("{CALLBACK_PATH}{callback}")),
        secret,
        status: Settling::until(
            now + call.options.delays.provider_ms,
            Status::Creating,
            Status::Ready,
        ),
        created_at: now,
        updated_at: now,
        tags: tags::given(input),
    };
    let reply = render(&provider, now);
    state(call).oauth2_providers.insert(name.to_owned(), provider);
    Ok(Reply::status(201, reply))
}

/// `GetOauth2CredentialProvider`
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREDENTIAL_PROVIDER_NAME_REQUEST, call.input)?;
    let now = call.now;
    Ok(Reply::json(render(find_mut(call)?, now)))
}

/// `UpdateOauth2CredentialProvider`
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_OAUTH2_CREDENTIAL_PROVIDER_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let (configuration, given) = configuration_of(input)?;
    let provider = find_mut(call)?;
    if provider.vendor != vendor_of(input) {
        let message = "The vendor of a credential provider cannot be changed";
        return Err(invalid("credentialProviderVendor", message));
    }
    check_idle(provider, now)?;
    let before = provider.secret.clone();
    let secret = provider_secrets::put(call, "oauth2", name_of(input), given, Some(&before))?;
    let settles_at = now + call.options.delays.provider_ms;
    let provider = find_mut(call)?;
    provider.configuration = configuration;
    provider.secret = secret;
    provider.updated_at = now;
    provider.status = Settling::until(settles_at, Status::Updating, Status::Ready);
    Ok(Reply::json(render(provider, now)))
}

/// `DeleteOauth2CredentialProvider`: not while a target uses it.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREDENTIAL_PROVIDER_NAME_REQUEST, call.input)?;
    let now = call.now;
    let settles_at = now + call.options.delays.provider_ms;
    let arn = find_mut(call)?.arn.clone();
    let user = user_of(state(call), &arn);
    let provider = find_mut(call)?;
    check_idle(provider, now)?;
    if let Some(user) = user {
        return Err(conflict(format!("{} is in use by {user}", provider.name)));
    }
    provider.status = Settling::until(settles_at, Status::Deleting, Status::Gone);
    let secret = provider.secret.clone();
    provider_secrets::remove(call, &secret);
    Ok(Reply::empty(204))
}

/// `ListOauth2CredentialProviders`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_OF_20_REQUEST, call.input)?;
    let input = call.input;
    let items = state(call).oauth2_providers.values().map(|provider| {
        let item = json!({
            "name": provider.name,
            "credentialProviderVendor": provider.vendor,
            "credentialProviderArn": provider.arn,
            "createdTime": epoch_seconds(provider.created_at),
            "lastUpdatedTime": epoch_seconds(provider.updated_at),
        });
        (provider.name.clone(), item)
    });
    listing(input, items, "credentialProviders", PAGE)
}

fn name_of(input: &Input) -> &str {
    input.text("name").unwrap_or_default()
}

fn vendor_of(input: &Input) -> &str {
    input.text("credentialProviderVendor").unwrap_or_default()
}

fn find_mut<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Oauth2Provider, Fault> {
    let name = name_of(call.input);
    state(call)
        .oauth2_providers
        .get_mut(name)
        .ok_or_else(|| not_found(format!("Credential provider with name '{name}' not found")))
}

fn check_idle(provider: &Oauth2Provider, now: i64) -> Result<(), Fault> {
    faults::check_idle(&provider.name, *provider.status.at(now))
}

/// A target that gets its tokens from the provider, one that is being deleted included.
fn user_of(state: &State, provider: &str) -> Option<String> {
    let uses = |target: &&Target| {
        let credential = &target.settings.credential_provider_configurations[0];
        credential["credentialProvider"]["oauthCredentialProvider"]["providerArn"] == provider
    };
    state.gateways.values().find_map(|gateway| {
        let target = gateway.targets.values().find(uses)?;
        Some(format!("target {} of gateway {}", target.id, gateway.id))
    })
}

/// The output form of the request's configuration, and its secret.
fn configuration_of(input: &Input) -> Result<(Value, Given), Fault> {
    const FIELD: &str = "oauth2ProviderConfigInput";
    let vendor = vendor_of(input);
    let own = OWN_MEMBER.iter().find(|(name, ..)| *name == vendor);
    let wanted = own.map_or(INCLUDED_MEMBER, |(_, member, _)| member);
    let union = input.object(FIELD).cloned().unwrap_or_default();
    let Some(Value::Object(sent)) = union.get(wanted) else {
        return Err(invalid(FIELD, format!("Vendor {vendor} needs the member {wanted}")));
    };
    let text = |name: &str| sent.get(name).and_then(Value::as_str);
    let given = provider_secrets::given(
        text("clientSecretSource"),
        sent.get("clientSecretConfig").filter(|config| !config.is_null()),
        text("clientSecret"),
    );
    let method = text("clientAuthenticationMethod").unwrap_or("CLIENT_SECRET_BASIC");
    // These methods prove the client without a shared secret, and an exchange may leave the client out.
    let alone = matches!(method, "AWS_IAM_ID_TOKEN_JWT" | "PRIVATE_KEY_JWT")
        || sent
            .get("onBehalfOfTokenExchangeConfig")
            .is_some_and(|exchange| !exchange["onBehalfOfAuthenticationConfig"].is_null());
    let untold = text("clientSecretSource") != Some("EXTERNAL")
        && text("clientSecret").is_none_or(str::is_empty);
    let given = match given {
        Ok(given) => given,
        Err(_) if alone && untold => Given::Managed(String::new()),
        Err(message) => return Err(invalid(&format!("{FIELD}.{wanted}"), message)),
    };
    if method == "PRIVATE_KEY_JWT" && !sent.contains_key("privateKeyJwtConfig") {
        let message = "PRIVATE_KEY_JWT needs a privateKeyJwtConfig";
        return Err(invalid(&format!("{FIELD}.{wanted}"), message));
    }
    let mut shown: Map<String, Value> = sent
        .iter()
        .filter(|(name, value)| !SECRET_MEMBERS.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !shown.contains_key("oauthDiscovery") {
        shown.insert("oauthDiscovery".to_owned(), discovery(vendor, &shown));
        for endpoint in ["issuer", "authorizationEndpoint", "tokenEndpoint", "tenantId"] {
            shown.remove(endpoint);
        }
    }
    Ok((json!({wanted: shown}), given))
}

/// Where a built-in vendor's endpoints are: replies carry them although no request does.
fn discovery(vendor: &str, sent: &Map<String, Value>) -> Value {
    let tenant = sent.get("tenantId").and_then(Value::as_str);
    let base = OWN_MEMBER
        .iter()
        .find(|(name, ..)| *name == vendor)
        .map(|(name, _, base)| match (*name, tenant) {
            // Each tenant of Microsoft's is an issuer of its own.
            ("MicrosoftOauth2", Some(tenant)) => format!("{base}/{tenant}/v2.0"),
            _ => (*base).to_owned(),
        })
        .or_else(|| Some(sent.get("issuer")?.as_str()?.trim_end_matches('/').to_owned()))
        .unwrap_or_else(|| {
            format!("https://{}.example.com", vendor.trim_end_matches("Oauth2").to_lowercase())
        });
    let endpoint = |name: &str, path: &str| {
        sent.get(name).cloned().unwrap_or_else(|| Value::from(format!("{base}/{path}")))
    };
    json!({"authorizationServerMetadata": {
        "authorizationEndpoint": endpoint("authorizationEndpoint", "authorize"),
        "tokenEndpoint": endpoint("tokenEndpoint", "token"),
        "issuer": base,
    }})
}

fn render(provider: &Oauth2Provider, now: i64) -> Value {
    merge(
        json!({
            "name": provider.name,
            "credentialProviderVendor": provider.vendor,
            "credentialProviderArn": provider.arn,
            "clientSecretArn": {"secretArn": provider.secret.arn},
            "clientSecretSource": provider_secrets::source(&provider.secret),
            "callbackUrl": provider.callback_url,
            "oauth2ProviderConfigOutput": provider.configuration,
            "createdTime": epoch_seconds(provider.created_at),
            "lastUpdatedTime": epoch_seconds(provider.updated_at),
            "status": provider.status.at(now),
        }),
        members([("clientSecretJsonKey", provider.secret.json_key.clone().map(Value::from))]),
    )
}
