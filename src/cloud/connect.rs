//! Where the SDK clients connect: the real AWS, another endpoint, or the local AWS.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use construct_engine::{Class, StepError};
use construct_local::LocalAws;
use tokio::time::Instant;

use super::credentials::local_credentials;
use super::in_process::InProcess;
use super::observing::NoBlindRetry;
use super::{CallLog, Cloud, ConsentDesk, Gate, Lists, Naming, Secrets, TargetSlots, classify};

/// How often a call is sent: where a third of all calls is refused, one in a hundred thousand stays so.
const ATTEMPTS: u32 = 10;

/// How long the first call is begun again where it was answered badly.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a run connects.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// The AWS of the usual environment: profiles, `AWS_*` variables, `AWS_ENDPOINT_URL`.
    Aws,
    /// The local AWS in this process.
    Local(LocalAws),
    /// The local AWS that another process serves at this address, such as `127.0.0.1:4566`.
    Served(String),
}

/// Why no connection could be set up.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The account could not be told.
    #[error("cannot tell which AWS account this is")]
    Account(#[source] StepError),
}

/// Sets the clients up and asks whose account it is: one call.
///
/// # Errors
/// [`ConnectError`] with the class of what the service said: missing or expired credentials, an unreachable endpoint.
pub async fn connect(
    endpoint: &Endpoint,
    stack: &str,
    region: &str,
    secrets: Secrets,
) -> Result<Cloud, ConnectError> {
    let config = sdk_config(endpoint, region).await;
    let calls = CallLog::default();
    // The first call is the one that meets a wrong endpoint: it gives up soon, so that a person hears of it.
    let sts = aws_sdk_sts::Client::from_conf(
        aws_sdk_sts::config::Builder::from(&config)
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .interceptor(calls.clone())
            .build(),
    );
    let begun = Instant::now();
    let caller = loop {
        let answer = sts.get_caller_identity().send().await;
        match answer.map_err(|error| classify("GetCallerIdentity", error)) {
            Err(error) if may_pass(&error) && begun.elapsed() < PATIENCE => {}
            answer => break answer.map_err(ConnectError::Account)?,
        }
    };
    let partition = caller.arn().and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws").to_owned();
    let naming = Naming {
        stack: stack.to_owned(),
        account: caller.account().unwrap_or_default().to_owned(),
        region: region.to_owned(),
        partition,
    };
    let ungated = config.http_client().unwrap_or_else(https_client);
    let gate = Gate::default();
    // Not in `config`: renewed credentials come by way of it, and the look at the lock needs them too.
    let gated = gate.before(ungated.clone());
    macro_rules! client {
        ($sdk:ident, $http:expr) => {
            $sdk::Client::from_conf(
                $sdk::config::Builder::from(&config)
                    .http_client($http.clone())
                    .interceptor(calls.clone())
                    .interceptor(NoBlindRetry)
                    .build(),
            )
        };
        ($sdk:ident) => {
            client!($sdk, gated)
        };
    }
    // An endpoint at one address cannot have a host for each bucket.
    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(config.endpoint_url().is_some())
            .http_client(gated.clone())
            .interceptor(calls.clone())
            .interceptor(NoBlindRetry)
            .build(),
    );
    Ok(Cloud {
        iam: client!(aws_sdk_iam),
        cognito: client!(aws_sdk_cognitoidentityprovider),
        agentcore: client!(aws_sdk_bedrockagentcorecontrol),
        lambda: client!(aws_sdk_lambda),
        apigateway: client!(aws_sdk_apigatewayv2),
        ssm: client!(aws_sdk_ssm),
        dynamodb: client!(aws_sdk_dynamodb),
        logs: client!(aws_sdk_cloudwatchlogs),
        s3,
        secretsmanager: client!(aws_sdk_secretsmanager),
        lock: client!(aws_sdk_ssm, ungated),
        gate,
        naming,
        secrets,
        lists: Lists::default(),
        target_slots: TargetSlots::default(),
        consent_desk: ConsentDesk::default(),
        rule_turn: Arc::default(),
        local: !matches!(endpoint, Endpoint::Aws),
        calls,
    })
}

/// Whether there is somebody at the endpoint who may answer better soon. What answers well, and not as AWS does, will not.
fn may_pass(error: &StepError) -> bool {
    let status = error.detail.as_ref().and_then(|detail| detail.status);
    match error.class {
        Class::Throttled => true,
        Class::InDoubt => status.is_none_or(|status| status >= 500),
        _ => false,
    }
}

/// What all SDK clients have in common: where they connect, how often they try, and how long they wait.
pub async fn sdk_config(endpoint: &Endpoint, region: &str) -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(5))
                .operation_attempt_timeout(Duration::from_secs(30))
                .build(),
        );
    let local = local_credentials();
    match endpoint {
        Endpoint::Aws => loader.http_client(https_client()).load().await,
        Endpoint::Local(aws) => {
            loader
                .endpoint_url("http://localhost")
                .credentials_provider(local)
                .http_client(InProcess(aws.clone()))
                .load()
                .await
        }
        Endpoint::Served(address) => {
            loader
                .endpoint_url(format!("http://{address}"))
                .credentials_provider(local)
                .http_client(https_client())
                .load()
                .await
        }
    }
}

/// Rustls with ring: the SDK's default provider spends 28 ms of CPU on its first random number.
pub(crate) const TLS: Provider = Provider::Rustls(CryptoMode::Ring);

pub(super) fn https_client() -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(TLS).build_https()
}
