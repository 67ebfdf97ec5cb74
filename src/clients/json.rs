//! JSON with comments, as editors read it.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstObjectProp, CstRootNode};
use serde_json::Value;

use super::document::Document;

/// What editors take beside JSON: comments, and a comma behind the last member.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A text that holds an object.
pub(super) struct Json {
    has_mark: bool,
    /// Kept as long as any part of it is used.
    root: CstRootNode,
    object: CstObject,
}

impl Json {
    /// Reads a text; one without anything in it is an empty object.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix(BYTE_ORDER_MARK);
        let has_mark = bare.is_some();
        let text = bare.unwrap_or(text);
        let text = if text.trim().is_empty() { "{}\n" } else { text };
        let root = CstRootNode::parse(text, &OPTIONS).map_err(|error| {
            let (line, column) = (error.line_display(), error.column_display());
            format!("it is not JSON: {}, at line {line} column {column}", error.kind())
        })?;
        let object = root.object_value().ok_or("it is not a JSON object, at line 1 column 1")?;
        Ok(Self { has_mark, root, object })
    }
}

impl Document for Json {
    fn value(&self) -> Value {
        self.root.to_serde_value().unwrap_or_default()
    }

    fn set(&mut self, path: &[&str], value: &Value) {
        let Some((last, way)) = path.split_last() else { return };
        let mut object = self.object.clone();
        for key in way {
            let inner = member(&object, key)
                .unwrap_or_else(|| object.append(key, CstInputValue::Object(Vec::new())));
            object = inner.object_value_or_set();
        }
        match member(&object, last) {
            Some(member) => member.set_value(input(value)),
            None => drop(object.append(last, input(value))),
        }
    }

    fn remove(&mut self, path: &[&str]) {
        let Some((last, way)) = path.split_last() else { return };
        let mut object = self.object.clone();
        for key in way {
            match member(&object, key).and_then(|member| member.object_value()) {
                Some(inner) => object = inner,
                None => return,
            }
        }
        if let Some(member) = member(&object, last) {
            member.remove();
        }
    }

    fn remove_if_empty(&mut self, key: &str) {
        let Some(member) = member(&self.object, key) else { return };
        let is_empty = member.object_value().is_some_and(|inner| inner.properties().is_empty());
        if is_empty
            && !has_comments(&CstNode::from(jsonc_parser::cst::CstContainerNode::ObjectProp(
                member.clone(),
            )))
        {
            member.remove();
        }
    }

    fn is_bare(&self) -> bool {
        let empty = |value: &Value| match value {
            Value::Object(members) => members.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        let says_nothing = self.value().as_object().is_some_and(|all| all.values().all(empty));
        says_nothing && !self.root.children().iter().any(has_comments)
    }

    fn text(&self) -> String {
        let mark = if self.has_mark { BYTE_ORDER_MARK.to_string() } else { String::new() };
        format!("{mark}{}", self.root)
    }
}

/// JSON takes the last of several members of the same name.
fn member(object: &CstObject, key: &str) -> Option<CstObjectProp> {
    let is_it = |member: &CstObjectProp| member.decoded_name().as_deref() == Some(key);
    object.properties().into_iter().rfind(is_it)
}

fn has_comments(node: &CstNode) -> bool {
    node.is_comment() || node.children().iter().any(has_comments)
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(value) => CstInputValue::Number(value.to_string()),
        Value::String(value) => CstInputValue::String(value.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| (key.clone(), input(value)));
            CstInputValue::Object(members.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(text: &str, path: &[&str], value: &Value) -> String {
        let mut document = Json::read(text).unwrap();
        document.set(path, value);
        let pointer = format!("/{}", path.join("/"));
        assert_eq!(document.value().pointer(&pointer), Some(value), "{}", document.text());
        document.text()
    }

    fn removed(text: &str, path: &[&str]) -> String {
        let mut document = Json::read(text).unwrap();
        document.remove(path);
        document.text()
    }

    const COMMENTED: &str = "\u{feff}// ours // all\n{\n\t/* servers, \"{\" */\n\t\"servers\": {\n\t\t\"mine\": { \"url\": \"http://a//b\" }, // keep\n\t\t// the end\n\t},\n\t\"n\": [1, 2,],\n}\n";

    #[test]
    fn comments_order_and_layout_stay() {
        let new = set(COMMENTED, &["servers", "acme"], &json!({ "url": "u" }));
        let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
        let (old_lines, new_lines) = (lines(COMMENTED), lines(&new));
        assert!(old_lines.iter().all(|line| new_lines.contains(line)), "{new}");
        assert_eq!(new_lines.len(), old_lines.len() + 3, "{new}");
        assert!(
            new.contains("\t\t\"acme\": {\n\t\t\t\"url\": \"u\",\n\t\t},"),
            "commas as the others have them: {new}"
        );
        assert_eq!(
            set(&new, &["servers", "acme", "url"], &json!("v")),
            new.replace("\"u\"", "\"v\"")
        );
        assert_eq!(removed(&new, &["servers", "acme"]), COMMENTED);
        assert_eq!(removed(COMMENTED, &["servers", "other"]), COMMENTED);
    }

    #[test]
    fn members_come_and_go_anywhere() {
        for (text, path, expected) in [
            ("", &["a", "b"][..], "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n"),
            ("\u{feff}", &["a"], "\u{feff}{\n  \"a\": 1\n}\n"),
            ("{\n \"x\": 0 // why\n}", &["a"], "{\n \"x\": 0, // why\n \"a\": 1\n}"),
            ("{\"a\": [0, {\"b\": \"]\"}]}", &["a"], "{\"a\": 1}"),
            ("{\"a\": 0, \"a\": 2}", &["a"], "{\"a\": 0, \"a\": 1}"),
            ("{\"\\u0061\": true}", &["a"], "{\"\\u0061\": 1}"),
            ("{\r\n    \"x\": 0\r\n}\r\n", &["a"], "{\r\n    \"x\": 0,\r\n    \"a\": 1\r\n}\r\n"),
        ] {
            assert_eq!(set(text, path, &json!(1)), expected, "{text}");
        }
        for (text, expected) in [
            ("{\n  \"b\": 2,\n  \"a\": {\"c\": [1]}\n}\n", "{\n  \"b\": 2\n}\n"),
            ("{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}", "{\r\n  \"b\": 2\r\n}"),
            (
                "{\n  // of a\n  \"a\": 1,\n  // of b\n  \"b\": 2\n}",
                "{\n  // of a\n  // of b\n  \"b\": 2\n}",
            ),
        ] {
            assert_eq!(removed(text, &["a"]), expected, "{text}");
        }
    }

    #[test]
    fn what_nobody_would_miss_is_told_from_what_a_person_wrote() {
        for (text, bare) in [
            ("", true),
            ("{\"servers\": {}, \"inputs\": []}", true),
            ("{\"servers\": {}} // mine", false),
            ("{\"n\": 0}", false),
        ] {
            assert_eq!(Json::read(text).unwrap().is_bare(), bare, "{text}");
        }
        let mut document = Json::read("{\"a\": {}, \"b\": {/* x */}, \"c\": {\"d\": 1}}").unwrap();
        for key in ["a", "b", "c", "d"] {
            document.remove_if_empty(key);
        }
        assert_eq!(document.value(), json!({ "b": {}, "c": { "d": 1 } }));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for (text, says) in [
            ("{ // mine\n  \"a\": }", "line 2 column 8"),
            ("[]", "not a JSON object"),
            ("{\"a\": 1,,}", "line 1 column 9"),
            ("{ /* never ends", "line 1 column 3"),
            ("{\"a\": \"never ends", "line 1 column 7"),
            ("{'a': 1}", "line 1 column 2"),
            ("// nothing but this", "not a JSON object"),
        ] {
            let why = Json::read(text).err().unwrap();
            assert!(why.contains(says), "{text}: {why}");
        }
    }
}
