//! STS: who calls.

use serde_json::json;

use crate::service::{Call, Fault, Protocol, Reply, Service};

/// STS.
#[derive(Debug)]
pub struct Sts;

impl Service for Sts {
    fn signing_name(&self) -> &'static str {
        "sts"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Query { namespace: "https://sts.amazonaws.com/doc/2011-06-15/" }
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault> {
        match call.operation {
            "GetCallerIdentity" => Ok(Reply::json(json!({
                "UserId": "AIDALOCALAWSLOCALAWS2",
                "Account": crate::ACCOUNT_ID,
                "Arn": caller(call),
            }))),
            _ => Err(call.not_implemented()),
        }
    }
}

/// Who calls: the user of the local AWS, or a session of the role that the options name. A session's ARN has the role's
/// name and not its path.
fn caller(call: &Call<'_>) -> String {
    let (partition, account) = (crate::PARTITION, crate::ACCOUNT_ID);
    match &call.options.caller_role {
        Some(role) => format!("arn:{partition}:sts::{account}:assumed-role/{role}/local"),
        None => crate::services::iam::local_user(),
    }
}
