//! The sign-in page and the session that it leaves.

use super::*;

#[tokio::test]
async fn a_person_signs_in_once_and_the_client_gets_tokens_that_verify() {
    let stage = Stage::new().await;
    let query = stage.query(&[("nonce", "n-1")]);
    let first = stage.get(&format!("/oauth2/authorize?{query}"), "").await;
    assert_eq!((first.status, first.location), (302, format!("/login?{query}")));
    let (signed_in, _) = stage.sign_in(&query, "ann", PASSWORD).await;
    assert_eq!(signed_in.status, 302);
    assert!(signed_in.location.starts_with(&format!("{CALLBACK}?code=")), "{}", signed_in.location);
    assert_eq!(signed_in.parameter("state"), "a b&c");
    let cookie = &signed_in.cookies[0];
    assert!(cookie.ends_with("; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"), "{cookie}");

    let code = signed_in.parameter("code");
    let (status, tokens) = stage.redeem(&code).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let (access, id) =
        (tokens["access_token"].as_str().unwrap(), tokens["id_token"].as_str().unwrap());
    stage.assert_verifies(access).await;
    stage.assert_verifies(id).await;
    let (access_claims, id) = (claims(access), claims(id));
    let issuer = format!("https://cognito-idp.us-east-1.amazonaws.com/{}", stage.pool);
    for (name, value) in [
        ("iss", json!(issuer)),
        ("client_id", json!(stage.web)),
        ("token_use", json!("access")),
        ("scope", json!("openid email gateway/invoke")),
        ("username", json!("ann")),
    ] {
        assert_eq!(access_claims[name], value, "{name}");
    }
    assert_eq!(access_claims.get("aud"), None);
    assert_eq!(access_claims.get("cognito:groups"), None);
    let lifetime = access_claims["exp"].as_i64().unwrap() - access_claims["iat"].as_i64().unwrap();
    assert_eq!(lifetime, 3600);
    for (name, value) in [
        ("aud", json!(stage.web)),
        ("sub", access_claims["sub"].clone()),
        ("token_use", json!("id")),
        ("nonce", json!("n-1")),
        ("email", json!("ann@example.com")),
        ("email_verified", json!(true)),
    ] {
        assert_eq!(id[name], value, "{name}");
    }
    let half = &Sha256::digest(access)[..16];
    assert_eq!(id["at_hash"], json!(BASE64_URL_SAFE_NO_PAD.encode(half)));

    stage.refused(&stage.redemption(&code, VERIFIER), "invalid_grant").await;

    let path = format!("/oauth2/authorize?{query}");
    let silent = stage.get(&path, &signed_in.jar()).await;
    assert!(silent.location.starts_with(&format!("{CALLBACK}?code=")), "{}", silent.location);
    assert_eq!(stage.redeem(&silent.parameter("code")).await.0, 200);
    let asked = stage.get(&format!("{path}&prompt=login"), &signed_in.jar()).await;
    assert!(asked.location.starts_with("/login?"), "{}", asked.location);
    let nobody = stage.get(&format!("{path}&prompt=none"), "").await;
    assert_eq!(nobody.parameter("error"), "login_required");
}

#[tokio::test(start_paused = true)]
async fn a_code_lasts_five_minutes_and_a_session_an_hour() {
    let stage = Stage::new().await;
    let (signed_in, _) = stage.sign_in(&stage.query(&[]), "ann", PASSWORD).await;
    tokio::time::advance(Duration::from_mins(5)).await;
    let late = signed_in.parameter("code");
    stage.refused(&stage.redemption(&late, VERIFIER), "invalid_grant").await;
    let path = format!("/oauth2/authorize?{}", stage.query(&[]));
    let silent = stage.get(&path, &signed_in.jar()).await;
    tokio::time::advance(Duration::from_secs(290)).await;
    assert_eq!(stage.redeem(&silent.parameter("code")).await.0, 200);
    tokio::time::advance(Duration::from_secs(3010)).await;
    assert!(stage.get(&path, &signed_in.jar()).await.location.starts_with("/login?"));
}

#[tokio::test]
async fn a_stranger_gets_no_redirect_and_a_client_hears_what_was_wrong() {
    let stage = Stage::new().await;
    let query = stage.query(&[]);
    for (wrong, status) in [
        (stage.query(&[("redirect_uri", "https://evil.example/cb")]), 400),
        (stage.query(&[("redirect_uri", &format!("{CALLBACK}/"))]), 400),
        (stage.query(&[("redirect_uri", "")]), 400),
        (format!("{query}&redirect_uri=https%3A%2F%2Fevil.example"), 400),
        (stage.query(&[("client_id", "nobody")]), 400),
        (stage.query(&[("client_id", "")]), 400),
    ] {
        for endpoint in ["/oauth2/authorize", "/login"] {
            let seen = stage.get(&format!("{endpoint}?{wrong}"), "").await;
            assert_eq!((seen.status, seen.location.as_str()), (status, ""), "{wrong}");
        }
    }
    for (more, error) in [
        (("response_type", ""), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "openid phone"), "invalid_scope"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
    ] {
        let seen = stage.get(&format!("/oauth2/authorize?{}", stage.query(&[more])), "").await;
        assert!(seen.location.starts_with(CALLBACK), "{more:?}: {}", seen.html);
        assert_eq!(seen.parameter("error"), error, "{more:?}");
        assert_eq!(seen.parameter("state"), "a b&c");
    }
    let twice = stage.get(&format!("/oauth2/authorize?{query}&scope=a&scope=b"), "").await;
    assert_eq!(twice.parameter("error"), "invalid_request");
    // Nor may a stranger's host name that leads here be given the page.
    let rebound = Request::builder()
        .uri(format!("/login?{query}"))
        .header(HOST, "evil.example")
        .body(Bytes::new())
        .unwrap();
    assert_eq!(stage.client.send(rebound).await.status(), 404);
}

#[tokio::test]
async fn the_page_tells_nobody_who_has_an_account_and_shows_hostile_text_as_text() {
    let stage = Stage::new().await;
    let hostile = "\"><script>alert(1)</script>";
    let query = stage.query(&[("login_hint", hostile), ("state", hostile)]);
    let page = stage.get(&format!("/login?{query}&x='"), "").await;
    assert!(page.html.contains("&amp;x=&#39;\">"), "{}", page.html);
    assert!(
        !page.html.contains("<script") && page.html.contains("&lt;script&gt;"),
        "{}",
        page.html
    );
    assert!(page.html.contains("to continue to Web app"), "{}", page.html);

    let query = stage.query(&[]);
    let (wrong, _) = stage.sign_in(&query, "ann", "wrong").await;
    let (unknown, _) = stage.sign_in(&query, "zed", PASSWORD).await;
    assert_eq!((wrong.status, unknown.status), (400, 400));
    let without = |seen: &Seen, name: &str| {
        seen.html.replace(&seen.hidden("_csrf"), "").replace(&format!("value=\"{name}\""), "")
    };
    assert_eq!(without(&wrong, "ann"), without(&unknown, "zed"));
    assert!(wrong.html.contains("Incorrect username or password."));
    assert!(!wrong.cookies.iter().any(|cookie| cookie.starts_with("cognito-")));

    // Another site's form has no token that fits the cookie.
    let page = stage.get(&format!("/login?{query}"), "").await;
    for (jar, csrf) in [(page.jar(), "x".repeat(43)), (String::new(), page.hidden("_csrf"))] {
        let fields = form(&[("_csrf", &csrf), ("username", "ann"), ("password", PASSWORD)]);
        let path = format!("/login?{query}");
        let seen = Seen::of(&stage.post(&path, &[("cookie", &jar)], fields).await);
        assert_eq!((seen.status, seen.location.as_str()), (403, ""));
    }
}

#[tokio::test]
async fn a_temporary_password_must_be_replaced_on_the_page() {
    let stage = Stage::new().await;
    stage.user("bob", "Temp0raryPass1", false).await;
    let query = stage.query(&[]);
    let (page, jar) = stage.sign_in(&query, "bob", "Temp0raryPass1").await;
    assert_eq!((page.status, page.location.as_str()), (200, ""));
    let choose = async |password: &str| {
        let fields = form(&[
            ("_csrf", &page.hidden("_csrf")),
            ("session", &page.hidden("session")),
            ("new_password", password),
        ]);
        let path = format!("/login?{query}");
        Seen::of(&stage.post(&path, &[("cookie", &jar)], fields).await)
    };
    let weak = choose("short").await;
    assert!(weak.status == 400 && weak.html.contains("not long enough"), "{}", weak.html);
    let done = choose("MyOwnPassword1").await;
    assert_eq!(stage.redeem(&done.parameter("code")).await.0, 200);
    assert_eq!(choose("AnotherPassword1").await.status, 400);
    assert_eq!(stage.sign_in(&query, "bob", "MyOwnPassword1").await.0.status, 302);
    assert_eq!(stage.sign_in(&query, "bob", "Temp0raryPass1").await.0.status, 400);
}
