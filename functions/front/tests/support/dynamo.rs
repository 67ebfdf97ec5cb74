//! One table, with as much of the expression language as the functions use.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Reply;

#[derive(Default)]
pub(crate) struct Table {
    pub(crate) is_down: bool,
    pub(crate) items: BTreeMap<String, Map<String, Value>>,
}

impl Table {
    pub(crate) fn answer(&mut self, target: &str, input: &Value) -> Reply {
        assert_eq!(input["TableName"], "sessions");
        if self.is_down {
            return Reply::json(500, &json!({ "__type": "InternalServerError" }));
        }
        let key = |of: &Value| of["handle"]["S"].as_str().unwrap().to_owned();
        match target {
            "DynamoDB_20120810.GetItem" => {
                assert_eq!(input["ConsistentRead"], true);
                let item = self.items.get(&key(&input["Key"]));
                Reply::json(200, &item.map_or(json!({}), |item| json!({ "Item": item })))
            }
            "DynamoDB_20120810.PutItem" => {
                assert_eq!(input["ConditionExpression"], "attribute_not_exists(#handle)");
                let handle = key(&input["Item"]);
                if self.items.contains_key(&handle) {
                    return refused();
                }
                self.items.insert(handle, input["Item"].as_object().unwrap().clone());
                Reply::json(200, &json!({}))
            }
            "DynamoDB_20120810.UpdateItem" => self.update(&key(&input["Key"]), input),
            other => panic!("{other} is not used"),
        }
    }

    fn update(&mut self, handle: &str, input: &Value) -> Reply {
        let values = &input["ExpressionAttributeValues"];
        let number = |value: &Value| value["N"].as_str().and_then(|n| n.parse::<u64>().ok());
        let condition = input["ConditionExpression"].as_str().unwrap();
        let (time, stages) = condition.split_once(" AND ").unwrap();
        assert_eq!(time, "#expires_at > :now");
        let stages = stages.trim_matches(|c| c == '(' || c == ')').split(" OR ");
        let mut stages = stages.map(|one| &values[one.strip_prefix("#stage = ").unwrap()]);
        let Some(item) = self.items.get_mut(handle) else { return refused() };
        let is_met = number(&item["expires_at"]) > number(&values[":now"])
            && stages.any(|stage| *stage == item["stage"]);
        if !is_met {
            return refused();
        }
        item.insert("stage".to_owned(), values[":next"].clone());
        match input["UpdateExpression"].as_str().unwrap() {
            "SET #stage = :next" => {}
            "SET #stage = :next REMOVE #token" => drop(item.remove("token")),
            other => panic!("{other} is not used"),
        }
        Reply::json(200, &json!({}))
    }
}

fn refused() -> Reply {
    let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    Reply::json(400, &json!({ "__type": kind }))
}
