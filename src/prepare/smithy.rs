//! A Smithy model, as its JSON syntax tree: what a target's tools are made of.
//!
//! <https://smithy.io/2.0/spec/json-ast.html>

use serde_json::Value;

/// Reads a model and says what is wrong with it; gives the model and how many operations it has.
///
/// # Errors
/// What is wrong, and what to write instead.
pub(super) fn read(text: &str) -> Result<(Value, usize), (String, &'static str)> {
    let model: Value = serde_json::from_str(text).map_err(|error| {
        (
            format!("not JSON: {error}"),
            "build the model with `smithy ast`, which prints its JSON syntax tree",
        )
    })?;
    if !model.get("smithy").is_some_and(Value::is_string) {
        return Err((
            "there is no `smithy` version".to_owned(),
            "name the JSON syntax tree of a model: it begins with { \"smithy\": \"2.0\" }",
        ));
    }
    let shapes = model.get("shapes").and_then(Value::as_object);
    let of = |kind: &str| {
        let shapes = shapes.into_iter().flatten();
        shapes.filter(|(_, shape)| shape.get("type").and_then(Value::as_str) == Some(kind)).count()
    };
    if of("service") == 0 {
        return Err((
            "no shape is a service".to_owned(),
            "name the model of one service, with its service shape",
        ));
    }
    let operations = of("operation");
    Ok((model, operations))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_a_version_and_a_service() {
        let model = r#"{ "smithy": "2.0", "shapes": {
            "a#S": { "type": "service", "version": "1" }, "a#O": { "type": "operation" } } }"#;
        assert_eq!(read(model).unwrap().1, 1);
        for (text, wrong) in [
            ("namespace a", "not JSON"),
            ("{}", "`smithy` version"),
            (r#"{ "smithy": "2.0" }"#, "is a service"),
            (
                r#"{ "smithy": "2.0", "shapes": { "a#O": { "type": "operation" } } }"#,
                "is a service",
            ),
        ] {
            let (message, help) = read(text).unwrap_err();
            assert!(message.contains(wrong) && !help.is_empty(), "{message}");
        }
    }
}
