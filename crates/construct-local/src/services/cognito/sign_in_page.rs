//! The pages that people see: signing in, choosing a password, the codes of an authenticator app,
//! and what went wrong.
//!
//! Plain HTML without a script. No page is stored, framed, or tells the next site its address.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use sha2::{Digest, Sha256};

use super::grants::Owes;

const STYLE: &str = "\
:root{color-scheme:light dark;font:100%/1.5 system-ui,sans-serif}\
body{margin:0;display:grid;place-items:center;min-height:100vh}\
main{box-sizing:border-box;width:100%;max-width:24rem;padding:1.5rem}\
h1{margin:0 0 .25rem;font-size:1.5rem}\
form{display:grid;gap:.375rem;margin-top:1.5rem}\
label{margin-top:.5rem;font-weight:600}\
input,button{font:inherit;padding:.625rem;border-radius:.375rem;border:1px solid #767676}\
button{margin-top:1rem;border:0;background:#0b57d0;color:#fff;font-weight:600;cursor:pointer}\
:focus-visible{outline:3px solid #f29900;outline-offset:2px}\
[role=alert]{margin:1rem 0 0;padding:.625rem;border-left:.25rem solid #b3261e;\
background:#fce8e6;color:#410e0b}\
";

const CODE: &str = "<label for=\"code\">Code that the app shows</label>\n\
    <input id=\"code\" name=\"code\" required autofocus inputmode=\"numeric\" pattern=\"[0-9]{6}\" \
    autocomplete=\"one-time-code\">\n";

/// A page, as HTML.
#[derive(Debug)]
pub(super) struct Page(String);

/// What every form carries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form<'a> {
    /// The query of the request for a code, as it was sent: the form goes back with it.
    pub(super) query: &'a str,
    /// The value that the cookie has too.
    pub(super) csrf: &'a str,
    /// For whom the person signs in.
    pub(super) client_name: &'a str,
    /// What was wrong with the last try.
    pub(super) notice: Option<&'a str>,
    /// Who else the client's people may sign in with.
    pub(super) providers: &'a [String],
}

impl Page {
    /// Asks for name and password.
    pub(super) fn sign_in(form: Form<'_>, username: &str) -> Self {
        let username = escape(username);
        let fields = format!(
            "<label for=\"username\">User name</label>\n\
             <input id=\"username\" name=\"username\" value=\"{username}\" required autofocus \
             autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\">\n\
             <label for=\"password\">Password</label>\n\
             <input id=\"password\" name=\"password\" type=\"password\" required \
             autocomplete=\"current-password\">\n"
        );
        Self::with_form("Sign in", form, &fields).and(&elsewhere(form.providers))
    }

    /// Asks for what a person owes beyond the right password.
    pub(super) fn more(form: Form<'_>, session: &str, owes: &Owes) -> Self {
        let session = escape(session);
        let session = format!("<input type=\"hidden\" name=\"session\" value=\"{session}\">\n");
        match owes {
            Owes::NewPassword => Self::with_form(
                "Choose a password",
                form,
                &format!(
                    "{session}<label for=\"new_password\">New password</label>\n\
                     <input id=\"new_password\" name=\"new_password\" type=\"password\" required \
                     autofocus autocomplete=\"new-password\">\n"
                ),
            ),
            Owes::Enrolment { secret } => Self::with_form(
                "Set up your authenticator app",
                form,
                &format!(
                    "{session}<p>Add this key to an authenticator app:<br>\
                     <code id=\"secret\">{}</code></p>\n{CODE}",
                    escape(secret)
                ),
            ),
            Owes::Code => Self::with_form("Enter your code", form, &format!("{session}{CODE}")),
        }
    }

    /// Says what went wrong where nothing can be tried again.
    pub(super) fn error(sentence: &str) -> Self {
        Self::with("Not signed in", &format!("<p role=\"alert\">{}</p>\n", escape(sentence)))
    }

    /// Says that nobody is signed in any more.
    pub(super) fn signed_out() -> Self {
        Self::with("Signed out", "<p>You can close this page.</p>\n")
    }

    fn with_form(title: &str, form: Form<'_>, fields: &str) -> Self {
        let notice = form.notice.map_or_else(String::new, |notice| {
            format!("<p role=\"alert\">{}</p>\n", escape(notice))
        });
        let body = format!(
            "<p>to continue to {name}</p>\n{notice}\
             <form method=\"post\" action=\"/login?{query}\">\n\
             <input type=\"hidden\" name=\"_csrf\" value=\"{csrf}\">\n\
             {fields}<button>Continue</button>\n</form>\n",
            name = escape(form.client_name),
            query = escape(form.query),
            csrf = escape(form.csrf),
        );
        Self::with(title, &body)
    }

    /// The page with more at its end.
    fn and(self, more: &str) -> Self {
        Self(self.0.replace("</main>", &format!("{more}</main>")))
    }

    fn with(title: &str, body: &str) -> Self {
        Self(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}</main>\n\
             </body>\n</html>\n"
        ))
    }

    /// The page as an answer.
    pub(super) fn response(self, status: StatusCode) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.0));
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
}

/// What the page says of external identity providers.
fn elsewhere(providers: &[String]) -> String {
    if providers.is_empty() {
        return String::new();
    }
    let names: Vec<String> = providers.iter().map(|name| escape(name)).collect();
    format!(
        "<p>In AWS this page also offers {}. The local AWS does not federate: sign in as a user of \
         the pool.</p>\n",
        names.join(", ")
    )
}

/// Sends the browser on. An address that no header can hold becomes an error page.
pub(super) fn redirect(location: &str) -> Response<Bytes> {
    let Ok(location) = HeaderValue::from_bytes(location.as_bytes()) else {
        let page = Page::error("The redirect URI cannot be sent to a browser.");
        return page.response(StatusCode::BAD_REQUEST);
    };
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, location);
    private(response.headers_mut());
    response
}

/// Sets a cookie: of this host only, out of reach of scripts, and not sent along with the forms
/// of other sites. A lifetime of 0 seconds takes it away.
pub(super) fn set_cookie(response: &mut Response<Bytes>, name: &str, value: &str, seconds: i64) {
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
fn escape(text: &str) -> String {
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
    fn what_is_shown_cannot_become_markup() {
        const HOSTILE: &str = "\"><script>alert('x')</script>&";
        let form = Form {
            query: HOSTILE,
            csrf: HOSTILE,
            client_name: HOSTILE,
            notice: Some(HOSTILE),
            providers: &[HOSTILE.to_owned()],
        };
        let pages = [
            Page::sign_in(form, HOSTILE),
            Page::more(form, HOSTILE, &Owes::NewPassword),
            Page::more(form, HOSTILE, &Owes::Enrolment { secret: HOSTILE.to_owned() }),
            Page::more(form, HOSTILE, &Owes::Code),
            Page::error(HOSTILE),
        ];
        let times = [6, 5, 6, 5, 1];
        for (Page(html), times) in pages.into_iter().zip(times) {
            assert!(!html.contains("<script") && !html.contains("alert('"), "{html}");
            let escaped = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;";
            assert_eq!(html.matches(escaped).count(), times, "{html}");
        }
    }

    #[test]
    fn the_style_is_the_one_that_the_policy_names() {
        let response = Page::error("x").response(StatusCode::BAD_REQUEST);
        let html = String::from_utf8(response.body().to_vec()).unwrap();
        let (_, rest) = html.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        let digest = BASE64_STANDARD.encode(Sha256::digest(style));
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains(&digest), "{policy}");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    }
}
