//! Inline policy of a role: what the role may do for one purpose, such as the tokens of one provider.
//!
//! - **Name**: the spec's, unique within its role.
//! - **Found**: `GetRolePolicy`, one call; absent when the role is.
//! - **Proven ours**: when its role is.
//! - **In doubt**: `PutRolePolicy` writes the whole document, so that sending it again is harmless.
//! - **Two of ours**: cannot be.
//! - **Owned set**: the inline policies of the discovered roles, under `role-policy/{role's leaf}.{policy}`.
//! - **Secret**, **protect**: none.
//! - **Replace**: never; a role or a name that changes is another node.
//! - **Update that resets**: no, the document is always written whole.
//!
//! A policy must be attached before the target that needs it and stay until that target is gone. Quota: all inline
//! policies of a role together have at most 10,240 characters, white space not counted.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>

use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::{Cloud, classify, is_not_found, propagation};
use crate::policy::{Document, Statement};
use crate::steps::iam_role::{self, IamRole};

/// An inline policy of a role.
pub struct IamRolePolicy;

/// What the policy should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The role's name.
    pub role: String,
    /// The policy's name, of letters, digits and `+=,.@_-`.
    pub name: String,
    /// Statements that are known while planning.
    pub statements: Vec<Statement>,
}

/// The statements whose ARNs other nodes produce.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// They follow the spec's.
    pub statements: Vec<Statement>,
}

/// An inline policy as IAM describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    role: String,
    name: String,
    document: Value,
}

/// Which policy it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The role's name.
    pub role: String,
    /// The policy's name.
    pub name: String,
}

impl Step<Cloud> for IamRolePolicy {
    const KIND: &'static str = "iam.role-policy";
    const FIELDS: &'static [&'static str] = &["PolicyDocument"];
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
        let request = cx.cloud.iam.get_role_policy().role_name(&spec.role).policy_name(&spec.name);
        match request.send().await {
            Ok(answer) => Ok(Presence::Ours(Live {
                role: spec.role.clone(),
                name: spec.name.clone(),
                document: iam_role::decoded(answer.policy_document())?,
            })),
            Err(error) => match classify("GetRolePolicy", error) {
                error if is_not_found(&error) => Ok(Presence::Absent),
                error => Err(error),
            },
        }
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let change = links
            .map(|links| document(spec, links))
            .filter(|wanted| !wanted.same_as(&live.document));
        Diff::of(
            change
                .map(|wanted| {
                    Change::new("PolicyDocument", sids(&live.document), sids(&wanted.to_json()))
                })
                .into_iter()
                .collect(),
        )
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

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let request =
            cx.cloud.iam.delete_role_policy().role_name(&outputs.role).policy_name(&outputs.name);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match classify("DeleteRolePolicy", error) {
                error if is_not_found(&error) => Ok(()),
                error => Err(error),
            },
        }
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { role: live.role.clone(), name: live.name.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.role, outputs.name)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let roles = found.of::<Cloud, IamRole>();
        let looks = roles.iter().map(|(address, role)| async {
            let names = match iam_role::inline_policies(cx.cloud, &role.name).await {
                Err(error) if is_not_found(&error) => Vec::new(),
                other => other?,
            };
            let policies = names.into_iter().filter_map(|name| {
                let address = address_of(address, &name)?;
                Some((address, Outputs { role: role.name.clone(), name }))
            });
            Ok::<_, StepError>(policies.collect::<Vec<_>>())
        });
        Ok(try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

/// The address of the node for the policy `name` of the role at `role`; none for a name that no node of ours can have, which
/// goes with its role.
fn address_of(role: &Address, name: &str) -> Option<Address> {
    Address::new(format!("role-policy/{}.{name}", role.leaf())).ok()
}

fn document(spec: &Spec, links: &Links) -> Document {
    Document::new(spec.statements.iter().chain(&links.statements).cloned())
}

/// The ids of a document's statements: what fits into a line of the plan.
fn sids(document: &Value) -> String {
    let statements = match document.get("Statement") {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let sids: Vec<&str> = statements
        .iter()
        .map(|statement| statement.get("Sid").and_then(Value::as_str).unwrap_or("without an id"))
        .collect();
    format!("{} ({})", sids.join(", "), crate::steps::marks::digest(&document.to_string()))
}

async fn write(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
    let document = document(spec, links);
    let text = document.to_string();
    // A role of this very run may not be known to all of IAM yet.
    propagation::retried(cx, is_not_found, || async {
        cx.cloud
            .iam
            .put_role_policy()
            .role_name(&spec.role)
            .policy_name(&spec.name)
            .policy_document(&text)
            .send()
            .await
            .map_err(|error| classify("PutRolePolicy", error))
    })
    .await?;
    Ok(Live { role: spec.role.clone(), name: spec.name.clone(), document: document.to_json() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(sid: &str, resource: &str) -> Statement {
        Statement::allow(sid, ["lambda:InvokeFunction"], [resource]).unwrap()
    }

    fn spec() -> Spec {
        Spec {
            role: "acme-role-gateway".into(),
            name: "tools".into(),
            statements: vec![statement("One", "arn:one")],
        }
    }

    fn links(resource: &str) -> Links {
        Links { statements: vec![statement("Two", resource)] }
    }

    #[test]
    fn the_document_is_both_halves() {
        let mut live = Live {
            role: spec().role,
            name: spec().name,
            document: document(&spec(), &links("arn:two")).to_json(),
        };
        assert_eq!(IamRolePolicy::diff(&spec(), Some(&links("arn:two")), &live), Diff::Same);
        live.document["Statement"].as_array_mut().unwrap().reverse();
        assert_eq!(IamRolePolicy::diff(&spec(), Some(&links("arn:two")), &live), Diff::Same);
        assert_eq!(IamRolePolicy::diff(&spec(), None, &live), Diff::Same);
        let Diff::Update(changes) = IamRolePolicy::diff(&spec(), Some(&links("arn:other")), &live)
        else {
            panic!("the same")
        };
        assert_eq!(changes[0].field, "PolicyDocument");
        assert!(changes[0].after.starts_with("One, Two ("), "{}", changes[0].after);
        assert_ne!(changes[0].before, changes[0].after);
    }

    #[test]
    fn discovered_policies_have_the_blueprints_addresses() {
        let role = Address::new("role/gateway").unwrap();
        assert_eq!(
            address_of(&role, "provider-github").unwrap().as_str(),
            "role-policy/gateway.provider-github"
        );
        assert_eq!(address_of(&role, "by hand"), None);
        assert_eq!(address_of(&role, "a+b"), None);
    }
}
