//! `DynamoDB`: tables, their time to live and tags; items by their whole key.
//!
//! Time to live removes nothing here: the service takes up to days, so that who relies on it is wrong anyway.

mod expression;
mod items;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::page::page;
use crate::service::{Call, Fault, Protocol, Reply, Service};
use crate::settling::Settling;
use crate::time::epoch_seconds;
use crate::validate::Rules;

const INVALID: &str = "ValidationException";
const NAME: &str = "[a-zA-Z0-9_.-]+";

/// The tables of one Region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By name.
    pub tables: BTreeMap<String, Table>,
}

/// A table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Table {
    /// A UUID.
    pub id: String,
    /// The ARN.
    pub arn: String,
    /// Milliseconds since the epoch.
    pub created_ms: i64,
    /// `CREATING`, `ACTIVE`, `UPDATING`, `DELETING`, and `GONE` once deletion is over.
    pub status: Settling<Status>,
    /// As sent.
    pub key_schema: Value,
    /// As sent.
    pub attributes: Value,
    /// `PAY_PER_REQUEST` or `PROVISIONED`.
    pub billing_mode: String,
    /// Read and write units; 0 when paid by request.
    pub throughput: (i64, i64),
    /// Whether `DeleteTable` is refused.
    pub deletion_protection: bool,
    /// `STANDARD` or `STANDARD_INFREQUENT_ACCESS`.
    pub class: String,
    /// Server-side encryption with a KMS key, as sent.
    pub encryption: Option<Value>,
    /// The attribute whose time deletes an item.
    pub time_to_live: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Items by the text of their key.
    #[serde(default)]
    pub items: BTreeMap<String, Map<String, Value>>,
}

/// A table's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Being made.
    Creating,
    /// Usable.
    Active,
    /// Being changed.
    Updating,
    /// Being removed.
    Deleting,
    /// Removed: never told to anyone.
    Gone,
}

/// `DynamoDB`.
#[derive(Debug)]
pub struct DynamoDb;

impl Service for DynamoDb {
    fn signing_name(&self) -> &'static str {
        "dynamodb"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Json { version: "1.0", target_prefix: "DynamoDB_20120810" }
    }

    fn settle(&self, call: &mut Call<'_>) {
        let now = call.now;
        call.here().dynamodb.tables.retain(|_, table| *table.status.at(now) != Status::Gone);
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault> {
        match call.operation {
            "CreateTable" => create(call),
            "DescribeTable" => describe(call),
            "ListTables" => list(call),
            "UpdateTable" => update(call),
            "DeleteTable" => delete(call),
            "UpdateTimeToLive" => update_time_to_live(call),
            "DescribeTimeToLive" => describe_time_to_live(call),
            "TagResource" => tag(call),
            "UntagResource" => untag(call),
            "ListTagsOfResource" => list_tags(call),
            "PutItem" => items::put(call),
            "GetItem" => items::get(call),
            "UpdateItem" => items::update(call),
            "DeleteItem" => items::delete(call),
            _ => Err(call.not_implemented()),
        }
    }
}

fn name_rules(rules: Rules<'_>) -> Rules<'_> {
    // The operations also take an ARN, hence the length; a table's own name is shorter.
    rules.required("TableName").length("TableName", 1, 1024)
}

fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .required_all(&["TableName", "KeySchema", "AttributeDefinitions"])
        .length("TableName", 3, 255)
        .pattern("TableName", NAME)
        .length("KeySchema", 1, 2)
        .one_of("BillingMode", &["PROVISIONED", "PAY_PER_REQUEST"])
        .one_of("TableClass", &["STANDARD", "STANDARD_INFREQUENT_ACCESS"])
        .finish(INVALID)?;
    let input = call.input;
    for member in ["LocalSecondaryIndexes", "GlobalSecondaryIndexes", "StreamSpecification"] {
        if input
            .get(member)
            .is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty()))
        {
            return Err(Fault::new(
                501,
                "NotImplemented",
                format!("the local AWS does not implement {member} of CreateTable"),
            ));
        }
    }
    check_keys(input.list("KeySchema"), input.list("AttributeDefinitions"))?;
    let (billing_mode, throughput) =
        billing(input.text("BillingMode"), input.object("ProvisionedThroughput"))?;
    let tags = tags(call)?;
    let name = input.text("TableName").unwrap_or_default();
    let (now, delay) = (call.now, call.options.delays.table_ms);
    if call.here().dynamodb.tables.contains_key(name) {
        return Err(Fault::client(
            "ResourceInUseException",
            format!("Table already exists: {name}"),
        ));
    }
    let table = Table {
        id: call.uuid(),
        arn: call.arn("dynamodb", &format!("table/{name}")),
        created_ms: now,
        status: Settling::until(now + delay, Status::Creating, Status::Active),
        key_schema: input.get("KeySchema").cloned().unwrap_or_default(),
        attributes: input.get("AttributeDefinitions").cloned().unwrap_or_default(),
        billing_mode,
        throughput,
        deletion_protection: input.boolean("DeletionProtectionEnabled").unwrap_or(false),
        class: input.text("TableClass").unwrap_or("STANDARD").to_owned(),
        encryption: input.get("SSESpecification").cloned(),
        time_to_live: None,
        tags,
        items: BTreeMap::new(),
    };
    // The answer to CreateTable is of the moment before: never yet ACTIVE.
    let shown = description(name, &table, Status::Creating);
    call.here().dynamodb.tables.insert(name.to_owned(), table);
    Ok(Reply::json(json!({ "TableDescription": shown })))
}

/// The key schema is a HASH key, perhaps followed by a RANGE key, and exactly its attributes are
/// defined.
fn check_keys(keys: &[Value], attributes: &[Value]) -> Result<(), Fault> {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let types: Vec<String> = keys.iter().map(|key| text(key, "KeyType")).collect();
    if !matches!(
        types.iter().map(String::as_str).collect::<Vec<_>>()[..],
        ["HASH"] | ["HASH", "RANGE"]
    ) {
        return Err(Fault::client(
            INVALID,
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type, or the second \
             is not a RANGE key type",
        ));
    }
    let defined: BTreeMap<String, String> = attributes
        .iter()
        .map(|attribute| (text(attribute, "AttributeName"), text(attribute, "AttributeType")))
        .collect();
    if defined.values().any(|kind| !matches!(kind.as_str(), "S" | "N" | "B")) {
        return Err(Fault::client(
            INVALID,
            "1 validation error detected: Value at 'attributeDefinitions.1.member.attributeType' \
             failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]",
        ));
    }
    for key in keys {
        if !defined.contains_key(&text(key, "AttributeName")) {
            return Err(Fault::client(
                INVALID,
                "One or more parameter values were invalid: Some index key attributes are not \
                 defined in AttributeDefinitions.",
            ));
        }
    }
    if defined.len() != keys.len() || attributes.len() != keys.len() {
        return Err(Fault::client(
            INVALID,
            "One or more parameter values were invalid: Number of attributes in KeySchema does \
             not exactly match number of attributes defined in AttributeDefinitions",
        ));
    }
    Ok(())
}

/// Billing mode and read and write units.
fn billing(
    mode: Option<&str>,
    throughput: Option<&Map<String, Value>>,
) -> Result<(String, (i64, i64)), Fault> {
    let units = |name: &str| throughput.and_then(|given| given.get(name)).and_then(Value::as_i64);
    match (mode.unwrap_or("PROVISIONED"), throughput) {
        ("PAY_PER_REQUEST", None) => Ok(("PAY_PER_REQUEST".to_owned(), (0, 0))),
        ("PAY_PER_REQUEST", Some(_)) => Err(Fault::client(
            INVALID,
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor \
             WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        )),
        _ => match (units("ReadCapacityUnits"), units("WriteCapacityUnits")) {
            (Some(read), Some(write)) if read >= 1 && write >= 1 => {
                Ok(("PROVISIONED".to_owned(), (read, write)))
            }
            _ => Err(Fault::client(
                INVALID,
                "One or more parameter values were invalid: ReadCapacityUnits and \
                 WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
            )),
        },
    }
}

fn describe(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let now = call.now;
    let (name, table) = table(call)?;
    let shown = description(&name, table, *table.status.at(now));
    Ok(Reply::json(json!({ "Table": shown })))
}

fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .range("Limit", 1, 100)
        .length("ExclusiveStartTableName", 3, 255)
        .finish(INVALID)?;
    let after = call.input.text("ExclusiveStartTableName").unwrap_or_default();
    let size = call.input.integer("Limit").and_then(|size| usize::try_from(size).ok());
    let names: Vec<String> =
        call.here().dynamodb.tables.keys().filter(|name| name.as_str() > after).cloned().collect();
    // This service's token is the last name itself.
    let page = page(names, Clone::clone, None, size.unwrap_or(100))
        .map_err(|error| Fault::client(INVALID, error.to_string()))?;
    let mut reply = json!({ "TableNames": page.items });
    if page.next.is_some() {
        reply["LastEvaluatedTableName"] = page.items.last().cloned().into();
    }
    Ok(Reply::json(reply))
}

fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .one_of("BillingMode", &["PROVISIONED", "PAY_PER_REQUEST"])
        .one_of("TableClass", &["STANDARD", "STANDARD_INFREQUENT_ACCESS"])
        .finish(INVALID)?;
    let input = call.input;
    let (now, delay) = (call.now, call.options.delays.table_ms);
    let (name, table) = active_table(call)?;
    if input.get("BillingMode").is_some() || input.get("ProvisionedThroughput").is_some() {
        let mode = input.text("BillingMode").unwrap_or(&table.billing_mode).to_owned();
        (table.billing_mode, table.throughput) =
            billing(Some(&mode), input.object("ProvisionedThroughput"))?;
    }
    if let Some(protected) = input.boolean("DeletionProtectionEnabled") {
        table.deletion_protection = protected;
    }
    if let Some(class) = input.text("TableClass") {
        class.clone_into(&mut table.class);
    }
    if let Some(encryption) = input.get("SSESpecification") {
        table.encryption = Some(encryption.clone());
    }
    table.status = Settling::until(now + delay, Status::Updating, Status::Active);
    let shown = description(&name, table, Status::Updating);
    Ok(Reply::json(json!({ "TableDescription": shown })))
}

fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let (now, delay) = (call.now, call.options.delays.table_ms);
    let (name, table) = active_table(call)?;
    if table.deletion_protection {
        return Err(Fault::client(
            INVALID,
            "Resource cannot be deleted as it is currently protected against deletion. Disable \
             deletion protection first.",
        ));
    }
    table.status = Settling::until(now + delay, Status::Deleting, Status::Gone);
    let shown = description(&name, table, Status::Deleting);
    Ok(Reply::json(json!({ "TableDescription": shown })))
}

fn update_time_to_live(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("TimeToLiveSpecification").finish(INVALID)?;
    let wanted = call.input.object("TimeToLiveSpecification");
    let member = |name: &str| wanted.and_then(|wanted| wanted.get(name)).cloned();
    let (Some(Value::Bool(enabled)), Some(Value::String(attribute))) =
        (member("Enabled"), member("AttributeName"))
    else {
        return Err(Fault::client(
            INVALID,
            "TimeToLiveSpecification needs Enabled and AttributeName",
        ));
    };
    let (_, table) = active_table(call)?;
    if enabled == table.time_to_live.is_some() {
        let state = if enabled { "enabled" } else { "disabled" };
        return Err(Fault::client(INVALID, format!("TimeToLive is already {state}")));
    }
    table.time_to_live = enabled.then(|| attribute.clone());
    Ok(Reply::json(json!({
        "TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": attribute},
    })))
}

fn describe_time_to_live(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let (_, table) = table(call)?;
    let shown = table.time_to_live.as_ref().map_or_else(
        || json!({"TimeToLiveStatus": "DISABLED"}),
        |attribute| json!({"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}),
    );
    Ok(Reply::json(json!({ "TimeToLiveDescription": shown })))
}

fn tag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required_all(&["ResourceArn", "Tags"]).finish(INVALID)?;
    let added = tags(call)?;
    let table = table_by_arn(call)?;
    let mut all = table.tags.clone();
    all.extend(added);
    if all.len() > 50 {
        return Err(Fault::client(
            INVALID,
            "One or more parameter values were invalid: Too many tags: 50 is the limit",
        ));
    }
    table.tags = all;
    Ok(Reply::empty(200))
}

fn untag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required_all(&["ResourceArn", "TagKeys"]).finish(INVALID)?;
    let keys = call.input.texts("TagKeys");
    table_by_arn(call)?.tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(Reply::empty(200))
}

fn list_tags(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("ResourceArn").finish(INVALID)?;
    let tags: Vec<Value> = table_by_arn(call)?
        .tags
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    Ok(Reply::json(json!({ "Tags": tags })))
}

fn table<'a>(call: &'a mut Call<'_>) -> Result<(String, &'a mut Table), Fault> {
    name_rules(call.rules()).finish(INVALID)?;
    let given = call.input.text("TableName").unwrap_or_default();
    let start = call.arn("dynamodb", "table/");
    let name = given.strip_prefix(&start).unwrap_or(given).to_owned();
    match call.here().dynamodb.tables.get_mut(&name) {
        Some(table) => Ok((name, table)),
        None => Err(Fault::client(
            "ResourceNotFoundException",
            format!("Requested resource not found: Table: {name} not found"),
        )),
    }
}

/// A table that is neither being made nor changed nor removed.
fn active_table<'a>(call: &'a mut Call<'_>) -> Result<(String, &'a mut Table), Fault> {
    let now = call.now;
    let operation = call.operation.to_owned();
    let (name, table) = table(call)?;
    let doing = match table.status.at(now) {
        Status::Creating => "created",
        Status::Updating => "updated",
        Status::Deleting | Status::Gone => "deleted",
        Status::Active => return Ok((name, table)),
    };
    Err(Fault::client(
        "ResourceInUseException",
        format!(
            "Attempt to change a resource which is still in use: {operation}: Table is being {doing}: {name}"
        ),
    ))
}

fn table_by_arn<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Table, Fault> {
    let arn = call.input.text("ResourceArn").unwrap_or_default();
    let start = call.arn("dynamodb", "table/");
    arn.strip_prefix(&start).and_then(|name| call.here().dynamodb.tables.get_mut(name)).ok_or_else(
        || {
            Fault::client(
                "ResourceNotFoundException",
                format!("Requested resource not found: ResourcArn: {arn} not found"),
            )
        },
    )
}

fn tags(call: &Call<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let mut rules = call.rules();
    let mut tags = BTreeMap::new();
    for tag in call.input.list("Tags") {
        let key = tag["Key"].as_str().unwrap_or_default();
        let value = tag["Value"].as_str().unwrap_or_default();
        rules = rules.nested("tags", key, 1..=128, None).nested("tags", value, 0..=256, None);
        tags.insert(key.to_owned(), value.to_owned());
    }
    rules.finish(INVALID)?;
    Ok(tags)
}

fn description(name: &str, table: &Table, status: Status) -> Value {
    let mut shown = json!({
        "TableName": name,
        "TableId": table.id,
        "TableArn": table.arn,
        "TableStatus": status,
        "CreationDateTime": epoch_seconds(table.created_ms),
        "KeySchema": table.key_schema,
        "AttributeDefinitions": table.attributes,
        "ProvisionedThroughput": {
            "ReadCapacityUnits": table.throughput.0,
            "WriteCapacityUnits": table.throughput.1,
            "NumberOfDecreasesToday": 0,
        },
        "ItemCount": table.items.len(),
        "TableSizeBytes": 0,
        "DeletionProtectionEnabled": table.deletion_protection,
        "TableClassSummary": {"TableClass": table.class},
    });
    if table.billing_mode == "PAY_PER_REQUEST" {
        shown["BillingModeSummary"] = json!({"BillingMode": table.billing_mode});
    }
    if table.encryption.as_ref().is_some_and(|given| given["Enabled"] == true) {
        shown["SSEDescription"] = json!({"Status": "ENABLED", "SSEType": "KMS"});
    }
    shown
}
