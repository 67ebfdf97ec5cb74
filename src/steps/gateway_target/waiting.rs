//! Waiting for a target: until its name is free, until it can be used, until it takes changes again, or until a person has to
//! do something.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use construct_engine::{Class, Cx, Poll, StepError, until};

use super::live::Phase;
use super::{CONSENT_WITHIN, FREED_WITHIN, Live, READY_WITHIN, get, list};
use crate::cloud::Cloud;

/// Waits until a target that was just made or changed can be used, or waits for a person.
pub(super) async fn arrived(cx: &Cx<'_, Cloud>, live: Live) -> Result<Live, StepError> {
    let first = Mutex::new(Some(live.clone()));
    let arrived = until(cx, READY_WITHIN, || async {
        // The call's own answer is the first look.
        let answer = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let seen = match answer {
            Some(answer) => Some(answer),
            None => get(cx, &live.gateway_id, &live.target_id).await?,
        };
        let Some(seen) = seen else { return Ok(Poll::NotYet("the target to show".to_owned())) };
        match seen.phase() {
            Phase::There | Phase::NeedsConsent => Ok(Poll::Ready(seen)),
            Phase::Coming | Phase::Going => Ok(Poll::NotYet(seen.says())),
            Phase::Failed | Phase::NotChanged => {
                let message = format!("the target {} has {}", seen.name, seen.says());
                Err(StepError::new(Class::Failed, message))
            }
        }
    })
    .await?;
    if arrived.phase() == Phase::NeedsConsent {
        cx.notice(asks_for_consent(&arrived));
    }
    Ok(arrived)
}

/// Sends a create until the name is free: a target under deletion keeps its name and is no longer listed.
///
/// # Errors
/// The refusal, where a target of the name shows: looking at it decides.
pub(super) async fn name_freed<T, F>(
    cx: &Cx<'_, Cloud>,
    (gateway_id, name): (&str, &str),
    create: impl Fn() -> F,
) -> Result<T, StepError>
where
    F: Future<Output = Result<T, StepError>>,
{
    until(cx, FREED_WITHIN, || async {
        let error = match create().await {
            Ok(answer) => return Ok(Poll::Ready(answer)),
            Err(error) => error,
        };
        if error.class != Class::Conflict
            || list(cx, gateway_id).await?.iter().any(|listed| listed.name == name)
        {
            return Err(error);
        }
        Ok(Poll::NotYet("an earlier target of its name to go".to_owned()))
    })
    .await
}

/// Waits until the service takes changes again: a target that waits for a consent takes none.
pub(super) async fn consented(cx: &Cx<'_, Cloud>, live: Live) -> Result<Live, StepError> {
    if live.phase() != Phase::NeedsConsent {
        return Ok(live);
    }
    cx.notice(asks_for_consent(&live));
    consent_ended(cx, live).await
}

/// Waits until somebody has consented to a target, or its time is over.
pub(super) async fn consent_ended(cx: &Cx<'_, Cloud>, live: Live) -> Result<Live, StepError> {
    until(cx, CONSENT_WITHIN, || async {
        let seen = get(cx, &live.gateway_id, &live.target_id).await?;
        let gone = || StepError::new(Class::Conflict, format!("the target {} is gone", live.name));
        let seen = seen.ok_or_else(gone)?;
        Ok(match seen.phase() {
            Phase::NeedsConsent | Phase::Coming | Phase::Going => Poll::NotYet(seen.says()),
            Phase::There | Phase::Failed | Phase::NotChanged => Poll::Ready(seen),
        })
    })
    .await
}

/// Waits until a target is no longer made, changed, synchronized or removed; none when it is gone.
pub(super) async fn settled(cx: &Cx<'_, Cloud>, live: &Live) -> Result<Option<Live>, StepError> {
    until(cx, READY_WITHIN, || async {
        Ok(match get(cx, &live.gateway_id, &live.target_id).await? {
            Some(seen) if matches!(seen.phase(), Phase::Coming | Phase::Going) => {
                Poll::NotYet(seen.says())
            }
            settled => Poll::Ready(settled),
        })
    })
    .await
}

/// The sentence that sends a person to the consent.
pub fn asks_for_consent(live: &Live) -> String {
    match &live.authorization_url {
        Some(url) => format!(
            "the target {} waits for a consent, for ten minutes at most: open {url}",
            live.name
        ),
        None => format!("the target {} waits for a consent: open it in the console", live.name),
    }
}
