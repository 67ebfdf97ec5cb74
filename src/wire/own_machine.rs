//! Addresses on this machine: what is sent there crosses no network.

/// The authority of a URL on this machine, such as `localhost:4566`.
pub(crate) fn own_authority(url: &str) -> Option<&str> {
    let authority = url.strip_prefix("http://")?.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _port)| host);
    let is_own = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    (is_own && !authority.contains('@')).then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_loopback_is_this_machine() {
        assert_eq!(own_authority("http://localhost:4566/gateway/g/mcp"), Some("localhost:4566"));
        assert_eq!(own_authority("http://[::1]:1"), Some("[::1]:1"));
        for other in [
            "https://localhost/",
            "http://example.com/",
            "http://localhost.example.com/",
            "http://localhost@example.com/",
            "http://localhost:1@example.com/",
        ] {
            assert_eq!(own_authority(other), None, "{other}");
        }
    }
}
