//! The forwarder: one path to one gateway, in both eras of the protocol.
//!
//! Requests go on as they came, with the caller's own token. Answers come back as they are, but for what would not work
//! from here: list changes are not promised, and addresses for a consent become ours (see `connect`). A call that is
//! refused because its client cannot open addresses is repeated (see `stand_in`). What takes longer
//! than the front door waits is ended by us, with an answer to the caller's own request.

mod call;
mod caller;
mod headers;
mod relay;
mod rewrite;
mod sse;
mod stand_in;

use std::sync::Arc;

use http::header::ORIGIN;
use http::{Method, Request as Outgoing, Response, StatusCode};
use serde_json::{Value, json};
use ureq::Body;

use self::call::Call;
use self::caller::Caller;
use self::rewrite::Rewriter;
use crate::Visit;
use crate::http::Answer;
use crate::web::Trouble;

/// Lambda takes no larger request; what is larger at a streaming door is refused here.
const MOST_BODY: usize = 6 * 1024 * 1024;
/// JSON-RPC 2.0 leaves -32000 to -32099 to implementations; MCP takes -32020 and below for itself.
const TIMED_OUT: i64 = -32001;
const GATEWAY_FAILED: i64 = -32002;

/// Forwards a call.
pub fn forward(visit: &Visit<'_>) -> Answer {
    if !is_own_origin(visit) {
        let description = "a page of this origin may not call the tools";
        return visit.problem(StatusCode::FORBIDDEN, "forbidden_origin", description);
    }
    let caller = match Caller::of(visit) {
        Ok(caller) => caller,
        Err(answer) => return answer,
    };
    if visit.request.body.len() > MOST_BODY {
        return visit.problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "at most 6 MB are forwarded",
        );
    }
    let call = Call::read(visit.request);
    let is_own_session = call.elicits && !call.is_modern && call.session.is_none();
    if visit.request.method == Method::DELETE && is_own_session {
        // The session was ours alone, and all of it was in its name.
        return Answer::empty(StatusCode::NO_CONTENT);
    }
    match asked(visit, &caller, &call) {
        Ok(response) => {
            let rewriter = Rewriter {
                front: Arc::clone(visit.front),
                correlation_id: visit.id.to_owned(),
                deadline: visit.deadline,
                caller,
                call,
            };
            relay::answer(visit, rewriter, response)
        }
        Err(trouble) => failure(visit, &call, trouble),
    }
}

/// Web pages elsewhere have no business here (MCP, Streamable HTTP, security). Editors send no `Origin`.
fn is_own_origin(visit: &Visit<'_>) -> bool {
    let config = visit.config();
    match visit.request.headers.get(ORIGIN).map(http::HeaderValue::to_str) {
        None => true,
        Some(Ok(origin)) => {
            origin == crate::http::origin(&config.base)
                || config.allowed_origins.iter().any(|allowed| allowed == origin)
        }
        Some(Err(_)) => false,
    }
}

/// The gateway's answer.
fn asked(visit: &Visit<'_>, caller: &Caller, call: &Call) -> Result<Response<Body>, Trouble> {
    let send = |body: &[u8]| {
        let request = onward(visit, caller, call, body).ok_or(Trouble::Unreachable)?;
        visit.front.web.send(request, visit.deadline)
    };
    let body = &visit.request.body;
    let (response, again) = stand_in::refused(call, body, send(body)?)?;
    again.map_or(Ok(response), |body| send(&body))
}

fn onward(
    visit: &Visit<'_>,
    caller: &Caller,
    call: &Call,
    body: &[u8],
) -> Option<Outgoing<Vec<u8>>> {
    let mut given = headers::onward(&visit.request.headers);
    given.remove("mcp-session-id");
    if let Some(session) = &call.session {
        headers::set(&mut given, "mcp-session-id", session);
    }
    if !given.contains_key("mcp-protocol-version")
        && let Some(version) = call.assumed_version()
    {
        headers::set(&mut given, "mcp-protocol-version", version);
    }
    headers::set(&mut given, "authorization", &format!("Bearer {}", caller.token));
    let mut request = Outgoing::builder()
        .method(visit.request.method.clone())
        .uri(&visit.config().gateway)
        .body(body.to_vec())
        .ok()?;
    *request.headers_mut() = given;
    Some(request)
}

/// The answer to a call that the gateway did not answer, in the caller's own terms.
fn failure(visit: &Visit<'_>, call: &Call, trouble: Trouble) -> Answer {
    let (status, code, message) = match trouble {
        Trouble::TimedOut => (
            StatusCode::GATEWAY_TIMEOUT,
            TIMED_OUT,
            "the tool took longer than can be waited for here",
        ),
        Trouble::Unreachable => {
            (StatusCode::BAD_GATEWAY, GATEWAY_FAILED, "the gateway cannot be reached")
        }
        Trouble::TooLarge => {
            (StatusCode::BAD_GATEWAY, GATEWAY_FAILED, "the answer is larger than can be passed on")
        }
    };
    visit.log("error", "call_failed", json!({ "error": trouble.word() }));
    error(visit, &call.id, status, (code, message))
}

fn error(
    visit: &Visit<'_>,
    id: &Value,
    status: StatusCode,
    (code, message): (i64, &str),
) -> Answer {
    let error = json!({ "code": code, "message": message, "data": { "correlation_id": visit.id } });
    Answer::json(status, &json!({ "jsonrpc": "2.0", "id": id, "error": error }))
}
