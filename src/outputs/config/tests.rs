use super::*;
use serde_json::json;

fn heading() -> Heading {
    Heading {
        stack: "acme".into(),
        region: "us-west-2".into(),
        account: "111122223333".into(),
        endpoint: Endpoint::Local,
    }
}

fn objects() -> Objects {
    let mut objects = Objects::default();
    for (address, kind, outputs) in [
        (
            "target/github",
            "agentcore.target",
            json!({"gateway_id": "g", "target_id": "T1", "name": "github"}),
        ),
        (
            "api",
            "apigateway.http-api",
            json!({"id": "a", "endpoint": "https://a.example", "arn": "x"}),
        ),
        (
            "gateway",
            "agentcore.gateway",
            json!({"id": "g", "arn": "ga", "url": "https://g.example/mcp", "identity_name": "i"}),
        ),
        (
            "pool",
            "cognito.user-pool",
            json!({"id": "p", "arn": "pa", "issuer": "https://i.example/p"}),
        ),
        (
            "client/editors",
            "cognito.client",
            json!({"pool_id": "p", "client_id": "c1", "client_secret": "sentinel"}),
        ),
        (
            "provider/github",
            "agentcore.oauth2-provider",
            json!({"name": "n", "arn": "pr", "callback_url": "https://cb", "secret_arn": "s"}),
        ),
        (
            "sealing-key/state",
            "ssm.sealing-key",
            json!({"name": "/construct/acme/keys/state", "arn": "k", "value": "sentinel"}),
        ),
    ] {
        objects.put(&Address::new(address).unwrap(), kind, &outputs);
    }
    objects
}

#[test]
fn the_bytes_are_these_and_hold_no_secret() {
    let config = Config::new(&heading(), &objects());
    let text = String::from_utf8(config.to_bytes()).unwrap();
    let expected = r#"{
  "version": 1,
  "stack": "acme",
  "region": "us-west-2",
  "account": "111122223333",
  "endpoint": "local",
  "mcp_url": "https://a.example/mcp",
  "front_url": "https://a.example",
  "gateway": {
    "id": "g",
    "arn": "ga",
    "url": "https://g.example/mcp"
  },
  "api": {
    "id": "a",
    "endpoint": "https://a.example"
  },
  "gateways": {},
  "cognito": {
    "pool_id": "p",
    "pool_arn": "pa",
    "issuer": "https://i.example/p",
    "scopes": [],
    "clients": {
      "editors": "c1"
    }
  },
  "providers": {
    "github": {
      "arn": "pr",
      "callback_url": "https://cb"
    }
  },
  "targets": {
    "github": {
      "target_id": "T1"
    }
  },
  "portals": {},
  "runtimes": {},
  "functions": {},
  "tables": {},
  "roles": {},
  "log_groups": {},
  "identities": {},
  "keys": {
    "state": "/construct/acme/keys/state"
  }
}
"#;
    assert_eq!(text, expected);
    assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), config);
}

#[test]
fn identity_providers_are_told_where_people_come_back_to() {
    let mut objects = objects();
    for (address, kind, outputs) in [
        ("pool/domain", "cognito.domain", json!({"base_url": "https://d.example"})),
        ("identity-provider/okta", "cognito.identity-provider", json!({"protocol": "oidc"})),
        ("identity-provider/adfs", "cognito.identity-provider", json!({"protocol": "saml"})),
    ] {
        objects.put(&Address::new(address).unwrap(), kind, &outputs);
    }
    let federation = Config::new(&heading(), &objects).cognito.unwrap().federation;
    assert_eq!(federation["okta"].redirect_uri, "https://d.example/oauth2/idpresponse");
    assert_eq!(federation["okta"].entity_id, None);
    assert_eq!(federation["adfs"].redirect_uri, "https://d.example/saml2/idpresponse");
    assert_eq!(federation["adfs"].entity_id.as_deref(), Some("urn:amazon:cognito:sp:p"));
}

#[test]
fn a_linked_pool_is_the_way_in_too() {
    let mut objects = Objects::default();
    let link = json!({"name": "/construct/acme/links/x", "value": "us-west-2_Other"});
    let address = Address::new("link/user-pool.us-west-2_Other").unwrap();
    objects.put(&address, "ssm.link", &link);
    let cognito = Config::new(&heading(), &objects).cognito.unwrap();
    assert_eq!(cognito.pool_id, "us-west-2_Other");
    let arn = "arn:aws:cognito-idp:us-west-2:111122223333:userpool/us-west-2_Other";
    assert_eq!(cognito.pool_arn, arn);
    assert!(cognito.issuer.ends_with("/us-west-2_Other"));
}

#[test]
fn each_of_several_gateways_has_its_address() {
    let mut objects = Objects::default();
    let gateway = |id: &str| json!({"id": id, "arn": "ga", "url": format!("https://{id}/mcp"), "identity_name": id});
    let api = json!({"id": "x", "endpoint": "https://a.example"});
    for (address, kind, outputs) in [
        ("gateway/a", "agentcore.gateway", gateway("ga")),
        ("gateway/b", "agentcore.gateway", gateway("gb")),
        ("api/a", "apigateway.http-api", api),
    ] {
        objects.put(&Address::new(address).unwrap(), kind, &outputs);
    }
    let config = Config::new(&heading(), &objects);
    assert_eq!((&config.gateway, &config.api, &config.mcp_url), (&None, &None, &None));
    let url = |name: &str| config.reached(Some(name)).unwrap().mcp_url;
    assert_eq!((url("a").as_str(), url("b").as_str()), ("https://a.example/mcp", "https://gb/mcp"));
    assert_eq!((config.reached(None), config.reached(Some("c"))), (None, None));
    // A document from before there were several is read all the same.
    let mut old = serde_json::to_value(&config).unwrap();
    old.as_object_mut().unwrap().remove("gateways");
    assert!(serde_json::from_value::<Config>(old).unwrap().gateways.is_empty());
}

#[test]
fn a_gateway_without_an_api_is_called_itself() {
    let mut objects = Objects::default();
    let outputs = json!({"id": "g", "arn": "ga", "url": "https://g.example/mcp"});
    objects.put(&Address::new("gateway").unwrap(), "agentcore.gateway", &outputs);
    let config = Config::new(&heading(), &objects);
    assert_eq!(config.mcp_url.as_deref(), Some("https://g.example/mcp"));
    assert_eq!(config.reached(None).unwrap().api, None);
}

#[test]
fn half_a_stack_has_a_document_too() {
    let config = Config::new(&heading(), &Objects::default());
    assert_eq!((config.gateway, config.mcp_url, config.cognito), (None, None, None));
}

#[test]
fn the_schema_names_every_member() {
    let schema = schema();
    let written = serde_json::to_value(Config::new(&heading(), &objects())).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    for member in written.as_object().unwrap().keys() {
        assert!(properties.contains_key(member), "{member}");
    }
    assert_eq!(properties.len(), written.as_object().unwrap().len());
}

#[test]
fn a_function_url_is_the_address_of_a_front_without_an_api() {
    let gateway = json!({"id": "g", "arn": "ga", "url": "https://g.example/mcp"});
    let url = |base: &str| json!({"function": "f", "endpoint": base});
    let mut objects = Objects::default();
    for (address, kind, outputs) in [
        ("gateway", "agentcore.gateway", gateway.clone()),
        ("function-url/mcp-proxy", "lambda.function-url", url("https://u.example")),
        ("gateway/a", "agentcore.gateway", gateway),
        ("function-url/mcp-proxy-a", "lambda.function-url", url("https://a.example")),
    ] {
        objects.put(&Address::new(address).unwrap(), kind, &outputs);
    }
    let config = Config::new(&heading(), &objects);
    assert_eq!((config.front_url.as_deref(), &config.api), (Some("https://u.example"), &None));
    assert_eq!(config.mcp_url.as_deref(), Some("https://u.example/mcp"));
    let named = config.reached(Some("a")).unwrap();
    assert_eq!(named.mcp_url, "https://a.example/mcp");
    assert_eq!(config.reached(None).unwrap().front_url, config.front_url);
}
