//! The local AWS itself: opening it, asking it, looking into it.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt;
use std::future::pending;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::Value;

use crate::clock::Clock;
use crate::fault::{Effect, FaultPlan, Refusal};
use crate::options::Options;
use crate::random::Random;
use crate::record::{self, CallRecord, Log};
use crate::service::{Body, Call, Fault, Input, Later, Protocol, Reply, Service};
use crate::services;
use crate::state::{Account, VERSION};
use crate::store::{Blobs, Directory, Locked, OpenError};
use crate::wire::{Wire, json, query, rest};

/// A local AWS. Clones are handles to the same one.
#[derive(Clone)]
pub struct LocalAws(Arc<Shared>);

/// What opening a directory gives.
#[derive(Debug)]
pub enum Opened {
    /// This process owns the state.
    Owner(LocalAws),
    /// Another process owns it and serves it.
    Served {
        /// Its address, such as `127.0.0.1:4566`.
        address: String,
    },
}

/// What a request comes to.
#[derive(Debug)]
pub enum Answer {
    /// A response.
    Response(Response<Bytes>),
    /// The connection breaks without a response.
    Cut,
    /// Nothing ever comes.
    Hang,
}

struct Shared {
    options: Options,
    clock: Clock,
    inner: Mutex<Inner>,
    log: Mutex<Log>,
    attachments: Mutex<BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

struct Inner {
    account: Account,
    blobs: Blobs,
    random: Random,
    directory: Option<Directory>,
    /// The document that is on disk: what memory goes back to when a write fails.
    saved: Vec<u8>,
}

/// Whose operation a request is.
struct Target {
    service: &'static dyn Service,
    operation: String,
    region: String,
    access_key: String,
    input: Result<Value, Fault>,
    known: bool,
}

impl fmt::Debug for LocalAws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LocalAws").finish_non_exhaustive()
    }
}

impl LocalAws {
    /// A local AWS that forgets everything at its end.
    ///
    /// # Panics
    /// When `options.record_to` cannot be opened, or no port is free.
    pub fn in_memory(options: Options) -> Self {
        let blobs = Blobs::Memory(BTreeMap::new());
        Self::start(options, Account::default(), blobs, None).expect("memory is always usable")
    }

    /// The local AWS whose state is in `directory`, which is created if need be.
    ///
    /// # Errors
    /// When another process owns it without serving it, or it cannot be used.
    pub fn open(directory: &Path, options: Options) -> Result<Opened, OpenError> {
        match Directory::lock(directory)? {
            Locked::Ours(owned) => {
                let account = owned.load()?.unwrap_or_default();
                let blobs = Blobs::of(&owned);
                Self::start(options, account, blobs, Some(owned)).map(Opened::Owner)
            }
            Locked::Theirs(Some(crate::store::Owner { address: Some(address), .. })) => {
                Ok(Opened::Served { address })
            }
            Locked::Theirs(owner) => Err(OpenError::Busy {
                directory: directory.to_owned(),
                pid: owner.map(|owner| owner.pid),
            }),
        }
    }

    fn start(
        options: Options,
        mut account: Account,
        blobs: Blobs,
        directory: Option<Directory>,
    ) -> Result<Self, OpenError> {
        account.version = VERSION;
        if let Some(port) = options.port {
            account.port = port;
        } else if account.port == 0 {
            account.port =
                free_port().map_err(|source| OpenError::Io { path: "127.0.0.1".into(), source })?;
        }
        let log = Log::new(options.record_to.as_deref()).map_err(|source| OpenError::Io {
            path: options.record_to.clone().unwrap_or_default(),
            source,
        })?;
        let random = Random::new(options.seed, account.revision);
        let clock = Clock::starting_at(options.epoch_ms);
        let mut inner = Inner { account, blobs, random, directory, saved: Vec::new() };
        inner.save().map_err(|source| OpenError::Io { path: "state.json".into(), source })?;
        Ok(Self(Arc::new(Shared {
            options,
            clock,
            inner: Mutex::new(inner),
            log: Mutex::new(log),
            attachments: Mutex::default(),
        })))
    }

    /// The port of every URL that the local AWS gives out. Whoever serves it should listen there.
    pub fn port(&self) -> u16 {
        self.inner().account.port
    }

    /// The options that it was opened with.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// The faults to inject; more can be added at any time.
    pub fn faults(&self) -> &FaultPlan {
        &self.0.options.faults
    }

    /// Now, in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    /// Tells other processes where this one serves; `None` when it no longer does.
    ///
    /// # Errors
    /// When `owner.json` cannot be written.
    pub fn announce(&self, address: Option<String>) -> Result<(), OpenError> {
        self.inner().directory.as_ref().map_or(Ok(()), |directory| directory.announce(address))
    }

    /// The calls that were answered, cut or left hanging, in the order of arrival.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.log().calls()
    }

    /// Forgets the calls.
    pub fn clear_calls(&self) {
        self.log().clear();
    }

    /// The whole state, settled to now, in a stable order: what tests judge by.
    pub fn snapshot(&self) -> Value {
        let mut inner = self.inner();
        let regions: Vec<String> = inner.account.regions.keys().cloned().collect();
        for service in services::ALL {
            for region in &regions {
                self.with_call(&mut inner, region, *service, "", |service, call| {
                    service.settle(call);
                });
            }
        }
        serde_json::to_value(&inner.account).expect("the state is plain data")
    }

    /// Reads the state.
    pub fn read<T>(&self, look: impl FnOnce(&Account) -> T) -> T {
        look(&self.inner().account)
    }

    /// Changes the state behind everyone's back, and stores it. For tests, and for planes.
    ///
    /// # Panics
    /// When the state cannot be written to its directory.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        let mut inner = self.inner();
        let result = change(&mut inner.account);
        inner.account.revision += 1;
        inner.save().expect("the state directory is writable");
        result
    }

    /// `length` random characters of `alphabet`, for planes.
    pub fn random_id(&self, alphabet: &str, length: usize) -> String {
        self.inner().random.id(alphabet, length)
    }

    /// The bytes of a blob.
    pub fn blob(&self, hash: &str) -> Option<Bytes> {
        self.inner().blobs.get(hash)
    }

    /// What a service keeps while the process lives and never stores: running functions, caches.
    /// One value of each type, made when first asked for.
    ///
    /// # Panics
    /// Never: each type has its own place.
    pub fn attachment<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut attachments = self.0.attachments.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = attachments.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        Arc::clone(kept).downcast().expect("each type has its own place")
    }

    /// Answers a request. A cut connection becomes a 500; a hanging one never answers.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        match self.answer(request).await {
            Answer::Response(response) => response,
            Answer::Cut => plain(StatusCode::INTERNAL_SERVER_ERROR, "connection cut"),
            Answer::Hang => pending().await,
        }
    }

    /// Answers a request, or tells how it fails to be answered.
    pub async fn answer(&self, request: Request<Bytes>) -> Answer {
        let wire = Wire::read(request);
        let Some(target) = self.target(&wire) else {
            return Answer::Response(self.answer_plane(&wire).await);
        };
        let service = target.service;
        let mutating = service.is_mutating(&target.operation);
        let started_ms = self.now_ms();
        let (sequence, in_flight_group) = self.log().arrive();
        let departing = Departing(self);
        let effects = self.faults().strike(service.signing_name(), &target.operation, mutating);
        let request_id = self.inner().random.uuid();
        let mut record = CallRecord {
            sequence,
            service: service.signing_name().to_owned(),
            operation: target.operation.clone(),
            region: target.region.clone(),
            mutating,
            method: wire.method.to_string(),
            path: wire.path.clone(),
            query: wire.raw_query.clone(),
            headers: record::headers(&wire),
            body: String::new(),
            status: None,
            error_code: None,
            in_flight_group,
            started_ms,
            ended_ms: started_ms,
        };
        let outcome = self.outcome(&wire, target, &effects).await;
        let answer = match outcome {
            Outcome::Result(result) => {
                record.error_code = result.as_ref().err().map(|fault| fault.code.clone());
                let response = render(service, &record.operation, result, &request_id);
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

    /// Applies the faults around the call.
    async fn outcome(&self, wire: &Wire, target: Target, effects: &[Effect]) -> Outcome {
        let latency: u64 = effects
            .iter()
            .filter_map(|effect| if let Effect::Latency(ms) = effect { Some(*ms) } else { None })
            .sum();
        if latency > 0 {
            tokio::time::sleep(Duration::from_millis(latency)).await;
        }
        for effect in effects {
            match effect {
                Effect::FailBefore(refusal) => return Outcome::Result(Err(fault_of(refusal))),
                Effect::CutBefore => return Outcome::Cut,
                Effect::HangBefore => return Outcome::Hang,
                _ => {}
            }
        }
        let mut result = self.perform(wire, target);
        if matches!(&result, Ok(Reply { body: Body::Later(_), .. })) {
            result = self.finish_later(result).await;
        }
        for effect in effects {
            match effect {
                Effect::FailAfter(refusal) => return Outcome::Result(Err(fault_of(refusal))),
                Effect::CutAfter => return Outcome::Cut,
                Effect::HangAfter => return Outcome::Hang,
                _ => {}
            }
        }
        Outcome::Result(result)
    }

    async fn finish_later(&self, result: Result<Reply, Fault>) -> Result<Reply, Fault> {
        match result {
            Ok(Reply { body: Body::Later(work), .. }) => {
                let work: Later = work;
                work(self.clone()).await
            }
            other => other,
        }
    }

    /// Runs the handler under the lock and stores what it changed.
    fn perform(&self, wire: &Wire, target: Target) -> Result<Reply, Fault> {
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
        let input = Input::new(target.input?);
        let mut inner = self.inner();
        let inner = &mut *inner;
        let mut call = Call {
            operation: &target.operation,
            region: &target.region,
            access_key: &target.access_key,
            now: self.now_ms(),
            input: &input,
            wire,
            account: &mut inner.account,
            options: self.options(),
            blobs: &mut inner.blobs,
            random: &mut inner.random,
        };
        service.settle(&mut call);
        let result = service.call(&mut call);
        if result.is_ok() && service.is_mutating(&target.operation) {
            inner.account.revision += 1;
            if let Err(error) = inner.save() {
                // The caller hears of a failure, so it must not have happened.
                if let Ok(account) = serde_json::from_slice(&inner.saved) {
                    inner.account = account;
                }
                return Err(Fault::new(
                    500,
                    "InternalFailure",
                    format!("the local AWS could not write its state: {error}"),
                ));
            }
        }
        result
    }

    /// Runs `work` with a call that nobody made: for settling.
    fn with_call(
        &self,
        inner: &mut Inner,
        region: &str,
        service: &'static dyn Service,
        operation: &str,
        work: impl FnOnce(&'static dyn Service, &mut Call<'_>),
    ) {
        let wire = Wire::read(Request::new(Bytes::new()));
        let input = Input::new(Value::Null);
        let mut call = Call {
            operation,
            region,
            access_key: "",
            now: self.now_ms(),
            input: &input,
            wire: &wire,
            account: &mut inner.account,
            options: self.options(),
            blobs: &mut inner.blobs,
            random: &mut inner.random,
        };
        work(service, &mut call);
    }

    /// Whose operation the request is: by signing name, or by target when it is not signed.
    fn target(&self, wire: &Wire) -> Option<Target> {
        let (service, region, access_key) = if let Some(scope) = &wire.scope {
            let service = services::signed_for(&scope.service)?;
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

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Stores the account, if there is a directory.
    fn save(&mut self) -> std::io::Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let document = serde_json::to_vec_pretty(&self.account)?;
        directory.save(&document)?;
        self.saved = document;
        Ok(())
    }
}

enum Outcome {
    Result(Result<Reply, Fault>),
    Cut,
    Hang,
}

/// Counts the departure even when the caller drops the answer's future.
struct Departing<'a>(&'a LocalAws);

impl Drop for Departing<'_> {
    fn drop(&mut self) {
        self.0.log().depart();
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn fault_of(refusal: &Refusal) -> Fault {
    Fault::new(refusal.status, &refusal.code, refusal.message.clone())
}

/// Expired credentials, as each protocol says it.
fn expired(service: &dyn Service) -> Fault {
    let message = "The security token included in the request is expired";
    match service.protocol() {
        Protocol::Json { .. } => Fault::new(400, "ExpiredTokenException", message),
        Protocol::Rest { .. } => Fault::new(403, "ExpiredTokenException", message),
        Protocol::Query { .. } => Fault::new(403, "ExpiredToken", message),
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
