//! Who calls AWS, and what AWS's clock says.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use construct_engine::StepError;
use jiff::Timestamp;

use super::clock::Times;
use super::{Checked, Finding};
use crate::cloud::classify;

/// How often the call is sent: a person waits to hear of a wrong endpoint.
const ATTEMPTS: u32 = 2;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    /// The account: twelve digits.
    pub(super) account: String,
    /// The ARN: of a user, or of a session of a role.
    pub(super) arn: String,
}

/// What the one call came to.
pub(super) struct Identity {
    /// Who calls, or why nobody can tell.
    pub(super) caller: Result<Caller, StepError>,
    /// Their clock and ours, where an answer came: a refused call has one too.
    pub(super) times: Option<Times>,
}

/// Asks who calls.
pub(super) async fn ask(config: &SdkConfig) -> Identity {
    let dates = Dates::default();
    let sts = aws_sdk_sts::Client::from_conf(
        aws_sdk_sts::config::Builder::from(config)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .interceptor(dates.clone())
            .build(),
    );
    let answer = sts.get_caller_identity().send().await;
    let caller =
        answer.map_err(|error| classify("GetCallerIdentity", error)).map(|answer| Caller {
            account: answer.account().unwrap_or_default().to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
        });
    Identity { caller, times: dates.last() }
}

/// Tells who it is.
pub(super) fn check(identity: &Identity, local: bool) -> Checked {
    let finding = match &identity.caller {
        Ok(caller) if local => Finding::fine(format!("the local AWS, called as {}", caller.arn)),
        Ok(caller) => Finding::fine(format!("{} in the account {}", caller.arn, caller.account)),
        Err(error) => Finding::wrong(
            format!("AWS does not say who calls: {}", error.message),
            "without credentials that hold, nothing in the account can be read or changed",
            error.hint.clone().unwrap_or_else(|| {
                "look at AWS_PROFILE, AWS_ENDPOINT_URL and the network, or try --local".to_owned()
            }),
        ),
    };
    Checked::new("credentials", vec![finding])
}

/// Keeps the date of the last answer, beside our own time when it came.
#[derive(Clone, Debug, Default)]
struct Dates(Arc<Mutex<Option<Times>>>);

impl Dates {
    fn last(&self) -> Option<Times> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Dates {
    fn name(&self) -> &'static str {
        "Dates"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        if let Some(theirs) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) {
            let times = Times { theirs: theirs.timestamp(), ours: Timestamp::now() };
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(times);
        }
        Ok(())
    }
}
