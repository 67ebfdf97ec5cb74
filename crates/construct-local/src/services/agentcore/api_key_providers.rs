//! API key credential providers: a name, an ARN, and a key in Secrets Manager.
//!
//! Nothing keeps a provider from being deleted while a target still uses it: the service declares
//! no conflict for it.

use serde_json::{Value, json};

use super::faults::{conflict, invalid, not_found, quota};
use super::provider_secrets::{self, Given};
use super::shapes::check;
use super::shapes::identity::{
    CREATE_API_KEY_CREDENTIAL_PROVIDER_REQUEST, CREDENTIAL_PROVIDER_NAME_REQUEST,
    LIST_OF_100_REQUEST, UPDATE_API_KEY_CREDENTIAL_PROVIDER_REQUEST,
};
use super::state::{ApiKeyProvider, SecretPlace};
use super::{listing, members, merge, state, tags};
use crate::service::{Call, Fault, Input, Reply};
use crate::time::epoch_seconds;

/// Providers in one Region.
const PROVIDERS: usize = 50;

/// `CreateApiKeyCredentialProvider`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_API_KEY_CREDENTIAL_PROVIDER_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let name = name_of(input);
    let given = secret_of(input)?;
    let providers = &state(call).api_key_providers;
    if providers.contains_key(name) {
        let message = format!("A credential provider with name '{name}' already exists");
        return Err(conflict(message));
    }
    if providers.len() >= PROVIDERS {
        return Err(quota(format!("The account has {PROVIDERS} API key providers already")));
    }
    let secret = provider_secrets::put(call, "apikey", name, given, None)?;
    let resource = format!("token-vault/default/apikeycredentialprovider/{name}");
    let provider = ApiKeyProvider {
        name: name.to_owned(),
        arn: call.arn("bedrock-agentcore", &resource),
        secret,
        created_at: now,
        updated_at: now,
        tags: tags::given(input),
    };
    let reply = render(&provider);
    state(call).api_key_providers.insert(name.to_owned(), provider);
    Ok(Reply::status(201, reply))
}

/// `GetApiKeyCredentialProvider`
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREDENTIAL_PROVIDER_NAME_REQUEST, call.input)?;
    Ok(Reply::json(render(find_mut(call)?)))
}

/// `UpdateApiKeyCredentialProvider`: replaces the key.
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_API_KEY_CREDENTIAL_PROVIDER_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let given = secret_of(input)?;
    let before = find_mut(call)?.secret.clone();
    let secret = provider_secrets::put(call, "apikey", name_of(input), given, Some(&before))?;
    let provider = find_mut(call)?;
    provider.secret = secret;
    provider.updated_at = now;
    Ok(Reply::json(render(provider)))
}

/// `DeleteApiKeyCredentialProvider`
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREDENTIAL_PROVIDER_NAME_REQUEST, call.input)?;
    let secret: SecretPlace = find_mut(call)?.secret.clone();
    let name = name_of(call.input);
    state(call).api_key_providers.remove(name);
    provider_secrets::remove(call, &secret);
    Ok(Reply::empty(204))
}

/// `ListApiKeyCredentialProviders`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_OF_100_REQUEST, call.input)?;
    let input = call.input;
    let items = state(call).api_key_providers.values().map(|provider| {
        let item = json!({
            "name": provider.name,
            "credentialProviderArn": provider.arn,
            "createdTime": epoch_seconds(provider.created_at),
            "lastUpdatedTime": epoch_seconds(provider.updated_at),
        });
        (provider.name.clone(), item)
    });
    listing(input, items, "credentialProviders", 100)
}

fn name_of(input: &Input) -> &str {
    input.text("name").unwrap_or_default()
}

/// The key in the request: the caller's own secret, or a value to keep for the caller.
fn secret_of(input: &Input) -> Result<Given, Fault> {
    provider_secrets::given(
        input.text("apiKeySecretSource"),
        input.get("apiKeySecretConfig"),
        input.text("apiKey"),
    )
    .map_err(|message| invalid("apiKey", message))
}

fn find_mut<'a>(call: &'a mut Call<'_>) -> Result<&'a mut ApiKeyProvider, Fault> {
    let name = name_of(call.input);
    state(call)
        .api_key_providers
        .get_mut(name)
        .ok_or_else(|| not_found(format!("Credential provider with name '{name}' not found")))
}

fn render(provider: &ApiKeyProvider) -> Value {
    merge(
        json!({
            "name": provider.name,
            "credentialProviderArn": provider.arn,
            "apiKeySecretArn": {"secretArn": provider.secret.arn},
            "apiKeySecretSource": provider_secrets::source(&provider.secret),
            "createdTime": epoch_seconds(provider.created_at),
            "lastUpdatedTime": epoch_seconds(provider.updated_at),
        }),
        members([("apiKeySecretJsonKey", provider.secret.json_key.clone().map(Value::from))]),
    )
}
