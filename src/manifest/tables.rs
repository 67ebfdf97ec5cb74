//! Every table of `construct.toml`: its keys, what they take, and what their absence means.

use super::rules as r;
use super::shape::{Default, Key, Kind, Presence, Shape};

const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, doc, kind, presence: Presence::Required }
}

const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, doc, kind, presence: Presence::Optional }
}

const fn or(name: &'static str, kind: Kind, default: Default, doc: &'static str) -> Key {
    Key { name, doc, kind, presence: Presence::Or(default) }
}

const fn table(doc: &'static str, keys: &'static [Key]) -> Shape {
    Shape { doc, keys, exactly_one: &[], instead_of_text: None }
}

/// The whole file.
pub(super) static MANIFEST: Shape = table(
    "An OAuth-protected MCP gateway on Amazon Bedrock AgentCore.",
    &[
        required("stack", Kind::Table(&STACK), "What the stack is called and where it lives."),
        or("inbound", Kind::Table(&INBOUND), Default::Table, "How callers of the gateway sign in."),
        or("gateway", Kind::Table(&GATEWAY), Default::Table, "The gateway itself."),
        or("front", Kind::Table(&FRONT), Default::Table, "The HTTP API and its two functions."),
        or(
            "providers",
            Kind::Named(&r::PROVIDER_NAME, &Kind::Table(&PROVIDER), &r::PROVIDERS),
            Default::Table,
            "OAuth2 credential providers, by name.",
        ),
        or(
            "targets",
            Kind::Named(&r::TARGET_NAME, &Kind::Table(&TARGET), &r::TARGETS),
            Default::Table,
            "What the gateway offers, by name; the name is part of each tool's name.",
        ),
        or(
            "functions",
            Kind::Named(&r::FUNCTION_NAME, &Kind::Table(&FUNCTION), &r::ANY_COUNT),
            Default::Table,
            "Lambda functions that belong to the stack, by name.",
        ),
        or(
            "identities",
            Kind::Named(&r::IDENTITY_NAME, &Kind::Table(&IDENTITY), &r::ANY_COUNT),
            Default::Table,
            "Workload identities that belong to no gateway, by name.",
        ),
        or("clients", Kind::Table(&CLIENTS), Default::Table, "Which client files are written."),
    ],
);

static STACK: Shape = table(
    "What the stack is called and where it lives.",
    &[
        required("name", Kind::Text(&r::STACK_NAME), "First part of every name in the account."),
        required("region", Kind::Text(&r::REGION), "AWS Region."),
        or(
            "protect",
            Kind::Boolean,
            Default::Boolean(false),
            "Refuses to remove or replace what holds people's accounts and consents.",
        ),
        or(
            "tags",
            Kind::Named(&r::TAG_KEY, &Kind::Text(&r::TAG_VALUE), &r::TAGS),
            Default::Table,
            "Tags for every object that can carry them.",
        ),
    ],
);

static INBOUND: Shape = table(
    "How callers of the gateway sign in: a Cognito user pool.",
    &[
        optional("first_user", Kind::Table(&FIRST_USER), "The person made together with the pool."),
        or(
            "access_token_minutes",
            Kind::Integer(&r::ACCESS_TOKEN),
            Default::Integer(60),
            "Life of an access token.",
        ),
        or(
            "refresh_token_days",
            Kind::Integer(&r::REFRESH_TOKEN),
            Default::Integer(30),
            "Life of a refresh token.",
        ),
        or(
            "m2m",
            Kind::Boolean,
            Default::Boolean(false),
            "Adds a client for machines, such as CI.",
        ),
        or(
            "password_minimum_length",
            Kind::Integer(&r::PASSWORD_LENGTH),
            Default::Integer(12),
            "Shortest password the pool accepts.",
        ),
    ],
);

static FIRST_USER: Shape = table(
    "The person made together with the pool.",
    &[
        required("email", Kind::Text(&r::EMAIL), "E-mail address, also the sign-in name."),
        optional(
            "password",
            Kind::Table(&SECRET),
            "Where the password comes from; without it Cognito mails an invitation, and the local AWS makes one that is shown once.",
        ),
    ],
);

static GATEWAY: Shape = table(
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

static FRONT: Shape = table(
    "The HTTP API and its two functions.",
    &[
        or("memory", Kind::Integer(&r::FUNCTION_MEMORY), Default::Integer(256), "Memory in MB."),
        or(
            "timeout_seconds",
            Kind::Integer(&r::FRONT_TIMEOUT),
            Default::Integer(29),
            "Time limit of a call.",
        ),
        optional(
            "architecture",
            Kind::Choice(&["arm64", "x86_64"]),
            "Processor; without it, what this machine can build.",
        ),
        or(
            "log_retention_days",
            Kind::Integer(&r::LOG_RETENTION),
            Default::Integer(30),
            "How long log lines are kept.",
        ),
        or("throttle", Kind::Table(&THROTTLE), Default::Table, "Request limits of every route."),
        optional(
            "reserved_concurrency",
            Kind::Integer(&r::CONCURRENCY),
            "Concurrency set aside for each function; a new account has only 10 in all.",
        ),
    ],
);

static THROTTLE: Shape = table(
    "Request limits of every route.",
    &[
        or("rate", Kind::Integer(&r::THROTTLE_RATE), Default::Integer(50), "Requests a second."),
        or("burst", Kind::Integer(&r::THROTTLE_BURST), Default::Integer(100), "Requests at once."),
    ],
);

static PROVIDER: Shape = table(
    "An OAuth2 credential provider.",
    &[
        required("vendor", Kind::Choice(&["github", "atlassian"]), "Whose OAuth server it is."),
        required(
            "client_id",
            Kind::TextOr(&r::CLIENT_ID, &SECRET),
            "Client id registered at the vendor.",
        ),
        required("client_secret", Kind::Table(&SECRET), "Where the client secret comes from."),
    ],
);

static TARGET: Shape = Shape {
    doc: "A target of the gateway: one source of tools.",
    exactly_one: &["openapi", "lambda"],
    instead_of_text: None,
    keys: &[
        optional("openapi", Kind::Text(&r::PATH), "An OpenAPI 3 description, as JSON."),
        or(
            "variables",
            Kind::Named(&r::MAP_KEY, &Kind::TextOr(&r::FREE_TEXT, &LOOKUP), &r::ANY_COUNT),
            Default::Table,
            "Values for the variables of the description's server URL.",
        ),
        optional("lambda", Kind::Table(&LAMBDA), "A Lambda function that answers the tools."),
        optional("description", Kind::Text(&r::DESCRIPTION), "Text shown in the console."),
        optional(
            "auth",
            Kind::Table(&AUTH),
            "How the gateway signs in; without it not at all, or for Lambda with its role.",
        ),
    ],
};

static LOOKUP: Shape = table(
    "A value that is looked up once and written into the description.",
    &[required("atlassian_tenant", Kind::Text(&r::TENANT), "The cloud id of this Atlassian site.")],
);

static LAMBDA: Shape = Shape {
    doc: "A Lambda function that answers the tools.",
    exactly_one: &["function", "arn"],
    instead_of_text: None,
    keys: &[
        optional("function", Kind::Text(&r::FUNCTION_NAME), "One of [functions], by name."),
        optional("arn", Kind::Text(&r::FUNCTION_ARN), "A function that exists already."),
        required("tools", Kind::Text(&r::PATH), "JSON file with the tools' schemas."),
    ],
};

static AUTH: Shape = table(
    "How the gateway gets a token for the target's API.",
    &[
        required("provider", Kind::Text(&r::PROVIDER_NAME), "One of [providers], by name."),
        required(
            "grant",
            Kind::Choice(&["authorization_code", "client_credentials"]),
            "Each person consents, or the gateway signs in as itself.",
        ),
        or(
            "scopes",
            Kind::List(&Kind::Text(&r::SCOPE), &r::SCOPES),
            Default::List(&[]),
            "Scopes asked for.",
        ),
        or(
            "custom_parameters",
            Kind::Named(&r::MAP_KEY, &Kind::Text(&r::FREE_TEXT), &r::CUSTOM_PARAMETERS),
            Default::Table,
            "Further parameters of the vendor's authorize or token request.",
        ),
    ],
);

static FUNCTION: Shape = table(
    "A Lambda function that belongs to the stack.",
    &[
        required("zip", Kind::Text(&r::PATH), "The deployment package."),
        required("handler", Kind::Text(&r::HANDLER), "Entry point, in the runtime's form."),
        required("runtime", Kind::Choice(&r::RUNTIMES), "Lambda runtime."),
        or("memory", Kind::Integer(&r::FUNCTION_MEMORY), Default::Integer(256), "Memory in MB."),
        or(
            "timeout_seconds",
            Kind::Integer(&r::FUNCTION_TIMEOUT),
            Default::Integer(30),
            "Time limit of a call.",
        ),
        or(
            "architecture",
            Kind::Choice(&["arm64", "x86_64"]),
            Default::Text("x86_64"),
            "Processor the package was built for.",
        ),
        or(
            "environment",
            Kind::Named(&r::FUNCTION_VARIABLE, &Kind::Text(&r::FREE_TEXT), &r::ANY_COUNT),
            Default::Table,
            "Environment variables, as plain text; never a secret.",
        ),
        or(
            "log_retention_days",
            Kind::Integer(&r::LOG_RETENTION),
            Default::Integer(30),
            "How long log lines are kept.",
        ),
    ],
);

static IDENTITY: Shape = table(
    "A workload identity that belongs to no gateway.",
    &[required(
        "return_urls",
        Kind::List(&Kind::Text(&r::RETURN_URL), &r::RETURN_URLS),
        "URLs that a consent may return to.",
    )],
);

static CLIENTS: Shape = table(
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

static SECRET: Shape = Shape {
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
