//! The identity providers that people may sign in with beside the pool's own accounts.

use std::collections::BTreeMap;

use construct_engine::Handle;

use super::cognito::Part;
use super::{Blueprint, address};
use crate::manifest::{Oidc, Protocol, Saml};
use crate::steps::{cognito_identity_provider, cognito_user_pool};

impl Blueprint<'_> {
    /// Every provider of the manifest, in the pool.
    pub(super) fn identity_providers(
        &mut self,
        pool: &Part<cognito_user_pool::Outputs>,
    ) -> Vec<Handle<cognito_identity_provider::Outputs>> {
        let wanted = &self.prepared.manifest.cognito.federation;
        let add = |(name, federation): (&String, &crate::manifest::Federation)| {
            let prepared = self.prepared.federations.get(name).map_or("", String::as_str);
            let (protocol, details, client_secret) = match &federation.protocol {
                Protocol::Oidc(oidc) => (
                    cognito_identity_provider::Protocol::Oidc,
                    oidc_details(oidc, prepared),
                    Some(oidc.client_secret.clone()),
                ),
                Protocol::Saml(saml) => {
                    (cognito_identity_provider::Protocol::Saml, saml_details(saml, prepared), None)
                }
            };
            let spec = cognito_identity_provider::Spec {
                name: name.clone(),
                protocol,
                details,
                client_secret,
                attributes: federation.attributes.clone(),
                identifiers: federation.identifiers.clone(),
            };
            self.graph.add(
                cognito_identity_provider::IdentityProvider,
                address(format!("identity-provider/{name}")),
                spec,
                pool.clone(),
                |pool| cognito_identity_provider::Links { pool_id: pool.id },
            )
        };
        wanted.iter().map(add).collect()
    }
}

/// The service's details of an OIDC provider, but for the secret.
fn oidc_details(oidc: &Oidc, client_id: &str) -> BTreeMap<String, String> {
    let mut details = BTreeMap::from([
        ("oidc_issuer".to_owned(), oidc.issuer.clone()),
        ("client_id".to_owned(), client_id.to_owned()),
        ("authorize_scopes".to_owned(), oidc.scopes.join(" ")),
        ("attributes_request_method".to_owned(), oidc.attributes_request_method.clone()),
    ]);
    for (name, url) in oidc.endpoints() {
        details.extend(url.map(|url| (name.to_owned(), url.to_owned())));
    }
    details
}

/// The service's details of a SAML provider; `metadata` is its file's content.
fn saml_details(saml: &Saml, metadata: &str) -> BTreeMap<String, String> {
    let source = match &saml.metadata_url {
        Some(url) => ("MetadataURL".to_owned(), url.clone()),
        None => ("MetadataFile".to_owned(), metadata.to_owned()),
    };
    let mut details = BTreeMap::from([
        source,
        ("IDPSignout".to_owned(), saml.sign_out.to_string()),
        ("IDPInit".to_owned(), saml.provider_initiated.to_string()),
        ("EncryptedResponses".to_owned(), saml.encrypted_responses.to_string()),
    ]);
    if saml.sign_requests {
        details.insert("RequestSigningAlgorithm".to_owned(), "rsa-sha256".to_owned());
    }
    details
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{SecretReference, TextOr};

    #[test]
    fn details_are_the_service_s_own_words() {
        let oidc = Oidc {
            issuer: "https://idp.example.com".into(),
            client_id: TextOr::Text("c".into()),
            client_secret: SecretReference::Env("S".into()),
            scopes: vec!["openid".into(), "email".into()],
            attributes_request_method: "GET".into(),
            authorize_url: None,
            token_url: None,
            attributes_url: None,
            jwks_uri: Some("https://idp.example.com/keys".into()),
        };
        let details = oidc_details(&oidc, "c");
        assert_eq!(details["authorize_scopes"], "openid email");
        assert_eq!(details["jwks_uri"], "https://idp.example.com/keys");
        assert!(!details.contains_key("token_url") && !details.contains_key("client_secret"));
        let mut saml = Saml {
            metadata_url: None,
            metadata_file: Some("a.xml".into()),
            sign_out: true,
            provider_initiated: false,
            sign_requests: false,
            encrypted_responses: false,
        };
        let details = saml_details(&saml, "<a/>");
        assert_eq!((&*details["MetadataFile"], &*details["IDPSignout"]), ("<a/>", "true"));
        assert!(!details.contains_key("RequestSigningAlgorithm"));
        saml.metadata_url = Some("https://idp.example.com/m".into());
        assert!(!saml_details(&saml, "").contains_key("MetadataFile"));
    }
}
