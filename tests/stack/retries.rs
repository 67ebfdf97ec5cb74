//! What is sent again and what is not: a call that may have had its effect leaves once, and looking decides.

use construct_local::fault::Refusal;
use construct_local::{Effect, Options, Rule};

use super::harness::{Bench, FULL};
use super::store::object;

/// How often `operation` was sent, and that it was answered well at last.
async fn sent(service: &str, operation: &str, effect: Effect) -> usize {
    let bench = Bench::with(FULL, Options::instant());
    bench.aws.faults().add(Rule::operation(service, operation, effect).only(1));
    let ran = bench.up().await.done();
    assert_eq!(bench.aws.faults().hits(), [1], "{operation} was not struck");
    assert!(bench.work().await.is_empty());
    ran.calls.iter().filter(|call| call.operation == operation).count()
}

const INTERNAL: fn() -> Effect = || Effect::FailBefore(Refusal::internal());

#[tokio::test(start_paused = true)]
async fn a_change_that_arrived_is_not_sent_again() {
    assert_eq!(sent("dynamodb", "CreateTable", Effect::CutAfter).await, 1);
    assert_eq!(sent("apigateway", "CreateApi", Effect::CutAfter).await, 1);
    assert_eq!(sent("cognito-idp", "CreateUserPool", Effect::CutAfter).await, 1);
    assert_eq!(sent("bedrock-agentcore", "CreateGateway", Effect::CutAfter).await, 1);
    assert_eq!(sent("dynamodb", "CreateTable", Effect::FailAfter(Refusal::internal())).await, 1);
    assert_eq!(sent("dynamodb", "CreateTable", Effect::HangAfter).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_never_arrived_is_sent_again_after_looking() {
    assert_eq!(sent("dynamodb", "CreateTable", Effect::CutBefore).await, 2);
    assert_eq!(sent("dynamodb", "CreateTable", INTERNAL()).await, 2);
    assert_eq!(sent("dynamodb", "CreateTable", Effect::HangBefore).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_change_is_sent_again_at_once() {
    let throttled = || Effect::FailBefore(Refusal::throttled());
    assert_eq!(sent("dynamodb", "CreateTable", throttled()).await, 2);
    let slow = Refusal {
        status: 400,
        code: "TooManyRequestsException".to_owned(),
        message: "Too Many Requests".to_owned(),
        retry_after: None,
    };
    assert_eq!(sent("apigateway", "CreateApi", Effect::FailBefore(slow)).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_look_is_repeated() {
    for effect in [Effect::CutBefore, Effect::CutAfter, INTERNAL()] {
        let bench = Bench::with(FULL, Options::instant());
        bench.aws.faults().add(Rule::operation("cognito-idp", "ListUserPools", effect).only(1));
        bench.up().await.done();
        assert_eq!(bench.aws.faults().hits(), [1]);
    }
}

#[tokio::test(start_paused = true)]
async fn two_pools_never_come_of_one_lost_answer() {
    let bench = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    for number in 1..=2 {
        let rule = Rule::operation("cognito-idp", "CreateUserPool", Effect::CutAfter).only(number);
        bench.aws.faults().add(rule);
    }
    bench.up().await.done();
    assert_eq!(bench.aws.faults().hits(), [1, 0], "it was sent once only");
    object(&bench.store(), "pool acme-tools-pool");
}
