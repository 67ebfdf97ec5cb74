//! Redirect URIs: which are allowed at all, and which two are the same.
//!
//! A code goes where its redirect URI says, so everything that two programs could read differently is refused: user
//! information, fragments, backslashes, dot segments, hosts that are numbers. RFC 8252, 7.3 leaves the port of a loopback
//! address to the moment; everything else is compared character by character (OAuth 2.1, 2.3.1).

/// Longer ones do not fit into what is sealed.
const MOST_LENGTH: usize = 400;
/// Private schemes of editors that are known to use them.
const SCHEMES: [&str; 4] = ["cursor", "kiro", "vscode", "vscode-insiders"];
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// A redirect URI, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RedirectUri<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<&'a str>,
    rest: &'a str,
}

impl<'a> RedirectUri<'a> {
    /// Takes one apart; `None` where it may not be a redirect URI here.
    pub(super) fn read(uri: &'a str) -> Option<Self> {
        let is_plain = |b: u8| b.is_ascii_graphic() && !b"\"#<>\\^`{|}'".contains(&b);
        if uri.len() > MOST_LENGTH || !uri.bytes().all(is_plain) {
            return None;
        }
        let (scheme, after) = uri.split_once("://")?;
        let end = after.find(['/', '?']).unwrap_or(after.len());
        let (authority, rest) = after.split_at(end);
        if authority.contains('@') || has_dot_segments(rest) {
            return None;
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let is_port =
            |port: &str| port.parse::<u16>().is_ok_and(|n| n > 0 && n.to_string() == port);
        if port.is_some_and(|port| !is_port(port)) {
            return None;
        }
        let is_allowed = match scheme {
            "http" => LOOPBACK.contains(&host),
            "https" => is_host_name(host),
            scheme => SCHEMES.contains(&scheme) && is_label_list(host) && port.is_none(),
        };
        is_allowed.then_some(Self { scheme, host, port, rest })
    }

    /// Whether the answer stays on the person's own machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.scheme == "http"
    }

    /// Whether `asked` may be used where this one was registered.
    pub(super) fn admits(&self, asked: &Self) -> bool {
        if self.is_loopback() {
            return Self { port: None, ..*self } == Self { port: None, ..*asked };
        }
        self == asked
    }
}

/// `.` and `..`, also encoded: what resolves them would lead elsewhere.
fn has_dot_segments(rest: &str) -> bool {
    let path = rest.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let path = path.replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
    path.split('/').any(|segment| matches!(segment, "." | ".."))
}

fn is_label_list(host: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !label.is_empty() && label.bytes().all(is_plain)
    };
    !host.is_empty() && host.split('.').all(is_label)
}

/// A name of the public DNS: two labels at least, the last a word, so that no way to write a number passes.
fn is_host_name(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    is_label_list(host) && host.contains('.') && last.starts_with(|c: char| c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(registered: &str, asked: &str) -> bool {
        let registered = RedirectUri::read(registered).expect(registered);
        RedirectUri::read(asked).is_some_and(|asked| registered.admits(&asked))
    }

    #[test]
    fn attack_1_a_redirect_uri_is_compared_exactly() {
        let registered = "https://client.example/callback";
        assert!(admits(registered, registered));
        for asked in [
            "https://client.example/callbac",
            "https://client.example/callback/",
            "https://client.example/callback2",
            "https://client.example/callback?x=1",
            "https://client.example/Callback",
            "https://CLIENT.example/callback",
            "https://client.example:443/callback",
            "https://client.example/a/../callback",
            "https://client.example/a/%2e%2e/callback",
            "https://client.example/a%2f..%2fcallback",
            "https://client.example.evil.com/callback",
            "https://evil.com/callback",
            "http://client.example/callback",
        ] {
            assert!(!admits(registered, asked), "{asked}");
        }
    }

    #[test]
    fn attack_2_loopback_ignores_the_port_and_nothing_else() {
        let registered = "http://localhost:1234/callback";
        for asked in ["http://localhost/callback", "http://localhost:65535/callback"] {
            assert!(admits(registered, asked), "{asked}");
        }
        assert!(admits("http://[::1]/cb", "http://[::1]:99/cb"));
        for asked in [
            "http://localhost:1/other",
            "https://localhost:1234/callback",
            "http://127.0.0.1:1234/callback",
            "http://localhost.evil.com/callback",
            "http://127.0.0.1.nip.io/callback",
            "http://127.1/callback",
            "http://0x7f.1/callback",
            "http://2130706433/callback",
            "http://[::ffff:127.0.0.1]/callback",
            "http://localhost@evil.com/callback",
            "http://localhost:1234@evil.com/callback",
            "http://localhost:0/callback",
            "http://localhost:065535/callback",
            "http://localhost:99999/callback",
            "http://LOCALHOST:1234/callback",
        ] {
            assert!(!admits(registered, asked), "{asked}");
        }
    }

    #[test]
    fn attack_3_what_two_programs_could_read_differently_is_refused() {
        for uri in [
            "http://localhost\\@evil.com/callback",
            "https://good.example\\@evil.com/",
            "https://good.example@evil.com/",
            "https://good.example/#fragment",
            "https://good.example/\tcallback",
            "https://good.example/\ncallback",
            "https://good.example/\0",
            "https://good.example/a b",
            "https://gööd.example/",
            "https://192.168.0.1/",
            "https://0x7f000001/",
            "https://1.2.3.0x4/",
            "https://localhost/",
            "https:///callback",
            "//evil.com",
            "/callback",
            "javascript:alert(1)",
            "javascript://good.example/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "unknown-scheme://callback",
            "",
        ] {
            assert_eq!(RedirectUri::read(uri), None, "{uri}");
        }
        assert_eq!(RedirectUri::read(&format!("https://a.example/{}", "x".repeat(400))), None);
        assert!(RedirectUri::read("cursor://anysphere.cursor-mcp/oauth/callback").is_some());
    }
}
