//! An identity provider of a user pool: where people sign in who have their account elsewhere, by OIDC or SAML.
//!
//! - **name** the manifest's own, unique in its pool; it is part of people's user names and of sign-in links
//! - **found** by pool and name, one call
//! - **proven ours** it has no tags: one of its identifiers is `construct.NAME`. Without it, it is somebody else's
//! - **in doubt** the name is refused twice. **two of ours** cannot be
//! - **owned set** the providers of our pools, each described, that bear the mark
//! - **secret** Cognito shows an OIDC provider's client secret to whoever may describe it. It is kept in memory for as long
//!   as a look takes, compared there, and sent back where this run does not know another. It is in no spec, output or plan,
//!   and no digest is needed
//! - **protect** people who come through it cannot sign in any longer; their accounts stay in the pool
//! - **replace** delete-first, as the name is taken: for another protocol or pool
//! - **update that resets** `UpdateIdentityProvider` replaces the details, the mapping and the identifiers as a whole; what
//!   Cognito found out by itself (endpoints, certificates) it finds out again. ACR mappings are sent back
//!
//! A metadata file is compared where Cognito shows it. Clients that name the provider are made after it and changed before
//! it goes. Quota: 300 in a pool. API: Amazon Cognito user pools API reference, `CreateIdentityProvider`.

mod compare;

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{IdentityProviderType, IdentityProviderTypeType};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Foreign, Found, Loss, Presence, Step, StepError,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::cognito_user_pool::UserPool;
use super::secret_values::value_of;
use crate::cloud::{Cloud, classify, is_not_found};
use crate::manifest::SecretReference;
use crate::manifest::rules::FEDERATION_MARK;
use crate::steps::fields;

/// The detail that holds an OIDC provider's client secret.
const SECRET: &str = "client_secret";
/// The attribute that Cognito maps by itself.
const USERNAME: &str = "username";

/// A pool's identity provider.
pub struct IdentityProvider;

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// `OpenID` Connect.
    Oidc,
    /// SAML 2.0.
    Saml,
}

/// What the manifest says of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name in the pool.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// The service's `ProviderDetails`, without a secret.
    pub details: BTreeMap<String, String>,
    /// Where an OIDC provider's client secret comes from.
    pub client_secret: Option<SecretReference>,
    /// Claims by the attribute of the pool that they fill.
    pub attributes: BTreeMap<String, String>,
    /// Other names of it, without the mark.
    pub identifiers: Vec<String>,
}

/// What other nodes produced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The pool's id.
    pub pool_id: String,
}

/// What others need of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The pool's id.
    pub pool_id: String,
    /// Its name.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
}

/// A provider as Cognito describes it; the secret is held apart, where no `Debug` shows it.
#[derive(Clone, Debug)]
pub struct Live {
    pool_id: String,
    name: String,
    protocol: Protocol,
    provider: IdentityProviderType,
    secret: Option<SecretString>,
    /// Whether this run knows another secret than the live one.
    secret_differs: bool,
}

impl Live {
    fn of(provider: Option<IdentityProviderType>) -> Result<Self, StepError> {
        let mut provider = provider
            .ok_or_else(|| StepError::bug("Cognito answered without the identity provider"))?;
        let secret = provider.provider_details.as_mut().and_then(|details| details.remove(SECRET));
        let protocol = match provider.provider_type {
            Some(IdentityProviderTypeType::Oidc) => Protocol::Oidc,
            Some(IdentityProviderTypeType::Saml) => Protocol::Saml,
            _ => return Err(other_kind(&provider)),
        };
        match (provider.user_pool_id.clone(), provider.provider_name.clone()) {
            (Some(pool_id), Some(name)) => {
                let secret = secret.map(SecretString::from);
                Ok(Self { pool_id, name, protocol, provider, secret, secret_differs: false })
            }
            _ => Err(StepError::bug("Cognito described an identity provider without pool or name")),
        }
    }

    fn is_marked(&self) -> bool {
        self.provider.idp_identifiers().contains(&mark(&self.name))
    }
}

/// Google and its like have types and names of their own, which no manifest can have.
fn other_kind(provider: &IdentityProviderType) -> StepError {
    let name = provider.provider_name().unwrap_or_default();
    let message = format!("the identity provider {name} is neither OIDC nor SAML");
    StepError::new(Class::Invalid, message)
}

/// The identifier that marks the provider called `name` as ours.
fn mark(name: &str) -> String {
    format!("{FEDERATION_MARK}{name}")
}

async fn describe(
    cx: &Cx<'_, Cloud>,
    pool_id: &str,
    name: &str,
) -> Result<Option<Live>, StepError> {
    let request = cx.cloud.cognito.describe_identity_provider();
    match request.user_pool_id(pool_id).provider_name(name).send().await {
        Ok(answer) => Live::of(answer.identity_provider).map(Some),
        Err(error) => match classify("DescribeIdentityProvider", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

/// Names of the OIDC and SAML providers of a pool; none for a pool that is not there.
async fn list(cx: &Cx<'_, Cloud>, pool_id: &str) -> Result<Vec<String>, StepError> {
    let request = cx.cloud.cognito.list_identity_providers().user_pool_id(pool_id).max_results(60);
    let mut items = request.into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(item) = items.next().await {
        let item = match item {
            Ok(item) => item,
            Err(error) => match classify("ListIdentityProviders", error) {
                error if is_not_found(&error) => return Ok(names),
                error => return Err(error),
            },
        };
        let ours = matches!(
            item.provider_type,
            Some(IdentityProviderTypeType::Oidc | IdentityProviderTypeType::Saml)
        );
        names.extend(item.provider_name.filter(|_| ours));
    }
    Ok(names)
}

/// The details with the secret that this run knows, else the one that is there.
async fn details(
    cx: &Cx<'_, Cloud>,
    spec: &Spec,
    live: Option<&Live>,
) -> Result<BTreeMap<String, String>, StepError> {
    let mut details = spec.details.clone();
    let Some(reference) = &spec.client_secret else { return Ok(details) };
    let known = value_of(cx, reference).await?;
    let known = known.or_else(|| live.and_then(|live| live.secret.clone()));
    let secret = known.ok_or_else(|| {
        StepError::new(Class::Invalid, format!("the client secret was not given: {reference}"))
            .hint("give it and run again")
    })?;
    details.insert(SECRET.to_owned(), secret.expose_secret().to_owned());
    Ok(details)
}

fn identifiers(spec: &Spec) -> Vec<String> {
    spec.identifiers.iter().cloned().chain([mark(&spec.name)]).collect()
}

impl Step<Cloud> for IdentityProvider {
    const KIND: &'static str = "cognito.identity-provider";
    const FIELDS: &'static [&'static str] = &[
        "AttributeMapping",
        "attributes_request_method",
        "authorize_scopes",
        "client_id",
        SECRET,
        "oidc_issuer",
    ];
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        // What is in the pool that the stack had before is still ours to replace.
        let pools = [last.map(|last| &last.pool_id), links.map(|links| &links.pool_id)];
        for pool_id in pools.into_iter().flatten() {
            let Some(mut live) = describe(cx, pool_id, &spec.name).await? else { continue };
            if !live.is_marked() {
                let evidence = format!(
                    "the identity provider {} lacks the identifier {}",
                    live.name,
                    mark(&live.name)
                );
                return Ok(Presence::Foreign(Foreign { live, evidence }));
            }
            if let Some(reference) = &spec.client_secret
                && let Some(known) = value_of(cx, reference).await?
            {
                let secret = live.secret.as_ref().map(ExposeSecret::expose_secret);
                live.secret_differs = secret != Some(known.expose_secret());
            }
            return Ok(Presence::Ours(live));
        }
        Ok(Presence::Absent)
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        compare::diff(spec, links, live)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let answer = cx
            .cloud
            .cognito
            .create_identity_provider()
            .user_pool_id(&links.pool_id)
            .provider_name(&spec.name)
            .provider_type(match spec.protocol {
                Protocol::Oidc => IdentityProviderTypeType::Oidc,
                Protocol::Saml => IdentityProviderTypeType::Saml,
            })
            .set_provider_details(Some(details(cx, spec, None).await?.into_iter().collect()))
            .set_attribute_mapping(Some(spec.attributes.clone().into_iter().collect()))
            .set_idp_identifiers(Some(identifiers(spec)))
            .send()
            .await
            .map_err(|error| classify("CreateIdentityProvider", error))?;
        Live::of(answer.identity_provider)
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &Links,
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let mut details = details(cx, spec, Some(&live)).await?;
        let there = live.provider.provider_details();
        for (name, value) in &mut details {
            let there = there.and_then(|there| there.get(name));
            if let Some(there) = there.filter(|_| !fields::has(changes, name)) {
                value.clone_from(there);
            }
        }
        if let Some(secret) = live.secret.filter(|_| !fields::has(changes, SECRET))
            && spec.client_secret.is_some()
        {
            details.insert(SECRET.to_owned(), secret.expose_secret().to_owned());
        }
        let mapped = live.provider.attribute_mapping().cloned();
        let mut attributes = match mapped.filter(|_| !fields::has(changes, "AttributeMapping")) {
            Some(mapped) => mapped.into_iter().collect(),
            None => spec.attributes.clone(),
        };
        if let Some(username) = live.provider.attribute_mapping().and_then(|map| map.get(USERNAME))
        {
            attributes.entry(USERNAME.to_owned()).or_insert_with(|| username.clone());
        }
        let answer = cx
            .cloud
            .cognito
            .update_identity_provider()
            .user_pool_id(live.pool_id)
            .provider_name(live.name)
            .set_provider_details(Some(details.into_iter().collect()))
            .set_attribute_mapping(Some(attributes.into_iter().collect()))
            .set_idp_identifiers(Some(identifiers(spec)))
            .set_acr_mapping(live.provider.acr_mapping.filter(|mapping| !mapping.is_empty()))
            .send()
            .await
            .map_err(|error| classify("UpdateIdentityProvider", error))?;
        Live::of(answer.identity_provider)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let request = cx.cloud.cognito.delete_identity_provider();
        match request.user_pool_id(&outputs.pool_id).provider_name(&outputs.name).send().await {
            Ok(_) => Ok(()),
            Err(error) => match classify("DeleteIdentityProvider", error) {
                error if is_not_found(&error) => Ok(()),
                error => Err(error),
            },
        }
    }

    fn outputs(live: &Live) -> Outputs {
        let Live { pool_id, name, protocol, .. } = live.clone();
        Outputs { pool_id, name, protocol }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.pool_id, outputs.name)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let mut providers = Vec::new();
        for (_, pool) in found.of::<Cloud, UserPool>() {
            for name in list(cx, &pool.id).await? {
                let Some(live) = describe(cx, &pool.id, &name).await? else { continue };
                let address = Address::new(format!("identity-provider/{name}"));
                if let (true, Ok(address)) = (live.is_marked(), address) {
                    providers.push((address, Self::outputs(&live)));
                }
            }
        }
        Ok(providers)
    }

    async fn loss(_cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<Option<Loss>, StepError> {
        let what = format!("the sign-in of everybody who comes through {}", outputs.name);
        Ok(Some(Loss { what, needs_consent: false }))
    }
}
