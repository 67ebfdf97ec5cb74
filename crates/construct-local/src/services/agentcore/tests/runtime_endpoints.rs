//! Endpoints of agent runtimes.

use serde_json::{Value, json};

use super::runtimes::runtime;
use super::{Bench, wait};

/// A runtime: the path of its endpoints, and its own.
async fn served(bench: &Bench) -> (String, String) {
    let made = bench.send("PUT", "/runtimes/", runtime("server")).await.ok();
    let path = format!("/runtimes/{}/", made["agentRuntimeId"].as_str().unwrap());
    (format!("{path}runtime-endpoints/"), path)
}

/// The live version, the target version and the status of an endpoint.
async fn standing(bench: &Bench, path: &str) -> (Option<String>, String, String) {
    let got = bench.get(path).await.ok();
    let text = |name: &str| got[name].as_str().map(str::to_owned);
    (text("liveVersion"), text("targetVersion").unwrap(), text("status").unwrap())
}

fn stand(live: &str, target: &str, status: &str) -> (Option<String>, String, String) {
    let live = (!live.is_empty()).then(|| live.to_owned());
    (live, target.to_owned(), status.to_owned())
}

#[tokio::test(start_paused = true)]
async fn the_default_endpoint_follows_the_newest_version() {
    let bench = Bench::slow();
    let (endpoints, runtime_path) = served(&bench).await;
    let default = format!("{endpoints}DEFAULT/");
    assert_eq!(standing(&bench, &default).await, stand("", "1", "CREATING"));
    wait(1000).await;
    assert_eq!(standing(&bench, &default).await, stand("1", "1", "READY"));
    bench.send("PUT", &runtime_path, runtime("server")).await.ok();
    assert_eq!(standing(&bench, &default).await, stand("1", "2", "UPDATING"));
    wait(1000).await;
    assert_eq!(standing(&bench, &default).await, stand("2", "2", "READY"));
    let back = bench.send("PUT", &default, json!({"agentRuntimeVersion": "1"})).await;
    assert_eq!(back.code(), "ConflictException");
    let delete = bench.send("DELETE", &default, Value::Null).await;
    assert_eq!(delete.code(), "ConflictException");
    assert_eq!(bench.send("DELETE", &runtime_path, Value::Null).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn another_endpoint_moves_when_it_is_told_to() {
    let bench = Bench::slow();
    let (endpoints, runtime_path) = served(&bench).await;
    let request = json!({
        "name": "prod", "tags": {"a": "1"}, "clientToken": "0123456789abcdef0123456789abcdef0123",
    });
    let early = bench.send("PUT", &endpoints, request.clone()).await;
    assert_eq!(early.code(), "ConflictException");
    wait(1000).await;
    let made = bench.send("PUT", &endpoints, request.clone()).await;
    assert_eq!(made.0, 202);
    let made = made.ok();
    assert_eq!((&made["endpointName"], &made["targetVersion"]), (&json!("prod"), &json!("1")));
    assert_eq!(bench.send("PUT", &endpoints, request).await.0, 202);
    let taken = bench.send("PUT", &endpoints, json!({"name": "prod"})).await;
    assert_eq!(taken.code(), "ConflictException");
    let arn = made["agentRuntimeEndpointArn"].as_str().unwrap();
    assert_eq!(bench.get(&format!("/tags/{arn}")).await.ok()["tags"], json!({"a": "1"}));
    let prod = format!("{endpoints}prod/");
    wait(1000).await;
    bench.send("PUT", &runtime_path, runtime("server")).await.ok();
    wait(1000).await;
    assert_eq!(standing(&bench, &prod).await, stand("1", "1", "READY"));
    // The version it serves stays, and so does the runtime.
    let used = bench.send("DELETE", &format!("{runtime_path}?version=1"), Value::Null).await;
    assert_eq!(used.code(), "ConflictException");
    let held = bench.send("DELETE", &runtime_path, Value::Null).await;
    assert_eq!(held.code(), "ConflictException");
    let absent = bench.send("PUT", &prod, json!({"agentRuntimeVersion": "3"})).await;
    assert_eq!(absent.code(), "ResourceNotFoundException");
    let moved = bench.send("PUT", &prod, json!({"agentRuntimeVersion": "2"})).await;
    assert_eq!(moved.0, 202);
    assert_eq!(standing(&bench, &prod).await, stand("1", "2", "UPDATING"));
    wait(1000).await;
    assert_eq!(standing(&bench, &prod).await, stand("2", "2", "READY"));
    let listed = bench.send("POST", &endpoints, Value::Null).await.ok();
    assert_eq!(listed["runtimeEndpoints"].as_array().unwrap().len(), 2);
    let deleted = bench.send("DELETE", &prod, Value::Null).await.ok();
    assert_eq!(
        (&deleted["endpointName"], &deleted["status"]),
        (&json!("prod"), &json!("DELETING"))
    );
    wait(1000).await;
    assert_eq!(bench.get(&prod).await.code(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_runtime_has_ten_endpoints() {
    let bench = Bench::lenient();
    let (endpoints, _) = served(&bench).await;
    for number in 1..10 {
        let name = format!("e{number}");
        assert_eq!(bench.send("PUT", &endpoints, json!({"name": name})).await.0, 202);
    }
    let over = bench.send("PUT", &endpoints, json!({"name": "e10"})).await;
    assert_eq!((over.0, over.code().as_str()), (402, "ServiceQuotaExceededException"));
    let named = bench.send("PUT", &endpoints, json!({"name": "1st"})).await;
    assert_eq!(named.code(), "ValidationException");
}
