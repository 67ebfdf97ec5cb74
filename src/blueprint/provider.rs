//! Credential providers, which gateways share: those of the stack, and those that it only links.

use std::collections::BTreeMap;

use construct_engine::Handle;

use super::{Blueprint, address};
use crate::manifest;
use crate::policy::grants;
use crate::steps::{api_key_provider, credential_provider, existing_provider, oauth2_provider};

pub(super) type Provider = Handle<credential_provider::Outputs>;

impl Blueprint<'_> {
    /// The providers by their names in the manifest.
    pub(super) fn providers(&mut self) -> BTreeMap<String, Provider> {
        let mut made = BTreeMap::new();
        for (name, provider) in &self.prepared.manifest.providers {
            let at = address(format!("provider/{name}"));
            let handle = match provider {
                manifest::Provider::OAuth2(client) => {
                    let client_id = self.prepared.client_ids.get(name).cloned();
                    let spec = oauth2_provider::Spec {
                        name: self.provider_name(name),
                        vendor: client.vendor,
                        client_id: client_id.unwrap_or_default(),
                        client_secret: client.client_secret.clone(),
                        settings: client.settings.clone(),
                        tags: self.tags(&at),
                    };
                    self.graph.add(oauth2_provider::OAuth2Provider, at, spec, (), |()| None)
                }
                manifest::Provider::ApiKey(key) => {
                    let spec = api_key_provider::Spec {
                        name: self.provider_name(name),
                        api_key: key.clone(),
                        tags: self.tags(&at),
                    };
                    self.graph.add(api_key_provider::ApiKeyProvider, at, spec, (), |()| ())
                }
                manifest::Provider::Existing(arn) => {
                    let spec = existing_provider::Spec { arn: arn.clone() };
                    self.graph.add(existing_provider::ExistingProvider, at, spec, (), |()| ())
                }
            };
            made.insert(name.clone(), handle);
        }
        made
    }

    /// The ARN that the provider which the manifest calls `name` has or will have.
    pub(super) fn provider_arn(&self, name: &str) -> String {
        match self.prepared.manifest.providers.get(name) {
            Some(manifest::Provider::Existing(arn)) => arn.to_string(),
            Some(manifest::Provider::ApiKey(_)) => {
                grants::api_key_provider_arn(self.naming, &self.provider_name(name))
            }
            Some(manifest::Provider::OAuth2(_)) | None => {
                grants::oauth2_provider_arn(self.naming, &self.provider_name(name))
            }
        }
    }

    /// The name in the account of the provider of ours that the manifest calls `name`.
    fn provider_name(&self, name: &str) -> String {
        format!("{}-{name}", self.naming.stack)
    }
}
