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
                "Arn": format!("arn:{}:iam::{}:user/local", crate::PARTITION, crate::ACCOUNT_ID),
            }))),
            _ => Err(call.not_implemented()),
        }
    }
}
