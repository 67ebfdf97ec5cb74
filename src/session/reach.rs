//! How a command gets to its account: AWS, or the local AWS beside the manifest, which one process at a time holds.

use std::path::Path;
use std::time::Duration;

use construct_local::{LocalAws, OpenError, Opened, Options};

use crate::cli::{ExitCode, Failure};
use crate::cloud::{Cloud, Endpoint, Secrets, classify, connect};
use crate::report::Place;

/// How long another local command may take before this one gives up on the local AWS's state.
const LOCAL_PATIENCE: Duration = Duration::from_secs(20);

/// How a session gets to its account.
pub(crate) enum Reach {
    /// The AWS of the environment.
    Aws,
    /// The local AWS beside the manifest.
    Beside,
    /// One that is open already.
    Endpoint(Endpoint),
}

impl Reach {
    pub(crate) const fn of(local: bool) -> Self {
        if local { Self::Beside } else { Self::Aws }
    }

    pub(crate) fn is_local(&self) -> bool {
        !matches!(self, Self::Aws | Self::Endpoint(Endpoint::Aws))
    }

    pub(crate) async fn endpoint(&self, base: &Path) -> Result<Endpoint, Failure> {
        Ok(match self {
            Self::Aws => Endpoint::Aws,
            Self::Beside => open_local(base).await?,
            Self::Endpoint(endpoint) => endpoint.clone(),
        })
    }

    pub(crate) async fn connect(
        &self,
        endpoint: &Endpoint,
        (stack, region): (&str, &str),
        secrets: Secrets,
    ) -> Result<(Cloud, Place), Failure> {
        let cloud = connect(endpoint, stack, region, secrets).await?;
        let place = if self.is_local() {
            Place::Local
        } else {
            Place::Account(cloud.naming.account.clone())
        };
        Ok((cloud, place))
    }
}

/// Makes the bucket of `[stack]` on the local AWS, where nobody else would have made it.
pub(super) async fn ensure_local_bucket(
    endpoint: &Endpoint,
    cloud: &Cloud,
    bucket: &str,
) -> Result<(), Failure> {
    use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
    let region = &cloud.naming.region;
    match endpoint {
        Endpoint::Aws => return Ok(()),
        Endpoint::Local(aws) => {
            let made = aws.ensure_bucket(region, bucket);
            return made.map(drop).map_err(|fault| {
                Failure::new(
                    ExitCode::ApplyIncomplete,
                    format!("the bucket {bucket}: {}", fault.message),
                )
            });
        }
        Endpoint::Served(_) => {}
    }
    if cloud.s3.head_bucket().bucket(bucket).send().await.is_ok() {
        return Ok(());
    }
    let place = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(region.as_str()))
        .build();
    let call = cloud.s3.create_bucket().bucket(bucket);
    let call = call.set_create_bucket_configuration((region != "us-east-1").then_some(place));
    let made = call.send().await.map_err(|error| classify("CreateBucket", error));
    made.map(drop).map_err(Failure::from)
}

/// Opens the local AWS beside the manifest, or finds who serves it. Another command that holds it is waited for.
///
/// # Errors
/// Exit code 7 when it stays held; else what is wrong with its folder.
pub async fn open_local(base: &Path) -> Result<Endpoint, Failure> {
    let folder = base.join(".local-aws");
    let deadline = tokio::time::Instant::now() + LOCAL_PATIENCE;
    loop {
        match LocalAws::open(&folder, Options::default()) {
            Ok(Opened::Owner(aws)) => return Ok(Endpoint::Local(aws)),
            Ok(Opened::Served { address }) => return Ok(Endpoint::Served(address)),
            Err(error @ OpenError::Busy { .. }) if tokio::time::Instant::now() >= deadline => {
                return Err(Failure::new(ExitCode::Locked, error.to_string()).hint(
                    "another construct works on the local AWS: wait for it, then run again",
                ));
            }
            Err(OpenError::Busy { .. }) => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(error) => {
                let hint = match error {
                    OpenError::Damaged { .. } | OpenError::Version { .. } => {
                        "move the folder .local-aws away to begin with an empty local AWS"
                    }
                    OpenError::Io { .. } | OpenError::Busy { .. } => {
                        "check that the disk has room and that the folder .local-aws is yours to write"
                    }
                };
                return Err(Failure::of(ExitCode::ApplyIncomplete, &error).hint(hint));
            }
        }
    }
}
