//! Cleanup from anything: by name alone, half-built, held back by others, and on again once they let go.

use construct::cli::ExitCode;
use construct::cloud::Cloud;
use construct::steps::registry;
use construct_local::fault::Refusal;
use construct_local::{Effect, Options, Rule};

use super::harness::{Bench, FULL, REGION, Ran};
use super::scene::beginning;
use super::store::{Object, names, objects};
use super::sweep::everything::FIRST;

/// Another stack in the account, whose name begins with this one's.
const BESIDE: &str = r#"
[stack]
name = "acme-tools2"
region = "us-west-2"

[identities.ci]
return_urls = ["https://ci.example.com/done"]

[targets.small]
openapi = "specs/small.json"
"#;

const SMALL: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[targets.small]
openapi = "specs/small.json"
"#;

/// A target whose tools the service can read only after somebody's consent.
const WAITING: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[providers.github]
vendor = "github"
client_id = "Iv1.0123456789abcdef"
client_secret = { env = "GITHUB_CLIENT_SECRET" }

[targets.docs]
mcp_server = { endpoint = "https://mcp.example.com/mcp" }
auth = { provider = "github", grant = "authorization_code", scopes = ["repo"] }
"#;

fn options() -> Options {
    Options { seed: Some(1), ..Options::default() }
}

/// `construct cleanup --stack acme-tools --yes --yes-destroy`.
async fn named(bench: &Bench, force_unlock: bool) -> Ran {
    let ran = bench.cleanup_with(|arguments| {
        arguments.stack = Some("acme-tools".to_owned());
        arguments.force_unlock = force_unlock;
    });
    Box::pin(ran).await
}

async fn hands(bench: &Bench) -> Cloud {
    bench.account().await.unwrap().cloud
}

/// What is in the account that no stack made, under names that a stack might have.
async fn made_by_hand(cloud: &Cloud) {
    let log_group = cloud.logs.create_log_group().log_group_name("/aws/lambda/acme-tools-by-hand");
    log_group.send().await.unwrap();
    let parameter = cloud.ssm.put_parameter().name("/construct/acme-tools/keys/by-hand").value("x");
    parameter.r#type(aws_sdk_ssm::types::ParameterType::String).send().await.unwrap();
    let identity = cloud.agentcore.create_workload_identity().name("acme-tools-by-hand");
    identity.send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_name_alone_removes_every_kind_and_nothing_else() {
    let theirs = beginning(BESIDE);
    theirs.up().await.done();
    made_by_hand(&hands(&theirs).await).await;
    let foreign = objects(&theirs.store());
    for knowing in [true, false] {
        let ours = super::scene::beside(&theirs.aws, FIRST);
        ours.up().await.done();
        let (_, plan) = ours.plan().await;
        for kind in registry().names().filter(|kind| *kind != "agentcore.existing-provider") {
            assert!(plan.actions.iter().any(|one| one.kind == kind), "the stack has no {kind}");
        }
        // No manifest in either folder, and none of the secrets: with the journal or without.
        let bench = if knowing { ours } else { ours.bare() };
        if knowing {
            std::fs::remove_file(bench.manifest()).unwrap();
        }
        let ran = named(&bench, false).await.done();
        assert!(ran.err.contains("Stack acme-tools, Region us-west-2"), "{}", ran.err);
        assert!(ran.err.contains("nothing left"), "{}", ran.err);
        assert_eq!(objects(&theirs.store()), foreign, "knowing: {knowing}");
        let again = named(&bench, false).await.done();
        assert!(again.calls.iter().all(|call| !call.mutating), "{:?}", again.changes());
    }
    assert!(theirs.work().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_name_refuses_what_nobody_agreed_to() {
    let bench = Bench::with(FULL, options());
    bench.up().await.done();
    let before = objects(&bench.store());
    let asked = |agreed: bool| {
        bench.cleanup_with(move |arguments| {
            arguments.stack = Some("acme-tools".to_owned());
            (arguments.yes, arguments.yes_destroy) = (agreed, true);
        })
    };
    // No terminal and no --yes: the list, and then a refusal.
    let ran = asked(false).await;
    assert_eq!(ran.ended.clone().unwrap_err().kind, ExitCode::Usage);
    assert!(ran.err.contains("Remove all of this?") && ran.err.contains("--yes"), "{}", ran.err);
    // The manifest at hand protects this very stack.
    bench.edit("construct.toml", "[stack]", "[stack]\nprotect = true");
    let ran = asked(true).await;
    assert_eq!(ran.ended.clone().unwrap_err().kind, ExitCode::Usage);
    assert!(ran.err.contains("the stack acme-tools is protected"), "{}", ran.err);
    assert_eq!(objects(&bench.store()), before);
    // It says nothing of another one, and what it wrote down stays.
    bench.edit("construct.toml", "name = \"acme-tools\"", "name = \"other\"");
    asked(true).await.done();
    assert_eq!(names(&bench.store()), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_half_built_stack_is_removed_by_name_from_anywhere() {
    let mut struck = 0;
    // Each time the run dies after a mutation that happened, or before it: in doubt either way.
    for nth in [3, 11, 26, 47, 71] {
        for effect in [Effect::HangBefore, Effect::HangAfter] {
            let bench = beginning(FIRST);
            bench.aws.faults().add(Rule::nth_mutation(nth, effect));
            if bench.killed(Box::pin(bench.up())).await.is_some() {
                continue;
            }
            bench.aws.faults().clear();
            struck += 1;
            let elsewhere = bench.bare();
            let refused = named(&elsewhere, false).await;
            // Its lock is still there, and nobody here can know that the run is dead.
            assert_eq!(refused.ended.unwrap_err().kind, ExitCode::Locked, "at {nth}");
            named(&elsewhere, true).await.done();
            assert_eq!(names(&bench.store()), [""; 0], "at {nth}");
        }
    }
    assert_eq!(struck, 10);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_waits_for_a_consent_is_waited_for() {
    for forget in [false, true] {
        let mut bench = Bench::with(WAITING, options());
        bench.variables.insert("GITHUB_CLIENT_SECRET".to_owned(), "secret".to_owned());
        bench.up().await.done();
        let pending = bench.store().to_string().contains("CREATE_PENDING_AUTH");
        assert!(pending, "the target waits for somebody");
        let begun = tokio::time::Instant::now();
        let cleaner = if forget { bench.bare() } else { bench };
        let ran = named(&cleaner, false).await.done();
        assert!(begun.elapsed().as_secs() > 500, "the consent expires after ten minutes");
        assert!(ran.err.contains("the consent that the target docs was made with"), "{}", ran.err);
        assert_eq!(names(&cleaner.store()), [""; 0]);
    }
}

/// The refusal that the service goes on giving for a while after a gateway's last target is gone.
fn still_has_targets() -> Refusal {
    Refusal {
        status: 400,
        code: "ValidationException".to_owned(),
        message: "Gateway x has targets associated with it. Delete all targets before deleting the gateway.".to_owned(),
        retry_after: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_goes_on_counting_its_targets_is_asked_again() {
    let bench = Bench::with(SMALL, options());
    bench.up().await.done();
    let refused = Effect::FailBefore(still_has_targets());
    let delete =
        |nth| Rule::operation("bedrock-agentcore", "DeleteGateway", refused.clone()).only(nth);
    for nth in 1..=4 {
        bench.aws.faults().add(delete(nth));
    }
    named(&bench, false).await.done();
    assert_eq!(bench.aws.faults().hits(), [1; 4]);
    assert_eq!(names(&bench.store()), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_never_lets_go_is_listed_and_the_next_run_goes_on() {
    let bench = Bench::with(SMALL, options());
    bench.up().await.done();
    let refused = Effect::FailBefore(still_has_targets());
    bench.aws.faults().add(Rule::operation("bedrock-agentcore", "DeleteGateway", refused));
    let ran = named(&bench, false).await;
    let failure = ran.ended.unwrap_err();
    assert_eq!(failure.kind, ExitCode::CleanupIncomplete);
    let why = failure.details.iter().find(|line| line.starts_with("gateway (")).unwrap();
    assert!(why.contains("let go of its targets"), "{why}");
    // Its role stays with it, as the service works in its name: what depends goes first.
    assert!(failure.details.iter().any(|line| line.starts_with("role/gateway (")), "{failure:?}");
    assert!(names(&bench.store()).contains(&"role acme-tools-gateway-role".to_owned()));
    bench.aws.faults().clear();
    named(&bench.bare(), false).await.done();
    assert_eq!(names(&bench.store()), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_somebody_attached_keeps_its_role_and_is_named() {
    for knowing in [true, false] {
        let bench = Bench::with(SMALL, options());
        bench.up().await.done();
        let cloud = hands(&bench).await;
        let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
        let policy = cloud.iam.create_policy().policy_name("by-hand").policy_document(document);
        let arn = policy.send().await.unwrap().policy.unwrap().arn.unwrap();
        let role = "acme-tools-mcp-proxy-role";
        cloud.iam.attach_role_policy().role_name(role).policy_arn(&arn).send().await.unwrap();

        let cleaner = if knowing { bench } else { bench.bare() };
        let ran = named(&cleaner, false).await;
        let failure = ran.ended.clone().unwrap_err();
        assert_eq!(failure.kind, ExitCode::CleanupIncomplete);
        let (refused, held): (Vec<_>, Vec<_>) =
            failure.details.iter().partition(|line| line.starts_with("role/function-mcp-proxy ("));
        assert!(refused[0].contains(role) && refused[0].contains("by-hand"), "{failure:?}");
        let waits = "not tried, as these go first: role/function-mcp-proxy";
        assert!(held.iter().all(|line| line.contains(waits)), "{failure:?}");
        assert!(ran.err.contains("detach them from the role"), "{}", ran.err);
        let all = names(&cleaner.store());
        assert_eq!(all.iter().filter(|name| name.starts_with("role ")).count(), 1, "{all:?}");
        let attached = cloud.iam.list_attached_role_policies().role_name(role).send().await;
        assert_eq!(attached.unwrap().attached_policies().len(), 1, "it is not ours to detach");

        cloud.iam.detach_role_policy().role_name(role).policy_arn(&arn).send().await.unwrap();
        named(&cleaner, false).await.done();
        assert!(!names(&cleaner.store()).iter().any(|name| name.contains("acme-tools")));
        cloud.iam.get_policy().policy_arn(&arn).send().await.unwrap();
    }
}

/// Everything but the pool and what is in it.
fn outside_the_pool(all: &[Object]) -> Vec<&str> {
    let inside = ["pool ", "domain ", "resource-server ", "client ", "user "];
    let names = all.iter().map(|object| object.name.as_str());
    names.filter(|name| !inside.iter().any(|kind| name.starts_with(kind))).collect()
}

#[tokio::test(start_paused = true)]
async fn people_in_the_pool_are_counted_and_need_more_than_yes() {
    let bench = Bench::with(FULL, options());
    bench.up().await.done();
    let cloud = hands(&bench).await;
    let pool =
        bench.aws.read(|account| account.region(REGION).unwrap().cognito.pools[0].id.clone());
    for who in ["ada@example.com", "bob@example.com"] {
        let user = cloud.cognito.admin_create_user().user_pool_id(&pool).username(who);
        user.send().await.unwrap();
    }
    let before = objects(&bench.store());
    assert!(!outside_the_pool(&before).is_empty());
    let elsewhere = bench.bare();
    let with = |destroy: bool| {
        elsewhere.cleanup_with(move |arguments| {
            arguments.stack = Some("acme-tools".to_owned());
            arguments.yes_destroy = destroy;
        })
    };
    let ran = with(false).await;
    assert_eq!(ran.ended.clone().unwrap_err().kind, ExitCode::Usage);
    assert!(ran.err.contains("the accounts of 3 people"), "{}", ran.err);
    assert!(ran.err.contains("--yes-destroy"), "{}", ran.err);
    assert_eq!(objects(&bench.store()), before, "nothing goes before that is agreed");
    with(true).await.done();
    assert_eq!(names(&bench.store()), [""; 0]);
}
