//! The data plane of Identity without a gateway: tokens for workloads and for resources.

use serde_json::{Value, json};

use crate::browser::parameter;
use crate::http::Answer;
use crate::stage::{RETURN_URL, Stage, text};

async fn ask(stage: &Stage, operation: &str, input: Value) -> Answer {
    stage.agentcore("POST", &format!("/identities/{operation}"), input).await
}

/// A stage with the workload `agent`, which may return to [`RETURN_URL`], and a provider.
async fn stage_with_workload() -> Stage {
    let stage = Stage::new().await;
    let workload = json!({"name": "agent", "allowedResourceOauth2ReturnUrls": [RETURN_URL]});
    assert_eq!(ask(&stage, "CreateWorkloadIdentity", workload).await.status, 201);
    stage.github().await;
    stage
}

async fn token_for(stage: &Stage, user: &str) -> String {
    let input = json!({"workloadName": "agent", "userId": user});
    text(&ask(stage, "GetWorkloadAccessTokenForUserId", input).await.json()["workloadAccessToken"])
}

fn federation(token: &str) -> Value {
    json!({"workloadIdentityToken": token, "resourceCredentialProviderName": "github",
        "scopes": ["repo"], "oauth2Flow": "USER_FEDERATION",
        "resourceOauth2ReturnUrl": RETURN_URL, "customState": "s 1"})
}

#[tokio::test]
async fn a_user_named_by_id_consents_once() {
    let stage = stage_with_workload().await;
    let token = token_for(&stage, "u-1").await;
    let begun = ask(&stage, "oauth2/token", federation(&token)).await.json();
    assert_eq!(begun["sessionStatus"], "IN_PROGRESS", "{begun}");
    let session = text(&begun["sessionUri"]);
    let mut again = federation(&token);
    again["sessionUri"] = json!(session);
    assert_eq!(ask(&stage, "oauth2/token", again).await.json(), begun);

    let back = stage.consent(&text(&begun["authorizationUrl"]), "mona", "allow").await;
    assert_eq!(parameter(&back, "state").as_deref(), Some("s 1"));
    let complete = |user: Value| json!({"sessionUri": session, "userIdentifier": user});
    for wrong in [json!({"userId": "u-2"}), json!({}), json!({"userId": "u-1", "userToken": "x"})] {
        let refused = ask(&stage, "CompleteResourceTokenAuth", complete(wrong)).await;
        assert!(refused.status >= 400, "{}", refused.body);
    }
    let done = ask(&stage, "CompleteResourceTokenAuth", complete(json!({"userId": "u-1"}))).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let given = ask(&stage, "oauth2/token", federation(&token)).await.json();
    assert!(given["accessToken"].is_string(), "{given}");

    // Other scopes and other users are other consents; force asks again.
    let mut wider = federation(&token);
    wider["scopes"] = json!(["repo", "admin"]);
    assert!(ask(&stage, "oauth2/token", wider).await.json()["authorizationUrl"].is_string());
    let other = token_for(&stage, "u-2").await;
    let asked = ask(&stage, "oauth2/token", federation(&other)).await.json();
    assert!(asked["authorizationUrl"].is_string());
    let mut forced = federation(&token);
    forced["forceAuthentication"] = json!(true);
    assert!(ask(&stage, "oauth2/token", forced).await.json()["authorizationUrl"].is_string());

    // Consents go with the workload that they were given to.
    let vault = |stage: &Stage| {
        let document = stage.local.snapshot();
        let entries = document["regions"]["us-east-1"]["agentcore"]["vault"].clone();
        let entries = entries.as_object().cloned().unwrap_or_default();
        entries.values().map(|entry| text(&entry["blob"])).collect::<Vec<_>>()
    };
    let kept = vault(&stage);
    assert!(kept.len() == 1 && stage.local.blob(&kept[0]).is_some(), "{kept:?}");
    let gone = ask(&stage, "DeleteWorkloadIdentity", json!({"name": "agent"})).await;
    assert_eq!(gone.status, 204);
    assert_eq!(vault(&stage), Vec::<String>::new());
    assert!(stage.local.blob(&kept[0]).is_none());
}

#[tokio::test]
async fn what_is_not_allowed_is_refused_by_its_name() {
    let stage = stage_with_workload().await;
    let token = token_for(&stage, "u-1").await;
    let code = |answer: Answer| (answer.status, answer.header("x-amzn-errortype").to_owned());
    let mut elsewhere = federation(&token);
    elsewhere["resourceOauth2ReturnUrl"] = json!("https://evil.example/");
    let refused = code(ask(&stage, "oauth2/token", elsewhere).await);
    assert_eq!(refused, (400, "ValidationException".to_owned()));
    let forged = code(ask(&stage, "oauth2/token", federation("forged")).await);
    assert_eq!(forged, (401, "UnauthorizedException".to_owned()));
    let unknown = json!({"workloadName": "nobody"});
    let missing = code(ask(&stage, "GetWorkloadAccessToken", unknown).await);
    assert_eq!(missing, (404, "ResourceNotFoundException".to_owned()));
    let input = json!({"workloadName": "agent"});
    let own =
        text(&ask(&stage, "GetWorkloadAccessToken", input).await.json()["workloadAccessToken"]);
    let userless = code(ask(&stage, "oauth2/token", federation(&own)).await);
    assert_eq!(userless, (400, "ValidationException".to_owned()));
    let jwt = json!({"workloadName": "agent", "userToken": "a.b.c"});
    let unreadable = code(ask(&stage, "GetWorkloadAccessTokenForJWT", jwt).await);
    assert_eq!(unreadable, (400, "ValidationException".to_owned()));
}

#[tokio::test]
async fn keys_and_machine_tokens_need_no_user() {
    let stage = stage_with_workload().await;
    let key = json!({"name": "key", "apiKey": "k-123"});
    ask(&stage, "CreateApiKeyCredentialProvider", key).await;
    let input = json!({"workloadName": "agent"});
    let token =
        text(&ask(&stage, "GetWorkloadAccessToken", input).await.json()["workloadAccessToken"]);
    let input = json!({"workloadIdentityToken": token, "resourceCredentialProviderName": "key"});
    assert_eq!(ask(&stage, "api-key", input).await.json(), json!({"apiKey": "k-123"}));
    let mut machine = federation(&token);
    machine["oauth2Flow"] = json!("M2M");
    let first = ask(&stage, "oauth2/token", machine.clone()).await.json();
    assert!(first["accessToken"].is_string(), "{first}");
    assert_eq!(ask(&stage, "oauth2/token", machine).await.json(), first);
    // What was asked shows in the log, and no secret with it.
    let calls = stage.local.calls();
    let asked: Vec<_> =
        calls.iter().filter(|call| call.operation == "GetResourceOauth2Token").collect();
    assert_eq!(asked.len(), 2);
    assert!(calls.iter().all(|call| !call.body.contains(&token)), "a token is in the log");
}
