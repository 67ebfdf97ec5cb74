//! What a service is: a name, a protocol, and a synchronous handler over the state.
//!
//! A handler gets a [`Call`] and answers a [`Reply`] or a [`Fault`]. It checks everything before
//! it changes anything: a handler that fails must leave the state as it was. Work that cannot be
//! done under the lock (running a function) is a [`Reply::later`].

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value};

use crate::chunks::Chunks;
use crate::local::LocalAws;
use crate::options::Options;
use crate::random::Random;
use crate::state::{Account, Region};
use crate::store::Blobs;
use crate::validate::Rules;
use crate::wire::Wire;
use crate::wire::rest::Route;

/// How a service's requests look.
#[derive(Debug, Clone, Copy)]
pub enum Protocol {
    /// AWS JSON.
    Json {
        /// `1.0` or `1.1`.
        version: &'static str,
        /// What stands before the dot in `X-Amz-Target`.
        target_prefix: &'static str,
    },
    /// REST JSON.
    Rest {
        /// The operations.
        routes: &'static [Route],
        /// How this service spells the message member of an error: `message` or `Message`.
        message_key: &'static str,
    },
    /// REST XML.
    RestXml {
        /// The operation that a request is and its input, if it is one that the local AWS has.
        find: fn(&Wire) -> Option<(&'static str, Value)>,
        /// The XML namespace of replies.
        namespace: &'static str,
    },
    /// The query protocol.
    Query {
        /// The XML namespace of replies.
        namespace: &'static str,
    },
}

/// A future that needs no borrow.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One AWS service.
pub trait Service: Sync {
    /// The name in the credential scope, such as `cognito-idp`.
    fn signing_name(&self) -> &'static str;

    /// How its requests look.
    fn protocol(&self) -> Protocol;

    /// Whether an operation changes something. By default everything does whose name does not
    /// begin like a read.
    fn is_mutating(&self, operation: &str) -> bool {
        const READS: [&str; 10] = [
            "Get",
            "Head",
            "List",
            "Describe",
            "AdminGet",
            "AdminList",
            "Invoke",
            "InitiateAuth",
            "BatchGet",
            "Simulate",
        ];
        !READS.iter().any(|read| operation.starts_with(read))
    }

    /// Handles one call. An operation that it lacks is [`Call::not_implemented`].
    ///
    /// # Errors
    /// What the service would refuse, as a [`Fault`].
    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault>;

    /// Brings stored changes up to `call.now`, such as removing what has finished deleting. Runs
    /// before each of the service's calls and before a snapshot, once for each Region.
    fn settle(&self, call: &mut Call<'_>) {
        let _ = call;
    }

    /// Makes what was begun between `before` and `after` end as failed, for this reason. By default nothing of a service
    /// can.
    fn fail(&self, before: &Region, after: &mut Region, reason: &str) {
        let _ = (before, after, reason);
    }

    /// Whether a request is for this service's plane even when it is signed: a gateway takes signed
    /// requests at its own address.
    fn is_for_plane(&self, request: &Wire) -> bool {
        let _ = request;
        false
    }

    /// The name under which a request for this service's plane is logged and meets faults, if it is.
    fn plane_operation(&self, request: &Wire) -> Option<&'static str> {
        let _ = request;
        None
    }

    /// Answers a request whose answer may be passed on while it is made, or `None` when it is not this service's. It is
    /// asked before [`Self::plane`].
    fn streamed(&self, local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Chunks>>> {
        let _ = (local, request);
        None
    }

    /// Answers a request that is no operation, or `None` when it is not this service's.
    fn plane(&self, local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Bytes>>> {
        let _ = (local, request);
        None
    }
}

/// One call, with everything that a handler may use.
pub struct Call<'a> {
    /// The operation's name in the service model.
    pub operation: &'a str,
    /// The Region from the credential scope.
    pub region: &'a str,
    /// The access key id that signed; empty when nobody did.
    pub access_key: &'a str,
    /// Milliseconds since the epoch.
    pub now: i64,
    /// The input's members.
    pub input: &'a Input,
    /// The request as it came.
    pub wire: &'a Wire,
    /// The whole account: a handler may read other services' state.
    pub account: &'a mut Account,
    /// Options, with the delays.
    pub options: &'a Options,
    /// Large contents by their hash.
    pub blobs: &'a mut Blobs,
    /// Random ids.
    pub random: &'a mut Random,
}

impl Call<'_> {
    /// The state of the call's Region.
    pub fn here(&mut self) -> &mut Region {
        self.account.region_mut(self.region)
    }

    /// `length` characters of `alphabet`.
    pub fn random_id(&mut self, alphabet: &str, length: usize) -> String {
        self.random.id(alphabet, length)
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> String {
        self.random.uuid()
    }

    /// `arn:aws:{service}:{region}:{account}:{resource}`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{resource}",
            crate::PARTITION,
            self.region,
            crate::ACCOUNT_ID
        )
    }

    /// The port of the local AWS's URLs.
    pub fn port(&self) -> u16 {
        self.account.port
    }

    /// Checks on the input, see [`Rules`].
    pub fn rules(&self) -> Rules<'_> {
        Rules::on(self.input)
    }

    /// The 501 for an operation that the local AWS lacks.
    pub fn not_implemented(&self) -> Fault {
        Fault::new(
            501,
            "NotImplemented",
            format!("the local AWS does not implement the operation {}", self.operation),
        )
    }
}

/// The input of a call: a JSON object with lenient readers for members that arrive as strings.
#[derive(Debug, Clone)]
pub struct Input(Map<String, Value>);

impl Input {
    /// From a JSON object; anything else is an empty input.
    pub fn new(value: Value) -> Self {
        match value {
            Value::Object(map) => Self(map),
            _ => Self(Map::new()),
        }
    }

    /// All members.
    pub const fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A member that is there and not null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A string member.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A number, or a string that is one (query and path members).
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::String(text) => text.parse().ok(),
            value => value.as_i64(),
        }
    }

    /// A boolean, or a string that is one.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::String(text) => text.parse().ok(),
            value => value.as_bool(),
        }
    }

    /// A list; empty when it is not there. A lone string counts as a list of one (a query
    /// parameter given once).
    pub fn list(&self, name: &str) -> &[Value] {
        match self.get(name) {
            Some(Value::Array(items)) => items,
            Some(single @ Value::String(text)) if !text.is_empty() => std::slice::from_ref(single),
            _ => &[],
        }
    }

    /// The strings of a list.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.list(name).iter().filter_map(Value::as_str).collect()
    }

    /// An object member.
    pub fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.get(name)?.as_object()
    }
}

/// What a handler answers.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers beyond content type and request id.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// A reply's body.
pub enum Body {
    /// None. AWS JSON renders it as `{}`, the query protocol without a result element.
    Empty,
    /// Members, rendered by the service's protocol.
    Json(Value),
    /// Bytes as they are.
    Bytes {
        /// The content type.
        content_type: String,
        /// The bytes.
        bytes: Bytes,
    },
    /// The reply comes from work outside the lock.
    Later(Later),
}

/// Work that runs after the lock is released.
pub type Later = Box<dyn FnOnce(LocalAws) -> Boxed<Result<Reply, Fault>> + Send>;

impl Reply {
    /// 200 with members.
    pub const fn json(value: Value) -> Self {
        Self::status(200, value)
    }

    /// Another status with members.
    pub const fn status(status: u16, value: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(value) }
    }

    /// A status without a body; 200 and 204 are the usual ones.
    pub const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    /// The reply that `work` gives, run after the state's lock is released.
    pub fn later<F>(work: impl FnOnce(LocalAws) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<Self, Fault>> + Send + 'static,
    {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Body::Later(Box::new(|local| Box::pin(work(local)))),
        }
    }
}

/// A refusal, in the service's own code and words.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code} ({status}): {message}")]
pub struct Fault {
    /// The HTTP status.
    pub status: u16,
    /// The error code, such as `NoSuchEntity`.
    pub code: String,
    /// What it says.
    pub message: String,
    /// Further members of the error body, such as `reason`.
    pub extra: BTreeMap<String, Value>,
}

impl Fault {
    /// A fault with its status.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), extra: BTreeMap::new() }
    }

    /// A fault with status 400.
    pub fn client(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// Adds a member to the error body.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }
}
