//! The pages that a person sees. They need no script, load nothing, and cannot be framed.
//!
//! What comes from outside passes through [`Html::text`] or stands in a hidden field: there is no other way into a page.

mod consent;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, StatusCode};
use ring::digest::{SHA256, digest};

use crate::http::Answer;

pub use consent::{Question, consent};

const STYLE: &str = include_str!("style.css");

/// Text that is safe to put into a page.
#[derive(Debug, Default)]
pub struct Html(String);

impl Html {
    /// Markup of our own.
    pub fn markup(markup: &'static str) -> Self {
        Self(markup.to_owned())
    }

    /// Anybody's text.
    pub fn text(text: &str) -> Self {
        let mut safe = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '&' => safe.push_str("&amp;"),
                '<' => safe.push_str("&lt;"),
                '>' => safe.push_str("&gt;"),
                '"' => safe.push_str("&quot;"),
                '\'' => safe.push_str("&#39;"),
                // Control characters and those that change the direction of writing, which can disguise a host.
                c if c.is_control() || "\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".contains(c) => {
                    safe.push('\u{fffd}');
                }
                c => safe.push(c),
            }
        }
        Self(safe)
    }

    /// The same and more.
    #[must_use]
    pub fn then(mut self, more: &Self) -> Self {
        self.0.push_str(&more.0);
        self
    }

    /// The same and an element around anybody's text.
    #[must_use]
    pub fn element(mut self, tag: &'static str, text: &str) -> Self {
        let Self(inner) = Self::text(text);
        let name = tag.split(' ').next().unwrap_or_default();
        // Writing to a String cannot fail.
        let _infallible = write!(self.0, "<{tag}>{inner}</{name}>");
        self
    }

    /// The same and a link to an address of our own.
    #[must_use]
    pub fn link(mut self, address: &str, text: &str) -> Self {
        let [Self(address), Self(text)] = [Self::text(address), Self::text(text)];
        let _infallible = write!(self.0, r#"<p><a href="{address}">{text}</a></p>"#);
        self
    }

    /// The same and a hidden field.
    #[must_use]
    pub fn hidden(mut self, name: &'static str, value: &str) -> Self {
        let Self(value) = Self::text(value);
        let _infallible = write!(self.0, r#"<input type="hidden" name="{name}" value="{value}">"#);
        self
    }
}

/// A page with a heading and a content. `form_targets` are the origins that a form's answer may lead to.
pub fn page(status: StatusCode, heading: &str, content: &Html, form_targets: &[&str]) -> Answer {
    let heading = Html::text(heading).0;
    let body = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{heading}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{heading}</h1>\n{}\n</main>\n</body>\n\
         </html>\n",
        content.0
    );
    let style = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let targets =
        if form_targets.is_empty() { "'none'".to_owned() } else { form_targets.join(" ") };
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action {targets}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    Answer::new(status, "text/html; charset=utf-8", body.into_bytes())
        .with(HeaderName::from_static("content-security-policy"), &policy)
        .with(HeaderName::from_static("x-frame-options"), "DENY")
        .with(HeaderName::from_static("cross-origin-opener-policy"), "same-origin")
}

/// A page that says what happened, what to do, and what this request is called.
pub fn message(status: StatusCode, heading: &str, paragraphs: &[&str], id: &str) -> Answer {
    let mut content = Html::default();
    for paragraph in paragraphs {
        content = content.element("p", paragraph);
    }
    if !status.is_success() {
        content = content.element("footer", &format!("Reference: {id}"));
    }
    page(status, heading, &content, &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Body;

    fn text(answer: &Answer) -> String {
        let Body::Whole(body) = &answer.body else { panic!("a page is whole") };
        String::from_utf8(body.clone()).unwrap()
    }

    #[test]
    fn anybody_s_text_stays_text() {
        let page =
            message(StatusCode::BAD_REQUEST, "<b>", &["\"><script>alert(1)</script>\u{202e}"], "i");
        let body = text(&page);
        assert!(!body.contains("<script"), "{body}");
        assert!(!body.contains("<b>") && !body.contains('\u{202e}'), "{body}");
        assert!(body.contains("Reference: i"));
        let field = Html::default().hidden("a", "\"onfocus=alert(1) x=\"");
        assert_eq!(field.0.matches('"').count(), 6);
    }

    #[test]
    fn every_page_carries_the_headers_that_protect_it() {
        let page = message(StatusCode::OK, "Done", &["Fine."], "i");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        for part in [
            "default-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe-inline"));
        assert_eq!(page.headers["x-frame-options"], "DENY");
        assert!(!text(&page).contains("<script"));
    }
}
