//! Every effect of a fault plan, as a caller meets it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use construct_local::fault::{FaultFile, Interloper, Refusal};
use construct_local::local::Stage;
use construct_local::{Answer, Effect, FaultPlan, LocalAws, Options, Rule};
use http::{Request, Response};
use serde_json::{Value, json};

fn local(rule: Rule) -> LocalAws {
    let faults = FaultPlan::seeded(3, [rule]);
    LocalAws::in_memory(Options { faults, ..Options::instant() })
}

fn ssm(operation: &str, body: &Value) -> Request<Bytes> {
    request("ssm", Some(&format!("AmazonSSM.{operation}")), ("POST", "/"), body)
}

fn request(
    service: &str,
    target: Option<&str>,
    (method, path): (&str, &str),
    body: &Value,
) -> Request<Bytes> {
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-west-2/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    );
    let request = Request::builder().method(method).uri(path).header("authorization", scope);
    let request =
        target.into_iter().fold(request, |request, target| request.header("x-amz-target", target));
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request.body(Bytes::from(body)).expect("the request is well formed")
}

async fn put(local: &LocalAws, name: &str) -> Response<Bytes> {
    let body = json!({"Name": name, "Value": "v", "Type": "String"});
    local.handle(ssm("PutParameter", &body)).await
}

async fn found(local: &LocalAws, name: &str) -> bool {
    local.handle(ssm("GetParameter", &json!({"Name": name}))).await.status() == 200
}

fn there(local: &LocalAws, name: &str) -> bool {
    !local.snapshot()["regions"]["us-west-2"]["ssm"]["parameters"][name].is_null()
}

#[tokio::test(start_paused = true)]
async fn refusals_say_what_the_service_says() {
    let throttled = local(Rule::every_call(Effect::FailBefore(Refusal::throttled())));
    let answer = put(&throttled, "/a").await;
    assert_eq!(answer.status(), 400, "SSM throttles with 400");
    assert!(String::from_utf8_lossy(answer.body()).contains("ThrottlingException"));
    let away = local(Rule::every_call(Effect::FailAfter(Refusal::unavailable(7))));
    let answer = put(&away, "/a").await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (503, &"7".parse().unwrap())
    );
    assert!(there(&away, "/a") && !there(&throttled, "/a"));
    let full = local(Rule::every_call(Effect::FailBefore(Refusal::quota())));
    assert_eq!(put(&full, "/a").await.status(), 402);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_had_its_effect_at_once() {
    let slow = local(Rule::every_call(Effect::LatencyAfter(45_000)));
    let asked = tokio::time::Instant::now();
    let giving_up = tokio::time::timeout(std::time::Duration::from_secs(30), put(&slow, "/a"));
    assert!(giving_up.await.is_err() && there(&slow, "/a"));
    assert_eq!(put(&slow, "/b").await.status(), 200);
    assert_eq!(asked.elapsed().as_secs(), 75);
}

#[tokio::test(start_paused = true)]
async fn a_stale_read_sees_the_past_and_then_catches_up() {
    let lagging = local(Rule::operation("ssm", "GetParameter", Effect::Stale(30_000)));
    put(&lagging, "/a").await;
    let mut seen = Vec::new();
    for _ in 0..20 {
        seen.push(found(&lagging, "/a").await);
        tokio::time::advance(std::time::Duration::from_secs(2)).await;
    }
    assert!(!seen[0], "just written, and 30 s late at most: {seen:?}");
    assert!(seen[16..].iter().all(|found| *found), "after 30 s everybody sees it: {seen:?}");
    // A change is never made on the past.
    let again = json!({"Name": "/a", "Value": "w", "Type": "String"});
    assert_eq!(lagging.handle(ssm("PutParameter", &again)).await.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn somebody_else_comes_in_between() {
    let theirs = Interloper {
        service: "ssm".to_owned(),
        operation: "PutParameter".to_owned(),
        input: json!({"Name": "$Name", "Value": "theirs", "Type": "String"}),
    };
    let busy = local(Rule::operation("ssm", "PutParameter", Effect::Meanwhile(theirs)).only(1));
    let answer = put(&busy, "/a").await;
    assert!(String::from_utf8_lossy(answer.body()).contains("ParameterAlreadyExists"));
    let stored = &busy.snapshot()["regions"]["us-west-2"]["ssm"]["parameters"]["/a"];
    assert!(stored.to_string().contains("theirs"), "{stored}");
}

#[tokio::test(start_paused = true)]
async fn pages_shrink_and_shift_under_the_reader() {
    let gone = Interloper {
        service: "ssm".to_owned(),
        operation: "DeleteParameter".to_owned(),
        input: json!({"Name": "/b"}),
    };
    let local = local(Rule::operation("ssm", "DescribeParameters", Effect::ShortPages(2)));
    local
        .faults()
        .add(Rule::operation("ssm", "DescribeParameters", Effect::Meanwhile(gone)).only(2));
    for name in ["/a", "/b", "/c", "/d"] {
        put(&local, name).await;
    }
    let (mut names, mut token) = (Vec::new(), Value::Null);
    loop {
        let body = json!({"NextToken": token});
        let answer = local.handle(ssm("DescribeParameters", &body)).await;
        let page: Value = serde_json::from_slice(answer.body()).unwrap();
        for one in page["Parameters"].as_array().unwrap() {
            names.push(one["Name"].as_str().unwrap().to_owned());
        }
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    // The one that vanished had been shown before; no other is missed or shown twice.
    assert_eq!(names, ["/a", "/b", "/c", "/d"]);
    assert_eq!(local.faults().hits(), [2, 1]);
}

const GATEWAY: fn() -> Value = || {
    json!({
        "name": "g",
        "roleArn": "arn:aws:iam::111122223333:role/r",
        "protocolType": "MCP",
        "authorizerType": "AWS_IAM",
    })
};

async fn status(local: &LocalAws, id: &str) -> Value {
    let path = format!("/gateways/{id}/");
    let answer =
        local.handle(request("bedrock-agentcore", None, ("GET", &path), &Value::Null)).await;
    serde_json::from_slice(answer.body()).expect("the answer is JSON")
}

async fn made(rule: Rule) -> (LocalAws, String) {
    let faults = FaultPlan::new([rule]);
    let options = Options { faults, strict_permissions: false, ..Options::default() };
    let local = LocalAws::in_memory(options);
    let create = request("bedrock-agentcore", None, ("POST", "/gateways/"), &GATEWAY());
    let answer = local.handle(create).await;
    let gateway: Value = serde_json::from_slice(answer.body()).expect("the answer is JSON");
    let id = gateway["gatewayId"].as_str().expect("the gateway is made").to_owned();
    (local, id)
}

#[tokio::test(start_paused = true)]
async fn a_status_is_stuck_and_then_recovers() {
    let rule = Rule::operation("bedrock-agentcore", "CreateGateway", Effect::Stuck(300_000));
    let (local, id) = made(rule).await;
    tokio::time::advance(std::time::Duration::from_secs(299)).await;
    assert_eq!(status(&local, &id).await["status"], "CREATING");
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert_eq!(status(&local, &id).await["status"], "READY");
}

#[tokio::test(start_paused = true)]
async fn what_is_begun_fails_with_a_reason() {
    let effect = Effect::Fails("The role has no trust".to_owned());
    let (local, id) = made(Rule::operation("bedrock-agentcore", "CreateGateway", effect)).await;
    assert_eq!(status(&local, &id).await["status"], "CREATING");
    tokio::time::advance(std::time::Duration::from_secs(2)).await;
    let failed = status(&local, &id).await;
    assert_eq!(failed["status"], "FAILED");
    assert_eq!(failed["statusReasons"], json!(["The role has no trust"]));
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_from_a_moment_goes_its_own_way() {
    let first = local(Rule::operation("ssm", "PutParameter", Effect::CutAfter).only(2));
    put(&first, "/a").await;
    let second = LocalAws::resumed(&first.moment());
    assert_eq!(second.snapshot(), first.snapshot());
    assert!(matches!(
        first
            .answer(ssm("PutParameter", &json!({"Name": "/b", "Value": "v", "Type": "String"})))
            .await,
        Answer::Cut
    ));
    assert!(there(&first, "/b") && !there(&second, "/b"));
    assert_eq!(put(&second, "/c").await.status(), 200, "it has no faults of its own");
    assert!(!there(&first, "/c") && second.faults().hits().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_watcher_stands_around_the_effect() {
    let watched = LocalAws::in_memory(Options::instant());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (local, log) = (watched.clone(), Arc::clone(&seen));
    watched.watch(Arc::new(move |stage, call| {
        log.lock().unwrap().push((stage, call.operation.clone(), there(&local, "/a")));
    }));
    put(&watched, "/a").await;
    let put = "PutParameter".to_owned();
    let expected = [(Stage::Before, put.clone(), false), (Stage::After, put, true)];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn a_file_names_every_effect() {
    let effects = [
        json!({"fail-before": "throttled"}),
        json!({"fail-after": "internal"}),
        json!({"fail-before": "unavailable"}),
        json!({"fail-before": "quota"}),
        json!("cut-before"),
        json!("cut-after"),
        json!("hang-before"),
        json!("hang-after"),
        json!({"latency": 5}),
        json!({"latency-after": 5}),
        json!({"stuck": 5}),
        json!({"fails": "why"}),
        json!({"stale": 5}),
        json!({"short-pages": 5}),
        json!({"meanwhile": {"service": "iam", "operation": "DeleteRole"}}),
    ];
    let rules: Vec<Value> = effects.iter().map(|effect| json!({"effect": effect})).collect();
    let file: FaultFile = serde_json::from_value(json!({"rule": rules})).unwrap();
    assert_eq!(file.rules.len(), 15);
}
