//! The built-in vendor's one page: who signs in, and what for.

use bytes::Bytes;
use http::{Response, StatusCode};

use super::clients::Client;
use crate::html::{document, escape, response};

/// What the page shows.
pub(super) struct Consent<'a> {
    pub(super) client: &'a Client,
    /// The scopes that are asked for, with spaces between them.
    pub(super) scope: &'a str,
    /// The query of the request, with which the form goes back.
    pub(super) query: &'a str,
    /// The value that the cookie has too.
    pub(super) csrf: &'a str,
    /// Who is signed in already.
    pub(super) user: Option<&'a str>,
    /// What was wrong with the last try.
    pub(super) notice: Option<&'a str>,
}

impl Consent<'_> {
    pub(super) fn response(&self, status: StatusCode) -> Response<Bytes> {
        let vendor = escape(self.client.vendor_name());
        let notice = self.notice.map_or_else(String::new, |notice| {
            format!("<p role=\"alert\">{}</p>\n", escape(notice))
        });
        let scopes: Vec<String> = self
            .scope
            .split_whitespace()
            .map(|scope| format!("<li>{}</li>", escape(scope)))
            .collect();
        let asked = if scopes.is_empty() {
            "<p>It asks for no particular scope.</p>\n".to_owned()
        } else {
            format!("<p>It asks for:</p>\n<ul>{}</ul>\n", scopes.concat())
        };
        let who = match self.user {
            Some(user) => format!("<p>You are signed in as {}.</p>\n", escape(user)),
            None => "<label for=\"user\">Any name will do</label>\n\
                     <input id=\"user\" name=\"user\" value=\"mona\" required autofocus \
                     autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\">\n"
                .to_owned(),
        };
        let body = format!(
            "<p>The local AWS plays {vendor}. The application {client} wants access in your \
             name.</p>\n{notice}{asked}<form method=\"post\" action=\"/authorize?{query}\">\n\
             <input type=\"hidden\" name=\"_csrf\" value=\"{csrf}\">\n{who}\
             <button name=\"decision\" value=\"allow\">Authorize</button>\n\
             <button name=\"decision\" value=\"deny\" formnovalidate>Cancel</button>\n</form>\n",
            client = escape(&self.client.id),
            query = escape(self.query),
            csrf = escape(self.csrf),
        );
        response(document(&format!("Sign in to {vendor}"), &body), status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_cannot_become_markup() {
        const HOSTILE: &str = "\"><script>alert('x')</script>";
        let client = Client {
            id: HOSTILE.to_owned(),
            vendor: HOSTILE.to_owned(),
            secret: "hush".to_owned(),
            redirect_uri: String::new(),
        };
        let consent = Consent {
            client: &client,
            scope: HOSTILE,
            query: HOSTILE,
            csrf: HOSTILE,
            user: Some(HOSTILE),
            notice: Some(HOSTILE),
        };
        let html = String::from_utf8(consent.response(StatusCode::OK).body().to_vec()).unwrap();
        assert!(!html.contains("<script") && !html.contains("hush"), "{html}");
        assert_eq!(html.matches("&lt;script&gt;").count(), 9, "{html}");
    }
}
