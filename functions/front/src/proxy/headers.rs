//! Which headers travel: all but those of one connection, of this host, and of whoever claims to have forwarded before.

use http::{HeaderMap, HeaderName, HeaderValue};

/// RFC 9110, section 7.6.1, and what a connection of our own sets anew.
const OF_A_CONNECTION: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "expect",
    "http2-settings",
];
/// What is said to this host, or about the way here. An answer has to be readable, so encodings are not offered on.
const OF_THIS_HOST: [&str; 8] = [
    "host",
    "cookie",
    "origin",
    "forwarded",
    "via",
    "x-real-ip",
    "x-amzn-trace-id",
    "accept-encoding",
];
/// What an answer keeps for itself: cookies of another host, and challenges, which name the gateway.
const OF_THE_GATEWAY: [&str; 4] = ["set-cookie", "www-authenticate", "alt-svc", "server"];

/// The headers for the gateway. `Connection` cannot take the authorization away: it is set after this.
pub(super) fn onward(given: &HeaderMap) -> HeaderMap {
    filtered(given, |name| {
        OF_THIS_HOST.contains(&name) || name.starts_with("x-forwarded-") || name == "authorization"
    })
}

/// The headers of the answer.
pub(super) fn back(given: &HeaderMap) -> HeaderMap {
    filtered(given, |name| OF_THE_GATEWAY.contains(&name))
}

fn filtered(given: &HeaderMap, is_dropped: impl Fn(&str) -> bool) -> HeaderMap {
    let named = given.get_all(http::header::CONNECTION).iter().filter_map(|v| v.to_str().ok());
    let named: Vec<String> = named
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let mut kept = HeaderMap::new();
    for (name, value) in given {
        let text = name.as_str();
        if !OF_A_CONNECTION.contains(&text)
            && !named.iter().any(|one| one == text)
            && !is_dropped(text)
        {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// Sets a header to text that is known to be fit for one.
pub(super) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a18_everything_travels_but_what_belongs_to_a_hop() {
        let onward = onward(&headers(&[
            ("last-event-id", "1"),
            ("traceparent", "t"),
            ("user-agent", "editor/1"),
            ("mcp-method", "tools/call"),
            ("mcp-param-x", "y"),
            ("connection", "close, X-Secret"),
            ("x-secret", "s"),
            ("cookie", "a=b"),
            ("host", "evil"),
            ("x-forwarded-host", "evil"),
            ("forwarded", "for=evil"),
            ("transfer-encoding", "chunked"),
            ("accept-encoding", "gzip"),
        ]));
        let names: Vec<&str> = onward.keys().map(HeaderName::as_str).collect();
        assert_eq!(
            names,
            ["last-event-id", "traceparent", "user-agent", "mcp-method", "mcp-param-x"]
        );
        let back = back(&headers(&[
            ("retry-after", "3"),
            ("cache-control", "private"),
            ("mcp-session-id", "s"),
            ("set-cookie", "a=b"),
            ("www-authenticate", "Bearer resource_metadata=\"https://gateway\""),
        ]));
        assert_eq!(back.len(), 3);
    }
}
