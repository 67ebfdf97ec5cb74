//! What an answer says on the wire, where the SDK's types cannot hold it.
//!
//! The SDK drops members that are younger than it is, and puts a default in the place of some that are absent. An update
//! that replaces everything would then take away, or set, what nobody asked for.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use serde_json::Value;

/// Keeps the JSON and the date of the answer to the call that it is given to, by `customize().interceptor(…)`.
#[derive(Clone, Debug, Default)]
pub struct RawAnswer(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    json: Value,
    date: Option<DateTime>,
}

impl RawAnswer {
    /// The answer; null before there is one.
    pub fn json(&self) -> Value {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).json.clone()
    }

    /// When the service answered, by its own clock; none where the answer does not say.
    pub fn date(&self) -> Option<DateTime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).date
    }
}

impl Intercept for RawAnswer {
    fn name(&self) -> &'static str {
        "RawAnswer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let json = serde_json::from_slice(body).unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Kept { json, date };
        Ok(())
    }
}
