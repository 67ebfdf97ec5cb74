//! Credential providers, which gateways share: those of the stack, and those that it only links.

use std::collections::BTreeMap;

use construct_engine::{Graph, Handle};

use super::{Blueprint, address, tags};
use crate::cloud::{Cloud, Naming};
use crate::manifest::{self, Manifest};
use crate::policy::grants;
use crate::steps::{api_key_provider, credential_provider, existing_provider, oauth2_provider};

pub(super) type Provider = Handle<credential_provider::Outputs>;

impl Blueprint<'_> {
    /// The providers by their names in the manifest.
    pub(super) fn providers(&mut self) -> BTreeMap<String, Provider> {
        let mut made = BTreeMap::new();
        for (name, provider) in &self.prepared.manifest.providers {
            let client_id = self.prepared.client_ids.get(name).cloned();
            let place = (&self.prepared.manifest, self.naming);
            let handle = add(&mut self.graph, place, (name, provider), client_id);
            made.insert(name.clone(), handle);
        }
        made
    }

    /// The ARN that the provider which the manifest calls `name` has or will have.
    pub(super) fn provider_arn(&self, name: &str) -> String {
        match self.prepared.manifest.providers.get(name) {
            Some(manifest::Provider::Existing(arn)) => arn.to_string(),
            Some(manifest::Provider::ApiKey(_)) => {
                grants::api_key_provider_arn(self.naming, &provider_name(self.naming, name))
            }
            Some(manifest::Provider::OAuth2(_)) | None => {
                grants::oauth2_provider_arn(self.naming, &provider_name(self.naming, name))
            }
        }
    }
}

/// Adds the provider that the manifest calls `name`.
fn add(
    graph: &mut Graph<Cloud>,
    (manifest, naming): (&Manifest, &Naming),
    (name, provider): (&str, &manifest::Provider),
    client_id: Option<String>,
) -> Provider {
    let at = address(format!("provider/{name}"));
    let (name, tags) = (provider_name(naming, name), tags(manifest, naming, &at));
    match provider {
        manifest::Provider::OAuth2(client) => {
            let spec = oauth2_provider::Spec {
                name,
                vendor: client.vendor,
                client_id: client_id.unwrap_or_default(),
                client_secret: client.client_secret.clone(),
                settings: client.settings.clone(),
                tags,
            };
            graph.add(oauth2_provider::OAuth2Provider, at, spec, (), |()| None)
        }
        manifest::Provider::ApiKey(key) => {
            let spec = api_key_provider::Spec { name, api_key: key.clone(), tags };
            graph.add(api_key_provider::ApiKeyProvider, at, spec, (), |()| ())
        }
        manifest::Provider::Existing(arn) => {
            let spec = existing_provider::Spec { arn: arn.clone() };
            graph.add(existing_provider::ExistingProvider, at, spec, (), |()| ())
        }
    }
}

/// A graph of nothing but the provider that the manifest calls `name`, as it stands in the whole stack's.
pub(crate) fn provider_alone(
    manifest: &Manifest,
    naming: &Naming,
    name: &str,
    client_id: Option<String>,
) -> Graph<Cloud> {
    let mut graph = Graph::default();
    if let Some(provider) = manifest.providers.get(name) {
        // Nothing depends on it.
        let _handle = add(&mut graph, (manifest, naming), (name, provider), client_id);
    }
    graph
}

/// The name in the account of the provider of ours that the manifest calls `name`.
pub(crate) fn provider_name(naming: &Naming, name: &str) -> String {
    format!("{}-{name}", naming.stack)
}
