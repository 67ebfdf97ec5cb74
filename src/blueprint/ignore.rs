//! Fields that are left to others: `[stack] ignore`.
//!
//! An entry is `ADDRESS.FIELD`, both as a plan shows them. Addresses and fields may have dots of their own, so that the longest
//! beginning that is an address counts.

use construct_engine::{Address, Graph};

use crate::cloud::Cloud;
use crate::manifest::{Manifest, Problems, nearest};
use crate::steps::marks;

/// What the keys of construct's own tags begin with.
const OWN_TAGS: &str = "construct:";

/// Has `graph` leave alone what `manifest` says. An entry that names nothing becomes one of `problems`.
pub(super) fn ignore(graph: &mut Graph<Cloud>, manifest: &Manifest, problems: &mut Problems) {
    for (index, entry) in manifest.stack.ignore.iter().enumerate() {
        match found(graph, entry) {
            Ok((address, field)) => graph.ignore(&address, field),
            Err(Unknown { message, help }) => {
                let path = format!("stack.ignore[{index}]");
                problems.push(manifest.problem(&path, message, help));
            }
        }
    }
}

/// Why an entry names nothing, and what it may have meant.
struct Unknown {
    message: String,
    help: String,
}

fn found<'a>(graph: &Graph<Cloud>, entry: &'a str) -> Result<(Address, &'a str), Unknown> {
    let dots = entry.rmatch_indices('.').map(|(dot, _)| dot);
    let halves = dots.map(|dot| (&entry[..dot], &entry[dot + 1..]));
    for (address, field) in halves {
        let Ok(address) = Address::new(address) else { continue };
        let Some(fields) = graph.fields(&address) else { continue };
        return if is_among(fields, field) {
            Ok((address, field))
        } else {
            Err(unknown_field(&address, field, fields))
        };
    }
    Err(unknown_address(graph, entry))
}

/// Whether `field` is one of `fields`, which name all tags together. Construct's own tags say whose an object is.
fn is_among(fields: &[&str], field: &str) -> bool {
    match field.strip_prefix(marks::TAG_FIELD) {
        Some(key) => {
            fields.contains(&marks::ANY_TAG) && !key.is_empty() && !key.starts_with(OWN_TAGS)
        }
        None => fields.contains(&field),
    }
}

fn unknown_field(address: &Address, field: &str, fields: &[&str]) -> Unknown {
    let message = format!("{address} has no field `{field}` that could be left alone");
    let help = match (nearest(field, fields), fields.is_empty()) {
        (Some(meant), _) if meant != marks::ANY_TAG => format!("did you mean `{address}.{meant}`?"),
        (_, true) => "nothing of it is changed in place: take the entry out".to_owned(),
        (_, false) => format!("name one of {}", fields.join(", ")),
    };
    Unknown { message, help }
}

fn unknown_address(graph: &Graph<Cloud>, entry: &str) -> Unknown {
    let (address, field) = entry.rsplit_once('.').unwrap_or((entry, ""));
    let known: Vec<&str> = graph.outline().map(|(address, _, _)| address.as_str()).collect();
    Unknown {
        message: format!("there is no object `{address}`"),
        help: match nearest(address, &known) {
            Some(meant) => format!("did you mean `{meant}.{field}`?"),
            None => "name an object as `construct plan` or `construct graph` shows it".to_owned(),
        },
    }
}
