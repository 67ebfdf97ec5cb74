//! Removing a gateway: its targets first, and then patience, as the service goes on counting targets that are gone.

use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::types::GatewayStatus;
use construct_engine::{Class, Cx, Poll, StepError, Waiting, until};

use super::{Live, READY_WITHIN, compare, get};
use crate::cloud::{Cloud, classify, is_not_found};
use crate::steps::{gateway_target, waits};

/// How long the service may go on refusing because of targets, or because the gateway is busy.
const RELEASED_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(5));

pub(super) async fn remove(cx: &Cx<'_, Cloud>, id: &str) -> Result<(), StepError> {
    until(cx, RELEASED_WITHIN, || async {
        let answer = cx.cloud.agentcore.delete_gateway().gateway_identifier(id).send().await;
        match answer.map_err(|error| classify("DeleteGateway", error)) {
            Ok(_) => Ok(Poll::Ready(())),
            Err(error) if is_not_found(&error) => Ok(Poll::Ready(())),
            Err(error) if has_targets(&error) => {
                gateway_target::remove_all(cx, id).await?;
                Ok(Poll::NotYet("the gateway to let go of its targets".to_owned()))
            }
            Err(error) if error.class == Class::Conflict => {
                Ok(Poll::NotYet("the gateway to finish what it does".to_owned()))
            }
            Err(error) => Err(error),
        }
    })
    .await?;
    let left = |live: Live| match &live.answer.status {
        GatewayStatus::Failed => {
            let why = compare::reasons(&live.answer);
            let message = format!("the gateway {id} could not be removed: {why}");
            Err(StepError::new(Class::Failed, message))
        }
        status => Ok(format!("status {status} of the gateway")),
    };
    waits::gone(cx, READY_WITHIN, || get(cx, id), left).await
}

/// The service says this with the code that it has for every wrong argument.
fn has_targets(error: &StepError) -> bool {
    let code = error.detail.as_ref().and_then(|detail| detail.code.as_deref());
    matches!(code, Some("ValidationException" | "ConflictException"))
        && error.message.contains("has targets associated with it")
}

#[cfg(test)]
mod tests {
    use construct_engine::ServiceDetail;

    use super::*;

    #[test]
    fn only_the_refusal_for_targets_is_tried_again() {
        let refusal = |code: &str, message: &str| {
            StepError::new(Class::Invalid, message)
                .detail(ServiceDetail { code: Some(code.to_owned()), ..ServiceDetail::default() })
        };
        let message =
            "DeleteGateway was refused: Gateway x has targets associated with it. Delete all";
        assert!(has_targets(&refusal("ValidationException", message)));
        assert!(!has_targets(&refusal("ValidationException", "the identifier is not valid")));
        assert!(!has_targets(&refusal("AccessDeniedException", message)));
    }
}
