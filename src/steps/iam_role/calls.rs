//! What IAM is asked about roles, here and by the steps for what belongs to a role.

use aws_sdk_iam::types::{Role, Tag};
use construct_engine::{Class, StepError};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::plain_tags;
use crate::cloud::{Cloud, Tags, classify, is_not_found};
use crate::policy::Document;

/// The role called `name`, or none.
pub(in crate::steps) async fn get(cloud: &Cloud, name: &str) -> Result<Option<Role>, StepError> {
    match cloud.iam.get_role().role_name(name).send().await {
        Ok(answer) => match answer.role {
            Some(role) => Ok(Some(role)),
            None => Err(StepError::bug("GetRole answered without a role")),
        },
        Err(error) => match classify("GetRole", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

/// The roles under `path`; the answer has no tags.
pub(super) async fn under(cloud: &Cloud, path: &str) -> Result<Vec<Role>, StepError> {
    let pages = cloud.iam.list_roles().path_prefix(path).into_paginator();
    let roles = pages.items().send().collect::<Result<_, _>>().await;
    roles.map_err(|error| classify("ListRoles", error))
}

/// Writes who may use the role.
pub(in crate::steps) async fn set_trust(
    cloud: &Cloud,
    role: &str,
    trust: &Document,
) -> Result<(), StepError> {
    cloud
        .iam
        .update_assume_role_policy()
        .role_name(role)
        .policy_document(trust.to_string())
        .send()
        .await
        .map(drop)
        .map_err(|error| classify("UpdateAssumeRolePolicy", error))
}

/// The trust document of a role.
pub(in crate::steps) fn trust_of(role: &Role) -> Result<Value, StepError> {
    let text = role
        .assume_role_policy_document()
        .ok_or_else(|| StepError::bug("GetRole answered without a trust document"))?;
    decoded(text)
}

/// A document as IAM hands it out: JSON with percent escapes (RFC 3986).
pub(in crate::steps) fn decoded(document: &str) -> Result<Value, StepError> {
    let text = percent_decode_str(document).decode_utf8().map_err(|error| {
        StepError::bug(format!("IAM answered with a document that is no text: {error}"))
    })?;
    serde_json::from_str(&text).map_err(|error| {
        StepError::bug(format!("IAM answered with a document that is no JSON: {error}"))
    })
}

/// The tags of a listed role; a role that went since the listing has none.
pub(super) async fn tags_of(cloud: &Cloud, role: &Role) -> Result<Tags, StepError> {
    if !role.tags().is_empty() {
        return Ok(plain_tags(role.tags()));
    }
    let tags = cloud
        .iam
        .list_role_tags()
        .role_name(role.role_name())
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<Tag>, _>>()
        .await
        .map_err(|error| classify("ListRoleTags", error));
    match tags {
        Ok(tags) => Ok(plain_tags(&tags)),
        Err(error) if is_not_found(&error) => Ok(Tags::new()),
        Err(error) => Err(error),
    }
}

/// Removes the role with its inline policies; refuses when somebody attached another.
pub(super) async fn delete(cloud: &Cloud, name: &str) -> Result<(), StepError> {
    let iam = &cloud.iam;
    let attached = iam
        .list_attached_role_policies()
        .role_name(name)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(|error| classify("ListAttachedRolePolicies", error))?;
    if !attached.is_empty() {
        let names: Vec<&str> = attached.iter().filter_map(|policy| policy.policy_name()).collect();
        let text = format!(
            "the role {name} has policies that construct did not attach: {}",
            names.join(", ")
        );
        return Err(
            StepError::new(Class::Foreign, text).hint("detach them from the role and run again")
        );
    }
    for policy in inline_policies(cloud, name).await? {
        let answer = iam.delete_role_policy().role_name(name).policy_name(&policy).send().await;
        match answer.map_err(|error| classify("DeleteRolePolicy", error)) {
            Err(error) if !is_not_found(&error) => return Err(error),
            _ => {}
        }
    }
    iam.delete_role()
        .role_name(name)
        .send()
        .await
        .map(drop)
        .map_err(|error| classify("DeleteRole", error))
}

/// The names of a role's inline policies.
pub(in crate::steps) async fn inline_policies(
    cloud: &Cloud,
    role: &str,
) -> Result<Vec<String>, StepError> {
    cloud
        .iam
        .list_role_policies()
        .role_name(role)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<String>, _>>()
        .await
        .map_err(|error| classify("ListRolePolicies", error))
}
