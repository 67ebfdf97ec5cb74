//! Route keys of an HTTP API: their grammar, and which route a request takes.
//!
//! The order is the documented one: a full match, then a greedy match, then `$default`; among
//! several the path with the earlier literal segment wins, and a named method over `ANY`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// A parsed route key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RouteKey {
    /// `$default`: whatever no other route takes.
    Default,
    /// A method (`ANY` for all) and a path.
    Path(String, Vec<Segment>),
}

/// One segment of a route's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// Matches itself.
    Literal(String),
    /// `{name}`: matches one segment.
    Variable(String),
    /// `{name+}`, last only: matches one or more segments.
    Greedy(String),
}

/// Reads a route key of an HTTP API.
///
/// # Errors
/// The sentence the service answers when the key is neither `$default` nor `METHOD /path`.
pub(super) fn parse(key: &str) -> Result<RouteKey, String> {
    let malformed = || {
        format!(
            "The provided route key is not formatted properly for HTTP protocol: {key}. \
             Format should be \"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\""
        )
    };
    if key == "$default" {
        return Ok(RouteKey::Default);
    }
    let (method, path) = key.split_once(' ').ok_or_else(malformed)?;
    if !METHODS.contains(&method) || !path.starts_with('/') || path.contains(char::is_whitespace) {
        return Err(malformed());
    }
    let parts: Vec<&str> = split(path).collect();
    let mut segments = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let segment = match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => match name.strip_suffix('+') {
                Some(name) if index + 1 == parts.len() => Segment::Greedy(name.to_owned()),
                Some(_) => return Err(malformed()),
                None => Segment::Variable(name.to_owned()),
            },
            None => Segment::Literal((*part).to_owned()),
        };
        match &segment {
            Segment::Variable(name) | Segment::Greedy(name)
                if name.is_empty() || name.contains(['{', '}', '+']) =>
            {
                return Err(malformed());
            }
            Segment::Literal(text) if text.contains(['{', '}']) => return Err(malformed()),
            _ => segments.push(segment),
        }
    }
    Ok(RouteKey::Path(method.to_owned(), segments))
}

/// Which of `keys` takes a request, and the path variables, percent-decoded.
pub(super) fn select<'a>(
    keys: impl Iterator<Item = &'a str>,
    method: &str,
    path: &str,
) -> Option<(&'a str, BTreeMap<String, String>)> {
    keys.filter_map(|key| {
        let (rank, variables) = fits(&parse(key).ok()?, method, path)?;
        Some((rank, key, variables))
    })
    .min_by(|(left, ..), (right, ..)| left.cmp(right))
    .map(|(_, key, variables)| (key, variables))
}

/// Less is better: `$default` and greedy ones last, then literal before variable from the left,
/// longer before shorter, and a named method before `ANY`.
type Rank = (u8, Vec<u8>, Reverse<usize>, bool);

fn fits(key: &RouteKey, method: &str, path: &str) -> Option<(Rank, BTreeMap<String, String>)> {
    let RouteKey::Path(wanted, segments) = key else {
        return Some(((2, Vec::new(), Reverse(0), true), BTreeMap::new()));
    };
    if wanted != "ANY" && wanted != method {
        return None;
    }
    let parts: Vec<&str> = split(path).collect();
    let mut variables = BTreeMap::new();
    let mut shape = Vec::with_capacity(segments.len());
    let mut greedy = false;
    for (index, segment) in segments.iter().enumerate() {
        let part = *parts.get(index)?;
        match segment {
            Segment::Literal(text) if text == part => shape.push(0),
            Segment::Literal(_) => return None,
            Segment::Variable(_) if part.is_empty() => return None,
            Segment::Variable(name) => {
                variables.insert(name.clone(), decode(part));
                shape.push(1);
            }
            Segment::Greedy(name) => {
                variables.insert(name.clone(), decode(&parts[index..].join("/")));
                shape.push(2);
                greedy = true;
            }
        }
    }
    if !greedy && parts.len() != segments.len() {
        return None;
    }
    let length = Reverse(segments.len());
    Some(((u8::from(greedy), shape, length, wanted == "ANY"), variables))
}

/// `/` has no segments but the empty one, so that `GET /` and a request for `/` agree.
fn split(path: &str) -> std::str::Split<'_, char> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen<'a>(keys: &[&'a str], method: &str, path: &str) -> Option<&'a str> {
        select(keys.iter().copied(), method, path).map(|(key, _)| key)
    }

    #[test]
    fn the_most_specific_route_wins_whatever_the_order() {
        let mut keys = [
            "$default",
            "ANY /{proxy+}",
            "GET /pets/{proxy+}",
            "GET /pets/dog/{id}",
            "GET /pets/dog/1",
        ];
        for _ in 0..2 {
            assert_eq!(chosen(&keys, "GET", "/pets/dog/1"), Some("GET /pets/dog/1"));
            assert_eq!(chosen(&keys, "GET", "/pets/dog/2"), Some("GET /pets/dog/{id}"));
            assert_eq!(chosen(&keys, "GET", "/pets/cat/1"), Some("GET /pets/{proxy+}"));
            assert_eq!(chosen(&keys, "POST", "/test/5"), Some("ANY /{proxy+}"));
            keys.reverse();
        }
    }

    #[test]
    fn a_full_match_of_any_method_wins_over_a_greedy_match_of_the_method() {
        let keys = ["POST /{proxy+}", "ANY /mcp", "$default"];
        assert_eq!(chosen(&keys, "POST", "/mcp"), Some("ANY /mcp"));
        assert_eq!(chosen(&["ANY /mcp", "POST /mcp"], "POST", "/mcp"), Some("POST /mcp"));
    }

    #[test]
    fn default_takes_what_is_left_and_nothing_is_taken_without_it() {
        assert_eq!(chosen(&["GET /hello", "$default"], "POST", "/hello"), Some("$default"));
        assert_eq!(chosen(&["GET /hello"], "POST", "/hello"), None);
        assert_eq!(chosen(&["GET /hello"], "GET", "/hello/more"), None);
        assert_eq!(chosen(&["GET /"], "GET", "/"), Some("GET /"));
    }

    #[test]
    fn variables_are_decoded() {
        let (_, variables) =
            select(["GET /a/{id}/{rest+}"].into_iter(), "GET", "/a/x%20y/b/c").unwrap();
        assert_eq!(variables["id"], "x y");
        assert_eq!(variables["rest"], "b/c");
    }

    #[test]
    fn malformed_keys_are_refused() {
        for key in
            ["", "/hello", "GET", "FETCH /x", "GET hello", "GET /{a+}/b", "GET /a{b}", "GET /{}"]
        {
            assert!(parse(key).is_err(), "{key}");
        }
    }
}
