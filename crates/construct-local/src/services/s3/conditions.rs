//! What a request makes its effect depend on: `If-Match`, `If-None-Match` and `Range`.

use std::ops::Range;

use super::state::{Object, no_key};
use crate::service::Fault;
use crate::wire::Wire;

/// Whether a write may go ahead over what is there.
///
/// # Errors
/// `PreconditionFailed`, or `NoSuchKey` when something was to be replaced that is not there.
pub(super) fn check_write(wire: &Wire, key: &str, there: Option<&Object>) -> Result<(), Fault> {
    match wire.header("if-none-match") {
        Some("*") if there.is_some() => return Err(failed("If-None-Match")),
        None | Some("*") => {}
        Some(_) => {
            return Err(Fault::new(
                501,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
            )
            .with("Header", "If-None-Match"));
        }
    }
    let Some(wanted) = wire.header("if-match") else { return Ok(()) };
    let object = there.ok_or_else(|| no_key(key))?;
    if names(wanted, object) { Ok(()) } else { Err(failed("If-Match")) }
}

/// Whether a read is answered with the object.
///
/// # Errors
/// `PreconditionFailed`, or 304 when the caller has the object already.
pub(super) fn check_read(wire: &Wire, object: &Object) -> Result<(), Fault> {
    if wire.header("if-match").is_some_and(|wanted| !names(wanted, object)) {
        return Err(failed("If-Match"));
    }
    if wire.header("if-none-match").is_some_and(|known| names(known, object)) {
        return Err(Fault::new(304, "NotModified", "Not Modified"));
    }
    Ok(())
}

fn names(list: &str, object: &Object) -> bool {
    list.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_matches('"') == object.etag)
}

fn failed(condition: &str) -> Fault {
    Fault::new(
        412,
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    )
    .with("Condition", condition)
}

/// The bytes that a `Range` header asks for; `None` for all of them. What is not one range of
/// bytes is passed over, as RFC 9110 has it.
///
/// # Errors
/// `InvalidRange` when the object ends before it.
pub(super) fn range(wire: &Wire, size: usize) -> Result<Option<Range<usize>>, Fault> {
    let asked = wire.header("range").and_then(|text| text.strip_prefix("bytes="));
    let Some((first, last)) = asked.and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let range = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Ok(None),
    };
    if range.is_empty() {
        return Err(Fault::new(416, "InvalidRange", "The requested range is not satisfiable")
            .with("ActualObjectSize", size));
    }
    Ok(Some(range))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::*;

    #[test]
    fn ranges_are_of_bytes_that_are_there() {
        let asked = |text: &str| {
            let request = Request::builder().header("range", text).body(Bytes::new()).unwrap();
            range(&Wire::read(request), 10).map_err(|fault| fault.code)
        };
        assert_eq!(asked("bytes=0-3"), Ok(Some(0..4)));
        assert_eq!(asked("bytes=8-99"), Ok(Some(8..10)));
        assert_eq!(asked("bytes=4-"), Ok(Some(4..10)));
        assert_eq!(asked("bytes=-3"), Ok(Some(7..10)));
        assert_eq!(asked("bytes=3-1"), Ok(None));
        assert_eq!(asked("lines=1-2"), Ok(None));
        assert_eq!(asked("bytes=10-"), Err("InvalidRange".to_owned()));
    }
}
