//! Workload identities.

use serde_json::{Value, json};

use super::Bench;

#[tokio::test(start_paused = true)]
async fn an_update_replaces_the_return_urls() {
    let bench = Bench::lenient();
    let made = bench
        .identity(
            "CreateWorkloadIdentity",
            json!({"name": "mine", "allowedResourceOauth2ReturnUrls": ["http://localhost:1/a"]}),
        )
        .await;
    assert_eq!(made.0, 201);
    let urls = json!(["http://localhost:1/b"]);
    bench
        .identity(
            "UpdateWorkloadIdentity",
            json!({"name": "mine", "allowedResourceOauth2ReturnUrls": urls}),
        )
        .await
        .ok();
    let got = bench.identity("GetWorkloadIdentity", json!({"name": "mine"})).await.ok();
    assert_eq!(got["allowedResourceOauth2ReturnUrls"], urls);
    assert_eq!(
        got["workloadIdentityArn"],
        "arn:aws:bedrock-agentcore:us-east-1:111122223333:\
         workload-identity-directory/default/workload-identity/mine"
    );
}

#[tokio::test(start_paused = true)]
async fn names_are_checked_and_taken_once() {
    let bench = Bench::lenient();
    for bad in ["ab", "with space", "with/slash"] {
        let got = bench.identity("CreateWorkloadIdentity", json!({"name": bad})).await;
        assert_eq!(got.code(), "ValidationException", "{bad}");
    }
    let urls = json!({"name": "mine", "allowedResourceOauth2ReturnUrls": ["not a url"]});
    assert_eq!(bench.identity("CreateWorkloadIdentity", urls).await.code(), "ValidationException");
    bench.identity("CreateWorkloadIdentity", json!({"name": "abc"})).await.ok();
    let taken = bench.identity("CreateWorkloadIdentity", json!({"name": "abc"})).await;
    assert_eq!((taken.0, taken.code()), (409, "ConflictException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn pages_hold_twenty() {
    let bench = Bench::lenient();
    for number in 0..21 {
        let name = format!("identity-{number:02}");
        bench.identity("CreateWorkloadIdentity", json!({"name": name})).await.ok();
    }
    let first = bench.identity("ListWorkloadIdentities", json!({})).await.ok();
    assert_eq!(first["workloadIdentities"].as_array().unwrap().len(), 20);
    let rest = json!({"nextToken": first["nextToken"]});
    let second = bench.identity("ListWorkloadIdentities", rest).await.ok();
    assert_eq!(second["workloadIdentities"][0]["name"], "identity-20");
    assert_eq!(second.get("nextToken"), None);
    let large = bench.identity("ListWorkloadIdentities", json!({"maxResults": 21})).await;
    assert_eq!(large.code(), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn the_identity_of_a_gateway_may_be_deleted_by_hand() {
    let bench = Bench::lenient();
    let id = bench.gateway("own").await;
    let deleted = bench.identity("DeleteWorkloadIdentity", json!({"name": id})).await;
    assert_eq!(deleted.0, 204);
    let again = bench.identity("DeleteWorkloadIdentity", json!({"name": id})).await;
    assert_eq!((again.0, again.code()), (404, "ResourceNotFoundException".to_owned()));
    assert_eq!(bench.send("DELETE", &format!("/gateways/{id}/"), Value::Null).await.0, 202);
}
