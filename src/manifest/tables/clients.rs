//! `[clients]`.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::{or, required, table};

pub(super) static CLIENTS: Shape = table(
    "Which client files are written, and which programs may sign people in.",
    &[
        or(
            "write",
            Kind::List(
                &Kind::Choice(&["vscode", "claude-code", "cursor", "kiro", "codex", "gemini"]),
                &r::ANY_COUNT,
            ),
            Default::List(&["vscode"]),
            "Editors and agents to write a file of the project's for.",
        ),
        or(
            "protocol_header",
            Kind::Boolean,
            Default::Boolean(false),
            "Names a fixed MCP protocol version in the file, for an editor that needs it.",
        ),
        or(
            "registered",
            Kind::Named(&r::REGISTERED_CLIENT, &Kind::Table(&REGISTERED), &r::ANY_COUNT),
            Default::Table,
            "Programs that sign people in without registering first, by client id.",
        ),
        or(
            "metadata_hosts",
            Kind::List(&Kind::Text(&r::METADATA_HOST), &r::ANY_COUNT),
            Default::List(&[]),
            "Hosts whose client id metadata documents are fetched, beside those of known editors.",
        ),
        or(
            "denied",
            Kind::List(&Kind::Text(&r::DENIED_CLIENT), &r::ANY_COUNT),
            Default::List(&[]),
            "Client ids that are no longer served, or their fingerprints as the log has them.",
        ),
        or(
            "allowed_origins",
            Kind::List(&Kind::Text(&r::WEB_ORIGIN), &r::ANY_COUNT),
            Default::List(&[]),
            "Web origins whose pages may call the tools from a browser.",
        ),
    ],
);

static REGISTERED: Shape = table(
    "A program that signs people in with an id that it was given.",
    &[
        required("name", Kind::Text(&r::CLIENT_NAME), "What the consent page calls it."),
        required(
            "redirect_uris",
            Kind::List(&Kind::Text(&r::REDIRECT_URI), &r::REDIRECT_URIS),
            "Where people come back to; on a loopback address, at any port.",
        ),
    ],
);
