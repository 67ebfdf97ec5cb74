//! TOML, as Codex reads it.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value as TomlValue};

use super::document::Document;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A text that holds tables.
pub(super) struct Toml {
    /// As it was read: the document forgets its byte order mark and its line ends.
    original: String,
    document: DocumentMut,
}

impl Toml {
    /// Reads a text.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let plain = plain(text);
        let document = plain.parse::<DocumentMut>().map_err(|error| {
            let before = error.span().and_then(|span| plain.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            format!("it is not TOML: {}, at line {line} column {column}", error.message())
        })?;
        Ok(Self { original: text.to_owned(), document })
    }

    fn table(&mut self, way: &[&str]) -> Option<&mut dyn TableLike> {
        let mut table: &mut dyn TableLike = self.document.as_table_mut();
        for key in way {
            table = table.get_mut(key)?.as_table_like_mut()?;
        }
        Some(table)
    }
}

impl Document for Toml {
    fn value(&self) -> Value {
        toml::from_str(&self.document.to_string()).unwrap_or_default()
    }

    fn set(&mut self, path: &[&str], value: &Value) {
        let Some((last, way)) = path.split_last() else { return };
        let mut table: &mut dyn TableLike = self.document.as_table_mut();
        for key in way {
            let made = || {
                let mut made = Table::new();
                // Only what is in it gets a heading.
                made.set_implicit(true);
                Item::Table(made)
            };
            let inner = table.entry(key).or_insert_with(made);
            if !inner.is_table_like() {
                *inner = made();
            }
            let Some(inner) = inner.as_table_like_mut() else { return };
            table = inner;
        }
        match (table.get_mut(last).and_then(Item::as_value_mut), item(value)) {
            // The comment behind it stays.
            (Some(old), Item::Value(mut new)) => {
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            (_, new) => drop(table.insert(last, new)),
        }
    }

    fn remove(&mut self, path: &[&str]) {
        let Some((last, way)) = path.split_last() else { return };
        let Some(removed) = self.table(way).and_then(|table| table.remove(last)) else { return };
        // Comments above its heading are a person's, and may be about what stands before it.
        let above = removed.as_table().and_then(|table| table.decor().prefix()?.as_str());
        if let Some(above) = above.filter(|above| above.contains('#')) {
            let rest = self.document.trailing().as_str().unwrap_or_default();
            let all = format!("{above}{rest}");
            self.document.set_trailing(all);
        }
    }

    fn remove_if_empty(&mut self, key: &str) {
        // A table without a heading says nothing; one with a heading is a person's.
        let table = self.document.get(key).and_then(Item::as_table);
        if table.is_some_and(|table| table.is_empty() && table.is_implicit()) {
            self.document.remove(key);
        }
    }

    fn is_bare(&self) -> bool {
        self.document.to_string().trim().is_empty()
    }

    fn text(&self) -> String {
        let (old, text) = (plain(&self.original), self.document.to_string());
        // The blank line above a heading is none of the text's where that heading is the first.
        let is_own = old.starts_with('\n');
        let new = if is_own { &text } else { text.trim_start_matches('\n') };
        let (old, new): (Vec<&str>, Vec<&str>) =
            (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
        let written = self.original.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.original);
        let written: Vec<&str> = written.split_inclusive('\n').collect();
        let end = if self.original.contains("\r\n") { "\r\n" } else { "\n" };
        let mut whole = String::new();
        if self.original.starts_with(BYTE_ORDER_MARK) {
            whole.push(BYTE_ORDER_MARK);
        }
        for change in TextDiff::from_slices(&old, &new).iter_all_changes() {
            match (change.tag(), change.old_index()) {
                (ChangeTag::Equal, Some(at)) => whole.push_str(written[at]),
                (ChangeTag::Delete, _) => {}
                _ => whole.push_str(&change.value().replace('\n', end)),
            }
        }
        whole
    }
}

/// The text without a byte order mark, every line ended by a line feed.
fn plain(text: &str) -> String {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).replace("\r\n", "\n")
}

fn item(value: &Value) -> Item {
    let Value::Object(members) = value else { return Item::Value(plain_value(value)) };
    let mut table = Table::new();
    for (key, value) in members {
        table.insert(key, item(value));
    }
    Item::Table(table)
}

/// A value that stands in a line. TOML has no null, and no entry has one.
fn plain_value(value: &Value) -> TomlValue {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Number(value) => match value.as_i64() {
            Some(whole) => whole.into(),
            None => value.as_f64().unwrap_or_default().into(),
        },
        Value::Array(items) => items.iter().map(plain_value).collect::<Array>().into(),
        Value::String(value) => value.into(),
        Value::Null | Value::Object(_) => String::new().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PERSON: &str = "\u{feff}# Mine.\r\nmodel = \"m\"\n\r\n[mcp_servers.mine] # keep\r\ncommand = \"c\"\r\n\r\n# About nothing.\r\n";

    #[test]
    fn an_entry_comes_and_goes_and_the_rest_keeps_its_bytes() {
        let entry = json!({ "url": "u", "scopes": ["a"], "oauth": { "client_id": "c", "callback_port": 1 } });
        for old in ["", "a = 1\n", PERSON, "[mcp_servers]\n", "x = { y = 1 }\n# end"] {
            let mut document = Toml::read(old).unwrap();
            assert_eq!(document.text(), old, "what is not changed is not written anew");
            document.set(&["mcp_servers", "acme"], &entry);
            let new = document.text();
            assert_eq!(document.value()["mcp_servers"]["acme"], entry, "{new}");
            assert_eq!(Toml::read(&new).unwrap().text(), new);
            for line in old.lines() {
                assert!(new.contains(line), "{line}: {new}");
            }
            let mut document = Toml::read(&new).unwrap();
            document.remove(&["mcp_servers", "acme"]);
            document.remove_if_empty("mcp_servers");
            assert_eq!(document.text().trim_end(), old.trim_end(), "{new}");
            assert_eq!(document.is_bare(), old.is_empty());
        }
    }

    #[test]
    fn new_lines_end_as_the_others_do() {
        let mut document = Toml::read(PERSON).unwrap();
        document.set(&["mcp_servers", "acme", "url"], &json!("u"));
        let new = document.text();
        assert!(new.contains("[mcp_servers.acme]\r\nurl = \"u\"\r\n"), "{new:?}");
        assert!(new.contains("model = \"m\"\n\r\n"), "an odd line keeps its own end: {new:?}");
    }

    #[test]
    fn a_value_is_changed_in_its_line() {
        let old = "[mcp_servers.acme]\nurl = \"u\" # why\nscopes = [\n  \"a\",\n]\n";
        let mut document = Toml::read(old).unwrap();
        document.set(&["mcp_servers", "acme", "url"], &json!("v"));
        assert_eq!(document.text(), old.replace("\"u\"", "\"v\""));
    }

    #[test]
    fn tables_in_a_line_and_comments_above_a_heading_stay() {
        let mut document = Toml::read("mcp_servers = { mine = { url = \"x\" } }\n").unwrap();
        document.set(&["mcp_servers", "acme"], &json!({ "url": "u" }));
        assert_eq!(document.value()["mcp_servers"]["mine"]["url"], "x");
        assert_eq!(document.value()["mcp_servers"]["acme"]["url"], "u");
        let old = "[a]\nb = 1\n\n# The end of a.\n\n[mcp_servers.acme]\nurl = \"u\"\n";
        let mut document = Toml::read(old).unwrap();
        document.remove(&["mcp_servers", "acme"]);
        assert_eq!(document.text().trim_end(), "[a]\nb = 1\n\n# The end of a.");
    }

    #[test]
    fn a_text_does_not_begin_with_a_blank_line_of_ours() {
        let mut document =
            Toml::read("[mcp_servers.a]\nurl = \"u\"\n\n[mcp_servers.b]\nurl = \"v\"\n").unwrap();
        document.remove(&["mcp_servers", "a"]);
        assert_eq!(document.text(), "[mcp_servers.b]\nurl = \"v\"\n");
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_place() {
        for (text, place) in [
            ("a = 1\nb = \n", "line 2 column 5"),
            ("[a\n", "line 1 column 3"),
            ("a = 1\na = 2\n", "line 2 column 1"),
        ] {
            let why = Toml::read(text).err().unwrap();
            assert!(why.contains("not TOML") && why.contains(place), "{text}: {why}");
        }
    }
}
