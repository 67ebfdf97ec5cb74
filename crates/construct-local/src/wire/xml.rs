//! XML: JSON values as documents of the query protocol and of REST XML, and documents read back.

use serde_json::Value;
use xmlparser::{ElementEnd, Token, Tokenizer};

/// How a list is written.
#[derive(Debug, Clone, Copy)]
enum Lists {
    /// As `<member>` elements inside the list's own: the query protocol.
    Members,
    /// As the list's own element, once for each item: REST XML.
    Repeated,
}

/// Appends `value`'s inner XML to `out`, lists with `<member>` elements. Members that are null are
/// left out.
pub fn write(out: &mut String, value: &Value) {
    inner(out, value, Lists::Members);
}

/// Appends a document to `out`: `value` is an object whose one member is the root element. Lists
/// repeat their element.
pub fn document(out: &mut String, value: &Value, namespace: Option<&str>) {
    let attribute = namespace.map(|name| format!(" xmlns=\"{name}\"")).unwrap_or_default();
    for (name, root) in value.as_object().into_iter().flatten() {
        out.extend(["<", name, &attribute, ">"]);
        inner(out, root, Lists::Repeated);
        out.extend(["</", name, ">"]);
    }
}

fn inner(out: &mut String, value: &Value, lists: Lists) {
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::String(text) => out.push_str(&escaped(text)),
        Value::Array(items) => {
            for item in items {
                element(out, "member", item, lists);
            }
        }
        Value::Object(map) => {
            for (name, item) in map.iter().filter(|(_, item)| !item.is_null()) {
                match (item, lists) {
                    (Value::Array(items), Lists::Repeated) => {
                        for item in items {
                            element(out, name, item, lists);
                        }
                    }
                    _ => element(out, name, item, lists),
                }
            }
        }
    }
}

fn element(out: &mut String, name: &str, value: &Value, lists: Lists) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    inner(out, value, lists);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Text with XML's special characters replaced.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An element that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name without a prefix.
    pub name: String,
    /// Its own text.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Self>,
}

impl Element {
    /// The first element in it of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// Reads a document; `None` when it is not well-formed or declares a document type, which no
/// service takes.
pub fn read(text: &str) -> Option<Element> {
    let mut open = vec![Element::default()];
    for token in Tokenizer::from(text) {
        match token.ok()? {
            Token::ElementStart { local, .. } => {
                open.push(Element { name: local.to_string(), ..Element::default() });
            }
            Token::Text { text } => open.last_mut()?.text.push_str(&unescaped(text.as_str())?),
            Token::Cdata { text, .. } => open.last_mut()?.text.push_str(text.as_str()),
            Token::ElementEnd { end: ElementEnd::Open, .. } => {}
            Token::ElementEnd { end, .. } => {
                let done = open.pop()?;
                if matches!(end, ElementEnd::Close(_, name) if name.as_str() != done.name) {
                    return None;
                }
                open.last_mut()?.children.push(done);
            }
            Token::DtdStart { .. } | Token::EmptyDtd { .. } => return None,
            _ => {}
        }
    }
    let mut document = open.pop().filter(|_| open.is_empty())?;
    document.children.pop().filter(|_| document.children.is_empty())
}

fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';')?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let number = number.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(digits) => u32::from_str_radix(digits, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)?
            }
        });
        out.push_str(rest);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_more() {
        let read = read(
            "<?xml version=\"1.0\"?><!-- x --><T xmlns=\"urn:x\"><a:b c=\"d\">1 &lt; &#50;&#x33;\
             </a:b><e/></T>",
        )
        .unwrap();
        assert_eq!(read.name, "T");
        assert_eq!(read.child("b").unwrap().text, "1 < 23");
        assert_eq!(read.child("e").unwrap().text, "");
        assert_eq!(read.child("f"), None);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in ["", "x", "<a>", "<a></b>", "<a/><b/>", "<a>&nbsp;</a>", "<!DOCTYPE a><a/>"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
