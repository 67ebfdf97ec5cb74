//! Secrets Manager: secrets and their versions.

mod lifecycle;
mod secrets;
mod values;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::service::{Call, Fault, Protocol, Reply, Service};

/// The code of a broken constraint.
const INVALID: &str = "ValidationException";

/// The secrets of one Region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By name.
    pub secrets: BTreeMap<String, Secret>,
}

/// A secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Secret {
    /// The ARN, which ends in six random characters.
    pub arn: String,
    /// Empty when there is none.
    pub description: String,
    /// The KMS key, when it is not the service's own.
    pub kms_key_id: Option<String>,
    /// Milliseconds since the epoch.
    pub created_ms: i64,
    /// Milliseconds since the epoch.
    pub changed_ms: i64,
    /// When it is deleted for good: set while a deletion is scheduled.
    pub deleted_ms: Option<i64>,
    /// When `DeleteSecret` was called.
    pub deletion_asked_ms: Option<i64>,
    /// By version id.
    pub versions: BTreeMap<String, Version>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// The resource policy, if there is one.
    pub policy: Option<String>,
}

/// A version of a secret's value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Version {
    /// The text, or base64 of the bytes.
    pub value: SecretValue,
    /// Staging labels.
    pub stages: Vec<String>,
    /// Milliseconds since the epoch.
    pub created_ms: i64,
}

/// A secret's value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretValue {
    /// `SecretString`.
    Text(String),
    /// `SecretBinary`, in base64 as it travels.
    Binary(String),
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecretValue(..)")
    }
}

/// Secrets Manager.
#[derive(Debug)]
pub struct SecretsManager;

impl Service for SecretsManager {
    fn signing_name(&self) -> &'static str {
        "secretsmanager"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Json { version: "1.1", target_prefix: "secretsmanager" }
    }

    fn settle(&self, call: &mut Call<'_>) {
        let now = call.now;
        call.here()
            .secretsmanager
            .secrets
            .retain(|_, secret| secret.deleted_ms.is_none_or(|deleted| deleted > now));
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault> {
        match call.operation {
            "CreateSecret" => secrets::create(call),
            "DescribeSecret" => secrets::describe(call),
            "ListSecrets" => secrets::list(call),
            "UpdateSecret" => secrets::update(call),
            "TagResource" => secrets::tag(call),
            "UntagResource" => secrets::untag(call),
            "GetResourcePolicy" => secrets::get_policy(call),
            "GetSecretValue" => values::get(call),
            "PutSecretValue" => values::put(call),
            "DeleteSecret" => lifecycle::delete(call),
            "RestoreSecret" => lifecycle::restore(call),
            _ => Err(call.not_implemented()),
        }
    }
}

/// The name and secret that `SecretId` means: a name, a whole ARN, or one without its suffix.
fn find<'a>(call: &'a mut Call<'_>) -> Result<(String, &'a mut Secret), Fault> {
    call.rules().required("SecretId").length("SecretId", 1, 2048).finish(INVALID)?;
    let given = call.input.text("SecretId").unwrap_or_default();
    let secrets = &mut call.here().secretsmanager.secrets;
    let name = secrets.iter().find_map(|(name, secret)| {
        let bare = &secret.arn[..secret.arn.len() - 7];
        (name == given || secret.arn == given || bare == given).then(|| name.clone())
    });
    name.and_then(|name| secrets.get_mut(&name).map(|secret| (name, secret))).ok_or_else(|| {
        Fault::client(
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret.",
        )
    })
}

/// A secret that is not marked for deletion.
fn find_live<'a>(call: &'a mut Call<'_>, doing: &str) -> Result<(String, &'a mut Secret), Fault> {
    let (name, secret) = find(call)?;
    if secret.deleted_ms.is_some() {
        return Err(Fault::client(
            "InvalidRequestException",
            format!(
                "You can't perform this operation on the secret because it was marked for \
                 deletion: {doing}"
            ),
        ));
    }
    Ok((name, secret))
}

fn tags(call: &Call<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let mut rules = call.rules();
    let mut tags = BTreeMap::new();
    for tag in call.input.list("Tags") {
        let key = tag["Key"].as_str().unwrap_or_default();
        let value = tag["Value"].as_str().unwrap_or_default();
        rules = rules.nested("tags", key, 1..=128, None).nested("tags", value, 0..=256, None);
        if key.to_lowercase().starts_with("aws:") {
            return Err(Fault::client(
                "InvalidParameterException",
                "Tag keys that begin with aws: are reserved for AWS use.",
            ));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    rules.finish(INVALID)?;
    Ok(tags)
}

fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

impl Secret {
    /// The version with this staging label.
    fn staged(&self, stage: &str) -> Option<(&String, &Version)> {
        self.versions.iter().find(|(_, version)| version.stages.iter().any(|label| label == stage))
    }

    /// Version ids and their labels.
    fn stages(&self) -> Value {
        self.versions
            .iter()
            .filter(|(_, version)| !version.stages.is_empty())
            .map(|(id, version)| (id.clone(), Value::from(version.stages.clone())))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}
