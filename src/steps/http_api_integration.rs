//! An integration: what ties routes of the HTTP API to a function.
//!
//! - **name** none; its description holds the mark, such as `construct: integration/mcp-proxy`
//! - **found** by the recorded id, else by the mark, in the list of its API that all integrations share: one call for all
//! - **proven ours** when its API is
//! - **in doubt** the API takes no client token and refuses nothing twice: the engine looks for the mark before it creates
//! - **two of ours** the one with the smaller id wins; there is no date
//! - **owned set** the list of each API that was found
//! - **secret, protect** none
//! - **replace** never
//! - **update that resets** no: `UpdateIntegration` changes what is sent
//!
//! Immutable: the id that routes point at. A route that still points at it must be deleted first; the refusal is tried again
//! for a while, as routes go at the same time. Quotas: 300 in an API, 30 seconds of time limit at most.
//! API: <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html>.

use aws_sdk_apigatewayv2::operation::create_integration::CreateIntegrationOutput;
use aws_sdk_apigatewayv2::types::{Integration as Listed, IntegrationType};
use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use serde::{Deserialize, Serialize};

use super::http_api::HttpApi;
pub(crate) use super::marks::MARK;
use super::{fields, http_api_calls, looking};
use crate::cloud::{Cloud, classify, is_not_found};

/// The form of event that the functions read.
const PAYLOAD_FORMAT: &str = "2.0";

/// The kind of integrations of an HTTP API.
pub struct Integration;

/// What is wanted of an integration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The mark of descriptions and the node's address, by which it is found.
    pub mark: String,
    /// How long a function may take, in milliseconds; 50 to 30,000.
    pub timeout_ms: i32,
}

/// What an integration takes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The API it is in.
    pub api_id: String,
    /// The function it calls.
    pub function_arn: String,
}

/// An integration as the service answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    api_id: String,
    integration_id: String,
    description: String,
    kind: String,
    uri: String,
    payload_format: String,
    timeout_ms: i32,
}

/// What others need of an integration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The API it is in.
    pub api_id: String,
    /// Its id.
    pub integration_id: String,
}

impl Step<Cloud> for Integration {
    const KIND: &'static str = "apigateway.integration";
    const FIELDS: &'static [&'static str] = &["timeoutInMillis"];
    const UNIQUE_NAME: bool = false;
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
        let recorded = last.map(|last| &last.api_id);
        let Some(api_id) = links.map(|links| &links.api_id).or(recorded) else {
            return Ok(Presence::Absent);
        };
        let by_id_or_mark = |all: &Vec<Live>| {
            let recorded = all
                .iter()
                .find(|one| last.is_some_and(|last| last.integration_id == one.integration_id));
            let marked = all.iter().filter(|one| one.description == spec.mark);
            recorded.or_else(|| marked.min_by_key(|one| &one.integration_id)).cloned()
        };
        let name = list_name(api_id);
        let found = looking::find(cx, &name, || list(cx, api_id), by_id_or_mark).await?;
        Ok(found.map_or(Presence::Absent, Presence::Ours))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let mut changes = Vec::new();
        let proxy = IntegrationType::AwsProxy.as_str().to_owned();
        changes.extend(Change::between("description", &live.description, &spec.mark));
        changes.extend(Change::between("integrationType", &live.kind, &proxy));
        let format = PAYLOAD_FORMAT.to_owned();
        changes.extend(Change::between("payloadFormatVersion", &live.payload_format, &format));
        changes.extend(Change::between("timeoutInMillis", &live.timeout_ms, &spec.timeout_ms));
        if let Some(links) = links {
            changes.extend(Change::between("apiId", &live.api_id, &links.api_id));
            changes.extend(Change::between("integrationUri", &live.uri, &links.function_arn));
        }
        Diff::of(changes)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let answer = cx
            .cloud
            .apigateway
            .create_integration()
            .api_id(&links.api_id)
            .description(&spec.mark)
            .integration_type(IntegrationType::AwsProxy)
            .integration_method("POST")
            .integration_uri(&links.function_arn)
            .payload_format_version(PAYLOAD_FORMAT)
            .timeout_in_millis(spec.timeout_ms)
            .send()
            .await
            .map_err(|error| classify("CreateIntegration", error))?;
        Live::created(&links.api_id, answer)
            .ok_or_else(|| StepError::bug("CreateIntegration answered without an id"))
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if live.api_id != links.api_id {
            // It went with the API that it was in.
            return Self::create(cx, spec, links).await;
        }
        let timed = fields::has(changes, "timeoutInMillis");
        cx.cloud
            .apigateway
            .update_integration()
            .api_id(&live.api_id)
            .integration_id(&live.integration_id)
            .description(&spec.mark)
            .integration_type(IntegrationType::AwsProxy)
            .integration_uri(&links.function_arn)
            .payload_format_version(PAYLOAD_FORMAT)
            .set_timeout_in_millis(timed.then_some(spec.timeout_ms))
            .send()
            .await
            .map_err(|error| classify("UpdateIntegration", error))?;
        Ok(Live {
            description: spec.mark.clone(),
            kind: IntegrationType::AwsProxy.as_str().to_owned(),
            uri: links.function_arn.clone(),
            payload_format: PAYLOAD_FORMAT.to_owned(),
            timeout_ms: if timed { spec.timeout_ms } else { live.timeout_ms },
            ..live
        })
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        http_api_calls::taken(cx, || async {
            let call = cx.cloud.apigateway.delete_integration().api_id(&outputs.api_id);
            let answer = call.integration_id(&outputs.integration_id).send().await;
            answer.map_err(|error| classify("DeleteIntegration", error))
        })
        .await
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { api_id: live.api_id.clone(), integration_id: live.integration_id.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.api_id, outputs.integration_id)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let looks = found.of::<Cloud, HttpApi>().into_iter().map(|(_, api)| async move {
            let all = cx.cloud.lists.once(&list_name(&api.id), || list(cx, &api.id)).await?;
            let marked = all.iter().filter_map(|one| {
                let address = Address::new(one.description.strip_prefix(MARK)?).ok()?;
                Some((address, Self::outputs(one)))
            });
            Ok::<_, StepError>(marked.collect::<Vec<_>>())
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

fn list_name(api_id: &str) -> String {
    format!("apigateway.integrations {api_id}")
}

/// The integrations of an API; none when the API is gone.
async fn list(cx: &Cx<'_, Cloud>, api_id: &str) -> Result<Vec<Live>, StepError> {
    let pages = http_api_calls::pages(|token| async {
        let call = cx.cloud.apigateway.get_integrations().api_id(api_id);
        let answer = call.max_results(http_api_calls::PAGE).set_next_token(token).send().await;
        let answer = answer.map_err(|error| classify("GetIntegrations", error))?;
        Ok((answer.items.unwrap_or_default(), answer.next_token))
    });
    match pages.await {
        Ok(all) => Ok(all.into_iter().filter_map(|one| Live::listed(api_id, one)).collect()),
        Err(error) if is_not_found(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

macro_rules! from_answer {
    ($name:ident, $answer:ty) => {
        fn $name(api_id: &str, answer: $answer) -> Option<Self> {
            let kind = answer.integration_type.as_ref().map(IntegrationType::as_str);
            Some(Self {
                api_id: api_id.to_owned(),
                integration_id: answer.integration_id?,
                description: answer.description.unwrap_or_default(),
                kind: kind.unwrap_or_default().to_owned(),
                uri: answer.integration_uri.unwrap_or_default(),
                payload_format: answer.payload_format_version.unwrap_or_default(),
                timeout_ms: answer.timeout_in_millis.unwrap_or_default(),
            })
        }
    };
}

impl Live {
    from_answer!(created, CreateIntegrationOutput);
    from_answer!(listed, Listed);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> Live {
        Live {
            api_id: "api".into(),
            integration_id: "i".into(),
            description: "construct: integration/mcp-proxy".into(),
            kind: "AWS_PROXY".into(),
            uri: "arn:function".into(),
            payload_format: "2.0".into(),
            timeout_ms: 29_000,
        }
    }

    #[test]
    fn every_field_is_a_change_of_its_own() {
        let spec = Spec { mark: live().description, timeout_ms: 29_000 };
        let links = Links { api_id: "api".into(), function_arn: "arn:function".into() };
        let fields =
            |links: Option<&Links>, live: &Live| match Integration::diff(&spec, links, live) {
                Diff::Same => Vec::new(),
                Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
                Diff::Replace { reason, .. } => panic!("{reason}"),
            };
        assert!(fields(Some(&links), &live()).is_empty());
        let other = |change: fn(&mut Live)| {
            let mut live = live();
            change(&mut live);
            live
        };
        let check = |live: &Live| fields(Some(&links), live);
        assert_eq!(check(&other(|live| live.description.clear())), ["description"]);
        assert_eq!(check(&other(|live| live.kind = "HTTP_PROXY".into())), ["integrationType"]);
        assert_eq!(
            check(&other(|live| live.payload_format = "1.0".into())),
            ["payloadFormatVersion"]
        );
        assert_eq!(check(&other(|live| live.timeout_ms = 1)), ["timeoutInMillis"]);
        assert_eq!(check(&other(|live| live.api_id = "old".into())), ["apiId"]);
        let moved = other(|live| live.uri = "arn:other".into());
        assert_eq!(check(&moved), ["integrationUri"]);
        assert!(fields(None, &moved).is_empty());
    }
}
