//! The pages that people see: signing in, choosing a password, the codes of an authenticator app,
//! and what went wrong.

use bytes::Bytes;
use http::{Response, StatusCode};

use super::grants::Owes;
use crate::html::{self, escape};
pub(super) use crate::html::{redirect, set_cookie};

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
        Self(html::document(title, body))
    }

    /// The page as an answer.
    pub(super) fn response(self, status: StatusCode) -> Response<Bytes> {
        html::response(self.0, status)
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
}
