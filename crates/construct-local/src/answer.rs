//! How the local AWS answers a request: whose it is, the faults around it, the record. What the operation does is in
//! `perform`.

use std::future::{Future, pending};
use std::time::Duration;

use bytes::Bytes;
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::Value;

use crate::chunks::{self, Chunks};
use crate::fault::{Circumstances, Effect, Refusal};
use crate::local::{LocalAws, Stage};
use crate::record::{self, CallRecord};
use crate::service::{Body, Fault, Protocol, Reply, Service};
use crate::services;
use crate::time::http_date;
use crate::vendor;
use crate::wire::{Wire, json, query, rest, rest_xml};

/// What a request comes to.
#[derive(Debug)]
pub enum Answer {
    /// A response.
    Response(Response<Bytes>),
    /// A response whose body comes piece by piece.
    Stream(Response<Chunks>),
    /// The connection breaks without a response.
    Cut,
    /// Nothing ever comes.
    Hang,
}

/// Whose operation a request is.
pub(crate) struct Target {
    pub(crate) service: &'static dyn Service,
    pub(crate) operation: String,
    pub(crate) region: String,
    pub(crate) access_key: String,
    pub(crate) input: Result<Value, Fault>,
    pub(crate) known: bool,
}

impl LocalAws {
    /// Answers a request. A cut connection becomes a 500; a hanging one never answers.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        match self.answer(request).await {
            Answer::Response(response) => response,
            Answer::Stream(response) => chunks::collected(response).await.unwrap_or_else(|error| {
                plain(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
            }),
            Answer::Cut => plain(StatusCode::INTERNAL_SERVER_ERROR, "connection cut"),
            Answer::Hang => pending().await,
        }
    }

    /// Answers a request, or tells how it fails to be answered.
    pub async fn answer(&self, request: Request<Bytes>) -> Answer {
        let wire = Wire::read(request);
        if let Some(target) = self.target(&wire) {
            let (service, operation) = (target.service, target.operation.clone());
            let mutating = service.is_mutating(&operation);
            let effects = self.faults().strike(service.signing_name(), &operation, mutating);
            let circumstances = Circumstances::of(&effects);
            let asked = Asked {
                service,
                operation: operation.clone(),
                region: target.region.clone(),
                mutating,
                effects,
            };
            let request_id = self.inner().random.uuid();
            let work = async {
                let result = self.perform(&wire, target, &circumstances);
                self.finish_later(result).await
            };
            let render = |result: Result<Reply, Fault>| {
                let code = result.as_ref().err().map(|fault| fault.code.clone());
                let mut response = render(service, &operation, result, &request_id);
                if let Ok(date) = HeaderValue::from_str(&http_date(self.now_ms())) {
                    response.headers_mut().insert(DATE, date);
                }
                if wire.method == Method::HEAD {
                    response.body_mut().clear();
                }
                // Callers tell by it how far their clock is off.
                if let Ok(date) = HeaderValue::from_str(&http_date(self.now_ms())) {
                    response.headers_mut().entry(DATE).or_insert(date);
                }
                (response, code)
            };
            let refuse = |refusal: &Refusal| render(Err(refusal.of(service.signing_name())));
            return self.logged(&wire, asked, async { render(work.await) }, refuse).await;
        }
        if let Some(response) = services::ALL.iter().find_map(|one| one.streamed(self, &wire)) {
            return Answer::Stream(response.await);
        }
        let named = services::ALL
            .iter()
            .find_map(|service| Some((*service, service.plane_operation(&wire)?)));
        let Some((service, operation)) = named else {
            return Answer::Response(self.answer_plane(&wire).await);
        };
        let asked = Asked {
            service,
            operation: operation.to_owned(),
            region: self.options().region.clone(),
            mutating: false,
            effects: self.faults().strike(service.signing_name(), operation, false),
        };
        let work = async { (self.answer_plane(&wire).await, None) };
        let refuse = |refusal: &Refusal| {
            let status = StatusCode::from_u16(refusal.status);
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (plain(status, &refusal.message), Some(refusal.code.clone()))
        };
        self.logged(&wire, asked, work, refuse).await
    }

    /// Does `work` among the faults that meet it, and keeps the call. Both give a response and the
    /// error code in it.
    async fn logged(
        &self,
        wire: &Wire,
        asked: Asked,
        work: impl Future<Output = Responded>,
        refuse: impl Fn(&Refusal) -> Responded,
    ) -> Answer {
        let Asked { service, operation, region, mutating, effects } = asked;
        let started_ms = self.now_ms();
        let (sequence, in_flight_group) = self.log().arrive();
        let departing = Departing(self);
        let mut record = CallRecord {
            sequence,
            service: service.signing_name().to_owned(),
            operation,
            region,
            mutating,
            method: wire.method.to_string(),
            path: wire.path.clone(),
            query: wire.raw_query.clone(),
            headers: record::headers(wire),
            body: String::new(),
            status: None,
            error_code: None,
            in_flight_group,
            started_ms,
            ended_ms: started_ms,
        };
        let work = async {
            self.tell_watcher(Stage::Before, &record);
            let done = work.await;
            self.tell_watcher(Stage::After, &record);
            done
        };
        let outcome = outcome(&effects, work, refuse).await;
        let answer = match outcome {
            Outcome::Response(response, code) => {
                record.error_code = code;
                record.status = Some(response.status().as_u16());
                Answer::Response(response)
            }
            Outcome::Cut => Answer::Cut,
            Outcome::Hang => Answer::Hang,
        };
        record.ended_ms = self.now_ms();
        let masked = record::masked(&wire.body);
        record.body = if self.options().record_bodies {
            String::from_utf8_lossy(&wire.body).into_owned()
        } else {
            masked.clone()
        };
        self.log().keep(record, masked);
        drop(departing);
        answer
    }

    async fn finish_later(&self, result: Result<Reply, Fault>) -> Result<Reply, Fault> {
        match result {
            Ok(Reply { body: Body::Later(work), .. }) => work(self.clone()).await,
            other => other,
        }
    }

    /// Whose operation the request is: by signing name, or by target when it is not signed.
    fn target(&self, wire: &Wire) -> Option<Target> {
        let (service, region, access_key) = if let Some(scope) = &wire.scope {
            let service = services::signed_for(&scope.service)?;
            if service.is_for_plane(wire) {
                return None;
            }
            (service, scope.region.clone(), scope.access_key.clone())
        } else {
            // Some operations (InitiateAuth) are called without credentials.
            let service = services::targeted_by(wire.target()?.0)?;
            (service, self.options().region.clone(), String::new())
        };
        let (operation, input) = match service.protocol() {
            Protocol::Json { target_prefix, .. } => {
                let operation = wire
                    .target()
                    .filter(|(prefix, _)| *prefix == target_prefix)
                    .map(|(_, operation)| operation.to_owned());
                (operation, json::input(&wire.body))
            }
            Protocol::Query { .. } => {
                let (operation, input) = query::input(&wire.body);
                (operation, Ok(input))
            }
            Protocol::RestXml { find, .. } => match find(wire) {
                Some((operation, input)) => (Some(operation.to_owned()), Ok(input)),
                None => (None, Ok(Value::Null)),
            },
            Protocol::Rest { routes, .. } => {
                match rest::find(routes, wire.method.as_str(), &wire.path) {
                    Some((route, members)) => {
                        (Some(route.operation.to_owned()), rest::input(wire, route, members))
                    }
                    None => (None, Ok(Value::Null)),
                }
            }
        };
        let known = operation.is_some();
        let operation = operation.unwrap_or_else(|| "Unknown".to_owned());
        Some(Target { service, operation, region, access_key, input, known })
    }

    async fn answer_plane(&self, wire: &Wire) -> Response<Bytes> {
        if let Some(response) = vendor::answer(self, wire) {
            return response.await;
        }
        for service in services::ALL {
            if let Some(response) = service.plane(self, wire) {
                return response.await;
            }
        }
        if let Some(scope) = &wire.scope {
            let message = format!("the local AWS does not implement the service {}", scope.service);
            return plain(StatusCode::NOT_IMPLEMENTED, &message);
        }
        let message = format!("nothing here answers {} {}{}", wire.method, wire.host(), wire.path);
        plain(StatusCode::NOT_FOUND, &message)
    }
}

/// What is logged of a call before it is done.
struct Asked {
    service: &'static dyn Service,
    operation: String,
    region: String,
    mutating: bool,
    effects: Vec<Effect>,
}

/// A response, and the error code in it.
type Responded = (Response<Bytes>, Option<String>);

enum Outcome {
    Response(Response<Bytes>, Option<String>),
    Cut,
    Hang,
}

/// Applies the faults around the call.
async fn outcome(
    effects: &[Effect],
    work: impl Future<Output = Responded>,
    refuse: impl Fn(&Refusal) -> Responded,
) -> Outcome {
    let respond = |(response, code)| Outcome::Response(response, code);
    let refused = |refusal: &Refusal| {
        let (mut response, code) = refuse(refusal);
        if let Some(seconds) = refusal.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        Outcome::Response(response, code)
    };
    for effect in effects {
        if let Effect::Latency(milliseconds) = effect {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
        }
    }
    for effect in effects {
        match effect {
            Effect::FailBefore(refusal) => return refused(refusal),
            Effect::CutBefore => return Outcome::Cut,
            Effect::HangBefore => return Outcome::Hang,
            _ => {}
        }
    }
    let done = work.await;
    for effect in effects {
        match effect {
            Effect::FailAfter(refusal) => return refused(refusal),
            Effect::LatencyAfter(milliseconds) => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            }
            Effect::CutAfter => return Outcome::Cut,
            Effect::HangAfter => return Outcome::Hang,
            _ => {}
        }
    }
    respond(done)
}

/// Counts the departure even when the caller drops the answer's future.
struct Departing<'a>(&'a LocalAws);

impl Drop for Departing<'_> {
    fn drop(&mut self) {
        self.0.log().depart();
    }
}

fn render(
    service: &dyn Service,
    operation: &str,
    result: Result<Reply, Fault>,
    request_id: &str,
) -> Response<Bytes> {
    let mut response = match service.protocol() {
        Protocol::Json { version, .. } => json::render(result, version),
        Protocol::Rest { message_key, .. } => rest::render(result, message_key),
        Protocol::RestXml { namespace, .. } => rest_xml::render(result, namespace, request_id),
        Protocol::Query { namespace } => query::render(result, operation, namespace, request_id),
    };
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", value);
    }
    response
}

fn plain(status: StatusCode, message: &str) -> Response<Bytes> {
    let body = serde_json::json!({ "message": message }).to_string();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
