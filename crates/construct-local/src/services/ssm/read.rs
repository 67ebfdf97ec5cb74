//! Reading parameters: by name, by path, and their descriptions.

use serde_json::{Value, json};

use super::{INVALID, Parameter, arn, missing};
use crate::page::{Page, page};
use crate::service::{Call, Fault, Reply};
use crate::time::epoch_seconds;

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("Name").length("Name", 1, 2048).finish(INVALID)?;
    let name = call.input.text("Name").unwrap_or_default();
    let decrypted = call.input.boolean("WithDecryption").unwrap_or(false);
    let region = call.region;
    let (name, parameter) = find(call, name)?;
    Ok(Reply::json(json!({ "Parameter": shown(region, &name, parameter, decrypted) })))
}

pub(super) fn get_all(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("Names").length("Names", 1, 10).finish(INVALID)?;
    let decrypted = call.input.boolean("WithDecryption").unwrap_or(false);
    let region = call.region;
    let mut found = Vec::new();
    let mut invalid = Vec::new();
    for name in call.input.texts("Names") {
        match find(call, name) {
            Ok((name, parameter)) => found.push(shown(region, &name, parameter, decrypted)),
            Err(_) => invalid.push(name.to_owned()),
        }
    }
    Ok(Reply::json(json!({ "Parameters": found, "InvalidParameters": invalid })))
}

pub(super) fn by_path(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .required("Path")
        .length("Path", 1, 2048)
        .range("MaxResults", 1, 10)
        .finish(INVALID)?;
    let input = call.input;
    let path = input.text("Path").unwrap_or_default();
    if !path.starts_with('/') {
        return Err(Fault::client(
            INVALID,
            "The parameter path must begin with a slash \"/\". It can't be prefixed with \"aws\" \
             or \"ssm\".",
        ));
    }
    no_filters(call)?;
    let recursive = input.boolean("Recursive").unwrap_or(false);
    let decrypted = input.boolean("WithDecryption").unwrap_or(false);
    let start = format!("{}/", path.trim_end_matches('/'));
    let region = call.region;
    let under =
        |name: &str| name.strip_prefix(&start).is_some_and(|rest| recursive || !rest.contains('/'));
    let page = listing(call, 10, |name, _| under(name))?;
    let list: Vec<Value> = page
        .items
        .iter()
        .map(|(name, parameter)| shown(region, name, parameter, decrypted))
        .collect();
    Ok(Reply::json(with_token(json!({ "Parameters": list }), page.next)))
}

pub(super) fn describe(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().range("MaxResults", 1, 50).finish(INVALID)?;
    if call.input.get("Filters").is_some() {
        return Err(Fault::new(
            501,
            "NotImplemented",
            "the local AWS does not implement Filters of DescribeParameters; use ParameterFilters",
        ));
    }
    let mut filters = Vec::new();
    for filter in call.input.list("ParameterFilters") {
        filters.push(Filter::read(filter)?);
    }
    let region = call.region;
    let page = listing(call, 50, |name, parameter| {
        filters.iter().all(|filter| filter.matches(name, parameter))
    })?;
    let list: Vec<Value> = page
        .items
        .iter()
        .map(|(name, parameter)| {
            let mut shown = json!({
                "Name": name,
                "ARN": arn(region, name),
                "Type": parameter.kind,
                "LastModifiedDate": epoch_seconds(parameter.modified_ms),
                "LastModifiedUser": format!("arn:aws:iam::{}:user/local", crate::ACCOUNT_ID),
                "Version": parameter.version,
                "Tier": parameter.tier,
                "Policies": [],
                "DataType": parameter.data_type,
            });
            if !parameter.description.is_empty() {
                shown["Description"] = Value::from(parameter.description.clone());
            }
            if let Some(key_id) = &parameter.key_id {
                shown["KeyId"] = Value::from(key_id.clone());
            }
            if let Some(pattern) = &parameter.allowed_pattern {
                shown["AllowedPattern"] = Value::from(pattern.clone());
            }
            shown
        })
        .collect();
    Ok(Reply::json(with_token(json!({ "Parameters": list }), page.next)))
}

/// One of `ParameterFilters`.
struct Filter {
    key: String,
    option: String,
    values: Vec<String>,
}

impl Filter {
    fn read(filter: &Value) -> Result<Self, Fault> {
        let key = filter["Key"].as_str().unwrap_or_default().to_owned();
        let option = filter["Option"].as_str();
        let known =
            matches!(key.as_str(), "Name" | "Path" | "Type" | "Tier") || key.starts_with("tag:");
        if !known {
            return Err(Fault::client(
                "InvalidFilterKey",
                format!("The filter key {key} is not valid."),
            ));
        }
        let allowed: &[&str] = match key.as_str() {
            "Name" => &["Equals", "BeginsWith", "Contains"],
            "Path" => &["Recursive", "OneLevel"],
            _ => &["Equals"],
        };
        let option = option.unwrap_or(if key == "Path" { "OneLevel" } else { "Equals" });
        if !allowed.contains(&option) {
            return Err(Fault::client(
                "InvalidFilterOption",
                format!("The filter option {option} is not valid for {key}."),
            ));
        }
        let values = filter["Values"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect();
        Ok(Self { key, option: option.to_owned(), values })
    }

    fn matches(&self, name: &str, parameter: &Parameter) -> bool {
        // A tag filter without values asks for the key alone.
        if let Some(key) = self.key.strip_prefix("tag:") {
            return parameter
                .tags
                .get(key)
                .is_some_and(|value| self.values.is_empty() || self.values.contains(value));
        }
        self.values.iter().any(|wanted| match (self.key.as_str(), self.option.as_str()) {
            ("Name", "BeginsWith") => name.starts_with(wanted),
            ("Name", "Contains") => name.contains(wanted),
            ("Name", _) => name == wanted,
            ("Path", option) => name
                .strip_prefix(&format!("{}/", wanted.trim_end_matches('/')))
                .is_some_and(|rest| option == "Recursive" || !rest.contains('/')),
            ("Type", _) => parameter.kind == *wanted,
            _ => parameter.tier == *wanted,
        })
    }
}

fn no_filters(call: &Call<'_>) -> Result<(), Fault> {
    if call.input.list("ParameterFilters").is_empty() {
        return Ok(());
    }
    Err(Fault::new(
        501,
        "NotImplemented",
        "the local AWS does not implement ParameterFilters of GetParametersByPath",
    ))
}

fn listing(
    call: &mut Call<'_>,
    default_size: usize,
    wanted: impl Fn(&str, &Parameter) -> bool,
) -> Result<Page<(String, Parameter)>, Fault> {
    let size = call.input.integer("MaxResults").and_then(|size| usize::try_from(size).ok());
    let token = call.input.text("NextToken");
    let found: Vec<(String, Parameter)> = call
        .here()
        .ssm
        .parameters
        .iter()
        .filter(|(name, parameter)| wanted(name, parameter))
        .map(|(name, parameter)| (name.clone(), parameter.clone()))
        .collect();
    page(found, |(name, _)| name.clone(), token, size.unwrap_or(default_size))
        .map_err(|_unknown| Fault::client("InvalidNextToken", "The specified token isn't valid."))
}

fn with_token(mut reply: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        reply["NextToken"] = Value::from(next);
    }
    reply
}

/// A parameter by name, by ARN, or by `name:version` when that is the newest version.
fn find<'a>(call: &'a mut Call<'_>, given: &str) -> Result<(String, &'a Parameter), Fault> {
    let start = arn(call.region, "/");
    let parameters = &call.here().ssm.parameters;
    let name = match given.strip_prefix(&start) {
        Some(rest) if parameters.contains_key(&format!("/{rest}")) => format!("/{rest}"),
        Some(rest) => rest.to_owned(),
        None => given.to_owned(),
    };
    let (name, version) = match name.rsplit_once(':') {
        Some((name, version)) => (name.to_owned(), version.parse::<i64>().ok()),
        None => (name, None),
    };
    let parameter = parameters.get(&name).ok_or_else(|| missing(""))?;
    if version.is_some_and(|version| version != parameter.version) {
        return Err(Fault::client(
            "ParameterVersionNotFound",
            "Systems Manager could not find the version of the parameter.",
        ));
    }
    Ok((name, parameter))
}

fn shown(region: &str, name: &str, parameter: &Parameter, decrypted: bool) -> Value {
    // What is not decrypted is a ciphertext to the caller.
    let value = if parameter.kind == "SecureString" && !decrypted {
        format!("local-ciphertext-of-version-{}", parameter.version)
    } else {
        parameter.value.clone()
    };
    json!({
        "Name": name,
        "Type": parameter.kind,
        "Value": value,
        "Version": parameter.version,
        "LastModifiedDate": epoch_seconds(parameter.modified_ms),
        "ARN": arn(region, name),
        "DataType": parameter.data_type,
    })
}
