//! Targets: every pair of type and way to sign in, and what else their types ask.

use super::{STACK, bad, good};
use crate::manifest::rules::outbound::{Fit, MATRIX, Outbound, TargetType, WAYS};

fn kind(kind: TargetType) -> &'static str {
    match kind {
        TargetType::OpenApi => "openapi = \"a.json\"",
        TargetType::Smithy => "smithy = \"a.json\"",
        TargetType::Lambda => {
            "lambda = { arn = \"arn:aws:lambda:us-west-2:123456789012:function:x\", tools = \"t.json\" }"
        }
        TargetType::McpServer => "mcp_server = { endpoint = \"https://a.example.com/mcp\" }",
        TargetType::ApiGateway => {
            "api_gateway = { rest_api = \"a1\", stage = \"prod\", tools = [{ path = \"/a\", methods = [\"GET\"] }] }"
        }
        TargetType::Connector => "connector = { id = \"web-search\" }",
        TargetType::Runtime => {
            "runtime = { arn = \"arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/a-a1b2c3d4e5\" }"
        }
        TargetType::Passthrough => {
            "passthrough = { endpoint = \"https://a.example.com\", protocol = \"a2a\" }"
        }
        TargetType::HttpConnector => "http_connector = { id = \"x\" }",
        TargetType::InferenceConnector => "inference = { connector = \"openai\" }",
        TargetType::InferenceProvider => {
            "inference = { provider = { endpoint = \"https://a.example.com\" } }"
        }
    }
}

fn auth(way: Outbound, kind: TargetType) -> &'static str {
    match way {
        Outbound::None => "\"none\"",
        Outbound::GatewayRole if kind.signs_for_a_service() == Fit::Yes => {
            "{ service = \"execute-api\" }"
        }
        Outbound::GatewayRole => "\"gateway_role\"",
        Outbound::CallerIam => "\"caller_iam\"",
        Outbound::ClientCredentials => "{ provider = \"p\", grant = \"client_credentials\" }",
        Outbound::AuthorizationCode => "{ provider = \"p\", grant = \"authorization_code\" }",
        Outbound::TokenExchange => "{ provider = \"p\", grant = \"token_exchange\" }",
        Outbound::JwtPassthrough => "\"jwt_passthrough\"",
        Outbound::ApiKey => "{ provider = \"p\", location = \"header\" }",
    }
}

fn target(text: &str) -> String {
    format!("{STACK}[targets.a]\n{text}\n")
}

#[test]
fn every_forbidden_pair_is_refused_with_what_is_possible() {
    let mut refused = 0;
    for (row, fits) in MATRIX {
        for (way, fit) in WAYS.into_iter().zip(fits) {
            let text = target(&format!("{}\nauth = {}", kind(row), auth(way, row)));
            let problems =
                match crate::manifest::Manifest::parse(&text, "m", std::path::Path::new("")) {
                    Ok(_) => String::new(),
                    Err(problems) => problems.to_string(),
                };
            let message = format!("{row} does not take {way}");
            assert_eq!(problems.contains(&message), fit == Fit::No, "{message}:\n{problems}");
            refused += usize::from(fit == Fit::No);
            if fit == Fit::No {
                assert!(problems.contains("possible: "), "{problems}");
            }
        }
    }
    assert_eq!(
        refused,
        MATRIX.iter().flat_map(|(_, fits)| fits).filter(|fit| **fit == Fit::No).count()
    );
}

#[test]
fn an_undocumented_pair_is_a_warning() {
    let manifest = good(&target("connector = { id = \"web-search\" }\nauth = \"none\""));
    let warnings = manifest.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(
        "targets.a: it is not documented whether a connector target takes no authorization"
    ));
    let silent = target(
        "connector = { id = \"x\" }\npermissions = [{ actions = [\"a:B\"], resources = [\"*\"] }]",
    );
    assert!(good(&silent).warnings().is_empty());
    let unnamed = good(&target("smithy = \"a.json\"")).warnings();
    assert!(unnamed[0].contains("name it in `permissions`"), "{unnamed:?}");
}

#[test]
fn each_further_rule_has_its_refusal() {
    let search = "[gateway]\nsearch = \"none\"\n";
    for (text, expected) in [
        (
            target("openapi = \"a.json\"\nauth = \"gateway_role\""),
            "targets.a.auth: an OpenAPI target with the gateway's role needs the service to sign for",
        ),
        (
            target("smithy = \"a.json\"\nauth = { service = \"s3\" }"),
            "targets.a.auth: a Smithy target is not told which service to sign for",
        ),
        (
            target("mcp_server = { endpoint = \"https://a.example.com\", listing = \"dynamic\" }"),
            "targets.a.mcp_server.listing: a dynamic listing does not go with a gateway that searches",
        ),
        (
            format!(
                "{}{search}",
                target(
                    "mcp_server = { endpoint = \"https://a.example.com\", listing = \"dynamic\" }\nauth = { provider = \"p\", grant = \"authorization_code\" }"
                )
            ),
            "targets.a.mcp_server.listing: a dynamic listing does not go with OAuth with authorization_code",
        ),
        (
            target("openapi = \"a.json\"\nheaders = { request = [\"X-Fine\", \"Cookie\"] }"),
            "targets.a.headers.request[1]: the header `Cookie` cannot pass the gateway",
        ),
        (
            target(
                "openapi = \"a.json\"\npermissions = [{ actions = [\"s3:*\"], resources = [\"*\"] }]",
            ),
            "targets.a.permissions[0].actions[0]: not an IAM action",
        ),
        (
            target(
                "openapi = \"a.json\"\npermissions = [{ actions = [\"a:B\"], resources = [\"*\"] }]",
            ),
            "targets.a.permissions: permissions are for a target that the gateway's role signs in to",
        ),
        (
            target("runtime = { runtime = \"agent\" }"),
            "targets.a.runtime.runtime: there is no runtime `agent`",
        ),
        (
            target("openapi = \"a.json\"\nauth = { provider = \"p\" }"),
            "none of `grant`, `location`, `service` is written",
        ),
        (
            target(
                "openapi = \"a.json\"\nauth = { provider = \"p\", location = \"header\", scopes = [\"a\"] }",
            ),
            "targets.a.auth.scopes: `scopes` goes with `grant`",
        ),
        (
            target("openapi = \"a.json\"\nsmithy = \"b.json\""),
            "`openapi` and `smithy` exclude each other",
        ),
    ] {
        let problems = bad(&text).to_string();
        assert!(problems.contains(expected), "{expected}\n---\n{problems}");
    }
}
