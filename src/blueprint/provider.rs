//! Credential providers, which gateways share.

use std::collections::BTreeMap;

use construct_engine::Handle;

use super::{Blueprint, address};
use crate::steps::oauth2_provider;

pub(super) type Provider = Handle<oauth2_provider::Outputs>;

impl Blueprint<'_> {
    /// The providers by their names in the manifest.
    pub(super) fn providers(&mut self) -> BTreeMap<String, Provider> {
        let mut made = BTreeMap::new();
        for (name, provider) in &self.prepared.manifest.providers {
            let at = address(format!("provider/{name}"));
            let spec = oauth2_provider::Spec {
                name: self.provider_name(name),
                vendor: provider.vendor,
                client_id: self.prepared.client_ids.get(name).cloned().unwrap_or_default(),
                client_secret: provider.client_secret.clone(),
                tags: self.tags(&at),
            };
            let handle = self.graph.add(oauth2_provider::OAuth2Provider, at, spec, (), |()| ());
            made.insert(name.clone(), handle);
        }
        made
    }

    /// The name in the account of the provider that the manifest calls `name`.
    pub(super) fn provider_name(&self, name: &str) -> String {
        format!("{}-{name}", self.naming.stack)
    }
}
