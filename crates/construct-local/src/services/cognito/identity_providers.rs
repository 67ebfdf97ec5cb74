//! External identity providers of a pool, OIDC and SAML: what people beyond the pool's own may
//! sign in with. They are kept and checked; the local AWS does not send anybody there.
//!
//! The service also fetches a provider's discovery document and metadata, and shows what it found
//! there. The local AWS calls nobody, so it shows what it was given.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::pools::state;
use super::state::{IdentityProvider, Pool};
use super::{input, invalid, not_found, paged, schema, shapes, text};
use crate::service::{Call, Fault};
use crate::time::epoch_seconds;
use crate::wire::xml;

/// The pool's own users, in a client's list of providers.
pub(super) const OWN: &str = "COGNITO";

pub(super) fn create(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::CREATE_IDENTITY_PROVIDER)?;
    let (id, name) = (text(&given, "UserPoolId"), text(&given, "ProviderName"));
    let now = call.now;
    let kind = text(&given, "ProviderType");
    let mut provider = IdentityProvider {
        kind: kind.to_owned(),
        created: now,
        modified: now,
        details: BTreeMap::new(),
        attribute_mapping: BTreeMap::new(),
        identifiers: Vec::new(),
    };
    if kind == "OIDC" {
        provider.attribute_mapping.insert("username".to_owned(), "sub".to_owned());
    }
    let pool = state(call).pool_mut(id)?;
    if pool.identity_providers.contains_key(name) || name == OWN {
        return Err(Fault::client(
            "DuplicateProviderException",
            format!("A provider with the name {name} already exists for this user pool."),
        ));
    }
    change(&mut provider, pool, name, &given)?;
    let shown = show(id, name, &provider);
    pool.identity_providers.insert(name.to_owned(), provider);
    Ok(json!({ "IdentityProvider": shown }))
}

pub(super) fn describe(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::ONE_IDENTITY_PROVIDER)?;
    let (id, name) = (text(&given, "UserPoolId"), text(&given, "ProviderName"));
    let pool = state(call).pool(id)?;
    let provider = pool.identity_providers.get(name).ok_or_else(|| no_provider(name))?;
    Ok(json!({ "IdentityProvider": show(id, name, provider) }))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::UPDATE_IDENTITY_PROVIDER)?;
    let (id, name) = (text(&given, "UserPoolId"), text(&given, "ProviderName"));
    let now = call.now;
    let pool = state(call).pool_mut(id)?;
    let provider = pool.identity_providers.get(name).cloned();
    let mut provider = provider.ok_or_else(|| no_provider(name))?;
    change(&mut provider, pool, name, &given)?;
    provider.modified = now;
    let shown = show(id, name, &provider);
    pool.identity_providers.insert(name.to_owned(), provider);
    Ok(json!({ "IdentityProvider": shown }))
}

/// A client that names the provider keeps the name; its next update is refused.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::ONE_IDENTITY_PROVIDER)?;
    let name = text(&given, "ProviderName");
    let pool = state(call).pool_mut(text(&given, "UserPoolId"))?;
    pool.identity_providers.remove(name).ok_or_else(|| no_provider(name))?;
    Ok(json!({}))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::LIST_IDENTITY_PROVIDERS)?;
    let providers = state(call)
        .pool(text(&given, "UserPoolId"))?
        .identity_providers
        .iter()
        .map(|(name, provider)| {
            let shown = json!({
                "ProviderName": name,
                "ProviderType": provider.kind,
                "CreationDate": epoch_seconds(provider.created),
                "LastModifiedDate": epoch_seconds(provider.modified),
            });
            (name.clone(), shown)
        })
        .collect();
    paged(providers, &given, ("MaxResults", 60), "NextToken", "Providers")
}

/// Lays what was given over a provider. What was not given stays.
fn change(
    provider: &mut IdentityProvider,
    pool: &Pool,
    name: &str,
    given: &Map<String, Value>,
) -> Result<(), Fault> {
    if given.contains_key("AcrMapping") {
        return Err(lacking("AcrMapping"));
    }
    if let Some(details) = strings(given, "ProviderDetails") {
        check_details(&provider.kind, &details)?;
        provider.details = details;
        if provider.kind == "OIDC" {
            let member = "attributes_url_add_attributes".to_owned();
            provider.details.entry(member).or_insert_with(|| "false".to_owned());
        }
    }
    if let Some(mapping) = strings(given, "AttributeMapping") {
        let unknown = mapping.keys().find(|attribute| {
            *attribute != "username" && !schema::knows(&pool.custom_attributes, attribute)
        });
        if let Some(attribute) = unknown {
            return Err(invalid(format!("Attribute {attribute} is not in the pool's schema.")));
        }
        let username = provider.attribute_mapping.remove("username");
        provider.attribute_mapping = mapping;
        if let Some(username) = username {
            provider.attribute_mapping.entry("username".to_owned()).or_insert(username);
        }
    }
    if given.contains_key("IdpIdentifiers") {
        let identifiers = super::texts(given, "IdpIdentifiers");
        let mut others = pool.identity_providers.iter().filter(|(other, _)| *other != name);
        if others.any(|(_, other)| {
            other.identifiers.iter().any(|taken| identifiers.contains(&taken.as_str()))
        }) {
            return Err(invalid("An identifier belongs to another provider of the user pool."));
        }
        provider.identifiers = identifiers.into_iter().map(str::to_owned).collect();
    }
    Ok(())
}

fn strings(given: &Map<String, Value>, name: &str) -> Option<BTreeMap<String, String>> {
    let members = given.get(name)?.as_object()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some(members.iter().map(|(name, value)| (name.clone(), text(value))).collect())
}

/// The keys that the API reference asks for, by kind.
fn check_details(kind: &str, details: &BTreeMap<String, String>) -> Result<(), Fault> {
    const OIDC: [&str; 4] =
        ["client_id", "attributes_request_method", "authorize_scopes", "oidc_issuer"];
    let detail = |name: &str| details.get(name).map_or("", String::as_str);
    match kind {
        "OIDC" => {
            if let Some(missing) = OIDC.iter().find(|name| detail(name).is_empty()) {
                return Err(invalid(format!("Missing the required provider detail {missing}")));
            }
            if !["GET", "POST"].contains(&detail("attributes_request_method")) {
                return Err(invalid("attributes_request_method must be GET or POST"));
            }
            if !detail("authorize_scopes").split_whitespace().any(|scope| scope == "openid") {
                return Err(invalid("authorize_scopes must contain openid"));
            }
            let urls = ["oidc_issuer", "authorize_url", "token_url", "attributes_url", "jwks_uri"];
            let wrong = urls
                .iter()
                .find(|name| !detail(name).is_empty() && !detail(name).starts_with("https://"));
            wrong.map_or(Ok(()), |name| Err(invalid(format!("{name} must be an https URL"))))
        }
        "SAML" => match (detail("MetadataURL"), detail("MetadataFile")) {
            ("", "") => Err(invalid("SAML needs the provider detail MetadataURL or MetadataFile")),
            ("", file) => match xml::read(file) {
                Some(root) if root.name == "EntityDescriptor" => Ok(()),
                _ => Err(invalid("MetadataFile is not a SAML metadata document")),
            },
            (url, "") if url.starts_with("https://") => Ok(()),
            (_, "") => Err(invalid("MetadataURL must be an https URL")),
            _ => Err(invalid("MetadataURL and MetadataFile cannot be given together")),
        },
        other => Err(lacking(&format!("providers of type {other}"))),
    }
}

fn show(pool: &str, name: &str, provider: &IdentityProvider) -> Value {
    json!({
        "UserPoolId": pool,
        "ProviderName": name,
        "ProviderType": provider.kind,
        "ProviderDetails": provider.details,
        "AttributeMapping": provider.attribute_mapping,
        "IdpIdentifiers": provider.identifiers,
        "CreationDate": epoch_seconds(provider.created),
        "LastModifiedDate": epoch_seconds(provider.modified),
    })
}

fn lacking(what: &str) -> Fault {
    Fault::new(501, "NotImplemented", format!("the local AWS does not implement {what}"))
}

fn no_provider(name: &str) -> Fault {
    not_found(format!("Identity provider {name} does not exist."))
}
