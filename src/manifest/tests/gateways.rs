//! Ways into a gateway and its settings: what they become, and each way to get them wrong.

use super::{STACK, bad, good};
use crate::manifest::{
    ClaimOperator, GatewayProtocol, Inbound, InterceptionPoint, WafFailure, rules,
};

const FUNCTION: &str =
    "[functions.watch]\nzip = \"w.zip\"\nhandler = \"a\"\nruntime = \"python3.13\"\n";
const URL: &str = "https://idp.example/.well-known/openid-configuration";

/// A `[gateway]` that takes tokens, with more in its `jwt`.
fn jwt(more: &str) -> String {
    format!(
        "{STACK}[gateway]\ninbound = \"jwt\"\n[gateway.jwt]\ndiscovery_url = \"{URL}\"\n{more}\n"
    )
}

#[test]
fn a_gateway_alone_signs_people_in_by_the_pool() {
    let gateway = good(STACK).gateway;
    assert_eq!((gateway.inbound, gateway.protocol), (Inbound::Cognito, GatewayProtocol::Mcp));
    assert!(gateway.has_front() && gateway.interceptors.is_empty());
    assert_eq!(gateway.protocol_versions.len(), 4);
    assert_eq!(
        (gateway.kms_key, gateway.waf_failure, gateway.response_streaming),
        (None, None, None)
    );
    for inbound in ["iam", "none"] {
        let gateway = good(&format!("{STACK}[gateway]\ninbound = \"{inbound}\"\n")).gateway;
        assert!(!gateway.has_front());
    }
}

#[test]
fn every_key_is_read() {
    let text = format!(
        "{STACK}{FUNCTION}[gateways.a]\ninbound = \"jwt\"\nprotocol = \"any\"\nprotocol_versions = [\"2025-11-25\"]\n\
         session_timeout_seconds = 900\nresponse_streaming = false\nlist_tools_pagination = true\n\
         kms_key = \"arn:aws:kms:us-west-2:111122223333:key/12345678-1234-1234-1234-123456789012\"\n\
         waf_failure = \"open\"\n\
         interceptors = [{{ function = \"watch\", points = [\"request\"], pass_headers = true }}]\n\
         [gateways.a.jwt]\ndiscovery_url = \"{URL}\"\naudiences = [\"a\"]\nclients = [\"c\"]\nscopes = [\"s\"]\n\
         advertised_scopes = {{ s = \"api://x/s\" }}\n\
         claims = [{{ name = \"g\", type = \"string_array\", operator = \"contains\", value = \"x\" }}]\n\
         private_endpoint = {{ resource_configuration = \"rcfg-0123456789abcdefg\" }}\n"
    );
    let manifest = good(&text);
    let gateway = &manifest.gateways["a"];
    assert_eq!(
        (gateway.waf_failure, gateway.session_timeout_seconds),
        (Some(WafFailure::Open), Some(900))
    );
    assert_eq!(
        (gateway.response_streaming, gateway.list_tools_pagination),
        (Some(false), Some(true))
    );
    let interceptor = &gateway.interceptors[0];
    assert_eq!(interceptor.points, [InterceptionPoint::Request]);
    assert!(interceptor.pass_headers && !interceptor.exclude_response_body);
    let jwt = gateway.jwt.as_ref().unwrap();
    assert_eq!(jwt.claims[0].operator, ClaimOperator::Contains);
    assert!(jwt.private_endpoint.is_some());
}

/// `(the manifest, path of the problem, message, part of the help)`.
type Case = (String, &'static str, &'static str, &'static str);

#[test]
#[expect(clippy::too_many_lines, reason = "one table, a line for each mistake")]
fn each_mistake_has_its_place_and_its_help() {
    let gateway = |keys: &str| format!("{STACK}[gateway]\n{keys}\n");
    let claim = |keys: &str| jwt(&format!("claims = [{{ name = \"g\", {keys} }}]"));
    let watch = |keys: &str| format!("{STACK}{FUNCTION}[gateway]\ninterceptors = [{keys}]\n");
    let long = "x".repeat(24);
    let cases: Vec<Case> = vec![
        (
            gateway("inbound = \"oauth\""),
            "gateway.inbound",
            "\"oauth\" is not possible here",
            "\"cognito\"",
        ),
        (
            gateway("inbound = \"jwt\""),
            "gateway.inbound",
            "inbound = \"jwt\" does not say whose tokens are taken",
            "discovery_url",
        ),
        (
            gateway("inbound = \"jwt\"\njwt = { audiences = [\"a\"] }"),
            "gateway.jwt.discovery_url",
            "`discovery_url` is missing",
            "add `discovery_url",
        ),
        (
            gateway(&format!("jwt = {{ discovery_url = \"{URL}\" }}")),
            "gateway.jwt",
            "`jwt` is for inbound = \"jwt\"",
            "inbound",
        ),
        (
            gateway(
                "inbound = \"jwt\"\njwt = { discovery_url = \"https://idp.example\", audiences = [\"a\"] }",
            ),
            "gateway.jwt.discovery_url",
            "not a discovery URL",
            ".well-known",
        ),
        (jwt(""), "gateway.jwt", "every token of the issuer would be let in", "audiences"),
        (jwt("scopes = [\"a b\"]"), "gateway.jwt.scopes[0]", "not a scope", "visible ASCII"),
        (jwt("clients = [\"a b\"]"), "gateway.jwt.clients[0]", "not a client id", "the issuer"),
        (
            jwt("scopes = [\"a\"]\nadvertised_scopes = { b = \"c\" }"),
            "gateway.jwt.advertised_scopes.b",
            "`b` is not one of `scopes`",
            "add it",
        ),
        (
            claim("type = \"string\", operator = \"contains\", value = \"a\""),
            "gateway.jwt.claims[0].operator",
            "the operator does not go with the claim's type",
            "contains_any",
        ),
        (
            claim("type = \"string_array\", operator = \"equals\", value = \"a\""),
            "gateway.jwt.claims[0].operator",
            "the operator does not go with the claim's type",
            "equals",
        ),
        (
            claim("type = \"string_array\", operator = \"contains_any\", value = \"a\""),
            "gateway.jwt.claims[0].value",
            "contains_any compares with several values",
            "values",
        ),
        (
            claim("type = \"string\", operator = \"equals\", values = [\"a\"]"),
            "gateway.jwt.claims[0].values",
            "equals and contains compare with one value",
            "value",
        ),
        (
            claim("type = \"string\", operator = \"equals\", value = \"a b\""),
            "gateway.jwt.claims[0].value",
            "not a claim's value",
            "letters",
        ),
        (
            claim("type = \"string\", operator = \"equals\", value = \"a\", values = [\"b\"]"),
            "gateway.jwt.claims[0].values",
            "`value` and `values` exclude each other",
            "exactly one",
        ),
        (
            gateway("inbound = \"iam\"\nconsent = \"callback\""),
            "gateway.consent",
            "consent = \"callback\" needs the front, which only inbound = \"cognito\" has",
            "another way in",
        ),
        (
            gateway("protocol = \"http\""),
            "gateway.protocol",
            "\"http\" is not possible here",
            "\"any\"",
        ),
        (
            gateway("protocol_versions = []"),
            "gateway.protocol_versions",
            "0 entries are not possible",
            "1 to 20",
        ),
        (
            gateway("protocol_versions = [\"2025-1-1x\"]"),
            "gateway.protocol_versions[0]",
            "an MCP protocol version has at least 10 characters",
            "2025-11-25",
        ),
        (
            gateway("protocol_versions = [\"2025-11-2x\"]"),
            "gateway.protocol_versions[0]",
            "not an MCP protocol version",
            "2025-11-25",
        ),
        (
            gateway("session_timeout_seconds = 899"),
            "gateway.session_timeout_seconds",
            "899 seconds is not possible",
            "900 to 28800",
        ),
        (
            gateway("session_timeout_seconds = 28801"),
            "gateway.session_timeout_seconds",
            "28801 seconds is not possible",
            "900 to 28800",
        ),
        (
            gateway("kms_key = \"arn:aws:kms:us-west-2:111122223333:alias/mine\""),
            "gateway.kms_key",
            "not the ARN of a KMS key",
            "no alias",
        ),
        (
            gateway("waf_failure = \"never\""),
            "gateway.waf_failure",
            "\"never\" is not possible here",
            "\"close\"",
        ),
        (
            watch("{ function = \"wtch\", points = [\"request\"] }"),
            "gateway.interceptors[0].function",
            "there is no function `wtch`",
            "did you mean `watch`?",
        ),
        (
            watch("{ function = \"watch\", points = [] }"),
            "gateway.interceptors[0].points",
            "0 entries are not possible",
            "1 to 2",
        ),
        (
            watch("{ function = \"watch\", points = [\"request\", \"request\"] }"),
            "gateway.interceptors[0].points",
            "a point has one interceptor",
            "once",
        ),
        (
            watch(
                "{ function = \"watch\", points = [\"request\"] }, { function = \"watch\", points = [\"response\", \"request\"] }",
            ),
            "gateway.interceptors[1].points",
            "a point has one interceptor",
            "once",
        ),
        (
            watch("{ arn = \"arn:aws:s3:::x\", points = [\"request\"] }"),
            "gateway.interceptors[0].arn",
            "not the ARN of a Lambda function",
            "arn:aws:lambda",
        ),
        (
            watch("{ points = [\"request\"] }"),
            "gateway.interceptors[0].function",
            "none of `function`, `arn` is written",
            "exactly one",
        ),
        (
            format!("{STACK}[gateways.A]\n"),
            "gateways.A",
            "not a gateway's name in the manifest",
            "lower-case",
        ),
        (
            format!(
                "[stack]\nname = \"{long}\"\nregion = \"us-west-2\"\n[gateways.abcdefghijklmnop]\n"
            ),
            "gateways.abcdefghijklmnop",
            "the gateway xxxxxxxxxxxxxxxxxxxxxxxx-gateway-abcdefghijklmnop would have a name of 49 characters",
            "by 1",
        ),
        (
            format!("{STACK}[gateway]\ninbound = \"iam\"\n[cognito]\nm2m = true\n"),
            "cognito",
            "[cognito] is for gateways with inbound = \"cognito\", and there is none",
            "remove it",
        ),
        (
            format!("{STACK}[gateway]\ninbound = \"iam\"\n[front]\nmemory = 512\n"),
            "front",
            "[front] is for gateways with inbound = \"cognito\", and there is none",
            "remove it",
        ),
    ];
    for (text, path, message, help) in cases {
        let problems = bad(&text);
        assert_eq!(problems.len(), 1, "{text}\n{problems}");
        let problem = problems.iter().next().unwrap();
        assert_eq!((problem.path.as_str(), problem.message.as_str()), (path, message), "{text}");
        let given = problem.help.as_deref().unwrap_or_default();
        assert!(given.contains(help), "{text}\n{given}");
    }
}

#[test]
fn limits_hold_at_their_ends() {
    let text = |letter: &str, length: usize| letter.repeat(length);
    for (keys, fits) in [
        (format!("scopes = [\"{}\"]", text("s", 255)), true),
        (format!("scopes = [\"{}\"]", text("s", 256)), false),
        (format!("clients = [\"{}\"]", text("c", 255)), true),
        (format!("clients = [\"{}\"]", text("c", 256)), false),
    ] {
        let text = jwt(&keys);
        if fits { drop(good(&text)) } else { drop(bad(&text)) }
    }
    let name = |length| {
        let name = text("n", length);
        jwt(&format!(
            "claims = [{{ name = \"{name}\", type = \"string\", operator = \"equals\", value = \"{name}\" }}]"
        ))
    };
    good(&name(255));
    assert_eq!(bad(&name(256)).len(), 2, "the name and the value");
    let advertised = |count: usize| {
        let scopes: Vec<String> = (0..count).map(|one| format!("\"s{one}\"")).collect();
        let pairs: Vec<String> = scopes.iter().map(|scope| format!("{scope} = \"x\"")).collect();
        jwt(&format!(
            "scopes = [{}]\nadvertised_scopes = {{ {} }}",
            scopes.join(", "),
            pairs.join(", ")
        ))
    };
    good(&advertised(50));
    bad(&advertised(51));
    let interceptors = |count: usize| {
        let one = "{ function = \"watch\", points = [\"request\"] }";
        let two = "{ function = \"watch\", points = [\"response\"] }";
        let all = [one, two, one];
        format!("{STACK}{FUNCTION}[gateway]\ninterceptors = [{}]\n", all[..count].join(", "))
    };
    good(&interceptors(2));
    let ids: Vec<&str> =
        bad(&interceptors(3)).iter().filter_map(|one| Some(one.rule?.id)).collect();
    assert!(ids.contains(&rules::INTERCEPTORS.rule.id), "{ids:?}");
}

#[test]
fn a_front_has_one_of_two_doors() {
    let url = good(&format!(
        "{STACK}[gateway]\nfront = \"function-url\"\n[front]\ntimeout_seconds = 900\n"
    ));
    assert!(url.gateway.has_function_url() && !url.gateway.has_http_api());
    assert!(good(STACK).gateway.has_http_api());
    let throttled = "[front]\nthrottle = { rate = 1 }\n";
    for (text, path, message, help) in [
        (
            "[gateway]\nfront = \"cloudfront\"\n".to_owned(),
            "gateway.front",
            "\"cloudfront\" is not possible here",
            "\"function-url\"",
        ),
        (
            "[gateway]\ninbound = \"iam\"\nfront = \"function-url\"\n".to_owned(),
            "gateway.front",
            "`front` is for inbound = \"cognito\"",
            "remove it",
        ),
        (
            "[front]\ntimeout_seconds = 30\n".to_owned(),
            "front.timeout_seconds",
            "30 seconds are not possible behind an HTTP API",
            "use 1 to 29 seconds",
        ),
        (
            "[gateways.a]\nfront = \"function-url\"\n[gateways.b]\n[front]\ntimeout_seconds = 60\n"
                .to_owned(),
            "front.timeout_seconds",
            "60 seconds are not possible behind an HTTP API",
            "every gateway",
        ),
        (
            format!("[gateway]\nfront = \"function-url\"\n{throttled}"),
            "front.throttle",
            "`throttle` is for an HTTP API, and there is none",
            "reserved_concurrency",
        ),
    ] {
        let problems = bad(&format!("{STACK}{text}"));
        assert_eq!(problems.len(), 1, "{text}\n{problems}");
        let problem = problems.iter().next().unwrap();
        assert_eq!((problem.path.as_str(), problem.message.as_str()), (path, message), "{text}");
        assert!(problem.help.as_deref().unwrap_or_default().contains(help), "{text}");
    }
    good(&format!("{STACK}[gateways.a]\nfront = \"function-url\"\n[gateways.b]\n{throttled}"));
}
