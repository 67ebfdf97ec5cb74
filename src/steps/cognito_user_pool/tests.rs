use super::*;
use crate::cloud::Naming;
use aws_sdk_cognitoidentityprovider::types::{
    AliasAttributeType, SoftwareTokenMfaConfigType, UserPoolMfaType,
};

fn spec() -> Spec {
    let tags = [("construct:stack", "acme"), ("construct:node", "pool"), ("team", "a")];
    Spec {
        name: "acme-pool".into(),
        password: PasswordPolicy {
            minimum_length: 14,
            uppercase: false,
            lowercase: false,
            numbers: false,
            symbols: false,
            history: 3,
            temporary_days: 7,
        },
        mfa: None,
        deletion_protection: true,
        tags: tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
    }
}

fn live_of(spec: &Spec) -> Live {
    let pool = UserPoolType::builder()
        .id("us-west-2_AbC123")
        .arn("arn:aws:cognito-idp:us-west-2:111122223333:userpool/us-west-2_AbC123")
        .name(&spec.name)
        .policies(
            UserPoolPolicyType::builder()
                .password_policy(passwords(spec, PasswordPolicyType::builder().build()))
                .build(),
        )
        .deletion_protection(protection(spec.deletion_protection))
        .username_attributes(UsernameAttributeType::Email)
        .auto_verified_attributes(VerifiedAttributeType::Email)
        .admin_create_user_config(admin_only(AdminCreateUserConfigType::builder().build()))
        .account_recovery_setting(recovery_by_email().unwrap())
        .user_pool_tier(UserPoolTierType::Essentials)
        .set_user_pool_tags(Some(spec.tags.clone().into_iter().rev().collect()))
        .build();
    Live::of(Some(pool)).unwrap()
}

fn fields(diff: Diff) -> Vec<String> {
    match diff {
        Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
        other => panic!("{other:?} is no update"),
    }
}

/// A field's name, and what changes it.
type Case<T> = (&'static str, fn(&mut T));

#[test]
fn what_was_made_from_the_spec_is_the_same() {
    assert_eq!(UserPool::diff(&spec(), None, &live_of(&spec())), Diff::Same);
}

#[test]
fn what_people_added_is_left_alone() {
    let mut live = live_of(&spec());
    live.pool.user_pool_tier = Some(UserPoolTierType::Plus);
    live.pool.user_pool_tags.as_mut().unwrap().insert("aws:x".into(), "y".into());
    live.pool.mfa_configuration = Some(UserPoolMfaType::On);
    assert_eq!(UserPool::diff(&spec(), None, &live), Diff::Same);
}

#[test]
fn every_mutable_field_is_named() {
    let cases: [Case<Spec>; 11] = [
        ("Name", |spec| spec.name = "other".into()),
        ("MinimumLength", |spec| spec.password.minimum_length = 15),
        ("RequireUppercase", |spec| spec.password.uppercase = true),
        ("RequireLowercase", |spec| spec.password.lowercase = true),
        ("RequireNumbers", |spec| spec.password.numbers = true),
        ("RequireSymbols", |spec| spec.password.symbols = true),
        ("PasswordHistorySize", |spec| spec.password.history = 0),
        ("TemporaryPasswordValidityDays", |spec| spec.password.temporary_days = 1),
        ("MfaConfiguration", |spec| spec.mfa = Some(Mfa::Off)),
        ("DeletionProtection", |spec| spec.deletion_protection = false),
        ("tag team", |spec| drop(spec.tags.insert("team".into(), "b".into()))),
    ];
    for (field, change) in cases {
        let mut wanted = spec();
        change(&mut wanted);
        let mut live = live_of(&spec());
        live.pool.mfa_configuration = Some(UserPoolMfaType::On);
        assert_eq!(fields(UserPool::diff(&wanted, None, &live)), [field]);
    }
    let drifts: [Case<UserPoolType>; 5] = [
        ("UserPoolTier", |pool| pool.user_pool_tier = Some(UserPoolTierType::Lite)),
        ("AllowAdminCreateUserOnly", |pool| pool.admin_create_user_config = None),
        ("AutoVerifiedEmail", |pool| pool.auto_verified_attributes = None),
        ("RecoveryByEmail", |pool| pool.account_recovery_setting = None),
        ("RequireSymbols", |pool| {
            let policy = pool.policies.as_mut().unwrap().password_policy.as_mut().unwrap();
            policy.require_symbols = true;
        }),
    ];
    for (field, drift) in drifts {
        let mut live = live_of(&spec());
        drift(&mut live.pool);
        assert_eq!(fields(UserPool::diff(&spec(), None, &live)), [field]);
    }
}

#[test]
fn authenticator_apps_are_a_second_look() {
    let wanted = Spec { mfa: Some(Mfa::Required), ..spec() };
    let mut live = live_of(&spec());
    let both = ["MfaConfiguration", "SoftwareTokenMfaEnabled"];
    assert_eq!(fields(UserPool::diff(&wanted, None, &live)), both);
    live.pool.mfa_configuration = Some(UserPoolMfaType::On);
    assert_eq!(fields(UserPool::diff(&wanted, None, &live)), ["SoftwareTokenMfaEnabled"]);
    let token = SoftwareTokenMfaConfigType::builder().enabled(true).build();
    let config = GetUserPoolMfaConfigOutput::builder().software_token_mfa_configuration(token);
    live.mfa = Some(config.build());
    assert_eq!(UserPool::diff(&wanted, None, &live), Diff::Same);
}

#[test]
fn another_way_to_sign_in_replaces() {
    let mut live = live_of(&spec());
    live.pool.username_attributes = None;
    assert!(matches!(UserPool::diff(&spec(), None, &live), Diff::Replace { .. }));
    live.pool.alias_attributes = Some(vec![AliasAttributeType::Email]);
    assert_eq!(UserPool::diff(&spec(), None, &live), Diff::Same);
}

#[test]
fn the_issuer_is_in_the_pool_s_region() {
    let outputs = UserPool::outputs(&live_of(&spec()));
    assert_eq!(outputs.issuer, "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_AbC123");
}

#[test]
fn the_oldest_of_ours_wins() {
    let naming = Naming {
        stack: "acme".into(),
        account: "111122223333".into(),
        region: "us-west-2".into(),
        partition: "aws".into(),
    };
    let at = |id: &str, secs: i64, ours: bool| {
        let mut live = live_of(&spec());
        live.id = id.into();
        live.pool.creation_date =
            Some(aws_sdk_cognitoidentityprovider::primitives::DateTime::from_secs(secs));
        if !ours {
            live.pool.user_pool_tags = None;
        }
        live
    };
    let lives = vec![at("new", 3, true), at("foreign", 1, false), at("old", 2, true)];
    assert_eq!(oldest(&naming, lives).unwrap().id, "old");
    assert_eq!(oldest(&naming, vec![at("foreign", 1, false)]).unwrap().id, "foreign");
    assert!(oldest(&naming, Vec::new()).is_none());
}

#[test]
fn only_people_beyond_the_first_user_need_consent() {
    assert_eq!(loss(0, 0, false), None);
    assert!(!loss(1, 0, false).unwrap().needs_consent);
    assert!(loss(1, 1, false).unwrap().needs_consent);
    let many = loss(60, 59, true).unwrap();
    assert!(many.needs_consent && many.what.contains("more than 60"));
}
