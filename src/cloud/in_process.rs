//! The local AWS as the SDK's HTTP client: the same requests as over a socket, without one.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use construct_local::{Answer, LocalAws};
use http_body_util::BodyExt;

/// Hands every request to a [`LocalAws`] in this process.
#[derive(Clone, Debug)]
pub(super) struct InProcess(pub(super) LocalAws);

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let local = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request =
                request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
            match local.answer(http::Request::from_parts(parts, body)).await {
                Answer::Response(response) => {
                    let response = response.map(|bytes: Bytes| SdkBody::from(bytes));
                    HttpResponse::try_from(response)
                        .map_err(|error| ConnectorError::other(error.into(), None))
                }
                // No SDK calls what a function streams.
                Answer::Stream(_) => {
                    let message = "an answer that is streamed is no service's".into();
                    Err(ConnectorError::other(message, None))
                }
                Answer::Cut => {
                    let cut = std::io::Error::new(
                        std::io::ErrorKind::ConnectionReset,
                        "the connection was cut",
                    );
                    Err(ConnectorError::io(cut.into()))
                }
                Answer::Hang => std::future::pending().await,
            }
        })
    }
}
