//! What a target needs whose configuration is the wanted one, and which call brings it.

use aws_sdk_bedrockagentcorecontrol::types::TargetStatus;
use construct_engine::{Change, Diff, Step};

use super::tests_of_types::{live, server, spec, types};
use super::{
    Credential, Document, GatewayTarget, Live, McpServerSpec, Need, Payload, STATUS, Spec, TOOLS,
    TargetTools,
};
use crate::manifest::Listing;

fn remote(server: McpServerSpec) -> Spec {
    let server = McpServerSpec { endpoint: Some("https://a.example.com/mcp".into()), ..server };
    spec(TargetTools::McpServer(server), Credential::None)
}

fn listed() -> McpServerSpec {
    let text = r#"[{"name":"a","inputSchema":{"type":"object"}}]"#;
    let tools = Payload { digest: "d".into(), in_bucket: false, text: text.into() };
    McpServerSpec { tools: Some(tools), ..server() }
}

#[test]
fn only_servers_that_are_asked_once_are_asked_again() {
    let need = |server| live(&remote(server)).need();
    assert!(matches!(need(server()), Need::Synchronize(why) if why.contains("may have changed")));
    let dynamic = McpServerSpec { listing: Listing::Dynamic, ..server() };
    assert!(matches!(need(dynamic), Need::Nothing(why) if why.contains("DYNAMIC")));
    assert!(matches!(need(listed()), Need::Nothing(why) if why.contains("static")));
    for (tools, _, _) in types() {
        let (is_server, is_rest) = (
            matches!(tools, TargetTools::McpServer(_)),
            matches!(tools, TargetTools::ApiGateway(_)),
        );
        let need = live(&spec(tools.clone(), Credential::GatewayRole)).need();
        assert_eq!(matches!(need, Need::SendAgain(_)), is_rest, "{tools:?}");
        assert!(is_server || is_rest || matches!(need, Need::Nothing(_)), "{tools:?}: {need:?}");
    }
}

#[test]
fn a_state_comes_before_a_type() {
    let in_state = |status| Live { status, ..live(&remote(server())) }.need();
    for status in [
        TargetStatus::CreatePendingAuth,
        TargetStatus::UpdatePendingAuth,
        TargetStatus::SynchronizePendingAuth,
    ] {
        assert_eq!(in_state(status), Need::Consent);
    }
    assert_eq!(in_state(TargetStatus::Synchronizing), Need::Settling);
    assert!(matches!(in_state(TargetStatus::Failed), Need::Nothing(_)));
    let awaited = Live { was_awaited: true, ..live(&remote(server())) };
    assert!(matches!(awaited.need(), Need::Nothing(why) if why.contains("a moment ago")));
    let unsuccessful = in_state(TargetStatus::SynchronizeUnsuccessful);
    assert!(matches!(unsuccessful, Need::Synchronize(why) if why.contains("failed")));
}

#[test]
fn nobody_s_tools_are_read_again_unasked() {
    let (made, asked) = (remote(server()), Spec { read_again: true, ..remote(server()) });
    let there = live(&made);
    assert_eq!(GatewayTarget::diff(&made, None, &there), Diff::Same);
    let Diff::Update(changes) = GatewayTarget::diff(&asked, None, &there) else {
        panic!("it was asked for")
    };
    assert_eq!(changes.iter().map(|change| change.field.as_str()).collect::<Vec<_>>(), [TOOLS]);
    let listed = Spec { read_again: true, ..remote(listed()) };
    assert_eq!(GatewayTarget::diff(&listed, None, &live(&listed)), Diff::Same);
}

#[test]
fn what_an_update_must_send_no_synchronization_does() {
    let change = |field: &str| Change::new(field, "a", "b");
    let there = live(&remote(server()));
    assert!(there.synchronizes(&[change(TOOLS)]));
    assert!(!there.synchronizes(&[change(TOOLS), change("description")]));
    let with = |status| Live { status, ..there.clone() };
    assert!(with(TargetStatus::SynchronizeUnsuccessful).synchronizes(&[change(STATUS)]));
    assert!(!with(TargetStatus::UpdateUnsuccessful).synchronizes(&[change(STATUS)]));
    assert!(!live(&remote(listed())).synchronizes(&[change(STATUS)]));
}

#[test]
fn a_document_comes_back_as_it_was_sent() {
    let Document::Inline(text) = live(&remote(listed())).document() else {
        panic!("it was sent inline")
    };
    assert_eq!(Some(text), listed().tools.map(|tools| tools.text));
    assert_eq!(live(&remote(server())).document(), Document::Nowhere);
}
