//! One spelling for equal JSON documents, to compare what the service holds with what is wanted.
//!
//! The service keeps a description as text, but nothing says that it gives back the same spacing
//! or key order, so drift is decided on meaning: keys are sorted, and `1.0` is `1`. The order of
//! lists is kept, because in JSON it carries meaning.

use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

/// The largest whole number up to which a 64-bit float still counts in ones.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Returns `value` with keys sorted at every depth and whole numbers written as integers.
#[must_use]
pub fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let sorted: Map<String, Value> =
                entries.into_iter().map(|(key, value)| (key.clone(), canonical(value))).collect();
            Value::Object(sorted)
        }
        Value::Array(list) => Value::Array(list.iter().map(canonical).collect()),
        Value::Number(number) => Value::Number(canonical_number(number)),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

fn canonical_number(number: &Number) -> Number {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.clone();
    };
    if float.fract() != 0.0 || float.abs() > LARGEST_EXACT {
        return number.clone();
    }
    // A whole float prints without exponent, so its text is the integer's; `-0` is `0`.
    format!("{float:.0}").parse::<i64>().map_or_else(|_| number.clone(), Number::from)
}

/// Returns `value` as JSON text in its canonical spelling, without spaces.
#[must_use]
pub fn canonical_text(value: &Value) -> String {
    canonical(value).to_string()
}

/// Returns the SHA-256 of the canonical spelling, as 64 hex digits.
#[must_use]
pub fn digest(value: &Value) -> String {
    digest_of(&canonical_text(value))
}

/// Returns the SHA-256 of a text, as 64 hex digits.
pub(super) fn digest_of(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing into a string does not fail");
        text
    })
}
