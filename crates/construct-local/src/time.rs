//! The spellings of a moment that the services' protocols use.

use jiff::Timestamp;
use serde_json::Value;

/// ISO 8601 with milliseconds and `Z`: the date-time of rest-json and query protocols.
pub fn iso(epoch_ms: i64) -> String {
    let moment = Timestamp::from_millisecond(epoch_ms).unwrap_or_default();
    moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Lambda's `LastModified`: ISO 8601 with milliseconds and a numeric offset.
pub fn iso_with_offset(epoch_ms: i64) -> String {
    iso(epoch_ms).replace('Z', "+0000")
}

/// The date of HTTP headers, which has no fraction.
pub fn http_date(epoch_ms: i64) -> String {
    let moment = Timestamp::from_millisecond(epoch_ms).unwrap_or_default();
    moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Seconds since the epoch, with a fraction: the timestamp of the AWS JSON protocols.
pub fn epoch_seconds(epoch_ms: i64) -> Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds fit a double until the year 287396"
    )]
    let seconds = epoch_ms as f64 / 1000.0;
    Value::from(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_a_moment() {
        assert_eq!(iso(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(iso_with_offset(1_700_000_000_123), "2023-11-14T22:13:20.123+0000");
        assert_eq!(http_date(1_700_000_000_123), "Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(epoch_seconds(1_700_000_000_500), serde_json::json!(1_700_000_000.5));
    }
}
