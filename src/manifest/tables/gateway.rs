//! `[gateway]` and `[gateways.NAME]`.

use super::super::rules as r;
use super::super::shape::{Default, Key, Kind, Shape};
use super::jwt::JWT;
use super::policy::GATEWAY_POLICY;
use super::traffic::{RATE_LIMIT, RULE};
use super::{optional, or, required, table};

pub(super) static GATEWAY: Shape = table("The gateway itself.", &KEYS);

static KEYS: [Key; 20] = [
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
    or(
        "inbound",
        Kind::Choice(&["cognito", "jwt", "iam", "none"]),
        Default::Text("cognito"),
        "Who may call it: people of the stack's pool, who has a token of another issuer, who signs with AWS credentials, or anybody.",
    ),
    or(
        "front",
        Kind::Choice(&["http-api", "function-url"]),
        Default::Text("http-api"),
        "What people's editors reach: an HTTP API, or a function URL that streams and lets calls take long; with inbound = \"cognito\".",
    ),
    optional("jwt", Kind::Table(&JWT), "Whose tokens it takes; with inbound = \"jwt\"."),
    optional(
        "consent",
        Kind::Choice(&["callback", "portal"]),
        "Where people's consents are completed: by the front's own function, or by a page of the service.",
    ),
    optional("portal", Kind::Table(&PORTAL), "The page for consents; with consent = \"portal\"."),
    or(
        "protocol",
        Kind::Choice(&["mcp", "any"]),
        Default::Text("mcp"),
        "Which targets it takes: MCP ones only, or HTTP and inference ones too. Fixed when it is made.",
    ),
    or(
        "protocol_versions",
        Kind::List(&Kind::Text(&r::PROTOCOL_VERSION), &r::PROTOCOL_VERSIONS),
        Default::List(&["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]),
        "MCP versions that it speaks; for most accounts fixed when it is made.",
    ),
    optional(
        "session_timeout_seconds",
        Kind::Integer(&r::SESSION_TIMEOUT),
        "How long an MCP session lives unused.",
    ),
    optional("response_streaming", Kind::Boolean, "Streams answers from targets to clients."),
    optional(
        "list_tools_pagination",
        Kind::Boolean,
        "Whether tools/list answers in pages, as it does by itself.",
    ),
    optional("kms_key", Kind::Text(&r::KMS_KEY), "The KMS key that encrypts the gateway."),
    optional(
        "waf_failure",
        Kind::Choice(&["close", "open"]),
        "Whether requests are refused or let through while WAF cannot be asked.",
    ),
    or(
        "interceptors",
        Kind::List(&Kind::Table(&INTERCEPTOR), &r::INTERCEPTORS),
        Default::List(&[]),
        "Functions that see every request or answer, and may change it.",
    ),
    optional(
        "policy",
        Kind::Table(&GATEWAY_POLICY),
        "The policy engine that is asked before a tool is called; without it what there is stays.",
    ),
    or(
        "rate_limits",
        Kind::Named(&r::TRAFFIC_NAME, &Kind::Table(&RATE_LIMIT), &r::ANY_COUNT),
        Default::Table,
        "How much callers may use, by name.",
    ),
    or(
        "rules",
        Kind::Named(&r::TRAFFIC_NAME, &Kind::Table(&RULE), &r::ANY_COUNT),
        Default::Table,
        "Where requests go, by name.",
    ),
];

static PORTAL: Shape = table(
    "The service's own page for consents.",
    &[
        optional(
            "provider",
            Kind::Text(&r::PROVIDER_NAME),
            "Who signs people in: a provider of the gateway's issuer; the stack makes its own for its pool.",
        ),
        or(
            "scopes",
            Kind::List(&Kind::Text(&r::PORTAL_SCOPE), &r::PORTAL_SCOPES),
            Default::List(&["openid"]),
            "Scopes that are asked for when somebody signs in.",
        ),
        optional("audience", Kind::Text(&r::AUDIENCE), "The audience that is asked for."),
        optional(
            "description",
            Kind::Text(&r::PORTAL_DESCRIPTION),
            "Text shown in the console; without it what it has stays.",
        ),
    ],
);

static INTERCEPTOR: Shape = Shape {
    doc: "A function that sees every request or answer, and may change it.",
    exactly_one: &["function", "arn"],
    instead_of_text: None,
    keys: &[
        optional("function", Kind::Text(&r::FUNCTION_NAME), "One of [functions], by name."),
        optional("arn", Kind::Text(&r::FUNCTION_ARN), "A function that exists already."),
        required(
            "points",
            Kind::List(&Kind::Choice(&["request", "response"]), &r::INTERCEPTION_POINTS),
            "What it sees.",
        ),
        or(
            "pass_headers",
            Kind::Boolean,
            Default::Boolean(false),
            "Hands it the request's headers, the caller's token among them.",
        ),
        or(
            "exclude_response_body",
            Kind::Boolean,
            Default::Boolean(false),
            "Keeps the answer's body from it.",
        ),
    ],
};
