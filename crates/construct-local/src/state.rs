//! The account: everything that the local AWS remembers, and the document it is kept in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::services::{
    agentcore, apigateway, cognito, dynamodb, iam, lambda, logs, s3, secretsmanager, ssm,
};
use crate::vendor;

/// The version of the state document. A document of another version is refused.
pub const VERSION: u32 = 1;

/// All state of the account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The document's version, [`VERSION`].
    pub version: u32,
    /// How many mutating calls have been stored.
    pub revision: u64,
    /// The port of every URL that the local AWS gives out.
    pub port: u16,
    /// IAM, which is global.
    pub iam: iam::State,
    /// S3, whose buckets' names are global.
    pub s3: s3::State,
    /// The built-in vendor.
    pub vendor: vendor::State,
    /// Everything else, by Region.
    pub regions: BTreeMap<String, Region>,
}

/// The services' state in one Region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Region {
    /// `AgentCore` control.
    pub agentcore: agentcore::State,
    /// API Gateway v2.
    pub apigateway: apigateway::State,
    /// Cognito user pools.
    pub cognito: cognito::State,
    /// `DynamoDB`.
    pub dynamodb: dynamodb::State,
    /// Lambda.
    pub lambda: lambda::State,
    /// `CloudWatch` Logs.
    pub logs: logs::State,
    /// Secrets Manager.
    pub secretsmanager: secretsmanager::State,
    /// Systems Manager parameters.
    pub ssm: ssm::State,
}

impl Account {
    /// A Region's state, if anything was ever done there.
    pub fn region(&self, name: &str) -> Option<&Region> {
        self.regions.get(name)
    }

    /// A Region's state, empty if nothing was ever done there.
    pub fn region_mut(&mut self, name: &str) -> &mut Region {
        self.regions.entry(name.to_owned()).or_default()
    }
}
