//! The pure part: what differs, what is fixed, and that tools are compared by meaning.

use std::collections::BTreeMap;

use aws_sdk_bedrockagentcorecontrol::types::{
    ApiSchemaConfiguration, McpTargetConfiguration, TargetConfiguration, TargetStatus,
};
use construct_engine::{Diff, Presence, Step};
use serde_json::Value;

use super::payload::tool_schema;
use super::{
    Credential, GatewayTarget, Links, Live, Payload, Spec, TargetTools, credential, payload,
};
use crate::manifest::Grant;
use crate::openapi::canonical;

const API: &str = r#"{"openapi":"3.0.0","paths":{"/a":{"get":{"operationId":"a"}}}}"#;
const TOOLS: &str = r#"[{"name":"t","description":"d","inputSchema":{"type":"object","required":["b","a"],
    "properties":{"a":{"type":"string","description":"x"},"b":{"type":"array","items":{"type":"integer"}}}},
    "outputSchema":{"type":"object","properties":{}}},
    {"name":"s","description":"e","inputSchema":{"type":"object"}}]"#;

fn document(text: &str) -> Payload {
    let value: Value = serde_json::from_str(text).unwrap();
    Payload { digest: canonical::digest(&value), in_bucket: false, text: text.to_owned() }
}

fn open_api() -> Spec {
    Spec {
        name: "github".into(),
        gateway: "gw".into(),
        description: Some("issues".into()),
        tools: TargetTools::OpenApi(document(API)),
        credential: Credential::OAuth {
            grant: Grant::AuthorizationCode,
            scopes: vec!["repo".into(), "read:user".into()],
            custom_parameters: BTreeMap::from([("audience".into(), "api".into())]),
        },
        private_endpoint: None,
        headers: None,
        certificate: None,
        read_again: false,
    }
}

fn lambda() -> Spec {
    Spec {
        name: "ops".into(),
        gateway: "gw".into(),
        description: None,
        tools: TargetTools::Lambda(document(TOOLS)),
        credential: Credential::GatewayRole,
        private_endpoint: None,
        headers: None,
        certificate: None,
        read_again: false,
    }
}

fn links() -> Links {
    Links {
        gateway_id: "gw-1".into(),
        function_arn: Some("arn:function".into()),
        runtime_arn: Some(
            "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/x-0123456789".into(),
        ),
        schema_uri: Some("s3://schemas/construct/acme/x.json".into()),
        provider_arn: Some("arn:provider".into()),
        return_url: Some("https://front/oauth2/callback".into()),
    }
}

fn live(spec: &Spec) -> Live {
    Live {
        gateway_id: "gw-1".into(),
        target_id: "0123456789".into(),
        name: spec.name.clone(),
        description: spec.description.clone(),
        status: TargetStatus::Ready,
        reasons: Vec::new(),
        configuration: Some(payload::configuration(spec, &links()).unwrap()),
        credentials: credential::configurations(spec, &links()).unwrap().unwrap_or_default(),
        metadata: None,
        private_endpoint: None,
        certificates: None,
        authorization_url: None,
        authorization_user: None,
        was_awaited: false,
    }
}

fn fields(spec: &Spec, links: &Links, live: &Live) -> Vec<String> {
    match GatewayTarget::diff(spec, Some(links), live) {
        Diff::Same => Vec::new(),
        Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
        Diff::Replace { reason, .. } => vec![format!("replace: {reason}")],
    }
}

#[test]
fn what_was_made_from_the_spec_is_the_same() {
    for spec in [open_api(), lambda(), Spec { credential: Credential::None, ..open_api() }] {
        assert!(fields(&spec, &links(), &live(&spec)).is_empty());
        assert_eq!(GatewayTarget::diff(&spec, None, &live(&spec)), Diff::Same);
    }
}

#[test]
fn a_description_in_another_spelling_is_the_same() {
    let spec = open_api();
    let mut there = live(&spec);
    let spelled = r#"{ "paths" : {"/a":{"get":{"operationId":"a"}}}, "openapi":"3.0.0" }"#;
    let inline = |text: &str| {
        Some(TargetConfiguration::Mcp(McpTargetConfiguration::OpenApiSchema(
            ApiSchemaConfiguration::InlinePayload(text.to_owned()),
        )))
    };
    there.configuration = inline(spelled);
    assert!(fields(&spec, &links(), &there).is_empty());
    there.configuration = inline(&spelled.replace("\"a\"", "\"b\""));
    assert_eq!(fields(&spec, &links(), &there), ["openApiSchema"]);
    there.configuration = inline("openapi: 3.0.0");
    assert_eq!(fields(&spec, &links(), &there), ["openApiSchema"]);
}

#[test]
fn tool_schemas_are_compared_without_order_and_emptiness() {
    let spec = lambda();
    let definitions = tool_schema::to_definitions(TOOLS).unwrap();
    let turned: Vec<_> = definitions.iter().rev().cloned().collect();
    let value = tool_schema::from_definitions(&turned);
    assert_eq!(
        canonical::canonical_text(&tool_schema::normal(&value)),
        canonical::canonical_text(&tool_schema::normal(&serde_json::from_str(TOOLS).unwrap())),
    );
    let changed = TOOLS.replace("\"x\"", "\"y\"");
    let other = Spec { tools: TargetTools::Lambda(document(&changed)), ..spec.clone() };
    assert_eq!(fields(&other, &links(), &live(&spec)), ["toolSchema"]);
    assert!(tool_schema::to_definitions(r#"[{"name":"t"}]"#).is_err());
}

#[test]
fn each_field_is_a_change_of_its_own() {
    let spec = open_api();
    let there = live(&spec);
    assert_eq!(
        fields(&Spec { description: None, ..spec.clone() }, &links(), &there),
        ["description"]
    );
    let oauth = |grant, scope: &str, parameter: &str| Spec {
        credential: Credential::OAuth {
            grant,
            scopes: vec![scope.into(), "repo".into()],
            custom_parameters: BTreeMap::from([("audience".into(), parameter.into())]),
        },
        ..spec.clone()
    };
    let code = Grant::AuthorizationCode;
    assert!(fields(&oauth(code, "read:user", "api"), &links(), &there).is_empty(), "order");
    assert_eq!(fields(&oauth(code, "other", "api"), &links(), &there), ["scopes"]);
    assert_eq!(fields(&oauth(code, "read:user", "x"), &links(), &there), ["customParameters"]);
    let machine = oauth(Grant::ClientCredentials, "read:user", "api");
    assert_eq!(fields(&machine, &links(), &there), ["grantType"]);
    let open = Spec { credential: Credential::None, ..spec.clone() };
    assert_eq!(fields(&open, &links(), &there), ["credentialProviderType"]);
    let moved = Links { return_url: None, ..links() };
    assert_eq!(fields(&spec, &moved, &there), ["defaultReturnUrl"]);
    let moved = Links { provider_arn: Some("arn:other".into()), ..links() };
    assert_eq!(fields(&spec, &moved, &there), ["providerArn"]);
    let moved = Links { function_arn: Some("arn:other".into()), ..links() };
    assert_eq!(fields(&lambda(), &moved, &live(&lambda())), ["lambdaArn"]);
    let moved = Links { gateway_id: "gw-2".into(), ..links() };
    assert_eq!(fields(&spec, &moved, &there), ["replace: a target stays in its gateway"]);
    let unsuccessful = Live { status: TargetStatus::SynchronizeUnsuccessful, ..there };
    assert_eq!(fields(&spec, &links(), &unsuccessful), ["status"]);
}

#[test]
fn what_cannot_be_changed_is_replaced() {
    let there = live(&open_api());
    let kind = Spec { tools: lambda().tools, ..open_api() };
    assert_eq!(
        fields(&kind, &links(), &there),
        ["replace: the kind of a target is fixed; it will have other tools"]
    );
    let name = Spec { name: "other".into(), ..open_api() };
    assert!(fields(&name, &links(), &there)[0].starts_with("replace: a target's name"));
    let moved = Spec { gateway: "other".into(), ..open_api() };
    assert_eq!(
        fields(&moved, &links(), &there),
        ["replace: a target cannot move to another gateway"]
    );
    let failed = Live { status: TargetStatus::Failed, reasons: vec!["why".into()], ..there };
    assert_eq!(fields(&open_api(), &links(), &failed), ["replace: it has status FAILED: why"]);
}

#[test]
fn only_a_target_on_its_way_is_settling() {
    let with = |status| Live { status, ..live(&lambda()) }.presence();
    for status in [TargetStatus::Creating, TargetStatus::Deleting, TargetStatus::Synchronizing] {
        assert!(matches!(with(status), Presence::Settling(_)));
    }
    for status in [TargetStatus::Ready, TargetStatus::CreatePendingAuth, TargetStatus::Failed] {
        assert!(matches!(with(status), Presence::Ours(_)));
    }
}

#[test]
fn the_text_of_a_payload_stays_out_of_the_journal() {
    let stored = serde_json::to_string(&lambda()).unwrap();
    assert!(!stored.contains("inputSchema") && stored.contains(&document(TOOLS).digest));
    let read: Spec = serde_json::from_str(&stored).unwrap();
    let error = payload::configuration(&read, &links()).unwrap_err();
    assert!(error.message.contains("without their text"));
}
