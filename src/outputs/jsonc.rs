//! Files that editors read as "JSON with comments": changed in place, so that a person's comments, order and layout stay.
//!
//! A comment, a comma behind the last member and a byte order mark are what JSON does not have. Written over with spaces,
//! they leave plain JSON in which every character is where it was: it is parsed as JSON is, and what is found in it tells
//! where the text itself is to be changed.

use std::ops::Range;

use serde::Serialize;
use serde_json::{Map, Value};

/// A text that holds an object.
#[derive(Clone, Debug)]
pub(super) struct Document {
    text: String,
    /// The same without what JSON does not have, character by character.
    plain: String,
}

impl Document {
    /// Reads a text; one without anything in it is an empty object.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub(super) fn read(text: &str) -> Result<(Self, Map<String, Value>), String> {
        let text = if text.trim().is_empty() { "{}\n" } else { text };
        let document = Self { text: text.to_owned(), plain: plain(text) };
        match serde_json::from_str(&document.plain) {
            Ok(Value::Object(members)) => Ok((document, members)),
            Ok(_) => Err("it is not a JSON object".to_owned()),
            Err(error) => Err(format!("it is not JSON: {error}")),
        }
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether somebody wrote comments into it.
    pub(super) fn has_comments(&self) -> bool {
        let without_comma = |text: &str| text.replace([',', ' ', '\u{feff}'], "");
        without_comma(&self.text) != without_comma(&self.plain)
    }

    /// Gives the member at `path` this value. Objects on the way there are made where they are missing.
    pub(super) fn set(&mut self, path: &[&str], value: &Value) {
        let mut object = self.root();
        for (depth, key) in path.iter().enumerate() {
            let Some(member) = self.member(&object, key) else {
                let inner = path[depth + 1..].iter().rev().fold(value.clone(), |inner, key| {
                    Value::Object(Map::from_iter([((*key).to_owned(), inner)]))
                });
                self.insert(&object, depth + 1, key, &inner);
                return;
            };
            object = member.value;
        }
        let new = self.printed(value, path.len());
        self.splice(object, &new);
    }

    /// Takes the member at `path` out, if it is there.
    pub(super) fn remove(&mut self, path: &[&str]) {
        let Some((key, way)) = path.split_last() else { return };
        let mut object = self.root();
        for step in way {
            let Some(member) = self.member(&object, step) else { return };
            object = member.value;
        }
        let members = self.members(&object);
        let Some(at) = members.iter().rposition(|member| member.key == *key) else { return };
        let member = &members[at];
        let after = self.comma_after(member.value.end);
        // What stood before the last member ends with a comma that nothing follows any more.
        let before = members[..at].last().filter(|_| at + 1 == members.len());
        let before = before.and_then(|before| self.comma_after(before.value.end));
        let end = after.map_or(member.value.end, |comma| comma + 1);
        self.splice(self.whole_lines(member.start..end), "");
        if let Some(comma) = before {
            self.splice(comma..comma + 1, "");
        }
    }

    fn root(&self) -> Range<usize> {
        let start = self.plain.find('{').unwrap_or_default();
        start..value_end(self.plain.as_bytes(), start)
    }

    /// JSON takes the last of several members of the same name.
    fn member(&self, object: &Range<usize>, key: &str) -> Option<Member> {
        self.members(object).into_iter().rfind(|member| member.key == key)
    }

    /// The members of an object; none of what is no object.
    fn members(&self, object: &Range<usize>) -> Vec<Member> {
        let bytes = self.plain.as_bytes();
        let mut members = Vec::new();
        if bytes.get(object.start) != Some(&b'{') {
            return members;
        }
        let mut at = object.start + 1;
        loop {
            let skipped = |from: usize| {
                from + bytes[from..].iter().take_while(|byte| is_between(**byte)).count()
            };
            at = skipped(at);
            if bytes.get(at) != Some(&b'"') {
                return members;
            }
            let start = at;
            let end = value_end(bytes, start);
            let key = serde_json::from_str(&self.plain[start..end]).unwrap_or_default();
            let value = skipped(end);
            at = value_end(bytes, value);
            members.push(Member { key, start, value: value..at });
        }
    }

    /// A comma of the text right behind a value, be it only one that JSON does not have.
    fn comma_after(&self, value_end: usize) -> Option<usize> {
        let mut at = value_end;
        loop {
            let rest = self.text.get(at..)?;
            let blank = rest.len() - rest.trim_start().len();
            let comment = comment_length(&rest[blank..]);
            if comment == 0 {
                return rest[blank..].starts_with(',').then_some(at + blank);
            }
            at += blank + comment;
        }
    }

    /// Puts a member at the end of an object whose members stand `depth` deep.
    fn insert(&mut self, object: &Range<usize>, depth: usize, key: &str, value: &Value) {
        let unit = self.unit();
        let last = self.members(object).pop().map(|member| member.value.end);
        let comma = last.filter(|end| self.comma_after(*end).is_none());
        let close = object.end - 1;
        let content = self.text[..close].trim_end().len();
        let mut new = format!("\n{}{}: ", unit.repeat(depth), Value::from(key));
        new.push_str(&self.printed(value, depth));
        if self.text[content..close].contains('\n') {
            self.splice(content..content, &new);
        } else {
            new.push('\n');
            new.push_str(&unit.repeat(depth - 1));
            self.splice(content..close, &new);
        }
        if let Some(at) = comma {
            self.splice(at..at, ",");
        }
    }

    /// The value as it is printed for a member that stands `depth` deep.
    fn printed(&self, value: &Value, depth: usize) -> String {
        let unit = self.unit();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(unit.as_bytes());
        let mut bytes = Vec::new();
        value
            .serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))
            .expect("JSON serialises into memory");
        let text = String::from_utf8(bytes).expect("JSON is UTF-8");
        text.replace('\n', &format!("\n{}", unit.repeat(depth)))
    }

    /// The indentation that the text has.
    fn unit(&self) -> String {
        let indented = self.plain.lines().find_map(|line| {
            let width = line.len() - line.trim_start_matches([' ', '\t']).len();
            (width > 0 && width < line.len()).then(|| line[..width].to_owned())
        });
        indented.unwrap_or_else(|| "  ".to_owned())
    }

    /// The range, and the lines that nothing else is on.
    fn whole_lines(&self, range: Range<usize>) -> Range<usize> {
        let begin = self.text[..range.start].trim_end_matches([' ', '\t']).len();
        let rest = &self.text[range.end..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        let is_alone = self.text[..begin].ends_with('\n') && rest[blank..].starts_with('\n');
        if is_alone { begin..range.end + blank + 1 } else { range }
    }

    fn splice(&mut self, range: Range<usize>, new: &str) {
        self.text.replace_range(range, new);
        self.plain = plain(&self.text);
    }
}

/// A member of an object, and where it stands.
struct Member {
    key: String,
    start: usize,
    value: Range<usize>,
}

fn is_between(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b':')
}

/// Where the value that begins at `start` of a text of JSON ends.
fn value_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += string_length(&bytes[at..]);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return at + depth,
            b'}' | b']' => depth -= 1,
            byte if depth == 0 && is_between(*byte) => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// The length of the string at the beginning, with its quotes.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'"' => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// The length of the comment at the beginning; nought where there is none.
fn comment_length(text: &str) -> usize {
    if text.starts_with("//") {
        text.find('\n').unwrap_or(text.len())
    } else if let Some(rest) = text.strip_prefix("/*") {
        rest.find("*/").map_or(0, |end| end + 4)
    } else {
        0
    }
}

/// The text with spaces in place of what JSON does not have. Line ends stay, so that an error's place is right.
fn plain(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    // A comma that nothing but white space and comments has followed yet.
    let mut comma = None;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += string_length(&bytes[at..]);
                comma = None;
                continue;
            }
            b'/' if comment_length(&text[at..]) > 0 => {
                let end = at + comment_length(&text[at..]);
                for byte in &mut bytes[at..end] {
                    if *byte != b'\n' {
                        *byte = b' ';
                    }
                }
                at = end;
                continue;
            }
            b',' => comma = Some(at),
            b'}' | b']' => {
                if let Some(comma) = comma.take() {
                    bytes[comma] = b' ';
                }
            }
            byte if !byte.is_ascii_whitespace() => comma = None,
            _ => {}
        }
        at += 1;
    }
    if bytes.starts_with("\u{feff}".as_bytes()) {
        bytes[..3].fill(b' ');
    }
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Document {
        Document::read(text).unwrap_or_else(|why| panic!("{why}: {text}")).0
    }

    fn set(text: &str, path: &[&str], value: &Value) -> String {
        let mut document = read(text);
        document.set(path, value);
        let (_, members) = Document::read(document.text()).unwrap();
        let pointer = format!("/{}", path.join("/"));
        assert_eq!(Value::Object(members).pointer(&pointer), Some(value), "{}", document.text());
        document.text
    }

    fn removed(text: &str, path: &[&str]) -> String {
        let mut document = read(text);
        document.remove(path);
        Document::read(document.text()).unwrap();
        document.text
    }

    const COMMENTED: &str = "\u{feff}// ours // all\n{\n\t/* servers, \"{\" */\n\t\"servers\": {\n\t\t\"mine\": { \"url\": \"http://a//b\" }, // keep\n\t\t// the end\n\t},\n\t\"n\": [1, 2,],\n}\n";

    #[test]
    fn comments_order_and_layout_stay() {
        let new = set(COMMENTED, &["servers", "acme"], &json!({ "url": "u" }));
        let expected = COMMENTED.replace(
            "\t\t// the end\n",
            "\t\t// the end\n\t\t\"acme\": {\n\t\t\t\"url\": \"u\"\n\t\t}\n",
        );
        assert_eq!(new, expected);
        assert_eq!(
            set(&new, &["servers", "acme", "url"], &json!("v")),
            new.replace("\"u\"", "\"v\"")
        );
        assert_eq!(
            removed(&new, &["servers", "acme"]),
            COMMENTED.replace(" }, // keep", " } // keep")
        );
        assert_eq!(removed(COMMENTED, &["servers", "other"]), COMMENTED);
        assert!(read(COMMENTED).has_comments() && !read("{\"a\": [1,], }").has_comments());
    }

    #[test]
    fn members_come_and_go_anywhere() {
        for (text, path, expected) in [
            ("", &["a", "b"][..], "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n"),
            ("{}", &["a"], "{\n  \"a\": 1\n}"),
            ("{\"x\": {}}", &["x", "a"], "{\"x\": {\n    \"a\": 1\n  }}"),
            ("{\"x\": 0}", &["a"], "{\"x\": 0,\n  \"a\": 1\n}"),
            ("{\n \"x\": 0 // why\n}", &["a"], "{\n \"x\": 0, // why\n \"a\": 1\n}"),
            ("{\n \"x\": 0 /* , */,\n}", &["a"], "{\n \"x\": 0 /* , */,\n \"a\": 1\n}"),
            ("{\"a\": [0, {\"b\": \"]\"}]}", &["a"], "{\"a\": 1}"),
            ("{\"a\": 0, \"a\": 2}", &["a"], "{\"a\": 0, \"a\": 1}"),
            ("{\"\\u0061\": true}", &["a"], "{\"\\u0061\": 1}"),
        ] {
            assert_eq!(set(text, path, &json!(1)), expected, "{text}");
        }
        for (text, expected) in [
            ("{\"a\": 1}", "{}"),
            ("{\"a\": 1, \"b\": 2}", "{ \"b\": 2}"),
            ("{\n  \"b\": 2,\n  \"a\": {\"c\": [1]}\n}\n", "{\n  \"b\": 2\n}\n"),
            ("{\n  \"a\": 1, // one\n  \"b\": 2\n}", "{\n   // one\n  \"b\": 2\n}"),
            ("{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}", "{\r\n  \"b\": 2\r\n}"),
        ] {
            assert_eq!(removed(text, &["a"]), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for (text, says) in [
            ("{ // mine\n  \"a\": }", "line 2 column 8"),
            ("[]", "not a JSON object"),
            ("{\"a\": 1,,}", "it is not JSON"),
            ("{ /* never ends", "it is not JSON"),
            ("{\"a\": \"never ends", "it is not JSON"),
            ("// nothing but this", "it is not JSON"),
        ] {
            let why = Document::read(text).unwrap_err();
            assert!(why.contains(says), "{text}: {why}");
        }
    }
}
