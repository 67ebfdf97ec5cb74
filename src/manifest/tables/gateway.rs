//! `[gateway]`.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::{optional, or, table};

pub(super) static GATEWAY: Shape = table(
    "The gateway itself.",
    &[
        optional("description", Kind::Text(&r::DESCRIPTION), "Text shown in the console."),
        optional(
            "instructions",
            Kind::Text(&r::INSTRUCTIONS),
            "Text that MCP clients hand to their model.",
        ),
        or(
            "search",
            Kind::Choice(&["semantic", "none"]),
            Default::Text("semantic"),
            "Whether the gateway offers a tool that searches its tools.",
        ),
        optional(
            "exception_level",
            Kind::Choice(&["debug"]),
            "Tells callers why a call failed; without it they see a general message.",
        ),
    ],
);
