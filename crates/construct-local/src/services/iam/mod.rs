//! IAM: roles, their policies, and customer managed policies. Global, on the query protocol.

pub mod managed;
mod policies;
mod role_policies;
mod roles;
mod simulate;
pub mod state;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub use state::{Inline, Policy, Role, State, Version};

use crate::page::page;
use crate::service::{Call, Fault, Input, Protocol, Reply, Service};
use crate::validate::Rules;

/// IAM.
#[derive(Debug)]
pub struct Iam;

impl Service for Iam {
    fn signing_name(&self) -> &'static str {
        "iam"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Query { namespace: "https://iam.amazonaws.com/doc/2010-05-08/" }
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault> {
        match call.operation {
            "CreateRole" => roles::create(call),
            "GetRole" => roles::get(call),
            "UpdateRole" => roles::update(call),
            "UpdateRoleDescription" => roles::update_description(call),
            "UpdateAssumeRolePolicy" => roles::update_trust(call),
            "ListRoles" => roles::list(call),
            "ListRoleTags" => roles::list_tags(call),
            "TagRole" => roles::tag(call),
            "UntagRole" => roles::untag(call),
            "DeleteRole" => roles::delete(call),
            "ListInstanceProfilesForRole" => roles::list_instance_profiles(call),
            "PutRolePolicy" => role_policies::put(call),
            "GetRolePolicy" => role_policies::get(call),
            "ListRolePolicies" => role_policies::list(call),
            "DeleteRolePolicy" => role_policies::delete(call),
            "AttachRolePolicy" => role_policies::attach(call),
            "DetachRolePolicy" => role_policies::detach(call),
            "ListAttachedRolePolicies" => role_policies::list_attached(call),
            "CreatePolicy" => policies::create(call),
            "GetPolicy" => policies::get(call),
            "ListPolicies" => policies::list(call),
            "DeletePolicy" => policies::delete(call),
            "CreatePolicyVersion" => policies::create_version(call),
            "GetPolicyVersion" => policies::get_version(call),
            "ListPolicyVersions" => policies::list_versions(call),
            "SetDefaultPolicyVersion" => policies::set_default_version(call),
            "DeletePolicyVersion" => policies::delete_version(call),
            "TagPolicy" => policies::tag(call),
            "UntagPolicy" => policies::untag(call),
            "ListPolicyTags" => policies::list_tags(call),
            "SimulatePrincipalPolicy" => simulate::principal(call),
            _ => Err(call.not_implemented()),
        }
    }
}

/// The ARN of the user that calls the local AWS: an administrator.
pub(crate) fn local_user() -> String {
    format!("arn:{}:iam::{}:user/local", crate::PARTITION, crate::ACCOUNT_ID)
}

/// The code of a broken constraint.
const INVALID: &str = "ValidationError";
const NAME: &str = r"[\w+=,.@-]+";
const PATH: &str = r"(/)|(/[!-~]+/)";
const DOCUMENT: &str = r"[\t\n\r\x{20}-\x{FF}]+";
const DESCRIPTION: &str = r"[\t\n\r\x{20}-\x{7E}\x{A1}-\x{FF}]*";
const ARN: &str = r"[\t\n\r\x{20}-\x{7E}\x{85}\x{A0}-\x{D7FF}\x{E000}-\x{FFFD}]+";
const TAG_KEY: &str = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+";
const TAG_VALUE: &str = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*";

fn role_name(rules: Rules<'_>) -> Rules<'_> {
    rules.required("RoleName").length("RoleName", 1, 64).pattern("RoleName", NAME)
}

fn policy_name(rules: Rules<'_>) -> Rules<'_> {
    rules.required("PolicyName").length("PolicyName", 1, 128).pattern("PolicyName", NAME)
}

fn policy_arn(rules: Rules<'_>) -> Rules<'_> {
    rules.required("PolicyArn").length("PolicyArn", 20, 2048).pattern("PolicyArn", ARN)
}

fn path(rules: Rules<'_>) -> Rules<'_> {
    rules.length("Path", 1, 512).pattern("Path", PATH)
}

fn document<'a>(rules: Rules<'a>, name: &str) -> Rules<'a> {
    rules.required(name).length(name, 1, 131_072).pattern(name, DOCUMENT)
}

/// `Tags` as a map, checked: at most 50, each key once without regard to case.
fn tags(call: &Call<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let given = call.input.list("Tags");
    let mut rules = call.rules().length("Tags", 0, 50);
    let mut tags: BTreeMap<String, String> = BTreeMap::new();
    for (index, tag) in given.iter().enumerate() {
        let key = tag.get("Key").and_then(Value::as_str).unwrap_or_default();
        let value = tag.get("Value").and_then(Value::as_str).unwrap_or_default();
        let at = format!("tags.{}.member", index + 1);
        rules = rules.nested(&format!("{at}.key"), key, 1..=128, Some(TAG_KEY)).nested(
            &format!("{at}.value"),
            value,
            0..=256,
            Some(TAG_VALUE),
        );
        if tags.keys().any(|known| known.eq_ignore_ascii_case(key)) {
            return Err(Fault::client(
                "InvalidInput",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(Fault::client(
                "InvalidInput",
                "Tag keys that begin with aws: are reserved for AWS use.",
            ));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    rules.finish(INVALID)?;
    Ok(tags)
}

/// Adds tags; a key that is there in another case is replaced.
fn add_tags(
    known: &mut BTreeMap<String, String>,
    added: BTreeMap<String, String>,
) -> Result<(), Fault> {
    let mut all = known.clone();
    for (key, value) in added {
        all.retain(|other, _| !other.eq_ignore_ascii_case(&key));
        all.insert(key, value);
    }
    if all.len() > 50 {
        return Err(Fault::new(
            409,
            "LimitExceeded",
            "The number of tags has reached the maximum limit.",
        ));
    }
    *known = all;
    Ok(())
}

fn remove_tags(known: &mut BTreeMap<String, String>, input: &Input) {
    let keys = input.texts("TagKeys");
    known.retain(|key, _| !keys.iter().any(|gone| gone.eq_ignore_ascii_case(key)));
}

fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// A policy document as IAM gives it back: URL-encoded after RFC 3986.
fn encoded(document: &str) -> String {
    const KEPT: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(document, &KEPT).to_string()
}

/// A page with `Marker` and `MaxItems` (1 to 1000, default 100), as `{name: [...], IsTruncated,
/// Marker}`.
fn listing<T>(
    call: &Call<'_>,
    name: &str,
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    render: impl Fn(&T) -> Value,
) -> Result<Reply, Fault> {
    call.rules().range("MaxItems", 1, 1000).length("Marker", 1, 320).finish(INVALID)?;
    let size = call.input.integer("MaxItems").and_then(|size| usize::try_from(size).ok());
    let page = page(items, key, call.input.text("Marker"), size.unwrap_or(100))
        .map_err(|error| Fault::client(INVALID, format!("Invalid Marker: {error}")))?;
    let list: Vec<Value> = page.items.iter().map(render).collect();
    Ok(Reply::json(json!({
        name: list,
        "IsTruncated": page.next.is_some(),
        "Marker": page.next,
    })))
}

/// `NoSuchEntity` 404.
fn missing(message: impl Into<String>) -> Fault {
    Fault::new(404, "NoSuchEntity", message)
}

fn malformed(message: impl Into<String>) -> Fault {
    Fault::client("MalformedPolicyDocument", message)
}

fn over_limit(message: impl Into<String>) -> Fault {
    Fault::new(409, "LimitExceeded", message)
}

/// An id such as `AROA…`: the prefix and 17 characters of base 32.
fn unique_id(call: &mut Call<'_>, prefix: &str) -> String {
    format!("{prefix}{}", call.random_id("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17))
}

/// The role of the call, by `RoleName`.
fn role<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Role, Fault> {
    role_name(call.rules()).finish(INVALID)?;
    let name = call.input.text("RoleName").unwrap_or_default();
    call.account
        .iam
        .roles
        .get_mut(&name.to_lowercase())
        .ok_or_else(|| missing(format!("The role with name {name} cannot be found.")))
}

/// How many characters count towards a policy's quota: white space does not.
fn counted(document: &str) -> usize {
    document.chars().filter(|letter| !letter.is_whitespace()).count()
}
