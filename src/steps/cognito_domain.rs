//! The prefix domain of a user pool: where its sign-in pages and its token endpoint are.
//!
//! - Name: a prefix that the whole Region shares, so the manifest's stack name with the fingerprint of account, Region and
//!   stack. Never with `aws`, `amazon` or `cognito` in it, which Cognito refuses.
//! - Found: by the prefix, one call.
//! - Proven ours: it has no tags; it is ours when its pool is. Another pool's is foreign.
//! - In doubt: the prefix is unique. Two of ours: cannot be, a pool has one prefix domain.
//! - Owned set: `DescribeUserPool` of our pools names it.
//! - Secret: none. Protect: nothing lives in it; sessions end with it.
//! - Replace: remove first, as the prefix and the pool cannot change.
//! - Update that resets: there is nothing to update on a prefix domain.
//!
//! Cognito answers a taken prefix, and a domain that is not there, as an invalid parameter; which of the two it was is
//! decided by looking. Quota: 1 prefix domain for each pool. API: Amazon Cognito user pools API reference,
//! `CreateUserPoolDomain`.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::{DomainDescriptionType, DomainStatusType};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Foreign, Found, Poll, Presence, Step, StepError, Waiting,
    until,
};
use serde::{Deserialize, Serialize};

use super::cognito_user_pool::{UserPool, described};
use crate::cloud::{Cloud, classify, is_not_found};

/// A prefix domain is there within seconds; its DNS name may take a minute.
const WAITING: Waiting = Waiting::up_to(Duration::from_mins(3));

/// A pool's prefix domain.
pub struct UserPoolDomain;

/// What the user decided about the domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The part before `.auth.`: lower-case letters, digits and hyphens, 1 to 63.
    pub prefix: String,
}

/// What other nodes produced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The pool's id.
    pub pool_id: String,
}

/// What others need of the domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The prefix.
    pub prefix: String,
    /// The pool's id.
    pub pool_id: String,
    /// The address below which `/oauth2/authorize` and `/oauth2/token` are; no slash at the end.
    pub base_url: String,
}

/// The domain as Cognito describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    prefix: String,
    pool_id: String,
    status: DomainStatusType,
}

/// The domain of this prefix in this account, or none: one call.
async fn describe(cx: &Cx<'_, Cloud>, prefix: &str) -> Result<Option<Live>, StepError> {
    match cx.cloud.cognito.describe_user_pool_domain().domain(prefix).send().await {
        Ok(answer) => Ok(answer.domain_description.and_then(|domain| live_of(prefix, domain))),
        Err(error) => match classify("DescribeUserPoolDomain", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

/// Cognito describes a domain that is not there as one without members.
fn live_of(prefix: &str, domain: DomainDescriptionType) -> Option<Live> {
    Some(Live {
        prefix: prefix.to_owned(),
        pool_id: domain.user_pool_id?,
        status: domain.status.unwrap_or(DomainStatusType::Active),
    })
}

/// What `live` is to a stack whose pool is `ours`.
fn presence(live: Live, ours: &[&str]) -> Presence<Live> {
    if !ours.contains(&live.pool_id.as_str()) {
        let evidence = format!("the domain {} belongs to the pool {}", live.prefix, live.pool_id);
        return Presence::Foreign(Foreign { live, evidence });
    }
    match live.status {
        DomainStatusType::Creating | DomainStatusType::Updating | DomainStatusType::Deleting => {
            Presence::Settling(live)
        }
        _ => Presence::Ours(live),
    }
}

async fn arrived(cx: &Cx<'_, Cloud>, prefix: &str) -> Result<Option<Live>, StepError> {
    until(cx, WAITING, || async {
        Ok(match describe(cx, prefix).await? {
            None => Poll::Ready(None),
            Some(live) => match live.status {
                DomainStatusType::Failed => {
                    return Err(StepError::new(
                        Class::Failed,
                        format!("Cognito says that the domain {prefix} has failed"),
                    ));
                }
                DomainStatusType::Creating
                | DomainStatusType::Updating
                | DomainStatusType::Deleting => {
                    Poll::NotYet(format!("status {}", live.status.as_str()))
                }
                _ => Poll::Ready(Some(live)),
            },
        })
    })
    .await
}

/// Where a prefix domain is: the pool's id starts with the Region.
pub(super) fn base_url(prefix: &str, pool_id: &str) -> String {
    let region = pool_id.split('_').next().unwrap_or_default();
    let auth = if region.starts_with("us-gov-") { "auth-fips" } else { "auth" };
    format!("https://{prefix}.{auth}.{region}.amazoncognito.com")
}

impl Step<Cloud> for UserPoolDomain {
    const KIND: &'static str = "cognito.domain";
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let pools =
            [links.map(|links| links.pool_id.as_str()), last.map(|last| last.pool_id.as_str())];
        let pools: Vec<&str> = pools.into_iter().flatten().collect();
        if pools.is_empty() {
            return Ok(Presence::Absent);
        }
        // A prefix that left the manifest is still ours to replace.
        if let Some(last) = last.filter(|last| last.prefix != spec.prefix)
            && let Some(live) = describe(cx, &last.prefix).await?
            && pools.contains(&live.pool_id.as_str())
        {
            return Ok(presence(live, &pools));
        }
        Ok(describe(cx, &spec.prefix)
            .await?
            .map_or(Presence::Absent, |live| presence(live, &pools)))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let changes: Vec<Change> = [
            Change::between("Domain", &live.prefix, &spec.prefix),
            links.and_then(|links| Change::between("UserPoolId", &live.pool_id, &links.pool_id)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if changes.is_empty() {
            return Diff::Same;
        }
        Diff::Replace {
            reason: "a prefix domain keeps its prefix and its pool".to_owned(),
            changes,
        }
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let request = cx
            .cloud
            .cognito
            .create_user_pool_domain()
            .domain(&spec.prefix)
            .user_pool_id(&links.pool_id);
        if let Err(error) = request.send().await {
            let mut error = classify("CreateUserPoolDomain", error);
            if error.class == Class::Invalid && describe(cx, &spec.prefix).await?.is_some() {
                error.class = Class::Conflict;
            }
            return Err(error);
        }
        arrived(cx, &spec.prefix).await?.ok_or_else(|| {
            StepError::new(Class::NotFound, format!("the domain {} went away", spec.prefix))
        })
    }

    async fn update(
        _cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &Links,
        _live: Live,
        _changes: &[Change],
    ) -> Result<Live, StepError> {
        Err(StepError::bug(format!("the domain {} can only be replaced", spec.prefix)))
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let request = cx.cloud.cognito.delete_user_pool_domain();
        let request = request.domain(&outputs.prefix).user_pool_id(&outputs.pool_id);
        if let Err(error) = request.send().await {
            let error = classify("DeleteUserPoolDomain", error);
            let there = match error.class {
                Class::NotFound => return Ok(()),
                Class::Invalid => describe(cx, &outputs.prefix).await?,
                _ => return Err(error),
            };
            match there {
                Some(live) if live.pool_id != outputs.pool_id => return Ok(()),
                Some(live) if live.status == DomainStatusType::Deleting => {}
                Some(_) => return Err(error),
                None => return Ok(()),
            }
        }
        until(cx, WAITING, || async {
            Ok(match describe(cx, &outputs.prefix).await? {
                Some(live) if live.pool_id == outputs.pool_id => {
                    Poll::NotYet(format!("status {}", live.status.as_str()))
                }
                _ => Poll::Ready(()),
            })
        })
        .await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let pool_id = live.pool_id;
        Ok(arrived(cx, &live.prefix)
            .await?
            .map_or(Presence::Absent, |live| presence(live, &[pool_id.as_str()])))
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs {
            prefix: live.prefix.clone(),
            pool_id: live.pool_id.clone(),
            base_url: base_url(&live.prefix, &live.pool_id),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.pool_id, outputs.prefix)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let mut domains = Vec::new();
        for (pool, outputs) in found.of::<Cloud, UserPool>() {
            let Some(live) = described(cx, &outputs.id).await? else { continue };
            let Some(prefix) = live.domain() else { continue };
            let Ok(address) = Address::new(format!("{pool}/domain")) else { continue };
            let base_url = base_url(prefix, &outputs.id);
            domains.push((
                address,
                Outputs { prefix: prefix.to_owned(), pool_id: outputs.id, base_url },
            ));
        }
        Ok(domains)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: &str = "us-west-2_AbC";

    fn live(status: DomainStatusType) -> Live {
        Live { prefix: "acme-0a1b2c3d".into(), pool_id: POOL.into(), status }
    }

    #[test]
    fn a_domain_without_a_pool_is_none() {
        assert_eq!(live_of("x", DomainDescriptionType::builder().build()), None);
        let there = DomainDescriptionType::builder().user_pool_id(POOL).build();
        assert_eq!(live_of("acme-0a1b2c3d", there), Some(live(DomainStatusType::Active)));
    }

    #[test]
    fn the_pool_decides_whose_it_is() {
        assert!(matches!(presence(live(DomainStatusType::Active), &[POOL]), Presence::Ours(_)));
        assert!(matches!(
            presence(live(DomainStatusType::Creating), &[POOL]),
            Presence::Settling(_)
        ));
        let Presence::Foreign(foreign) = presence(live(DomainStatusType::Active), &["other"])
        else {
            panic!("another pool's domain is foreign");
        };
        assert!(foreign.evidence.contains(POOL));
    }

    #[test]
    fn prefix_and_pool_are_immutable() {
        let (spec, there) =
            (Spec { prefix: "acme-0a1b2c3d".into() }, live(DomainStatusType::Active));
        let links = |pool: &str| Links { pool_id: pool.into() };
        assert_eq!(UserPoolDomain::diff(&spec, None, &there), Diff::Same);
        assert_eq!(UserPoolDomain::diff(&spec, Some(&links(POOL)), &there), Diff::Same);
        let other = Spec { prefix: "other".into() };
        for diff in [
            UserPoolDomain::diff(&other, None, &there),
            UserPoolDomain::diff(&spec, Some(&links("us-west-2_new")), &there),
        ] {
            assert!(matches!(diff, Diff::Replace { changes, .. } if changes.len() == 1));
        }
    }

    #[test]
    fn base_urls_follow_the_region() {
        assert_eq!(base_url("a", POOL), "https://a.auth.us-west-2.amazoncognito.com");
        assert_eq!(
            base_url("a", "us-gov-west-1_x"),
            "https://a.auth-fips.us-gov-west-1.amazoncognito.com"
        );
    }
}
