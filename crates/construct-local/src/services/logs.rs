//! `CloudWatch` Logs: log groups and their retention. The groups only; no streams or events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::page::page;
use crate::service::{Call, Fault, Protocol, Reply, Service};
use crate::validate::Rules;

/// The retention periods that the service takes, in days.
const RETENTIONS: [i64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];
const INVALID: &str = "InvalidParameterException";
const NAME: &str = r"[.\-_/#A-Za-z0-9]+";

/// The log groups of one Region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By name.
    pub groups: BTreeMap<String, Group>,
}

/// A log group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    /// Milliseconds since the epoch.
    pub created_ms: i64,
    /// Days; `None` keeps for ever.
    pub retention_days: Option<i64>,
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`.
    pub class: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// `CloudWatch` Logs.
#[derive(Debug)]
pub struct Logs;

impl Service for Logs {
    fn signing_name(&self) -> &'static str {
        "logs"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Json { version: "1.1", target_prefix: "Logs_20140328" }
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault> {
        match call.operation {
            "CreateLogGroup" => create(call),
            "DescribeLogGroups" => describe(call),
            "DeleteLogGroup" => delete(call),
            "PutRetentionPolicy" => put_retention(call),
            "DeleteRetentionPolicy" => delete_retention(call),
            "TagResource" => tag(call),
            "UntagResource" => untag(call),
            "ListTagsForResource" => list_tags(call),
            _ => Err(call.not_implemented()),
        }
    }
}

fn name_rules(rules: Rules<'_>) -> Rules<'_> {
    rules.required("logGroupName").length("logGroupName", 1, 512).pattern("logGroupName", NAME)
}

fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    name_rules(call.rules())
        .length("tags", 1, 50)
        .one_of("logGroupClass", &["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"])
        .finish(INVALID)?;
    let input = call.input;
    let name = input.text("logGroupName").unwrap_or_default();
    let tags = tags(call)?;
    let now = call.now;
    let groups = &mut call.here().logs.groups;
    if groups.contains_key(name) {
        return Err(Fault::client(
            "ResourceAlreadyExistsException",
            "The specified log group already exists",
        ));
    }
    let class = input.text("logGroupClass").unwrap_or("STANDARD").to_owned();
    groups.insert(name.to_owned(), Group { created_ms: now, retention_days: None, class, tags });
    Ok(Reply::empty(200))
}

fn describe(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .length("logGroupNamePrefix", 1, 512)
        .pattern("logGroupNamePrefix", NAME)
        .length("logGroupNamePattern", 0, 512)
        .range("limit", 1, 50)
        .finish(INVALID)?;
    let input = call.input;
    if input.text("logGroupNamePrefix").is_some() && input.text("logGroupNamePattern").is_some() {
        return Err(Fault::client(
            INVALID,
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let prefix = input.text("logGroupNamePrefix").unwrap_or_default();
    let part = input.text("logGroupNamePattern").unwrap_or_default().to_lowercase();
    let size = input.integer("limit").and_then(|size| usize::try_from(size).ok()).unwrap_or(50);
    let region = call.region;
    let found: Vec<(String, Group)> = call
        .here()
        .logs
        .groups
        .iter()
        .filter(|(name, _)| name.starts_with(prefix) && name.to_lowercase().contains(&part))
        .map(|(name, group)| (name.clone(), group.clone()))
        .collect();
    let page = page(found, |(name, _)| name.clone(), input.text("nextToken"), size)
        .map_err(|_unknown| Fault::client(INVALID, "The specified nextToken is invalid."))?;
    let groups: Vec<Value> = page
        .items
        .iter()
        .map(|(name, group)| {
            let arn = arn(region, name);
            let mut shown = json!({
                "logGroupName": name,
                "creationTime": group.created_ms,
                "metricFilterCount": 0,
                "arn": format!("{arn}:*"),
                "logGroupArn": arn,
                "storedBytes": 0,
                "logGroupClass": group.class,
            });
            if let Some(days) = group.retention_days {
                shown["retentionInDays"] = Value::from(days);
            }
            shown
        })
        .collect();
    let mut reply = json!({ "logGroups": groups });
    if let Some(next) = page.next {
        reply["nextToken"] = Value::from(next);
    }
    Ok(Reply::json(reply))
}

fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    name_rules(call.rules()).finish(INVALID)?;
    let name = call.input.text("logGroupName").unwrap_or_default();
    call.here().logs.groups.remove(name).ok_or_else(missing)?;
    Ok(Reply::empty(200))
}

fn put_retention(call: &mut Call<'_>) -> Result<Reply, Fault> {
    name_rules(call.rules()).required("retentionInDays").finish(INVALID)?;
    let days = call.input.integer("retentionInDays").unwrap_or_default();
    if !RETENTIONS.contains(&days) {
        return Err(Fault::client(
            INVALID,
            format!(
                "1 validation error detected: Value '{days}' at 'retentionInDays' failed to \
                 satisfy constraint: Member must satisfy enum value set: {RETENTIONS:?}"
            ),
        ));
    }
    group(call)?.retention_days = Some(days);
    Ok(Reply::empty(200))
}

fn delete_retention(call: &mut Call<'_>) -> Result<Reply, Fault> {
    name_rules(call.rules()).finish(INVALID)?;
    group(call)?.retention_days = None;
    Ok(Reply::empty(200))
}

fn tag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required_all(&["resourceArn", "tags"]).length("tags", 1, 50).finish(INVALID)?;
    let added = tags(call)?;
    let group = group_by_arn(call)?;
    let mut all = group.tags.clone();
    all.extend(added);
    if all.len() > 50 {
        return Err(Fault::client(
            "TooManyTagsException",
            "A resource can have no more than 50 tags.",
        ));
    }
    group.tags = all;
    Ok(Reply::empty(200))
}

fn untag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required_all(&["resourceArn", "tagKeys"]).finish(INVALID)?;
    let keys = call.input.texts("tagKeys");
    group_by_arn(call)?.tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(Reply::empty(200))
}

fn list_tags(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("resourceArn").finish(INVALID)?;
    let tags = &group_by_arn(call)?.tags;
    Ok(Reply::json(json!({ "tags": tags })))
}

fn group<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Group, Fault> {
    let name = call.input.text("logGroupName").unwrap_or_default();
    call.here().logs.groups.get_mut(name).ok_or_else(missing)
}

/// The group of `resourceArn`; the tagging operations take the ARN without `:*`.
fn group_by_arn<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Group, Fault> {
    let wanted = call.input.text("resourceArn").unwrap_or_default();
    let start = arn(call.region, "");
    if wanted.ends_with(":*") {
        return Err(Fault::client(INVALID, "The resource ARN must not end with :*"));
    }
    let name = wanted.strip_prefix(&start).ok_or_else(missing)?;
    call.here().logs.groups.get_mut(name).ok_or_else(missing)
}

fn tags(call: &Call<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let mut rules = call.rules();
    let mut tags = BTreeMap::new();
    for (key, value) in call.input.object("tags").into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        rules = rules.nested("tags", key, 1..=128, Some(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+")).nested(
            "tags",
            value,
            0..=256,
            Some(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"),
        );
        tags.insert(key.clone(), value.to_owned());
    }
    rules.finish(INVALID)?;
    Ok(tags)
}

fn arn(region: &str, name: &str) -> String {
    format!("arn:{}:logs:{region}:{}:log-group:{name}", crate::PARTITION, crate::ACCOUNT_ID)
}

fn missing() -> Fault {
    Fault::client("ResourceNotFoundException", "The specified log group does not exist.")
}
