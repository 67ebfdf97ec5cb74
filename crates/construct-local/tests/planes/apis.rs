//! HTTP APIs at ports of their own, which every program can reach as `localhost`.

use serde_json::{Value, json};

use crate::http::{Answer, send};
use crate::stage::{Stage, scope, text};

async fn ask(stage: &Stage, method: &str, path: &str, input: &Value) -> Answer {
    let url = format!("http://localhost:{}/v2/apis{path}", stage.port);
    let scope = scope("apigateway");
    let body = if input.is_null() { String::new() } else { input.to_string() };
    send(method, &url, &[("Authorization", &scope)], &body).await
}

#[tokio::test]
async fn an_api_is_served_at_its_own_port_while_it_exists() {
    let stage = Stage::new().await;
    let api = json!({"name": "a", "protocolType": "HTTP"});
    let made = ask(&stage, "POST", "", &api).await.json();
    let endpoint = text(&made["apiEndpoint"]);
    let port: u16 = endpoint.rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(endpoint, format!("http://localhost:{port}"));
    assert_ne!(port, stage.port);
    let listens = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    while !listens() {
        tokio::task::yield_now().await;
    }
    // The API answers there, not the sign-in page that the same path is elsewhere.
    let login = send("GET", &format!("{endpoint}/login"), &[], "").await;
    assert_eq!((login.status, login.json()), (404, json!({"message": "Not Found"})));
    assert!(!login.header("apigw-requestid").is_empty());

    let path = format!("/{}", text(&made["apiId"]));
    assert_eq!(ask(&stage, "GET", &path, &Value::Null).await.json()["apiEndpoint"], endpoint);
    assert_eq!(ask(&stage, "DELETE", &path, &Value::Null).await.status, 204);
    while listens() {
        tokio::task::yield_now().await;
    }
}
