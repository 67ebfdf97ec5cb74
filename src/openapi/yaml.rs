//! Reads YAML into the values that JSON has: a description means the same in both.
//!
//! The core schema of YAML 1.2.2 (10.3) decides what an unquoted word is, with `no` and `on` as texts. Keys are texts,
//! as `OpenAPI` asks, so that `200:` is the status "200". A key twice is refused, as in JSON. Aliases are written out
//! only as far as a file could have written them itself: a few lines of them can stand for terabytes.

use std::collections::BTreeMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

use super::description::DescriptionError;

/// How many values aliases may stand for, in all.
const MOST_ALIASED: usize = 2_000_000;
/// What `<<` of YAML 1.1 would do; descriptions of today have no use for it, and it must not become a key by accident.
const MERGE_KEY: &str = "<<";

/// Reads one document.
pub(super) fn parse(text: &str) -> Result<Value, DescriptionError> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| wrong(error.marker(), error.info()))?;
        reader.take(event, &span.start)?;
    }
    Ok(reader.root.unwrap_or(Value::Null))
}

fn wrong(place: &Marker, reason: impl Into<String>) -> DescriptionError {
    let (line, column) = (place.line(), place.col() + 1);
    DescriptionError::Syntax { format: "YAML", line, column, reason: reason.into() }
}

/// A list or an object that is not at its end, and the anchor it has.
enum Open {
    List(Vec<Value>, usize),
    Object(Map<String, Value>, Option<String>, usize),
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    /// What anchors name, with how many values that is.
    anchors: BTreeMap<usize, (Value, usize)>,
    aliased: usize,
    root: Option<Value>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, place: &Marker) -> Result<(), DescriptionError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.awaits_key() {
                    return self.key(text.into_owned(), place);
                }
                let forced = tag.as_ref().and_then(|tag| tag.core_suffix());
                let value = match (forced, style) {
                    (Some("str"), _) => Value::String(text.into_owned()),
                    (_, ScalarStyle::Plain) => plain(&text, place)?,
                    _ => Value::String(text.into_owned()),
                };
                self.put(value, anchor, place)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Open::List(Vec::new(), anchor), place),
            Event::MappingStart(_, anchor, _) => {
                self.begin(Open::Object(Map::new(), None, anchor), place)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(list, anchor)) => self.put(Value::Array(list), anchor, place),
                Some(Open::Object(object, _, anchor)) => {
                    self.put(Value::Object(object), anchor, place)
                }
                None => Err(wrong(place, "an end without a beginning")),
            },
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(wrong(place, "a second document begins here"))
            }
            _ => Ok(()),
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Object(_, None, _)))
    }

    fn begin(&mut self, open: Open, place: &Marker) -> Result<(), DescriptionError> {
        if self.awaits_key() {
            return Err(wrong(place, "a key is a list or an object"));
        }
        self.open.push(open);
        Ok(())
    }

    fn key(&mut self, name: String, place: &Marker) -> Result<(), DescriptionError> {
        let Some(Open::Object(object, key, _)) = self.open.last_mut() else { return Ok(()) };
        if name == MERGE_KEY {
            return Err(wrong(place, "the merge key `<<` is not read: write out what it merges"));
        }
        if object.contains_key(&name) {
            return Err(wrong(place, format!("the key {name:?} appears twice")));
        }
        *key = Some(name);
        Ok(())
    }

    fn put(&mut self, value: Value, anchor: usize, place: &Marker) -> Result<(), DescriptionError> {
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), size(&value)));
        }
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::List(list, _)) => list.push(value),
            Some(Open::Object(object, key, _)) => {
                let name = key.take().ok_or_else(|| wrong(place, "a value without a key"))?;
                object.insert(name, value);
            }
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, place: &Marker) -> Result<(), DescriptionError> {
        let Some((value, size)) = self.anchors.get(&anchor) else {
            return Err(wrong(place, "an alias stands inside of what it names"));
        };
        self.aliased += size;
        if self.aliased > MOST_ALIASED {
            return Err(wrong(place, format!("aliases stand for more than {MOST_ALIASED} values")));
        }
        let value = value.clone();
        match value {
            Value::String(text) if self.awaits_key() => self.key(text, place),
            _ if self.awaits_key() => Err(wrong(place, "a key is not a text")),
            value => self.put(value, 0, place),
        }
    }
}

/// How many values a value consists of.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Object(object) => object.values().map(size).sum::<usize>(),
        _ => 0,
    }
}

/// What an unquoted word is.
fn plain(text: &str, place: &Marker) -> Result<Value, DescriptionError> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if [".inf", ".Inf", ".INF"].contains(&digits) || [".nan", ".NaN", ".NAN"].contains(&text) {
        return Err(wrong(place, "a number that is not finite"));
    }
    let radix = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(prefix)?;
        u64::from_str_radix(digits, radix).ok().map(Value::from)
    };
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Ok(number);
    }
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let signed = text.strip_prefix('+').unwrap_or(text);
        if let Ok(number) = signed.parse::<i64>() {
            return Ok(Value::from(number));
        }
        if let Ok(number) = signed.parse::<u64>() {
            return Ok(Value::from(number));
        }
    }
    let number_like = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && digits.bytes().any(|byte| byte.is_ascii_digit());
    let float = number_like.then(|| text.parse::<f64>().ok()).flatten();
    Ok(float.and_then(Number::from_f64).map_or_else(|| Value::from(text), Value::Number))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_what_the_core_schema_says() {
        let text = "
a: [1, -2, +3, 0x1F, 0o17, 1.5, 1e3, .5, 18446744073709551615]
b: [true, False, null, ~, no, on, 1.2.3, 2024-01-01, -, '1', \"true\", !!str 7]
200: {description: ok}
long: |
  two
  lines
folded: >-
  one
  line
'quoted': yes # a comment
";
        let expected = json!({
            "a": [1, -2, 3, 31, 15, 1.5, 1000.0, 0.5, u64::MAX],
            "b": [true, false, null, null, "no", "on", "1.2.3", "2024-01-01", "-", "1", "true", "7"],
            "200": { "description": "ok" },
            "long": "two\nlines\n",
            "folded": "one line",
            "quoted": "yes",
        });
        // A lone hyphen in a flow list is no text in YAML, so it is written with quotes here.
        assert_eq!(parse(&text.replace(" -,", " '-',")).unwrap(), expected);
        assert_eq!(parse("").unwrap(), Value::Null);
    }

    #[test]
    fn aliases_are_written_out_up_to_a_limit() {
        assert_eq!(
            parse("a: &x {b: 1}\nc: *x\n").unwrap(),
            json!({ "a": { "b": 1 }, "c": { "b": 1 } })
        );
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let inner = format!("*a{}", level - 1);
            let line = format!("a{level}: &a{level} [{}]\n", vec![inner; 10].join(", "));
            bomb.push_str(&line);
        }
        assert!(parse(&bomb).unwrap_err().to_string().contains("stand for more than"));
        assert!(parse("a: &a [*a]").is_err());
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_place() {
        for (text, line, reason) in [
            ("a: 1\nb: 2\na: 3\n", 3, "the key \"a\" appears twice"),
            ("a: 1\n---\nb: 1\n", 2, "a second document"),
            ("a: .inf\n", 1, "not finite"),
            ("[a]: 1\n", 1, "a key is a list"),
            ("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "merge key"),
            ("a: [1\n", 1, "unclosed"),
        ] {
            match parse(text).unwrap_err() {
                DescriptionError::Syntax { format: "YAML", line: found, reason: why, .. } => {
                    assert_eq!(found, line, "{text}: {why}");
                    assert!(why.contains(reason), "{why}");
                }
                other => panic!("{other}"),
            }
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"- ".repeat(100_000)).is_err());
    }
}
