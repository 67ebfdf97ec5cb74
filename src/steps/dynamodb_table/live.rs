//! A table as `DynamoDB` describes it, and how it is compared.

use aws_sdk_dynamodb::types::{BillingMode, TableDescription, TimeToLiveStatus};
use construct_engine::{Change, Diff, Presence, StepError};

use super::Spec;
use crate::cloud::{Cloud, Tags, classify, is_not_found};
use crate::steps::marks;

/// A table as `DynamoDB` describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) status: String,
    /// The key's parts with their roles and types, such as `id HASH S`.
    key: String,
    pub(super) on_demand: bool,
    /// The attribute of an active time to live.
    pub(super) expiry_attribute: Option<String>,
    pub(super) tags: Tags,
}

impl Live {
    /// Whether the table is on its way to another state.
    pub(super) fn is_settling(&self) -> bool {
        matches!(self.status.as_str(), "CREATING" | "UPDATING" | "DELETING")
    }
}

/// The differences. Pure.
pub(super) fn diff(spec: &Spec, live: &Live) -> Diff {
    let wanted_key = format!("{} HASH S", spec.hash_key);
    let key = Change::between("KeySchema", &live.key, &wanted_key);
    let billing =
        (!live.on_demand).then(|| Change::new("BillingMode", "PROVISIONED", "PAY_PER_REQUEST"));
    let old_attribute = live.expiry_attribute.clone().unwrap_or_default();
    let attribute = (old_attribute != spec.ttl_attribute)
        .then(|| Change::new("TimeToLive", old_attribute.clone(), spec.ttl_attribute.clone()));
    let reason = if key.is_some() {
        Some(format!("the key of the table {} cannot be changed", spec.name))
    } else if attribute.is_some() && !old_attribute.is_empty() {
        Some(format!("the table {} has a time to live on another attribute", spec.name))
    } else {
        None
    };
    let changes: Vec<Change> = [key, billing, attribute]
        .into_iter()
        .flatten()
        .chain(marks::changes(&spec.tags, &live.tags))
        .collect();
    match reason {
        Some(reason) => Diff::Replace { reason, changes },
        None => Diff::of(changes),
    }
}

/// The table called `name`, without its tags and time to live; none when it is not there.
pub(super) async fn describe(cloud: &Cloud, name: &str) -> Result<Option<Live>, StepError> {
    match cloud.dynamodb.describe_table().table_name(name).send().await {
        Ok(answer) => {
            let table = answer
                .table
                .ok_or_else(|| StepError::bug("DescribeTable answered without a table"))?;
            of(cloud, name, &table).map(Some)
        }
        Err(error) => match classify("DescribeTable", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

/// The table with its tags and time to live, as what its tags make it.
pub(super) async fn complete(cloud: &Cloud, mut live: Live) -> Result<Presence<Live>, StepError> {
    let (tags, expiry_attribute) =
        futures_util::try_join!(tags_of(cloud, &live.arn), time_to_live(cloud, &live.name))?;
    let Some(tags) = tags else { return Ok(Presence::Absent) };
    live.expiry_attribute = expiry_attribute;
    live.tags.clone_from(&tags);
    let what = format!("the table {}", live.name);
    Ok(marks::presence(cloud, &what, &tags, live, false))
}

/// The tags of a table, or none when it is not there.
pub(super) async fn tags_of(cloud: &Cloud, arn: &str) -> Result<Option<Tags>, StepError> {
    let mut tags = Tags::new();
    let mut token = None;
    loop {
        let request =
            cloud.dynamodb.list_tags_of_resource().resource_arn(arn).set_next_token(token);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => match classify("ListTagsOfResource", error) {
                error if is_not_found(&error) => return Ok(None),
                error => return Err(error),
            },
        };
        tags.extend(answer.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())));
        token = answer.next_token;
        if token.is_none() {
            return Ok(Some(tags));
        }
    }
}

async fn time_to_live(cloud: &Cloud, name: &str) -> Result<Option<String>, StepError> {
    let answer = match cloud.dynamodb.describe_time_to_live().table_name(name).send().await {
        Ok(answer) => answer,
        Err(error) => match classify("DescribeTimeToLive", error) {
            error if is_not_found(&error) => return Ok(None),
            error => return Err(error),
        },
    };
    let Some(described) = answer.time_to_live_description else { return Ok(None) };
    // It stays at ENABLING for up to an hour, and is decided by then.
    let active = matches!(
        described.time_to_live_status,
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
    );
    Ok(described.attribute_name.filter(|_| active))
}

fn of(cloud: &Cloud, name: &str, table: &TableDescription) -> Result<Live, StepError> {
    let status = table
        .table_status()
        .ok_or_else(|| StepError::bug("DescribeTable answered without a status"))?;
    let billing = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
    Ok(Live {
        name: name.to_owned(),
        arn: table
            .table_arn()
            .map_or_else(|| cloud.naming.arn("dynamodb", &format!("table/{name}")), str::to_owned),
        status: status.as_str().to_owned(),
        key: key_of(table),
        on_demand: billing == Some(&BillingMode::PayPerRequest),
        expiry_attribute: None,
        tags: Tags::new(),
    })
}

fn key_of(table: &TableDescription) -> String {
    let kind_of = |name: &str| {
        let mut definitions = table.attribute_definitions().iter();
        definitions
            .find(|one| one.attribute_name() == name)
            .map_or("?", |one| one.attribute_type().as_str())
    };
    let parts: Vec<String> = table
        .key_schema()
        .iter()
        .map(|part| {
            let name = part.attribute_name();
            format!("{name} {} {}", part.key_type().as_str(), kind_of(name))
        })
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            name: "acme-table-sessions".into(),
            hash_key: "id".into(),
            ttl_attribute: "expires".into(),
            tags: Tags::from([("construct:stack".into(), "acme".into())]),
        }
    }

    fn made_from(spec: &Spec) -> Live {
        Live {
            name: spec.name.clone(),
            arn: "arn:x".into(),
            status: "ACTIVE".into(),
            key: format!("{} HASH S", spec.hash_key),
            on_demand: true,
            expiry_attribute: Some(spec.ttl_attribute.clone()),
            tags: spec.tags.clone(),
        }
    }

    fn updated(live: &Live) -> Vec<String> {
        match diff(&spec(), live) {
            Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_made_from_a_spec_is_the_same() {
        assert_eq!(diff(&spec(), &made_from(&spec())), Diff::Same);
    }

    #[test]
    fn what_can_be_changed_is_updated() {
        let live = made_from(&spec());
        assert_eq!(updated(&Live { on_demand: false, ..live.clone() }), ["BillingMode"]);
        assert_eq!(updated(&Live { expiry_attribute: None, ..live.clone() }), ["TimeToLive"]);
        assert_eq!(updated(&Live { tags: Tags::new(), ..live }), ["tag construct:stack"]);
    }

    #[test]
    fn what_cannot_be_changed_is_replaced() {
        let live = made_from(&spec());
        for other in [
            Live { key: "id HASH N".into(), ..live.clone() },
            Live { key: "id HASH S, at RANGE S".into(), ..live.clone() },
            Live { expiry_attribute: Some("gone_at".into()), ..live },
        ] {
            assert!(matches!(diff(&spec(), &other), Diff::Replace { .. }), "{other:?}");
        }
    }
}
