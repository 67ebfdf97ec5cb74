//! Checks a description against everything the service asks, and reports all of it at once.

use std::collections::BTreeSet;

use serde_json::Value;

use super::description::{Description, METHODS, kind};
use super::operation_check::OperationCheck;
use super::pointer::Pointer;
use super::rules::{self, MAX_FILE_BYTES, MAX_INLINE_BYTES, MAX_TOOL_NAME, MAX_TOOLS, Violation};
use super::schema_check::unresolved;
use super::server_variables::{placeholders, server_lists};
use super::tools::tools;

/// Returns all problems of `description`, whichever target it is for: servers first, then paths,
/// then one operation after the other with the schemas it is the first to use.
///
/// Without a refused one the service will take it. [`check_for_target`] adds what depends on the
/// target's name.
pub fn check(description: &Description) -> Vec<Violation> {
    let mut violations = Vec::new();
    check_servers(description, &mut violations);
    check_path_items(description, &mut violations);
    let operations = description.operations();
    if operations.is_empty() {
        violations.push(Violation::new(
            &rules::NO_OPERATIONS,
            Pointer::root().join("paths"),
            "the description has no operation",
            "add a path with at least one operation",
        ));
    }
    if operations.len() > MAX_TOOLS {
        violations.push(Violation::new(
            &rules::TOOL_COUNT,
            Pointer::root().join("paths"),
            format!("{} operations, the limit is {MAX_TOOLS}", operations.len()),
            "keep the operations that are wanted as tools, or split them over several targets",
        ));
    }
    let mut operation_check = OperationCheck::new(description, &mut violations);
    for operation in &operations {
        operation_check.check(operation);
    }
    check_security(description, &mut violations);
    check_size(description, &mut violations);
    once_each(violations)
}

/// Returns what [`check`] does, and the names that get too long behind the target's name.
pub fn check_for_target(description: &Description, target: &str) -> Vec<Violation> {
    let mut violations = check(description);
    for tool in tools(description, target) {
        let length = tool.name.chars().count();
        if length > MAX_TOOL_NAME {
            let pointer = Pointer::root()
                .join("paths")
                .join(&tool.path)
                .join(tool.method.to_ascii_lowercase())
                .join("operationId");
            violations.push(Violation::new(
                &rules::TOOL_NAME,
                pointer,
                format!("the tool name has {length} characters, the limit is {MAX_TOOL_NAME}"),
                "shorten the operationId or the target's name",
            ));
        }
    }
    violations
}

/// Drops repetitions: a shared parameter or response is met once for each operation that uses it.
fn once_each(violations: Vec<Violation>) -> Vec<Violation> {
    let mut met = BTreeSet::new();
    let key = |violation: &Violation| {
        (violation.pointer.clone(), violation.rule.id, violation.message.clone())
    };
    violations.into_iter().filter(|violation| met.insert(key(violation))).collect()
}

fn check_servers(description: &Description, violations: &mut Vec<Violation>) {
    const HELP: &str = "write \"servers\": [{ \"url\": \"https://…\" }] with the real endpoint";
    let document = description.document();
    if document.get("servers").is_none() {
        violations.push(Violation::new(
            &rules::SERVER_URL,
            Pointer::root(),
            "the description names no server",
            HELP,
        ));
    }
    for place in server_lists(document) {
        let Some(servers) = place.find(document).and_then(Value::as_array) else {
            let message = "servers is not a list";
            violations.push(Violation::new(&rules::STRUCTURE, place, message, HELP));
            continue;
        };
        if servers.is_empty() {
            let message = "the list of servers is empty";
            violations.push(Violation::new(&rules::SERVER_URL, place.clone(), message, HELP));
        }
        for (index, server) in servers.iter().enumerate() {
            let server_pointer = place.join(index);
            match server.get("url").and_then(Value::as_str) {
                Some(url) => violations.extend(check_server_url(url, &server_pointer.join("url"))),
                None => violations.push(Violation::new(
                    &rules::SERVER_URL,
                    server_pointer,
                    "the server has no url",
                    HELP,
                )),
            }
        }
    }
}

fn check_server_url(url: &str, pointer: &Pointer) -> Option<Violation> {
    let names = placeholders(url);
    if !names.is_empty() {
        let given = names.iter().map(|name| format!("{name} = …")).collect::<Vec<_>>().join(", ");
        return Some(Violation::new(
            &rules::SERVER_URL,
            pointer.clone(),
            format!("the server URL {url:?} still has something to fill in"),
            format!("give the target variables = {{ {given} }}"),
        ));
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let unusable = host.is_empty() || host.contains('@') || url.contains(char::is_whitespace);
    let scheme = scheme.to_ascii_lowercase();
    if unusable || !["http", "https"].contains(&scheme.as_str()) {
        return Some(Violation::new(
            &rules::SERVER_URL,
            pointer.clone(),
            format!("the server URL {url:?} is not the absolute URL of an endpoint"),
            "write it with scheme and host, for example https://api.example.com/v1",
        ));
    }
    (scheme == "http").then(|| {
        Violation::new(
            &rules::SERVER_HTTPS,
            pointer.clone(),
            format!("the server URL {url:?} is not encrypted"),
            "use https, unless this is a trial on one machine",
        )
    })
}

/// Reports paths, path items and operations that are not of the right type: `operations()` leaves
/// them out, and a tool would be missing without a word.
fn check_path_items(description: &Description, violations: &mut Vec<Violation>) {
    let place = Pointer::root().join("paths");
    let Some(paths) = description.document().get("paths") else { return };
    let mut wrong = |pointer: Pointer, what: &str, value: &Value| {
        violations.push(Violation::new(
            &rules::STRUCTURE,
            pointer,
            format!("{what} is {}, not an object", kind(value)),
            "write an object",
        ));
    };
    let Some(entries) = paths.as_object() else {
        wrong(place, "paths", paths);
        return;
    };
    let mut references = Vec::new();
    let mut relative = Vec::new();
    for (path, written) in entries.iter().filter(|(path, _)| !path.starts_with("x-")) {
        let pointer = place.join(path);
        if !path.starts_with('/') {
            relative.push((pointer, path));
            continue;
        }
        match description.resolve(pointer.clone(), written) {
            Err(unresolved) => references.push(unresolved),
            Ok((_, path_item)) if !path_item.is_object() => wrong(pointer, "the path", path_item),
            Ok((pointer, path_item)) => {
                for method in METHODS {
                    match path_item.get(method) {
                        Some(value) if !value.is_object() => {
                            wrong(pointer.join(method), "the operation", value);
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    for (pointer, path) in relative {
        violations.push(Violation::new(
            &rules::STRUCTURE,
            pointer,
            format!("the path {path:?} does not begin with a slash"),
            format!("write \"/{path}\""),
        ));
    }
    violations.extend(references.iter().map(unresolved));
}

fn check_security(description: &Description, violations: &mut Vec<Violation>) {
    let root = Pointer::root();
    let schemes = root.join("components").join("securitySchemes");
    for pointer in [root.join("security"), schemes] {
        if pointer.find(description.document()).is_some() {
            violations.push(Violation::new(
                &rules::SECURITY_IGNORED,
                pointer,
                "the service ignores what a description says on security",
                "say it in the target's auth, and leave it out here",
            ));
        }
    }
}

fn check_size(description: &Description, violations: &mut Vec<Violation>) {
    let bytes = description.minified().len();
    if bytes > MAX_FILE_BYTES {
        violations.push(Violation::new(
            &rules::FILE_SIZE,
            Pointer::root(),
            format!("the description has {bytes} bytes, the limit is {MAX_FILE_BYTES}"),
            "choose the operations that are wanted as tools with include = […]",
        ));
    } else if bytes > MAX_INLINE_BYTES {
        violations.push(Violation::new(
            &rules::INLINE_SIZE,
            Pointer::root(),
            format!(
                "the description has {bytes} bytes without spaces, the limit is {MAX_INLINE_BYTES}"
            ),
            "keep only the operations that are wanted as tools, and the schemas they use",
        ));
    }
}
