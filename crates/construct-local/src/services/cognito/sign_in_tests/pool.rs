//! Programs without a browser, what a pool publishes, and what is kept of it all.

use super::*;

#[tokio::test]
async fn programs_sign_in_with_a_password_and_renew() {
    let stage = Stage::new().await;
    let attempt = |flow: &str, client: &str, parameters: Value| json!({ "AuthFlow": flow, "ClientId": client, "AuthParameters": parameters });
    let web = stage.web.as_str();
    let credentials = json!({ "USERNAME": "ann", "PASSWORD": PASSWORD });
    let flow = "USER_PASSWORD_AUTH";
    let answer = stage.done("InitiateAuth", attempt(flow, web, credentials.clone())).await;
    let tokens = &answer["AuthenticationResult"];
    let access = tokens["AccessToken"].as_str().unwrap();
    stage.assert_verifies(access).await;
    stage.assert_verifies(tokens["IdToken"].as_str().unwrap()).await;
    assert_eq!(claims(access)["scope"], "aws.cognito.signin.user.admin");
    let renew = json!({ "REFRESH_TOKEN": tokens["RefreshToken"] });
    let renewed = stage.done("InitiateAuth", attempt("REFRESH_TOKEN_AUTH", web, renew)).await;
    stage.assert_verifies(renewed["AuthenticationResult"]["AccessToken"].as_str().unwrap()).await;

    let hash = |name: &str| {
        let mut hash = Hmac::<Sha256>::new_from_slice(stage.secret.as_bytes()).unwrap();
        hash.update(name.as_bytes());
        hash.update(stage.machine.as_bytes());
        BASE64_STANDARD.encode(hash.finalize().into_bytes())
    };
    let hashed = |name: &str, hash: String| json!({ "USERNAME": name, "PASSWORD": PASSWORD, "SECRET_HASH": hash });
    let machine = stage.machine.as_str();
    stage.done("InitiateAuth", attempt(flow, machine, hashed("ann", hash("ann")))).await;
    for (client, parameters, flow, status, code) in [
        (web, json!({ "USERNAME": "ann", "PASSWORD": "no" }), flow, 400, "NotAuthorizedException"),
        (web, json!({ "USERNAME": "zed", "PASSWORD": "no" }), flow, 400, "UserNotFoundException"),
        (web, json!({ "USERNAME": "ann" }), flow, 400, "InvalidParameterException"),
        ("nobody", credentials.clone(), flow, 400, "ResourceNotFoundException"),
        (machine, credentials.clone(), flow, 400, "NotAuthorizedException"),
        (machine, hashed("ann", hash("bob")), flow, 400, "NotAuthorizedException"),
        (web, credentials, "USER_SRP_AUTH", 501, "NotImplemented"),
        (web, json!({ "REFRESH_TOKEN": "x" }), "REFRESH_TOKEN_AUTH", 400, "NotAuthorizedException"),
    ] {
        let (seen, answer) =
            stage.ask("InitiateAuth", attempt(flow, client, parameters.clone())).await;
        assert_eq!((seen, answer["code"].as_str()), (status, Some(code)), "{flow} {parameters}");
    }

    stage.user("bob", "Temp0raryPass1", false).await;
    let temporary = json!({ "USERNAME": "bob", "PASSWORD": "Temp0raryPass1" });
    let answer = stage.done("InitiateAuth", attempt(flow, web, temporary)).await;
    assert_eq!(answer["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let response = json!({ "ClientId": web, "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": answer["Session"],
        "ChallengeResponses": { "USERNAME": "bob", "NEW_PASSWORD": "MyOwnPassword1" } });
    let answer = stage.done("RespondToAuthChallenge", response.clone()).await;
    assert_eq!(
        claims(answer["AuthenticationResult"]["AccessToken"].as_str().unwrap())["username"],
        "bob"
    );
    let (status, answer) = stage.ask("RespondToAuthChallenge", response).await;
    assert_eq!((status, answer["code"].as_str()), (400, Some("NotAuthorizedException")));
}

#[tokio::test]
async fn what_a_pool_publishes_can_be_followed_from_where_it_was_asked() {
    let stage = Stage::new().await;
    let path = format!("/{}/.well-known/openid-configuration", stage.pool);
    let issuer = format!("https://cognito-idp.us-east-1.amazonaws.com/{}", stage.pool);
    for (host, authorize, keys) in [
        (
            "localhost:4566",
            "http://idp.localhost:4566",
            format!("http://127.0.0.1:4566/{}", stage.pool),
        ),
        (
            "example.com",
            "http://idp.localhost:4566",
            format!("http://127.0.0.1:4566/{}", stage.pool),
        ),
        (
            "cognito-idp.us-east-1.amazonaws.com",
            "https://acme.auth.us-east-1.amazoncognito.com",
            issuer.clone(),
        ),
    ] {
        let request = Request::builder().uri(&path).header(HOST, host).body(Bytes::new()).unwrap();
        let response = stage.client.send(request).await;
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        let document: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(document["issuer"], json!(issuer));
        let authorize = format!("{authorize}/oauth2/authorize");
        assert_eq!(document["authorization_endpoint"], json!(authorize));
        assert_eq!(document["jwks_uri"], json!(format!("{keys}/.well-known/jwks.json")));
    }
    let missing = stage.get("/us-east-1_AAAAAAAAA/.well-known/jwks.json", "").await;
    assert_eq!(missing.status, 404);
    // By its own domain the pool answers for its clients; by another one for nobody.
    for (host, status) in [
        ("acme.auth.us-east-1.amazoncognito.com", 200),
        ("acme.auth.us-east-1.localhost:4566", 200),
        ("other.auth.us-east-1.amazoncognito.com", 400),
        ("acme.auth.eu-west-1.amazoncognito.com", 400),
    ] {
        let path = format!("/login?{}", stage.query(&[]));
        let request = Request::builder().uri(path).header(HOST, host).body(Bytes::new()).unwrap();
        assert_eq!(stage.client.send(request).await.status(), status, "{host}");
    }
}

#[tokio::test]
async fn nothing_that_is_kept_gives_a_secret_away_and_the_key_outlives_the_process() {
    let place = tempfile::tempdir().unwrap();
    let open = || match LocalAws::open(place.path(), Options::instant()).unwrap() {
        Opened::Owner(local) => local,
        Opened::Served { address } => unreachable!("served at {address}"),
    };
    let mut stage = Stage::with(Client { local: open() }, json!({})).await;
    let (signed_in, _) = stage.sign_in(&stage.query(&[]), "ann", PASSWORD).await;
    let unused = stage.code(&[]).await;
    let (_, tokens) = stage.redeem(&signed_in.parameter("code")).await;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let (jar, key) = (signed_in.jar(), stage.modulus().await);
    let (_, cookie) = jar.split_once('=').unwrap();
    let document = std::fs::read_to_string(place.path().join("state.json")).unwrap();
    let snapshot = stage.client.local.snapshot().to_string();
    for secret in [refresh_token, cookie, &unused, PASSWORD] {
        assert!(!document.contains(secret) && !snapshot.contains(secret), "{secret}");
    }
    let blobs = || std::fs::read_dir(place.path().join("blobs")).unwrap().count();
    assert_eq!(blobs(), 1);

    stage.client = Client { local: LocalAws::in_memory(Options::instant()) };
    stage.client = Client { local: open() };
    assert_eq!(stage.modulus().await, key);
    let path = format!("/oauth2/authorize?{}", stage.query(&[]));
    assert!(stage.get(&path, &jar).await.location.starts_with(CALLBACK));
    assert_eq!(stage.redeem(&unused).await.0, 200);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", stage.web.as_str()),
        ("refresh_token", refresh_token),
    ];
    assert_eq!(stage.token(&refresh).await.0, 200);

    let domain = json!({ "UserPoolId": stage.pool, "Domain": "acme" });
    stage.done("DeleteUserPoolDomain", domain).await;
    assert_eq!(stage.get(&format!("/login?{}", stage.query(&[])), "").await.status, 400);
    stage.done("DeleteUserPool", json!({ "UserPoolId": stage.pool })).await;
    assert_eq!(blobs(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_who_ask_at_once_get_the_same_key() {
    let mut stage = Stage::new().await;
    stage.client = Client::new(Options { seed: None, ..Options::instant() });
    let pool = stage.done("CreateUserPool", json!({ "PoolName": "p" })).await;
    let pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    let askers: Vec<_> = (0..4)
        .map(|_| {
            let (local, pool) = (stage.client.local.clone(), pool.clone());
            tokio::spawn(async move { of_pool(&local, &pool).await.unwrap().0 })
        })
        .collect();
    let mut keys = Vec::new();
    for asker in askers {
        keys.push(asker.await.unwrap());
    }
    keys.dedup();
    assert_eq!(keys.len(), 1);
}
