//! Where credential providers keep their secrets: in Secrets Manager, never here.
//!
//! A `MANAGED` secret is created, replaced and deleted with its provider, under a name and an
//! owner tag by which the account sees whose it is. An `EXTERNAL` one is the caller's own: it must
//! exist and is never touched.

use std::collections::BTreeMap;

use serde_json::Value;

use super::faults::{conflict, not_found};
use super::state::SecretPlace;
use crate::random::ALPHANUMERIC;
use crate::service::{Call, Fault};
use crate::services::secretsmanager::{Secret, SecretValue, Version};

/// The tag that Secrets Manager puts on a secret owned by a service.
const OWNER_TAG: (&str, &str) = ("aws:secretsmanager:owningService", "bedrock-agentcore-identity");

/// The secret in a request.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Given {
    /// A value for the service to keep.
    Managed(String),
    /// The caller's own secret.
    External {
        /// Name or ARN.
        secret_id: String,
        /// The key inside the secret's JSON.
        json_key: String,
    },
}

/// Reads the three members that every provider has for its secret.
///
/// An empty value is none: SDKs that were made when the value was required send it so.
///
/// # Errors
/// What is missing, or too much, as a sentence for the reply.
pub(super) fn given(
    source: Option<&str>,
    config: Option<&Value>,
    value: Option<&str>,
) -> Result<Given, String> {
    let text = |name: &str| {
        let text = config.and_then(|config| config.get(name)?.as_str());
        text.unwrap_or_default().to_owned()
    };
    match (source, config, value.filter(|value| !value.is_empty())) {
        (Some("EXTERNAL"), Some(_), None) => {
            Ok(Given::External { secret_id: text("secretId"), json_key: text("jsonKey") })
        }
        (Some("EXTERNAL"), None, _) => {
            Err("Secret source EXTERNAL needs the place of the secret".to_owned())
        }
        (Some("EXTERNAL"), ..) => Err("Secret source EXTERNAL takes no secret value".to_owned()),
        (_, Some(_), _) => {
            Err("The place of a secret goes with secret source EXTERNAL only".to_owned())
        }
        (_, None, Some(value)) => Ok(Given::Managed(value.to_owned())),
        (_, None, None) => Err("A secret value is needed".to_owned()),
    }
}

/// The value of `clientSecretSource` and `apiKeySecretSource`.
pub(super) fn source(place: &SecretPlace) -> &'static str {
    if place.external { "EXTERNAL" } else { "MANAGED" }
}

/// Stores what was given, in place of what the provider had before, and gives its place.
///
/// `kind` is `oauth2` or `apikey`.
///
/// # Errors
/// `ResourceNotFoundException` when the caller's own secret does not exist, `ConflictException`
/// when the managed name is taken by a secret of somebody else.
pub(super) fn put(
    call: &mut Call<'_>,
    kind: &str,
    name: &str,
    given: Given,
    before: Option<&SecretPlace>,
) -> Result<SecretPlace, Fault> {
    match given {
        Given::External { secret_id, json_key } => {
            let secrets = &call.here().secretsmanager.secrets;
            let arn = secrets
                .iter()
                .find(|(name, secret)| **name == secret_id || secret.arn == secret_id)
                .filter(|(_, secret)| secret.deleted_ms.is_none())
                .map(|(_, secret)| secret.arn.clone())
                .ok_or_else(|| not_found(format!("Secret {secret_id} not found")))?;
            if let Some(before) = before.filter(|before| before.arn != arn) {
                remove(call, before);
            }
            Ok(SecretPlace { arn, json_key: Some(json_key), external: true })
        }
        Given::Managed(value) => {
            let name = format!("bedrock-agentcore-identity!default/{kind}/{name}");
            let own = before.is_some_and(|before| !before.external);
            if !own && call.here().secretsmanager.secrets.contains_key(&name) {
                return Err(conflict(format!("A secret with name {name} already exists")));
            }
            let arn = keep(call, name, value);
            Ok(SecretPlace { arn, json_key: None, external: false })
        }
    }
}

/// Deletes a managed secret, at once and for good. The caller's own is left alone.
pub(super) fn remove(call: &mut Call<'_>, place: &SecretPlace) {
    if !place.external {
        call.here().secretsmanager.secrets.retain(|_, secret| secret.arn != place.arn);
    }
}

/// Makes the managed secret `name`, or gives it a new value; gives its ARN.
fn keep(call: &mut Call<'_>, name: String, value: String) -> String {
    let now = call.now;
    let version_id = call.uuid();
    let suffix = call.random_id(ALPHANUMERIC, 6);
    let arn = call.arn("secretsmanager", &format!("secret:{name}-{suffix}"));
    let secret = call.here().secretsmanager.secrets.entry(name).or_insert_with(|| Secret {
        arn,
        description: String::new(),
        kms_key_id: None,
        created_ms: now,
        changed_ms: now,
        deleted_ms: None,
        deletion_asked_ms: None,
        versions: BTreeMap::new(),
        tags: BTreeMap::from([(OWNER_TAG.0.to_owned(), OWNER_TAG.1.to_owned())]),
        policy: None,
    });
    let version = Version {
        value: SecretValue::Text(value),
        stages: vec!["AWSCURRENT".to_owned()],
        created_ms: now,
    };
    secret.changed_ms = now;
    secret.versions = BTreeMap::from([(version_id, version)]);
    secret.arn.clone()
}
