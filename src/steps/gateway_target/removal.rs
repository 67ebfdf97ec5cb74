//! Removing targets: not while one waits for a consent, and not more at once than the service takes.

use construct_engine::{Class, Cx, Poll, StepError, until};

use super::live::{Live, Phase};
use super::{CONSENT_WITHIN, READY_WITHIN, get, list};
use crate::cloud::{Cloud, classify, is_not_found};
use crate::steps::waits;

/// Removes a target and returns once it is gone.
pub(super) async fn remove(
    cx: &Cx<'_, Cloud>,
    gateway_id: &str,
    target_id: &str,
) -> Result<(), StepError> {
    // The place is kept until the target is gone: the service counts the operation until then. It is not kept while a
    // consent is waited for, which is no operation.
    let _place = until(cx, CONSENT_WITHIN, || async {
        let place = cx.cloud.target_slots.place(gateway_id).await;
        let call = cx.cloud.agentcore.delete_gateway_target().gateway_identifier(gateway_id);
        let answer = call.target_id(target_id).send().await;
        let error = match answer.map_err(|error| classify("DeleteGatewayTarget", error)) {
            Ok(_) => return Ok(Poll::Ready(place)),
            Err(error) if is_not_found(&error) => return Ok(Poll::Ready(place)),
            Err(error) => error,
        };
        if !matches!(error.class, Class::Conflict | Class::Invalid) {
            return Err(error);
        }
        let Some(live) = get(cx, gateway_id, target_id).await? else {
            return Ok(Poll::Ready(place));
        };
        match live.phase() {
            Phase::Going => Ok(Poll::Ready(place)),
            Phase::NeedsConsent => Ok(Poll::NotYet(format!(
                "the consent that the target {} was made with to be given or to expire",
                live.name
            ))),
            Phase::Coming => Ok(Poll::NotYet(live.says())),
            _ if error.class == Class::Conflict => {
                Ok(Poll::NotYet("the gateway to finish what it does".to_owned()))
            }
            _ => Err(error),
        }
    })
    .await?;
    let left = |live: Live| match live.phase() {
        Phase::Failed => {
            let message = format!("the target {} could not be removed: {}", live.name, live.says());
            Err(StepError::new(Class::Failed, message))
        }
        _ => Ok(live.says()),
    };
    waits::gone(cx, READY_WITHIN, || get(cx, gateway_id, target_id), left).await
}

/// Removes every target of a gateway, whoever made it: what lives in a gateway of ours is ours.
pub(in crate::steps) async fn remove_all(
    cx: &Cx<'_, Cloud>,
    gateway_id: &str,
) -> Result<(), StepError> {
    let targets = list(cx, gateway_id).await?;
    let removals = targets.iter().map(|target| remove(cx, gateway_id, &target.target_id));
    futures_util::future::try_join_all(removals).await?;
    Ok(())
}
