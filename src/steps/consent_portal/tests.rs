use super::compare::diff;
use super::*;

fn spec() -> Spec {
    Spec {
        name: "acme-portal".into(),
        description: None,
        scopes: vec!["openid".into()],
        audience: None,
        tags: Tags::from([("construct:stack".into(), "acme".into())]),
    }
}

fn links() -> Links {
    Links {
        gateway_arn: "arn:aws:bedrock-agentcore:us-west-2:111122223333:gateway/acme-0123456789"
            .into(),
        role_arn: "arn:aws:iam::111122223333:role/portal".into(),
        provider_arn: "arn:provider".into(),
        gateway_scopes: vec!["mcp/invoke".into(), "openid".into()],
    }
}

fn live(source: &str, status: Status) -> Live {
    let now = aws_sdk_bedrockagentcorecontrol::primitives::DateTime::from_secs(0);
    let source = ConsentPortalSource::builder()
        .identifier(source)
        .r#type(ConsentPortalSourceType::AgentcoreGateway)
        .build()
        .unwrap();
    let answer = GetConsentPortalOutput::builder()
        .sources(source)
        .consent_portal_arn("arn:portal")
        .consent_portal_id("acme-portal-0123456789")
        .created_at(now)
        .updated_at(now)
        .execution_role_arn(links().role_arn)
        .idp_config(idp(&spec(), &links()).unwrap())
        .name("acme-portal")
        .portal_url("portal.example.com/")
        .status(status)
        .build()
        .unwrap();
    Live { answer, tags: spec().tags }
}

#[test]
fn what_was_made_from_the_spec_is_the_same() {
    for source in [links().gateway_arn.as_str(), "acme-0123456789"] {
        let live = live(source, Status::Active);
        assert_eq!(diff(&spec(), Some(&links()), &live), Diff::Same);
        assert_eq!(diff(&spec(), None, &live), Diff::Same);
    }
    assert_eq!(scopes(&spec(), &links()), ["openid", "mcp/invoke"]);
}

#[test]
fn each_mutable_field_is_an_update_that_names_it() {
    let live = live("acme-0123456789", Status::Active);
    let fields = |spec: &Spec, links: &Links| match diff(spec, Some(links), &live) {
        Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
        other => vec![format!("{other:?}")],
    };
    let described = Spec { description: Some("x".into()), ..spec() };
    assert_eq!(fields(&described, &links()), ["description"]);
    let for_whom = Spec { audience: Some("api".into()), ..spec() };
    assert_eq!(fields(&for_whom, &links()), ["audience"]);
    let more = Spec { scopes: vec!["openid".into(), "email".into()], ..spec() };
    assert_eq!(fields(&more, &links()), ["scopes"]);
    let other = Links { provider_arn: "arn:other".into(), ..links() };
    assert_eq!(fields(&spec(), &other), ["credentialProviderArn"]);
    let other = Links { role_arn: "arn:other".into(), ..links() };
    assert_eq!(fields(&spec(), &other), ["executionRoleArn"]);
}

#[test]
fn another_gateway_and_a_failure_replace() {
    let other = live("acme-9876543210", Status::Active);
    assert!(matches!(diff(&spec(), Some(&links()), &other), Diff::Replace { .. }));
    let failed = live("acme-0123456789", Status::Failed);
    assert!(matches!(diff(&spec(), Some(&links()), &failed), Diff::Replace { .. }));
}

#[test]
fn addresses_begin_with_https_and_end_without_a_slash() {
    for url in ["p.example.com", "https://p.example.com", "https://p.example.com/"] {
        assert_eq!(normal(url), "https://p.example.com");
    }
    let outputs = ConsentPortal::outputs(&live("acme-0123456789", Status::Active));
    assert_eq!(outputs.sign_in_callback(), "https://portal.example.com/callback");
    assert_eq!(outputs.consent_return_url(), "https://portal.example.com/connect/callback");
}
