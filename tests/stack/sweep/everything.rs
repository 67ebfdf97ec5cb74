//! One stack with an object of every kind, what changes of it and what leaves it.

/// A manifest with every kind that a stack owns, each as small as it can be.
pub(in crate::stack) const FIRST: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"
bucket = "acme-schemas"
tags = { team = "tools" }

[cognito]
m2m = true
first_user = { email = "first@example.com", password = { env = "FIRST_PASSWORD" } }

[cognito.federation.okta]
oidc = { issuer = "https://idp.example.com", client_id = "first", client_secret = { env = "OKTA_SECRET" } }
attributes = { email = "email" }

[gateways.people]
description = "Tools for people"

[gateways.url]
front = "function-url"
consent = "portal"
portal = { description = "Your consents" }

[gateways.jobs]
inbound = "iam"
policy = { engine = "main" }

[gateways.jobs.rate_limits.callers]
dimensions = ["toolName"]
entries = [{ requests = { rate = 10, period = "second" } }]

[gateways.jobs.rules.all]
priority = 10
route = { target = "small" }

[providers.github]
vendor = "github"
client_id = { env = "GITHUB_CLIENT_ID" }
client_secret = { env = "GITHUB_CLIENT_SECRET" }

[providers.weather]
api_key = { env = "WEATHER_KEY" }

[targets.github]
gateway = "people"
openapi = "specs/small.json"
auth = { provider = "github", grant = "authorization_code", scopes = ["repo"] }

[targets.weather]
gateway = "url"
openapi = "specs/small.json"
auth = { provider = "weather", location = "header", name = "X-Api-Key" }

[targets.small]
gateway = "jobs"
openapi = "specs/small.json"

[targets.words]
gateway = "people"
lambda = { function = "words", tools = "tools.json" }

[functions.words]
zip = "words.zip"
handler = "index.handler"
runtime = "python3.12"
architecture = "x86_64"

[identities.ci]
return_urls = ["https://ci.example.com/done"]

[runtimes.counter]
zip = "words.zip"
code = { runtime = "PYTHON_3_13", entry_point = ["index.py"] }
description = "Counts words"

[runtimes.counter.endpoints.stable]
description = "What people use"

[policy_engines.main]
description = "Who may"

[policy_engines.main.policies.readers]
statement = 'permit(principal, action, resource == AgentCore::Gateway::"${gateway.jobs}");'

[clients]
write = ["vscode"]
"#;

/// The parts that the prune takes out: a gateway with all that is in it, a target with its function, a runtime.
const LEAVING: &[&str] = &[
    "[gateways.url]",
    "[targets.weather]",
    "[providers.weather]",
    "[targets.words]",
    "[functions.words]",
    "[runtimes.counter",
    "[identities.ci]",
    "[cognito.federation",
];

/// The first manifest with updates, a replacement and something new.
pub(in crate::stack) fn changed() -> String {
    let edits = [
        ("team = \"tools\"", "team = \"words\""),
        ("Tools for people", "All tools for people"),
        ("Your consents", "All your consents"),
        ("rate = 10,", "rate = 20,"),
        // Other dimensions: the limit is replaced.
        ("[\"toolName\"]", "[\"targetName\"]"),
        ("priority = 10", "priority = 20"),
        ("scopes = [\"repo\"]", "scopes = [\"repo\", \"gist\"]"),
        ("https://ci.example.com/done", "https://ci.example.com/finished"),
        ("Counts words", "Counts all words"),
        ("What people use", "What everybody uses"),
        ("'permit(", "'forbid("),
        ("handler = \"index.handler\"", "handler = \"index.handler\"\nlog_retention_days = 7"),
        ("client_id = \"first\"", "client_id = \"second\""),
        // The engine is replaced, and with it the policy in it.
        (
            "description = \"Who may\"",
            "kms_key = \"arn:aws:kms:us-west-2:111122223333:key/01234567-89ab-cdef-0123-456789abcdef\"",
        ),
        (
            "[targets.small]",
            "[targets.more]\ngateway = \"people\"\nopenapi = \"specs/small.json\"\n\n[targets.small]",
        ),
    ];
    edited(FIRST, &edits)
}

/// The changed manifest with what cannot change in place: the gateway of jobs with all that is in it, the provider that a
/// target holds, an identity provider, and a target whose tools come from elsewhere.
pub(in crate::stack) fn replaced() -> String {
    let edits = [
        (
            "inbound = \"iam\"",
            "inbound = \"jwt\"\njwt = { discovery_url = \"https://idp.example.com/.well-known/openid-configuration\", audiences = [\"jobs\"] }",
        ),
        ("vendor = \"github\"", "vendor = \"atlassian\""),
        (
            "oidc = { issuer = \"https://idp.example.com\", client_id = \"second\", client_secret = { env = \"OKTA_SECRET\" } }",
            "saml = { metadata_url = \"https://idp.example.com/metadata\" }",
        ),
        (
            "lambda = { function = \"words\", tools = \"tools.json\" }",
            "openapi = \"specs/small.json\"",
        ),
    ];
    edited(&changed(), &edits)
}

fn edited(text: &str, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(text.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from:?} in the manifest");
        text.replace(from, to)
    })
}

/// The replaced manifest without the parts that leave.
pub(super) fn pruned() -> String {
    let mut kept = String::new();
    let mut cutting = false;
    for line in replaced().lines() {
        if line.starts_with('[') {
            cutting = LEAVING.iter().any(|heading| line.starts_with(heading));
        }
        if !cutting {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}
