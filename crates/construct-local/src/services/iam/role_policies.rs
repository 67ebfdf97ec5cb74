//! What a role may do: inline policies and attached ones.

use serde_json::{Value, json};

use super::{
    INVALID, Inline, counted, document, encoded, listing, malformed, managed, missing, over_limit,
    policy_arn, policy_name, role, role_name,
};
use crate::policy::{self, Kind};
use crate::service::{Call, Fault, Reply};

/// Characters of all inline policies of a role together (IAM quota).
const INLINE_QUOTA: usize = 10_240;
/// Managed policies that can be attached to a role (IAM quota, default).
const ATTACHED_QUOTA: usize = 10;

pub(super) fn put(call: &mut Call<'_>) -> Result<Reply, Fault> {
    document(policy_name(role_name(call.rules())), "PolicyDocument").finish(INVALID)?;
    let input = call.input;
    let name = input.text("PolicyName").unwrap_or_default();
    let document = input.text("PolicyDocument").unwrap_or_default();
    let now = call.now;
    let role = role(call)?;
    policy::check(document, Kind::Permission).map_err(malformed)?;
    let others: usize = role
        .inline
        .iter()
        .filter(|(other, _)| *other != name)
        .map(|(_, inline)| counted(&inline.document))
        .sum();
    if others + counted(document) > INLINE_QUOTA {
        return Err(over_limit(format!(
            "Maximum policy size of {INLINE_QUOTA} bytes exceeded for role {}",
            role.name
        )));
    }
    if role.inline.get(name).is_none_or(|known| known.document != document) {
        let inline = Inline { document: document.to_owned(), changed_ms: now };
        role.inline.insert(name.to_owned(), inline);
    }
    Ok(Reply::empty(200))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    policy_name(role_name(call.rules())).finish(INVALID)?;
    let name = call.input.text("PolicyName").unwrap_or_default();
    let role = role(call)?;
    let inline = role.inline.get(name).ok_or_else(|| no_inline(name))?;
    Ok(Reply::json(json!({
        "RoleName": role.name,
        "PolicyName": name,
        "PolicyDocument": encoded(&inline.document),
    })))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let names: Vec<String> = role(call)?.inline.keys().cloned().collect();
    listing(call, "PolicyNames", names, Clone::clone, |name| Value::from(name.clone()))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    policy_name(role_name(call.rules())).finish(INVALID)?;
    let name = call.input.text("PolicyName").unwrap_or_default();
    role(call)?.inline.remove(name).ok_or_else(|| no_inline(name))?;
    Ok(Reply::empty(200))
}

pub(super) fn attach(call: &mut Call<'_>) -> Result<Reply, Fault> {
    policy_arn(role_name(call.rules())).finish(INVALID)?;
    let arn = call.input.text("PolicyArn").unwrap_or_default();
    let now = call.now;
    role(call)?;
    if !call.account.iam.policies.contains_key(arn) && managed::find(arn).is_none() {
        return Err(missing(format!("Policy {arn} does not exist or is not attachable.")));
    }
    let role = role(call)?;
    if !role.attached.contains_key(arn) && role.attached.len() >= ATTACHED_QUOTA {
        return Err(over_limit(format!(
            "Cannot exceed quota for PoliciesPerRole: {ATTACHED_QUOTA}"
        )));
    }
    role.attached.entry(arn.to_owned()).or_insert(now);
    Ok(Reply::empty(200))
}

pub(super) fn detach(call: &mut Call<'_>) -> Result<Reply, Fault> {
    policy_arn(role_name(call.rules())).finish(INVALID)?;
    let arn = call.input.text("PolicyArn").unwrap_or_default();
    role(call)?
        .attached
        .remove(arn)
        .ok_or_else(|| missing(format!("Policy {arn} was not found.")))?;
    Ok(Reply::empty(200))
}

pub(super) fn list_attached(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let prefix = call.input.text("PathPrefix").unwrap_or("/");
    let arns: Vec<String> = role(call)?
        .attached
        .keys()
        .filter(|arn| arn.split_once(":policy").is_some_and(|(_, rest)| rest.starts_with(prefix)))
        .cloned()
        .collect();
    listing(
        call,
        "AttachedPolicies",
        arns,
        Clone::clone,
        |arn| json!({"PolicyName": arn.rsplit('/').next(), "PolicyArn": arn}),
    )
}

fn no_inline(name: &str) -> Fault {
    missing(format!("The role policy with name {name} cannot be found."))
}
