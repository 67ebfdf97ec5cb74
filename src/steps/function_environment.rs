//! The environment of a function that is known only after the function: one that has to be told its own URL.
//!
//! The function must be there before its URL, the URL before the clients that send people back to it, the clients before the
//! gateway, and the gateway before the function can be told of it: a circle. The function is made without an environment,
//! and this node writes it.
//!
//! - **Name**: none of its own; it is a part of its function.
//! - **Found**: `GetFunctionConfiguration`; absent when the function is.
//! - **Proven ours**: when the function is; a foreign function stops its own node, on which this one depends.
//! - **In doubt**: the environment is always written whole, so that sending it again is harmless.
//! - **Two of ours**: cannot be.
//! - **Owned set**: none; it goes with its function.
//! - **Secret**: none; values of variables are not shown in a plan.
//! - **Protect**, **replace**: none.
//! - **Update that resets**: `UpdateFunctionConfiguration` keeps what is omitted.
//!
//! Removing this node does nothing: the function goes, or its own node writes its environment again.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_lambda::types::{Environment, LastUpdateStatus, State};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Found, Poll, Presence, Step, StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};

use super::lambda_function::changed_variables;
use crate::cloud::{Cloud, classify, is_not_found};

/// Seconds are usual.
const WAITING: Waiting = Waiting::up_to(Duration::from_mins(5));

/// The environment of a function.
pub struct FunctionEnvironment;

/// What is known while planning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The function's name.
    pub function: String,
    /// Variables that the manifest says.
    pub environment: BTreeMap<String, String>,
}

/// What other nodes produce.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// More variables; they win over the spec's.
    pub environment: BTreeMap<String, String>,
}

/// The environment as Lambda describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    function: String,
    environment: BTreeMap<String, String>,
    is_settling: bool,
    /// Why the last change failed, if it did.
    failure: Option<String>,
}

/// Which function it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The function's name.
    pub function: String,
}

impl Step<Cloud> for FunctionEnvironment {
    const KIND: &'static str = "lambda.function-environment";
    const FIELDS: &'static [&'static str] = &["Environment"];
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: Option<&Links>,
        _last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        Ok(get(cx.cloud, &spec.function).await?.map_or(Presence::Absent, Presence::Ours))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let variables = match links {
            Some(links) => changed_variables(&wanted(spec, links), &live.environment, true),
            None => changed_variables(&spec.environment, &live.environment, false),
        };
        let change =
            (!variables.is_empty()).then(|| Change::new("Environment", "", variables.join(", ")));
        Diff::of(change.into_iter().collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        write(cx, spec, links).await
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        _live: Live,
        _changes: &[Change],
    ) -> Result<Live, StepError> {
        write(cx, spec, links).await
    }

    async fn delete(_cx: &Cx<'_, Cloud>, _outputs: &Outputs) -> Result<(), StepError> {
        Ok(())
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { function: live.function.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.function.clone()
    }

    async fn discover(
        _cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        Ok(Vec::new())
    }
}

fn wanted(spec: &Spec, links: &Links) -> BTreeMap<String, String> {
    let mut variables = spec.environment.clone();
    variables.extend(links.environment.clone());
    variables
}

/// Writes the environment, and returns once functions run with it. Another change of the function is waited for.
async fn write(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
    let environment = wanted(spec, links);
    until(cx, WAITING, || async {
        let variables = environment.clone().into_iter().collect();
        let sent = cx
            .cloud
            .lambda
            .update_function_configuration()
            .function_name(&spec.function)
            .environment(Environment::builder().set_variables(Some(variables)).build())
            .send()
            .await;
        match sent.map_err(|error| classify("UpdateFunctionConfiguration", error)) {
            Ok(_) => Ok(Poll::Ready(())),
            Err(error) if error.class == Class::Conflict => {
                Ok(Poll::NotYet("another change of the function to end".to_owned()))
            }
            Err(error) => Err(error),
        }
    })
    .await?;
    let live = until(cx, WAITING, || async {
        Ok(match get(cx.cloud, &spec.function).await? {
            Some(live) if live.is_settling => Poll::NotYet("its environment to take effect".into()),
            other => Poll::Ready(other),
        })
    })
    .await?;
    let failed = |why: &str| {
        let text = format!("the environment of the function {} {why}", spec.function);
        StepError::new(Class::Failed, text)
    };
    match live {
        Some(Live { failure: Some(reason), .. }) => {
            Err(failed(&format!("was not changed: {reason}")))
        }
        Some(live) => Ok(live),
        None => Err(failed("went with it while it was changed")),
    }
}

async fn get(cloud: &Cloud, function: &str) -> Result<Option<Live>, StepError> {
    let answer = cloud.lambda.get_function_configuration().function_name(function).send().await;
    let answer = match answer.map_err(|error| classify("GetFunctionConfiguration", error)) {
        Ok(answer) => answer,
        Err(error) if is_not_found(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let variables = answer.environment.and_then(|environment| environment.variables);
    let failed = answer.last_update_status == Some(LastUpdateStatus::Failed);
    Ok(Some(Live {
        function: function.to_owned(),
        environment: variables.unwrap_or_default().into_iter().collect(),
        is_settling: answer.state == Some(State::Pending)
            || answer.last_update_status == Some(LastUpdateStatus::InProgress),
        failure: failed.then(|| answer.last_update_status_reason.unwrap_or_default()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn spec() -> Spec {
        Spec { function: "acme-mcp-proxy".into(), environment: map(&[("A", "1"), ("B", "spec")]) }
    }

    fn changes(links: Option<&Links>, live: &[(&str, &str)]) -> String {
        let live = Live {
            function: spec().function,
            environment: map(live),
            is_settling: false,
            failure: None,
        };
        match FunctionEnvironment::diff(&spec(), links, &live) {
            Diff::Update(changes) => {
                assert_eq!((changes.len(), &*changes[0].field), (1, "Environment"));
                changes[0].after.clone()
            }
            _ => String::new(),
        }
    }

    #[test]
    fn variables_are_told_by_their_names_and_those_of_nobody_go() {
        let links = Links { environment: map(&[("B", "secret-value"), ("C", "3")]) };
        let whole = [("A", "1"), ("B", "secret-value"), ("C", "3")];
        assert_eq!(changes(Some(&links), &whole), "");
        assert_eq!(changes(Some(&links), &[("A", "1"), ("OLD", "x")]), "B set, C set, OLD removed");
        assert_eq!(changes(None, &[("A", "2"), ("OLD", "x")]), "A set, B set");
    }
}
