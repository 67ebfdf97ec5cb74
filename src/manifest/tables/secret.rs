//! Where a secret comes from: a table used by several others.

use super::super::rules as r;
use super::super::shape::{Kind, Shape};
use super::optional;

pub(super) static SECRET: Shape = Shape {
    doc: "Where a secret comes from; never the secret itself.",
    exactly_one: &["env", "file", "prompt", "secret"],
    instead_of_text: Some(
        "write { env = \"VARIABLE\" }, { file = \"path\" }, { prompt = true } or \
         { secret = \"secret-id#json_key\" }, and replace the secret if this file was shared",
    ),
    keys: &[
        optional("env", Kind::Text(&r::VARIABLE_NAME), "An environment variable of this machine."),
        optional("file", Kind::Text(&r::PATH), "A file on this machine."),
        optional("prompt", Kind::TrueOrText(&r::PROMPT), "Asks on the terminal."),
        optional("secret", Kind::Text(&r::SECRET_KEY), "A key of a secret in Secrets Manager."),
    ],
};
