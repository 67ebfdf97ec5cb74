//! Where a browser comes back after a consent: `http://localhost:PORT/callback`, on loopback only.
//!
//! A page comes back with a `session_id`. Only one that this process began is completed, with the token that began it, so
//! that a link from somebody else connects nothing to anybody. No page shows what a request said.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use tokio::net::TcpListener;

use super::complete::{Completion, Who};
use super::consents::{Consents, parameter};
use super::listening::{self, Answer, is_for_loopback};
use crate::ui::Ui;

/// The path of the callback.
pub const PATH: &str = "/callback";

/// The URL of the callback on `port`, as the gateway's list of return URLs must have it.
pub fn url(port: u16) -> String {
    format!("http://localhost:{port}{PATH}")
}

/// Serves the callback until the future is dropped.
pub async fn serve(listener: TcpListener, completion: &Completion, consents: &Consents, ui: &Ui) {
    listening::serve(listener, |request| async move {
        let (status, title, text) = match asked(&request) {
            Ok(asked) => end(asked, completion, consents, ui).await,
            Err(status) => {
                (status, "Not here", "This address answers the end of a consent and nothing else.")
            }
        };
        page(status, title, text)
    })
    .await;
}

type End = (StatusCode, &'static str, &'static str);

/// What a browser brings.
#[derive(Debug, PartialEq)]
struct Asked {
    session: Option<String>,
    /// Whether the vendor says that the person did not consent.
    is_refused: bool,
}

fn asked<B>(request: &Request<B>) -> Result<Asked, StatusCode> {
    if !is_for_loopback(request.headers()) {
        return Err(StatusCode::FORBIDDEN);
    }
    if request.uri().path() != PATH {
        return Err(StatusCode::NOT_FOUND);
    }
    if request.method() != Method::GET {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let query = request.uri().query().unwrap_or_default();
    Ok(Asked {
        session: parameter(query, "session_id"),
        is_refused: parameter(query, "error").is_some(),
    })
}

async fn end(asked: Asked, completion: &Completion, consents: &Consents, ui: &Ui) -> End {
    let session = asked.session.unwrap_or_default();
    let Some(who) = consents.take(&session) else {
        ui.err("A browser came back from a consent that this server did not begin, or whose ten minutes are over: refused.");
        return (
            StatusCode::FORBIDDEN,
            "Not connected",
            "This consent was not begun here, was used already, or is older than ten minutes. \
             If you did ask for it, ask again and open the new link. If you did not, close this page.",
        );
    };
    if asked.is_refused {
        ui.err("A consent was not given; nothing is connected.");
        return (
            StatusCode::OK,
            "Not connected",
            "Access was not granted. You can close this page.",
        );
    }
    match completion.complete(&session, &who).await {
        Ok(()) => {
            let (told, text) = match who {
                Who::Bearer(_) => (
                    "A consent is complete: the tool can be called again.",
                    "Your account is connected. Close this page and call the tool again.",
                ),
                Who::User(_) => (
                    "A consent is complete: the gateway lists the server's tools now.",
                    "The gateway may list the server's tools. Close this page: construct goes on.",
                ),
            };
            ui.err(told);
            (StatusCode::OK, "Connected", text)
        }
        Err(error) => {
            ui.fail(&error.into());
            (
                StatusCode::BAD_GATEWAY,
                "Not connected",
                "AWS did not complete the consent. The output of construct says why. \
                 After that is mended, ask again and open the new link.",
            )
        }
    }
}

fn page(status: StatusCode, title: &str, text: &str) -> Answer {
    let body = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <main>\n<h1>{title}</h1>\n<p>{text}</p>\n</main>\n</html>\n"
    );
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, host: &str, target: &str) -> Result<Asked, u16> {
        let request = Request::builder().method(method).uri(target).header("host", host);
        asked(&request.body(()).unwrap()).map_err(|status| status.as_u16())
    }

    #[test]
    fn only_a_browser_on_this_machine_is_heard() {
        let session = |text: &str| Some(text.to_owned());
        assert_eq!(
            of("GET", "localhost:8976", "/callback?session_id=urn%3Aa&x=1"),
            Ok(Asked { session: session("urn:a"), is_refused: false })
        );
        assert_eq!(
            of("GET", "localhost", "/callback?session_id=a&error=access_denied"),
            Ok(Asked { session: session("a"), is_refused: true })
        );
        assert_eq!(of("GET", "evil.example", "/callback?session_id=a"), Err(403));
        assert_eq!(of("POST", "localhost", "/callback"), Err(405));
        assert_eq!(of("GET", "localhost", "/"), Err(404));
    }
}
