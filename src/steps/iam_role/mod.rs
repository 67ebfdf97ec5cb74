//! IAM role: what a function or the gateway may use, without its policies.
//!
//! - **Name**: the spec's, unique in the account. All roles of a stack live under the path `/construct/{stack}/`.
//! - **Found**: `GetRole` by name; its answer has the trust document and the tags, so that a look is one call.
//! - **Proven ours**: the tag `construct:stack`.
//! - **In doubt**: the name is unique, so looking by name settles a lost create.
//! - **Two of ours**: cannot be.
//! - **Owned set**: `ListRoles` under the stack's path; that answer has no tags, which are asked for role by role.
//! - **Secret**: none.
//! - **Protect**: nothing of people's is lost with a role.
//! - **Replace**: the path is immutable. Delete first, as the name is taken.
//! - **Update that resets**: `UpdateRole` takes the longest session back to an hour when it is omitted, so the live value is
//!   sent along.
//!
//! Must be gone first: whatever uses the role, or its asynchronous deletion may get stuck. Deleting takes the inline
//! policies along, which are ours as the role is. A managed policy that somebody attached is not ours: the role is kept and
//! the policy named. Quota: 1,000 roles in an account.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>

mod calls;
#[cfg(test)]
mod tests;

use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::{Cloud, IAM_ROOT, Tags, classify, is_not_found};
use crate::policy::{Document, is_narrowed};
use crate::steps::{fields, marks};
use calls::tags_of;
pub(super) use calls::{decoded, get, inline_policies, set_trust, trust_of};

use aws_sdk_iam::types::{Role, Tag};

/// An IAM role.
pub struct IamRole;

/// What a role should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// At most 64 characters.
    pub name: String,
    /// Begins and ends with `/`. Immutable.
    pub path: String,
    /// At most 1,000 characters.
    pub description: String,
    /// Who may use it.
    pub trust: Document,
    /// Whether another node narrows the trust after the role is made. A narrowed one is then as it should be here; any
    /// other is put right before what uses the role needs it, as the other node comes after that.
    pub trust_is_tightened: bool,
    /// The marks and the user's tags.
    pub tags: Tags,
}

/// A role as IAM describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    name: String,
    arn: String,
    path: String,
    description: String,
    trust: Value,
    longest_session_seconds: Option<i32>,
    tags: Tags,
}

/// What others need of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The role's name.
    pub name: String,
    /// The role's ARN.
    pub arn: String,
}

impl Step<Cloud> for IamRole {
    const KIND: &'static str = "iam.role";
    const FIELDS: &'static [&'static str] =
        &["Description", "AssumeRolePolicyDocument", marks::ANY_TAG];
    type Spec = Spec;
    type Links = ();
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: Option<&()>,
        _last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let Some(role) = get(cx.cloud, &spec.name).await? else { return Ok(Presence::Absent) };
        let live = live(&role)?;
        let tags = live.tags.clone();
        Ok(marks::presence(cx.cloud, &format!("the role {}", spec.name), &tags, live, false))
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        let mut changes: Vec<Change> = [
            Change::between("Path", &live.path, &spec.path),
            Change::between("Description", &live.description, &spec.description),
        ]
        .into_iter()
        .flatten()
        .collect();
        if trust_differs(spec, live) {
            changes.push(Change::new(
                "AssumeRolePolicyDocument",
                "another trust",
                "the manifest's trust",
            ));
        }
        changes.extend(marks::changes(&spec.tags, &live.tags));
        if live.path == spec.path {
            return Diff::of(changes);
        }
        Diff::Replace {
            reason: format!("the path of the role {} cannot be changed", spec.name),
            changes,
        }
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Live, StepError> {
        let answer = cx
            .cloud
            .iam
            .create_role()
            .role_name(&spec.name)
            .path(&spec.path)
            .description(&spec.description)
            .assume_role_policy_document(spec.trust.to_string())
            .set_tags(Some(sdk_tags(&spec.tags)))
            .send()
            .await
            .map_err(|error| classify("CreateRole", error))?;
        let role =
            answer.role().ok_or_else(|| StepError::bug("CreateRole answered without a role"))?;
        Ok(Live {
            name: spec.name.clone(),
            arn: role.arn().to_owned(),
            path: spec.path.clone(),
            description: spec.description.clone(),
            trust: spec.trust.to_json(),
            longest_session_seconds: role.max_session_duration(),
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
        let iam = &cx.cloud.iam;
        let missing = marks::among(changes);
        if !missing.is_empty() {
            iam.tag_role()
                .role_name(&live.name)
                .set_tags(Some(sdk_tags(&missing)))
                .send()
                .await
                .map_err(|error| classify("TagRole", error))?;
            live.tags.extend(missing);
        }
        if fields::has(changes, "Description") {
            iam.update_role()
                .role_name(&live.name)
                .description(&spec.description)
                .set_max_session_duration(live.longest_session_seconds)
                .send()
                .await
                .map_err(|error| classify("UpdateRole", error))?;
            live.description.clone_from(&spec.description);
        }
        if fields::has(changes, "AssumeRolePolicyDocument") {
            set_trust(cx.cloud, &live.name, &spec.trust).await?;
            live.trust = spec.trust.to_json();
        }
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        match calls::delete(cx.cloud, &outputs.name).await {
            Err(error) if is_not_found(&error) => Ok(()),
            other => other,
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
        let roles = calls::under(cx.cloud, &cx.cloud.naming.iam_path()).await?;
        let marked = try_join_all(roles.iter().map(|role| async {
            let tags = tags_of(cx.cloud, role).await?;
            let outputs = Outputs { name: role.role_name().to_owned(), arn: role.arn().to_owned() };
            Ok(cx.cloud.naming.node_of(&tags).map(|address| (address, outputs)))
        }))
        .await?;
        Ok(marked.into_iter().flatten().collect())
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        // The path names the stack, and spares a call for each role.
        let roles = calls::under(cx.cloud, IAM_ROOT).await?;
        let stack =
            |role: &Role| role.path().strip_prefix(IAM_ROOT)?.split('/').next().map(str::to_owned);
        Ok(roles.iter().filter_map(stack).collect())
    }
}

fn trust_differs(spec: &Spec, live: &Live) -> bool {
    let is_narrowed = || spec.trust_is_tightened && is_narrowed(&spec.trust, &live.trust);
    !spec.trust.same_as(&live.trust) && !is_narrowed()
}

fn live(role: &Role) -> Result<Live, StepError> {
    Ok(Live {
        name: role.role_name().to_owned(),
        arn: role.arn().to_owned(),
        path: role.path().to_owned(),
        description: role.description().unwrap_or_default().to_owned(),
        trust: trust_of(role)?,
        longest_session_seconds: role.max_session_duration(),
        tags: plain_tags(role.tags()),
    })
}

fn plain_tags(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| {
            Tag::builder().key(key).value(value).build().expect("a tag has a key and a value")
        })
        .collect()
}
