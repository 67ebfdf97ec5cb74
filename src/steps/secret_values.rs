//! Values of secrets that a service does not read by itself.

use construct_engine::{Class, Cx, StepError};
use secrecy::{ExposeSecret, SecretString};

use crate::cloud::{Cloud, classify};
use crate::manifest::SecretReference;

/// The value at `reference`: one in Secrets Manager is read from there, any other is known to this run or not.
///
/// # Errors
/// What Secrets Manager refuses; [`Class::Invalid`] where the secret holds no such text.
pub(super) async fn value_of(
    cx: &Cx<'_, Cloud>,
    reference: &SecretReference,
) -> Result<Option<SecretString>, StepError> {
    let SecretReference::Secret(key) = reference else {
        return Ok(cx.cloud.secrets.get(reference));
    };
    let request = cx.cloud.secretsmanager.get_secret_value().secret_id(&key.secret_id);
    let answer = request.send().await.map_err(|error| classify("GetSecretValue", error))?;
    let text = SecretString::from(answer.secret_string.unwrap_or_default());
    let found = member(&text, &key.json_key);
    found.map(Some).ok_or_else(|| {
        let message = format!("the secret {} holds no text {}", key.secret_id, key.json_key);
        StepError::new(Class::Invalid, message)
    })
}

fn member(document: &SecretString, key: &str) -> Option<SecretString> {
    let document: serde_json::Value = serde_json::from_str(document.expose_secret()).ok()?;
    Some(SecretString::from(document.get(key)?.as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_a_text_of_a_json_document() {
        let document = SecretString::from(r#"{"a": "one", "b": 2}"#.to_owned());
        assert_eq!(member(&document, "a").unwrap().expose_secret(), "one");
        assert!(member(&document, "b").is_none() && member(&document, "c").is_none());
        assert!(member(&SecretString::from("one".to_owned()), "a").is_none());
    }
}
