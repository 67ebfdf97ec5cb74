//! IAM's propagation delay: a role, a trust or a policy that was just written is not known everywhere at once.
//!
//! A service that looks at it too early refuses the call. Nothing tells when it has arrived, so the refused call itself is
//! sent again for a bounded time: only the caller knows by which typed refusal its service says so. There is no waiting
//! beforehand, so that where nothing has to propagate (the local AWS, a role from an earlier run) nobody waits.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use construct_engine::{Class, Cx, Poll, StepError, Waiting, until};

/// Seconds are usual; past two minutes the refusal is taken at its word.
const WAITING: Waiting = Waiting::up_to(Duration::from_mins(2));

/// Sends `call` until it is answered by anything but a refusal for which `is_propagation` holds.
///
/// # Errors
/// Any other error of `call` at once; after two minutes the last refusal, with a hint; [`Class::Interrupted`] when the run
/// was asked to stop in between.
pub async fn retried<C, T, F>(
    cx: &Cx<'_, C>,
    is_propagation: impl Fn(&StepError) -> bool,
    mut call: impl FnMut() -> F,
) -> Result<T, StepError>
where
    F: Future<Output = Result<T, StepError>>,
{
    let refusal: Mutex<Option<StepError>> = Mutex::new(None);
    let remember = |error: Option<StepError>| {
        *refusal.lock().unwrap_or_else(PoisonError::into_inner) = error;
    };
    let (remember, is_propagation) = (&remember, &is_propagation);
    let outcome = until(cx, WAITING, || {
        let answer = call();
        async move {
            match answer.await {
                Ok(value) => Ok(Poll::Ready(value)),
                Err(error) if is_propagation(&error) => {
                    remember(Some(error));
                    Ok(Poll::NotYet("IAM to spread what was just written".to_owned()))
                }
                Err(error) => {
                    remember(None);
                    Err(error)
                }
            }
        }
    })
    .await;
    match outcome {
        Err(error) if error.class == Class::TimedOut => {
            let last = refusal.into_inner().unwrap_or_else(PoisonError::into_inner);
            Err(last.map_or(error, |last| {
                last.hint("two minutes of trying again did not help: look at the role's trust and policies")
            }))
        }
        other => other,
    }
}

/// Whether Lambda said that it cannot assume the role of a function yet.
///
/// Lambda uses one code for every wrong argument, so that its sentence is all there is to tell this one by.
pub fn lambda_cannot_assume_role(error: &StepError) -> bool {
    let code = error.detail.as_ref().and_then(|detail| detail.code.as_deref());
    code == Some("InvalidParameterValueException")
        && error.message.contains("cannot be assumed by Lambda")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use construct_engine::{Address, Event, Run, ServiceDetail, Stop};

    use super::*;

    fn refusal() -> StepError {
        StepError::new(
            Class::Invalid,
            "CreateFunction was refused: The role defined for the function cannot be assumed by Lambda.",
        )
        .detail(ServiceDetail {
            code: Some("InvalidParameterValueException".to_owned()),
            ..ServiceDetail::default()
        })
    }

    /// Sends a call that is refused `refused` times and then ends in `last`; also says how often it was sent.
    async fn sent(refused: usize, last: Result<u8, StepError>) -> (Result<u8, StepError>, usize) {
        let address = Address::new("function/x").unwrap();
        let stop = Stop::default();
        let events = |_: Event| {};
        let holds = || Ok(());
        let run = Run {
            cloud: &(),
            stack: "s",
            events: &events,
            stop: &stop,
            parallelism: 1,
            still_holds: &holds,
        };
        let cx = run.at(&address, "");
        let count = AtomicUsize::new(0);
        let answer = retried(&cx, lambda_cannot_assume_role, || async {
            let before = count.fetch_add(1, Ordering::Relaxed);
            if before < refused { Err(refusal()) } else { last.clone() }
        })
        .await;
        (answer, count.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_call_is_sent_again() {
        assert_eq!(sent(3, Ok(7)).await, (Ok(7), 4));
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_deadline_the_refusal_is_the_error() {
        let (answer, count) = sent(usize::MAX, Ok(7)).await;
        let error = answer.unwrap_err();
        assert_eq!((error.class, error.message), (Class::Invalid, refusal().message));
        assert!(error.hint.is_some() && count > 20, "{count} calls");
    }

    #[tokio::test(start_paused = true)]
    async fn another_error_ends_it_at_once() {
        let denied = StepError::new(Class::Denied, "no");
        assert_eq!(sent(1, Err(denied.clone())).await, (Err(denied), 2));
        let timed_out = StepError::new(Class::TimedOut, "inner");
        assert_eq!(sent(1, Err(timed_out.clone())).await, (Err(timed_out), 2));
    }
}
