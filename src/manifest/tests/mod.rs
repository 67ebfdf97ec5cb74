//! Tests of the manifest: tables of bad input, agreement of description, types and schema.

mod agreement;
mod bad_input;
mod bad_values;
mod clients;
mod cognito;
mod gateways;
mod good_input;
mod limits;
mod policies;
mod providers;
mod targets;

use super::{Manifest, Problems};
use std::path::Path;

/// A `[stack]` that nothing is wrong with.
const STACK: &str = "[stack]\nname = \"acme-tools\"\nregion = \"us-west-2\"\n";

/// Reads a manifest that nothing should be wrong with.
fn good(text: &str) -> Manifest {
    Manifest::parse(text, "construct.toml", Path::new("")).unwrap_or_else(|problems| {
        panic!("unexpected problems:\n{problems}");
    })
}

/// Reads a manifest that something should be wrong with.
fn bad(text: &str) -> Problems {
    Manifest::parse(text, "construct.toml", Path::new("")).expect_err("something is wrong")
}
