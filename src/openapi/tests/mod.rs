//! Tests of the whole module, by subject.

mod documents;
mod lambda_tools;
mod properties;
mod rule_table;
mod shipped;
mod sliced_parts;
mod slices;
mod variables;

use serde_json::{Value, json};

use super::Description;

/// Returns a description without a problem, for tests to spoil.
fn sound() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Pets", "version": "1" },
        "servers": [{ "url": "https://api.example.com/v1" }],
        "paths": {
            "/pets/{petId}": {
                "parameters": [
                    { "name": "petId", "in": "path", "required": true, "schema": { "type": "string" } }
                ],
                "post": {
                    "operationId": "updatePet",
                    "description": "Changes a pet.",
                    "parameters": [
                        { "name": "dry_run", "in": "query", "schema": { "type": "boolean" } }
                    ],
                    "requestBody": {
                        "content": {
                            "application/json": { "schema": { "$ref": "#/components/schemas/Pet" } }
                        }
                    },
                    "responses": {
                        "200": {
                            "description": "The pet.",
                            "content": {
                                "application/json": {
                                    "schema": { "$ref": "#/components/schemas/Pet" }
                                }
                            }
                        }
                    }
                }
            }
        },
        "components": {
            "schemas": {
                "Pet": {
                    "type": "object",
                    "properties": {
                        "name": { "type": "string" },
                        "tags": { "type": "array", "items": { "type": "string" } }
                    }
                },
                "Unused": { "oneOf": [{ "type": "string" }] }
            }
        }
    })
}

/// Reads a document that is known to be readable.
fn described(document: &Value) -> Description {
    Description::parse(&document.to_string()).expect("the document is readable")
}
