//! Doing what a request asks: the service's handler under the lock, what others do meanwhile, the document on disk, and
//! the account's past for callers that see it late.

use std::collections::VecDeque;

use bytes::Bytes;
use http::Request;

use crate::answer::Target;
use crate::fault::{Circumstances, Interloper};
use crate::local::{Inner, LocalAws};
use crate::service::{Call, Fault, Input, Protocol, Reply, Service};
use crate::services;
use crate::state::Account;
use crate::wire::Wire;

/// The account as it was, each with the moment at which it ceased to be so: the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Past(VecDeque<(i64, Account)>);

impl Past {
    /// Keeps what is about to change, and forgets what is older than `longest_ms`.
    fn keep(&mut self, now: i64, account: &Account, longest_ms: u64) {
        let oldest = now.saturating_sub_unsigned(longest_ms);
        while self.0.front().is_some_and(|(until, _)| *until < oldest) {
            self.0.pop_front();
        }
        self.0.push_back((now, account.clone()));
    }

    /// The account at a moment, if it was another one than now.
    fn at(&self, moment: i64) -> Option<Account> {
        self.0.iter().find(|(until, _)| *until > moment).map(|(_, account)| account.clone())
    }
}

impl LocalAws {
    /// Runs the handler under the lock and stores what it changed.
    pub(crate) fn perform(
        &self,
        wire: &Wire,
        target: Target,
        circumstances: &Circumstances,
    ) -> Result<Reply, Fault> {
        let service = target.service;
        if target.access_key == crate::EXPIRED_ACCESS_KEY {
            return Err(expired(service));
        }
        if !target.known {
            return Err(Fault::new(
                501,
                "NotImplemented",
                format!(
                    "the local AWS does not implement {} {} of {}",
                    wire.method,
                    wire.path,
                    service.signing_name()
                ),
            ));
        }
        let input = circumstances.input(service.signing_name(), &target.operation, target.input?);
        let mutating = service.is_mutating(&target.operation);
        let (now, options) = (self.now_ms(), circumstances.options(self.options()));
        let mut inner = self.inner();
        let inner = &mut *inner;
        for other in &circumstances.meanwhile {
            self.interfere(inner, other, (&input, &target.region));
        }
        let before = mutating.then(|| self.before_change(inner, now, circumstances)).flatten();
        let seen = circumstances.lag_ms.filter(|_| !mutating);
        let mut past = seen.and_then(|lag| inner.past.at(now - lag));
        let mut call = Call {
            operation: &target.operation,
            region: &target.region,
            access_key: &target.access_key,
            now,
            input: &input,
            wire,
            account: past.as_mut().unwrap_or(&mut inner.account),
            options: &options,
            blobs: &mut inner.blobs,
            random: &mut inner.random,
        };
        service.settle(&mut call);
        let result = service.call(&mut call);
        if result.is_ok() && mutating {
            if let Some((before, reason)) = before.zip(circumstances.failure.as_deref()) {
                let there = before.region(&target.region).cloned().unwrap_or_default();
                service.fail(&there, inner.account.region_mut(&target.region), reason);
            }
            inner.account.revision += 1;
            if let Err(error) = inner.save() {
                // The caller hears of a failure, so it must not have happened.
                inner.account = serde_json::from_slice(&inner.saved)
                    .expect("what was saved was serialised here");
                return Err(Fault::new(
                    500,
                    "InternalFailure",
                    format!("the local AWS could not write its state: {error}"),
                ));
            }
            self.tell_change();
        }
        result
    }

    /// Keeps the account as it was for those who see it late, and gives it where what begins now is to fail.
    fn before_change(
        &self,
        inner: &mut Inner,
        now: i64,
        circumstances: &Circumstances,
    ) -> Option<Account> {
        if let Some(longest) = self.faults().longest_lag() {
            inner.past.keep(now, &inner.account, longest);
        }
        circumstances.failure.as_ref().map(|_| inner.account.clone())
    }

    /// Does what somebody else does. What is refused to them is told in the log, as a rule that never had an effect would
    /// be hard to notice.
    fn interfere(&self, inner: &mut Inner, other: &Interloper, beside: (&Input, &str)) {
        let Some(service) = services::signed_for(&other.service) else {
            tracing::warn!(service = other.service, "the fault plan names an unknown service");
            return;
        };
        let now = self.now_ms();
        if let Some(longest) = self.faults().longest_lag() {
            inner.past.keep(now, &inner.account, longest);
        }
        let (hit, region) = beside;
        let (input, wire) = (other.input_beside(hit), Wire::read(Request::new(Bytes::new())));
        let mut call = Call {
            operation: &other.operation,
            region,
            access_key: "",
            now,
            input: &input,
            wire: &wire,
            account: &mut inner.account,
            options: self.options(),
            blobs: &mut inner.blobs,
            random: &mut inner.random,
        };
        service.settle(&mut call);
        if let Err(fault) = service.call(&mut call) {
            tracing::warn!(operation = other.operation, %fault, "refused to the fault plan's other caller");
        }
    }
}

/// Expired credentials, as each protocol says it.
fn expired(service: &dyn Service) -> Fault {
    let message = "The security token included in the request is expired";
    match service.protocol() {
        Protocol::Json { .. } => Fault::new(400, "ExpiredTokenException", message),
        Protocol::Rest { .. } => Fault::new(403, "ExpiredTokenException", message),
        Protocol::RestXml { .. } => Fault::new(400, "ExpiredToken", message),
        Protocol::Query { .. } => Fault::new(403, "ExpiredToken", message),
    }
}
