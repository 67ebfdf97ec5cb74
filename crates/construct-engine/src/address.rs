//! Node addresses: the stable names by which a manifest, a journal and a tag speak of one node.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a node, such as `gateway` or `target/github`.
///
/// Lower-case words of `[a-z0-9-]` parted by `/`; the part after the first `/` may also hold upper-case letters, digits,
/// `.` and `_`, as it often is a name that the manifest chose. Never renamed once published: it is stored in tags.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

/// Why a text is no address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{text:?} is not a node address: words of letters, digits, `-`, `_` and `.`, parted by `/`"
)]
pub struct AddressError {
    text: String,
}

impl Address {
    /// Checks `text` and makes it an address; at most 200 characters, no empty part.
    pub fn new(text: impl Into<String>) -> Result<Self, AddressError> {
        let text = text.into();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let good = text.len() <= 200
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.split('/').all(|part| !part.is_empty() && part.chars().all(allowed));
        if good { Ok(Self(text)) } else { Err(AddressError { text }) }
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part: `github` of `target/github`.
    pub fn leaf(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The address with `/` replaced, for names that allow only letters, digits and hyphens.
    pub fn dashed(&self) -> String {
        self.0.replace('/', "-")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::new(text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        for good in ["gateway", "target/github", "route/connect.v1", "identity/My_App"] {
            assert_eq!(Address::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "Gateway", "target//x", "target/", "a b", "/a", "é", &"a".repeat(201)] {
            assert!(Address::new(bad).is_err(), "{bad:?} passed");
        }
    }

    #[test]
    fn parts_and_dashes() {
        let address = Address::new("target/github").unwrap();
        assert_eq!((address.leaf(), address.dashed().as_str()), ("github", "target-github"));
    }
}
