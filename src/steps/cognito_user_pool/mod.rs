//! A Cognito user pool: the people who may sign in.
//!
//! - Name: `{stack}-pool`. Pool names are not unique, so the engine looks once more before it creates.
//! - Found: by the recorded id; else by listing all pools and describing those of the name.
//! - Proven ours: the tag `construct:stack`, which comes with `DescribeUserPool`.
//! - In doubt: no client token; listed again for a bounded time. Two of ours: the oldest wins.
//! - Owned set: pools whose name starts with the stack's and which carry its mark.
//! - Secret: none.
//! - Protect: it holds people's accounts. A removal says how many; anybody beyond the first user, whom construct made and
//!   marked with [`FIRST_USER`], needs consent.
//! - Replace: only when people sign in with something else than an email address, which cannot change. Remove first.
//! - Update that resets: `UpdateUserPool` puts every omitted setting back to its default, so the live pool is sent whole.
//!   MFA, messages, triggers and the tier PLUS are left as they are.
//! - Removal: refused while a domain is there (its node goes first) and under deletion protection, which is switched off
//!   only then: the removal was shown and agreed to.
//!
//! Quotas: 1,000 pools in a Region; `CreateUserPool` 15 requests a second for all pool operations together. API: Amazon
//! Cognito user pools API reference, `CreateUserPool`, `UpdateUserPool`
//! (<https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/>).

use aws_sdk_cognitoidentityprovider::types::{
    AdminCreateUserConfigType, DeletionProtectionType, PasswordPolicyType, UserPoolPolicyType,
    UserPoolTierType, UserPoolType, UserType, UsernameAttributeType, UsernameConfigurationType,
    VerifiedAttributeType,
};
use construct_engine::{Address, Change, Class, Cx, Diff, Found, Loss, Presence, Step, StepError};
use serde::{Deserialize, Serialize};

use super::marks;
use crate::cloud::{Cloud, Tags, classify, is_not_found};
use settings::{
    admin_only, built, changes, overlay, passwords, protection, recovery_by_email,
    signs_in_with_email, wanted,
};

mod settings;

/// The `profile` of the user whom construct makes: a standard attribute, so that adopted pools have it too.
pub const FIRST_USER: &str = "urn:construct:first-user";

/// Pools in one page of `ListUserPools`, and users in one of `ListUsers`: the most that Cognito gives.
const PAGE: i32 = 60;

/// A Cognito user pool.
pub struct UserPool;

/// What the user decided about the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The pool's name.
    pub name: String,
    /// The shortest password, 6 to 99. There are no rules about kinds of characters: length is what counts
    /// (NIST SP 800-63B, 3.1.1.2).
    pub password_minimum_length: u32,
    /// Whether Cognito refuses to delete the pool.
    pub deletion_protection: bool,
    /// The tags, marks included.
    pub tags: Tags,
}

/// What others need of the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// `{region}_{letters and digits}`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The `iss` of its tokens; the OIDC discovery document is below it.
    pub issuer: String,
}

/// The pool as Cognito describes it; an id and an ARN are always there.
#[derive(Clone, Debug)]
pub struct Live {
    id: String,
    arn: String,
    pool: UserPoolType,
}

impl Live {
    fn of(pool: Option<UserPoolType>) -> Result<Self, StepError> {
        let pool = pool.ok_or_else(|| StepError::bug("Cognito answered without the pool"))?;
        match (pool.id.clone(), pool.arn.clone()) {
            (Some(id), Some(arn)) => Ok(Self { id, arn, pool }),
            _ => Err(StepError::bug("Cognito described a pool without id or ARN")),
        }
    }

    fn tags(&self) -> Tags {
        self.pool
            .user_pool_tags
            .iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// The prefix of the pool's domain, where it has one.
    pub(super) fn domain(&self) -> Option<&str> {
        self.pool.domain()
    }
}

/// The pool of this id, or none: one call.
async fn describe(cx: &Cx<'_, Cloud>, id: &str) -> Result<Option<Live>, StepError> {
    match cx.cloud.cognito.describe_user_pool().user_pool_id(id).send().await {
        Ok(answer) => Live::of(answer.user_pool).map(Some),
        Err(error) => match classify("DescribeUserPool", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

/// The pool of this id as discovery saw it: described once in a run.
pub(super) async fn described(cx: &Cx<'_, Cloud>, id: &str) -> Result<Option<Live>, StepError> {
    let once = cx.cloud.lists.once(&format!("cognito.pools/{id}"), || describe(cx, id)).await?;
    Ok(Option::clone(&once))
}

/// Names and ids of all pools of the account in this Region.
async fn list(cx: &Cx<'_, Cloud>) -> Result<Vec<(String, String)>, StepError> {
    let mut pools = Vec::new();
    let mut next = None;
    loop {
        let page = cx
            .cloud
            .cognito
            .list_user_pools()
            .max_results(PAGE)
            .set_next_token(next)
            .send()
            .await
            .map_err(|error| classify("ListUserPools", error))?;
        for pool in page.user_pools() {
            if let (Some(name), Some(id)) = (pool.name(), pool.id()) {
                pools.push((name.to_owned(), id.to_owned()));
            }
        }
        next = page.next_token;
        if next.is_none() {
            return Ok(pools);
        }
    }
}

fn presence(cx: &Cx<'_, Cloud>, live: Live) -> Presence<Live> {
    let (what, tags) = (format!("the user pool {}", live.id), live.tags());
    marks::presence(cx.cloud, &what, &tags, live, false)
}

/// Looks in a fresh list: what decides on a create must not be older than the create before it.
async fn by_name(cx: &Cx<'_, Cloud>, name: &str) -> Result<Presence<Live>, StepError> {
    let mut lives = Vec::new();
    for (_, id) in list(cx).await?.iter().filter(|(pool, _)| pool == name) {
        lives.extend(describe(cx, id).await?);
    }
    Ok(oldest(&cx.cloud.naming, lives).map_or(Presence::Absent, |live| presence(cx, live)))
}

/// The oldest of ours, or the oldest at all when none is ours.
fn oldest(naming: &crate::cloud::Naming, mut lives: Vec<Live>) -> Option<Live> {
    lives.sort_by_key(|live| {
        let created = live.pool.creation_date.map(|date| (date.secs(), date.subsec_nanos()));
        (!naming.is_ours(&live.tags()), created, live.id.clone())
    });
    lives.into_iter().next()
}

impl Step<Cloud> for UserPool {
    const KIND: &'static str = "cognito.user-pool";
    const UNIQUE_NAME: bool = false;
    type Spec = Spec;
    type Links = ();
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: Option<&()>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        if let Some(last) = last
            && let Some(live) = describe(cx, &last.id).await?
        {
            return Ok(presence(cx, live));
        }
        by_name(cx, &spec.name).await
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        let changes = changes(spec, live);
        if signs_in_with_email(&live.pool) {
            return Diff::of(changes);
        }
        Diff::Replace {
            reason: "people do not sign in with their email address, which cannot change"
                .to_owned(),
            changes,
        }
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Live, StepError> {
        let answer = cx
            .cloud
            .cognito
            .create_user_pool()
            .pool_name(&spec.name)
            .policies(
                UserPoolPolicyType::builder()
                    .password_policy(passwords(spec, PasswordPolicyType::builder().build()))
                    .build(),
            )
            .deletion_protection(protection(spec.deletion_protection))
            .username_attributes(UsernameAttributeType::Email)
            .username_configuration(
                UsernameConfigurationType::builder()
                    .case_sensitive(false)
                    .build()
                    .map_err(|error| built(&error))?,
            )
            .auto_verified_attributes(VerifiedAttributeType::Email)
            .admin_create_user_config(admin_only(AdminCreateUserConfigType::builder().build()))
            .account_recovery_setting(recovery_by_email()?)
            .user_pool_tier(UserPoolTierType::Essentials)
            .set_user_pool_tags(Some(spec.tags.clone().into_iter().collect()))
            .send()
            .await
            .map_err(|error| classify("CreateUserPool", error))?;
        Live::of(answer.user_pool)
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        live: Live,
        _changes: &[Change],
    ) -> Result<Live, StepError> {
        let id = live.id.clone();
        wanted(overlay(cx, live), spec)?
            .send()
            .await
            .map_err(|error| classify("UpdateUserPool", error))?;
        // The answer holds nothing, and the pool is what others rely on: look.
        describe(cx, &id)
            .await?
            .ok_or_else(|| StepError::new(Class::NotFound, format!("the user pool {id} went away")))
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let refused = match remove(cx, &outputs.id).await {
            Err(error) if error.class == Class::Invalid => error,
            other => return other,
        };
        match describe(cx, &outputs.id).await? {
            None => Ok(()),
            Some(live) if live.pool.deletion_protection == Some(DeletionProtectionType::Active) => {
                overlay(cx, live)
                    .deletion_protection(DeletionProtectionType::Inactive)
                    .send()
                    .await
                    .map_err(|error| classify("UpdateUserPool", error))?;
                remove(cx, &outputs.id).await
            }
            Some(live) if live.domain().is_some() => {
                Err(refused.hint("the pool still has a domain: remove it, then run again"))
            }
            Some(_) => Err(refused),
        }
    }

    fn outputs(live: &Live) -> Outputs {
        // An id starts with its Region, and only the partition China has another host name.
        let region = live.id.split('_').next().unwrap_or_default();
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        Outputs {
            id: live.id.clone(),
            arn: live.arn.clone(),
            issuer: format!("https://cognito-idp.{region}.{suffix}/{}", live.id),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.id.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let prefix = format!("{}-", cx.cloud.naming.stack);
        let pools = cx.cloud.lists.once("cognito.pools", || list(cx)).await?;
        let mut ours = Vec::new();
        for (_, id) in pools.iter().filter(|(name, _)| name.starts_with(&prefix)) {
            let Some(live) = described(cx, id).await? else { continue };
            if let Some(address) = cx.cloud.naming.node_of(&live.tags()) {
                ours.push((address, Self::outputs(&live)));
            }
        }
        Ok(ours)
    }

    async fn loss(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<Option<Loss>, StepError> {
        let page = cx.cloud.cognito.list_users().user_pool_id(&outputs.id).limit(PAGE).send().await;
        let page = match page {
            Ok(page) => page,
            Err(error) => match classify("ListUsers", error) {
                error if is_not_found(&error) => return Ok(None),
                error => return Err(error),
            },
        };
        let is_first = |user: &UserType| {
            let marked =
                |name: &str, value: Option<&str>| name == "profile" && value == Some(FIRST_USER);
            user.attributes().iter().any(|attribute| marked(attribute.name(), attribute.value()))
        };
        let all = page.users().len();
        let others = page.users().iter().filter(|user| !is_first(user)).count();
        Ok(loss(all, others, page.pagination_token.is_some()))
    }
}

/// What goes with a pool of `all` people, `others` of whom construct did not make; `more` when that is not all.
fn loss(all: usize, others: usize, more: bool) -> Option<Loss> {
    let what = match (all, more) {
        (0, false) => return None,
        (1, false) => "the account of 1 person".to_owned(),
        (_, false) => format!("the accounts of {all} people"),
        (_, true) => format!("the accounts of more than {all} people"),
    };
    Some(Loss { what, needs_consent: others > 0 || more })
}

async fn remove(cx: &Cx<'_, Cloud>, id: &str) -> Result<(), StepError> {
    match cx.cloud.cognito.delete_user_pool().user_pool_id(id).send().await {
        Ok(_) => Ok(()),
        Err(error) => match classify("DeleteUserPool", error) {
            error if is_not_found(&error) => Ok(()),
            error => Err(error),
        },
    }
}

#[cfg(test)]
mod tests;
