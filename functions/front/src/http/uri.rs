//! What an address says about where it leads.

/// Scheme, host and port of an absolute address, as a content security policy and an `Origin` header write them.
pub fn origin(address: &str) -> &str {
    let after = address.find("://").map_or(0, |at| at + 3);
    let end = address[after..].find(['/', '?', '#']).map_or(address.len(), |at| after + at);
    &address[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_ends_before_the_path() {
        assert_eq!(origin("https://a.example:8443/b/c?d"), "https://a.example:8443");
        assert_eq!(origin("http://127.0.0.1:1?x"), "http://127.0.0.1:1");
        assert_eq!(origin("https://a.example"), "https://a.example");
    }
}
