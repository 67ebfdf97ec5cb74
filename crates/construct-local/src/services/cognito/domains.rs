//! Prefix domains. A prefix belongs to one pool of the Region, whoever asks first.

use serde_json::{Value, json};

use super::pools::state;
use super::state::{Domain, Pool};
use super::{input, invalid, shapes, text};
use crate::random::UPPER_ALPHANUMERIC;
use crate::service::{Call, Fault};

/// Words that no prefix may contain.
const RESERVED: [&str; 3] = ["aws", "amazon", "cognito"];
const CLASSIC: i64 = 1;

pub(super) fn create(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::WRITE_DOMAIN)?;
    let prefix = text(&given, "Domain");
    if given.contains_key("CustomDomainConfig") {
        return Err(invalid(
            "Custom domain is not a valid subdomain: Was not able to resolve the root domain.",
        ));
    }
    if let Some(word) = RESERVED.iter().find(|word| prefix.contains(**word)) {
        return Err(invalid(format!("Domain cannot contain reserved word: {word}")));
    }
    let version = given.get("ManagedLoginVersion").and_then(Value::as_i64).unwrap_or(CLASSIC);
    let id = text(&given, "UserPoolId");
    let pool = state(call).pool(id)?;
    check_tier(pool, version)?;
    if pool.domain.is_some() {
        return Err(invalid("User pool already has a domain configured."));
    }
    if owner(call, prefix).is_some() {
        return Err(invalid("Domain already associated with another user pool."));
    }
    let domain = Domain {
        prefix: prefix.to_owned(),
        managed_login_version: version,
        version: call.random_id(UPPER_ALPHANUMERIC, 14),
    };
    state(call).pool_mut(id)?.domain = Some(domain);
    Ok(json!({ "ManagedLoginVersion": version }))
}

pub(super) fn describe(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::DESCRIBE_DOMAIN)?;
    let prefix = text(&given, "Domain");
    // A domain that nobody has is no error but an empty description.
    let Some(pool) = owner(call, prefix) else { return Ok(json!({ "DomainDescription": {} })) };
    let Some(domain) = pool.domain.clone() else { return Ok(json!({ "DomainDescription": {} })) };
    let id = pool.id.clone();
    Ok(json!({ "DomainDescription": {
        "UserPoolId": id,
        "AWSAccountId": crate::ACCOUNT_ID,
        "Domain": domain.prefix,
        "S3Bucket": format!("aws-cognito-prod-{}-assets", call.region),
        "CloudFrontDistribution": format!("{}.cloudfront.net", domain.version.to_lowercase()),
        "Version": domain.version,
        "Status": "ACTIVE",
        "CustomDomainConfig": {},
        "ManagedLoginVersion": domain.managed_login_version,
    } }))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::WRITE_DOMAIN)?;
    let version = given.get("ManagedLoginVersion").and_then(Value::as_i64).unwrap_or(CLASSIC);
    let revision = call.random_id(UPPER_ALPHANUMERIC, 14);
    let pool = state(call).pool_mut(text(&given, "UserPoolId"))?;
    check_tier(pool, version)?;
    let domain = of_pool(pool, text(&given, "Domain"))?;
    domain.managed_login_version = version;
    domain.version = revision;
    Ok(json!({ "ManagedLoginVersion": version }))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::DELETE_DOMAIN)?;
    let state = state(call);
    let pool = state.pool_mut(text(&given, "UserPoolId")).map_err(|_missing| no_domain())?;
    of_pool(pool, text(&given, "Domain"))?;
    pool.domain = None;
    Ok(json!({}))
}

fn owner<'a>(call: &'a mut Call<'_>, prefix: &str) -> Option<&'a Pool> {
    state(call)
        .pools
        .values()
        .find(|pool| pool.domain.as_ref().is_some_and(|domain| domain.prefix == prefix))
}

fn of_pool<'a>(pool: &'a mut Pool, prefix: &str) -> Result<&'a mut Domain, Fault> {
    pool.domain.as_mut().filter(|domain| domain.prefix == prefix).ok_or_else(no_domain)
}

fn no_domain() -> Fault {
    invalid("No such domain or user pool exists.")
}

fn check_tier(pool: &Pool, version: i64) -> Result<(), Fault> {
    if version > CLASSIC && text(&pool.settings, "UserPoolTier") == "LITE" {
        return Err(Fault::client(
            "FeatureUnavailableInTierException",
            "Managed login is not available in the LITE tier.",
        ));
    }
    Ok(())
}
