//! Who may use a role: trust policies for the services that do.

use serde_json::Value;

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

/// Whether `live`, a trust as IAM hands it out, is `wide` but for its sources, each of which is an object of the kind, the
/// account and the Region of one of `wide`'s: what is narrowed to objects whose ids were not known when the role was made.
pub fn is_narrowed(wide: &Document, live: &Value) -> bool {
    const SOURCES: &str = "/Statement/0/Condition/ArnLike/aws:SourceArn";
    let (wide_json, mut live) = (wide.to_json(), live.clone());
    let (Some(patterns), Some(sources)) = (wide_json.pointer(SOURCES), live.pointer_mut(SOURCES))
    else {
        return false;
    };
    let kinds: Vec<&str> = texts(patterns).filter_map(kind_of).collect();
    let is_alike = |source| kind_of(source).is_some_and(|kind| kinds.contains(&kind));
    if texts(sources).next().is_none() || !texts(sources).all(is_alike) {
        return false;
    }
    *sources = patterns.clone();
    wide.same_as(&live)
}

/// An ARN without the id at its end.
fn kind_of(arn: &str) -> Option<&str> {
    arn.rsplit_once('/').map(|(kind, _)| kind)
}

/// The texts of a list, or the one that stands in place of a list.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().map_or(&[][..], Vec::as_slice);
    value.as_str().into_iter().chain(many.iter().filter_map(Value::as_str))
}
