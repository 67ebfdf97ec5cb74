//! The local AWS as its callers meet it: HTTP in, HTTP out.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use construct_local::fault::Refusal;
use construct_local::{
    Answer, Effect, FaultPlan, LocalAws, OpenError, Opened, Options, Rule, server,
};
use http::Request;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn signed(key: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/us-west-2/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    )
}

fn put(name: &str, value: &str) -> Request<Bytes> {
    let body = json!({"Name": name, "Value": value, "Type": "SecureString"});
    ssm("PutParameter", "AKID", &body)
}

fn ssm(operation: &str, key: &str, body: &Value) -> Request<Bytes> {
    Request::post("/")
        .header("authorization", signed(key, "ssm"))
        .header("x-amz-target", format!("AmazonSSM.{operation}"))
        .body(Bytes::from(body.to_string()))
        .expect("the request is well formed")
}

fn names(local: &LocalAws) -> Vec<String> {
    local.snapshot()["regions"]["us-west-2"]["ssm"]["parameters"]
        .as_object()
        .map(|parameters| parameters.keys().cloned().collect())
        .unwrap_or_default()
}

fn owner(path: &Path) -> LocalAws {
    match LocalAws::open(path, Options::instant()) {
        Ok(Opened::Owner(local)) => local,
        other => unreachable!("not the owner: {other:?}"),
    }
}

#[tokio::test]
async fn a_reopened_store_has_everything() {
    let place = tempfile::tempdir().unwrap();
    let first = owner(place.path());
    assert_eq!(first.handle(put("/a", "1")).await.status(), 200);
    let (before, port) = (first.snapshot(), first.port());
    drop(first);
    let second = owner(place.path());
    assert_eq!(second.snapshot(), before);
    assert_eq!(second.port(), port);
}

#[tokio::test]
async fn a_write_that_fails_did_not_happen() {
    let place = tempfile::tempdir().unwrap();
    let inside = place.path().join("state");
    let local = owner(&inside);
    assert_eq!(local.handle(put("/a", "1")).await.status(), 200);
    // Works for root too, unlike a read-only directory.
    fs::remove_dir_all(&inside).unwrap();
    assert_eq!(local.handle(put("/b", "2")).await.status(), 500);
    assert_eq!(names(&local), ["/a"]);
}

#[test]
fn a_lazy_change_is_stored_at_the_end_at_the_latest() {
    let place = tempfile::tempdir().unwrap();
    let local = owner(place.path());
    for _ in 0..50 {
        local.edit_lazily(|account| account.port = 4566);
    }
    let revision = local.read(|account| account.revision);
    drop(local);
    // The next owner comes at once.
    owner(place.path())
        .read(|account| assert_eq!((account.port, account.revision), (4566, revision)));
}

#[tokio::test]
async fn the_second_process_is_told_where_the_first_serves() {
    let place = tempfile::tempdir().unwrap();
    let local = owner(place.path());
    let busy = LocalAws::open(place.path(), Options::instant()).unwrap_err();
    let pid = std::process::id();
    assert!(matches!(busy, OpenError::Busy { pid: Some(found), .. } if found == pid), "{busy}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let expected = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async { drop(stopped.await) };
    let serving = tokio::spawn(server::serve(local, listener, shutdown));
    let mut stream = TcpStream::connect(&expected).await.unwrap();
    stream
        .write_all(b"GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");

    match LocalAws::open(place.path(), Options::instant()) {
        Ok(Opened::Served { address }) => assert_eq!(address, expected),
        other => unreachable!("not served: {other:?}"),
    }
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    drop(owner(place.path()));
}

#[tokio::test]
async fn a_cut_is_a_closed_connection() {
    let faults = FaultPlan::new([Rule::every_call(Effect::CutAfter)]);
    let local = LocalAws::in_memory(Options { faults, ..Options::instant() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(server::serve(local.clone(), listener, std::future::pending()));
    let body = r#"{"Name":"/a","Value":"1","Type":"String"}"#;
    let head = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\nx-amz-target: AmazonSSM.PutParameter\
         \r\ncontent-length: {}\r\n\r\n{body}",
        signed("AKID", "ssm"),
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"");
    assert_eq!(names(&local), ["/a"]);
    serving.abort();
}

#[tokio::test(start_paused = true)]
async fn faults_hit_before_and_after_the_effect() {
    let refused = || Refusal::throttled();
    for (effect, happened) in [
        (Effect::FailBefore(refused()), false),
        (Effect::FailAfter(refused()), true),
        (Effect::CutBefore, false),
        (Effect::CutAfter, true),
        (Effect::HangBefore, false),
        (Effect::HangAfter, true),
        (Effect::Latency(100), true),
    ] {
        let faults = FaultPlan::new([Rule::nth_mutation(1, effect.clone())]);
        let local = LocalAws::in_memory(Options { faults, ..Options::instant() });
        let before = local.now_ms();
        let answer = local.answer(put("/a", "1")).await;
        match (&effect, answer) {
            (Effect::FailBefore(_) | Effect::FailAfter(_), Answer::Response(response)) => {
                // As SSM throttles.
                assert_eq!(response.status(), 400);
                assert_eq!(response.headers()["x-amzn-errortype"], "ThrottlingException");
            }
            (Effect::Latency(_), Answer::Response(response)) => {
                assert_eq!(response.status(), 200);
                assert_eq!(local.now_ms() - before, 100);
            }
            (Effect::CutBefore | Effect::CutAfter, Answer::Cut)
            | (Effect::HangBefore | Effect::HangAfter, Answer::Hang) => {}
            (effect, answer) => unreachable!("{effect:?} gave {answer:?}"),
        }
        assert_eq!(names(&local).len(), usize::from(happened), "{effect:?}");
        assert_eq!(local.faults().hits(), [1]);
        // Only the first mutation was hit.
        assert_eq!(local.handle(put("/b", "1")).await.status(), 200);
    }
}

#[tokio::test]
async fn calls_are_recorded_without_secrets() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("calls.ndjson");
    let options =
        Options { record_to: Some(file.clone()), record_bodies: true, ..Options::instant() };
    let local = LocalAws::in_memory(options);
    local.handle(put("/a", "sentinel")).await;
    local.handle(put("/a", "sentinel")).await;
    let calls = local.calls();
    assert_eq!(calls.len(), 2);
    assert!(calls[0].mutating && calls[0].body.contains("sentinel"));
    assert_eq!(calls[0].status, Some(200));
    assert_eq!(calls[1].error_code.as_deref(), Some("ParameterAlreadyExists"));
    assert_eq!((calls[0].in_flight_group, calls[1].in_flight_group), (1, 2));
    assert!(calls.iter().all(|call| call.headers.iter().all(|(name, _)| name != "authorization")));
    let recorded = fs::read_to_string(file).unwrap();
    assert_eq!(recorded.lines().count(), 2);
    assert!(!recorded.contains("sentinel"), "{recorded}");
    assert!(recorded.contains("xxxxxxxx"));
    local.clear_calls();
    assert_eq!(local.calls().len(), 0);
}

#[tokio::test]
async fn expired_credentials_and_unknown_operations_are_refused() {
    let local = LocalAws::in_memory(Options::instant());
    let expired = local.handle(ssm("DescribeParameters", "EXPIRED", &json!({}))).await;
    assert_eq!(expired.status(), 400);
    assert_eq!(expired.headers()["x-amzn-errortype"], "ExpiredTokenException");

    let unknown = local.handle(ssm("CreateDocument", "AKID", &json!({}))).await;
    assert_eq!(unknown.status(), 501);
    assert!(String::from_utf8_lossy(unknown.body()).contains("CreateDocument"));

    let foreign = Request::get("/")
        .header("authorization", signed("AKID", "sqs"))
        .body(Bytes::new())
        .unwrap();
    let foreign = local.handle(foreign).await;
    assert_eq!(foreign.status(), 501);
    assert!(String::from_utf8_lossy(foreign.body()).contains("sqs"));
}

#[tokio::test(start_paused = true)]
async fn a_table_settles_as_time_passes() {
    let local = LocalAws::in_memory(Options { seed: Some(1), ..Options::default() });
    let call = async |operation: &str, body: Value| -> Value {
        let request = Request::post("/")
            .header("authorization", signed("AKID", "dynamodb"))
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .body(Bytes::from(body.to_string()))
            .unwrap();
        serde_json::from_slice(local.handle(request).await.body()).unwrap()
    };
    let table = json!({
        "TableName": "sessions",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    let name = json!({"TableName": "sessions"});
    let status = async || call("DescribeTable", name.clone()).await["Table"]["TableStatus"].clone();
    call("CreateTable", table).await;
    assert_eq!(status().await, "CREATING");
    let early = call("DeleteTable", name.clone()).await;
    assert_eq!(early["__type"], "ResourceInUseException");
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(status().await, "ACTIVE");
    call("DeleteTable", name.clone()).await;
    assert_eq!(status().await, "DELETING");
    tokio::time::sleep(Duration::from_millis(800)).await;
    // Nobody asked since, and still the oracle no longer has it.
    let regions = &local.snapshot()["regions"];
    assert_eq!(regions["us-west-2"]["dynamodb"]["tables"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_new_role_is_seen_after_the_propagation_delay() {
    const ARN: &str = "arn:aws:iam::111122223333:role/worker";
    let local = LocalAws::in_memory(Options::default());
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A\
                 %22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D\
                 %2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    let body = format!("Action=CreateRole&RoleName=worker&AssumeRolePolicyDocument={trust}");
    let request = Request::post("/")
        .header("authorization", signed("AKID", "iam"))
        .body(Bytes::from(body))
        .unwrap();
    let response = local.handle(request).await;
    assert_eq!(response.status(), 200, "{response:?}");
    let delay = local.options().delays.iam_propagation_ms;
    let seen = |service: &str| {
        let now = local.now_ms();
        local.read(|account| account.iam.can_assume(ARN, service, now, delay))
    };
    assert!(!seen("lambda.amazonaws.com"));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(seen("lambda.amazonaws.com"));
    assert!(!seen("bedrock-agentcore.amazonaws.com"));
}
