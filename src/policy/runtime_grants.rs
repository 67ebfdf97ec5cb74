//! What the roles of agent runtimes may do.
//!
//! `AgentCore` developer guide, "Permissions for AgentCore Runtime": the log group is named after the runtime's id, which is
//! its name and a suffix that is not known before it is made.

use super::Statement;
use crate::cloud::Naming;

fn allow(sid: &str, actions: &[&str], resources: Vec<String>) -> Statement {
    Statement::allow(sid, actions, resources)
        .expect("the statements written here name actions by service and operation")
}

/// What every runtime needs: to write its logs, traces and metrics. `runtime` is its name in the account.
pub fn observe(naming: &Naming, runtime: &str) -> Vec<Statement> {
    let group = format!("log-group:/aws/bedrock-agentcore/runtimes/{runtime}-*");
    let metrics = allow("WriteMetrics", &["cloudwatch:PutMetricData"], vec!["*".to_owned()]);
    vec![
        allow(
            "MakeLogGroups",
            &["logs:CreateLogGroup", "logs:DescribeLogStreams", "logs:PutResourcePolicy"],
            vec![naming.arn("logs", &group)],
        ),
        allow(
            "WriteLogs",
            &["logs:CreateLogStream", "logs:PutLogEvents"],
            vec![naming.arn("logs", &format!("{group}:log-stream:*"))],
        ),
        allow(
            "FindLogGroups",
            &["logs:DescribeLogGroups"],
            vec![naming.arn("logs", "log-group:*")],
        ),
        allow(
            "WriteTraces",
            &[
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments",
            ],
            vec!["*".to_owned()],
        ),
        metrics.when("StringEquals", "cloudwatch:namespace", ["bedrock-agentcore"]),
    ]
}

/// Pulling `image`, where it is in a private registry; a public one asks nobody.
pub fn pull_image(naming: &Naming, image: &str) -> Vec<Statement> {
    let Some((registry, rest)) = image.split_once('/') else { return Vec::new() };
    let Some((account, host)) = registry.split_once(".dkr.ecr.") else { return Vec::new() };
    let region = host.split('.').next().unwrap_or_default();
    let repository = rest.split([':', '@']).next().unwrap_or_default();
    let arn = format!("arn:{}:ecr:{region}:{account}:repository/{repository}", naming.partition);
    vec![
        allow("PullImage", &["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], vec![arn]),
        allow("SignInToRegistry", &["ecr:GetAuthorizationToken"], vec!["*".to_owned()]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_image_of_a_private_registry_needs_a_grant_and_only_on_its_repository() {
        let naming = Naming {
            stack: "acme".into(),
            account: "111122223333".into(),
            region: "us-west-2".into(),
            partition: "aws".into(),
        };
        assert!(pull_image(&naming, "public.ecr.aws/team/words:1").is_empty());
        let image = "444455556666.dkr.ecr.eu-west-1.amazonaws.com/team/words:1@sha256:abc";
        let said = serde_json::to_string(&pull_image(&naming, image)).unwrap();
        assert!(
            said.contains("arn:aws:ecr:eu-west-1:444455556666:repository/team/words\""),
            "{said}"
        );
    }
}
