//! Who may use a role: trust policies for the services that do.

use super::document::{Document, Principal, Statement};

/// The principal of gateways, runtimes and consent portals.
///
/// `AgentCore` developer guide, "Gateway service role".
pub const AGENTCORE_SERVICE: &str = "bedrock-agentcore.amazonaws.com";

/// The principal of Lambda functions.
pub const LAMBDA_SERVICE: &str = "lambda.amazonaws.com";

/// Lets `service` use a role, for callers of `account` alone.
///
/// With `sources`, ARNs that may end in `*`, only those objects of the account can have the service
/// use the role. Without the two conditions any customer's object could ask the service to (the
/// confused deputy, IAM user guide).
pub fn service_trust(service: &str, account: &str, sources: &[String]) -> Document {
    let statement =
        Statement::trust("Trust", Principal::Service(service.to_owned()), ["sts:AssumeRole"])
            .expect("`Trust` is a statement id and `sts:AssumeRole` an action")
            .when("StringEquals", "aws:SourceAccount", [account]);
    let statement = match sources {
        [] => statement,
        sources => statement.when("ArnLike", "aws:SourceArn", sources),
    };
    Document::new([statement])
}
