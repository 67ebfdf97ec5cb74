//! A stand-alone workload identity: the name under which a program outside the gateway asks for people's tokens.
//!
//! - **name** `{stack}-NAME`, 3 to 255 characters; immutable
//! - **found** by name, one call; its tags are a second one
//! - **proven ours** by its tags
//! - **in doubt** the API takes no client token, but refuses a name twice
//! - **two of ours** cannot be
//! - **owned set** `ListWorkloadIdentities`, 20 a page, then the tags of those whose name starts like ours. The identities
//!   that gateways make for themselves are named alike, and are told apart by their node
//! - **secret** none
//! - **protect** nothing: tokens in the vault belong to a provider
//! - **replace** never, as a new name is a new node
//! - **update that resets** the list of return URLs is replaced by every update; this step owns the whole list
//!
//! Synchronous, no status. Quota: 11,000 in an account and Region.
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateWorkloadIdentity.html>.

use std::collections::BTreeSet;

use aws_sdk_bedrockagentcorecontrol::types::WorkloadIdentityType;
use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use serde::{Deserialize, Serialize};

use super::{agentcore_tags, fields, marks};
use crate::cloud::{Cloud, Tags, classify, is_not_found};

/// The kind of workload identities that belong to no gateway.
pub struct WorkloadIdentity;

/// What the manifest says of an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name in the account.
    pub name: String,
    /// URLs that a consent may return to.
    pub return_urls: Vec<String>,
    /// The marks and the manifest's tags.
    pub tags: Tags,
}

/// An identity as the service answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    name: String,
    arn: String,
    return_urls: BTreeSet<String>,
    tags: Tags,
}

/// What others need of an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its name, by which the API addresses it.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

impl Step<Cloud> for WorkloadIdentity {
    const KIND: &'static str = "agentcore.workload-identity";
    const FIELDS: &'static [&'static str] = &["allowedResourceOauth2ReturnUrls", marks::ANY_TAG];
    type Spec = Spec;
    type Links = ();
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: Option<&()>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let get = async {
            let answer = cx.cloud.agentcore.get_workload_identity().name(&spec.name).send().await;
            answer.map_err(|error| classify("GetWorkloadIdentity", error))
        };
        // A known ARN saves a round trip: both calls leave at once.
        let known = last.filter(|last| last.name == spec.name).map(|last| last.arn.as_str());
        let (answer, tags) = match known {
            Some(arn) => {
                let (answer, tags) = tokio::join!(get, agentcore_tags::read(cx, arn));
                (answer, Some(tags))
            }
            None => (get.await, None),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if is_not_found(&error) => return Ok(Presence::Absent),
            Err(error) => return Err(error),
        };
        let tags = match tags {
            Some(tags) if known == Some(answer.workload_identity_arn.as_str()) => tags?,
            _ => agentcore_tags::read(cx, &answer.workload_identity_arn).await?,
        };
        let live = Live {
            return_urls: answer
                .allowed_resource_oauth2_return_urls
                .unwrap_or_default()
                .into_iter()
                .collect(),
            name: answer.name,
            arn: answer.workload_identity_arn,
            tags: Tags::clone(&tags),
        };
        let what = format!("the workload identity {}", live.name);
        Ok(marks::presence(cx.cloud, &what, &tags, live, false))
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        let wanted: BTreeSet<String> = spec.return_urls.iter().cloned().collect();
        let mut changes: Vec<Change> =
            Change::between("allowedResourceOauth2ReturnUrls", &live.return_urls, &wanted)
                .into_iter()
                .collect();
        changes.extend(marks::changes(&spec.tags, &live.tags));
        Diff::of(changes)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Live, StepError> {
        let answer = cx
            .cloud
            .agentcore
            .create_workload_identity()
            .name(&spec.name)
            .set_allowed_resource_oauth2_return_urls(Some(spec.return_urls.clone()))
            .set_tags(Some(spec.tags.clone().into_iter().collect()))
            .send()
            .await
            .map_err(|error| classify("CreateWorkloadIdentity", error))?;
        Ok(Live {
            name: answer.name,
            arn: answer.workload_identity_arn,
            return_urls: spec.return_urls.iter().cloned().collect(),
            tags: spec.tags.clone(),
        })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if fields::has(changes, "allowedResourceOauth2ReturnUrls") {
            cx.cloud
                .agentcore
                .update_workload_identity()
                .name(&live.name)
                .set_allowed_resource_oauth2_return_urls(Some(spec.return_urls.clone()))
                .send()
                .await
                .map_err(|error| classify("UpdateWorkloadIdentity", error))?;
            live.return_urls = spec.return_urls.iter().cloned().collect();
        }
        live.tags =
            agentcore_tags::complete(cx, &live.arn, &marks::among(changes), &live.tags).await?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let answer = cx.cloud.agentcore.delete_workload_identity().name(&outputs.name).send().await;
        match answer.map_err(|error| classify("DeleteWorkloadIdentity", error)) {
            Err(error) if !is_not_found(&error) => Err(error),
            _ => Ok(()),
        }
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { name: live.name.clone(), arn: live.arn.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.arn.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let prefix = format!("{}-", cx.cloud.naming.stack);
        let all = list(cx.cloud).await?.into_iter();
        let looks = all.filter(|item| item.name.starts_with(&prefix)).map(|item| async move {
            let tags = agentcore_tags::read(cx, &item.workload_identity_arn).await?;
            let address = cx.cloud.naming.node_of(&tags);
            // A gateway's own identity may carry the gateway's tags, and goes with it.
            let address = address.filter(|address| address.as_str().starts_with("identity/"));
            let outputs = Outputs { name: item.name, arn: item.workload_identity_arn };
            Ok::<_, StepError>(address.map(|address| (address, outputs)))
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let all = list(cx.cloud).await?.into_iter();
        agentcore_tags::stacks(cx, all.map(|one| one.workload_identity_arn)).await
    }
}

/// Every identity of the account in this Region; 20 a page.
async fn list(cloud: &Cloud) -> Result<Vec<WorkloadIdentityType>, StepError> {
    let pages = cloud.agentcore.list_workload_identities().into_paginator().page_size(20);
    let identities = pages.items().send().collect::<Result<_, _>>().await;
    identities.map_err(|error| classify("ListWorkloadIdentities", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            name: "acme-app".into(),
            return_urls: vec!["https://b.example/cb".into(), "https://a.example/cb".into()],
            tags: Tags::from([("team".into(), "x".into())]),
        }
    }

    fn live() -> Live {
        Live {
            name: "acme-app".into(),
            arn: "arn:x".into(),
            return_urls: spec().return_urls.into_iter().collect(),
            tags: spec().tags,
        }
    }

    #[test]
    fn the_order_of_urls_is_no_difference() {
        let mut spec = spec();
        spec.return_urls.reverse();
        assert_eq!(WorkloadIdentity::diff(&spec, None, &live()), Diff::Same);
    }

    #[test]
    fn urls_and_tags_are_changed_in_place() {
        let fields = |spec: &Spec| match WorkloadIdentity::diff(spec, None, &live()) {
            Diff::Update(changes) => {
                changes.into_iter().map(|change| change.field).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        let fewer = Spec { return_urls: vec!["https://a.example/cb".into()], ..spec() };
        assert_eq!(fields(&fewer), ["allowedResourceOauth2ReturnUrls"]);
        let tagged = Spec { tags: Tags::from([("team".into(), "y".into())]), ..spec() };
        assert_eq!(fields(&tagged), ["tag team"]);
    }
}
