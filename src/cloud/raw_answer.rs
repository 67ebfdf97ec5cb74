//! What an answer says on the wire, where the SDK's types cannot hold it.
//!
//! The SDK drops members that are younger than it is, and puts a default in the place of some that are absent. An update
//! that replaces everything would then take away, or set, what nobody asked for.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

/// Keeps the JSON of the answer to the call that it is given to, by `customize().interceptor(…)`.
#[derive(Clone, Debug, Default)]
pub struct RawAnswer(Arc<Mutex<Value>>);

impl RawAnswer {
    /// The answer; null before there is one.
    pub fn json(&self) -> Value {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            serde_json::from_slice(body).unwrap_or_default();
        Ok(())
    }
}
