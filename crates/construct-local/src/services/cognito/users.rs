//! Users, as an administrator handles them.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::passwords::{self, StoredPassword};
use super::pools::state;
use super::state::{Pool, User};
use super::{flag, input, invalid, paged, schema, shapes, text, texts};
use crate::service::{Call, Fault};
use crate::time::epoch_seconds;

/// Attributes `ListUsers` can search by.
const SEARCHABLE: [&str; 11] = [
    "cognito:user_status",
    "email",
    "family_name",
    "given_name",
    "name",
    "phone_number",
    "preferred_username",
    "status",
    "sub",
    "username",
    "created_at",
];

pub(super) fn create(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::CREATE_USER)?;
    let (id, name) = (text(&given, "UserPoolId"), text(&given, "Username"));
    let pool = state(call).pool(id)?;
    if text(&given, "MessageAction") == "RESEND" {
        return resend(pool, name);
    }
    if pool.find_user(name).is_some() {
        return Err(Fault::client("UsernameExistsException", "User account already exists"));
    }
    let mut attributes = attributes(pool, &given)?;
    let signs_in_with = pool.fixed.get("UsernameAttributes").and_then(Value::as_array).cloned();
    let signs_in_with = signs_in_with.unwrap_or_default();
    if !signs_in_with.is_empty() {
        let kind = if name.contains('@') { "email" } else { "phone_number" };
        if !signs_in_with.contains(&json!(kind)) {
            return Err(invalid(if kind == "email" {
                "Username should be a phone number."
            } else {
                "Username should be an email."
            }));
        }
        attributes.insert(kind.to_owned(), name.to_owned());
    }
    if let Some(missing) =
        schema::required(&pool.custom_attributes).find(|name| !attributes.contains_key(*name))
    {
        return Err(invalid(format!(
            "Attributes did not conform to the schema: {missing}: The attribute is required"
        )));
    }
    let policy = policy(pool);
    let password = match given.get("TemporaryPassword").and_then(Value::as_str) {
        Some(password) => {
            passwords::check(password, &policy)?;
            password.to_owned()
        }
        None => passwords::generate(&policy, call.random),
    };
    let sub = call.uuid();
    attributes.insert_before(0, "sub".to_owned(), sub.clone());
    let user = User {
        created: call.now,
        modified: call.now,
        status: "FORCE_CHANGE_PASSWORD".to_owned(),
        enabled: true,
        attributes,
        password: StoredPassword::new(&password, call.random),
        password_set: call.now,
        software_token: None,
        earlier_passwords: Vec::new(),
    };
    let key = if signs_in_with.is_empty() { name.to_owned() } else { sub };
    let shown = show(&key, &user, "Attributes", None);
    state(call).pool_mut(id)?.users.insert(key, user);
    Ok(json!({ "User": shown }))
}

fn resend(pool: &Pool, name: &str) -> Result<Value, Fault> {
    let (key, user) = found(pool, name)?;
    if user.status != "FORCE_CHANGE_PASSWORD" {
        return Err(Fault::client(
            "UnsupportedUserStateException",
            "Resend not possible. User has already been confirmed.",
        ));
    }
    Ok(json!({ "User": show(key, user, "Attributes", None) }))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::ONE_USER)?;
    let pool = state(call).pool(text(&given, "UserPoolId"))?;
    let (key, user) = found(pool, text(&given, "Username"))?;
    let mut shown = show(key, user, "UserAttributes", None);
    if let Some(token) = user.software_token.as_ref().filter(|token| token.enabled) {
        shown["UserMFASettingList"] = json!(["SOFTWARE_TOKEN_MFA"]);
        if token.preferred {
            shown["PreferredMfaSetting"] = json!("SOFTWARE_TOKEN_MFA");
        }
    }
    Ok(shown)
}

pub(super) fn set_password(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::SET_PASSWORD)?;
    let password = text(&given, "Password");
    let pool = state(call).pool(text(&given, "UserPoolId"))?;
    let (_, user) = found(pool, text(&given, "Username"))?;
    passwords::check_next(password, user, &policy(pool))?;
    let stored = StoredPassword::new(password, call.random);
    let now = call.now;
    let user = found_mut(call, &given)?;
    let is_permanent = flag(&given, "Permanent").unwrap_or(false);
    let status = if is_permanent { "CONFIRMED" } else { "FORCE_CHANGE_PASSWORD" };
    user.set_password(stored, status, now);
    Ok(json!({}))
}

pub(super) fn update_attributes(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::UPDATE_USER)?;
    let pool = state(call).pool(text(&given, "UserPoolId"))?;
    found(pool, text(&given, "Username"))?;
    let new = attributes(pool, &given)?;
    let now = call.now;
    let user = found_mut(call, &given)?;
    for (name, value) in new {
        if value.is_empty() {
            user.attributes.shift_remove(&name);
        } else {
            user.attributes.insert(name, value);
        }
    }
    user.modified = now;
    Ok(json!({}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::ONE_USER)?;
    let pool = state(call).pool_mut(text(&given, "UserPoolId"))?;
    let key = found(pool, text(&given, "Username"))?.0.to_owned();
    pool.users.remove(&key);
    Ok(json!({}))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::LIST_USERS)?;
    let filter = Filter::parse(text(&given, "Filter"))?;
    let wanted = given.contains_key("AttributesToGet").then(|| texts(&given, "AttributesToGet"));
    let pool = state(call).pool(text(&given, "UserPoolId"))?;
    let users = pool
        .users
        .iter()
        .filter(|(key, user)| filter.as_ref().is_none_or(|filter| filter.fits(key, user)))
        .map(|(key, user)| (key.clone(), show(key, user, "Attributes", wanted.as_deref())))
        .collect();
    paged(users, &given, ("Limit", 60), "PaginationToken", "Users")
}

/// `attribute = "value"` or `attribute ^= "start"`.
struct Filter {
    attribute: String,
    is_prefix: bool,
    value: String,
}

impl Filter {
    fn parse(text: &str) -> Result<Option<Self>, Fault> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let malformed = || invalid("Error while parsing filter expression.");
        let (left, right) = text.split_once('=').ok_or_else(malformed)?;
        let (attribute, is_prefix) = match left.trim().strip_suffix('^') {
            Some(attribute) => (attribute.trim(), true),
            None => (left.trim(), false),
        };
        let value = right
            .trim()
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .ok_or_else(malformed)?;
        let attribute = attribute.trim_matches('"');
        if !SEARCHABLE.contains(&attribute) {
            return Err(invalid(format!("The attribute {attribute} is not searchable.")));
        }
        Ok(Some(Self {
            attribute: attribute.to_owned(),
            is_prefix,
            value: value.replace("\\\"", "\""),
        }))
    }

    fn fits(&self, key: &str, user: &User) -> bool {
        let enabled = if user.enabled { "Enabled" } else { "Disabled" };
        let value = match self.attribute.as_str() {
            "username" => key,
            "cognito:user_status" => &user.status,
            "status" => enabled,
            name => user.attributes.get(name).map_or("", String::as_str),
        };
        if self.is_prefix { value.starts_with(&self.value) } else { value == self.value }
    }
}

fn attributes(pool: &Pool, given: &Map<String, Value>) -> Result<IndexMap<String, String>, Fault> {
    let mut attributes = IndexMap::new();
    for attribute in given.get("UserAttributes").and_then(Value::as_array).into_iter().flatten() {
        let name = attribute["Name"].as_str().unwrap_or_default();
        let value = attribute["Value"].as_str().unwrap_or_default();
        if name == "sub" {
            return Err(invalid("Cannot modify an already provided sub attribute."));
        }
        if !schema::knows(&pool.custom_attributes, name) {
            return Err(invalid(format!(
                "Attributes did not conform to the schema: Type for attribute {{{name}}} could \
                 not be determined"
            )));
        }
        if name == "email" && !value.is_empty() && !value.contains('@') {
            return Err(invalid("Invalid email address format."));
        }
        attributes.insert(name.to_owned(), value.to_owned());
    }
    Ok(attributes)
}

pub(super) fn policy(pool: &Pool) -> Map<String, Value> {
    pool.settings
        .get("Policies")
        .and_then(|policies| policies["PasswordPolicy"].as_object())
        .cloned()
        .unwrap_or_default()
}

pub(super) fn found<'a>(pool: &'a Pool, name: &str) -> Result<(&'a str, &'a User), Fault> {
    let missing = || Fault::client("UserNotFoundException", "User does not exist.");
    let key = pool.find_user(name).ok_or_else(missing)?;
    Ok((key, pool.users.get(key).ok_or_else(missing)?))
}

pub(super) fn found_mut<'a>(
    call: &'a mut Call<'_>,
    given: &Map<String, Value>,
) -> Result<&'a mut User, Fault> {
    let pool = state(call).pool_mut(text(given, "UserPoolId"))?;
    let key = found(pool, text(given, "Username"))?.0.to_owned();
    pool.users
        .get_mut(&key)
        .ok_or_else(|| Fault::client("UserNotFoundException", "User does not exist."))
}

fn show(key: &str, user: &User, attributes: &str, wanted: Option<&[&str]>) -> Value {
    let shown: Vec<Value> = user
        .attributes
        .iter()
        .filter(|(name, _)| wanted.is_none_or(|wanted| wanted.contains(&name.as_str())))
        .map(|(name, value)| json!({ "Name": name, "Value": value }))
        .collect();
    json!({
        "Username": key,
        attributes: shown,
        "UserCreateDate": epoch_seconds(user.created),
        "UserLastModifiedDate": epoch_seconds(user.modified),
        "Enabled": user.enabled,
        "UserStatus": user.status,
    })
}
