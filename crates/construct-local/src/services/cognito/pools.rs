//! User pools. `UpdateUserPool` resets whatever it is not given, as the real one does.

use serde_json::{Map, Value, json};

use super::state::{Pool, State};
use super::{flag, input, invalid, paged, schema, shapes, tags, text};
use crate::random::ALPHANUMERIC;
use crate::service::{Call, Fault};
use crate::time::epoch_seconds;

/// Set once, by `CreateUserPool`.
const FIXED: [&str; 3] = ["AliasAttributes", "UsernameAttributes", "UsernameConfiguration"];
/// Kept elsewhere than among the settings.
const APART: [&str; 4] = ["PoolName", "UserPoolId", "UserPoolTags", "Schema"];

pub(super) fn create(call: &mut Call<'_>) -> Result<Value, Fault> {
    let mut given = input(call, shapes::CREATE_POOL)?;
    if given.contains_key("AliasAttributes") && given.contains_key("UsernameAttributes") {
        return Err(invalid(
            "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.",
        ));
    }
    let custom_attributes = schema::custom(given.get("Schema"))?;
    let tags = tags::read(given.get("UserPoolTags"))?;
    let settings = settings(&given, false)?;
    let name = text(&given, "PoolName").to_owned();
    let fixed = FIXED
        .iter()
        .filter_map(|name| given.remove(*name).map(|value| ((*name).to_owned(), value)))
        .collect();
    let suffix = call.random_id(ALPHANUMERIC, 9);
    let id = format!("{}_{suffix}", call.region);
    let pool = Pool {
        id: id.clone(),
        name,
        created: call.now,
        modified: call.now,
        settings,
        fixed,
        custom_attributes,
        software_tokens: false,
        tags,
        domain: None,
        resource_servers: std::collections::BTreeMap::new(),
        clients: indexmap::IndexMap::new(),
        users: std::collections::BTreeMap::new(),
        identity_providers: std::collections::BTreeMap::new(),
        key: None,
        sessions: std::collections::BTreeMap::new(),
    };
    let shown = show(call, &pool);
    state(call).pools.insert(id, pool);
    Ok(json!({ "UserPool": shown }))
}

pub(super) fn describe(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::POOL_ONLY)?;
    let pool = state(call).pool(text(&given, "UserPoolId"))?.clone();
    Ok(json!({ "UserPool": show(call, &pool) }))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::LIST_POOLS)?;
    let pools = state(call)
        .pools
        .values()
        .map(|pool| {
            let shown = json!({
                "Id": pool.id,
                "Name": pool.name,
                "LambdaConfig": pool.settings.get("LambdaConfig"),
                "CreationDate": epoch_seconds(pool.created),
                "LastModifiedDate": epoch_seconds(pool.modified),
            });
            (pool.id.clone(), shown)
        })
        .collect();
    paged(pools, &given, ("MaxResults", 60), "NextToken", "UserPools")
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::UPDATE_POOL)?;
    let id = text(&given, "UserPoolId");
    let software_tokens = state(call).pool(id)?.software_tokens;
    let tags = tags::read(given.get("UserPoolTags"))?;
    let settings = settings(&given, software_tokens)?;
    let now = call.now;
    let pool = state(call).pool_mut(id)?;
    if let Some(name) = given.get("PoolName").and_then(Value::as_str) {
        name.clone_into(&mut pool.name);
    }
    pool.settings = settings;
    pool.tags = tags;
    pool.modified = now;
    Ok(json!({}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::POOL_ONLY)?;
    let id = text(&given, "UserPoolId");
    let pool = state(call).pool(id)?;
    if text(&pool.settings, "DeletionProtection") == "ACTIVE" {
        return Err(invalid(
            "The user pool cannot be deleted because deletion protection is activated. \
             Deletion protection must be inactivated first.",
        ));
    }
    if pool.domain.is_some() {
        return Err(invalid(
            "User pool cannot be deleted. It has a domain configured that should be deleted first.",
        ));
    }
    let gone = state(call).pools.shift_remove(id);
    if let Some(key) = gone.and_then(|pool| pool.key) {
        call.blobs.remove(&key.blob);
    }
    Ok(json!({}))
}

pub(super) fn set_mfa(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::SET_MFA)?;
    for other in ["EmailMfaConfiguration", "WebAuthnConfiguration"] {
        if call.input.get(other).is_some() {
            let message = format!("the local AWS does not implement {other}");
            return Err(Fault::new(501, "NotImplemented", message));
        }
    }
    let id = text(&given, "UserPoolId");
    let on = given
        .get("SoftwareTokenMfaConfiguration")
        .and_then(Value::as_object)
        .and_then(|configuration| flag(configuration, "Enabled"))
        .unwrap_or(false);
    let sms = given.get("SmsMfaConfiguration").and_then(|sms| sms.get("SmsConfiguration"));
    let mode = given.get("MfaConfiguration").cloned().unwrap_or_else(|| json!("OFF"));
    if mode != json!("OFF") && !on && sms.is_none() {
        return Err(invalid("Invalid MFA configuration: no factor is configured."));
    }
    let sms = sms.cloned();
    let now = call.now;
    let pool = state(call).pool_mut(id)?;
    pool.software_tokens = on;
    pool.settings.insert("MfaConfiguration".to_owned(), mode);
    if let Some(sms) = sms {
        pool.settings.insert("SmsConfiguration".to_owned(), sms);
    }
    pool.modified = now;
    Ok(mfa(pool))
}

pub(super) fn get_mfa(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::POOL_ONLY)?;
    Ok(mfa(state(call).pool(text(&given, "UserPoolId"))?))
}

fn mfa(pool: &Pool) -> Value {
    let mut shown = Map::new();
    if let Some(sms) = pool.settings.get("SmsConfiguration") {
        shown.insert("SmsMfaConfiguration".to_owned(), json!({ "SmsConfiguration": sms }));
    }
    let tokens = json!({ "Enabled": pool.software_tokens });
    shown.insert("SoftwareTokenMfaConfiguration".to_owned(), tokens);
    let mode = pool.settings.get("MfaConfiguration").cloned().unwrap_or_else(|| json!("OFF"));
    shown.insert("MfaConfiguration".to_owned(), mode);
    Value::Object(shown)
}

/// The settings of a pool: what was given, and the documented default of what was not.
fn settings(
    given: &Map<String, Value>,
    software_tokens: bool,
) -> Result<Map<String, Value>, Fault> {
    let mut settings: Map<String, Value> = given
        .iter()
        .filter(|(name, _)| !APART.contains(&name.as_str()) && !FIXED.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    settings.insert("Policies".to_owned(), policies(given.get("Policies")));
    let mut default = |name: &str, value: Value| {
        settings.entry(name.to_owned()).or_insert(value);
    };
    default("DeletionProtection", json!("INACTIVE"));
    default("LambdaConfig", json!({}));
    default("VerificationMessageTemplate", json!({ "DefaultEmailOption": "CONFIRM_WITH_CODE" }));
    default(
        "UserAttributeUpdateSettings",
        json!({ "AttributesRequireVerificationBeforeUpdate": [] }),
    );
    default("MfaConfiguration", json!("OFF"));
    default("EmailConfiguration", json!({ "EmailSendingAccount": "COGNITO_DEFAULT" }));
    default("AdminCreateUserConfig", json!({}));
    default(
        "AccountRecoverySetting",
        json!({ "RecoveryMechanisms": [
            { "Priority": 1, "Name": "verified_email" },
            { "Priority": 2, "Name": "verified_phone_number" },
        ] }),
    );
    default("UserPoolTier", json!("ESSENTIALS"));
    let days = settings["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"].clone();
    if let Some(admin) = settings.get_mut("AdminCreateUserConfig").and_then(Value::as_object_mut) {
        admin.entry("AllowAdminCreateUserOnly").or_insert(json!(false));
        admin.entry("UnusedAccountValidityDays").or_insert(days);
    }
    if settings["MfaConfiguration"] != json!("OFF")
        && !software_tokens
        && !settings.contains_key("SmsConfiguration")
    {
        return Err(invalid(
            "SMS configuration and Auto verification for phone_number are required when MFA is \
             required/optional",
        ));
    }
    if text(&settings, "UserPoolTier") == "LITE"
        && settings["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"] != json!(["PASSWORD"])
    {
        return Err(Fault::client(
            "FeatureUnavailableInTierException",
            "Choice-based sign-in is not available in the LITE tier.",
        ));
    }
    Ok(settings)
}

/// Rules left out of a policy that is given are off; without any policy the default one is strict.
fn policies(given: Option<&Value>) -> Value {
    let policy = given.and_then(|given| given.get("PasswordPolicy")).and_then(Value::as_object);
    let is_default = policy.is_none();
    let mut policy = policy.cloned().unwrap_or_default();
    policy.entry("MinimumLength").or_insert(json!(8));
    for rule in ["RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols"] {
        policy.entry(rule).or_insert(json!(is_default));
    }
    policy.entry("TemporaryPasswordValidityDays").or_insert(json!(7));
    let sign_in = given.and_then(|given| given.get("SignInPolicy")).cloned();
    let sign_in = sign_in.unwrap_or_else(|| json!({ "AllowedFirstAuthFactors": ["PASSWORD"] }));
    json!({ "PasswordPolicy": policy, "SignInPolicy": sign_in })
}

fn show(call: &Call<'_>, pool: &Pool) -> Value {
    let mut shown = Map::new();
    let mut show = |name: &str, value: Value| {
        shown.insert(name.to_owned(), value);
    };
    show("Id", json!(pool.id));
    show("Name", json!(pool.name));
    show("Arn", json!(call.arn("cognito-idp", &format!("userpool/{}", pool.id))));
    show("CreationDate", epoch_seconds(pool.created));
    show("LastModifiedDate", epoch_seconds(pool.modified));
    show("EstimatedNumberOfUsers", json!(pool.users.len()));
    show("UserPoolTags", json!(pool.tags));
    show("SchemaAttributes", schema::all(&pool.custom_attributes));
    if let Some(domain) = &pool.domain {
        show("Domain", json!(domain.prefix));
    }
    for (name, value) in pool.settings.iter().chain(&pool.fixed) {
        show(name, value.clone());
    }
    Value::Object(shown)
}

pub(super) fn state<'a>(call: &'a mut Call<'_>) -> &'a mut State {
    &mut call.here().cognito
}
