//! The URL of a function: the other door of a front, which streams and waits as long as the function may run.
//!
//! - **Name**: none of its own; a function has one URL, which names it.
//! - **Found**: `GetFunctionUrlConfig` of the function, one call.
//! - **Proven ours**: when its function is.
//! - **In doubt**: a second URL of one function is refused, so that looking settles a lost create.
//! - **Two of ours**: cannot be.
//! - **Owned set**: the URLs of the functions found.
//! - **Secret**: none.
//! - **Protect**: its address is the one that editors know; one that is made again has another.
//! - **Replace**: never.
//! - **Update that resets**: no; what browsers are told about other origins is written whole.
//!
//! It is public (`AuthType` `NONE`): the function behind it checks every caller. Who may call it stands in the function's
//! policy, in two statements since October 2025 (`lambda.permission`). It goes with its function. Synchronous.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html>

use aws_sdk_lambda::types::{Cors as Allowed, FunctionUrlAuthType, InvokeMode};
use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::cors::{self, Cors};
use super::fields;
use super::lambda_function::Function;
use crate::cloud::{Cloud, classify, is_not_found};

/// The URL of a function.
pub struct FunctionUrl;

/// What is wanted of the URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The function's name.
    pub function: String,
    /// What browsers are told about pages of other origins.
    pub cors: Option<Cors>,
}

/// The URL as Lambda describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    function: String,
    endpoint: String,
    auth_type: FunctionUrlAuthType,
    invoke_mode: InvokeMode,
    cors: Option<Cors>,
}

/// What others need of the URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The function's name.
    pub function: String,
    /// The address, without the slash at its end.
    pub endpoint: String,
}

impl Step<Cloud> for FunctionUrl {
    const KIND: &'static str = "lambda.function-url";
    const FIELDS: &'static [&'static str] = &["Cors"];
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
        Ok(get(cx.cloud, &spec.function).await?.map_or(Presence::Absent, Presence::Ours))
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        let text = |value: &str| value.to_owned();
        let changes = [
            Change::between(
                "AuthType",
                &text(live.auth_type.as_str()),
                &text(FunctionUrlAuthType::None.as_str()),
            ),
            Change::between(
                "InvokeMode",
                &text(live.invoke_mode.as_str()),
                &text(InvokeMode::ResponseStream.as_str()),
            ),
            cors::change("Cors", live.cors.as_ref(), spec.cors.as_ref()),
        ];
        Diff::of(changes.into_iter().flatten().collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Live, StepError> {
        let answer = cx
            .cloud
            .lambda
            .create_function_url_config()
            .function_name(&spec.function)
            .auth_type(FunctionUrlAuthType::None)
            .invoke_mode(InvokeMode::ResponseStream)
            .set_cors(spec.cors.as_ref().map(allowed))
            .send()
            .await
            .map_err(|error| classify("CreateFunctionUrlConfig", error))?;
        Ok(wanted(spec, &answer.function_url))
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let cors = if fields::has(changes, "Cors") { spec.cors.clone() } else { live.cors };
        let answer = cx
            .cloud
            .lambda
            .update_function_url_config()
            .function_name(&spec.function)
            .auth_type(FunctionUrlAuthType::None)
            .invoke_mode(InvokeMode::ResponseStream)
            // Without an origin it is empty, which takes out what was there.
            .cors(cors.as_ref().map_or_else(|| Allowed::builder().build(), allowed))
            .send()
            .await
            .map_err(|error| classify("UpdateFunctionUrlConfig", error))?;
        Ok(wanted(spec, &answer.function_url))
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let request = cx.cloud.lambda.delete_function_url_config();
        match request.function_name(&outputs.function).send().await {
            Ok(_) => Ok(()),
            Err(error) => match classify("DeleteFunctionUrlConfig", error) {
                error if is_not_found(&error) => Ok(()),
                error => Err(error),
            },
        }
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { function: live.function.clone(), endpoint: live.endpoint.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.endpoint.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let functions = found.of::<Cloud, Function>();
        let looks = functions.iter().map(|(address, function)| async {
            let Ok(address) = Address::new(format!("function-url/{}", address.leaf())) else {
                return Ok(None);
            };
            let live = get(cx.cloud, &function.name).await?;
            Ok::<_, StepError>(live.map(|live| (address, Self::outputs(&live))))
        });
        Ok(try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

/// The URL of a function; none where the function or its URL is not there.
async fn get(cloud: &Cloud, function: &str) -> Result<Option<Live>, StepError> {
    match cloud.lambda.get_function_url_config().function_name(function).send().await {
        Ok(answer) => Ok(Some(Live {
            function: function.to_owned(),
            endpoint: without_slash(&answer.function_url),
            auth_type: answer.auth_type,
            invoke_mode: answer.invoke_mode.unwrap_or(InvokeMode::Buffered),
            cors: answer.cors.map(told).filter(|cors| *cors != Cors::default()),
        })),
        Err(error) => match classify("GetFunctionUrlConfig", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

/// The URL as it was just asked for.
fn wanted(spec: &Spec, url: &str) -> Live {
    Live {
        function: spec.function.clone(),
        endpoint: without_slash(url),
        auth_type: FunctionUrlAuthType::None,
        invoke_mode: InvokeMode::ResponseStream,
        cors: spec.cors.clone(),
    }
}

fn without_slash(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

fn allowed(cors: &Cors) -> Allowed {
    Allowed::builder()
        .set_allow_origins(Some(cors.origins.clone()))
        .set_allow_methods(Some(cors.methods.clone()))
        .set_allow_headers(Some(cors.request_headers.clone()))
        .set_expose_headers(Some(cors.response_headers.clone()))
        .max_age(cors.max_age_seconds)
        .build()
}

fn told(allowed: Allowed) -> Cors {
    Cors {
        origins: allowed.allow_origins.unwrap_or_default(),
        methods: allowed.allow_methods.unwrap_or_default(),
        request_headers: allowed.allow_headers.unwrap_or_default(),
        response_headers: allowed.expose_headers.unwrap_or_default(),
        max_age_seconds: allowed.max_age.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        let cors = Cors {
            origins: vec!["https://a.example".into()],
            methods: vec!["GET".into(), "POST".into()],
            request_headers: vec!["authorization".into()],
            response_headers: vec!["mcp-session-id".into()],
            max_age_seconds: 60,
        };
        Spec { function: "acme-mcp-proxy".into(), cors: Some(cors) }
    }

    fn fields(spec: &Spec, live: &Live) -> Vec<String> {
        match FunctionUrl::diff(spec, None, live) {
            Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
            Diff::Same => Vec::new(),
            other @ Diff::Replace { .. } => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_field_is_a_change_of_its_own() {
        let live = wanted(&spec(), "https://x.lambda-url.us-west-2.on.aws/");
        assert_eq!(live.endpoint, "https://x.lambda-url.us-west-2.on.aws");
        assert!(fields(&spec(), &live).is_empty());
        let signed = Live { auth_type: FunctionUrlAuthType::AwsIam, ..live.clone() };
        assert_eq!(fields(&spec(), &signed), ["AuthType"]);
        let buffered = Live { invoke_mode: InvokeMode::Buffered, ..live.clone() };
        assert_eq!(fields(&spec(), &buffered), ["InvokeMode"]);
        assert_eq!(fields(&spec(), &Live { cors: None, ..live.clone() }), ["Cors"]);
        assert_eq!(fields(&Spec { cors: None, ..spec() }, &live), ["Cors"]);
    }

    #[test]
    fn what_is_told_is_what_was_asked() {
        let cors = spec().cors.unwrap();
        assert_eq!(told(allowed(&cors)), cors);
        assert_eq!(told(Allowed::builder().build()), Cors::default());
    }
}
