//! The question before a login: may this program speak for you, and is it the one you think?

use http::StatusCode;

use super::{Html, page};
use crate::http::{Answer, origin};

/// What is asked.
#[derive(Debug)]
pub struct Question<'a> {
    /// What the client calls itself.
    pub client: &'a str,
    /// Where the answer goes.
    pub redirect_uri: &'a str,
    /// Whether that is a program on the person's own machine.
    pub is_loopback: bool,
    /// Who vouches for the client's name, where anybody does.
    pub vouched_by: Option<&'a str>,
    /// What it asks for.
    pub scopes: &'a [String],
    /// The sealed request, which also proves that the answer comes from this page in this browser.
    pub request: &'a str,
    /// The address of the sign-in page.
    pub sign_in: &'a str,
    /// Where that page may send the browser at once.
    pub form_targets: &'a [String],
}

/// The page that asks.
pub fn consent(question: &Question<'_>) -> Answer {
    let origin_of_client = origin(question.redirect_uri);
    let place = origin_of_client.split_once("://").map_or(origin_of_client, |(_, host)| host);
    let name = match question.vouched_by {
        Some(host) => format!("{} (described by {host})", question.client),
        None => format!("{} (by its own account)", question.client),
    };
    let mut content = Html::default()
        .element("p", "A program asks to use the tools of this service in your name.")
        .then(&Html::markup("<dl><dt>Program</dt>"))
        .element("dd", &name)
        .then(&Html::markup("<dt>The answer goes to</dt>"))
        .element("dd", place)
        .then(&Html::markup("<dt>It may</dt>"))
        .element("dd", &permissions(question.scopes))
        .then(&Html::markup("</dl>"));
    content = if question.is_loopback {
        content.element(
            "p class=\"warn\"",
            "The answer goes to a program on this computer. Go on only if you have just started \
             signing in from an editor or a terminal here.",
        )
    } else {
        content.element(
            "p class=\"note\"",
            "Go on only if you know this address and have just started signing in there.",
        )
    };
    content = content
        .then(&Html::markup("<form method=\"post\" action=\"/authorize\">"))
        .hidden("request", question.request)
        .then(&Html::markup(
            "<div class=\"actions\">\
             <button class=\"main\" type=\"submit\" name=\"decision\" value=\"allow\">Continue to \
             sign-in</button>\
             <button type=\"submit\" name=\"decision\" value=\"deny\">Cancel</button>\
             </div></form>",
        ));
    let client = form_target(question.redirect_uri);
    let mut targets = vec!["'self'", origin(question.sign_in), &client];
    targets.extend(question.form_targets.iter().map(String::as_str));
    page(StatusCode::OK, "Let this program use your tools?", &content, &targets)
}

fn permissions(scopes: &[String]) -> String {
    match scopes {
        [_] => "call the tools of this service".to_owned(),
        scopes => format!("call the tools of this service, with the scopes {}", scopes.join(", ")),
    }
}

/// The answer to the form leads to the sign-in page and, for somebody who is signed in, on to the client: browsers hold
/// the whole chain against the policy. A policy cannot name an IPv6 address, nor the host of a private scheme.
fn form_target(redirect_uri: &str) -> String {
    let origin = origin(redirect_uri);
    match origin.split_once("://") {
        Some(("http" | "https", host)) if !host.starts_with('[') => origin.to_owned(),
        Some((scheme, _)) => format!("{scheme}:"),
        None => "'none'".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_may_lead_to_the_client_and_nowhere_else() {
        for (uri, target) in [
            ("http://127.0.0.1:33418/", "http://127.0.0.1:33418"),
            ("http://[::1]:1/cb", "http:"),
            ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:"),
            ("https://vscode.dev/redirect?a=b", "https://vscode.dev"),
        ] {
            assert_eq!(form_target(uri), target);
        }
    }
}
