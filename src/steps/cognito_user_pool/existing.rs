//! Pools found outside a graph: the stack's own, for commands about people, and one that belongs to somebody else.

use construct_engine::{Address, Class, Found, StepError};

use super::{UserPool, by_name, describe};
use crate::cloud::Cloud;
use crate::manifest::ExistingPool;
use crate::steps::cognito_domain::base_url;
use crate::steps::ssm_link::Link;

/// The address of the stack's pool; what lives in a pool of somebody else is called as if it were there.
pub const POOL_ADDRESS: &str = "pool";

/// Begins the addresses of links to pools that belong to somebody else; the pool's id follows.
pub const LINK_ADDRESS: &str = "link/user-pool.";

/// The pools that a discovery looks into: those of the stack, and those that its links remember.
pub fn pools(found: &Found) -> Vec<(Address, String)> {
    let ours = found.of::<Cloud, UserPool>().into_iter().map(|(address, pool)| (address, pool.id));
    let links = found.of::<Cloud, Link>().into_iter();
    let linked = links.filter(|(address, _)| address.as_str().starts_with(LINK_ADDRESS));
    ours.chain(linked.map(|(address, link)| (address, link.value))).collect()
}

/// The id of the stack's own pool; none where there is none, or only one that is not the stack's.
///
/// # Errors
/// What Cognito refuses.
pub async fn find(cloud: &Cloud) -> Result<Option<String>, StepError> {
    let address = Address::new(POOL_ADDRESS).map_err(|error| StepError::bug(error.to_string()))?;
    let found = by_name(cloud, &cloud.naming.name(&address)).await?;
    Ok(found.filter(|live| cloud.naming.is_ours(&live.tags())).map(|live| live.id))
}

/// Looks whether a pool that belongs to somebody else is there and has the domain that the manifest names.
///
/// # Errors
/// [`Class::NotFound`] with what to write instead; what Cognito refuses.
pub async fn look_at_existing(cloud: &Cloud, existing: &ExistingPool) -> Result<(), StepError> {
    let ExistingPool { pool, domain, .. } = existing;
    let Some(live) = describe(cloud, pool).await? else {
        let message = format!("there is no user pool {pool} in this account and Region");
        return Err(StepError::new(Class::NotFound, message)
            .hint("correct `existing.pool` in [cognito], or use the account that the pool is in"));
    };
    let prefix = live.pool.domain().map(|prefix| base_url(prefix, pool));
    let custom = live.pool.custom_domain().map(|host| format!("https://{host}"));
    let domains: Vec<String> = prefix.into_iter().chain(custom).collect();
    if domains.contains(domain) {
        return Ok(());
    }
    let (message, hint) = if domains.is_empty() {
        (
            format!("the user pool {pool} has no domain, so that nobody can sign in there"),
            "ask its owner to give it one: a prefix or a domain of their own".to_owned(),
        )
    } else {
        (
            format!("{domain} is not the domain of the user pool {pool}"),
            format!("write one of {} as `existing.domain` in [cognito]", domains.join(", ")),
        )
    };
    Err(StepError::new(Class::NotFound, message).hint(hint))
}
