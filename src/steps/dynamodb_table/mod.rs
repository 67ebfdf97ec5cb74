//! `DynamoDB` table with one text key, paid by request, whose items go by themselves at the time they name.
//!
//! - **Name**: the spec's, unique in account and Region.
//! - **Found**: `DescribeTable` by name; then its tags and its time to live, at the same time.
//! - **Proven ours**: the tag `construct:stack`.
//! - **In doubt**: the name is unique, so looking by name settles a lost create.
//! - **Two of ours**: cannot be.
//! - **Owned set**: `ListTables`, then the tags of those whose names begin with the stack's.
//! - **Secret**: none. What items hold is the functions' business.
//! - **Protect**: items live for minutes; nothing that people would miss.
//! - **Replace**: the key is immutable, and the attribute of an active time to live can only be changed by turning it off and
//!   waiting for up to an hour. Delete first, as the name is taken.
//! - **Update that resets**: no, each setting has a call of its own.
//!
//! Creating and deleting are asynchronous; a table that is being changed refuses to be deleted. Quota: 2,500 tables in an
//! account and Region.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html>

mod live;

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, Tag,
    TimeToLiveSpecification,
};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Found, Poll, Presence, Step, StepError, Waiting, until,
};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::cloud::{Cloud, Tags, classify, is_not_found};
use crate::steps::{fields, marks, waits};

pub use live::Live;

/// Tables take seconds to half a minute to come and go.
const WAITING: Waiting = Waiting::up_to(Duration::from_mins(5));

/// A table.
pub struct Table;

/// What the table should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// 3 to 255 characters of letters, digits, `_`, `-` and `.`.
    pub name: String,
    /// The key, a text. Immutable.
    pub hash_key: String,
    /// The attribute with the second of the Unix time at which an item goes.
    pub ttl_attribute: String,
    /// The marks and the user's tags.
    pub tags: Tags,
}

/// What others need of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The table's name.
    pub name: String,
    /// The table's ARN.
    pub arn: String,
}

impl Step<Cloud> for Table {
    const KIND: &'static str = "dynamodb.table";
    const FIELDS: &'static [&'static str] = &["BillingMode", "TimeToLive", marks::ANY_TAG];
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
        let Some(live) = live::describe(cx.cloud, &spec.name).await? else {
            return Ok(Presence::Absent);
        };
        // Whose a table is that is coming or going shows once it has arrived; nothing is decided before.
        if live.is_settling() {
            return Ok(Presence::Settling(live));
        }
        live::complete(cx.cloud, live).await
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        live::diff(spec, live)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Live, StepError> {
        let attribute = AttributeDefinition::builder()
            .attribute_name(&spec.hash_key)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .expect("an attribute has a name and a type");
        let key = KeySchemaElement::builder()
            .attribute_name(&spec.hash_key)
            .key_type(KeyType::Hash)
            .build()
            .expect("a key has a name and a type");
        cx.cloud
            .dynamodb
            .create_table()
            .table_name(&spec.name)
            .attribute_definitions(attribute)
            .key_schema(key)
            .billing_mode(BillingMode::PayPerRequest)
            .set_tags(Some(sdk_tags(&spec.tags)))
            .send()
            .await
            .map_err(|error| classify("CreateTable", error))?;
        let Some(mut live) = arrived(cx, &spec.name).await? else {
            return Err(StepError::new(
                Class::Failed,
                format!("the table {} went while it was made", spec.name),
            ));
        };
        live.tags.clone_from(&spec.tags);
        set_time_to_live(cx.cloud, spec).await?;
        live.expiry_attribute = Some(spec.ttl_attribute.clone());
        Ok(live)
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let missing = marks::among(changes);
        if !missing.is_empty() {
            cx.cloud
                .dynamodb
                .tag_resource()
                .resource_arn(&live.arn)
                .set_tags(Some(sdk_tags(&missing)))
                .send()
                .await
                .map_err(|error| classify("TagResource", error))?;
            live.tags.extend(missing);
        }
        if fields::has(changes, "BillingMode") {
            cx.cloud
                .dynamodb
                .update_table()
                .table_name(&live.name)
                .billing_mode(BillingMode::PayPerRequest)
                .send()
                .await
                .map_err(|error| classify("UpdateTable", error))?;
            arrived(cx, &live.name).await?;
            live.on_demand = true;
        }
        if fields::has(changes, "TimeToLive") {
            set_time_to_live(cx.cloud, spec).await?;
            live.expiry_attribute = Some(spec.ttl_attribute.clone());
        }
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        until(cx, WAITING, || async {
            match cx.cloud.dynamodb.delete_table().table_name(&outputs.name).send().await {
                Ok(_) => Ok(Poll::Ready(())),
                Err(error) => match classify("DeleteTable", error) {
                    error if is_not_found(&error) => Ok(Poll::Ready(())),
                    // It is being made, changed or deleted.
                    error if error.class == Class::Conflict => {
                        match live::describe(cx.cloud, &outputs.name).await? {
                            Some(live) if live.status == "DELETING" => Ok(Poll::Ready(())),
                            Some(live) => Ok(Poll::NotYet(format!("status {}", live.status))),
                            None => Ok(Poll::Ready(())),
                        }
                    }
                    error => Err(error),
                },
            }
        })
        .await?;
        let read = || live::describe(cx.cloud, &outputs.name);
        waits::gone(cx, WAITING, read, |live| Ok(format!("status {}", live.status))).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        match arrived(cx, &live.name).await? {
            Some(live) => live::complete(cx.cloud, live).await,
            None => Ok(Presence::Absent),
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
        let names = list(cx.cloud).await?.into_iter().filter(|name| name.starts_with(&prefix));
        let marked = try_join_all(names.map(|name| async move {
            let arn = arn(cx.cloud, &name);
            let tags = live::tags_of(cx.cloud, &arn).await?.unwrap_or_default();
            let address = cx.cloud.naming.node_of(&tags);
            Ok::<_, StepError>(address.map(|address| (address, Outputs { name, arn })))
        }))
        .await?;
        Ok(marked.into_iter().flatten().collect())
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let tags = |name: String| async move {
            Ok(live::tags_of(cx.cloud, &arn(cx.cloud, &name)).await?.unwrap_or_default())
        };
        marks::stacks(list(cx.cloud).await?, tags).await
    }
}

/// The names of all tables of the account in this Region.
async fn list(cloud: &Cloud) -> Result<Vec<String>, StepError> {
    let names =
        cloud.dynamodb.list_tables().into_paginator().items().send().collect::<Result<_, _>>();
    names.await.map_err(|error| classify("ListTables", error))
}

fn arn(cloud: &Cloud, name: &str) -> String {
    cloud.naming.arn("dynamodb", &format!("table/{name}"))
}

/// Waits until the table is neither being made nor changed nor deleted; none when it is gone.
async fn arrived(cx: &Cx<'_, Cloud>, name: &str) -> Result<Option<Live>, StepError> {
    until(cx, WAITING, || async {
        Ok(match live::describe(cx.cloud, name).await? {
            Some(live) if live.is_settling() => Poll::NotYet(format!("status {}", live.status)),
            other => Poll::Ready(other),
        })
    })
    .await
}

async fn set_time_to_live(cloud: &Cloud, spec: &Spec) -> Result<(), StepError> {
    let wanted = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name(&spec.ttl_attribute)
        .build()
        .expect("a time to live has an attribute and says whether it is enabled");
    cloud
        .dynamodb
        .update_time_to_live()
        .table_name(&spec.name)
        .time_to_live_specification(wanted)
        .send()
        .await
        .map(drop)
        .map_err(|error| classify("UpdateTimeToLive", error))
}

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| {
            Tag::builder().key(key).value(value).build().expect("a tag has a key and a value")
        })
        .collect()
}
