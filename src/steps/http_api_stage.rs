//! The stage of the HTTP API: what makes its routes reachable, and limits them.
//!
//! - **name** `$default`, which is reached without a path of its own; unique within its API
//! - **found** by API and name, one call, which answers with the tags
//! - **proven ours** when its API is
//! - **in doubt** the API takes no client token, but refuses a name twice
//! - **two of ours** cannot be
//! - **owned set** nothing to list: the stage goes with its API
//! - **secret, protect** none
//! - **replace** never
//! - **update that resets** the default route settings are replaced as a whole, so that they are laid over what is there
//!
//! Deploys by itself when a route or an integration changes. Quotas: 10 stages in an API; the account's own limit is 10,000
//! requests a second with a burst of 5,000.
//! API: <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html>.

use aws_sdk_apigatewayv2::types::RouteSettings;
use construct_engine::{Address, Change, Class, Cx, Diff, Found, Presence, Step, StepError};
use serde::{Deserialize, Serialize};

use super::{fields, http_api_calls, marks};
use crate::cloud::{Cloud, Tags, classify, is_not_found};

/// The kind of stages of an HTTP API.
pub struct Stage;

/// What is wanted of the stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name.
    pub name: String,
    /// Requests a second for each route.
    pub rate: u32,
    /// Requests at once for each route.
    pub burst: u32,
    /// The marks and the manifest's tags.
    pub tags: Tags,
}

/// What the stage takes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The API it is of.
    pub api_id: String,
}

/// The stage as the service answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    api_id: String,
    name: String,
    auto_deploy: bool,
    settings: Option<RouteSettings>,
    tags: Tags,
}

/// What others need of the stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The API it is of.
    pub api_id: String,
    /// Its name.
    pub name: String,
}

/// The limits of all routes together, which are laid over the live settings.
const RATE: &str = "throttlingRateLimit";
const BURST: &str = "throttlingBurstLimit";

impl Step<Cloud> for Stage {
    const KIND: &'static str = "apigateway.stage";
    const FIELDS: &'static [&'static str] = &["autoDeploy", RATE, BURST, marks::ANY_TAG];
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
        let call = cx.cloud.apigateway.get_stage().api_id(api_id).stage_name(&spec.name);
        match call.send().await.map_err(|error| classify("GetStage", error)) {
            Ok(answer) => Ok(Presence::Ours(Live {
                api_id: api_id.clone(),
                name: spec.name.clone(),
                auto_deploy: answer.auto_deploy.unwrap_or_default(),
                settings: answer.default_route_settings,
                tags: answer.tags.unwrap_or_default().into_iter().collect(),
            })),
            Err(error) if is_not_found(&error) => Ok(Presence::Absent),
            Err(error) => Err(error),
        }
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let mut changes = Vec::new();
        let settings = live.settings.as_ref();
        // Both as text: the service counts the rate in fractions, and a limit may be missing.
        let rate = settings.and_then(|settings| settings.throttling_rate_limit);
        let rate = rate.map(|rate| rate.to_string()).unwrap_or_default();
        let burst = settings.and_then(|settings| settings.throttling_burst_limit);
        let burst = burst.map(|burst| burst.to_string()).unwrap_or_default();
        changes.extend(Change::between("autoDeploy", &live.auto_deploy, &true));
        for (field, before, after) in
            [(RATE, rate, spec.rate.to_string()), (BURST, burst, spec.burst.to_string())]
        {
            if before != after {
                changes.push(Change::new(field, before, after));
            }
        }
        if let Some(links) = links {
            changes.extend(Change::between("apiId", &live.api_id, &links.api_id));
        }
        changes.extend(marks::changes(&spec.tags, &live.tags));
        Diff::of(changes)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let settings = settings(spec, None, |_| true)?;
        cx.cloud
            .apigateway
            .create_stage()
            .api_id(&links.api_id)
            .stage_name(&spec.name)
            .auto_deploy(true)
            .default_route_settings(settings.clone())
            .set_tags(Some(spec.tags.clone().into_iter().collect()))
            .send()
            .await
            .map_err(|error| classify("CreateStage", error))?;
        Ok(Live {
            api_id: links.api_id.clone(),
            name: spec.name.clone(),
            auto_deploy: true,
            settings: Some(settings),
            tags: spec.tags.clone(),
        })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if live.api_id != links.api_id {
            // It went with the API that it was of.
            return Self::create(cx, spec, links).await;
        }
        if fields::beyond_tags(changes) {
            let settings =
                settings(spec, live.settings.clone(), |field| fields::has(changes, field))?;
            cx.cloud
                .apigateway
                .update_stage()
                .api_id(&live.api_id)
                .stage_name(&live.name)
                .set_auto_deploy(fields::has(changes, "autoDeploy").then_some(true))
                .default_route_settings(settings.clone())
                .send()
                .await
                .map_err(|error| classify("UpdateStage", error))?;
            live.settings = Some(settings);
        }
        let arn = format!("{}/stages/{}", http_api_calls::arn(cx, &live.api_id), live.name);
        live.tags =
            http_api_calls::complete_tags(cx, &arn, &marks::among(changes), &live.tags).await?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        http_api_calls::taken(cx, || async {
            let call = cx.cloud.apigateway.delete_stage().api_id(&outputs.api_id);
            let answer = call.stage_name(&outputs.name).send().await;
            answer.map_err(|error| classify("DeleteStage", error))
        })
        .await
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { api_id: live.api_id.clone(), name: live.name.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.api_id, outputs.name)
    }

    async fn discover(
        _cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        Ok(Vec::new())
    }
}

/// The limits, laid over the other settings that are there.
/// The live settings with those limits of the manifest that are to be set.
fn settings(
    spec: &Spec,
    live: Option<RouteSettings>,
    to_set: impl Fn(&str) -> bool,
) -> Result<RouteSettings, StepError> {
    let burst = i32::try_from(spec.burst).map_err(|error| {
        StepError::new(Class::Invalid, format!("a burst of {} requests: {error}", spec.burst))
    })?;
    let mut settings = live.unwrap_or_else(|| RouteSettings::builder().build());
    if to_set(BURST) {
        settings.throttling_burst_limit = Some(burst);
    }
    if to_set(RATE) {
        settings.throttling_rate_limit = Some(f64::from(spec.rate));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            name: "$default".into(),
            rate: 50,
            burst: 100,
            tags: Tags::from([("a".into(), "1".into())]),
        }
    }

    fn live() -> Live {
        Live {
            api_id: "api".into(),
            name: "$default".into(),
            auto_deploy: true,
            settings: Some(settings(&spec(), None, |_| true).unwrap()),
            tags: spec().tags,
        }
    }

    fn fields(spec: &Spec, live: &Live) -> Vec<String> {
        match Stage::diff(spec, Some(&Links { api_id: "api".into() }), live) {
            Diff::Same => Vec::new(),
            Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
            Diff::Replace { reason, .. } => panic!("{reason}"),
        }
    }

    #[test]
    fn every_field_is_a_change_of_its_own() {
        assert!(fields(&spec(), &live()).is_empty());
        assert_eq!(fields(&Spec { rate: 51, ..spec() }, &live()), ["throttlingRateLimit"]);
        assert_eq!(fields(&Spec { burst: 101, ..spec() }, &live()), ["throttlingBurstLimit"]);
        assert_eq!(fields(&spec(), &Live { auto_deploy: false, ..live() }), ["autoDeploy"]);
        let bare = Live { settings: None, ..live() };
        assert_eq!(fields(&spec(), &bare), ["throttlingRateLimit", "throttlingBurstLimit"]);
        assert_eq!(fields(&spec(), &Live { api_id: "old".into(), ..live() }), ["apiId"]);
        let tags = Tags::from([("a".into(), "2".into())]);
        assert_eq!(fields(&Spec { tags, ..spec() }, &live()), ["tag a"]);
    }

    #[test]
    fn an_update_keeps_the_other_settings() {
        let there = RouteSettings::builder().detailed_metrics_enabled(true).build();
        let sent = settings(&spec(), Some(there), |_| true).unwrap();
        assert_eq!(
            (sent.detailed_metrics_enabled, sent.throttling_burst_limit),
            (Some(true), Some(100))
        );
        assert!(settings(&Spec { burst: u32::MAX, ..spec() }, None, |_| true).is_err());
    }
}
