//! Function URLs, made over the wire and called as anybody calls them.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::chunks::{BrokenOff, Chunks};
use crate::options::Options;
use crate::services::test_client::{Client, zipped};

/// Answers `/whole` at once, and anything else as a stream of two events. The second waits for a file, so that nobody can
/// have it before the first was read. `/dies` ends in between, `/fails` says that it failed.
const STREAMS: &str = r#"#!/usr/bin/env python3
import http.client, json, os, time
host = os.environ["AWS_LAMBDA_RUNTIME_API"]
base = "/2018-06-01/runtime/invocation/"
while True:
    ask = http.client.HTTPConnection(host)
    ask.request("GET", base + "next")
    event = ask.getresponse()
    request = event.headers["lambda-runtime-aws-request-id"]
    event = json.loads(event.read())
    path = event["rawPath"]
    say = http.client.HTTPConnection(host)
    say.putrequest("POST", base + request + "/response")
    if path == "/whole":
        body = json.dumps({"statusCode": 201, "body": json.dumps(event)}).encode()
        say.putheader("content-length", str(len(body)))
        say.endheaders(body)
        say.getresponse().read()
        continue
    say.putheader("lambda-runtime-function-response-mode", "streaming")
    say.putheader("content-type", "application/vnd.awslambda.http-integration-response")
    say.putheader("transfer-encoding", "chunked")
    say.putheader("trailer", "Lambda-Runtime-Function-Error-Type")
    say.endheaders()
    def piece(data):
        say.send(b"%x\r\n" % len(data) + data + b"\r\n")
    headers = {"content-type": "text/event-stream", "www-authenticate": "Bearer"}
    piece(json.dumps({"statusCode": 200, "headers": headers, "cookies": ["a=1", "b=2"]}).encode())
    piece(b"\0" * 8)
    piece(b"data: 1\n\n")
    while not os.path.exists(os.environ["GATE"]):
        time.sleep(0.01)
    if path == "/dies":
        os._exit(1)
    if path == "/fails":
        say.send(b"0\r\nLambda-Runtime-Function-Error-Type: Own.Error\r\n\r\n")
    else:
        piece(b"data: 2\n\n")
        say.send(b"0\r\n\r\n")
    say.getresponse().read()
"#;

const URL: &str = "/2021-10-31/functions/f/url";
const POLICY: &str = "/2015-03-31/functions/f/policy";

struct Urls {
    client: Client,
    gate: tempfile::TempDir,
}

impl Urls {
    /// A function with a URL that may be called.
    async fn open() -> Self {
        let urls = Self::new().await;
        let made = urls.ask(Method::POST, URL, streaming()).await;
        assert_eq!(made.0, 201, "{made:?}");
        for statement in [at_url(), by_url()] {
            assert_eq!(urls.ask(Method::POST, POLICY, statement).await.0, 201);
        }
        urls
    }

    async fn new() -> Self {
        let client = Client::new(Options::instant());
        let gate = tempfile::tempdir().unwrap();
        let role = client.function_role("r").await;
        let input = json!({
            "FunctionName": "f",
            "Runtime": "provided.al2023",
            "Handler": "own",
            "Role": role,
            "Code": { "ZipFile": zipped("bootstrap", STREAMS) },
            "Environment": { "Variables": { "GATE": gate.path().join("open") } },
        });
        let made = client.rest("lambda", Method::POST, "/2015-03-31/functions", input).await;
        assert_eq!(made.0, 201, "{made:?}");
        Self { client, gate }
    }

    async fn ask(&self, method: Method, path: &str, input: Value) -> (u16, Value) {
        self.client.rest("lambda", method, path, input).await
    }

    async fn address(&self) -> String {
        let (_, url) = self.ask(Method::GET, URL, Value::Null).await;
        url["FunctionUrl"].as_str().unwrap().trim_end_matches('/').to_owned()
    }

    async fn call(&self, path: &str, headers: &[(&str, &str)]) -> Response<Chunks> {
        let mut request = Request::get(format!("{}{path}", self.address().await));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match self.client.local.answer(request.body(Bytes::new()).unwrap()).await {
            Answer::Stream(response) => response,
            other => unreachable!("{other:?}"),
        }
    }

    fn go_on(&self) {
        std::fs::write(self.gate.path().join("open"), "").unwrap();
    }
}

fn streaming() -> Value {
    json!({ "AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM" })
}

fn at_url() -> Value {
    json!({
        "StatementId": "url", "Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE",
    })
}

fn by_url() -> Value {
    json!({
        "StatementId": "invoke", "Action": "lambda:InvokeFunction", "Principal": "*", "InvokedViaFunctionUrl": true,
    })
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn an_event_is_there_before_the_next_is_made() {
    let urls = Urls::open().await;
    let response = urls.call("/events", &[]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"text/event-stream".parse().unwrap())
    );
    assert_eq!(response.headers().get("www-authenticate"), None);
    assert_eq!(response.headers()["x-amzn-remapped-www-authenticate"], "Bearer");
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
    let mut chunks = response.into_body();
    // The function waits for the file before it goes on.
    assert_eq!(chunks.next().await.unwrap().unwrap(), "data: 1\n\n");
    urls.go_on();
    assert_eq!(chunks.collected().await.unwrap(), "data: 2\n\n");
}

#[tokio::test]
async fn a_function_that_fails_on_the_way_breaks_its_answer_off() {
    for path in ["/dies", "/fails"] {
        let urls = Urls::open().await;
        let mut chunks = urls.call(path, &[]).await.into_body();
        assert_eq!(chunks.next().await.unwrap().unwrap(), "data: 1\n\n");
        urls.go_on();
        assert_eq!(chunks.next().await, Some(Err(BrokenOff)), "{path}");
        assert_eq!(chunks.next().await, None);
    }
}

#[tokio::test]
async fn an_answer_that_is_whole_is_taken_apart() {
    let urls = Urls::open().await;
    let response = urls.call("/whole?a=1&a=2", &[("x-own", "1")]).await;
    assert_eq!(response.status(), 201);
    let event: Value =
        serde_json::from_slice(&response.into_body().collected().await.unwrap()).unwrap();
    assert_eq!((&event["version"], &event["routeKey"]), (&json!("2.0"), &json!("$default")));
    assert_eq!((&event["rawPath"], &event["headers"]["x-own"]), (&json!("/whole"), &json!("1")));
    let context = &event["requestContext"];
    let host = urls.address().await.strip_prefix("http://").unwrap().to_owned();
    assert_eq!((&context["stage"], &context["domainName"]), (&json!("$default"), &json!(host)));
}

#[tokio::test]
async fn nobody_may_call_without_both_statements() {
    for left_out in ["url", "invoke"] {
        let urls = Urls::open().await;
        assert_eq!(
            urls.ask(Method::DELETE, &format!("{POLICY}/{left_out}"), Value::Null).await.0,
            204
        );
        assert_eq!(urls.call("/whole", &[]).await.status(), 403, "without {left_out}");
    }
    // What is for API Gateway is not for everybody.
    let urls = Urls::open().await;
    urls.ask(Method::DELETE, &format!("{POLICY}/invoke"), Value::Null).await;
    let of_api = json!({
        "StatementId": "api", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com",
    });
    urls.ask(Method::POST, POLICY, of_api).await;
    assert_eq!(urls.call("/whole", &[]).await.status(), 403);
}

#[tokio::test]
async fn browsers_are_told_about_other_origins() {
    let urls = Urls::open().await;
    let cors = json!({
        "AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "ExposeHeaders": ["x-own"], "MaxAge": 60,
    });
    let (status, changed) = urls.ask(Method::PUT, URL, json!({ "Cors": cors })).await;
    assert_eq!(
        (status, &changed["Cors"], &changed["InvokeMode"]),
        (200, &cors, &json!("RESPONSE_STREAM"))
    );
    let allowed = urls.call("/whole", &[("origin", "https://a.example")]).await;
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://a.example");
    assert_eq!(allowed.headers()["access-control-expose-headers"], "x-own");
    let other = urls.call("/whole", &[("origin", "https://b.example")]).await;
    assert_eq!(other.headers().get("access-control-allow-origin"), None);
    let (_, none) = urls.ask(Method::PUT, URL, json!({ "Cors": {} })).await;
    assert_eq!(none.get("Cors"), None);
}

#[tokio::test]
async fn a_function_has_one_url_which_goes_with_it() {
    let urls = Urls::new().await;
    let missing = (404, "ResourceNotFoundException");
    assert_eq!(code(&urls.ask(Method::GET, URL, Value::Null).await), missing);
    let (status, made) = urls.ask(Method::POST, URL, json!({ "AuthType": "NONE" })).await;
    assert_eq!((status, &made["InvokeMode"]), (201, &json!("BUFFERED")));
    let again = urls.ask(Method::POST, URL, streaming()).await;
    assert_eq!(code(&again), (409, "ResourceConflictException"));
    let (_, all) = urls.ask(Method::GET, "/2021-10-31/functions/f/urls", Value::Null).await;
    assert_eq!(all["FunctionUrlConfigs"][0]["FunctionUrl"], made["FunctionUrl"]);
    assert_eq!(urls.client.local.api_ports().len(), 1);
    assert_eq!(urls.ask(Method::DELETE, URL, Value::Null).await.0, 204);
    assert_eq!(code(&urls.ask(Method::DELETE, URL, Value::Null).await), missing);
    assert_eq!(code(&urls.ask(Method::PUT, URL, streaming()).await), missing);
    urls.ask(Method::POST, URL, streaming()).await;
    urls.ask(Method::DELETE, "/2015-03-31/functions/f", Value::Null).await;
    assert!(urls.client.local.api_ports().is_empty());
    let other = "/2021-10-31/functions/g/url";
    assert_eq!(code(&urls.ask(Method::POST, other, streaming()).await), missing);
}

#[tokio::test]
async fn what_is_no_url_is_refused() {
    let urls = Urls::new().await;
    let with = |name: &str, value: Value| json!({ "AuthType": "NONE", name: value });
    for (input, expected) in [
        (json!({}), (400, "ValidationException")),
        (with("AuthType", json!("SOMEBODY")), (400, "ValidationException")),
        (with("AuthType", json!("AWS_IAM")), (501, "NotImplemented")),
        (with("InvokeMode", json!("STREAM")), (400, "ValidationException")),
        (with("Cors", json!({ "AllowMethods": ["OPTIONS"] })), (400, "ValidationException")),
        (with("Cors", json!({ "MaxAge": 86_401 })), (400, "ValidationException")),
        (
            with("Cors", json!({ "AllowOrigins": ["*"], "AllowCredentials": true })),
            (400, "InvalidParameterValueException"),
        ),
    ] {
        assert_eq!(code(&urls.ask(Method::POST, URL, input.clone()).await), expected, "{input}");
    }
    let aliased = urls.ask(Method::POST, &format!("{URL}?Qualifier=live"), streaming()).await;
    assert_eq!(code(&aliased), (404, "ResourceNotFoundException"));
}
