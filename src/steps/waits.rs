//! The waits that kinds share: until a removal is taken, until an object is gone, until it stops changing.

use std::future::Future;

use construct_engine::{Class, Cx, Poll, StepError, Waiting, until};

use crate::cloud::{Cloud, is_not_found};

/// Sends a removal until the service takes it. An object that is gone already is a success, and a refusal because the object
/// is `busy` is waited out: `busy` says what is waited for.
///
/// # Errors
/// What the service refuses for another reason, and the wait's own.
pub(super) async fn taken<T, F>(
    cx: &Cx<'_, Cloud>,
    within: Waiting,
    busy: &str,
    removal: impl Fn() -> F,
) -> Result<(), StepError>
where
    F: Future<Output = Result<T, StepError>>,
{
    until(cx, within, || async {
        match removal().await {
            Ok(_) => Ok(Poll::Ready(())),
            Err(error) if is_not_found(&error) => Ok(Poll::Ready(())),
            Err(error) if error.class == Class::Conflict => Ok(Poll::NotYet(busy.to_owned())),
            Err(error) => Err(error),
        }
    })
    .await
}

/// Waits until `read` finds nothing. `left` says in what state the object is, or that it will not go.
///
/// # Errors
/// Those of `read` and `left`, and the wait's own.
pub(super) async fn gone<L, F>(
    cx: &Cx<'_, Cloud>,
    within: Waiting,
    read: impl Fn() -> F,
    left: impl Fn(L) -> Result<String, StepError>,
) -> Result<(), StepError>
where
    F: Future<Output = Result<Option<L>, StepError>>,
{
    until(cx, within, || async {
        match read().await? {
            None => Ok(Poll::Ready(())),
            Some(live) => left(live).map(Poll::NotYet),
        }
    })
    .await
}

/// Waits while `changing` says what the object is about to become. What it has become; nothing where it is gone.
///
/// # Errors
/// Those of `read`, and the wait's own.
pub(super) async fn settled<L, F>(
    cx: &Cx<'_, Cloud>,
    within: Waiting,
    read: impl Fn() -> F,
    changing: impl Fn(&L) -> Option<String>,
) -> Result<Option<L>, StepError>
where
    F: Future<Output = Result<Option<L>, StepError>>,
{
    until(cx, within, || async {
        let live = read().await?;
        Ok(match live.as_ref().and_then(&changing) {
            Some(awaited) => Poll::NotYet(awaited),
            None => Poll::Ready(live),
        })
    })
    .await
}
