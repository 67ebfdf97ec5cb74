//! The HTTP API: the address that editors know, and the shell that routes and integrations are put into.
//!
//! - **name** `{stack}-api`; names are not unique
//! - **found** by the recorded id in one call, which answers with the tags; else by `GetApis` and name and mark
//! - **proven ours** by its tags. One of the same name without our mark is somebody else's, and no obstacle
//! - **in doubt** the API takes no client token and refuses no name: the engine looks for the mark before it creates
//! - **two of ours** the oldest wins
//! - **owned set** `GetApis`, which answers with the tags
//! - **secret** none
//! - **protect** the id is part of the URL that editors know
//! - **replace** never: everything can be changed
//! - **update that resets** no: `UpdateApi` changes what is sent; what browsers are told about other origins is written whole,
//!   and taken out with a call of its own
//!
//! Deletion takes integrations, routes and stages along. Synchronous. Quota: 600 in an account and Region.
//! API: <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html>.

use std::sync::Arc;

use aws_sdk_apigatewayv2::operation::create_api::CreateApiOutput;
use aws_sdk_apigatewayv2::operation::get_api::GetApiOutput;
use aws_sdk_apigatewayv2::types::{Api, Cors as Allowed, ProtocolType};
use aws_smithy_types::DateTime;
use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use serde::{Deserialize, Serialize};

use super::cors::{self, Cors};
use super::{fields, http_api_calls, looking, marks};
use crate::cloud::{Cloud, MARK_STACK, Tags, classify, is_not_found};

/// The kind of HTTP APIs.
pub struct HttpApi;

/// What is wanted of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name.
    pub name: String,
    /// Text for the console.
    pub description: String,
    /// What browsers are told about pages of other origins.
    #[serde(default)]
    pub cors: Option<Cors>,
    /// The marks and the manifest's tags.
    pub tags: Tags,
}

/// The API as the service answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    id: String,
    endpoint: String,
    arn: String,
    name: String,
    description: String,
    endpoint_disabled: bool,
    cors: Option<Cors>,
    created: Option<DateTime>,
    tags: Tags,
}

/// What others need of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its id.
    pub id: String,
    /// Where it is reached: `https://{id}.execute-api.{region}.amazonaws.com`.
    pub endpoint: String,
    /// Its ARN, for tags. Invoke permissions name another form of it.
    pub arn: String,
}

impl Step<Cloud> for HttpApi {
    const KIND: &'static str = "apigateway.http-api";
    const FIELDS: &'static [&'static str] = &["description", "CorsConfiguration", marks::ANY_TAG];
    const UNIQUE_NAME: bool = false;
    type Spec = Spec;
    type Links = ();
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: Option<&()>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        if let Some(last) = last
            && let Some(live) = get(cx, &last.id).await?
        {
            let (what, tags) = (format!("the HTTP API {}", live.id), live.tags.clone());
            return Ok(marks::presence(cx.cloud, &what, &tags, live, false));
        }
        let oldest = |apis: &Vec<Live>| {
            let ours = |api: &&Live| api.name == spec.name && cx.cloud.naming.is_ours(&api.tags);
            apis.iter().filter(ours).min_by(|one, two| age(one).cmp(&age(two))).cloned()
        };
        let found = looking::find(cx, LIST, || list(cx), oldest).await?;
        Ok(found.map_or(Presence::Absent, Presence::Ours))
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        let mut changes = Vec::new();
        changes.extend(Change::between("name", &live.name, &spec.name));
        changes.extend(Change::between("description", &live.description, &spec.description));
        changes.extend(Change::between(
            "disableExecuteApiEndpoint",
            &live.endpoint_disabled,
            &false,
        ));
        changes.extend(cors::change("CorsConfiguration", live.cors.as_ref(), spec.cors.as_ref()));
        changes.extend(marks::changes(&spec.tags, &live.tags));
        Diff::of(changes)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Live, StepError> {
        let answer = cx
            .cloud
            .apigateway
            .create_api()
            .name(&spec.name)
            .description(&spec.description)
            .protocol_type(ProtocolType::Http)
            .set_cors_configuration(spec.cors.as_ref().map(allowed))
            .set_tags(Some(spec.tags.clone().into_iter().collect()))
            .send()
            .await
            .map_err(|error| classify("CreateApi", error))?;
        let arn = |id: &str| http_api_calls::arn(cx, id);
        let live = Live::created(answer, arn)
            .ok_or_else(|| StepError::bug("CreateApi answered without id or endpoint"))?;
        Ok(live)
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if fields::beyond_tags(changes) {
            let has = |field| fields::has(changes, field);
            let cors = spec.cors.as_ref().filter(|_| has("CorsConfiguration"));
            cx.cloud
                .apigateway
                .update_api()
                .api_id(&live.id)
                .name(&spec.name)
                .set_description(has("description").then(|| spec.description.clone()))
                .disable_execute_api_endpoint(false)
                .set_cors_configuration(cors.map(allowed))
                .send()
                .await
                .map_err(|error| classify("UpdateApi", error))?;
            if has("CorsConfiguration") && spec.cors.is_none() {
                let call = cx.cloud.apigateway.delete_cors_configuration().api_id(&live.id);
                let sent = call.send().await;
                sent.map_err(|error| classify("DeleteCorsConfiguration", error))?;
            }
        }
        live.tags =
            http_api_calls::complete_tags(cx, &live.arn, &marks::among(changes), &live.tags)
                .await?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        http_api_calls::taken(cx, || async {
            let call = cx.cloud.apigateway.delete_api().api_id(&outputs.id).send().await;
            call.map_err(|error| classify("DeleteApi", error))
        })
        .await
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { id: live.id.clone(), endpoint: live.endpoint.clone(), arn: live.arn.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.id.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let apis: Arc<Vec<Live>> = cx.cloud.lists.once(LIST, || list(cx)).await?;
        let ours = apis
            .iter()
            .filter_map(|api| Some((cx.cloud.naming.node_of(&api.tags)?, Self::outputs(api))));
        Ok(ours.collect())
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let apis: Arc<Vec<Live>> = cx.cloud.lists.once(LIST, || list(cx)).await?;
        Ok(apis.iter().filter_map(|api| api.tags.get(MARK_STACK).cloned()).collect())
    }
}

/// The shared list of the account's APIs.
const LIST: &str = "apigateway.apis";

async fn list(cx: &Cx<'_, Cloud>) -> Result<Vec<Live>, StepError> {
    let apis: Vec<Api> = http_api_calls::pages(|token| async {
        let call = cx.cloud.apigateway.get_apis().max_results(http_api_calls::PAGE);
        let answer = call.set_next_token(token).send().await;
        let answer = answer.map_err(|error| classify("GetApis", error))?;
        Ok((answer.items.unwrap_or_default(), answer.next_token))
    })
    .await?;
    let http = apis.into_iter().filter(|api| api.protocol_type == Some(ProtocolType::Http));
    Ok(http.filter_map(|api| Live::listed(api, |id| http_api_calls::arn(cx, id))).collect())
}

async fn get(cx: &Cx<'_, Cloud>, id: &str) -> Result<Option<Live>, StepError> {
    let answer = cx.cloud.apigateway.get_api().api_id(id).send().await;
    match answer.map_err(|error| classify("GetApi", error)) {
        Ok(answer) => Live::read(answer, |id| http_api_calls::arn(cx, id))
            .map(Some)
            .ok_or_else(|| StepError::bug("GetApi answered without id or endpoint")),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Older first; the id settles what was made in the same second.
fn age(live: &Live) -> (i64, &str) {
    (live.created.as_ref().map_or(i64::MAX, DateTime::secs), &live.id)
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

macro_rules! from_answer {
    ($name:ident, $answer:ty) => {
        fn $name(answer: $answer, arn: impl Fn(&str) -> String) -> Option<Self> {
            let id = answer.api_id?;
            Some(Self {
                endpoint: answer.api_endpoint?,
                arn: arn(&id),
                id,
                name: answer.name.unwrap_or_default(),
                description: answer.description.unwrap_or_default(),
                endpoint_disabled: answer.disable_execute_api_endpoint.unwrap_or_default(),
                cors: answer.cors_configuration.map(told),
                created: answer.created_date,
                tags: answer.tags.unwrap_or_default().into_iter().collect(),
            })
        }
    };
}

impl Live {
    from_answer!(created, CreateApiOutput);
    from_answer!(read, GetApiOutput);
    from_answer!(listed, Api);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            name: "acme-api".into(),
            description: "front".into(),
            cors: None,
            tags: Tags::from([("a".into(), "1".into())]),
        }
    }

    fn live(id: &str, created: i64) -> Live {
        Live {
            id: id.into(),
            endpoint: "https://x".into(),
            arn: "arn:x".into(),
            name: "acme-api".into(),
            description: "front".into(),
            endpoint_disabled: false,
            cors: None,
            created: Some(DateTime::from_secs(created)),
            tags: spec().tags,
        }
    }

    #[test]
    fn every_field_is_a_change_of_its_own() {
        assert_eq!(HttpApi::diff(&spec(), None, &live("a", 0)), Diff::Same);
        let fields = |spec: &Spec, live: &Live| match HttpApi::diff(spec, None, live) {
            Diff::Update(changes) => {
                changes.into_iter().map(|change| change.field).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        let there = live("a", 0);
        assert_eq!(fields(&Spec { name: "b".into(), ..spec() }, &there), ["name"]);
        assert_eq!(fields(&Spec { description: "b".into(), ..spec() }, &there), ["description"]);
        let disabled = Live { endpoint_disabled: true, ..there.clone() };
        assert_eq!(fields(&spec(), &disabled), ["disableExecuteApiEndpoint"]);
        let cors = Cors { origins: vec!["https://a.example".into()], ..Cors::default() };
        let told_of = Live { cors: Some(cors), ..there.clone() };
        assert_eq!(fields(&spec(), &told_of), ["CorsConfiguration"]);
        let tags = Tags::from([("a".into(), "2".into())]);
        assert_eq!(fields(&Spec { tags, ..spec() }, &there), ["tag a"]);
    }

    #[test]
    fn the_oldest_of_two_wins() {
        let (old, new, twin) = (live("z", 1), live("a", 2), live("b", 2));
        let oldest = [&new, &old, &twin].into_iter().min_by(|one, two| age(one).cmp(&age(two)));
        assert_eq!(oldest.unwrap().id, "z");
        assert!(age(&new) < age(&twin), "a tie is settled by the id");
    }
}
