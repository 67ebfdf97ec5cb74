//! IAM policy documents: what IAM accepts, and what other services ask about them.

use serde_json::{Map, Value};

/// Which kind of document is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A permission policy: its statements name resources and no principal.
    Permission,
    /// A trust policy: its statements name principals and no resource.
    Trust,
}

/// Checks a document as IAM does before it stores it.
///
/// # Errors
/// What is wrong, in IAM's words.
pub fn check(document: &str, kind: Kind) -> Result<Value, String> {
    let value: Value = serde_json::from_str(document)
        .map_err(|_not_json| "This policy contains invalid Json".to_owned())?;
    let Value::Object(policy) = &value else {
        return Err("Syntax errors in policy.".to_owned());
    };
    if policy.keys().any(|key| !matches!(key.as_str(), "Version" | "Id" | "Statement")) {
        return Err("Syntax errors in policy.".to_owned());
    }
    match policy.get("Version").and_then(Value::as_str) {
        Some("2012-10-17" | "2008-10-17") => {}
        // IAM takes a missing version for 2008; construct never means that.
        None => return Err("Policy document must be version 2012-10-17 or greater.".to_owned()),
        Some(_) => return Err("The policy must contain a valid version string".to_owned()),
    }
    let statements = match policy.get("Statement") {
        Some(Value::Array(items)) if !items.is_empty() => items.iter().collect(),
        Some(single @ Value::Object(_)) => vec![single],
        _ => return Err("Syntax errors in policy.".to_owned()),
    };
    let mut ids = Vec::new();
    for statement in statements {
        let Value::Object(statement) = statement else {
            return Err("Syntax errors in policy.".to_owned());
        };
        check_statement(statement, kind)?;
        if let Some(id) = statement.get("Sid").and_then(Value::as_str) {
            if !crate::validate::matches("[A-Za-z0-9]*", id) {
                return Err("Statement IDs (SID) must be alpha-numeric. Check that your input \
                            satisfies the regular expression [0-9A-Za-z]*"
                    .to_owned());
            }
            if ids.contains(&id) {
                return Err("Statement IDs (SID) in a single policy must be unique.".to_owned());
            }
            ids.push(id);
        }
    }
    Ok(value)
}

fn check_statement(statement: &Map<String, Value>, kind: Kind) -> Result<(), String> {
    const KNOWN: [&str; 9] = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    if statement.keys().any(|key| !KNOWN.contains(&key.as_str())) {
        return Err("Syntax errors in policy.".to_owned());
    }
    match statement.get("Effect").and_then(Value::as_str) {
        Some("Allow" | "Deny") => {}
        Some(_) => return Err("Syntax errors in policy.".to_owned()),
        None => return Err("Missing required field Effect".to_owned()),
    }
    let given = |names: [&str; 2]| names.iter().find_map(|name| statement.get(*name));
    let Some(actions) = given(["Action", "NotAction"]) else {
        return Err(match kind {
            Kind::Permission => "Policy statement must contain actions.".to_owned(),
            Kind::Trust => "Missing required field Action".to_owned(),
        });
    };
    for action in texts(actions) {
        if kind == Kind::Trust && !action.starts_with("sts:") {
            return Err("AssumeRole policy may only specify STS AssumeRole actions.".to_owned());
        }
        if action == "*" {
            continue;
        }
        let Some((vendor, name)) = action.split_once(':') else {
            return Err("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, \
                        etc."
                .to_owned());
        };
        if !crate::validate::matches("[A-Za-z0-9-]+", vendor) || name.is_empty() {
            return Err(format!("Vendor {vendor} is not valid"));
        }
    }
    let principal = given(["Principal", "NotPrincipal"]);
    let resource = given(["Resource", "NotResource"]);
    match kind {
        Kind::Trust if resource.is_some() => {
            return Err("Has prohibited field Resource".to_owned());
        }
        Kind::Trust if principal.is_none() => {
            return Err("Missing required field Principal".to_owned());
        }
        Kind::Trust => {}
        Kind::Permission if principal.is_some() => {
            return Err("Policy document should not specify a principal.".to_owned());
        }
        Kind::Permission => {
            let Some(resource) = resource else {
                return Err("Policy statement must contain resources.".to_owned());
            };
            for resource in texts(resource) {
                if resource != "*" && !crate::validate::matches("arn:[^:]*:[^:]*:.*", resource) {
                    return Err(format!("Resource {resource} must be in ARN format or \"*\"."));
                }
            }
        }
    }
    if statement.get("Condition").is_some_and(|condition| !condition.is_object()) {
        return Err("Syntax errors in policy.".to_owned());
    }
    Ok(())
}

/// Whether a trust policy lets `service` (such as `lambda.amazonaws.com`) assume the role.
pub fn trusts(document: &Value, service: &str) -> bool {
    let statements = match document.get("Statement") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(single) => vec![single],
        None => Vec::new(),
    };
    statements.into_iter().any(|statement| {
        statement.get("Effect").and_then(Value::as_str) == Some("Allow")
            && statement.get("Action").is_some_and(|actions| {
                texts(actions).any(|name| matches!(name, "sts:AssumeRole" | "sts:*"))
            })
            && statement
                .get("Principal")
                .and_then(|principal| principal.get("Service"))
                .is_some_and(|services| texts(services).any(|name| name == service))
    })
}

/// A string, or the strings of a list.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    items.iter().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trust() -> Value {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }]})
    }

    #[test]
    fn accepts_good_documents() {
        assert_eq!(check(&trust().to_string(), Kind::Trust), Ok(trust()));
        let permission = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
            "Action":["logs:*"],"Resource":"arn:aws:logs:*:*:*"}}"#;
        assert!(check(permission, Kind::Permission).is_ok());
    }

    #[test]
    fn refuses_what_iam_refuses() {
        for (document, kind) in [
            ("{not json", Kind::Trust),
            ("{}", Kind::Permission),
            (r#"{"Version":"2012-10-17"}"#, Kind::Permission),
            (
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b"}]}"#,
                Kind::Permission,
            ),
            (
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"Get","Resource":"*"}]}"#,
                Kind::Permission,
            ),
            (
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"x"}]}"#,
                Kind::Permission,
            ),
            (
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Action":"a:b","Resource":"*"}]}"#,
                Kind::Permission,
            ),
            (
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}"#,
                Kind::Trust,
            ),
        ] {
            assert!(check(document, kind).is_err(), "{document}");
        }
    }

    #[test]
    fn knows_whom_a_role_trusts() {
        assert!(trusts(&trust(), "lambda.amazonaws.com"));
        assert!(!trusts(&trust(), "bedrock-agentcore.amazonaws.com"));
    }
}
