//! Permission to call a function, of a service or of whoever has its URL: one statement of the function's own policy.
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

use aws_sdk_lambda::types::FunctionUrlAuthType;
use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::{Cloud, classify, is_not_found};
use crate::steps::lambda_function::Function;

/// How the statement ids of construct begin: another statement was put there by somebody else and is left alone.
pub const STATEMENT_PREFIX: &str = "construct-";

/// How the statement ids begin that let callers of a function's URL in.
pub const URL_PREFIX: &str = "construct-function-url";

const INVOKE: &str = "lambda:InvokeFunction";
const INVOKE_URL: &str = "lambda:InvokeFunctionUrl";

/// The permission to call a function.
pub struct Permission;

/// What is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allowed {
    /// To invoke the function for an object of a service.
    #[default]
    Invocation,
    /// To call its URL, without credentials. Source: Lambda developer guide, "Control access to function URLs".
    Url,
    /// To invoke it by way of its URL, which new URLs need besides since October 2025.
    InvocationByUrl,
}

impl Allowed {
    const fn action(self) -> &'static str {
        match self {
            Self::Invocation | Self::InvocationByUrl => INVOKE,
            Self::Url => INVOKE_URL,
        }
    }

    /// The condition that goes with it, as the policy has it.
    const fn condition(self) -> &'static str {
        match self {
            Self::Invocation => "",
            Self::Url => "FunctionUrlAuthType NONE",
            Self::InvocationByUrl => "InvokedViaFunctionUrl true",
        }
    }
}

/// Who may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Begins with [`STATEMENT_PREFIX`]; letters, digits, `-` and `_`, at most 100 characters.
    pub statement_id: String,
    /// The service, such as `apigateway.amazonaws.com`, or `*` for everybody.
    pub principal: String,
    /// What is allowed.
    #[serde(default)]
    pub allowed: Allowed,
}

/// What, and on whose behalf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The function's name.
    pub function_name: String,
    /// The object for which the service may: an ARN that may hold `*`. None for callers of a URL.
    pub source_arn: Option<String>,
}

/// A statement as Lambda describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    function_name: String,
    statement_id: String,
    action: String,
    principal: String,
    source_arn: Option<String>,
    condition: String,
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
            Change::between("Action", &live.action.as_str(), &spec.allowed.action()),
            Change::between("Principal", &live.principal, &spec.principal),
            links.and_then(|links| {
                let text = |arn: &Option<String>| arn.clone().unwrap_or_default();
                Change::between("SourceArn", &text(&live.source_arn), &text(&links.source_arn))
            }),
            Change::between("Condition", &live.condition.as_str(), &spec.allowed.condition()),
        ];
        Diff::of(changes.into_iter().flatten().collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        cx.cloud
            .lambda
            .add_permission()
            .function_name(&links.function_name)
            .statement_id(&spec.statement_id)
            .action(spec.allowed.action())
            .principal(&spec.principal)
            .set_source_arn(links.source_arn.clone())
            .set_function_url_auth_type(
                (spec.allowed == Allowed::Url).then_some(FunctionUrlAuthType::None),
            )
            .set_invoked_via_function_url(
                (spec.allowed == Allowed::InvocationByUrl).then_some(true),
            )
            .send()
            .await
            .map_err(|error| classify("AddPermission", error))?;
        Ok(Live {
            function_name: links.function_name.clone(),
            statement_id: spec.statement_id.clone(),
            action: spec.allowed.action().to_owned(),
            principal: spec.principal.clone(),
            source_arn: links.source_arn.clone(),
            condition: spec.allowed.condition().to_owned(),
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
            let statements = statements(cx.cloud, &function.name).await?;
            let ours = statements.iter().filter_map(|one| {
                Some((address_of(address, &one.statement_id)?, Self::outputs(one)))
            });
            Ok::<_, StepError>(ours.collect::<Vec<_>>())
        });
        Ok(try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

/// The address of the node for a statement in the policy of the function at `function`; none where it is somebody else's.
/// Those for a URL have what is behind [`URL_PREFIX`] at their end.
fn address_of(function: &Address, statement_id: &str) -> Option<Address> {
    let own = statement_id.strip_prefix(STATEMENT_PREFIX)?;
    let suffix = match statement_id.strip_prefix(URL_PREFIX) {
        Some(rest) => format!(".{}", url_purpose(rest)),
        None if own.is_empty() => return None,
        None => String::new(),
    };
    Address::new(format!("permission/{}{suffix}", function.leaf())).ok()
}

/// What a statement for a URL allows, by the end of its id.
fn url_purpose(rest: &str) -> &str {
    let rest = rest.trim_start_matches('-');
    if rest.is_empty() { "url" } else { rest }
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
            source_arn: source_arn(statement).and_then(Value::as_str).map(str::to_owned),
            condition: url_condition(statement),
        }
    });
    Ok(statements.collect())
}

/// The condition of a statement that is for a URL, in the words of [`Allowed::condition`]; empty where there is none.
fn url_condition(statement: &Value) -> String {
    let operators = statement.get("Condition").and_then(Value::as_object);
    let keys = operators.into_iter().flatten().filter_map(|(_, keys)| keys.as_object()).flatten();
    let mut ours = keys.filter_map(|(key, value)| {
        let name = key.strip_prefix("lambda:")?;
        Some(format!("{name} {}", value.as_str().unwrap_or_default()))
    });
    ours.next().unwrap_or_default()
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
        Spec {
            statement_id: "construct-api".into(),
            principal: "apigateway.amazonaws.com".into(),
            allowed: Allowed::Invocation,
        }
    }

    fn links() -> Links {
        Links {
            function_name: "acme-function-mcp-proxy".into(),
            source_arn: Some("arn:aws:execute-api:us-west-2:111122223333:abc/*".into()),
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
        assert_eq!(fields(Live { source_arn: None, ..live() }), ["SourceArn"]);
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
    fn a_permission_is_addressed_by_its_function_and_what_it_allows() {
        let function = Address::new("function/mcp-proxy").unwrap();
        for (statement, address) in [
            ("construct-http-api", Some("permission/mcp-proxy")),
            ("construct-function-url", Some("permission/mcp-proxy.url")),
            ("construct-function-url-invoke", Some("permission/mcp-proxy.invoke")),
            ("construct-", None),
            ("somebody-elses", None),
        ] {
            let found = address_of(&function, statement);
            assert_eq!(found.as_ref().map(Address::as_str), address, "{statement}");
        }
    }

    #[test]
    fn the_two_statements_of_a_url_are_told_apart() {
        let policy = json!({ "Statement": [
            {
                "Sid": "construct-function-url",
                "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl",
                "Condition": { "StringEquals": { "lambda:FunctionUrlAuthType": "NONE" } },
            },
            {
                "Sid": "construct-function-url-invoke",
                "Principal": "*",
                "Action": "lambda:InvokeFunction",
                "Condition": { "Bool": { "lambda:InvokedViaFunctionUrl": "true" } },
            },
        ]});
        let read = parsed("f", &policy.to_string()).unwrap();
        let links = Links { function_name: "f".into(), source_arn: None };
        let spec = |live: &Live, allowed| Spec {
            statement_id: live.statement_id.clone(),
            principal: "*".into(),
            allowed,
        };
        for (live, allowed) in read.iter().zip([Allowed::Url, Allowed::InvocationByUrl]) {
            let wanted = spec(live, allowed);
            assert_eq!(Permission::diff(&wanted, Some(&links), live), Diff::Same, "{live:?}");
            let open = Live { condition: String::new(), ..live.clone() };
            assert_ne!(Permission::diff(&wanted, Some(&links), &open), Diff::Same);
        }
    }
}
