//! Customer managed policies and their versions.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::managed::{self, Managed};
use super::{
    DESCRIPTION, INVALID, Policy, State, Version, add_tags, counted, document, encoded, listing,
    malformed, missing, over_limit, path, policy_arn, policy_name, remove_tags, tag_list, tags,
    unique_id,
};
use crate::policy::{self, Kind};
use crate::service::{Call, Fault, Reply};
use crate::time::iso;

/// Characters of a managed policy (IAM quota).
const SIZE_QUOTA: usize = 6144;
/// Versions that a managed policy can have (IAM quota).
const VERSIONS_QUOTA: usize = 5;

pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    path(document(policy_name(call.rules()), "PolicyDocument"))
        .length("Description", 0, 1000)
        .pattern("Description", DESCRIPTION)
        .finish(INVALID)?;
    let tags = tags(call)?;
    let input = call.input;
    let name = input.text("PolicyName").unwrap_or_default();
    let path = input.text("Path").unwrap_or("/");
    let document = input.text("PolicyDocument").unwrap_or_default();
    check(document)?;
    let taken =
        call.account.iam.policies.values().any(|known| known.name.eq_ignore_ascii_case(name));
    if taken {
        return Err(Fault::new(
            409,
            "EntityAlreadyExists",
            format!("A policy called {name} already exists. Duplicate names are not allowed."),
        ));
    }
    let first = Version { document: document.to_owned(), created_ms: call.now };
    let policy = Policy {
        name: name.to_owned(),
        id: unique_id(call, "ANPA"),
        arn: format!("arn:aws:iam::{}:policy{path}{name}", crate::ACCOUNT_ID),
        path: path.to_owned(),
        description: input.text("Description").unwrap_or_default().to_owned(),
        created_ms: call.now,
        updated_ms: call.now,
        versions: BTreeMap::from([(1, first)]),
        default_version: 1,
        next_version: 2,
        tags,
    };
    let mut shown = summary(&policy, 0);
    if !policy.tags.is_empty() {
        shown["Tags"] = tag_list(&policy.tags);
    }
    call.account.iam.policies.insert(policy.arn.clone(), policy);
    Ok(Reply::json(json!({ "Policy": shown })))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let arn = arn(call)?;
    let attachments = call.account.iam.attachments(arn);
    if let Some(managed) = managed::find(arn) {
        return Ok(Reply::json(json!({ "Policy": managed_summary(managed, attachments) })));
    }
    let policy = policy(&mut call.account.iam, arn)?;
    let mut shown = summary(policy, attachments);
    shown["Tags"] = tag_list(&policy.tags);
    if !policy.description.is_empty() {
        shown["Description"] = Value::from(policy.description.clone());
    }
    Ok(Reply::json(json!({ "Policy": shown })))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .one_of("Scope", &["All", "AWS", "Local"])
        .length("PathPrefix", 1, 512)
        .finish(INVALID)?;
    let scope = call.input.text("Scope").unwrap_or("All");
    let prefix = call.input.text("PathPrefix").unwrap_or("/");
    let only_attached = call.input.boolean("OnlyAttached").unwrap_or(false);
    let iam = &call.account.iam;
    let mut all: Vec<Value> = Vec::new();
    if scope != "AWS" {
        all.extend(
            iam.policies.values().map(|policy| summary(policy, iam.attachments(&policy.arn))),
        );
    }
    if scope != "Local" {
        all.extend(
            managed::ALL
                .iter()
                .map(|managed| managed_summary(managed, iam.attachments(&managed.arn()))),
        );
    }
    all.retain(|policy| {
        policy["Path"].as_str().is_some_and(|path| path.starts_with(prefix))
            && (!only_attached || policy["AttachmentCount"] != 0)
    });
    listing(call, "Policies", all, |policy| policy["Arn"].to_string(), Clone::clone)
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let arn = arn(call)?;
    let attachments = call.account.iam.attachments(arn);
    let policy = policy(&mut call.account.iam, arn)?;
    if attachments > 0 {
        return Err(conflict("Cannot delete a policy attached to entities."));
    }
    if policy.versions.len() > 1 {
        return Err(conflict(
            "This policy has more than one version. Before you delete a policy, you must delete \
             the policy's versions. The default version is deleted with the policy.",
        ));
    }
    call.account.iam.policies.remove(arn);
    Ok(Reply::empty(200))
}

pub(super) fn create_version(call: &mut Call<'_>) -> Result<Reply, Fault> {
    document(policy_arn(call.rules()), "PolicyDocument").finish(INVALID)?;
    let arn = arn(call)?;
    let document = call.input.text("PolicyDocument").unwrap_or_default();
    let as_default = call.input.boolean("SetAsDefault").unwrap_or(false);
    let now = call.now;
    let policy = policy(&mut call.account.iam, arn)?;
    check(document)?;
    if policy.versions.len() >= VERSIONS_QUOTA {
        return Err(over_limit(
            "A managed policy can have up to 5 versions. Before you create a new version, you \
             must delete an existing version.",
        ));
    }
    let number = policy.next_version;
    policy.next_version += 1;
    policy.versions.insert(number, Version { document: document.to_owned(), created_ms: now });
    if as_default {
        policy.default_version = number;
        policy.updated_ms = now;
        touch_attachments(&mut call.account.iam, arn, now);
    }
    let policy = &call.account.iam.policies[arn];
    Ok(Reply::json(json!({ "PolicyVersion": version_summary(policy, number) })))
}

pub(super) fn get_version(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let arn = arn(call)?;
    let wanted = version_id(call)?;
    if let Some(managed) = managed::find(arn) {
        if wanted != managed.version {
            return Err(no_version(arn, wanted));
        }
        return Ok(Reply::json(json!({ "PolicyVersion": {
            "Document": encoded(managed.document),
            "VersionId": managed.version,
            "IsDefaultVersion": true,
            "CreateDate": iso(0),
        }})));
    }
    let policy = policy(&mut call.account.iam, arn)?;
    let number = number(policy, wanted)?;
    let mut shown = version_summary(policy, number);
    shown["Document"] = Value::from(encoded(&policy.versions[&number].document));
    Ok(Reply::json(json!({ "PolicyVersion": shown })))
}

pub(super) fn list_versions(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let arn = arn(call)?;
    if let Some(managed) = managed::find(arn) {
        let only =
            json!({"VersionId": managed.version, "IsDefaultVersion": true, "CreateDate": iso(0)});
        return listing(call, "Versions", vec![only], Value::to_string, Clone::clone);
    }
    let policy = policy(&mut call.account.iam, arn)?.clone();
    let numbers: Vec<u32> = policy.versions.keys().copied().collect();
    listing(
        call,
        "Versions",
        numbers,
        // The newest first.
        |number| format!("{:010}", u32::MAX - number),
        |number| version_summary(&policy, *number),
    )
}

pub(super) fn set_default_version(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let arn = arn(call)?;
    let wanted = version_id(call)?;
    let now = call.now;
    let policy = policy(&mut call.account.iam, arn)?;
    policy.default_version = number(policy, wanted)?;
    policy.updated_ms = now;
    touch_attachments(&mut call.account.iam, arn, now);
    Ok(Reply::empty(200))
}

pub(super) fn delete_version(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let arn = arn(call)?;
    let wanted = version_id(call)?;
    let policy = policy(&mut call.account.iam, arn)?;
    let number = number(policy, wanted)?;
    if number == policy.default_version {
        return Err(conflict("Cannot delete the default version of a policy."));
    }
    policy.versions.remove(&number);
    Ok(Reply::empty(200))
}

pub(super) fn tag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("Tags").finish(INVALID)?;
    let added = tags(call)?;
    let arn = arn(call)?;
    add_tags(&mut policy(&mut call.account.iam, arn)?.tags, added)?;
    Ok(Reply::empty(200))
}

pub(super) fn untag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("TagKeys").finish(INVALID)?;
    let arn = arn(call)?;
    let input = call.input;
    remove_tags(&mut policy(&mut call.account.iam, arn)?.tags, input);
    Ok(Reply::empty(200))
}

pub(super) fn list_tags(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let arn = arn(call)?;
    let tags: Vec<(String, String)> =
        policy(&mut call.account.iam, arn)?.tags.clone().into_iter().collect();
    listing(
        call,
        "Tags",
        tags,
        |(key, _)| key.clone(),
        |(key, value)| json!({"Key": key, "Value": value}),
    )
}

/// A new default version reaches every role that has the policy after the same delay as an
/// attachment does.
fn touch_attachments(iam: &mut State, arn: &str, now: i64) {
    for role in iam.roles.values_mut() {
        if let Some(attached_ms) = role.attached.get_mut(arn) {
            *attached_ms = now;
        }
    }
}

fn arn<'a>(call: &Call<'a>) -> Result<&'a str, Fault> {
    policy_arn(call.rules()).finish(INVALID)?;
    Ok(call.input.text("PolicyArn").unwrap_or_default())
}

fn policy<'a>(iam: &'a mut State, arn: &str) -> Result<&'a mut Policy, Fault> {
    iam.policies.get_mut(arn).ok_or_else(|| missing(format!("Policy {arn} was not found.")))
}

fn version_id<'a>(call: &Call<'a>) -> Result<&'a str, Fault> {
    call.rules()
        .required("VersionId")
        .pattern("VersionId", r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?")
        .finish(INVALID)?;
    Ok(call.input.text("VersionId").unwrap_or_default())
}

fn number(policy: &Policy, version_id: &str) -> Result<u32, Fault> {
    version_id
        .strip_prefix('v')
        .and_then(|number| number.parse().ok())
        .filter(|number| policy.versions.contains_key(number))
        .ok_or_else(|| no_version(&policy.arn, version_id))
}

fn no_version(arn: &str, version_id: &str) -> Fault {
    missing(format!("Policy {arn} version {version_id} does not exist or is not attachable."))
}

fn conflict(message: &str) -> Fault {
    Fault::new(409, "DeleteConflict", message)
}

fn check(document: &str) -> Result<(), Fault> {
    policy::check(document, Kind::Permission).map_err(malformed)?;
    if counted(document) > SIZE_QUOTA {
        return Err(over_limit(format!("Cannot exceed quota for PolicySize: {SIZE_QUOTA}")));
    }
    Ok(())
}

fn summary(policy: &Policy, attachments: usize) -> Value {
    json!({
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": format!("v{}", policy.default_version),
        "AttachmentCount": attachments,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": true,
        "CreateDate": iso(policy.created_ms),
        "UpdateDate": iso(policy.updated_ms),
    })
}

fn managed_summary(managed: &Managed, attachments: usize) -> Value {
    json!({
        "PolicyName": managed.name,
        // AWS gives each a fixed id; one that is derived from the name is as stable.
        "PolicyId": format!("ANPA{:A<17.17}", managed.name.to_uppercase()),
        "Arn": managed.arn(),
        "Path": managed.path,
        "DefaultVersionId": managed.version,
        "AttachmentCount": attachments,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": true,
        "CreateDate": iso(0),
        "UpdateDate": iso(0),
    })
}

fn version_summary(policy: &Policy, number: u32) -> Value {
    json!({
        "VersionId": format!("v{number}"),
        "IsDefaultVersion": policy.default_version == number,
        "CreateDate": iso(policy.versions[&number].created_ms),
    })
}
