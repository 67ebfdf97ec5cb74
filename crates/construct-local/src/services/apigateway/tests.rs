//! Conflicts, dependencies and the way of a request to a function, asked over the wire.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::options::Options;
use crate::services::test_client::{Client, echo};

struct Apis(Client);

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:f";

impl Apis {
    fn new() -> Self {
        Self(Client::new(Options::instant()))
    }

    async fn ask(&self, method: Method, path: &str, input: Value) -> (u16, Value) {
        self.0.rest("apigateway", method, &format!("/v2/apis{path}"), input).await
    }

    async fn made(&self, path: &str, input: Value, id: &str) -> String {
        let (status, answer) = self.ask(Method::POST, path, input).await;
        assert_eq!(status, 201, "{path}: {answer}");
        answer[id].as_str().unwrap().to_owned()
    }

    async fn api(&self) -> String {
        self.made("", json!({ "name": "a", "protocolType": "HTTP" }), "apiId").await
    }

    async fn integration(&self, api: &str) -> String {
        let integration = json!({
            "integrationType": "AWS_PROXY",
            "integrationUri": FUNCTION,
            "payloadFormatVersion": "2.0",
        });
        self.made(&format!("/{api}/integrations"), integration, "integrationId").await
    }

    async fn route(&self, api: &str, key: &str, integration: &str) -> String {
        let route = json!({ "routeKey": key, "target": format!("integrations/{integration}") });
        self.made(&format!("/{api}/routes"), route, "routeId").await
    }

    async fn call(&self, api: &str, method: Method, path: &str) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", format!("{api}.execute-api.localhost:4566"))
            .header("origin", "https://a.example")
            .header("access-control-request-method", "POST")
            .body(Bytes::new())
            .unwrap();
        let reply = self.0.send(request).await;
        let allowed = reply.headers().get("access-control-allow-origin");
        let allowed = allowed.map(|value| value.to_str().unwrap().to_owned());
        let body: Value = serde_json::from_slice(reply.body()).unwrap_or(Value::Null);
        (reply.status().as_u16(), json!({ "body": body, "allowed": allowed }))
    }
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn an_integration_is_deleted_only_when_no_route_uses_it() {
    let apis = Apis::new();
    let api = apis.api().await;
    let integration = apis.integration(&api).await;
    let route = apis.route(&api, "$default", &integration).await;
    let path = format!("/{api}/integrations/{integration}");
    let refused = apis.ask(Method::DELETE, &path, Value::Null).await;
    assert_eq!(code(&refused), (409, "ConflictException"));
    let route = format!("/{api}/routes/{route}");
    assert_eq!(apis.ask(Method::DELETE, &route, Value::Null).await.0, 204);
    assert_eq!(apis.ask(Method::DELETE, &path, Value::Null).await.0, 204);
    let gone = apis.ask(Method::DELETE, &path, Value::Null).await;
    assert_eq!(code(&gone), (404, "NotFoundException"));
}

#[tokio::test]
async fn routes_have_one_key_a_known_target_and_the_right_form() {
    let apis = Apis::new();
    let api = apis.api().await;
    let integration = apis.integration(&api).await;
    let path = format!("/{api}/routes");
    let first = apis.route(&api, "GET /x", &integration).await;
    apis.route(&api, "GET /y", &integration).await;
    for (route, expected) in [
        (json!({ "routeKey": "GET /x" }), (409, "ConflictException")),
        (json!({ "routeKey": "GET x" }), (400, "BadRequestException")),
        (
            json!({ "routeKey": "GET /z", "target": "integrations/none" }),
            (404, "NotFoundException"),
        ),
        (json!({ "routeKey": "GET /z", "target": integration }), (400, "BadRequestException")),
        (json!({ "routeKey": "GET /z", "authorizationType": "JWT" }), (400, "BadRequestException")),
        (json!({}), (400, "BadRequestException")),
    ] {
        let answer = apis.ask(Method::POST, &path, route.clone()).await;
        assert_eq!(code(&answer), expected, "{route}");
    }
    let path = format!("{path}/{first}");
    let taken = apis.ask(Method::PATCH, &path, json!({ "routeKey": "GET /y" })).await;
    assert_eq!(code(&taken), (409, "ConflictException"));
    assert_eq!(apis.ask(Method::PATCH, &path, json!({ "routeKey": "GET /x" })).await.0, 200);
}

#[tokio::test]
async fn integrations_and_cors_have_limits() {
    let apis = Apis::new();
    let api = apis.api().await;
    let path = format!("/{api}/integrations");
    let proxy = json!({ "integrationType": "AWS_PROXY", "integrationUri": FUNCTION });
    let with = |name: &str, value: Value| {
        let mut integration = proxy.clone();
        integration["payloadFormatVersion"] = json!("2.0");
        integration[name] = value;
        integration
    };
    for integration in [
        proxy.clone(),
        with("timeoutInMillis", json!(49)),
        with("timeoutInMillis", json!(30_001)),
        with("integrationType", json!("MOCK")),
        with("integrationUri", json!("function")),
    ] {
        let answer = apis.ask(Method::POST, &path, integration.clone()).await;
        assert_eq!(code(&answer), (400, "BadRequestException"), "{integration}");
    }
    let cors = json!({ "corsConfiguration": { "allowCredentials": true, "allowOrigins": ["*"] } });
    let answer = apis.ask(Method::PATCH, &format!("/{api}"), cors).await;
    assert_eq!(code(&answer), (400, "BadRequestException"));
}

#[tokio::test]
async fn a_stage_adds_settings_and_gives_them_up_one_by_one() {
    let apis = Apis::new();
    let api = apis.api().await;
    let integration = apis.integration(&api).await;
    apis.route(&api, "GET /x", &integration).await;
    let stages = format!("/{api}/stages");
    let settings = json!({ "GET /x": { "throttlingRateLimit": 1.5, "throttlingBurstLimit": 2 } });
    let unknown = json!({ "stageName": "s", "routeSettings": { "GET /none": {} } });
    let answer = apis.ask(Method::POST, &stages, unknown).await;
    assert_eq!(code(&answer), (404, "NotFoundException"));
    let stage = json!({ "stageName": "$default", "stageVariables": { "a": "1" } });
    apis.made(&stages, stage.clone(), "stageName").await;
    let again = apis.ask(Method::POST, &stages, stage).await;
    assert_eq!(code(&again), (409, "ConflictException"));
    let own = format!("{stages}/%24default");
    let change = json!({ "routeSettings": settings, "stageVariables": { "b": "2" } });
    let (_, shown) = apis.ask(Method::PATCH, &own, change).await;
    assert_eq!(shown["stageVariables"], json!({ "a": "1", "b": "2" }));
    assert_eq!(shown["routeSettings"], settings);
    let key = format!("{own}/routesettings/GET%20%2Fx");
    assert_eq!(apis.ask(Method::DELETE, &key, Value::Null).await.0, 204);
    assert_eq!(apis.ask(Method::DELETE, &key, Value::Null).await.0, 404);
    let log =
        json!({ "accessLogSettings": { "destinationArn": "x", "format": "$context.requestId" } });
    assert_eq!(apis.ask(Method::PATCH, &own, log).await.0, 400);
}

#[tokio::test]
async fn requests_without_api_stage_route_or_function_are_answered_by_the_service() {
    let apis = Apis::new();
    let api = apis.api().await;
    assert_eq!(apis.call("nosuchapi0", Method::GET, "/x").await.0, 404);
    assert_eq!(apis.call(&api, Method::GET, "/x").await.0, 404);
    let stage = json!({ "stageName": "$default", "autoDeploy": true });
    apis.made(&format!("/{api}/stages"), stage, "stageName").await;
    assert_eq!(apis.call(&api, Method::GET, "/x").await.0, 404);
    let integration = apis.integration(&api).await;
    apis.route(&api, "GET /x", &integration).await;
    let (status, answer) = apis.call(&api, Method::GET, "/x").await;
    assert_eq!((status, &answer["body"]["message"]), (500, &json!("Internal Server Error")));
}

#[tokio::test]
async fn preflights_are_answered_without_a_route() {
    let apis = Apis::new();
    let api = apis.api().await;
    let stage = json!({ "stageName": "$default", "autoDeploy": true });
    apis.made(&format!("/{api}/stages"), stage, "stageName").await;
    assert_eq!(apis.call(&api, Method::OPTIONS, "/x").await.0, 404);
    let cors = json!({ "corsConfiguration": { "allowOrigins": ["https://a.example"] } });
    apis.ask(Method::PATCH, &format!("/{api}"), cors).await;
    let (status, answer) = apis.call(&api, Method::OPTIONS, "/x").await;
    assert_eq!((status, &answer["allowed"]), (204, &json!("https://a.example")));
}

#[tokio::test]
async fn a_request_reaches_the_function_that_lets_the_api_in() {
    let apis = Apis::new();
    let function = json!({
        "FunctionName": "f",
        "Runtime": "provided.al2023",
        "Handler": "h",
        "Role": apis.0.function_role("r").await,
        "Code": { "ZipFile": echo() },
    });
    let path = "/2015-03-31/functions";
    assert_eq!(apis.0.rest("lambda", Method::POST, path, function).await.0, 201);
    let api = apis.api().await;
    let integration = apis.integration(&api).await;
    apis.route(&api, "GET /x/{id}", &integration).await;
    let stage = json!({ "stageName": "$default", "stageVariables": { "v": "1" } });
    apis.made(&format!("/{api}/stages"), stage, "stageName").await;

    assert_eq!(apis.call(&api, Method::GET, "/x/1").await.0, 500);
    let grant = |id: &str, source: String| {
        json!({
            "StatementId": id,
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": format!("arn:aws:execute-api:us-east-1:111122223333:{source}"),
        })
    };
    let path = format!("{path}/f/policy");
    let other = grant("other", "zzzzzzzzzz/*/*".to_owned());
    assert_eq!(apis.0.rest("lambda", Method::POST, &path, other).await.0, 201);
    assert_eq!(apis.call(&api, Method::GET, "/x/1").await.0, 500);
    let own = grant("own", format!("{api}/*/*"));
    assert_eq!(apis.0.rest("lambda", Method::POST, &path, own).await.0, 201);

    let (status, answer) = apis.call(&api, Method::GET, "/x/1?q=a%20b").await;
    let event = &answer["body"]["event"];
    assert_eq!((status, &event["version"]), (200, &json!("2.0")), "{answer}");
    assert_eq!(event["routeKey"], "GET /x/{id}");
    assert_eq!(event["pathParameters"], json!({ "id": "1" }));
    assert_eq!(event["queryStringParameters"], json!({ "q": "a b" }));
    assert_eq!(event["stageVariables"], json!({ "v": "1" }));
    assert_eq!(event["requestContext"]["http"]["path"], "/x/1");
    assert_eq!(apis.call(&api, Method::POST, "/x/1").await.0, 404);
}
