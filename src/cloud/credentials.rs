//! Credentials and a Region without a client of any service: for requests that are signed by hand.

use std::error::Error;

use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;

use super::connect::https_client;

/// The credentials of `profile`, or of the usual chain: variables, profiles, single sign-on, a container, an instance. They
/// are looked up anew each time.
///
/// # Errors
/// Why there are none: for a person who can mend it.
pub async fn look_up_credentials(
    profile: Option<&str>,
    region: &str,
) -> Result<Credentials, String> {
    let config = chain(profile).region(Region::new(region.to_owned())).load().await;
    let provider = config.credentials_provider().ok_or("the chain of credentials is empty")?;
    provider.provide_credentials().await.map_err(|error| {
        let mut text = error.to_string();
        let mut behind = error.source();
        while let Some(cause) = behind {
            text = format!("{text}: {cause}");
            behind = cause.source();
        }
        text
    })
}

/// The Region of the variables, else of the profile.
pub async fn look_up_region(profile: Option<&str>) -> Option<String> {
    chain(profile).load().await.region().map(ToString::to_string)
}

/// The key of the local AWS, which takes any; none of the person's own may reach it.
pub fn local_credentials() -> Credentials {
    Credentials::new("LOCAL", "local", None, None, "construct local AWS")
}

fn chain(profile: Option<&str>) -> ConfigLoader {
    let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(https_client());
    match profile {
        Some(profile) => loader.profile_name(profile),
        None => loader,
    }
}
