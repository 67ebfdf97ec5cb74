//! The trust of a role that is tightened to the one object that uses it.
//!
//! The role must be there before the gateway, and the gateway's ARN is known only after: the role is made with a trust for
//! its account, and this node narrows it to the gateway's ARN. A trust that somebody changed so that the service cannot use
//! the role is put back by the role's own node first: the gateway, on which this one waits, cannot be changed without it.
//!
//! - **Name**: none of its own; it is a part of its role.
//! - **Found**: `GetRole`; absent when the role is.
//! - **Proven ours**: when the role is; a foreign role stops its own node, on which this one depends.
//! - **In doubt**: `UpdateAssumeRolePolicy` writes the whole document, so that sending it again is harmless.
//! - **Two of ours**: cannot be.
//! - **Owned set**: none; it goes with its role.
//! - **Secret**, **protect**, **replace**: none.
//! - **Update that resets**: no, the document is always written whole.
//!
//! Removing this node does nothing: a tight trust on a role that is about to go harms nobody, and on one that stays the
//! role's own node writes its trust again.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html>

use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::{Cloud, is_not_found, propagation};
use crate::policy::{Document, service_trust};
use crate::steps::iam_role;

/// The tightened trust of a role.
pub struct IamRoleTrust;

/// Who may use the role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The role's name.
    pub role: String,
    /// The service principal, such as `bedrock-agentcore.amazonaws.com`.
    pub service: String,
    /// The account in which the service may act.
    pub account: String,
}

/// The one object for which the service may use the role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// Its ARN.
    pub source_arn: String,
}

/// A role's trust as IAM describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    role: String,
    trust: Value,
}

/// Which role it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The role's name.
    pub role: String,
}

impl Step<Cloud> for IamRoleTrust {
    const KIND: &'static str = "iam.role-trust";
    const FIELDS: &'static [&'static str] = &["AssumeRolePolicyDocument"];
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: Option<&Links>,
        _last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let Some(role) = iam_role::get(cx.cloud, &spec.role).await? else {
            return Ok(Presence::Absent);
        };
        Ok(Presence::Ours(Live { role: spec.role.clone(), trust: iam_role::trust_of(&role)? }))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let same = links.is_none_or(|links| wanted(spec, links).same_as(&live.trust));
        let change = (!same).then(|| {
            Change::new(
                "AssumeRolePolicyDocument",
                "another trust",
                links.map(|links| format!("only {}", links.source_arn)).unwrap_or_default(),
            )
        });
        Diff::of(change.into_iter().collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        write(cx, spec, links).await
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        _live: Live,
        _changes: &[Change],
    ) -> Result<Live, StepError> {
        write(cx, spec, links).await
    }

    async fn delete(_cx: &Cx<'_, Cloud>, _outputs: &Outputs) -> Result<(), StepError> {
        Ok(())
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { role: live.role.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.role.clone()
    }

    async fn discover(
        _cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        Ok(Vec::new())
    }
}

fn wanted(spec: &Spec, links: &Links) -> Document {
    service_trust(&spec.service, &spec.account, std::slice::from_ref(&links.source_arn))
}

async fn write(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
    let trust = wanted(spec, links);
    // A role of this very run may not be known to all of IAM yet.
    propagation::retried(cx, is_not_found, || iam_role::set_trust(cx.cloud, &spec.role, &trust))
        .await?;
    Ok(Live { role: spec.role.clone(), trust: trust.to_json() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::AGENTCORE_SERVICE;

    fn spec() -> Spec {
        Spec {
            role: "acme-role-gateway".into(),
            service: AGENTCORE_SERVICE.into(),
            account: "111122223333".into(),
        }
    }

    fn links() -> Links {
        Links {
            source_arn: "arn:aws:bedrock-agentcore:us-west-2:111122223333:gateway/acme-1".into(),
        }
    }

    #[test]
    fn the_trust_is_compared_by_its_source() {
        let tight = Live { role: spec().role, trust: wanted(&spec(), &links()).to_json() };
        assert_eq!(IamRoleTrust::diff(&spec(), Some(&links()), &tight), Diff::Same);
        let wide = Live {
            trust: service_trust(AGENTCORE_SERVICE, "111122223333", &[]).to_json(),
            ..tight
        };
        let Diff::Update(changes) = IamRoleTrust::diff(&spec(), Some(&links()), &wide) else {
            panic!("same")
        };
        assert_eq!(changes[0].field, "AssumeRolePolicyDocument");
        assert!(changes[0].after.contains("gateway/acme-1"));
    }

    #[test]
    fn without_the_gateway_nothing_is_compared() {
        let wide = Live { role: spec().role, trust: Value::Null };
        assert_eq!(IamRoleTrust::diff(&spec(), None, &wide), Diff::Same);
    }
}
