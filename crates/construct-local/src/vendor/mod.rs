//! The built-in vendor: plays GitHub, Atlassian and every other provider that people consent at, as
//! long as nobody gave real credentials. It has a page, a token endpoint and an upstream of plausible
//! data, so that a consent and the calls after it can be tried on one machine.
//!
//! It answers on a host of its own. Anybody may sign in with any name: what is behind it is made up.
//! It is as strict as a vendor where a mistake would show at a real one: an unknown client or
//! redirect URI, a code that was used, a challenge without its verifier, a token that is over.

mod authorize;
mod clients;
mod data;
mod page;
mod state;
mod token;
mod upstream;

pub use state::State;
pub(crate) use upstream::upstream;

use bytes::Bytes;
use http::{Method, Response, StatusCode};

use crate::addresses::{VENDOR_HOST, host_name};
use crate::html;
use crate::local::LocalAws;
use crate::service::Boxed;
use crate::wire::Wire;

/// The answer to a request at the vendor's host; `None` at any other.
pub(crate) fn answer(local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Bytes>>> {
    if host_name(request.host()) != VENDOR_HOST {
        return None;
    }
    let response = match (request.path.as_str(), &request.method) {
        ("/authorize", &Method::GET) => authorize::show(local, request),
        ("/authorize", &Method::POST) => authorize::submit(local, request),
        ("/token", &Method::POST) => token::answer(local, request),
        _ => {
            let sentence = "The local vendor has no such page.";
            html::problem("Not found", sentence, StatusCode::NOT_FOUND)
        }
    };
    Some(Box::pin(async move { response }))
}
