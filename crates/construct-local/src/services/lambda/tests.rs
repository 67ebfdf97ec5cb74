//! The life of a function and of its processes, asked over the wire.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};

use super::runtimes::Runtimes;
use crate::local::{LocalAws, Opened};
use crate::options::{Delays, Options};
use crate::services::test_client::{Client, echo, zipped};

const FUNCTIONS: &str = "/2015-03-31/functions";

struct Functions(Client);

impl Functions {
    fn new(options: Options) -> Self {
        Self(Client::new(options))
    }

    async fn ask(&self, method: Method, path: &str, input: Value) -> (u16, Value) {
        self.0.rest("lambda", method, &format!("{FUNCTIONS}{path}"), input).await
    }

    async fn create(&self, name: &str, zip: &str, extra: Value) -> (u16, Value) {
        let role = self.0.function_role(&format!("{name}-role")).await;
        self.ask(Method::POST, "", Self::input(name, &role, zip, &extra)).await
    }

    fn input(name: &str, role: &str, zip: &str, extra: &Value) -> Value {
        let mut input = json!({
            "FunctionName": name,
            "Runtime": "provided.al2023",
            "Handler": "own",
            "Role": role,
            "Code": { "ZipFile": zip },
        });
        if let (Some(input), Some(extra)) = (input.as_object_mut(), extra.as_object()) {
            input.extend(extra.clone());
        }
        input
    }

    /// Status, function error and answer.
    async fn invoke(&self, name: &str, event: &str) -> (u16, Option<String>, Value) {
        let reply = self.0.send(invocation(name, event, &[])).await;
        let error = reply.headers().get("x-amz-function-error");
        let error = error.map(|error| error.to_str().unwrap().to_owned());
        let answer = serde_json::from_slice(reply.body()).unwrap_or(Value::Null);
        (reply.status().as_u16(), error, answer)
    }
}

fn invocation(name: &str, event: &str, headers: &[(&str, &str)]) -> Request<Bytes> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(format!("{FUNCTIONS}/{name}/invocations"))
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, \
             SignedHeaders=host, Signature=00",
        );
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Bytes::from(event.to_owned())).unwrap()
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_custom_runtime_answers_and_its_process_stays_warm() {
    let functions = Functions::new(Options::instant());
    assert_eq!(functions.create("f", &echo(), json!({})).await.0, 201);
    let (status, error, first) = functions.invoke("f", r#"{"n":1}"#).await;
    assert_eq!((status, error.as_deref()), (200, None), "{first}");
    assert_eq!(first["event"], json!({ "n": 1 }));
    assert_eq!(first["handler"], "own");
    let (_, _, second) = functions.invoke("f", "[2]").await;
    assert_eq!(second["event"], json!([2]));
    assert_eq!(second["pid"], first["pid"]);
    // A change of the configuration is a new process, as it is a new environment.
    let change = json!({ "Handler": "other" });
    functions.ask(Method::PUT, "/f/configuration", change).await;
    let (_, _, third) = functions.invoke("f", "{}").await;
    assert_eq!(third["handler"], "other");
    assert_ne!(third["pid"], first["pid"]);
}

#[tokio::test]
async fn invocations_at_once_run_in_processes_of_their_own() {
    let functions = Functions::new(Options::instant());
    functions.create("f", &echo(), json!({})).await;
    let ((_, _, one), (_, _, two)) =
        tokio::join!(functions.invoke("f", "1"), functions.invoke("f", "2"));
    assert_eq!((&one["event"], &two["event"]), (&json!(1), &json!(2)));
    assert_ne!(one["pid"], two["pid"]);
}

#[tokio::test]
async fn more_than_this_machine_takes_at_once_wait_their_turn() {
    let functions = Functions::new(Options::instant());
    functions.create("f", &echo(), json!({})).await;
    let mut invocations = tokio::task::JoinSet::new();
    for number in 0..150 {
        let local = functions.0.local.clone();
        invocations.spawn(async move {
            let (status, error, answer) =
                Functions(Client { local }).invoke("f", &number.to_string()).await;
            assert_eq!((status, error, &answer["event"]), (200, None, &json!(number)));
            answer["pid"].as_u64().unwrap()
        });
    }
    let processes: BTreeSet<u64> = invocations.join_all().await.into_iter().collect();
    assert!((2..=16).contains(&processes.len()), "{}", processes.len());
    // Their own turn is given back.
    assert_eq!(functions.invoke("f", "1").await.0, 200);
}

#[tokio::test]
async fn the_log_tail_and_the_version_come_with_the_answer() {
    let functions = Functions::new(Options::instant());
    functions.create("f", &echo(), json!({})).await;
    let reply = functions.0.send(invocation("f", "{}", &[("x-amz-log-type", "Tail")])).await;
    assert_eq!(reply.headers()["x-amz-executed-version"], "$LATEST");
    let tail = BASE64_STANDARD.decode(&reply.headers()["x-amz-log-result"]).unwrap();
    assert!(String::from_utf8(tail).unwrap().starts_with("saw "));
}

#[tokio::test]
async fn python_functions_run_and_their_errors_are_told() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI has python3");
        return;
    }
    let functions = Functions::new(Options::instant());
    let code = "import os\ndef handler(event, context):\n    if event.get('fail'):\n        \
                raise ValueError('no')\n    \
                return {'a': os.environ['A'], 'at': context.function_name,\n            \
                'tool': context.client_context and context.client_context.custom}\n";
    let python = json!({
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Environment": { "Variables": { "A": "1" } },
    });
    functions.create("p", &zipped("index.py", code), python).await;
    let (_, error, answer) = functions.invoke("p", "{}").await;
    assert_eq!((error, answer), (None, json!({ "a": "1", "at": "p", "tool": null })));
    let context = BASE64_STANDARD.encode(r#"{"custom":{"name":"t"}}"#);
    let headers = [("x-amz-client-context", context.as_str())];
    let reply = functions.0.send(invocation("p", "{}", &headers)).await;
    let answer: Value = serde_json::from_slice(reply.body()).unwrap();
    assert_eq!(answer["tool"], json!({ "name": "t" }));
    let (status, error, answer) = functions.invoke("p", r#"{"fail":true}"#).await;
    assert_eq!((status, error.as_deref()), (200, Some("Unhandled")));
    assert_eq!(
        (&answer["errorType"], &answer["errorMessage"]),
        (&json!("ValueError"), &json!("no"))
    );
}

#[tokio::test]
async fn a_function_that_ends_or_hangs_is_a_function_error() {
    let functions = Functions::new(Options::instant());
    functions.create("ends", &zipped("bootstrap", "#!/bin/sh\nexit 3\n"), json!({})).await;
    let (status, error, answer) = functions.invoke("ends", "{}").await;
    assert_eq!((status, error.as_deref()), (200, Some("Unhandled")));
    assert_eq!(answer["errorType"], "Runtime.ExitError");
    assert!(answer["errorMessage"].as_str().unwrap().ends_with("exit status 3"), "{answer}");

    // Hangs on an event when warm: only then is the function's own limit the whole limit.
    functions.create("hangs", &echo(), json!({ "Timeout": 1 })).await;
    assert_eq!(functions.invoke("hangs", "0").await.2["event"], json!(0));
    let (_, error, answer) = functions.invoke("hangs", "\"hang\"").await;
    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert!(answer["errorMessage"].as_str().unwrap().contains("timed out after 1.00 seconds"));
    assert_eq!(functions.invoke("hangs", "0").await.2["event"], json!(0));

    functions.create("empty", &zipped("readme", "x"), json!({})).await;
    let (_, _, answer) = functions.invoke("empty", "{}").await;
    assert_eq!(answer["errorType"], "Runtime.InvalidEntrypoint");
}

#[tokio::test]
async fn reserved_concurrency_throttles() {
    let functions = Functions::new(Options::instant());
    functions.create("f", &echo(), json!({})).await;
    let path = "/2017-10-31/functions/f/concurrency";
    let zero = json!({ "ReservedConcurrentExecutions": 0 });
    let many = json!({ "ReservedConcurrentExecutions": 901 });
    let answer = functions.0.rest("lambda", Method::PUT, path, many).await;
    assert_eq!(code(&answer), (400, "InvalidParameterValueException"));
    assert_eq!(functions.0.rest("lambda", Method::PUT, path, zero).await.0, 200);
    assert_eq!(functions.invoke("f", "{}").await.0, 429);
    assert_eq!(functions.0.rest("lambda", Method::DELETE, path, Value::Null).await.0, 204);
    assert_eq!(functions.invoke("f", "{}").await.0, 200);
}

#[tokio::test]
async fn a_deleted_function_leaves_no_process() {
    let functions = Functions::new(Options::instant());
    functions.create("f", &echo(), json!({})).await;
    let (_, _, answer) = functions.invoke("f", "{}").await;
    assert_eq!(functions.ask(Method::DELETE, "/f", Value::Null).await.0, 204);
    assert_eq!(functions.0.local.attachment::<Runtimes>().warm(), 0);
    let status = format!("/proc/{}/stat", answer["pid"]);
    // Killed at once, reaped a moment later.
    for _ in 0..100 {
        let gone = std::fs::read_to_string(&status).map_or(true, |stat| stat.contains(") Z "));
        if gone {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!("the process still runs");
}

#[tokio::test(start_paused = true)]
async fn a_role_is_seen_late_and_a_function_settles_before_it_changes() {
    let functions = Functions::new(Options {
        delays: Delays { iam_propagation_ms: 1_000, function_ms: 500, ..Delays::none() },
        ..Options::instant()
    });
    let role = functions.0.function_role("late").await;
    let input = Functions::input("f", &role, &echo(), &json!({}));
    let early = functions.ask(Method::POST, "", input.clone()).await;
    assert_eq!(code(&early), (400, "InvalidParameterValueException"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (status, made) = functions.ask(Method::POST, "", input.clone()).await;
    assert_eq!((status, &made["State"]), (201, &json!("Pending")));
    let again = functions.ask(Method::POST, "", input).await;
    assert_eq!(code(&again), (409, "ResourceConflictException"));
    let change = json!({ "Timeout": 9 });
    let pending = functions.ask(Method::PUT, "/f/configuration", change.clone()).await;
    assert_eq!(code(&pending), (409, "ResourceConflictException"));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (_, changed) = functions.ask(Method::PUT, "/f/configuration", change.clone()).await;
    assert_eq!(changed["LastUpdateStatus"], "InProgress");
    let busy = functions.ask(Method::PUT, "/f/configuration", change).await;
    assert_eq!(code(&busy), (409, "ResourceConflictException"));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (_, settled) = functions.ask(Method::GET, "/f/configuration", Value::Null).await;
    assert_eq!(
        (&settled["LastUpdateStatus"], &settled["Timeout"]),
        (&json!("Successful"), &json!(9))
    );
}

#[tokio::test]
async fn what_is_no_function_is_refused() {
    let functions = Functions::new(Options::instant());
    let role = functions.0.function_role("r").await;
    let with =
        |name: &str, value: Value| Functions::input("f", &role, &echo(), &json!({ name: value }));
    let invalid = (400, "InvalidParameterValueException");
    for (input, expected) in [
        (with("Code", json!({ "ZipFile": BASE64_STANDARD.encode("no zip") })), invalid),
        (with("Code", json!({})), invalid),
        (with("Role", json!("arn:aws:iam::111122223333:role/none")), invalid),
        (with("Runtime", json!("cobol")), invalid),
        (with("FunctionName", json!("a b")), (400, "ValidationException")),
        (with("FunctionName", json!("x".repeat(65))), (400, "ValidationException")),
        (with("Timeout", json!(901)), (400, "ValidationException")),
        (with("MemorySize", json!(64)), (400, "ValidationException")),
        (with("Architectures", json!(["riscv"])), (400, "ValidationException")),
    ] {
        assert_eq!(
            code(&functions.ask(Method::POST, "", input.clone()).await),
            expected,
            "{input}"
        );
    }
}

#[tokio::test]
async fn statements_are_added_once_and_guarded_by_the_revision() {
    let functions = Functions::new(Options::instant());
    functions.create("f", &echo(), json!({})).await;
    let statement = json!({
        "StatementId": "api",
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceAccount": "111122223333",
    });
    assert_eq!(functions.ask(Method::GET, "/f/policy", Value::Null).await.0, 404);
    let (status, added) = functions.ask(Method::POST, "/f/policy", statement.clone()).await;
    assert_eq!(status, 201);
    let added: Value = serde_json::from_str(added["Statement"].as_str().unwrap()).unwrap();
    assert_eq!(added["Condition"]["StringEquals"]["AWS:SourceAccount"], "111122223333");
    let again = functions.ask(Method::POST, "/f/policy", statement).await;
    assert_eq!(code(&again), (409, "ResourceConflictException"));
    let stale = functions.ask(Method::DELETE, "/f/policy/api?RevisionId=old", Value::Null).await;
    assert_eq!(code(&stale), (412, "PreconditionFailedException"));
    assert_eq!(functions.ask(Method::DELETE, "/f/policy/api", Value::Null).await.0, 204);
    assert_eq!(functions.ask(Method::DELETE, "/f/policy/api", Value::Null).await.0, 404);
}

#[tokio::test]
async fn versions_keep_the_code_they_were_published_with() {
    let functions = Functions::new(Options::instant());
    let (_, made) = functions.create("f", &echo(), json!({ "Publish": true })).await;
    assert_eq!(made["Version"], "1");
    let code = json!({ "ZipFile": zipped("bootstrap", "#!/bin/sh\n") });
    functions.ask(Method::PUT, "/f/code", code).await;
    let (_, old) = functions.ask(Method::GET, "/f?Qualifier=1", Value::Null).await;
    assert_eq!(old["Configuration"]["CodeSha256"], made["CodeSha256"]);
    let (_, new) = functions.ask(Method::GET, "/f", Value::Null).await;
    assert_ne!(new["Configuration"]["CodeSha256"], made["CodeSha256"]);
    assert_eq!(functions.ask(Method::GET, "/f?Qualifier=2", Value::Null).await.0, 404);
    let location: http::Uri = new["Code"]["Location"].as_str().unwrap().parse().unwrap();
    let zip = functions.0.send(Request::get(location).body(Bytes::new()).unwrap()).await;
    assert!(zip.body().starts_with(b"PK"));
}

#[tokio::test]
async fn a_listing_gives_at_most_fifty() {
    let functions = Functions::new(Options::instant());
    let role = functions.0.function_role("r").await;
    for number in 0..51 {
        let name = format!("f{number:02}");
        let input = Functions::input(&name, &role, &echo(), &json!({}));
        assert_eq!(functions.ask(Method::POST, "", input).await.0, 201);
    }
    let (_, page) = functions.ask(Method::GET, "?MaxItems=1000", Value::Null).await;
    assert_eq!(page["Functions"].as_array().map(Vec::len), Some(50));
    let marker = page["NextMarker"].as_str().unwrap();
    let (_, page) = functions.ask(Method::GET, &format!("?Marker={marker}"), Value::Null).await;
    assert_eq!(page["Functions"].as_array().map(Vec::len), Some(1));
    assert_eq!(page.get("NextMarker"), None);
}

#[tokio::test]
async fn functions_outlive_the_process_that_serves_them() {
    let place = tempfile::tempdir().unwrap();
    let open = || match LocalAws::open(place.path(), Options::instant()).unwrap() {
        Opened::Owner(local) => Functions(Client { local }),
        Opened::Served { address } => unreachable!("served at {address}"),
    };
    let folders = || std::fs::read_dir(place.path().join("running")).unwrap().count();
    let first = open();
    first.create("f", &echo(), json!({})).await;
    let (_, _, before) = first.invoke("f", "1").await;
    assert_eq!(folders(), 1, "its code is beside the state");
    drop(first);
    assert_eq!(folders(), 0, "and gone with its process");
    let second = open();
    let (_, _, after) = second.invoke("f", "1").await;
    assert_eq!(after["event"], json!(1));
    assert_ne!(after["pid"], before["pid"]);
}

#[tokio::test]
async fn code_that_no_function_has_any_more_goes_at_the_next_start() {
    let place = tempfile::tempdir().unwrap();
    let open = || match LocalAws::open(place.path(), Options::instant()).unwrap() {
        Opened::Owner(local) => Functions(Client { local }),
        Opened::Served { address } => unreachable!("served at {address}"),
    };
    let blobs = || std::fs::read_dir(place.path().join("blobs")).unwrap().count();
    let functions = open();
    functions.create("f", &zipped("bootstrap", "#!/bin/sh\n"), json!({})).await;
    let code = json!({ "ZipFile": echo() });
    assert_eq!(functions.ask(Method::PUT, "/f/code", code).await.0, 200);
    assert_eq!(blobs(), 2);
    drop(functions);
    let functions = open();
    assert_eq!(blobs(), 1);
    assert_eq!(functions.invoke("f", "1").await.2["event"], json!(1));
    functions.ask(Method::DELETE, "/f", Value::Null).await;
    drop(functions);
    drop(open());
    assert_eq!(blobs(), 0);
}

#[tokio::test]
async fn a_run_makes_the_log_group_that_its_role_may_make() {
    let functions = Functions::new(Options::instant());
    functions.create("f", &echo(), json!({})).await;
    let groups = || functions.0.local.snapshot()["regions"]["us-east-1"]["logs"]["groups"].clone();
    functions.invoke("f", "{}").await;
    assert_eq!(groups(), json!({}));
    let policy = "arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2Fservice-role%2FAWSLambdaBasicExecutionRole";
    let form = format!("Action=AttachRolePolicy&RoleName=f-role&PolicyArn={policy}");
    assert_eq!(functions.0.form("iam", form).await, 200);
    functions.invoke("f", "{}").await;
    assert!(groups()["/aws/lambda/f"].is_object(), "{}", groups());
}
