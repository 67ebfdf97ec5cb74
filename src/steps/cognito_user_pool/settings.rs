//! What a pool is asked to be, what stands between that and the live one, and an update that resets nothing.

use aws_sdk_cognitoidentityprovider::error::BuildError;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::builders::UpdateUserPoolFluentBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    AccountRecoverySettingType, AdminCreateUserConfigType, AliasAttributeType,
    DeletionProtectionType, PasswordPolicyType, RecoveryOptionNameType, RecoveryOptionType,
    UserPoolPolicyType, UserPoolTierType, UserPoolType, UsernameAttributeType,
    VerifiedAttributeType,
};
use construct_engine::{Change, Cx, StepError};

use super::{Live, Spec, mfa};
use crate::cloud::Cloud;
use crate::steps::{fields, marks};

pub(super) fn built(error: &BuildError) -> StepError {
    StepError::bug(format!("a request to Cognito lacks a member: {error}"))
}

pub(super) fn protection(on: bool) -> DeletionProtectionType {
    if on { DeletionProtectionType::Active } else { DeletionProtectionType::Inactive }
}

/// A number in the API's type; the manifest allows none that does not fit.
fn whole(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// `live` with what is wanted of passwords.
pub(super) fn passwords(spec: &Spec, mut live: PasswordPolicyType) -> PasswordPolicyType {
    let wanted = &spec.password;
    live.minimum_length = Some(whole(wanted.minimum_length));
    live.require_uppercase = wanted.uppercase;
    live.require_lowercase = wanted.lowercase;
    live.require_numbers = wanted.numbers;
    live.require_symbols = wanted.symbols;
    live.password_history_size = Some(whole(wanted.history)).filter(|size| *size > 0);
    live.temporary_password_validity_days = whole(wanted.temporary_days);
    live
}

/// `live` with what of [`passwords`] is among `changes`.
fn passwords_among(
    changes: &[Change],
    spec: &Spec,
    mut live: PasswordPolicyType,
) -> PasswordPolicyType {
    let wanted = passwords(spec, live.clone());
    let has = |field| fields::has(changes, field);
    if has("MinimumLength") {
        live.minimum_length = wanted.minimum_length;
    }
    if has("PasswordHistorySize") {
        live.password_history_size = wanted.password_history_size;
    }
    if has("TemporaryPasswordValidityDays") {
        live.temporary_password_validity_days = wanted.temporary_password_validity_days;
    }
    for (field, there, wanted) in [
        ("RequireUppercase", &mut live.require_uppercase, wanted.require_uppercase),
        ("RequireLowercase", &mut live.require_lowercase, wanted.require_lowercase),
        ("RequireNumbers", &mut live.require_numbers, wanted.require_numbers),
        ("RequireSymbols", &mut live.require_symbols, wanted.require_symbols),
    ] {
        if has(field) {
            *there = wanted;
        }
    }
    live
}

/// Nobody signs up by himself. The days of unused accounts are the password policy's now; Cognito refuses both.
pub(super) fn admin_only(mut live: AdminCreateUserConfigType) -> AdminCreateUserConfigType {
    live.allow_admin_create_user_only = true;
    without_days(live)
}

pub(super) fn without_days(live: AdminCreateUserConfigType) -> AdminCreateUserConfigType {
    AdminCreateUserConfigType::builder()
        .allow_admin_create_user_only(live.allow_admin_create_user_only)
        .set_invite_message_template(live.invite_message_template)
        .build()
}

pub(super) fn recovery_by_email() -> Result<AccountRecoverySettingType, StepError> {
    let email = RecoveryOptionType::builder()
        .priority(1)
        .name(RecoveryOptionNameType::VerifiedEmail)
        .build()
        .map_err(|error| built(&error))?;
    Ok(AccountRecoverySettingType::builder().recovery_mechanisms(email).build())
}

pub(super) fn signs_in_with_email(pool: &UserPoolType) -> bool {
    pool.username_attributes().contains(&UsernameAttributeType::Email)
        || pool.alias_attributes().contains(&AliasAttributeType::Email)
}

pub(super) fn recovers_by_email(pool: &UserPoolType) -> bool {
    let ways =
        pool.account_recovery_setting.as_ref().map(AccountRecoverySettingType::recovery_mechanisms);
    matches!(ways, Some([only]) if *only.name() == RecoveryOptionNameType::VerifiedEmail)
}

pub(super) fn changes(spec: &Spec, live: &Live) -> Vec<Change> {
    let pool = &live.pool;
    let protected = pool.deletion_protection == Some(DeletionProtectionType::Active);
    let admin =
        pool.admin_create_user_config().is_some_and(|admin| admin.allow_admin_create_user_only);
    let verifies = pool.auto_verified_attributes().contains(&VerifiedAttributeType::Email);
    let tier = pool.user_pool_tier.as_ref().map_or("", UserPoolTierType::as_str);
    // People who pay for more than ESSENTIALS keep it.
    let enough = ["ESSENTIALS", "PLUS"].contains(&tier);
    [
        Change::between("Name", &pool.name().unwrap_or_default(), &spec.name.as_str()),
        Change::between("DeletionProtection", &protected, &spec.deletion_protection),
        Change::between("AllowAdminCreateUserOnly", &admin, &true),
        Change::between("AutoVerifiedEmail", &verifies, &true),
        Change::between("RecoveryByEmail", &recovers_by_email(pool), &true),
        (!enough).then(|| Change::new("UserPoolTier", tier, "ESSENTIALS")),
    ]
    .into_iter()
    .flatten()
    .chain(password_changes(spec, pool))
    .chain(mfa::changes(spec, live))
    .chain(marks::changes(&spec.tags, &live.tags()))
    .collect()
}

fn password_changes(spec: &Spec, pool: &UserPoolType) -> impl Iterator<Item = Change> {
    let live = pool.policies().and_then(UserPoolPolicyType::password_policy).cloned();
    let live = live.unwrap_or_else(|| PasswordPolicyType::builder().build());
    let wanted = passwords(spec, live.clone());
    let switch = |field: &str, of: fn(&PasswordPolicyType) -> bool| {
        Change::between(field, &of(&live), &of(&wanted))
    };
    let number = |field: &str, of: fn(&PasswordPolicyType) -> i32| {
        Change::between(field, &of(&live), &of(&wanted))
    };
    [
        number("MinimumLength", |policy| policy.minimum_length.unwrap_or_default()),
        switch("RequireUppercase", |policy| policy.require_uppercase),
        switch("RequireLowercase", |policy| policy.require_lowercase),
        switch("RequireNumbers", |policy| policy.require_numbers),
        switch("RequireSymbols", |policy| policy.require_symbols),
        number("PasswordHistorySize", |policy| policy.password_history_size.unwrap_or_default()),
        // 0 is how the service shows its default.
        number("TemporaryPasswordValidityDays", |policy| {
            match policy.temporary_password_validity_days {
                0 => 7,
                days => days,
            }
        }),
    ]
    .into_iter()
    .flatten()
}

/// An update that changes nothing: the live pool, whole.
pub(super) fn overlay(cx: &Cx<'_, Cloud>, live: Live) -> UpdateUserPoolFluentBuilder {
    let pool = live.pool;
    // The template says what the two plain texts say; sent together they must agree, so only one of them is.
    let template = pool.verification_message_template;
    let (message, subject) = match template {
        Some(_) => (None, None),
        None => (pool.email_verification_message, pool.email_verification_subject),
    };
    cx.cloud
        .cognito
        .update_user_pool()
        .user_pool_id(live.id)
        .set_pool_name(pool.name)
        .set_policies(pool.policies)
        .set_deletion_protection(pool.deletion_protection)
        .set_lambda_config(pool.lambda_config)
        .set_auto_verified_attributes(pool.auto_verified_attributes)
        .set_sms_verification_message(pool.sms_verification_message)
        .set_email_verification_message(message)
        .set_email_verification_subject(subject)
        .set_verification_message_template(template)
        .set_sms_authentication_message(pool.sms_authentication_message)
        .set_user_attribute_update_settings(pool.user_attribute_update_settings)
        .set_mfa_configuration(pool.mfa_configuration)
        .set_device_configuration(pool.device_configuration)
        .set_email_configuration(pool.email_configuration)
        .set_sms_configuration(pool.sms_configuration)
        .set_user_pool_tags(pool.user_pool_tags)
        .set_admin_create_user_config(pool.admin_create_user_config.map(without_days))
        .set_user_pool_add_ons(pool.user_pool_add_ons)
        .set_account_recovery_setting(pool.account_recovery_setting)
        .set_user_pool_tier(pool.user_pool_tier)
        .set_key_configuration(pool.key_configuration)
        .set_issuer_configuration(pool.issuer_configuration)
        .set_acr_configuration(pool.acr_configuration)
}

/// `request`, which holds the live pool, with what is among `changes` in place of it.
pub(super) fn wanted(
    request: UpdateUserPoolFluentBuilder,
    spec: &Spec,
    changes: &[Change],
) -> Result<UpdateUserPoolFluentBuilder, StepError> {
    let has = |field| fields::has(changes, field);
    let mut policies =
        request.get_policies().clone().unwrap_or_else(|| UserPoolPolicyType::builder().build());
    let live =
        policies.password_policy.take().unwrap_or_else(|| PasswordPolicyType::builder().build());
    policies.password_policy = Some(passwords_among(changes, spec, live));
    let admin = request.get_admin_create_user_config().clone();
    let admin = admin.unwrap_or_else(|| AdminCreateUserConfigType::builder().build());
    let admin = if has("AllowAdminCreateUserOnly") { admin_only(admin) } else { admin };
    let mut tags = request.get_user_pool_tags().clone().unwrap_or_default();
    tags.extend(marks::among(changes));
    let tier = request.get_user_pool_tier().clone();
    let tier = if has("UserPoolTier") { Some(UserPoolTierType::Essentials) } else { tier };
    let protected = request.get_deletion_protection().clone();
    let wanted = protection(spec.deletion_protection);
    let protected = if has("DeletionProtection") { Some(wanted) } else { protected };
    let recovery = request.get_account_recovery_setting().clone();
    let recovery = if has("RecoveryByEmail") { Some(recovery_by_email()?) } else { recovery };
    let mut verified = request.get_auto_verified_attributes().clone().unwrap_or_default();
    if has("AutoVerifiedEmail") {
        verified.push(VerifiedAttributeType::Email);
    }
    Ok(request
        .pool_name(&spec.name)
        .policies(policies)
        .set_deletion_protection(protected)
        .admin_create_user_config(admin)
        .set_account_recovery_setting(recovery)
        .set_auto_verified_attributes(Some(verified))
        .set_user_pool_tier(tier)
        .set_user_pool_tags(Some(tags)))
}
