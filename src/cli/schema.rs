//! `construct schema`: the JSON Schema of a document.

use super::{ExitCode, Failure, SchemaArguments, SchemaName};
use crate::ui::Ui;
use crate::{manifest, outputs};

/// Runs the command.
///
/// # Errors
/// None; the signature is that of every command.
pub fn run(arguments: &SchemaArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let schema = match arguments.name {
        SchemaName::Manifest => manifest::schema(),
        SchemaName::Config => outputs::config::schema(),
        SchemaName::Mcp => outputs::mcp::schema(),
    };
    ui.out(&serde_json::to_string_pretty(&schema).expect("a schema is JSON"));
    Ok(ExitCode::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_document_has_a_schema_of_the_same_draft() {
        for (name, title) in [
            (SchemaName::Manifest, "construct.toml"),
            (SchemaName::Config, "config.json"),
            (SchemaName::Mcp, "mcp.json"),
        ] {
            let (ui, captured) = Ui::captured();
            run(&SchemaArguments { name }, &ui).unwrap();
            let schema: Value = serde_json::from_str(&captured.out()).unwrap();
            assert_eq!(schema["title"], title);
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        }
    }
}
