//! JSON Web Tokens as bearers send them: reading one, and looking at its claims.
//!
//! Reading checks nothing: what a claim says counts only after the signature was verified.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// A token that could be read.
#[derive(Clone)]
pub(crate) struct Token {
    /// As it was sent.
    pub(crate) text: String,
    header: Map<String, Value>,
    /// The claims.
    pub(crate) claims: Map<String, Value>,
}

impl std::fmt::Debug for Token {
    /// Without the token itself.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Token").field("header", &self.header).finish_non_exhaustive()
    }
}

impl Token {
    /// Reads a compact serialisation (RFC 7515, section 7.1); `None` when it is none.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self { text: text.to_owned(), header: object(header)?, claims: object(claims)? })
    }

    /// A member of the header that is a string.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// A claim that is a string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A claim that is a number of seconds since the epoch.
    pub(crate) fn seconds(&self, name: &str) -> Option<i64> {
        let value = self.claims.get(name)?;
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second counts not")]
        value.as_i64().or_else(|| Some(value.as_f64()? as i64))
    }

    /// A claim that is a string or a list of strings, as a list.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        match self.claims.get(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The granted scopes: `scope` (RFC 9068), or `scp` as some issuers write it.
    pub(crate) fn scopes(&self) -> Vec<&str> {
        ["scope", "scp"]
            .iter()
            .flat_map(|name| self.texts(name))
            .flat_map(str::split_ascii_whitespace)
            .collect()
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compact(claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(&json!({"alg": "RS256", "kid": "k"})), part(claims))
    }

    #[test]
    fn claims_are_read_in_their_usual_forms() {
        let token = Token::read(&compact(&json!({
            "sub": "ann", "exp": 12.5, "aud": "a", "scope": "x y", "scp": ["z"],
        })))
        .unwrap();
        assert_eq!((token.header("kid"), token.text("sub")), (Some("k"), Some("ann")));
        assert_eq!((token.seconds("exp"), token.texts("aud")), (Some(12), vec!["a"]));
        assert_eq!(token.scopes(), ["x", "y", "z"]);
        assert!(!format!("{token:?}").contains("c2ln"));
    }

    #[test]
    fn what_is_no_token_is_not_read() {
        for text in ["", "a.b", "a.b.c.d", "e30.bm8.sig", &compact(&json!([]))] {
            assert!(Token::read(text).is_none(), "{text}");
        }
    }
}
