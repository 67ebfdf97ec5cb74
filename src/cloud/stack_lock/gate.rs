//! What every call of a run passes on its way out, so that a run that lost its stack sends nothing more.
//!
//! It is the HTTP client and not the engine that asks: a step makes several calls in a row, and any of them may be the first
//! after a pause.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::hold::Hold;

/// The gate of one account's clients; clones are the same gate. It is open until a lock is taken.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<Mutex<Option<Arc<Hold>>>>);

impl Gate {
    /// The same HTTP client with this gate before it.
    pub(in crate::cloud) fn before(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Gated { next: client, gate: self.clone() })
    }

    /// From now on every call asks `hold`, or none does.
    pub(super) fn set(&self, hold: Option<Arc<Hold>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = hold;
    }

    fn hold(&self) -> Option<Arc<Hold>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An HTTP client, or a connector of one, behind the gate.
#[derive(Debug)]
struct Gated<T> {
    next: T,
    gate: Gate,
}

impl HttpClient for Gated<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let next = self.next.http_connector(settings, components);
        SharedHttpConnector::new(Gated { next, gate: self.gate.clone() })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.next.connector_metadata()
    }
}

impl HttpConnector for Gated<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(hold) = self.gate.hold() else { return self.next.call(request) };
        let next = self.next.clone();
        HttpConnectorFuture::new(async move {
            // `classify` finds the error inside and gives it as it is.
            hold.confirm().await.map_err(|error| ConnectorError::user(error.into()))?;
            next.call(request).await
        })
    }
}
