//! Targets: every pair of type and way to sign in, and what else their types ask.

use std::path::Path;

use super::{STACK, bad, good};
use crate::manifest::Manifest;
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
            let problems = match Manifest::parse(&text, "m", Path::new("")) {
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

/// A `[gateway]` with `keys`, a provider, and a target with `text`.
fn within(keys: &str, text: &str) -> String {
    let provider =
        "[providers.p]\nvendor = \"github\"\nclient_id = \"c\"\nclient_secret = { env = \"S\" }\n";
    format!("{}[gateway]\n{keys}\n{provider}", target(text))
}

#[test]
fn what_offers_no_tools_needs_a_gateway_of_any_protocol() {
    for (row, _) in MATRIX {
        let refused = Manifest::parse(&within("", kind(row)), "m", Path::new(""));
        let refused = refused.map(|_| ()).map_err(|problems| problems.to_string());
        if row.is_mcp() {
            assert_eq!(refused, Ok(()), "{row}");
        } else {
            let problems = refused.unwrap_err();
            let key = row.key();
            let expected = format!(
                "targets.a.{key}: {row} does not go into a gateway of MCP servers and tools only"
            );
            assert!(problems.contains(&expected), "{problems}");
            assert!(problems.contains("is then made anew"), "{problems}");
            assert!(problems.contains("rule: gateway-protocol"), "{problems}");
        }
        good(&within("protocol = \"any\"", kind(row)));
    }
}

#[test]
fn a_callers_credentials_need_callers_that_have_some() {
    let text = format!("{}\nauth = \"caller_iam\"", kind(TargetType::Runtime));
    for inbound in ["cognito", "none"] {
        let keys = format!("protocol = \"any\"\ninbound = \"{inbound}\"");
        let problems = bad(&within(&keys, &text)).to_string();
        let expected = "targets.a.auth: callers of its gateway have no AWS credentials";
        assert!(problems.contains(expected), "{problems}");
        assert!(problems.contains("inbound = \"iam\""), "{problems}");
    }
    good(&within("protocol = \"any\"\ninbound = \"iam\"", &text));
}

#[test]
fn a_callers_token_is_for_targets_by_http() {
    for (row, _) in MATRIX.iter().filter(|(row, _)| row.is_mcp()) {
        let text = format!("{}\nauth = \"jwt_passthrough\"", kind(*row));
        let problems = bad(&within("protocol = \"any\"", &text)).to_string();
        assert!(problems.contains("does not take the caller's token"), "{problems}");
    }
    let text = format!("{}\nauth = \"jwt_passthrough\"", kind(TargetType::Passthrough));
    good(&within("protocol = \"any\"", &text));
}

#[test]
fn a_consent_needs_a_place_to_return_to() {
    let text = |more: &str| {
        let openapi = kind(TargetType::OpenApi);
        format!("{openapi}\nauth = {{ provider = \"p\", grant = \"authorization_code\"{more} }}")
    };
    let problems = bad(&within("inbound = \"iam\"", &text(""))).to_string();
    let expected = "targets.a.auth.grant: a person's consent has nowhere to return to";
    assert!(problems.contains(expected), "{problems}");
    for way in ["inbound = \"cognito\"", "`return_url`", "another `grant`"] {
        assert!(problems.contains(way), "{way}: {problems}");
    }
    good(&within("", &text("")));
    let own = text(", return_url = \"https://mine.example.com/consent\"");
    good(&within("inbound = \"iam\"", &own));
}
