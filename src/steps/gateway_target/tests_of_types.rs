//! Every type of target: what was made from a spec is the same, and each field is a change of its own.

use std::collections::BTreeMap;

use construct_engine::{Diff, Step};

use super::{Credential, GatewayTarget, Links, Live, McpServerSpec, Spec, TargetTools};
use super::{credential, live::Phase, payload};
use crate::manifest::{
    ApiGateway, Connector, ConnectorConfiguration, Grant, HttpConnector, Inference,
    InferenceOperation, InferenceProvider, KeyLocation, Listing, PassthroughProtocol,
    PassthroughSettings, ProviderPrefix, QueryConflict, Stickiness, ToolFilter,
};

const RUNTIME: &str = "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/x-0123456789";

fn links() -> Links {
    Links {
        gateway_id: "gw-1".into(),
        function_arn: None,
        runtime_arn: Some(RUNTIME.into()),
        schema_uri: Some("s3://schemas/x.json".into()),
        provider_arn: Some("arn:provider".into()),
        return_url: None,
    }
}

pub(super) fn spec(tools: TargetTools, credential: Credential) -> Spec {
    Spec {
        name: "t".into(),
        gateway: "gw".into(),
        description: None,
        tools,
        credential,
        private_endpoint: None,
        headers: None,
        certificate: None,
        read_again: false,
    }
}

pub(super) fn live(spec: &Spec) -> Live {
    Live {
        gateway_id: "gw-1".into(),
        target_id: "0123456789".into(),
        name: spec.name.clone(),
        description: None,
        status: aws_sdk_bedrockagentcorecontrol::types::TargetStatus::Ready,
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

fn fields(wanted: &Spec, there: &Live) -> Vec<String> {
    match GatewayTarget::diff(wanted, Some(&links()), there) {
        Diff::Same => Vec::new(),
        Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
        Diff::Replace { .. } => vec!["replace".to_owned()],
    }
}

pub(super) fn server() -> McpServerSpec {
    McpServerSpec {
        endpoint: None,
        qualifier: None,
        listing: Listing::Default,
        tools: None,
        resource_priority: None,
    }
}

fn passthrough() -> PassthroughSettings {
    PassthroughSettings {
        endpoint: "https://a.example.com".into(),
        protocol: PassthroughProtocol::A2a,
        stickiness: Some(Stickiness {
            identifier: "$context.header.x".into(),
            timeout_seconds: Some(60),
            composite: vec!["a".into()],
        }),
        query: BTreeMap::from([("v".into(), "1".into())]),
        query_conflict: Some(QueryConflict::Static),
    }
}

fn models() -> InferenceProvider {
    InferenceProvider {
        endpoint: "https://m.example.com".into(),
        prefix: Some(ProviderPrefix { strip: true, separator: ".".into() }),
        operations: vec![InferenceOperation {
            path: "/v1/messages".into(),
            provider_path: None,
            models: vec!["m-*".into()],
        }],
    }
}

fn connector() -> Connector {
    Connector {
        id: "web-search".into(),
        version: None,
        enabled: vec!["search".into()],
        configurations: vec![ConnectorConfiguration {
            name: "search".into(),
            description: None,
            parameters: Some(serde_json::json!({ "maxResults": 5, "deep": { "x": [1.5] } })),
            overrides: Vec::new(),
        }],
    }
}

fn pets(stage: &str) -> TargetTools {
    TargetTools::ApiGateway(ApiGateway {
        rest_api: "a1".into(),
        stage: stage.into(),
        tools: vec![ToolFilter {
            path: "/pets".into(),
            methods: vec!["GET".into(), "POST".into()],
        }],
        overrides: Vec::new(),
    })
}

/// Each type, the same with one thing changed, and the field that this is.
pub(super) fn types() -> Vec<(TargetTools, TargetTools, &'static str)> {
    let http = |id: &str| {
        TargetTools::HttpConnector(HttpConnector { id: id.into(), parameters: BTreeMap::new() })
    };
    let runtime =
        |qualifier: &str| TargetTools::Runtime { qualifier: Some(qualifier.into()), schema: None };
    let passed = |settings| TargetTools::Passthrough { settings, schema: None };
    vec![
        (
            TargetTools::McpServer(server()),
            TargetTools::McpServer(McpServerSpec { listing: Listing::Dynamic, ..server() }),
            "listingMode",
        ),
        (
            TargetTools::McpServer(server()),
            TargetTools::McpServer(McpServerSpec { qualifier: Some("beta".into()), ..server() }),
            "endpoint",
        ),
        (
            TargetTools::McpServer(server()),
            TargetTools::McpServer(McpServerSpec { resource_priority: Some(1), ..server() }),
            "resourcePriority",
        ),
        (pets("prod"), pets("dev"), "stage"),
        (
            TargetTools::Connector(connector()),
            TargetTools::Connector(Connector { enabled: Vec::new(), ..connector() }),
            "enabled",
        ),
        (runtime("a"), runtime("b"), "qualifier"),
        (
            passed(passthrough()),
            passed(PassthroughSettings { query: BTreeMap::new(), ..passthrough() }),
            "staticQueryParameters",
        ),
        (
            passed(passthrough()),
            passed(PassthroughSettings { stickiness: None, ..passthrough() }),
            "stickinessConfiguration",
        ),
        (http("a"), http("b"), "connectorId"),
        (
            TargetTools::Inference(Inference::Connector("openai".into())),
            TargetTools::Inference(Inference::Connector("anthropic".into())),
            "connectorId",
        ),
        (
            TargetTools::Inference(Inference::Provider(models())),
            TargetTools::Inference(Inference::Provider(InferenceProvider {
                operations: Vec::new(),
                ..models()
            })),
            "operations",
        ),
    ]
}

#[test]
fn what_was_made_is_the_same_and_one_change_is_one_field() {
    for (tools, changed, field) in types() {
        let made = spec(tools, Credential::GatewayRole);
        let there = live(&made);
        assert_eq!(fields(&made, &there), Vec::<String>::new(), "{made:?}");
        assert_eq!(GatewayTarget::diff(&made, None, &there), Diff::Same, "without links");
        let changed = spec(changed, Credential::GatewayRole);
        assert_eq!(fields(&changed, &there), [field], "{changed:?}");
        assert_eq!(there.phase(), Phase::There);
    }
}

#[test]
fn no_type_becomes_another_in_place() {
    let all = types();
    let kind = |tools: &TargetTools| {
        let made = payload::configuration(&spec(tools.clone(), Credential::None), &links());
        super::fields::fields(&made.unwrap()).0
    };
    for (one, _, _) in &all {
        for (other, _, _) in all.iter().filter(|(other, _, _)| kind(other) != kind(one)) {
            let there = live(&spec(one.clone(), Credential::None));
            assert_eq!(fields(&spec(other.clone(), Credential::None), &there), ["replace"]);
        }
    }
}

#[test]
fn what_the_service_chose_is_sent_back() {
    let wanted = payload::configuration(
        &spec(TargetTools::Connector(connector()), Credential::GatewayRole),
        &links(),
    );
    let there = Connector { version: Some("1.2.0".into()), ..connector() };
    let there = live(&spec(TargetTools::Connector(there), Credential::GatewayRole));
    let kept = payload::kept(wanted.unwrap(), there.configuration.as_ref());
    assert_eq!(Some(kept), there.configuration);
}

#[test]
fn every_way_to_sign_in_is_told_from_the_others() {
    let ways = [
        Credential::None,
        Credential::GatewayRole,
        Credential::SigV4 { service: "execute-api".into(), region: Some("us-east-1".into()) },
        Credential::CallerIam,
        Credential::JwtPassthrough,
        Credential::OAuth {
            grant: Grant::TokenExchange,
            scopes: Vec::new(),
            custom_parameters: BTreeMap::new(),
        },
        Credential::ApiKey {
            location: KeyLocation::Header,
            name: Some("Authorization".into()),
            prefix: Some("Bearer ".into()),
        },
    ];
    for (index, way) in ways.iter().enumerate() {
        for (other_index, other) in ways.iter().enumerate() {
            let there = live(&spec(pets("prod"), way.clone()));
            let same = fields(&spec(pets("prod"), other.clone()), &there).is_empty();
            assert_eq!(same, index == other_index, "{way:?} and {other:?}");
        }
    }
    let key = |location, prefix: Option<&str>| {
        let (name, prefix) = (None, prefix.map(str::to_owned));
        spec(pets("prod"), Credential::ApiKey { location, name, prefix })
    };
    let there = live(&key(KeyLocation::Header, Some("Bearer ")));
    let trimmed = key(KeyLocation::Header, Some("Bearer"));
    assert_eq!(fields(&trimmed, &there), ["credentialPrefix"], "the space counts");
    assert_eq!(fields(&key(KeyLocation::Header, None), &there), ["credentialPrefix"]);
    let moved = key(KeyLocation::Query, Some("Bearer "));
    assert_eq!(fields(&moved, &there), ["credentialLocation"]);
}
