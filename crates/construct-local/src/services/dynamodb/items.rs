//! Items: put, got, changed and removed by their whole key, on condition.

use serde_json::{Map, Value, json};

use super::expression::{Item, Placeholders, holds, update as updated};
use super::{INVALID, Status, Table, name_rules};
use crate::service::{Call, Fault, Reply};

/// The service's limit of an item, of which names and values count. Here all of its text does.
const MOST_ITEM: usize = 400 * 1024;

pub(super) fn put(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("Item").one_of("ReturnValues", &["NONE", "ALL_OLD"]).finish(INVALID)?;
    let item = item(call.input.object("Item"))?;
    let key = {
        let table = usable(call)?;
        key_of(table, &item)?
    };
    let old = change(call, &key, |_, _| Ok(Some(item)))?;
    Ok(returned(call, old, None))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("Key").finish(INVALID)?;
    if call.input.get("ProjectionExpression").is_some()
        || call.input.get("AttributesToGet").is_some()
    {
        return Err(Fault::new(501, "NotImplemented", "the local AWS gives whole items only"));
    }
    let key = item(call.input.object("Key"))?;
    let table = usable(call)?;
    let found = table.items.get(&whole_key(table, &key)?);
    Ok(Reply::json(found.map_or_else(|| json!({}), |found| json!({ "Item": found }))))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .required("Key")
        .one_of("ReturnValues", &["NONE", "ALL_OLD", "ALL_NEW"])
        .finish(INVALID)?;
    let given = item(call.input.object("Key"))?;
    let expression = call.input.text("UpdateExpression").unwrap_or_default().to_owned();
    let key = {
        let table = usable(call)?;
        whole_key(table, &given)?
    };
    let mut new = None;
    let old = change(call, &key, |old, placeholders| {
        let base = old.unwrap_or(&given);
        let item = updated(&expression, base, placeholders)?;
        if let Some(name) = given.keys().find(|name| item.get(*name) != given.get(*name)) {
            return Err(Fault::client(
                INVALID,
                format!(
                    "One or more parameter values were invalid: Cannot update attribute {name}. \
                     This attribute is part of the key"
                ),
            ));
        }
        new = Some(item.clone());
        Ok(Some(item))
    })?;
    Ok(returned(call, old, new))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("Key").one_of("ReturnValues", &["NONE", "ALL_OLD"]).finish(INVALID)?;
    let given = item(call.input.object("Key"))?;
    let key = {
        let table = usable(call)?;
        whole_key(table, &given)?
    };
    let old = change(call, &key, |_, _| Ok(None))?;
    Ok(returned(call, old, None))
}

/// Replaces the item of `key`, if the request's condition holds, by what `made` makes of it. Gives the old one.
fn change(
    call: &mut Call<'_>,
    key: &str,
    made: impl FnOnce(Option<&Item>, &Placeholders<'_>) -> Result<Option<Item>, Fault>,
) -> Result<Option<Item>, Fault> {
    let input = call.input;
    let placeholders = Placeholders::new(
        input.object("ExpressionAttributeNames"),
        input.object("ExpressionAttributeValues"),
    );
    let table = usable(call)?;
    let old = table.items.get(key).cloned();
    let is_met = match input.text("ConditionExpression") {
        Some(condition) => holds(condition, old.as_ref(), &placeholders)?,
        None => true,
    };
    let new = made(old.as_ref(), &placeholders)?;
    placeholders.check_used()?;
    if !is_met {
        return Err(Fault::client(
            "ConditionalCheckFailedException",
            "The conditional request failed",
        ));
    }
    match new {
        Some(item) if Value::Object(item.clone()).to_string().len() > MOST_ITEM => {
            return Err(Fault::client(INVALID, "Item size has exceeded the maximum allowed size"));
        }
        Some(item) => table.items.insert(key.to_owned(), item),
        None => table.items.remove(key),
    };
    Ok(old)
}

fn returned(call: &Call<'_>, old: Option<Item>, new: Option<Item>) -> Reply {
    let attributes = match call.input.text("ReturnValues") {
        Some("ALL_OLD") => old,
        Some("ALL_NEW") => new,
        _ => None,
    };
    Reply::json(attributes.map_or_else(|| json!({}), |item| json!({ "Attributes": item })))
}

/// A table whose items can be reached: not one that is being made or removed.
fn usable<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Table, Fault> {
    name_rules(call.rules()).finish(INVALID)?;
    let now = call.now;
    let given = call.input.text("TableName").unwrap_or_default();
    let start = call.arn("dynamodb", "table/");
    let name = given.strip_prefix(&start).unwrap_or(given);
    let table = call.here().dynamodb.tables.get_mut(name);
    table
        .filter(|table| matches!(table.status.at(now), Status::Active | Status::Updating))
        .ok_or_else(|| Fault::client("ResourceNotFoundException", "Requested resource not found"))
}

/// Names and types of the attributes that are a table's key.
fn schema(table: &Table) -> Vec<(String, String)> {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let keys = table.key_schema.as_array().into_iter().flatten();
    let attributes = table.attributes.as_array().cloned().unwrap_or_default();
    keys.map(|key| {
        let name = text(key, "AttributeName");
        let attribute = attributes.iter().find(|one| text(one, "AttributeName") == name);
        let kind = attribute.map(|one| text(one, "AttributeType")).unwrap_or_default();
        (name, kind)
    })
    .collect()
}

/// Under which an item is kept.
fn key_of(table: &Table, item: &Item) -> Result<String, Fault> {
    let mut key = Map::new();
    for (name, kind) in schema(table) {
        let value = item.get(&name).ok_or_else(|| {
            let reason = format!("Missing the key {name} in the item");
            Fault::client(INVALID, format!("One or more parameter values were invalid: {reason}"))
        })?;
        let Some(text) = value.get(&kind).and_then(Value::as_str) else {
            let reason = format!("Type mismatch for key {name} expected: {kind}");
            return Err(Fault::client(
                INVALID,
                format!("One or more parameter values were invalid: {reason}"),
            ));
        };
        if text.is_empty() {
            return Err(Fault::client(
                INVALID,
                format!(
                    "One or more parameter values are not valid. The AttributeValue for a key \
                     attribute cannot contain an empty string value. Key: {name}"
                ),
            ));
        }
        key.insert(name, value.clone());
    }
    Ok(Value::Object(key).to_string())
}

fn whole_key(table: &Table, key: &Item) -> Result<String, Fault> {
    if key.len() != schema(table).len() {
        let message = "The provided key element does not match the schema";
        return Err(Fault::client(INVALID, message));
    }
    key_of(table, key).map_err(|_mismatch| {
        Fault::client(INVALID, "The provided key element does not match the schema")
    })
}

/// Attribute values, each of one type that it really has.
fn item(given: Option<&Map<String, Value>>) -> Result<Item, Fault> {
    let given = given.cloned().unwrap_or_default();
    for (name, value) in &given {
        if !is_value(value) {
            let message = format!("Supplied AttributeValue of {name} is empty or not of its type");
            return Err(Fault::client(INVALID, message));
        }
    }
    Ok(given)
}

fn is_value(value: &Value) -> bool {
    let Some(object) = value.as_object().filter(|object| object.len() == 1) else { return false };
    object.iter().all(|(kind, value)| match kind.as_str() {
        "S" | "B" => value.is_string(),
        "N" => value.as_str().is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite)),
        "BOOL" => value.is_boolean(),
        "NULL" => value == true,
        "M" => value.as_object().is_some_and(|members| members.values().all(is_value)),
        "L" => value.as_array().is_some_and(|members| members.iter().all(is_value)),
        "SS" | "NS" | "BS" => value.as_array().is_some_and(|members| !members.is_empty()),
        _ => false,
    })
}
