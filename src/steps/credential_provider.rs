//! What credential providers of every kind have in common: what they give to others, and the lists of them.

use std::sync::Arc;

use construct_engine::{Address, Cx, StepError};
use serde::{Deserialize, Serialize};

use super::agentcore_tags;
use crate::cloud::{Cloud, classify};

/// What others need of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its name, by which the API addresses it.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What has to be registered at the vendor. None for an API key, and where only a discovery has seen the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    /// The secret in Secrets Manager that holds the client secret or the key; none where only a discovery has seen the
    /// provider.
    pub secret_arn: Option<String>,
}

/// A line of a list of providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) arn: String,
}

/// Every OAuth2 provider of the account in this Region, of whatever stack; 20 a page.
pub(crate) async fn all_oauth2(cloud: &Cloud) -> Result<Arc<Vec<Item>>, StepError> {
    let read = || async {
        let pages = cloud.agentcore.list_oauth2_credential_providers().into_paginator();
        let mut items = pages.page_size(20).items().send();
        let mut all = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| classify("ListOauth2CredentialProviders", error))?;
            all.push(Item { name: item.name, arn: item.credential_provider_arn });
        }
        Ok(all)
    };
    cloud.lists.once("agentcore.oauth2-providers", read).await
}

/// Every API key provider of the account in this Region, of whatever stack; 100 a page.
pub(crate) async fn all_api_key(cloud: &Cloud) -> Result<Arc<Vec<Item>>, StepError> {
    let read = || async {
        let pages = cloud.agentcore.list_api_key_credential_providers().into_paginator();
        let mut items = pages.page_size(100).items().send();
        let mut all = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| classify("ListApiKeyCredentialProviders", error))?;
            all.push(Item { name: item.name, arn: item.credential_provider_arn });
        }
        Ok(all)
    };
    cloud.lists.once("agentcore.api-key-providers", read).await
}

/// Those of `all` that carry this stack's mark, by the nodes that they were made for.
pub(super) async fn ours(
    cx: &Cx<'_, Cloud>,
    all: &[Item],
) -> Result<Vec<(Address, Outputs)>, StepError> {
    let prefix = format!("{}-", cx.cloud.naming.stack);
    let candidates = all.iter().filter(|item| item.name.starts_with(&prefix)).cloned();
    let looks = candidates.map(|Item { name, arn }| async move {
        let tags = agentcore_tags::read(cx, &arn).await?;
        let outputs = Outputs { name, arn, callback_url: None, secret_arn: None };
        Ok::<_, StepError>(cx.cloud.naming.node_of(&tags).map(|address| (address, outputs)))
    });
    Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
}
