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
//!   Messages, triggers and the tier PLUS are left as they are, and MFA where the manifest says nothing of it.
//! - MFA: `SetUserPoolMfaConfig` is a call of its own, and `DescribeUserPool` does not tell whether authenticator apps are
//!   allowed; where the manifest asks for them, `GetUserPoolMfaConfig` is read too.
//! - Removal: refused while a domain is there (its node goes first) and under deletion protection, which is switched off
//!   only then: the removal was shown and agreed to.
//!
//! Quotas: 1,000 pools in a Region; `CreateUserPool` 15 requests a second for all pool operations together. API: Amazon
//! Cognito user pools API reference, `CreateUserPool`, `UpdateUserPool`, `SetUserPoolMfaConfig`
//! (<https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/>).

use aws_sdk_cognitoidentityprovider::operation::get_user_pool_mfa_config::GetUserPoolMfaConfigOutput;
use aws_sdk_cognitoidentityprovider::types::{
    AdminCreateUserConfigType, DeletionProtectionType, PasswordPolicyType, UserPoolPolicyType,
    UserPoolTierType, UserPoolType, UserType, UsernameAttributeType, UsernameConfigurationType,
    VerifiedAttributeType,
};
use construct_engine::{Address, Change, Class, Cx, Diff, Found, Loss, Presence, Step, StepError};
use serde::{Deserialize, Serialize};

use super::marks;
use crate::cloud::{Cloud, Naming, Tags, classify, is_not_found};
use crate::manifest::{Mfa, PasswordPolicy};
use settings::{
    admin_only, built, changes, overlay, passwords, protection, recovery_by_email,
    signs_in_with_email, wanted,
};

mod existing;
mod mfa;
mod settings;

pub use existing::{LINK_ADDRESS, POOL_ADDRESS, find, look_at_existing, pools};

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
    /// What passwords must be like. By default only a length is asked for, as length is what counts (NIST SP 800-63B,
    /// 3.1.1.2).
    pub password: PasswordPolicy,
    /// Whether people sign in with an authenticator app as well; none leaves the pool as it is.
    pub mfa: Option<Mfa>,
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

impl Outputs {
    /// The outputs of the pool of this id and ARN.
    pub fn of(id: String, arn: String) -> Self {
        // An id starts with its Region, and only the partition China has another host name.
        let region = id.split('_').next().unwrap_or_default();
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        Self { issuer: format!("https://cognito-idp.{region}.{suffix}/{id}"), id, arn }
    }
}

/// The pool as Cognito describes it; an id and an ARN are always there.
#[derive(Clone, Debug)]
pub struct Live {
    id: String,
    arn: String,
    pool: UserPoolType,
    /// What `GetUserPoolMfaConfig` says, where it was asked.
    mfa: Option<GetUserPoolMfaConfigOutput>,
}

impl Live {
    fn of(pool: Option<UserPoolType>) -> Result<Self, StepError> {
        let pool = pool.ok_or_else(|| StepError::bug("Cognito answered without the pool"))?;
        match (pool.id.clone(), pool.arn.clone()) {
            (Some(id), Some(arn)) => Ok(Self { id, arn, pool, mfa: None }),
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
async fn describe(cloud: &Cloud, id: &str) -> Result<Option<Live>, StepError> {
    match cloud.cognito.describe_user_pool().user_pool_id(id).send().await {
        Ok(answer) => Live::of(answer.user_pool).map(Some),
        Err(error) => match classify("DescribeUserPool", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

/// The pool of this id as discovery saw it: described once in a run.
pub(super) async fn described(cx: &Cx<'_, Cloud>, id: &str) -> Result<Option<Live>, StepError> {
    let once =
        cx.cloud.lists.once(&format!("cognito.pools/{id}"), || describe(cx.cloud, id)).await?;
    Ok(Option::clone(&once))
}

/// Names and ids of all pools of the account in this Region.
async fn list(cloud: &Cloud) -> Result<Vec<(String, String)>, StepError> {
    let mut pools = Vec::new();
    let mut next = None;
    loop {
        let page = cloud
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
async fn by_name(cloud: &Cloud, name: &str) -> Result<Option<Live>, StepError> {
    let mut lives = Vec::new();
    for (_, id) in list(cloud).await?.iter().filter(|(pool, _)| pool == name) {
        lives.extend(describe(cloud, id).await?);
    }
    Ok(oldest(&cloud.naming, lives))
}

/// The oldest of ours, or the oldest at all when none is ours.
fn oldest(naming: &Naming, mut lives: Vec<Live>) -> Option<Live> {
    lives.sort_by_key(|live| {
        let created = live.pool.creation_date.map(|date| (date.secs(), date.subsec_nanos()));
        (!naming.is_ours(&live.tags()), created, live.id.clone())
    });
    lives.into_iter().next()
}

impl Step<Cloud> for UserPool {
    const KIND: &'static str = "cognito.user-pool";
    const FIELDS: &'static [&'static str] = &[
        "AllowAdminCreateUserOnly",
        "AutoVerifiedEmail",
        "DeletionProtection",
        "MinimumLength",
        "PasswordHistorySize",
        "RecoveryByEmail",
        "RequireLowercase",
        "RequireNumbers",
        "RequireSymbols",
        "RequireUppercase",
        "TemporaryPasswordValidityDays",
        "UserPoolTier",
        marks::ANY_TAG,
    ];
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
        let known = match last {
            Some(last) => describe(cx.cloud, &last.id).await?,
            None => None,
        };
        let found = match known {
            Some(live) => Some(live),
            None => by_name(cx.cloud, &spec.name).await?,
        };
        let Some(mut live) = found else { return Ok(Presence::Absent) };
        live.mfa = mfa::read(cx, spec, &live.id).await?;
        Ok(presence(cx, live))
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
        let live = Live::of(answer.user_pool)?;
        if matches!(spec.mfa, None | Some(Mfa::Off)) {
            return Ok(live);
        }
        mfa::set(cx, spec, &live.id).await?;
        looked_at(cx, spec, &live.id).await
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let id = live.id.clone();
        let updates = changes.iter().any(|change| !mfa::is_about(change));
        if updates {
            wanted(overlay(cx, live), spec, changes)?
                .send()
                .await
                .map_err(|error| classify("UpdateUserPool", error))?;
        }
        // An update of the pool speaks of MFA too, and not of everything: what is wanted is said once more after it.
        let again = updates && matches!(spec.mfa, Some(Mfa::Optional | Mfa::Required));
        if again || changes.iter().any(mfa::is_about) {
            mfa::set(cx, spec, &id).await?;
        }
        // The answers hold nothing, and the pool is what others rely on: look.
        looked_at(cx, spec, &id).await
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let refused = match remove(cx, &outputs.id).await {
            Err(error) if error.class == Class::Invalid => error,
            other => return other,
        };
        match describe(cx.cloud, &outputs.id).await? {
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
        Outputs::of(live.id.clone(), live.arn.clone())
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.id.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let prefix = format!("{}-", cx.cloud.naming.stack);
        let pools = cx.cloud.lists.once("cognito.pools", || list(cx.cloud)).await?;
        let mut ours = Vec::new();
        for (_, id) in pools.iter().filter(|(name, _)| name.starts_with(&prefix)) {
            let Some(live) = described(cx, id).await? else { continue };
            if let Some(address) = cx.cloud.naming.node_of(&live.tags()) {
                ours.push((address, Self::outputs(&live)));
            }
        }
        Ok(ours)
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let pools = cx.cloud.lists.once("cognito.pools", || list(cx.cloud)).await?;
        let tags = |id: String| async move {
            Ok(described(cx, &id).await?.map(|live| live.tags()).unwrap_or_default())
        };
        marks::stacks(pools.iter().map(|(_, id)| id.clone()).collect(), tags).await
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

/// The pool after a change.
async fn looked_at(cx: &Cx<'_, Cloud>, spec: &Spec, id: &str) -> Result<Live, StepError> {
    let live = describe(cx.cloud, id).await?;
    let gone = || StepError::new(Class::NotFound, format!("the user pool {id} went away"));
    let mut live = live.ok_or_else(gone)?;
    live.mfa = mfa::read(cx, spec, id).await?;
    Ok(live)
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
