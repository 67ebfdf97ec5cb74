//! Our servers go into a file and out of it; everything that a person wrote there stays, in our entries too.

use serde_json::{Map, Value};

use super::document::Document;

/// A server as a client's file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the client calls it.
    pub name: String,
    /// Its members.
    pub members: Map<String, Value>,
}

/// Why a file was left as it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not of the form that the client reads.
    Form(String),
    /// It has a server of our name that leads somewhere else.
    Foreign(String),
}

/// Puts `entry` into the table called `servers`. `written` is what construct put there before, as far as that is known:
/// members that it wrote and no longer writes are taken out.
///
/// # Errors
/// [`Refusal`]; the document is then as it was. With `adopt`, another's entry is taken over.
pub(super) fn put(
    document: &mut dyn Document,
    servers: &str,
    entry: &Entry,
    written: Option<&Map<String, Value>>,
    adopt: bool,
) -> Result<(), Refusal> {
    let whole = document.value();
    let Some(have) = found(&whole, servers, &entry.name)? else {
        document.set(&[servers, &entry.name], &Value::Object(entry.members.clone()));
        return Ok(());
    };
    if !adopt && !is_ours(have, [Some(&entry.members), written]) {
        return Err(Refusal::Foreign(entry.name.clone()));
    }
    let is_program = |members: &Map<String, Value>| members.contains_key("command");
    if is_program(have) == is_program(&entry.members) {
        let nothing = Map::new();
        let (path, wanted) = ([servers, entry.name.as_str()], &entry.members);
        bring_up_to_date(document, &path, have, wanted, written.unwrap_or(&nothing));
    } else {
        // What stands in an entry of the other kind means nothing in this one.
        document.set(&[servers, &entry.name], &Value::Object(entry.members.clone()));
    }
    Ok(())
}

/// Takes the server called `name` out of the table called `servers`, if it is there. It is ours when it leads where one of
/// `known` does.
///
/// # Errors
/// [`Refusal`]; the document is then as it was.
pub(super) fn take_out(
    document: &mut dyn Document,
    servers: &str,
    name: &str,
    known: [Option<&Map<String, Value>>; 2],
    adopt: bool,
) -> Result<(), Refusal> {
    let whole = document.value();
    let Some(have) = found(&whole, servers, name)? else { return Ok(()) };
    if !adopt && !is_ours(have, known) {
        return Err(Refusal::Foreign(name.to_owned()));
    }
    document.remove(&[servers, name]);
    document.remove_if_empty(servers);
    Ok(())
}

/// The server called `name`, if there is one.
fn found<'a>(
    whole: &'a Value,
    servers: &str,
    name: &str,
) -> Result<Option<&'a Map<String, Value>>, Refusal> {
    let table = object(whole.get(servers), &format!("`{servers}`"))?;
    object(table.and_then(|table| table.get(name)), &format!("server `{name}`"))
}

/// A member that has to be a table where it is there.
fn object<'a>(
    member: Option<&'a Value>,
    what: &str,
) -> Result<Option<&'a Map<String, Value>>, Refusal> {
    let kind = |member: &Value| match member {
        Value::Array(_) => "a list",
        Value::String(_) => "a text",
        Value::Number(_) => "a number",
        Value::Bool(_) => "true or false",
        Value::Null | Value::Object(_) => "nothing",
    };
    let not_one = |member| Refusal::Form(format!("its {what} is {} and not a table", kind(member)));
    member.map(|member| member.as_object().ok_or_else(|| not_one(member))).transpose()
}

fn is_ours(have: &Map<String, Value>, known: [Option<&Map<String, Value>>; 2]) -> bool {
    let address = address(have);
    address.is_some() && known.into_iter().flatten().any(|known| self::address(known) == address)
}

/// Where a server is: its address, or the one that the program is given.
fn address(members: &Map<String, Value>) -> Option<&str> {
    let by_itself = ["url", "httpUrl"].into_iter().find_map(|key| members.get(key)?.as_str());
    let arguments = members.get("args").and_then(Value::as_array);
    let mut arguments = arguments.into_iter().flatten().filter_map(Value::as_str);
    by_itself.or_else(|| arguments.find(|argument| argument.contains("://")))
}

/// Changes at `path` what is wanted otherwise, and takes out what construct wrote, wants no longer and nobody changed.
fn bring_up_to_date(
    document: &mut dyn Document,
    path: &[&str],
    have: &Map<String, Value>,
    wanted: &Map<String, Value>,
    written: &Map<String, Value>,
) {
    let nothing = Map::new();
    let at = |key| [path, &[key]].concat();
    for (key, value) in wanted {
        match (have.get(key), value) {
            (Some(Value::Object(have)), Value::Object(wanted)) => {
                let written = written.get(key).and_then(Value::as_object).unwrap_or(&nothing);
                bring_up_to_date(document, &at(key.as_str()), have, wanted, written);
            }
            (have, _) if is_right(key, have, value) => {}
            _ => document.set(&at(key.as_str()), value),
        }
    }
    for (key, value) in written.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
        match (have.get(key), value) {
            (Some(have), value) if have == value => document.remove(&at(key.as_str())),
            (Some(Value::Object(have)), Value::Object(written)) => {
                bring_up_to_date(document, &at(key.as_str()), have, &nothing, written);
            }
            _ => {}
        }
    }
}

/// Where the program is, and options after ours such as a profile, are a person's own.
fn is_right(key: &str, have: Option<&Value>, wanted: &Value) -> bool {
    match (key, have, wanted) {
        ("command", Some(have), _) => have.is_string(),
        ("args", Some(Value::Array(have)), Value::Array(wanted)) => have.starts_with(wanted),
        (_, have, wanted) => have == Some(wanted),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::document::read;
    use super::super::facts::Format;
    use super::*;

    fn members(value: Value) -> Map<String, Value> {
        let Value::Object(members) = value else { panic!("{value}") };
        members
    }

    fn entry(value: Value) -> Entry {
        Entry { name: "acme".to_owned(), members: members(value) }
    }

    fn merged(
        text: &str,
        wanted: Value,
        written: Option<Value>,
        adopt: bool,
    ) -> Result<Value, Refusal> {
        let mut document = read(Format::Json, text).unwrap();
        let written = written.map(members);
        let done = put(&mut *document, "servers", &entry(wanted), written.as_ref(), adopt);
        if done.is_err() {
            assert_eq!(document.text(), text);
        }
        done.map(|()| document.value()["servers"]["acme"].take())
    }

    const OURS: &str = r#"{"servers": {"acme": {"url": "https://a/mcp", "dev": true, "headers": {"mine": "1", "v": "2"}}}}"#;

    #[test]
    fn what_a_person_added_to_our_entry_stays_and_what_we_no_longer_write_goes() {
        let same = merged(OURS, json!({ "url": "https://a/mcp" }), None, false).unwrap();
        assert_eq!(same["dev"], true);
        let wrote = json!({ "url": "https://a/mcp", "dev": false, "headers": { "v": "2" } });
        let moved = merged(OURS, json!({ "url": "https://b/mcp" }), Some(wrote), false).unwrap();
        let expected = json!({ "url": "https://b/mcp", "dev": true, "headers": { "mine": "1" } });
        assert_eq!(moved, expected, "`dev` was changed by a person");
        let alone = r#"{"servers": {"acme": {"url": "https://a/mcp", "headers": {"v": "2"}}}}"#;
        let wrote = json!({ "url": "https://a/mcp", "headers": { "v": "2" } });
        let without = merged(alone, json!({ "url": "https://a/mcp" }), Some(wrote), false).unwrap();
        assert_eq!(without, json!({ "url": "https://a/mcp" }));
        let with = json!({ "url": "https://a/mcp", "headers": { "v": "3" } });
        let deeper = merged(OURS, with, None, false).unwrap();
        assert_eq!(deeper["headers"], json!({ "mine": "1", "v": "3" }));
    }

    #[test]
    fn another_s_entry_of_the_same_name_is_not_touched_without_consent() {
        let wanted = json!({ "url": "https://b/mcp" });
        let refused = merged(OURS, wanted.clone(), None, false).unwrap_err();
        assert_eq!(refused, Refusal::Foreign("acme".to_owned()));
        assert_eq!(merged(OURS, wanted.clone(), None, true).unwrap()["url"], "https://b/mcp");
        let nowhere = r#"{"servers": {"acme": {}}}"#;
        merged(nowhere, wanted, None, false).unwrap_err();
    }

    #[test]
    fn a_program_is_a_person_s_to_place() {
        let wanted = json!({ "command": "construct", "args": ["proxy", "https://a/mcp"] });
        let own = r#"{"servers": {"acme": {"command": "/opt/construct", "args": ["proxy", "https://a/mcp", "--profile", "p"]}}}"#;
        let kept = merged(own, wanted.clone(), None, false).unwrap();
        assert_eq!(kept["command"], "/opt/construct");
        assert_eq!(kept["args"][3], "p");
        let other = json!({ "command": "construct", "args": ["proxy", "https://b/mcp"] });
        let moved = merged(own, other.clone(), Some(wanted.clone()), false).unwrap();
        assert_eq!((&moved["command"], &moved["args"]), (&json!("/opt/construct"), &other["args"]));
        // Another way in is another entry, with nothing of the old one.
        assert_eq!(merged(OURS, wanted.clone(), None, false).unwrap(), wanted);
    }

    #[test]
    fn what_is_no_table_is_not_made_one() {
        for (text, says) in [
            (r#"{"servers": []}"#, "`servers` is a list"),
            (r#"{"servers": {"acme": "x"}}"#, "server `acme` is a text"),
        ] {
            let refused = merged(text, json!({ "url": "u" }), None, true).unwrap_err();
            assert!(matches!(&refused, Refusal::Form(what) if what.contains(says)), "{refused:?}");
        }
    }

    #[test]
    fn ours_goes_and_another_s_stays() {
        let at = |url: &str| members(json!({ "url": url }));
        let out = |known: Option<&Map<String, Value>>, adopt| {
            let mut document = read(Format::Json, OURS).unwrap();
            take_out(&mut *document, "servers", "acme", [None, known], adopt)?;
            Ok::<_, Refusal>(document.text())
        };
        assert_eq!(out(Some(&at("https://a/mcp")), false).unwrap(), "{}");
        assert_eq!(
            out(Some(&at("https://b/mcp")), false),
            Err(Refusal::Foreign("acme".to_owned()))
        );
        assert_eq!(out(None, true).unwrap(), "{}");
        let mut document = read(Format::Json, OURS).unwrap();
        take_out(&mut *document, "servers", "other", [None, None], false).unwrap();
        assert_eq!(document.text(), OURS);
    }
}
