//! Rules of programs that sign people in: ids, redirect URIs, hosts and origins, as the front's functions take them.

use super::forms::{any, is_alphanumeric_with};
use super::{CountRule, Rule, TextRule, rule};

/// Id of a client that `[clients.registered]` names.
pub static REGISTERED_CLIENT: TextRule = TextRule {
    rule: rule("client-id", "construct; RFC 6749, A.1 allows more"),
    what: "a client id",
    minimum: 1,
    maximum: 128,
    pattern: Some("^[a-zA-Z0-9][a-zA-Z0-9._-]*$"),
    accepts: is_client_id,
    form: "use 1 to 128 letters, digits and . _ - and begin with a letter or a digit",
};

/// What the ids of clients begin with that registered themselves.
pub const DYNAMIC_CLIENT_PREFIX: &str = "dcr.";

/// Ids of [`DYNAMIC_CLIENT_PREFIX`] are sealed records of the front's.
pub static DYNAMIC_CLIENT: Rule =
    rule("client-id-dynamic", "construct: what registers itself is told apart by its id");

/// Name of a client, for the consent page.
pub static CLIENT_NAME: TextRule = TextRule {
    rule: rule("client-name", "construct, as the front's registration has it"),
    what: "a client's name",
    minimum: 1,
    maximum: 100,
    pattern: None,
    accepts: any,
    form: "use 1 to 100 characters",
};

/// Where a client's people come back to.
pub static REDIRECT_URI: TextRule = TextRule {
    rule: rule("client-redirect-uri", "OAuth 2.1, 2.3.1; RFC 8252, 7 and 8.3; MCP, Authorization"),
    what: "a redirect URI",
    minimum: 8,
    maximum: 400,
    pattern: None,
    accepts: is_redirect_uri,
    form: "write an https URL, an http URL on localhost, 127.0.0.1 or [::1], or one of the schemes cursor, kiro, vscode and \
           vscode-insiders; in lower case, without user, fragment and dot segments",
};

/// Redirect URIs of one client.
pub static REDIRECT_URIS: CountRule = CountRule {
    rule: rule("client-redirect-uris", "construct, as the front's registration has it"),
    minimum: 1,
    maximum: 10,
};

/// A host whose client id metadata documents are fetched.
pub static METADATA_HOST: TextRule = TextRule {
    rule: rule(
        "client-metadata-host",
        "OAuth Client ID Metadata Document, 3: https, at a host of its own",
    ),
    what: "a host name",
    minimum: 4,
    maximum: 253,
    pattern: Some(r"^([a-z0-9-]+\.)+[a-z][a-z0-9-]*$"),
    accepts: is_public_host,
    form: "write the host of the client ids, in lower case and without https://, such as \"app.example.com\"",
};

/// A client that is no longer served: its id, or what the log calls it.
pub static DENIED_CLIENT: TextRule = TextRule {
    rule: rule("client-denied", "construct; the front's ids have at most 1,024 characters"),
    what: "a client id",
    minimum: 1,
    maximum: 1024,
    pattern: Some(r"^[\x21-\x7E]+$"),
    accepts: is_visible,
    form: "write the id as the client sends it, or the 16 characters that the log calls it by",
};

/// A client that is both registered and denied.
pub static REGISTERED_AND_DENIED: Rule = rule("client-registered-and-denied", "construct");

/// An origin of web pages.
pub static WEB_ORIGIN: TextRule = TextRule {
    rule: rule("web-origin", "RFC 6454, 6.2; MCP, Streamable HTTP, security"),
    what: "a web origin",
    minimum: 11,
    maximum: 253,
    pattern: None,
    accepts: is_origin,
    form: "write it as a browser sends it: https:// and a host in lower case, a port only if it is not 443, nothing behind; \
           or http:// with localhost or 127.0.0.1",
};

/// What `[clients]` may tell the front's function, in bytes of its environment: what else that holds is put at its longest.
pub static CLIENT_SETTINGS: CountRule = CountRule {
    rule: rule("client-settings-size", "Lambda developer guide, Quotas: 4 KB of environment"),
    minimum: 0,
    maximum: 2_560,
};

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// Private schemes of editors that are known to use them.
const EDITOR_SCHEMES: [&str; 4] = ["cursor", "kiro", "vscode", "vscode-insiders"];

fn is_client_id(text: &str) -> bool {
    is_alphanumeric_with(text, "._-")
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

fn is_visible(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_graphic())
}

/// Labels in lower case, joined by dots.
fn are_labels(host: &str) -> bool {
    host.split('.').all(|label| {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !label.is_empty() && label.bytes().all(is_plain)
    })
}

/// A name of the public DNS: two labels at least, the last one beginning with a letter, so that it is no address.
fn is_public_host(host: &str) -> bool {
    let last = host.rsplit_once('.').map(|(_, last)| last);
    are_labels(host) && last.is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Host and port of an authority; none where the port is no number that a port can be.
fn authority(text: &str) -> Option<(&str, Option<u16>)> {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            let number = port.parse::<u16>().ok()?;
            (number > 0 && number.to_string() == port).then_some((host, Some(number)))
        }
        _ => Some((text, None)),
    }
}

/// What the front takes as a redirect URI: what two programs could read differently is none.
fn is_redirect_uri(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_graphic() && !b"\"#<>\\^`{|}'".contains(&b);
    let Some((scheme, after)) = text.split_once("://").filter(|_| text.bytes().all(is_plain))
    else {
        return false;
    };
    let end = after.find(['/', '?']).unwrap_or(after.len());
    let (before, rest) = after.split_at(end);
    let Some((host, port)) = authority(before) else { return false };
    let is_allowed = match scheme {
        "http" => LOOPBACK.contains(&host),
        "https" => is_public_host(host),
        scheme => EDITOR_SCHEMES.contains(&scheme) && are_labels(host) && port.is_none(),
    };
    is_allowed && !has_dot_segments(rest)
}

/// `.` and `..`, also encoded: what resolves them would lead elsewhere.
fn has_dot_segments(rest: &str) -> bool {
    let path = rest.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let path = path.replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
    path.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// What a browser sends as `Origin`: it leaves the scheme's own port out.
fn is_origin(text: &str) -> bool {
    let Some((scheme, after)) = text.split_once("://") else { return false };
    let Some((host, port)) = authority(after) else { return false };
    match scheme {
        "https" => is_public_host(host) && port != Some(443),
        "http" => LOOPBACK.contains(&host) && port != Some(80),
        _ => false,
    }
}
