//! For a client of the stateless era that has not declared URL elicitation.
//!
//! A server refuses its call where a person has to open an address first (MCP 2026-07-28, error -32021), and does not say
//! the address. The client's model can be told it in a text, so the call is repeated as that of a client that can. Nothing
//! was done for a call that was refused, and calls that are not refused go on as they came.

use http::{Response, StatusCode};
use serde_json::{Value, json};
use ureq::Body;

use super::call::{CAPABILITIES, Call};
use crate::web::{self, Trouble};

/// MCP 2026-07-28: the request needs a capability that its client has not declared.
const MISSING_CAPABILITY: i64 = -32021;
/// An error is short; what is longer is none that concerns this.
const MOST_ERROR: u64 = 64 * 1024;

/// The answer as it came, and where it is that refusal, the body with which to ask again.
///
/// # Errors
/// See [`Trouble`].
pub(super) fn refused(
    call: &Call,
    asked: &[u8],
    response: Response<Body>,
) -> Result<(Response<Body>, Option<Vec<u8>>), Trouble> {
    let concerns = call.is_modern && !call.elicits && call.method == "tools/call";
    if !concerns || response.status() != StatusCode::BAD_REQUEST {
        return Ok((response, None));
    }
    let (head, mut body) = response.into_parts();
    let answer = web::read(&mut body, MOST_ERROR)?;
    let again = is_refusal(&answer).then(|| declaring(asked)).flatten();
    Ok((Response::from_parts(head, Body::builder().data(answer)), again))
}

fn is_refusal(answer: &[u8]) -> bool {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let error = &answer["error"];
    error["code"] == MISSING_CAPABILITY
        && error["data"]["requiredCapabilities"]["elicitation"].get("url").is_some()
}

/// The request with URL elicitation among its client's capabilities.
fn declaring(asked: &[u8]) -> Option<Vec<u8>> {
    let mut request: Value = serde_json::from_slice(asked).ok()?;
    let meta = request.pointer_mut("/params/_meta")?.as_object_mut()?;
    let capabilities = meta.entry(CAPABILITIES).or_insert_with(|| json!({})).as_object_mut()?;
    let elicitation = capabilities.entry("elicitation").or_insert_with(|| json!({}));
    elicitation.as_object_mut()?.insert("url".to_owned(), json!({}));
    Some(request.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_capability_is_added() {
        let meta = json!({ CAPABILITIES: { "elicitation": { "form": {} }, "roots": {} } });
        let request =
            json!({ "id": 7, "params": { "name": "x", "arguments": { "n": 1 }, "_meta": meta } });
        let body = declaring(request.to_string().as_bytes()).unwrap();
        let mut expected = request;
        expected["params"]["_meta"][CAPABILITIES]["elicitation"]["url"] = json!({});
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
        for strange in ["", "[]", r#"{"params":{}}"#, r#"{"params":{"_meta":7}}"#] {
            assert_eq!(declaring(strange.as_bytes()), None, "{strange}");
        }
    }

    #[test]
    fn another_refusal_stays_one() {
        let refusal = |code: i64, needed: Value| {
            let error = json!({ "code": code, "data": { "requiredCapabilities": needed } });
            json!({ "id": 7, "error": error }).to_string()
        };
        assert!(is_refusal(refusal(-32021, json!({ "elicitation": { "url": {} } })).as_bytes()));
        assert!(!is_refusal(refusal(-32021, json!({ "elicitation": { "form": {} } })).as_bytes()));
        assert!(!is_refusal(refusal(-32020, json!({ "elicitation": { "url": {} } })).as_bytes()));
        assert!(!is_refusal(b"Bad Request"));
    }
}
