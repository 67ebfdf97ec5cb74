//! A function's resource policy: who may invoke it.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::functions::{check_revision, named};
use super::state::Function;
use super::{conflict, fault, input, not_found, shapes, state, text};
use crate::service::{Call, Fault, Reply};
use crate::services::agentcore::permissions::matches;

/// The service's limit of a resource policy, in bytes.
const MOST_POLICY: usize = 20 * 1024;

pub(super) fn add(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ADD_PERMISSION)?;
    let (named, revision) = (named(call, &given), call.uuid());
    let function = state(call).function_mut(&named)?;
    check_revision(&given, &function.policy_revision)?;
    function.revision(named.qualifier.as_deref())?;
    let id = text(&given, "StatementId");
    if function.policy.contains_key(id) {
        return Err(conflict(format!(
            "The statement id ({id}) provided already exists. Please provide a new statement id, \
             or remove the existing statement."
        )));
    }
    let resource = match named.qualifier.as_deref() {
        None | Some("$LATEST") => function.arn.clone(),
        Some(qualifier) => format!("{}:{qualifier}", function.arn),
    };
    let statement = statement(&given, &resource);
    let rendered = statement.to_string();
    if document(&function.policy).len() + rendered.len() > MOST_POLICY {
        return Err(fault(
            400,
            "PolicyLengthExceededException",
            format!("The final policy size is bigger than the limit ({MOST_POLICY})."),
        ));
    }
    function.policy.insert(id.to_owned(), statement);
    function.policy_revision = revision;
    Ok(Reply::status(201, json!({ "Statement": rendered })))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE)?;
    let named = named(call, &given);
    let function = state(call).function(&named)?;
    if function.policy.is_empty() {
        return Err(not_found("The resource you requested does not exist."));
    }
    Ok(Reply::json(json!({
        "Policy": document(&function.policy),
        "RevisionId": function.policy_revision,
    })))
}

pub(super) fn remove(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::REMOVE_PERMISSION)?;
    let (named, revision) = (named(call, &given), call.uuid());
    let function = state(call).function_mut(&named)?;
    check_revision(&given, &function.policy_revision)?;
    let id = text(&given, "StatementId");
    if function.policy.shift_remove(id).is_none() {
        return Err(not_found(format!("Statement {id} is not found in resource policy.")));
    }
    function.policy_revision = revision;
    Ok(Reply::empty(204))
}

fn document(statements: &IndexMap<String, Value>) -> String {
    let statements: Vec<&Value> = statements.values().collect();
    json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements }).to_string()
}

fn statement(given: &Map<String, Value>, resource: &str) -> Value {
    let principal = text(given, "Principal");
    let principal = if principal == "*" {
        json!("*")
    } else if principal.ends_with(".amazonaws.com") {
        json!({ "Service": principal })
    } else if principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit()) {
        json!({ "AWS": format!("arn:aws:iam::{principal}:root") })
    } else {
        json!({ "AWS": principal })
    };
    let mut statement = json!({
        "Sid": text(given, "StatementId"),
        "Effect": "Allow",
        "Principal": principal,
        "Action": text(given, "Action"),
        "Resource": resource,
    });
    let mut equal = Map::new();
    for (member, key) in [
        ("SourceAccount", "AWS:SourceAccount"),
        ("EventSourceToken", "lambda:EventSourceToken"),
        ("FunctionUrlAuthType", "lambda:FunctionUrlAuthType"),
        ("PrincipalOrgID", "aws:PrincipalOrgID"),
    ] {
        if let Some(value) = given.get(member) {
            equal.insert(key.to_owned(), value.clone());
        }
    }
    let mut condition = Map::new();
    if let Some(via_url) = given.get("InvokedViaFunctionUrl").and_then(Value::as_bool) {
        let text = via_url.to_string();
        condition.insert("Bool".to_owned(), json!({ "lambda:InvokedViaFunctionUrl": text }));
    }
    if !equal.is_empty() {
        condition.insert("StringEquals".to_owned(), Value::Object(equal));
    }
    if let Some(source) = given.get("SourceArn") {
        condition.insert("ArnLike".to_owned(), json!({ "AWS:SourceArn": source }));
    }
    if !condition.is_empty() {
        statement["Condition"] = Value::Object(condition);
    }
    statement
}

impl Function {
    /// Whether the resource policy lets anybody call the function at its URL: one statement is for the URL, the other for
    /// the function behind it. <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>
    pub(super) fn allows_public_url(&self) -> bool {
        let allows = |wanted: &str, operator: &str, (key, value): (&str, &str)| {
            self.policy.values().any(|statement| {
                let condition = &statement["Condition"];
                let is_only = condition.as_object().is_none_or(|all| {
                    let is_it = |keys: &Value| keys.as_object().is_some_and(|keys| keys.len() == 1);
                    all.iter().all(|(name, keys)| name == operator && is_it(keys))
                });
                statement["Principal"] == "*"
                    && statement["Action"] == wanted
                    && (condition.is_null() || condition[operator][key] == value)
                    && is_only
            })
        };
        let at_url = ("lambda:FunctionUrlAuthType", "NONE");
        let via_url = ("lambda:InvokedViaFunctionUrl", "true");
        allows("lambda:InvokeFunctionUrl", "StringEquals", at_url)
            && allows("lambda:InvokeFunction", "Bool", via_url)
    }

    /// Whether the resource policy lets a service invoke the function on behalf of `source_arn`.
    pub fn allows(&self, service: &str, source_arn: &str) -> bool {
        self.policy.values().any(|statement| {
            let principal = &statement["Principal"];
            let action = statement["Action"].as_str().unwrap_or_default();
            let account = &statement["Condition"]["StringEquals"]["AWS:SourceAccount"];
            let source = &statement["Condition"]["ArnLike"]["AWS:SourceArn"];
            (principal == "*" || principal["Service"] == json!(service))
                && matches!(action, "lambda:InvokeFunction" | "lambda:*" | "*")
                && (account.is_null() || account == crate::ACCOUNT_ID)
                && source.as_str().is_none_or(|pattern| matches(pattern, source_arn))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_takes_the_form_of_its_kind() {
        for (given, shown) in [
            ("apigateway.amazonaws.com", json!({ "Service": "apigateway.amazonaws.com" })),
            ("111122223333", json!({ "AWS": "arn:aws:iam::111122223333:root" })),
            ("*", json!("*")),
        ] {
            let given = json!({ "Principal": given, "StatementId": "s", "Action": "lambda:*" });
            assert_eq!(statement(given.as_object().unwrap(), "r")["Principal"], shown);
        }
    }
}
