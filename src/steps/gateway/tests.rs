//! The pure part: what differs, what is fixed, and that an update keeps what it does not know.

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    AuthorizerConfiguration, AuthorizerType, GatewayProtocolConfiguration, GatewayStatus,
    SessionConfiguration,
};
use aws_smithy_types::DateTime;
use construct_engine::{Class, Diff, ServiceDetail, Step, StepError};

use super::{Gateway, Links, Live, Spec, explained, is_fresh_role, overlay};
use crate::cloud::Tags;

fn spec() -> Spec {
    Spec {
        name: "acme-gateway".into(),
        description: Some("tools".into()),
        instructions: None,
        semantic_search: true,
        debug: false,
        supported_versions: vec!["2025-06-18".into(), "2025-11-25".into()],
        tags: Tags::from([("a".into(), "1".into()), ("b".into(), "2".into())]),
    }
}

fn links() -> Links {
    Links {
        role_arn: "arn:aws:iam::1:role/r".into(),
        discovery_url: "https://idp/.well-known/openid-configuration".into(),
        allowed_clients: vec!["one".into(), "two".into()],
        allowed_scopes: vec!["mcp/invoke".into()],
    }
}

fn answer() -> GetGatewayOutput {
    GetGatewayOutput::builder()
        .gateway_arn("arn:gateway")
        .gateway_id("acme-gateway-0123456789")
        .gateway_url("https://gateway/mcp")
        .created_at(DateTime::from_secs(0))
        .updated_at(DateTime::from_secs(0))
        .status(GatewayStatus::Ready)
        .name("acme-gateway")
        .description("tools")
        .role_arn(links().role_arn)
        .protocol_type(overlay::PROTOCOL)
        .protocol_configuration(overlay::protocol(&spec(), None).unwrap())
        .authorizer_type(overlay::AUTHORIZER)
        .authorizer_configuration(overlay::authorizer(&links(), None).unwrap())
        .build()
        .unwrap()
}

fn live(answer: GetGatewayOutput) -> Live {
    Live { answer, tags: spec().tags }
}

fn fields(spec: &Spec, links: &Links, answer: GetGatewayOutput) -> Vec<String> {
    match Gateway::diff(spec, Some(links), &live(answer)) {
        Diff::Same => Vec::new(),
        Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
        Diff::Replace { reason, .. } => vec![format!("replace: {reason}")],
    }
}

#[test]
fn what_was_made_from_the_spec_is_the_same() {
    assert!(fields(&spec(), &links(), answer()).is_empty());
    let mut turned = (spec(), links());
    turned.0.supported_versions.reverse();
    turned.1.allowed_clients.reverse();
    assert!(fields(&turned.0, &turned.1, answer()).is_empty(), "order is no difference");
    let open = Spec { supported_versions: Vec::new(), ..spec() };
    assert!(fields(&open, &links(), answer()).is_empty(), "no versions leave them to the service");
}

#[test]
fn each_field_is_a_change_of_its_own() {
    let of_spec = |spec: Spec| fields(&spec, &links(), answer());
    assert_eq!(of_spec(Spec { description: None, ..spec() }), ["description"]);
    assert_eq!(of_spec(Spec { instructions: Some("x".into()), ..spec() }), ["instructions"]);
    assert_eq!(of_spec(Spec { semantic_search: false, ..spec() }), ["searchType SEMANTIC"]);
    assert_eq!(of_spec(Spec { debug: true, ..spec() }), ["exceptionLevel DEBUG"]);
    let versions = vec!["2025-11-25".into()];
    assert_eq!(of_spec(Spec { supported_versions: versions, ..spec() }), ["supportedVersions"]);
    let tags = Tags::from([("a".into(), "other".into())]);
    assert_eq!(of_spec(Spec { tags, ..spec() }), ["tag a"]);
    let of_links = |links: Links| fields(&spec(), &links, answer());
    assert_eq!(of_links(Links { role_arn: "other".into(), ..links() }), ["roleArn"]);
    assert_eq!(of_links(Links { discovery_url: "other".into(), ..links() }), ["discoveryUrl"]);
    assert_eq!(of_links(Links { allowed_clients: vec![], ..links() }), ["allowedClients"]);
    assert_eq!(of_links(Links { allowed_scopes: vec![], ..links() }), ["allowedScopes"]);
    let mut unsuccessful = answer();
    unsuccessful.status = GatewayStatus::UpdateUnsuccessful;
    assert_eq!(fields(&spec(), &links(), unsuccessful), ["status"]);
}

#[test]
fn what_cannot_be_changed_is_replaced() {
    let mut open = answer();
    open.authorizer_type = AuthorizerType::None;
    assert_eq!(fields(&spec(), &links(), open), ["replace: the authorizer of a gateway is fixed"]);
    let mut failed = answer();
    failed.status = GatewayStatus::Failed;
    failed.status_reasons = Some(vec!["no role".into()]);
    assert_eq!(fields(&spec(), &links(), failed), ["replace: it has failed: no role"]);
}

#[test]
fn without_links_what_depends_on_them_is_not_compared() {
    let mut other = answer();
    other.role_arn = Some("other".into());
    assert_eq!(Gateway::diff(&spec(), None, &live(other)), Diff::Same);
}

#[test]
fn an_update_keeps_what_it_does_not_know() {
    let mut there = answer();
    there.kms_key_arn = Some("arn:key".into());
    let Some(GatewayProtocolConfiguration::Mcp(mcp)) = &mut there.protocol_configuration else {
        panic!("the protocol is MCP");
    };
    let sessions = SessionConfiguration::builder().session_timeout_in_seconds(900).build();
    mcp.session_configuration = Some(sessions.clone());
    let Some(AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) =
        &mut there.authorizer_configuration
    else {
        panic!("the authorizer is a JWT one");
    };
    jwt.allowed_audience = Some(vec!["aud".into()]);
    let wanted = Spec { instructions: Some("new".into()), ..spec() };
    let request = overlay::overlay(&wanted, &links(), &there).unwrap().build().unwrap();
    assert_eq!(request.kms_key_arn(), Some("arn:key"));
    let Some(GatewayProtocolConfiguration::Mcp(mcp)) = request.protocol_configuration() else {
        panic!("the protocol is MCP");
    };
    assert_eq!((mcp.instructions(), mcp.session_configuration()), (Some("new"), Some(&sessions)));
    assert_eq!(mcp.supported_versions(), spec().supported_versions);
    let Some(AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) =
        request.authorizer_configuration()
    else {
        panic!("the authorizer is a JWT one");
    };
    assert_eq!(jwt.allowed_audience(), ["aud"]);
}

#[test]
fn refusals_are_told_apart() {
    let refusal = |code: &str, text: &str| {
        StepError::new(Class::Invalid, text)
            .detail(ServiceDetail { code: Some(code.to_owned()), ..ServiceDetail::default() })
    };
    assert!(is_fresh_role(&refusal("ValidationException", "the role cannot be assumed")));
    assert!(!is_fresh_role(&refusal("ValidationException", "the name is too long")));
    assert!(!is_fresh_role(&refusal("ConflictException", "the role cannot be assumed")));
    let Diff::Update(changes) = Gateway::diff(
        &Spec { supported_versions: vec!["2026-07-28".into()], ..spec() },
        None,
        &live(answer()),
    ) else {
        panic!("other versions are a change");
    };
    assert!(explained(refusal("ValidationException", "no"), &changes).hint.is_some());
    assert!(explained(refusal("ValidationException", "no"), &[]).hint.is_none());
}
