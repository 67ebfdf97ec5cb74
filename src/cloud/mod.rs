//! The AWS that a run talks to: SDK clients, the account they reach, and what their errors mean.

mod classify;
mod connect;
mod consents;
mod credentials;
mod in_process;
mod lists;
mod naming;
mod observing;
pub mod propagation;
mod raw_answer;
mod secrets;
mod stack_lock;
mod target_slots;

pub use classify::{classify, is_not_found};
pub(crate) use connect::TLS;
pub use connect::{ConnectError, Endpoint, connect, sdk_config};
pub use consents::{Consent, ConsentDesk};
pub use credentials::{local_credentials, look_up_credentials, look_up_region};
pub use lists::Lists;
pub use naming::{IAM_ROOT, MARK_NODE, MARK_STACK, Naming, PARAMETER_ROOT, Tags, partition};
pub use observing::{CallCount, CallLog};
pub use raw_answer::RawAnswer;
pub use secrets::{SecretError, SecretSource, Secrets};
pub use stack_lock::{Gate, Holder, LastSeen, StackLock, StackLockError};
pub use target_slots::TargetSlots;

use std::sync::Arc;

use tokio::sync::Mutex;

use aws_sdk_apigatewayv2 as apigateway;
use aws_sdk_bedrockagentcorecontrol as agentcore;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_dynamodb as dynamodb;
use aws_sdk_iam as iam;
use aws_sdk_lambda as lambda;
use aws_sdk_s3 as s3;
use aws_sdk_secretsmanager as secretsmanager;
use aws_sdk_ssm as ssm;

/// One account in one Region, as the steps see it.
#[derive(Clone)]
pub struct Cloud {
    /// IAM, a global service.
    pub iam: iam::Client,
    /// Cognito user pools.
    pub cognito: cognito::Client,
    /// AgentCore's control plane.
    pub agentcore: agentcore::Client,
    /// Lambda.
    pub lambda: lambda::Client,
    /// API Gateway, HTTP APIs.
    pub apigateway: apigateway::Client,
    /// Systems Manager parameters.
    pub ssm: ssm::Client,
    /// DynamoDB's control plane.
    pub dynamodb: dynamodb::Client,
    /// CloudWatch log groups.
    pub logs: logs::Client,
    /// S3.
    pub s3: s3::Client,
    /// Secrets Manager.
    pub secretsmanager: secretsmanager::Client,
    /// The stack's lock's own way to Systems Manager: the one client without a gate before it.
    pub(crate) lock: ssm::Client,
    /// What all other calls pass: a run that lost its stack makes none.
    pub gate: Gate,
    /// The names and marks of this stack's objects.
    pub naming: Naming,
    /// Secret values by their reference, held in memory only.
    pub secrets: Secrets,
    /// Lists that one run reads once and shares.
    pub lists: Lists,
    /// Places for changes of the gateway's targets.
    pub target_slots: TargetSlots,
    /// Where the consents that targets wait for are completed.
    pub consent_desk: ConsentDesk,
    /// Whose turn it is to write a rule of a gateway: priorities are handed from one to another.
    pub rule_turn: Arc<Mutex<()>>,
    /// Whether this is the local AWS inside the binary.
    pub local: bool,
    /// What was called.
    pub calls: CallLog,
}
