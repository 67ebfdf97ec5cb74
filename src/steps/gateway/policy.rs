//! The policy engine that a gateway asks before it lets a tool be called.

use aws_sdk_bedrockagentcorecontrol::types::{
    GatewayPolicyEngineConfiguration, GatewayPolicyEngineMode,
};
use construct_engine::{Cx, StepError};

use super::{LIST, Links, Live, Spec, arn, get, is_fresh_role, list, overlay, ready, send};
use crate::cloud::{Cloud, propagation};
use crate::manifest::PolicyMode;
use crate::steps::agentcore_tags;

/// What a request says of the engine; none where the manifest says nothing.
pub(super) fn configuration(
    spec: &Spec,
    links: &Links,
) -> Result<Option<GatewayPolicyEngineConfiguration>, StepError> {
    let (Some(mode), Some(arn)) = (spec.policy, &links.policy_engine_arn) else { return Ok(None) };
    let mode = match mode {
        PolicyMode::Enforce => GatewayPolicyEngineMode::Enforce,
        PolicyMode::LogOnly => GatewayPolicyEngineMode::LogOnly,
    };
    let built = GatewayPolicyEngineConfiguration::builder().arn(arn).mode(mode).build();
    built.map(Some).map_err(|error| StepError::bug(error.to_string()))
}

/// As a plan shows it.
pub(super) fn shown(configuration: Option<&GatewayPolicyEngineConfiguration>) -> Option<String> {
    configuration.map(|engine| format!("{} {}", engine.arn, engine.mode))
}

/// Takes the engine at `engine_arn` out of every gateway of the stack that asks it: an engine that is asked cannot go.
pub(in crate::steps) async fn let_go_of(
    cx: &Cx<'_, Cloud>,
    engine_arn: &str,
) -> Result<(), StepError> {
    let prefix = format!("{}-", cx.cloud.naming.stack);
    let gateways = cx.cloud.lists.once(LIST, || list(cx)).await?;
    for listed in gateways.iter().filter(|one| one.name.starts_with(&prefix)) {
        let id = &listed.gateway_id;
        let tags = agentcore_tags::read(cx, &arn(cx, id)).await?;
        if !cx.cloud.naming.is_ours(&tags) {
            continue;
        }
        if let Some(live) = get(cx, id).await?.filter(|live| asks(live, engine_arn)) {
            let_go(cx, &live).await?;
        }
    }
    Ok(())
}

fn asks(live: &Live, engine_arn: &str) -> bool {
    let engine = live.answer.policy_engine_configuration.as_ref();
    engine.is_some_and(|engine| engine.arn == engine_arn)
}

async fn let_go(cx: &Cx<'_, Cloud>, live: &Live) -> Result<(), StepError> {
    if let Some(what) = live.unsendable {
        return Err(overlay::unknown(what));
    }
    let request = overlay::as_is(live).set_policy_engine_configuration(None);
    let update = || Box::pin(send(cx, request.clone()));
    propagation::retried(cx, is_fresh_role, update).await?;
    ready(cx, &live.answer.gateway_id).await.map(drop)
}
