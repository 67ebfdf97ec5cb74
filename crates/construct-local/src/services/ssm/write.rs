//! Putting and deleting parameters.

use serde_json::{Value, json};

use super::{INVALID, Parameter, TYPES, missing, tags};
use crate::service::{Call, Fault, Reply};

/// Bytes of a value in the standard tier.
const STANDARD_BYTES: usize = 4096;
/// Bytes of a value in the advanced tier.
const ADVANCED_BYTES: usize = 8192;

pub(super) fn put(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .required_all(&["Name", "Value"])
        .length("Name", 1, 2048)
        .length("Description", 0, 1024)
        .one_of("Type", TYPES)
        .one_of("Tier", &["Standard", "Advanced", "Intelligent-Tiering"])
        .length("AllowedPattern", 0, 1024)
        .length("DataType", 0, 128)
        .length("KeyId", 1, 256)
        .finish(INVALID)?;
    let input = call.input;
    let name = input.text("Name").unwrap_or_default();
    let value = input.text("Value").unwrap_or_default();
    let overwrite = input.boolean("Overwrite").unwrap_or(false);
    check_name(name)?;
    if overwrite && !input.list("Tags").is_empty() {
        return Err(Fault::client(
            INVALID,
            "Invalid request: tags and overwrite can't be used together. To create a parameter \
             with tags, please remove overwrite flag. To update tags for an existing parameter, \
             please use AddTagsToResource or RemoveTagsFromResource.",
        ));
    }
    let new_tags = tags::given(call)?;
    let now = call.now;
    let known = call.here().ssm.parameters.get(name).cloned();
    if known.is_some() && !overwrite {
        return Err(Fault::client(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in \
             the request to true.",
        ));
    }
    let kind = match (input.text("Type"), &known) {
        (Some(kind), _) => kind.to_owned(),
        (None, Some(known)) => known.kind.clone(),
        (None, None) => {
            return Err(Fault::client(
                INVALID,
                "A parameter type is required when you create a parameter.",
            ));
        }
    };
    let tier = tier(input.text("Tier"), known.as_ref(), value)?;
    check_value(value, &kind)?;
    let pattern = input
        .text("AllowedPattern")
        .map(str::to_owned)
        .or_else(|| known.as_ref().and_then(|known| known.allowed_pattern.clone()));
    if let Some(pattern) = &pattern {
        check_pattern(pattern, value, name)?;
    }
    let key_id =
        (kind == "SecureString").then(|| input.text("KeyId").unwrap_or("alias/aws/ssm").to_owned());
    let known_description = known.as_ref().map(|known| known.description.as_str());
    let parameter = Parameter {
        value: value.to_owned(),
        version: known.as_ref().map_or(1, |known| known.version + 1),
        modified_ms: now,
        description: input.text("Description").or(known_description).unwrap_or_default().to_owned(),
        tier: tier.to_owned(),
        data_type: input.text("DataType").unwrap_or("text").to_owned(),
        key_id,
        allowed_pattern: pattern,
        tags: known.map_or(new_tags, |known| known.tags),
        kind,
    };
    let reply = json!({"Version": parameter.version, "Tier": parameter.tier});
    call.here().ssm.parameters.insert(name.to_owned(), parameter);
    Ok(Reply::json(reply))
}

fn check_name(name: &str) -> Result<(), Fault> {
    if !crate::validate::matches(r"[a-zA-Z0-9_./-]+", name) || name.ends_with('/') {
        return Err(Fault::client(
            INVALID,
            "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a \
             path, it can consist of sub-paths divided by slash symbol; each sub-path can be \
             formed as a mix of letters, numbers and the following 3 symbols .-_",
        ));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(Fault::client(INVALID, "Parameter name must be a fully qualified name."));
    }
    let first = name.trim_start_matches('/').split('/').next().unwrap_or_default().to_lowercase();
    if first.starts_with("aws") || first.starts_with("ssm") {
        return Err(Fault::client(
            INVALID,
            format!(
                "Parameter name: can't be prefixed with \"{}\" (case-insensitive).",
                &first[..3]
            ),
        ));
    }
    if name.matches('/').count() > 15 {
        return Err(Fault::client(
            "HierarchyLevelLimitExceededException",
            "The hierarchy has more than 15 levels.",
        ));
    }
    // The limit counts the whole ARN; 1011 characters are left for the name.
    if name.len() > 1011 {
        return Err(Fault::client(
            INVALID,
            "Parameter name must not be longer than 1011 characters.",
        ));
    }
    Ok(())
}

fn check_value(value: &str, kind: &str) -> Result<(), Fault> {
    if value.is_empty() {
        return Err(Fault::client(
            INVALID,
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: \
             Member must have length greater than or equal to 1.",
        ));
    }
    if kind == "StringList" && value.split(',').any(str::is_empty) {
        return Err(Fault::client(INVALID, "A StringList must not have empty items."));
    }
    if value.contains("{{") {
        return Err(Fault::client(
            INVALID,
            "Parameter value can't nest another parameter. Do not use \"{{}}\" in the value.",
        ));
    }
    Ok(())
}

fn check_pattern(pattern: &str, value: &str, name: &str) -> Result<(), Fault> {
    let regex = regex::Regex::new(pattern).map_err(|_invalid| {
        Fault::client("InvalidAllowedPatternException", "The allowed pattern is not valid.")
    })?;
    if regex.is_match(value) {
        return Ok(());
    }
    Err(Fault::client(
        "ParameterPatternMismatchException",
        format!("Parameter value for {name} must match the allowed pattern {pattern}."),
    ))
}

fn tier(
    wanted: Option<&str>,
    known: Option<&Parameter>,
    value: &str,
) -> Result<&'static str, Fault> {
    let was_advanced = known.is_some_and(|known| known.tier == "Advanced");
    let tier = match wanted {
        Some("Advanced") => "Advanced",
        Some("Intelligent-Tiering") if value.len() > STANDARD_BYTES || was_advanced => "Advanced",
        Some("Standard") if was_advanced => {
            return Err(Fault::client(
                INVALID,
                "This parameter uses the advanced-parameter tier. You can't downgrade a parameter \
                 from the advanced-parameter tier to the standard-parameter tier.",
            ));
        }
        None if was_advanced => "Advanced",
        _ => "Standard",
    };
    let limit = if tier == "Advanced" { ADVANCED_BYTES } else { STANDARD_BYTES };
    if value.len() > limit {
        return Err(Fault::client(
            INVALID,
            format!(
                "{tier} tier parameters support a maximum parameter value of {limit} characters."
            ),
        ));
    }
    Ok(tier)
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("Name").length("Name", 1, 2048).finish(INVALID)?;
    let name = call.input.text("Name").unwrap_or_default();
    call.here().ssm.parameters.remove(name).ok_or_else(|| missing(""))?;
    Ok(Reply::empty(200))
}

pub(super) fn delete_all(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("Names").length("Names", 1, 10).finish(INVALID)?;
    let names = call.input.texts("Names");
    let parameters = &mut call.here().ssm.parameters;
    let (deleted, invalid): (Vec<&str>, Vec<&str>) =
        names.into_iter().partition(|name| parameters.remove(*name).is_some());
    Ok(Reply::json(json!({
        "DeletedParameters": deleted,
        "InvalidParameters": Value::from(invalid),
    })))
}
