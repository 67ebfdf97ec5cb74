//! Pages for people: plain HTML without a script. No page is stored, framed, or tells the next site
//! its address.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use sha2::{Digest, Sha256};

const STYLE: &str = "\
:root{color-scheme:light dark;font:100%/1.5 system-ui,sans-serif}\
body{margin:0;display:grid;place-items:center;min-height:100vh}\
main{box-sizing:border-box;width:100%;max-width:24rem;padding:1.5rem}\
h1{margin:0 0 .25rem;font-size:1.5rem}\
form{display:grid;gap:.375rem;margin-top:1.5rem}\
label{margin-top:.5rem;font-weight:600}\
input,button{font:inherit;padding:.625rem;border-radius:.375rem;border:1px solid #767676}\
button{margin-top:1rem;border:0;background:#0b57d0;color:#fff;font-weight:600;cursor:pointer}\
button~button{margin-top:.25rem;border:1px solid #767676;background:none;color:inherit}\
:focus-visible{outline:3px solid #f29900;outline-offset:2px}\
[role=alert]{margin:1rem 0 0;padding:.625rem;border-left:.25rem solid #b3261e;\
background:#fce8e6;color:#410e0b}\
";

/// A document; `title` and `body` are markup.
pub(crate) fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}</main>\n\
         </body>\n</html>\n"
    )
}

/// A page that tells what went wrong, where nothing can be tried again.
pub(crate) fn problem(title: &str, sentence: &str, status: StatusCode) -> Response<Bytes> {
    let body = format!("<p role=\"alert\">{}</p>\n", escape(sentence));
    response(document(&escape(title), &body), status)
}

/// A document as an answer.
pub(crate) fn response(document: String, status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(document));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    // No `form-action`: browsers hold a form's redirects against it too, and those lead to
    // the client and from there wherever the client will.
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; frame-ancestors 'none'",
        BASE64_STANDARD.encode(Sha256::digest(STYLE))
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    private(headers);
    response
}

/// Sends the browser on. An address that no header can hold becomes an error page.
pub(crate) fn redirect(location: &str) -> Response<Bytes> {
    let Ok(location) = HeaderValue::from_bytes(location.as_bytes()) else {
        let sentence = "The redirect URI cannot be sent to a browser.";
        return problem("Not sent on", sentence, StatusCode::BAD_REQUEST);
    };
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, location);
    private(response.headers_mut());
    response
}

/// Sets a cookie: of this host only, out of reach of scripts, and not sent along with the forms
/// of other sites. A lifetime of 0 seconds takes it away.
pub(crate) fn set_cookie(response: &mut Response<Bytes>, name: &str, value: &str, seconds: i64) {
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

fn private(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Text as it may stand between tags and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, letter| {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_is_the_one_that_the_policy_names() {
        let response = problem("x", "<y>", StatusCode::BAD_REQUEST);
        let html = String::from_utf8(response.body().to_vec()).unwrap();
        assert!(html.contains("&lt;y&gt;"), "{html}");
        let (_, rest) = html.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        let digest = BASE64_STANDARD.encode(Sha256::digest(style));
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains(&digest), "{policy}");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    }
}
