//! Permission of a service to invoke a function: one statement of the function's own policy.
//!
//! - **Name**: the statement id, unique within its function's policy; it begins with [`STATEMENT_PREFIX`].
//! - **Found**: `GetPolicy` of the function, one call, and the statement by its id.
//! - **Proven ours**: when its function is.
//! - **In doubt**: the statement id is unique, so looking settles a lost create.
//! - **Two of ours**: cannot be.
//! - **Owned set**: the statements with our prefix in the policies of the discovered functions.
//! - **Secret**, **protect**, **replace**: none.
//! - **Update that resets**: there is no update; the statement is taken out and put in again, and calls that come between
//!   the two are refused.
//!
//! It goes with its function. Quota: a function's policy has at most 20 kB.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>

use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::{Cloud, classify, is_not_found};
use crate::steps::lambda_function::Function;

/// How the statement ids of construct begin: another statement was put there by somebody else and is left alone.
pub const STATEMENT_PREFIX: &str = "construct-";

const ACTION: &str = "lambda:InvokeFunction";

/// The permission of a service to invoke a function.
pub struct Permission;

/// Who may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Begins with [`STATEMENT_PREFIX`]; letters, digits, `-` and `_`, at most 100 characters.
    pub statement_id: String,
    /// The service, such as `apigateway.amazonaws.com`.
    pub principal: String,
}

/// What, and on whose behalf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The function's name.
    pub function_name: String,
    /// The object for which the service may: an ARN that may hold `*`.
    pub source_arn: String,
}

/// A statement as Lambda describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    function_name: String,
    statement_id: String,
    action: String,
    principal: String,
    source_arn: String,
}

/// Which statement it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The function's name.
    pub function_name: String,
    /// The statement's id.
    pub statement_id: String,
}

impl Step<Cloud> for Permission {
    const KIND: &'static str = "lambda.permission";
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let function =
            links.map(|links| &links.function_name).or(last.map(|last| &last.function_name));
        let Some(function) = function else { return Ok(Presence::Absent) };
        let statements = statements(cx.cloud, function).await?;
        let ours = statements.into_iter().find(|one| one.statement_id == spec.statement_id);
        Ok(ours.map_or(Presence::Absent, Presence::Ours))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let changes = [
            Change::between("Action", &live.action.as_str(), &ACTION),
            Change::between("Principal", &live.principal, &spec.principal),
            links.and_then(|links| {
                Change::between("SourceArn", &live.source_arn, &links.source_arn)
            }),
        ];
        Diff::of(changes.into_iter().flatten().collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        cx.cloud
            .lambda
            .add_permission()
            .function_name(&links.function_name)
            .statement_id(&spec.statement_id)
            .action(ACTION)
            .principal(&spec.principal)
            .source_arn(&links.source_arn)
            .send()
            .await
            .map_err(|error| classify("AddPermission", error))?;
        Ok(Live {
            function_name: links.function_name.clone(),
            statement_id: spec.statement_id.clone(),
            action: ACTION.to_owned(),
            principal: spec.principal.clone(),
            source_arn: links.source_arn.clone(),
        })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        live: Live,
        _changes: &[Change],
    ) -> Result<Live, StepError> {
        Self::delete(cx, &Self::outputs(&live)).await?;
        Self::create(cx, spec, links).await
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let request = cx
            .cloud
            .lambda
            .remove_permission()
            .function_name(&outputs.function_name)
            .statement_id(&outputs.statement_id);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match classify("RemovePermission", error) {
                error if is_not_found(&error) => Ok(()),
                error => Err(error),
            },
        }
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs {
            function_name: live.function_name.clone(),
            statement_id: live.statement_id.clone(),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.function_name, outputs.statement_id)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let functions = found.of::<Cloud, Function>();
        let looks = functions.iter().map(|(address, function)| async {
            let Some(address) = address_of(address) else { return Ok(Vec::new()) };
            let statements = statements(cx.cloud, &function.name).await?;
            let ours =
                statements.iter().filter(|one| one.statement_id.starts_with(STATEMENT_PREFIX));
            Ok::<_, StepError>(ours.map(|one| (address.clone(), Self::outputs(one))).collect())
        });
        Ok(try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

/// The address of the node for the permission on the function at `function`.
fn address_of(function: &Address) -> Option<Address> {
    Address::new(format!("permission/{}", function.leaf())).ok()
}

/// The statements of a function's policy; none when the function or its policy is not there.
async fn statements(cloud: &Cloud, function: &str) -> Result<Vec<Live>, StepError> {
    match cloud.lambda.get_policy().function_name(function).send().await {
        Ok(answer) => parsed(function, answer.policy().unwrap_or_default()),
        Err(error) => match classify("GetPolicy", error) {
            error if is_not_found(&error) => Ok(Vec::new()),
            error => Err(error),
        },
    }
}

fn parsed(function: &str, policy: &str) -> Result<Vec<Live>, StepError> {
    let policy: Value = serde_json::from_str(policy).map_err(|error| {
        StepError::bug(format!("GetPolicy answered with a policy that is no JSON: {error}"))
    })?;
    let statements =
        policy.get("Statement").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let statements = statements.iter().map(|statement| {
        let principal = statement.get("Principal");
        let named = ["Service", "AWS"].iter().find_map(|group| principal?.get(group));
        Live {
            function_name: function.to_owned(),
            statement_id: text(statement.get("Sid")),
            action: text(statement.get("Action")),
            principal: text(named.or(principal)),
            source_arn: text(source_arn(statement)),
        }
    });
    Ok(statements.collect())
}

/// Condition keys have no case in IAM, and Lambda writes this one its own way.
fn source_arn(statement: &Value) -> Option<&Value> {
    let operators = statement.get("Condition")?.as_object()?;
    let mut keys = operators.values().filter_map(Value::as_object).flatten();
    keys.find(|(key, _)| key.eq_ignore_ascii_case("aws:SourceArn")).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec() -> Spec {
        Spec { statement_id: "construct-api".into(), principal: "apigateway.amazonaws.com".into() }
    }

    fn links() -> Links {
        Links {
            function_name: "acme-function-mcp-proxy".into(),
            source_arn: "arn:aws:execute-api:us-west-2:111122223333:abc/*".into(),
        }
    }

    fn live() -> Live {
        let policy = json!({ "Version": "2012-10-17", "Id": "default", "Statement": [{
            "Sid": "construct-api",
            "Effect": "Allow",
            "Principal": { "Service": "apigateway.amazonaws.com" },
            "Action": "lambda:InvokeFunction",
            "Resource": "arn:aws:lambda:us-west-2:111122223333:function:acme-function-mcp-proxy",
            "Condition": { "ArnLike": { "AWS:SourceArn": links().source_arn } },
        }]});
        parsed(&links().function_name, &policy.to_string()).unwrap().remove(0)
    }

    #[test]
    fn lambdas_statement_is_the_same_as_what_was_asked() {
        assert_eq!(Permission::diff(&spec(), Some(&links()), &live()), Diff::Same);
        assert_eq!(Permission::diff(&spec(), None, &live()), Diff::Same);
    }

    #[test]
    fn every_field_is_compared() {
        let fields = |live: Live| match Permission::diff(&spec(), Some(&links()), &live) {
            Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
            _ => Vec::new(),
        };
        assert_eq!(fields(Live { principal: "s3.amazonaws.com".into(), ..live() }), ["Principal"]);
        assert_eq!(fields(Live { source_arn: String::new(), ..live() }), ["SourceArn"]);
        assert_eq!(fields(Live { action: "lambda:*".into(), ..live() }), ["Action"]);
    }

    #[test]
    fn statements_of_other_shapes_are_read() {
        let policy = json!({ "Statement": [
            { "Sid": "a", "Principal": "*" },
            { "Sid": "b", "Principal": { "AWS": "arn:aws:iam::111122223333:root" } },
        ]});
        let read = parsed("f", &policy.to_string()).unwrap();
        assert_eq!(read[0].principal, "*");
        assert_eq!(read[1].principal, "arn:aws:iam::111122223333:root");
        assert!(parsed("f", "").is_err());
    }

    #[test]
    fn a_permission_is_addressed_by_its_function() {
        let function = Address::new("function/mcp-proxy").unwrap();
        assert_eq!(address_of(&function).unwrap().as_str(), "permission/mcp-proxy");
    }
}
