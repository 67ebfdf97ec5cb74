//! Gateways.

use serde_json::{Value, json};

use super::{Bench, DISCOVERY, ROLE, gateway, lambda_target, wait};
use crate::Options;

#[tokio::test(start_paused = true)]
async fn a_gateway_has_the_ids_and_urls_of_its_name() {
    let bench = Bench::lenient();
    let made = bench.send("POST", "/gateways/", gateway("My-Tools")).await;
    assert_eq!(made.0, 202);
    let made = made.ok();
    let id = made["gatewayId"].as_str().unwrap();
    let (name, suffix) = id.rsplit_once('-').unwrap();
    assert_eq!((name, suffix.len()), ("my-tools", 10));
    assert_eq!(made["name"], "My-Tools");
    assert_eq!(made["gatewayUrl"], format!("http://localhost:4566/gateway/{id}/mcp"));
    assert_eq!(
        made["gatewayArn"],
        format!("arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/{id}")
    );
    let identity = bench.identity("GetWorkloadIdentity", json!({"name": id})).await.ok();
    assert_eq!(
        made["workloadIdentityDetails"]["workloadIdentityArn"],
        identity["workloadIdentityArn"]
    );
}

#[tokio::test(start_paused = true)]
async fn statuses_settle_by_the_delay() {
    let bench = Bench::slow();
    let id = bench.gateway("slow").await;
    let path = format!("/gateways/{id}/");
    assert_eq!(bench.status(&path).await, "CREATING");
    let busy = bench.send("DELETE", &path, Value::Null).await.refusal();
    assert_eq!((busy.0, busy.1.as_str()), (409, "ConflictException"));
    assert!(busy.2.ends_with("is in status CREATING"), "{}", busy.2);
    wait(1000).await;
    assert_eq!(bench.status(&path).await, "READY");
    let updated = bench.send("PUT", &path, gateway("slow")).await.ok();
    assert_eq!(updated["status"], "UPDATING");
    assert_eq!(bench.send("PUT", &path, gateway("slow")).await.code(), "ConflictException");
    wait(1000).await;
    let deleted = bench.send("DELETE", &path, Value::Null).await.ok();
    assert_eq!(deleted, json!({"gatewayId": id, "status": "DELETING"}));
    assert_eq!(bench.status(&path).await, "DELETING");
    // Deleting again while it goes is no error; the name is free only when it is gone.
    assert_eq!(bench.send("DELETE", &path, Value::Null).await.0, 202);
    assert_eq!(bench.send("POST", "/gateways/", gateway("slow")).await.code(), "ConflictException");
    wait(1000).await;
    assert_eq!(bench.get(&path).await.code(), "ResourceNotFoundException");
    let identity = bench.identity("GetWorkloadIdentity", json!({"name": id})).await;
    assert_eq!(identity.code(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn every_member_is_held_to_its_grammar() {
    let bench = Bench::lenient();
    let request = json!({
        "name": "a b", "roleArn": "role", "authorizerType": "MAGIC", "description": "",
        "clientToken": "short", "tags": {"": "x"},
        "protocolConfiguration": {"mcp": {"sessionConfiguration": {"sessionTimeoutInSeconds": 1}}},
        "authorizerConfiguration": {"customJWTAuthorizer": {"discoveryUrl": "https://idp/x"}},
    });
    let got = bench.send("POST", "/gateways/", request).await;
    assert_eq!(got.1["reason"], "FieldValidationFailed");
    let fields: Vec<&str> = got.1["fieldList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    for field in [
        "name",
        "roleArn",
        "authorizerType",
        "description",
        "clientToken",
        "tags.key",
        "protocolConfiguration.mcp.sessionConfiguration.sessionTimeoutInSeconds",
        "authorizerConfiguration.customJWTAuthorizer.discoveryUrl",
    ] {
        assert!(fields.contains(&field), "{field} in {fields:?}");
    }
    let empty = bench.send("POST", "/gateways/", json!({})).await;
    assert_eq!(empty.1["fieldList"].as_array().unwrap().len(), 3);
    assert_eq!(bench.get("/gateways/NOT-an-id/").await.code(), "ValidationException");
    assert_eq!(bench.get("/gateways/?maxResults=1001").await.code(), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn a_jwt_gateway_needs_an_authorizer() {
    let bench = Bench::lenient();
    let mut request = gateway("jwt");
    request["authorizerType"] = json!("CUSTOM_JWT");
    let refused = bench.send("POST", "/gateways/", request.clone()).await.refusal();
    assert_eq!(refused.1, "ValidationException");
    request["authorizerConfiguration"] =
        json!({"customJWTAuthorizer": {"discoveryUrl": DISCOVERY, "allowedClients": []}});
    assert_eq!(
        bench.send("POST", "/gateways/", request.clone()).await.code(),
        "ValidationException"
    );
    request["authorizerConfiguration"] =
        json!({"customJWTAuthorizer": {"discoveryUrl": DISCOVERY, "allowedClients": ["c"]}});
    let made = bench.send("POST", "/gateways/", request.clone()).await.ok();
    assert_eq!(made["authorizerConfiguration"], request["authorizerConfiguration"]);
}

#[tokio::test(start_paused = true)]
async fn an_interception_point_takes_one_interceptor() {
    let bench = Bench::lenient();
    let interceptor = json!({
        "interceptor": {"lambda": {"arn": "arn:aws:lambda:us-east-1:111122223333:function:f"}},
        "interceptionPoints": ["REQUEST"],
    });
    let mut request = gateway("hooks");
    request["interceptorConfigurations"] = json!([interceptor, interceptor]);
    assert_eq!(
        bench.send("POST", "/gateways/", request.clone()).await.code(),
        "ValidationException"
    );
    request["interceptorConfigurations"][1]["interceptionPoints"] = json!(["RESPONSE"]);
    assert_eq!(bench.send("POST", "/gateways/", request).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_once_and_a_token_repeats() {
    let bench = Bench::lenient();
    let mut request = gateway("one");
    request["clientToken"] = json!("0123456789abcdef0123456789abcdef0123");
    let made = bench.send("POST", "/gateways/", request.clone()).await.ok();
    let again = bench.send("POST", "/gateways/", request.clone()).await.ok();
    assert_eq!(made["gatewayId"], again["gatewayId"]);
    request["description"] = json!("other");
    let other = bench.send("POST", "/gateways/", request).await;
    assert_eq!(other.1["reason"], "IdempotentParameterMismatchException");
    assert_eq!(other.0, 400);
    let taken = bench.send("POST", "/gateways/", gateway("one")).await;
    assert_eq!(taken.0, 409);
    assert_eq!(taken.code(), "ConflictException");
    let listed = bench.get("/gateways/").await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let abroad = bench.send_to("eu-west-1", "POST", "/gateways/", gateway("one")).await;
    assert_eq!(abroad.0, 202);
}

#[tokio::test(start_paused = true)]
async fn an_update_resets_what_it_omits() {
    let bench = Bench::lenient();
    let mut request = gateway("reset");
    request["description"] = json!("d");
    request["exceptionLevel"] = json!("DEBUG");
    request["protocolConfiguration"] = json!({"mcp": {"instructions": "hi"}});
    let made = bench.send("POST", "/gateways/", request).await.ok();
    assert_eq!(made["exceptionLevel"], "DEBUG");
    let path = format!("/gateways/{}/", made["gatewayId"].as_str().unwrap());
    bench.send("PUT", &path, gateway("reset")).await.ok();
    let now = bench.get(&path).await.ok();
    for member in ["description", "exceptionLevel", "protocolConfiguration"] {
        assert_eq!(now.get(member), None, "{member}");
    }
    let missing = json!({"name": "reset", "roleArn": ROLE});
    assert_eq!(bench.send("PUT", &path, missing).await.code(), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn an_update_resets_every_member_that_a_caller_chooses() {
    let bench = Bench::lenient();
    let engine = bench.send("POST", "/policy-engines", json!({"name": "guard"})).await.ok();
    let function = "arn:aws:lambda:us-east-1:111122223333:function:f";
    let mut whole = gateway("whole");
    let members = [
        ("description", json!("d")),
        ("protocolConfiguration", json!({"mcp": {"instructions": "hi"}})),
        ("authorizerConfiguration", json!({"customJWTAuthorizer": {"discoveryUrl": DISCOVERY}})),
        (
            "kmsKeyArn",
            json!("arn:aws:kms:us-east-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef"),
        ),
        ("customTransformConfiguration", json!({"lambda": {"arn": function}})),
        (
            "interceptorConfigurations",
            json!([{
                "interceptor": {"lambda": {"arn": function}}, "interceptionPoints": ["REQUEST"],
            }]),
        ),
        (
            "policyEngineConfiguration",
            json!({"arn": engine["policyEngineArn"], "mode": "LOG_ONLY"}),
        ),
        ("exceptionLevel", json!("DEBUG")),
        ("wafConfiguration", json!({"failureMode": "FAIL_OPEN"})),
        ("domainOverride", json!({"defaultDomain": "tools.example.com"})),
    ];
    for (member, value) in &members {
        whole[*member] = value.clone();
    }
    let made = bench.send("POST", "/gateways/", whole.clone()).await.ok();
    // These two are set by an update only.
    for member in ["customTransformConfiguration", "wafConfiguration"] {
        assert_eq!(made.get(member), None, "{member}");
    }
    let path = format!("/gateways/{}/", made["gatewayId"].as_str().unwrap());
    bench.send("PUT", &path, whole).await.ok();
    let before = bench.get(&path).await.ok();
    let bare = json!({"name": "whole", "roleArn": ROLE, "authorizerType": "NONE"});
    bench.send("PUT", &path, bare).await.ok();
    let after = bench.get(&path).await.ok();
    assert_eq!((&before["protocolType"], after.get("protocolType")), (&json!("MCP"), None));
    for (member, value) in members {
        assert_eq!((&before[member], after.get(member)), (&value, None), "{member}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_named_by_its_full_arn() {
    let bench = Bench::lenient();
    let mut request = gateway("g");
    request["kmsKeyArn"] = json!("arn:aws:kms:us-east-1:111122223333:alias/mine");
    assert_eq!(bench.send("POST", "/gateways/", request).await.code(), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn authenticate_only_needs_no_authorizer() {
    let bench = Bench::lenient();
    let mut request = gateway("g");
    request["authorizerType"] = json!("AUTHENTICATE_ONLY");
    let made = bench.send("POST", "/gateways/", request).await.ok();
    assert_eq!(made["authorizerType"], "AUTHENTICATE_ONLY");
}

#[tokio::test(start_paused = true)]
async fn an_attached_engine_must_exist_and_stays() {
    let bench = Bench::lenient();
    let engine = bench.send("POST", "/policy-engines", json!({"name": "guard"})).await.ok();
    let arn = engine["policyEngineArn"].as_str().unwrap();
    let mut request = gateway("g");
    let attached = |arn: &str| json!({"arn": arn, "mode": "ENFORCE"});
    request["policyEngineConfiguration"] = attached(&arn.replace("guard", "other"));
    let refused = bench.send("POST", "/gateways/", request.clone()).await.refusal();
    assert_eq!(refused.1, "ValidationException");
    assert!(refused.2.contains("not found"), "{}", refused.2);
    request["policyEngineConfiguration"] = attached(arn);
    let made = bench.send("POST", "/gateways/", request).await.ok();
    let own = format!("/policy-engines/{}", engine["policyEngineId"].as_str().unwrap());
    let held = bench.send("DELETE", &own, Value::Null).await;
    assert_eq!((held.0, held.code().as_str()), (409, "ConflictException"));
    // An update that omits the engine lets go of it.
    let path = format!("/gateways/{}/", made["gatewayId"].as_str().unwrap());
    bench.send("PUT", &path, gateway("g")).await.ok();
    assert_eq!(bench.send("DELETE", &own, Value::Null).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn some_members_stay_as_they_were_created() {
    let bench = Bench::lenient();
    let mut request = gateway("fixed");
    let versions = json!({"mcp": {"supportedVersions": ["2025-11-25"]}});
    request["protocolConfiguration"] = versions;
    let made = bench.send("POST", "/gateways/", request.clone()).await.ok();
    let path = format!("/gateways/{}/", made["gatewayId"].as_str().unwrap());
    for (member, value) in [
        ("name", json!("other")),
        ("authorizerType", json!("AWS_IAM")),
        ("protocolConfiguration", json!({"mcp": {"supportedVersions": ["2026-07-28"]}})),
        // Omitting the versions would reset them, which is a change too.
        ("protocolConfiguration", Value::Null),
    ] {
        let mut changed = request.clone();
        changed[member] = value;
        let refused = bench.send("PUT", &path, changed).await.refusal();
        assert_eq!((refused.0, refused.1.as_str()), (400, "ValidationException"), "{member}");
    }
    assert_eq!(bench.send("PUT", &path, request).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_goes_after_its_last_target() {
    let bench = Bench::slow();
    let id = bench.gateway("full").await;
    wait(1000).await;
    let target = bench.target(&id, lambda_target("t")).await;
    wait(1000).await;
    let path = format!("/gateways/{id}/");
    let refused = bench.send("DELETE", &path, Value::Null).await.refusal();
    assert_eq!(refused.1, "ValidationException");
    assert!(refused.2.contains("has targets associated with it"), "{}", refused.2);
    bench.send("DELETE", &format!("{path}targets/{target}/"), Value::Null).await.ok();
    // No list shows the target any more, and still the gateway is held.
    let listed = bench.get(&format!("{path}targets/")).await.ok();
    assert_eq!(listed["items"], json!([]));
    let refused = bench.send("DELETE", &path, Value::Null).await.refusal();
    assert!(refused.2.contains("has targets associated with it"), "{}", refused.2);
    wait(1000).await;
    assert_eq!(bench.send("DELETE", &path, Value::Null).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn a_region_has_a_thousand_gateways() {
    let bench = Bench::lenient();
    let id = bench.gateway("first").await;
    bench.local.edit(|account| {
        let gateways = &mut account.region_mut("us-east-1").agentcore.gateways;
        for number in 1..1000 {
            let mut copy = gateways[&id].clone();
            copy.id = format!("copy-{number}");
            copy.settings.name.clone_from(&copy.id);
            gateways.insert(copy.id.clone(), copy);
        }
    });
    let refused = bench.send("POST", "/gateways/", gateway("last")).await.refusal();
    assert_eq!((refused.0, refused.1.as_str()), (402, "ServiceQuotaExceededException"));
    let page = bench.get("/gateways/?maxResults=999").await.ok();
    let next = page["nextToken"].as_str().unwrap();
    let rest = bench.get(&format!("/gateways/?maxResults=999&nextToken={next}")).await.ok();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_eq!(bench.get("/gateways/?nextToken=foreign").await.code(), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn tags_merge_and_go() {
    let bench = Bench::lenient();
    let mut request = gateway("tagged");
    request["tags"] = json!({"a": "1"});
    let made = bench.send("POST", "/gateways/", request).await.ok();
    let arn = made["gatewayArn"].as_str().unwrap().replace(':', "%3A").replace('/', "%2F");
    let path = format!("/tags/{arn}");
    assert_eq!(bench.send("POST", &path, json!({"tags": {"b": "2"}})).await.0, 204);
    assert_eq!(bench.get(&path).await.ok()["tags"], json!({"a": "1", "b": "2"}));
    assert_eq!(bench.send("DELETE", &format!("{path}?tagKeys=a"), Value::Null).await.0, 204);
    assert_eq!(bench.get(&path).await.ok()["tags"], json!({"b": "2"}));
    let many: Value = (0..50).map(|n| (format!("k{n}"), "v".to_owned())).collect();
    assert_eq!(bench.send("POST", &path, json!({"tags": many})).await.0, 402);
    let unknown = "/tags/arn%3Aaws%3Abedrock-agentcore%3Aus-east-1%3A111122223333%3Agateway%2Fno";
    assert_eq!(bench.get(unknown).await.code(), "ResourceNotFoundException");
    assert_eq!(bench.get("/tags/nonsense").await.code(), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn the_role_must_exist_trust_the_service_and_be_old_enough() {
    let bench = Bench::with(Options {
        delays: crate::options::Delays {
            iam_propagation_ms: 1000,
            ..crate::options::Delays::none()
        },
        ..Options::instant()
    });
    let refusal = |bench: &Bench| {
        let bench = Bench { local: bench.local.clone() };
        async move { bench.send("POST", "/gateways/", gateway("roled")).await.refusal() }
    };
    let none = refusal(&bench).await;
    assert_eq!((none.0, none.1.as_str()), (400, "ValidationException"));
    assert!(none.2.starts_with("Gateway execution role"), "{}", none.2);
    super::target_permissions::put_role(&bench, "lambda.amazonaws.com", &[]);
    wait(1000).await;
    assert!(refusal(&bench).await.2.contains("cannot be assumed"));
    super::target_permissions::put_role(&bench, "bedrock-agentcore.amazonaws.com", &[]);
    assert!(refusal(&bench).await.2.contains("cannot be assumed"));
    wait(1000).await;
    assert_eq!(bench.send("POST", "/gateways/", gateway("roled")).await.0, 202);
}
