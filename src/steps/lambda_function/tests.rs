use std::path::PathBuf;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{
    Architecture, Concurrency, EnvironmentResponse, FunctionConfiguration, LastUpdateStatus,
    LoggingConfig, PackageType, Runtime, State, TagsError,
};
use construct_engine::Class;

use super::*;
use crate::package::CodeSource;

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn spec() -> Spec {
    Spec {
        name: "acme-function-mcp-proxy".into(),
        description: "the front".into(),
        runtime: "provided.al2023".into(),
        handler: "mcp-proxy".into(),
        memory: 256,
        timeout_seconds: 29,
        architecture: "arm64".into(),
        environment: Some(map(&[("A", "1"), ("B", "spec")])),
        code: Code {
            sha256: "c29tZSBkaWdlc3Q=".into(),
            source: CodeSource::File(PathBuf::from("x.zip")),
        },
        log_group: "/aws/lambda/acme-function-mcp-proxy".into(),
        reserved_concurrency: Some(5),
        tags: map(&[("construct:stack", "acme")]),
    }
}

fn links() -> Links {
    Links { role_arn: "arn:role".into(), environment: map(&[("B", "link"), ("C", "3")]) }
}

fn configuration() -> FunctionConfiguration {
    FunctionConfiguration::builder()
        .function_name(spec().name)
        .function_arn("arn:function")
        .role("arn:role")
        .description(spec().description)
        .runtime(Runtime::Providedal2023)
        .handler(spec().handler)
        .memory_size(256)
        .timeout(29)
        .architectures(Architecture::Arm64)
        .environment(
            EnvironmentResponse::builder()
                .variables("A", "1")
                .variables("B", "link")
                .variables("C", "3")
                .build(),
        )
        .code_sha256(spec().code.sha256)
        .logging_config(LoggingConfig::builder().log_group(spec().log_group).build())
        .state(State::Active)
        .last_update_status(LastUpdateStatus::Successful)
        .package_type(PackageType::Zip)
        .build()
}

fn answer(configuration: FunctionConfiguration) -> GetFunctionOutput {
    GetFunctionOutput::builder()
        .configuration(configuration)
        .concurrency(Concurrency::builder().reserved_concurrent_executions(5).build())
        .tags("construct:stack", "acme")
        .build()
}

fn live() -> Live {
    live::of(&spec().name, answer(configuration())).unwrap()
}

fn fields(diff: Diff) -> Vec<String> {
    match diff {
        Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_lambda_describes_after_making_it_is_the_same() {
    assert_eq!(Function::diff(&spec(), Some(&links()), &live()), Diff::Same);
    let without_b = Spec { environment: Some(map(&[("A", "1")])), ..spec() };
    assert_eq!(Function::diff(&without_b, None, &live()), Diff::Same);
}

#[test]
fn every_field_is_compared() {
    let cases: [(&str, Spec); 10] = [
        ("CodeSha256", Spec { code: Code { sha256: "b3RoZXI=".into(), ..spec().code }, ..spec() }),
        ("Architectures", Spec { architecture: "x86_64".into(), ..spec() }),
        ("Description", Spec { description: String::new(), ..spec() }),
        ("Runtime", Spec { runtime: "python3.13".into(), ..spec() }),
        ("Handler", Spec { handler: "other".into(), ..spec() }),
        ("MemorySize", Spec { memory: 128, ..spec() }),
        ("Timeout", Spec { timeout_seconds: 3, ..spec() }),
        ("LogGroup", Spec { log_group: "/other".into(), ..spec() }),
        ("ReservedConcurrentExecutions", Spec { reserved_concurrency: None, ..spec() }),
        ("tag owner", Spec { tags: map(&[("construct:stack", "acme"), ("owner", "x")]), ..spec() }),
    ];
    for (field, spec) in cases {
        assert_eq!(fields(Function::diff(&spec, Some(&links()), &live())), [field]);
    }
    let other_role = Links { role_arn: "arn:other".into(), ..links() };
    assert_eq!(fields(Function::diff(&spec(), Some(&other_role), &live())), ["Role"]);
}

#[test]
fn variables_are_compared_as_a_whole_and_shown_by_name() {
    let wanted = Links { environment: map(&[("B", "secret value")]), ..links() };
    let Diff::Update(changes) = Function::diff(&spec(), Some(&wanted), &live()) else {
        panic!("the same")
    };
    assert_eq!(changes, [Change::new("Environment", "", "B set, C removed")]);
    let planned = Spec { environment: Some(map(&[("A", "2")])), ..spec() };
    assert_eq!(fields(Function::diff(&planned, None, &live())), ["Environment"]);
}

#[test]
fn what_cannot_be_repaired_is_replaced() {
    let image = Live { from_image: true, ..live() };
    let failed = Live { state: State::Failed, reason: "no key".into(), ..live() };
    for live in [image, failed] {
        assert!(matches!(Function::diff(&spec(), Some(&links()), &live), Diff::Replace { .. }));
    }
    let half = Live { last_update: LastUpdateStatus::Failed, ..live() };
    assert_eq!(fields(Function::diff(&spec(), Some(&links()), &half)), ["LastUpdateStatus"]);
    assert!(half.failure().is_some() && live().failure().is_none());
}

#[test]
fn states_on_the_way_are_waited_for() {
    assert!(!live().is_settling());
    for live in [
        Live { state: State::Pending, ..live() },
        Live { state: State::Deleting, ..live() },
        Live { last_update: LastUpdateStatus::InProgress, ..live() },
    ] {
        assert!(live.is_settling(), "{}", live.status());
    }
}

#[test]
fn tags_that_may_not_be_read_are_no_proof_of_a_stranger() {
    let refused =
        TagsError::builder().error_code("AccessDeniedException").message("no").build().unwrap();
    let answer =
        GetFunctionOutput::builder().configuration(configuration()).tags_error(refused).build();
    assert_eq!(live::of("f", answer).unwrap_err().class, Class::Denied);
}

#[test]
fn an_environment_that_another_node_writes_is_left_alone() {
    let without = Spec { environment: None, ..spec() };
    assert_eq!(Function::diff(&without, Some(&links()), &live()), Diff::Same);
    assert_eq!(Function::diff(&without, None, &live()), Diff::Same);
    let written = Live { environment: map(&[("OTHER", "x")]), ..live() };
    assert_eq!(Function::diff(&without, Some(&links()), &written), Diff::Same);
    assert_eq!(fields(Function::diff(&spec(), Some(&links()), &written)), ["Environment"]);
}
