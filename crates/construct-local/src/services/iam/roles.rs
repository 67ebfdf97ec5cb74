//! Roles, their trust and their tags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    DESCRIPTION, INVALID, Role, add_tags, counted, document, encoded, listing, malformed,
    over_limit, path, remove_tags, role, role_name, tag_list, tags, unique_id,
};
use crate::policy::{self, Kind};
use crate::service::{Call, Fault, Reply};
use crate::time::iso;

/// Characters of a trust policy (IAM quota "Role trust policy length", default).
const TRUST_QUOTA: usize = 2048;

pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let rules = path(document(role_name(call.rules()), "AssumeRolePolicyDocument"));
    rules
        .length("Description", 0, 1000)
        .pattern("Description", DESCRIPTION)
        .range("MaxSessionDuration", 3600, 43_200)
        .finish(INVALID)?;
    let tags = tags(call)?;
    let input = call.input;
    let name = input.text("RoleName").unwrap_or_default();
    let path = input.text("Path").unwrap_or("/");
    let trust = input.text("AssumeRolePolicyDocument").unwrap_or_default();
    check_trust(trust)?;
    let key = name.to_lowercase();
    if call.account.iam.roles.contains_key(&key) {
        return Err(Fault::new(
            409,
            "EntityAlreadyExists",
            format!("Role with name {name} already exists."),
        ));
    }
    let role = Role {
        name: name.to_owned(),
        id: unique_id(call, "AROA"),
        path: path.to_owned(),
        arn: format!("arn:aws:iam::{}:role{path}{name}", crate::ACCOUNT_ID),
        created_ms: call.now,
        description: input.text("Description").unwrap_or_default().to_owned(),
        max_session_duration: input.integer("MaxSessionDuration").unwrap_or(3600),
        trust: trust.to_owned(),
        trust_changed_ms: call.now,
        inline: BTreeMap::new(),
        attached: BTreeMap::new(),
        tags,
    };
    let mut shown = summary(&role);
    shown["Tags"] = tags_or_null(&role);
    call.account.iam.roles.insert(key, role);
    Ok(Reply::json(json!({ "Role": shown })))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let role = role(call)?;
    let mut shown = summary(role);
    shown["Tags"] = tags_or_null(role);
    shown["RoleLastUsed"] = json!({});
    Ok(Reply::json(json!({ "Role": shown })))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .length("Description", 0, 1000)
        .pattern("Description", DESCRIPTION)
        .range("MaxSessionDuration", 3600, 43_200)
        .finish(INVALID)?;
    let input = call.input;
    let role = role(call)?;
    if let Some(description) = input.text("Description") {
        description.clone_into(&mut role.description);
    }
    if let Some(seconds) = input.integer("MaxSessionDuration") {
        role.max_session_duration = seconds;
    }
    // An empty result element, not none: the operation has an output without members.
    Ok(Reply::json(json!({})))
}

pub(super) fn update_description(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .required("Description")
        .length("Description", 0, 1000)
        .pattern("Description", DESCRIPTION)
        .finish(INVALID)?;
    let description = call.input.text("Description").unwrap_or_default();
    let role = role(call)?;
    description.clone_into(&mut role.description);
    Ok(Reply::json(json!({ "Role": summary(role) })))
}

pub(super) fn update_trust(call: &mut Call<'_>) -> Result<Reply, Fault> {
    document(role_name(call.rules()), "PolicyDocument").finish(INVALID)?;
    let trust = call.input.text("PolicyDocument").unwrap_or_default();
    let now = call.now;
    let role = role(call)?;
    check_trust(trust)?;
    // The same trust again changes nothing, and nothing has to propagate.
    if role.trust != trust {
        trust.clone_into(&mut role.trust);
        role.trust_changed_ms = now;
    }
    Ok(Reply::empty(200))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().length("PathPrefix", 1, 512).pattern("PathPrefix", r"/[!-~]*").finish(INVALID)?;
    let prefix = call.input.text("PathPrefix").unwrap_or("/");
    let roles: Vec<&Role> =
        call.account.iam.roles.values().filter(|role| role.path.starts_with(prefix)).collect();
    listing(call, "Roles", roles, |role| role.name.clone(), |role| summary(role))
}

pub(super) fn list_tags(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let tags: Vec<(String, String)> = role(call)?.tags.clone().into_iter().collect();
    listing(
        call,
        "Tags",
        tags,
        |(key, _)| key.clone(),
        |(key, value)| json!({"Key": key, "Value": value}),
    )
}

pub(super) fn tag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("Tags").finish(INVALID)?;
    let added = tags(call)?;
    add_tags(&mut role(call)?.tags, added)?;
    Ok(Reply::empty(200))
}

pub(super) fn untag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("TagKeys").length("TagKeys", 0, 50).finish(INVALID)?;
    let input = call.input;
    remove_tags(&mut role(call)?.tags, input);
    Ok(Reply::empty(200))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let role = role(call)?;
    let conflict = |message| Fault::new(409, "DeleteConflict", message);
    if !role.attached.is_empty() {
        return Err(conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.inline.is_empty() {
        return Err(conflict("Cannot delete entity, must delete policies first."));
    }
    let key = role.name.to_lowercase();
    call.account.iam.roles.remove(&key);
    Ok(Reply::empty(200))
}

pub(super) fn list_instance_profiles(call: &mut Call<'_>) -> Result<Reply, Fault> {
    role(call)?;
    // There are no instance profiles here, so no role is in one.
    listing(call, "InstanceProfiles", Vec::<String>::new(), Clone::clone, |_| Value::Null)
}

/// What `ListRoles` tells of a role.
fn summary(role: &Role) -> Value {
    json!({
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": iso(role.created_ms),
        "AssumeRolePolicyDocument": encoded(&role.trust),
        "Description": (!role.description.is_empty()).then_some(&role.description),
        "MaxSessionDuration": role.max_session_duration,
    })
}

fn tags_or_null(role: &Role) -> Value {
    if role.tags.is_empty() { Value::Null } else { tag_list(&role.tags) }
}

fn check_trust(trust: &str) -> Result<(), Fault> {
    policy::check(trust, Kind::Trust).map_err(malformed)?;
    if counted(trust) > TRUST_QUOTA {
        return Err(over_limit(format!("Cannot exceed quota for ACLSizePerRole: {TRUST_QUOTA}")));
    }
    Ok(())
}
