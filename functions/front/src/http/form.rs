//! Form-encoded parameters, as OAuth reads them: each at most once, an empty one as if it were not there (RFC 6749, 3.1).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// RFC 3986, section 2.3: what needs no encoding anywhere.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Most parameters that are looked at; a request of ours has about a dozen.
const MOST: usize = 64;

/// The parameters of a query or a form.
#[derive(Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query or a form. `None` when it is not UTF-8 or has far too many parameters.
    pub fn read(text: &str) -> Option<Self> {
        let mut pairs = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((decode(name)?, decode(value)?));
            if pairs.len() > MOST {
                return None;
            }
        }
        Some(Self(pairs))
    }

    /// The value of a parameter that was sent once and is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value);
        let value = values.next()?;
        (values.next().is_none() && !value.is_empty()).then_some(value.as_str())
    }

    /// Whether any parameter was sent more than once.
    pub fn has_repeated(&self) -> bool {
        let Self(pairs) = self;
        pairs
            .iter()
            .enumerate()
            .any(|(at, (name, _))| pairs[..at].iter().any(|(own, _)| own == name))
    }
}

fn decode(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Percent-encodes a value for a query or a form.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// `uri` with more parameters, after those it may have already.
pub fn with_query<'a>(uri: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut whole = uri.to_owned();
    let mut separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    for (name, value) in pairs {
        whole.push_str(separator);
        whole.push_str(&encode(name));
        whole.push('=');
        whole.push_str(&encode(value));
        separator = "&";
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_counts_once_or_not_at_all() {
        let parameters = Parameters::read("a=1&b=&c=x+y%2Bz&a=2").unwrap();
        assert_eq!(parameters.get("a"), None);
        assert_eq!(parameters.get("b"), None);
        assert_eq!(parameters.get("c"), Some("x y+z"));
        assert!(parameters.has_repeated());
        assert!(!Parameters::read("a=1&b=1").unwrap().has_repeated());
        assert!(Parameters::read("a=%ff").is_none(), "no UTF-8");
        assert!(Parameters::read(&"a=1&".repeat(65)).is_none());
    }

    #[test]
    fn parameters_are_appended_to_what_is_there() {
        assert_eq!(with_query("https://a/b", [("c", "d e&")]), "https://a/b?c=d%20e%26");
        assert_eq!(with_query("https://a/b?x=1", [("c", "d")]), "https://a/b?x=1&c=d");
        assert_eq!(with_query("https://a/b?", [("c", "d")]), "https://a/b?c=d");
    }
}
