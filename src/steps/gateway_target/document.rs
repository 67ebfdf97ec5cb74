//! The document that a target's tools were made of, as the service gives it back.

use aws_sdk_bedrockagentcorecontrol::types::{
    ApiSchemaConfiguration, McpTargetConfiguration, McpToolSchemaConfiguration,
    TargetConfiguration, ToolSchema,
};

use super::Live;
use super::payload::tool_schema;

/// Where the document of a target is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// In the answer: its JSON.
    Inline(String),
    /// In a bucket, at this URI.
    InBucket(String),
    /// Nowhere: the service or a server knows the tools.
    Nowhere,
}

impl Live {
    /// The document that its tools were made of.
    pub fn document(&self) -> Document {
        let Some(TargetConfiguration::Mcp(configuration)) = &self.configuration else {
            return Document::Nowhere;
        };
        match configuration {
            McpTargetConfiguration::OpenApiSchema(schema)
            | McpTargetConfiguration::SmithyModel(schema) => match schema {
                ApiSchemaConfiguration::InlinePayload(text) => Document::Inline(text.clone()),
                ApiSchemaConfiguration::S3(place) => in_bucket(place.uri()),
                _ => Document::Nowhere,
            },
            McpTargetConfiguration::Lambda(target) => match &target.tool_schema {
                Some(ToolSchema::InlinePayload(tools)) => {
                    Document::Inline(tool_schema::from_definitions(tools).to_string())
                }
                Some(ToolSchema::S3(place)) => in_bucket(place.uri()),
                _ => Document::Nowhere,
            },
            McpTargetConfiguration::McpServer(target) => match &target.mcp_tool_schema {
                Some(McpToolSchemaConfiguration::InlinePayload(text)) => {
                    Document::Inline(text.clone())
                }
                Some(McpToolSchemaConfiguration::S3(place)) => in_bucket(place.uri()),
                _ => Document::Nowhere,
            },
            _ => Document::Nowhere,
        }
    }
}

fn in_bucket(uri: Option<&str>) -> Document {
    uri.map_or(Document::Nowhere, |uri| Document::InBucket(uri.to_owned()))
}
