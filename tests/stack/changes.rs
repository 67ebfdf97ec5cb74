//! A changed manifest changes exactly what it should: the plan names it, these calls carry it out, and nothing else
//! moves in the store.

use std::collections::BTreeMap;

use construct_engine::Verb;
use construct_local::Options;

use super::harness::{Bench, FULL, operations};
use super::store::{differing, object};

/// What a change should come to.
struct Expected<const A: usize, const C: usize, const O: usize> {
    plan: [(&'static str, Verb); A],
    calls: [(&'static str, usize); C],
    objects: [&'static str; O],
}

/// Makes a change, and holds plan, calls and store against what it should come to.
async fn check<const A: usize, const C: usize, const O: usize>(
    bench: &Bench,
    what: &str,
    expected: Expected<A, C, O>,
) {
    let plan: BTreeMap<String, Verb> =
        expected.plan.into_iter().map(|(address, verb)| (address.to_owned(), verb)).collect();
    assert_eq!(bench.work().await, plan, "plan of: {what}");
    let before = bench.store();
    let ran = bench.up().await.done();
    assert_eq!(ran.changes(), operations(expected.calls), "calls of: {what}");
    let moved: Vec<String> = differing(&before, &bench.store()).into_iter().collect();
    assert_eq!(moved, expected.objects, "objects of: {what}");
    assert!(bench.work().await.is_empty(), "{what} is not settled");
}

/// A full stack that is up.
async fn up() -> Bench {
    let mut bench = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    bench.variables.insert("GITHUB_CLIENT_ID".to_owned(), "Iv1.0123456789abcdef".to_owned());
    bench.variables.insert("GITHUB_CLIENT_SECRET".to_owned(), "first-secret".to_owned());
    bench.up().await.done();
    assert!(bench.work().await.is_empty());
    bench
}

const TARGET: &str = "target acme-tools-gateway github";

#[tokio::test(start_paused = true)]
async fn of_targets() {
    let bench = up().await;
    let update = || Expected {
        plan: [("target/github", Verb::Update)],
        calls: [("bedrock-agentcore.UpdateGatewayTarget", 1)],
        objects: [TARGET],
    };
    bench.edit("construct.toml", r#"scopes = ["repo"]"#, r#"scopes = ["repo", "gist"]"#);
    check(&bench, "a scope", update()).await;
    bench.edit("specs/small.json", "Who is signed in", "The user who is signed in");
    check(&bench, "a description in the spec", update()).await;
    assert!(object(&bench.store(), TARGET).raw.to_string().contains("The user who is signed in"));
    bench.edit("specs/small.json", r#""openapi": "3.0.3","#, r#""openapi":      "3.0.3","#);
    check(&bench, "spaces in the spec", Expected { plan: [], calls: [], objects: [] }).await;
    bench.edit("tools.json", "Counts the words", "Counts all words");
    check(
        &bench,
        "a tool's description",
        Expected {
            plan: [("target/words", Verb::Update)],
            calls: [("bedrock-agentcore.UpdateGatewayTarget", 1)],
            objects: ["target acme-tools-gateway words"],
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn of_the_front() {
    let bench = up().await;
    bench.edit(
        "construct.toml",
        "[clients]",
        "[front]\nthrottle = { rate = 7, burst = 9 }\n\n[clients]",
    );
    check(
        &bench,
        "the throttle",
        Expected {
            plan: [("stage", Verb::Update)],
            calls: [("apigateway.UpdateStage", 1)],
            objects: ["stage acme-tools-api $default"],
        },
    )
    .await;
    bench.edit("construct.toml", "[front]", "[front]\nmemory = 512");
    check(
        &bench,
        "the memory",
        Expected {
            plan: [("function/mcp-proxy", Verb::Update), ("function/oauth-callback", Verb::Update)],
            calls: [("lambda.UpdateFunctionConfiguration", 2)],
            objects: ["function acme-tools-mcp-proxy", "function acme-tools-oauth-callback"],
        },
    )
    .await;
    bench.edit("construct.toml", "[front]", "[front]\nlog_retention_days = 90");
    check(
        &bench,
        "the retention",
        Expected {
            plan: [
                ("log-group/mcp-proxy", Verb::Update),
                ("log-group/oauth-callback", Verb::Update),
            ],
            calls: [("logs.PutRetentionPolicy", 2)],
            objects: [
                "log-group /aws/lambda/acme-tools-mcp-proxy",
                "log-group /aws/lambda/acme-tools-oauth-callback",
            ],
        },
    )
    .await;
    bench.edit("construct.toml", "[front]", "[front]\nreserved_concurrency = 5");
    check(
        &bench,
        "the concurrency",
        Expected {
            plan: [("function/mcp-proxy", Verb::Update), ("function/oauth-callback", Verb::Update)],
            calls: [("lambda.PutFunctionConcurrency", 2)],
            objects: ["function acme-tools-mcp-proxy", "function acme-tools-oauth-callback"],
        },
    )
    .await;
    bench.edit("construct.toml", "reserved_concurrency = 5\n", "");
    check(
        &bench,
        "no concurrency",
        Expected {
            plan: [("function/mcp-proxy", Verb::Update), ("function/oauth-callback", Verb::Update)],
            calls: [("lambda.DeleteFunctionConcurrency", 2)],
            objects: ["function acme-tools-mcp-proxy", "function acme-tools-oauth-callback"],
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn of_the_way_in() {
    let bench = up().await;
    let clients = [
        "client acme-tools-pool acme-tools-client-editors",
        "client acme-tools-pool acme-tools-client-machine",
    ];
    bench.edit("construct.toml", "m2m = true", "m2m = true\naccess_token_minutes = 30");
    check(
        &bench,
        "the life of access tokens",
        Expected {
            plan: [("client/editors", Verb::Update), ("client/machine", Verb::Update)],
            calls: [("cognito-idp.UpdateUserPoolClient", 2)],
            objects: clients,
        },
    )
    .await;
    bench.edit("construct.toml", "m2m = true", "m2m = true\nrefresh_token_days = 7");
    check(
        &bench,
        "the life of refresh tokens",
        Expected {
            plan: [("client/editors", Verb::Update)],
            calls: [("cognito-idp.UpdateUserPoolClient", 1)],
            objects: [clients[0]],
        },
    )
    .await;
    bench.edit("construct.toml", "m2m = true", "m2m = true\npassword = { minimum_length = 20 }");
    check(
        &bench,
        "the length of passwords",
        Expected {
            plan: [("pool", Verb::Update)],
            calls: [("cognito-idp.UpdateUserPool", 1)],
            objects: ["pool acme-tools-pool"],
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn of_a_client_secret() {
    let mut bench = up().await;
    let digest = |bench: &Bench| {
        object(&bench.store(), "provider acme-tools-github").tags.unwrap()["construct:secret"]
            .clone()
    };
    let before = digest(&bench);
    bench.variables.insert("GITHUB_CLIENT_SECRET".to_owned(), "second-secret".to_owned());
    check(
        &bench,
        "the client secret",
        Expected {
            plan: [("provider/github", Verb::Update)],
            calls: [
                ("bedrock-agentcore.TagResource", 1),
                ("bedrock-agentcore.UpdateOauth2CredentialProvider", 1),
            ],
            objects: [
                "provider acme-tools-github",
                "secret bedrock-agentcore-identity!default/oauth2/acme-tools-github",
            ],
        },
    )
    .await;
    assert_ne!(digest(&bench), before);
    let secret = object(
        &bench.store(),
        "secret bedrock-agentcore-identity!default/oauth2/acme-tools-github",
    );
    assert!(secret.raw.to_string().contains("second-secret"), "the vault has the new value");
}

#[tokio::test(start_paused = true)]
async fn of_functions_and_identities() {
    let bench = up().await;
    let function = "function acme-tools-words";
    bench.edit(
        "construct.toml",
        "[functions.words]",
        "[functions.words]\nenvironment = { MODE = \"fast\" }",
    );
    check(
        &bench,
        "a variable",
        Expected {
            plan: [("function/words", Verb::Update)],
            calls: [("lambda.UpdateFunctionConfiguration", 1)],
            objects: [function],
        },
    )
    .await;
    let code = "def handler(event, context):\n    return {'words': 0}\n";
    bench.write("words.zip", &super::harness::zipped("index.py", code));
    check(
        &bench,
        "the code",
        Expected {
            plan: [("function/words", Verb::Update)],
            calls: [("lambda.UpdateFunctionCode", 1)],
            objects: [function],
        },
    )
    .await;
    bench.edit("construct.toml", "https://ci.example.com/done", "https://ci.example.com/finished");
    check(
        &bench,
        "a return URL",
        Expected {
            plan: [("identity/ci", Verb::Update)],
            calls: [("bedrock-agentcore.UpdateWorkloadIdentity", 1)],
            objects: ["identity acme-tools-ci"],
        },
    )
    .await;
    bench.edit(
        "construct.toml",
        "[clients]",
        "[gateway]\ninstructions = \"Ask first.\"\n\n[clients]",
    );
    check(
        &bench,
        "the gateway's instructions",
        Expected {
            plan: [("gateway", Verb::Update)],
            // The tag says that the setting is the manifest's now.
            calls: [("bedrock-agentcore.TagResource", 1), ("bedrock-agentcore.UpdateGateway", 1)],
            objects: ["gateway acme-tools-gateway"],
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn of_the_stacks_tags() {
    let bench = up().await;
    bench.edit("construct.toml", r#"team = "tools""#, r#"team = "platform""#);
    let plan = bench.work().await;
    let before = bench.store();
    let ran = bench.up().await.done();
    // A pool's tags are a part of its settings.
    let expected = operations([
        ("apigateway.TagResource", 2),
        ("bedrock-agentcore.TagResource", 3),
        ("cognito-idp.UpdateUserPool", 1),
        ("dynamodb.TagResource", 1),
        ("iam.TagRole", 4),
        ("lambda.TagResource", 3),
        ("logs.TagResource", 3),
        ("ssm.AddTagsToResource", 2),
    ]);
    assert_eq!(ran.changes(), expected);
    let moved = differing(&before, &bench.store());
    assert_eq!(moved.len(), plan.len(), "{moved:?} against {plan:?}");
    let stale: Vec<String> = super::store::objects(&bench.store())
        .into_iter()
        .filter(|object| {
            object
                .tags
                .as_ref()
                .is_some_and(|tags| tags.get("team").is_some_and(|team| team == "tools"))
        })
        .map(|object| object.name)
        .collect();
    assert_eq!(stale, Vec::<String>::new());
    assert!(bench.work().await.is_empty());
}
