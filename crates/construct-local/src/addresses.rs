//! Where the data planes answer: the URLs that the local AWS gives out.
//!
//! One port serves them all. A plane that keeps cookies has a host of its own, because on one host a
//! mistake with `SameSite` or a cookie's path cannot show. Browsers and curl resolve every name
//! below `localhost`; Node and most other programs resolve only `localhost` itself, so whatever a
//! program calls is there (decision 0008).

use std::net::{Ipv4Addr, TcpListener};

/// The host where people sign in: the user pools' pages.
pub const SIGN_IN_HOST: &str = "idp.localhost";

/// The host of `AgentCore` Identity: where a consent begins, and where vendors send browsers back.
pub const IDENTITY_HOST: &str = "identity.localhost";

/// The host of the built-in vendor.
pub const VENDOR_HOST: &str = "vendor.localhost";

/// What stands before a gateway's id in the path of its URLs.
pub const GATEWAY_PATH: &str = "/gateway/";

/// The base of a gateway's URLs, without a slash at the end.
pub fn gateway(port: u16, gateway_id: &str) -> String {
    format!("http://localhost:{port}{GATEWAY_PATH}{gateway_id}")
}

/// A URL of `AgentCore` Identity; `path` begins with a slash.
pub fn identity(port: u16, path: &str) -> String {
    format!("http://{IDENTITY_HOST}:{port}{path}")
}

/// A URL of the built-in vendor; `path` begins with a slash.
pub fn vendor(port: u16, path: &str) -> String {
    format!("http://{VENDOR_HOST}:{port}{path}")
}

/// The name in a `Host` header or a URL's authority, without its port and in lower case.
pub fn host_name(host: &str) -> String {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => host.split(':').next(),
    };
    name.unwrap_or_default().to_ascii_lowercase()
}

/// Whether a host name means this machine and nothing else.
pub fn is_loopback(name: &str) -> bool {
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// The authority of a URL that a target may name: `https`, as the service asks, or `http` on this
/// machine, so that a server under development can be a target.
pub fn server_authority(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let is_allowed = match scheme {
        "https" => true,
        "http" => is_loopback(&host_name(authority)),
        _ => false,
    };
    (is_allowed && !authority.is_empty()).then_some(authority)
}

/// A port of the loopback address that nobody listens at now.
pub(crate) fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_without_its_port() {
        for (host, name) in [
            ("localhost:4566", "localhost"),
            ("Vendor.localhost", "vendor.localhost"),
            ("[::1]:80", "::1"),
            ("", ""),
        ] {
            assert_eq!(host_name(host), name);
        }
    }

    #[test]
    fn a_server_is_secure_or_here() {
        assert_eq!(
            server_authority("https://api.example.com:8443/x"),
            Some("api.example.com:8443")
        );
        assert_eq!(server_authority("http://127.0.0.1:8000/mcp"), Some("127.0.0.1:8000"));
        for url in ["http://api.example.com/", "https://", "ftp://localhost/", "localhost"] {
            assert_eq!(server_authority(url), None, "{url}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for name in ["localhost", "idp.localhost", "127.0.0.1", "127.8.0.1", "::1"] {
            assert!(is_loopback(name), "{name}");
        }
        for name in ["", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1"] {
            assert!(!is_loopback(name), "{name}");
        }
    }
}
