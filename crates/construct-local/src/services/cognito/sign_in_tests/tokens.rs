//! What codes, refresh tokens and secrets are worth at the token endpoint.

use super::*;

#[tokio::test]
async fn a_code_is_for_whoever_asked_for_it_and_used_up_by_any_try() {
    let stage = Stage::new().await;
    let wrong = "x".repeat(43);
    let code = stage.code(&[]).await;
    stage.refused(&stage.redemption(&code, &wrong), "invalid_grant").await;
    stage.refused(&stage.redemption(&code, VERIFIER), "invalid_grant").await;

    let code = stage.code(&[]).await;
    stage.refused(&stage.redemption(&code, VERIFIER)[..4], "invalid_grant").await;

    let code = stage.code(&[]).await;
    let mut elsewhere = stage.redemption(&code, VERIFIER);
    elsewhere[3].1 = "http://localhost:1/other";
    stage.refused(&elsewhere, "invalid_grant").await;
    elsewhere[3].1 = "http://localhost:1/unknown";
    stage.refused(&elsewhere, "unauthorized_client").await;

    let code = stage.code(&[]).await;
    let mut other = stage.redemption(&code, VERIFIER).to_vec();
    other[1].1 = &stage.machine;
    other.push(("client_secret", &stage.secret));
    stage.refused(&other, "unauthorized_client").await;

    // Without a challenge nothing needs proof, and a verifier shows that one was taken out.
    let plain = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = stage.code(&plain).await;
    stage.refused(&stage.redemption(&code, VERIFIER), "invalid_grant").await;
    let code = stage.code(&plain).await;
    assert_eq!(stage.token(&stage.redemption(&code, VERIFIER)[..4]).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_rotated_refresh_token_stays_good_for_its_grace_only() {
    let rotation = json!({ "Feature": "ENABLED", "RetryGracePeriodSeconds": 10 });
    let stage = Stage::with(Client::new(Options::instant()), rotation).await;
    let (_, tokens) = stage.redeem(&stage.code(&[]).await).await;
    let first = tokens["refresh_token"].as_str().unwrap();
    let refresh = |token| {
        vec![("grant_type", "refresh_token"), ("client_id", &stage.web), ("refresh_token", token)]
    };
    let (status, renewed) = stage.token(&refresh(first)).await;
    assert_eq!(status, 200, "{renewed}");
    let second = renewed["refresh_token"].as_str().unwrap();
    assert_ne!(second, first);
    stage.assert_verifies(renewed["access_token"].as_str().unwrap()).await;
    let before = claims(tokens["access_token"].as_str().unwrap());
    let after = claims(renewed["access_token"].as_str().unwrap());
    for name in ["sub", "scope", "auth_time", "origin_jti"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    tokio::time::advance(Duration::from_secs(9)).await;
    assert_eq!(stage.token(&refresh(first)).await.0, 200);
    tokio::time::advance(Duration::from_secs(2)).await;
    stage.refused(&refresh(first), "invalid_grant").await;
    assert_eq!(stage.token(&refresh(second)).await.0, 200);
    // A user who is gone has no tokens.
    let user = json!({ "UserPoolId": stage.pool, "Username": "ann" });
    stage.done("AdminDeleteUser", user).await;
    stage.user("ann", PASSWORD, true).await;
    stage.refused(&refresh(second), "invalid_grant").await;
}

#[tokio::test]
async fn a_refresh_token_can_be_taken_back_and_a_session_ended() {
    let stage = Stage::new().await;
    let (signed_in, _) = stage.sign_in(&stage.query(&[]), "ann", PASSWORD).await;
    let (_, tokens) = stage.redeem(&signed_in.parameter("code")).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let refresh =
        [("grant_type", "refresh_token"), ("client_id", &stage.web), ("refresh_token", token)];
    let (status, renewed) = stage.token(&refresh).await;
    assert_eq!((status, renewed.get("refresh_token")), (200, None));
    let revoke = form(&[("token", token), ("client_id", &stage.web)]);
    assert_eq!(stage.post("/oauth2/revoke", &[], revoke).await.status(), 200);
    stage.refused(&refresh, "invalid_grant").await;

    let web = &stage.web;
    let stranger = format!("/logout?client_id={web}&logout_uri=http://localhost:1/");
    assert_eq!(stage.get(&stranger, &signed_in.jar()).await.status, 400);
    let bye = format!("/logout?client_id={web}&logout_uri=http://localhost:8765/bye");
    let left = stage.get(&bye, &signed_in.jar()).await;
    assert_eq!(left.location, "http://localhost:8765/bye");
    let path = format!("/oauth2/authorize?{}", stage.query(&[]));
    assert!(stage.get(&path, &signed_in.jar()).await.location.starts_with("/login?"));
}

#[tokio::test]
async fn a_machine_gets_a_token_for_its_secret() {
    let stage = Stage::new().await;
    let (id, secret) = (stage.machine.as_str(), stage.secret.as_str());
    let basic =
        |secret: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")));
    let body = form(&[("grant_type", "client_credentials"), ("scope", "gateway/invoke")]);
    let header = basic(secret);
    let response = stage.post("/oauth2/token", &[("authorization", &header)], body.clone()).await;
    assert_eq!(response.status(), 200);
    let tokens: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(tokens["expires_in"], 1800);
    assert_eq!((tokens.get("refresh_token"), tokens.get("id_token")), (None, None));
    let token = tokens["access_token"].as_str().unwrap();
    stage.assert_verifies(token).await;
    let token = claims(token);
    assert_eq!((&token["sub"], &token["client_id"]), (&json!(id), &json!(id)));
    assert_eq!((&token["scope"], token.get("username")), (&json!("gateway/invoke"), None));

    let header = basic("wrong");
    let wrong = stage.post("/oauth2/token", &[("authorization", &header)], body).await;
    assert_eq!(
        (wrong.status().as_u16(), &wrong.body()[..]),
        (400, &br#"{"error":"invalid_client"}"#[..])
    );

    let grant = ("grant_type", "client_credentials");
    let proof = [("client_id", id), ("client_secret", secret)];
    let with = |more: &[(&'static str, &'static str)]| {
        let mut pairs = vec![grant, proof[0], proof[1]];
        pairs.extend_from_slice(more);
        pairs
    };
    assert_eq!(stage.token(&with(&[])).await.0, 200);
    stage.refused(&with(&[("scope", "gateway/other")]), "invalid_scope").await;
    stage.refused(&with(&[("scope", "openid")]), "invalid_scope").await;
    stage.refused(&with(&[("scope", "a"), ("scope", "b")]), "invalid_request").await;
    stage.refused(&[grant, proof[0]], "invalid_client").await;
    stage.refused(&[grant, ("client_id", &stage.web)], "unauthorized_client").await;
    stage.refused(&[grant, ("client_id", "nobody")], "invalid_client").await;
    stage.refused(&[grant, ("client_id", &stage.web), proof[1]], "invalid_client").await;
    stage
        .refused(&[("grant_type", "password"), proof[0], proof[1]], "unsupported_grant_type")
        .await;
    stage.refused(&proof, "invalid_request").await;
}

#[tokio::test]
async fn with_managed_login_a_token_is_bound_to_the_resource_that_was_asked_for() {
    let stage = Stage::new().await;
    let resource = ("resource", "https://mcp.example.com/mcp");
    let audience = async || {
        let (_, tokens) = stage.redeem(&stage.code(&[resource]).await).await;
        claims(tokens["access_token"].as_str().unwrap())["aud"].clone()
    };
    assert_eq!(audience().await, Value::Null);
    let domain = json!({ "UserPoolId": stage.pool, "Domain": "acme", "ManagedLoginVersion": 2 });
    stage.done("UpdateUserPoolDomain", domain).await;
    assert_eq!(audience().await, json!(resource.1));
    let wrong = stage.query(&[("resource", "https://mcp.example.com/#x")]);
    let seen = stage.get(&format!("/oauth2/authorize?{wrong}"), "").await;
    assert_eq!(seen.parameter("error"), "invalid_request");
}
