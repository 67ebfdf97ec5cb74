//! Removing a runtime: the endpoints in it first, then the whole with all versions, and patience until it is gone.

use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::types::AgentRuntimeStatus;
use construct_engine::{Class, Cx, Poll, StepError, Waiting, until};

use super::{Live, READY_WITHIN, get, reason};
use crate::cloud::{Cloud, classify, is_not_found};
use crate::steps::{agent_runtime_endpoint, waits};

/// How long the service may go on refusing because of endpoints, or because the runtime is busy.
const RELEASED_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(5));

pub(super) async fn remove(cx: &Cx<'_, Cloud>, id: &str) -> Result<(), StepError> {
    until(cx, RELEASED_WITHIN, || async {
        let answer = cx.cloud.agentcore.delete_agent_runtime().agent_runtime_id(id).send().await;
        match answer.map_err(|error| classify("DeleteAgentRuntime", error)) {
            Ok(_) => Ok(Poll::Ready(())),
            Err(error) if is_not_found(&error) => Ok(Poll::Ready(())),
            Err(error) if error.class == Class::Conflict => {
                agent_runtime_endpoint::remove_all(cx, id).await?;
                Ok(Poll::NotYet("the runtime to let go of its endpoints".to_owned()))
            }
            Err(error) => Err(error),
        }
    })
    .await?;
    let left = |live: Live| match &live.answer.status {
        AgentRuntimeStatus::DeleteFailed => {
            let message = format!("the runtime {id} could not be removed: {}", reason(&live));
            Err(StepError::new(Class::Failed, message))
        }
        status => Ok(format!("status {status} of the runtime")),
    };
    waits::gone(cx, READY_WITHIN, || get(cx, id), left).await
}
