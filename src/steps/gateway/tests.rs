//! The pure part: what differs, what is fixed, and that an update keeps what it does not know.

use std::collections::BTreeSet;

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    AuthorizerConfiguration, AuthorizerType, CustomTransformConfiguration, GatewayStatus,
    LambdaTransformConfiguration,
};
use aws_smithy_types::DateTime;
use construct_engine::{Class, Diff, ServiceDetail, Step, StepError};

use super::overlay::{self, Wanted};
use super::{Authorizer, Gateway, Interceptor, Links, Live, Spec, explained, is_fresh_role};
use crate::cloud::Tags;
use crate::manifest::{
    Claim, ClaimOperator, ClaimType, GatewayProtocol, InterceptionPoint, Jwt, PolicyMode,
    WafFailure,
};

fn spec() -> Spec {
    Spec {
        name: "acme-gateway".into(),
        description: Some("tools".into()),
        instructions: None,
        semantic_search: true,
        debug: false,
        authorizer: Authorizer::Jwt,
        jwt: None,
        protocol: GatewayProtocol::Mcp,
        supported_versions: vec!["2025-06-18".into(), "2025-11-25".into()],
        session_timeout_seconds: None,
        response_streaming: None,
        list_tools_pagination: None,
        kms_key: None,
        waf_failure: None,
        interceptors: Vec::new(),
        policy: None,
        tags: Tags::from([("a".into(), "1".into()), ("b".into(), "2".into())]),
    }
}

fn links() -> Links {
    Links {
        role_arn: "arn:aws:iam::1:role/r".into(),
        discovery_url: Some("https://idp/.well-known/openid-configuration".into()),
        allowed_clients: vec!["one".into(), "two".into()],
        allowed_scopes: vec!["mcp/invoke".into()],
        interceptor_arns: Vec::new(),
        policy_engine_arn: None,
    }
}

fn answer() -> GetGatewayOutput {
    made(&spec(), &links())
}

/// The answer of a gateway that was made from `spec`.
fn made(spec: &Spec, links: &Links) -> GetGatewayOutput {
    let wanted = Wanted::new(spec, Some(links), None).unwrap();
    GetGatewayOutput::builder()
        .gateway_arn("arn:gateway")
        .gateway_id("acme-gateway-0123456789")
        .gateway_url("https://gateway/mcp")
        .created_at(DateTime::from_secs(0))
        .updated_at(DateTime::from_secs(0))
        .status(GatewayStatus::Ready)
        .name("acme-gateway")
        .role_arn(&links.role_arn)
        .protocol_configuration(wanted.protocol_configuration())
        .authorizer_type(spec.authorizer.to_sdk())
        .set_authorizer_configuration(wanted.authorizer())
        .set_interceptor_configurations(wanted.interceptors())
        .set_description(wanted.description)
        .set_exception_level(wanted.exception_level)
        .set_kms_key_arn(wanted.kms_key)
        .set_waf_configuration(wanted.waf)
        .set_policy_engine_configuration(wanted.policy_engine)
        .build()
        .unwrap()
}

fn live(answer: GetGatewayOutput) -> Live {
    Live {
        answer,
        protocol: GatewayProtocol::Mcp,
        unsendable: None,
        tags: spec().tags_over(&Tags::new()),
    }
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
    let described = Spec { description: Some("x".into()), ..spec() };
    assert_eq!(of_spec(described), ["description"]);
    let taken = Spec { description: None, ..spec() };
    assert_eq!(of_spec(taken), ["description", "tag construct:settings"], "it was ours");
    let spoken = "tag construct:settings";
    let instructed = Spec { instructions: Some("x".into()), ..spec() };
    assert_eq!(of_spec(instructed), ["instructions", spoken]);
    assert_eq!(of_spec(Spec { semantic_search: false, ..spec() }), ["searchType"]);
    assert_eq!(of_spec(Spec { debug: true, ..spec() }), ["exceptionLevel", spoken]);
    let versions = vec!["2025-11-25".into()];
    assert_eq!(of_spec(Spec { supported_versions: versions, ..spec() }), ["supportedVersions"]);
    let tags = Tags::from([("a".into(), "other".into())]);
    assert_eq!(of_spec(Spec { tags, ..spec() }), ["tag a"]);
    let of_links = |links: Links| fields(&spec(), &links, answer());
    assert_eq!(of_links(Links { role_arn: "other".into(), ..links() }), ["roleArn"]);
    assert_eq!(
        of_links(Links { discovery_url: Some("other".into()), ..links() }),
        ["discoveryUrl"]
    );
    let clients = vec!["one".into()];
    assert_eq!(of_links(Links { allowed_clients: clients, ..links() }), ["allowedClients"]);
    let scopes = vec!["mcp/other".into()];
    assert_eq!(of_links(Links { allowed_scopes: scopes, ..links() }), ["allowedScopes"]);
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

/// Every setting beside those of [`spec`].
fn whole() -> (Spec, Links) {
    let interceptor = |point, pass_headers, exclude_response_body| Interceptor {
        points: vec![point],
        pass_headers,
        exclude_response_body,
    };
    let claim = |value: Option<&str>, values: Option<&[&str]>| Claim {
        name: "groups".into(),
        r#type: ClaimType::StringArray,
        operator: if value.is_some() {
            ClaimOperator::Contains
        } else {
            ClaimOperator::ContainsAny
        },
        value: value.map(str::to_owned),
        values: values.map(|values| values.iter().map(|one| (*one).to_owned()).collect()),
    };
    let jwt = Jwt {
        discovery_url: "https://other/.well-known/openid-configuration".into(),
        audiences: vec!["aud".into()],
        clients: vec!["client".into()],
        scopes: vec!["a".into()],
        advertised_scopes: [("a".to_owned(), "api/a".to_owned())].into(),
        claims: vec![claim(Some("ops"), None), claim(None, Some(&["x", "y"]))],
        private_endpoint: None,
    };
    let spec = Spec {
        instructions: Some("ask".into()),
        debug: true,
        jwt: Some(jwt),
        session_timeout_seconds: Some(900),
        response_streaming: Some(true),
        list_tools_pagination: Some(false),
        kms_key: Some("arn:key".into()),
        waf_failure: Some(WafFailure::Open),
        interceptors: vec![
            interceptor(InterceptionPoint::Request, true, false),
            interceptor(InterceptionPoint::Response, false, true),
        ],
        policy: Some(PolicyMode::Enforce),
        ..spec()
    };
    let interceptor_arns = vec!["arn:request".into(), "arn:response".into()];
    let policy_engine_arn = Some("arn:engine".into());
    (spec, Links { discovery_url: None, interceptor_arns, policy_engine_arn, ..links() })
}

/// What an update sends, as the service would answer it.
fn updated(spec: &Spec, links: &Links, live: &Live) -> GetGatewayOutput {
    let changes = match Gateway::diff(spec, Some(links), live) {
        Diff::Update(changes) => changes,
        Diff::Same | Diff::Replace { .. } => Vec::new(),
    };
    let request = overlay::overlay(spec, links, live, &changes).unwrap().build().unwrap();
    let mut answer = live.answer.clone();
    answer.description = request.description;
    answer.protocol_configuration = request.protocol_configuration;
    answer.authorizer_configuration = request.authorizer_configuration;
    answer.kms_key_arn = request.kms_key_arn;
    answer.custom_transform_configuration = request.custom_transform_configuration;
    answer.interceptor_configurations = request.interceptor_configurations;
    answer.policy_engine_configuration = request.policy_engine_configuration;
    answer.exception_level = request.exception_level;
    answer.waf_configuration = request.waf_configuration;
    answer
}

#[test]
fn a_gateway_with_every_setting_is_the_same_and_each_of_them_a_change() {
    let (spec, links) = whole();
    let there = Live { tags: spec.tags_over(&Tags::new()), ..live(made(&spec, &links)) };
    assert_eq!(Gateway::diff(&spec, Some(&links), &there), Diff::Same);
    let bare = Live { tags: self::spec().tags, ..live(answer()) };
    let Diff::Update(changes) = Gateway::diff(&spec, Some(&links), &bare) else {
        panic!("all of it can be changed in place");
    };
    let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    let expected = [
        "instructions",
        "sessionTimeoutInSeconds",
        "enableResponseStreaming",
        "disableMcpListToolsPagination",
        "exceptionLevel",
        "kmsKeyArn",
        "wafConfiguration.failureMode",
        "interceptorConfigurations",
        "policyEngineConfiguration",
        "discoveryUrl",
        "allowedAudience",
        "allowedClients",
        "allowedScopes",
        "customClaims",
        "advertisedScopeMapping",
        "tag construct:settings",
    ];
    let all: BTreeSet<&str> = fields.into_iter().collect();
    assert_eq!(all, expected.into_iter().collect());
}

#[test]
fn what_the_manifest_never_spoke_of_stays() {
    // Somebody has set everything in the console; no tag says that any of it was the manifest's.
    let (console, _) = whole();
    let console = Spec { jwt: None, supported_versions: spec().supported_versions, ..console };
    let console_links = Links {
        interceptor_arns: vec!["arn:theirs".into(), "arn:theirs".into()],
        policy_engine_arn: Some("arn:theirs".into()),
        ..links()
    };
    let mut there = made(&console, &console_links);
    let transform = LambdaTransformConfiguration::builder().arn("arn:transform").build();
    there.custom_transform_configuration =
        Some(CustomTransformConfiguration::builder().lambda(transform).build());
    let Some(AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) =
        &mut there.authorizer_configuration
    else {
        panic!("the authorizer is a JWT one");
    };
    jwt.allowed_audience = Some(vec!["aud".into()]);
    let live = Live { tags: spec().tags, ..live(there) };
    let wanted = Spec { description: Some("new".into()), ..spec() };
    let after = updated(&wanted, &links(), &live);
    let mut expected = live.answer.clone();
    expected.description = Some("new".into());
    assert_eq!(after, expected);
}

#[test]
fn what_left_the_manifest_is_taken_away() {
    let (before, before_links) = whole();
    let there = Live { tags: before.tags_over(&Tags::new()), ..live(made(&before, &before_links)) };
    let after =
        Spec { jwt: before.jwt.clone().map(|jwt| Jwt { claims: Vec::new(), ..jwt }), ..spec() };
    let links = Links { interceptor_arns: Vec::new(), ..before_links };
    let answer = updated(&after, &links, &there);
    assert_eq!(
        (answer.kms_key_arn, answer.waf_configuration, answer.interceptor_configurations),
        (None, None, None)
    );
    let Some(AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) = answer.authorizer_configuration
    else {
        panic!("the authorizer is a JWT one");
    };
    assert_eq!((jwt.custom_claims, jwt.allowed_audience), (None, Some(vec!["aud".to_owned()])));
    let tags = after.tags_over(&there.tags);
    assert_eq!(
        tags["construct:settings"],
        "advertised_scopes audiences clients description scopes"
    );
}

#[test]
fn conditions_go_with_their_issuer() {
    let (spec, links) = whole();
    let jwt = Jwt { audiences: vec!["mine".into()], discovery_url: "new".into(), ..Jwt::default() };
    let spec = Spec { jwt: Some(jwt), ..spec };
    let answer = updated(&spec, &links, &live(answer()));
    let Some(AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) = answer.authorizer_configuration
    else {
        panic!("the authorizer is a JWT one");
    };
    assert_eq!((jwt.allowed_clients, jwt.allowed_scopes), (None, None), "the pool's own");
    assert_eq!(jwt.allowed_audience, Some(vec!["mine".to_owned()]));
}

#[test]
fn a_gateway_without_a_protocol_is_never_given_one() {
    // The SDK answers MCP where the service says nothing.
    let any = Spec { protocol: GatewayProtocol::Any, ..spec() };
    let there = Live { protocol: GatewayProtocol::Any, ..live(answer()) };
    assert_eq!(Gateway::diff(&any, Some(&links()), &there), Diff::Same);
    let request = overlay::overlay(&any, &links(), &there, &[]).unwrap().build().unwrap();
    assert_eq!(request.protocol_type(), None);
    let Diff::Replace { reason, .. } = Gateway::diff(&spec(), Some(&links()), &there) else {
        panic!("a protocol cannot be given later");
    };
    assert_eq!(reason, "the protocol of a gateway is fixed");
}

#[test]
fn what_cannot_be_sent_back_is_seen() {
    use serde_json::json;
    let domain = json!({"protocolType": "MCP", "domainOverride": {"defaultDomain": "a.example"}});
    assert_eq!(overlay::unsendable(&domain), Some("a domainOverride"));
    let certificates = json!({"authorizerConfiguration": {"customJWTAuthorizer": {"certificateConfigurations": []}}});
    assert!(overlay::unsendable(&certificates).is_some());
    assert_eq!(overlay::unsendable(&json!({"domainOverride": null})), None);
    let seen = Live::new(answer(), &domain);
    assert_eq!((seen.protocol, seen.unsendable), (GatewayProtocol::Mcp, Some("a domainOverride")));
    assert_eq!(Live::new(answer(), &json!({})).protocol, GatewayProtocol::Any);
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

#[test]
fn a_role_that_may_not_ask_the_engine_yet_is_waited_for() {
    let refused = StepError::new(
        Class::Denied,
        "CreateGateway was refused: User: arn:aws:sts::1:assumed-role/r/GenesisPolicyEngineCheck is not authorized to \
         perform: bedrock-agentcore:AuthorizeAction on resource: arn:engine",
    )
    .detail(ServiceDetail {
        code: Some("AccessDeniedException".to_owned()),
        ..ServiceDetail::default()
    });
    assert!(is_fresh_role(&refused));
    let mut ours = refused.clone();
    ours.message =
        "CreateGateway was refused: User: arn:aws:sts::1:assumed-role/ada is not authorized".into();
    assert!(!is_fresh_role(&ours), "the caller's own lack of a permission does not pass");
}

#[test]
fn an_engine_that_is_not_known_yet_leaves_what_is_there() {
    let (spec, links) = whole();
    let there = Live { tags: spec.tags_over(&Tags::new()), ..live(made(&spec, &links)) };
    assert_eq!(Gateway::diff(&spec, None, &there), Diff::Same);
    let silent = Spec { policy: None, ..spec };
    let links = Links { policy_engine_arn: None, ..links };
    let after = updated(&silent, &links, &there);
    assert_eq!(after.policy_engine_configuration, None, "it was the manifest's");
}
