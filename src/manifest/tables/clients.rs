//! `[clients]`.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::{or, table};

pub(super) static CLIENTS: Shape = table(
    "Which client files are written.",
    &[
        or(
            "write",
            Kind::List(
                &Kind::Choice(&["vscode", "claude-code", "cursor", "kiro", "codex"]),
                &r::ANY_COUNT,
            ),
            Default::List(&["vscode"]),
            "Editors and agents to write a file for.",
        ),
        or(
            "protocol_header",
            Kind::Boolean,
            Default::Boolean(false),
            "Names a fixed MCP protocol version in the file, for an editor that needs it.",
        ),
    ],
);
