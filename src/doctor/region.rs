//! Whether the stack's Region has `AgentCore`, and whether other tools of this machine look elsewhere.

use super::{Checked, Finding};

/// Regions with `AgentCore` Gateway and Identity.
///
/// Source: `AgentCore` developer guide, "Supported AWS Regions", read 2026-11.
const WITH_AGENTCORE: [&str; 22] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-5",
    "ap-southeast-7",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];
/// Where the table stands.
const PAGE: &str =
    "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/agentcore-regions.html";

/// Looks `region` up. `elsewhere` is the Region of the environment.
pub(super) fn check(region: &str, elsewhere: Option<&str>) -> Checked {
    let mut findings = vec![if WITH_AGENTCORE.contains(&region) {
        Finding::fine(format!("{region} has AgentCore"))
    } else {
        Finding::wrong(
            format!("{region} was not among the Regions with AgentCore in November 2026"),
            "gateways and credential providers can only be made where the service is",
            format!("choose another Region in [stack], or see whether it has come since: {PAGE}"),
        )
    }];
    if let Some(other) = elsewhere.filter(|other| *other != region) {
        findings.push(Finding::by_hand(
            format!("the environment says {other}, the manifest {region}"),
            "construct goes by the manifest; the AWS CLI and the console look into the other Region and find no stack there",
            format!("set AWS_REGION={region} where you look at the stack with other tools"),
        ));
    }
    Checked::new("region", findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    #[test]
    fn a_region_is_looked_up_and_another_one_in_the_environment_is_told() {
        assert_eq!(check("us-west-2", None).findings, [Finding::fine("us-west-2 has AgentCore")]);
        let unknown = check("me-central-1", None).findings.remove(0);
        assert!(unknown.outcome == Outcome::Wrong && unknown.todo.unwrap().contains(PAGE));
        let two = check("us-west-2", Some("eu-west-1")).findings;
        assert_eq!(two[1].outcome, Outcome::ByHand);
        assert_eq!(check("us-west-2", Some("us-west-2")).findings.len(), 1);
    }

    #[test]
    fn the_table_is_sorted_and_every_entry_is_a_region() {
        assert!(WITH_AGENTCORE.is_sorted());
        let is_region = crate::manifest::rules::REGION.accepts;
        assert!(WITH_AGENTCORE.iter().all(|region| is_region(region)));
    }
}
