//! Where a request that carries no Region finds its pool and its client.

use super::state::{Client, Pool};
use crate::state::Account;

/// A pool of any Region.
pub(super) fn pool<'a>(account: &'a Account, id: &str) -> Option<&'a Pool> {
    account.regions.values().find_map(|region| region.cognito.pools.get(id))
}

/// A pool of any Region, to be changed.
pub(super) fn pool_mut<'a>(account: &'a mut Account, id: &str) -> Option<&'a mut Pool> {
    account.regions.values_mut().find_map(|region| region.cognito.pools.get_mut(id))
}

/// The pool with this prefix domain in a Region.
pub(super) fn pool_of_domain<'a>(
    account: &'a Account,
    region: &str,
    prefix: &str,
) -> Option<&'a Pool> {
    account.region(region)?.cognito.pools.values().find(|pool| {
        pool.domain.as_ref().is_some_and(|domain| domain.prefix.eq_ignore_ascii_case(prefix))
    })
}

/// A client by its id, which no two pools share, and its pool.
pub(super) fn client<'a>(account: &'a Account, id: &str) -> Option<(&'a Pool, &'a Client)> {
    account
        .regions
        .values()
        .flat_map(|region| region.cognito.pools.values())
        .find_map(|pool| Some((pool, pool.clients.get(id)?)))
}

/// A client of a pool, to be changed.
pub(super) fn client_mut<'a>(
    account: &'a mut Account,
    pool: &str,
    client: &str,
) -> Option<&'a mut Client> {
    pool_mut(account, pool)?.clients.get_mut(client)
}

/// Whether a host and path of the real service lead to a pool of this account: an issuer's documents
/// or a domain's endpoints. `name` is in lower case and without a port.
pub(crate) fn answers(account: &Account, name: &str, path: &str) -> bool {
    if name.starts_with("cognito-idp.") && name.ends_with(".amazonaws.com") {
        let id = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        return pool(account, id).is_some();
    }
    name.strip_suffix(".amazoncognito.com")
        .and_then(|name| name.split_once(".auth."))
        .is_some_and(|(prefix, region)| pool_of_domain(account, region, prefix).is_some())
}
