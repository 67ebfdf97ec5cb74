//! What a target's configuration must be beyond the request grammar, kind by kind.

use serde_json::Value;

use super::faults::invalid;
use super::target_kind::TargetKind;
use super::{openapi_rules, tool_rules};
use crate::addresses::server_authority;
use crate::service::Fault;

const FIELD: &str = "targetConfiguration";

/// Headers a target may neither receive nor send by `metadataConfiguration`: what carries
/// credentials, what belongs to one hop, and what the gateway sets itself.
const RESERVED_HEADERS: [&str; 20] = [
    "authorization",
    "connection",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "www-authenticate",
    "x-api-key",
];
const RESERVED_PREFIXES: [&str; 4] = ["access-control-", "content-", "x-forwarded-", "x-amzn-"];
const RUNTIME_HEADERS: &str = "x-amzn-bedrock-agentcore-runtime-custom-";

/// Checks the part of the configuration that belongs to `kind`.
///
/// # Errors
/// `ValidationException` with the first rule it breaks.
pub(super) fn check(kind: TargetKind, part: &Value, target_name: &str) -> Result<(), Fault> {
    let result = match kind {
        TargetKind::OpenApi => schema(part, &|inline| openapi_rules::check(inline, target_name)),
        TargetKind::Smithy => schema(part, &smithy),
        TargetKind::Lambda => match part.get("toolSchema").and_then(|s| s.get("inlinePayload")) {
            Some(tools) => tool_rules::check_lambda_tools(tools, target_name),
            None => schema(&part["toolSchema"], &|_| Ok(())),
        },
        TargetKind::McpServer => match part.get("mcpToolSchema").filter(|s| !s.is_null()) {
            Some(tools) => schema(tools, &|text| tool_rules::check_mcp_tools(text, target_name)),
            None => Ok(()),
        }
        .and_then(|()| endpoint(part)),
        TargetKind::ApiGateway => api_gateway(part),
        TargetKind::Passthrough | TargetKind::InferenceProvider => endpoint(part),
        TargetKind::Connector
        | TargetKind::Runtime
        | TargetKind::HttpConnector
        | TargetKind::InferenceConnector => Ok(()),
    };
    result.map_err(|message| invalid(FIELD, message))
}

/// Checks `metadataConfiguration`.
///
/// # Errors
/// `ValidationException` for a header that may not be passed on.
pub(super) fn check_metadata(metadata: Option<&Value>, sessions: bool) -> Result<(), Fault> {
    let Some(metadata) = metadata else { return Ok(()) };
    for member in ["allowedRequestHeaders", "allowedResponseHeaders"] {
        let headers = metadata.get(member).and_then(Value::as_array);
        for header in headers.into_iter().flatten().filter_map(Value::as_str) {
            let name = header.to_ascii_lowercase();
            let reserved = RESERVED_HEADERS.contains(&name.as_str())
                || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            if reserved && !name.starts_with(RUNTIME_HEADERS) {
                let message = format!("The header '{header}' cannot be passed on");
                return Err(invalid(&format!("metadataConfiguration.{member}"), message));
            }
            if sessions && name == "mcp-session-id" {
                let message = "Mcp-Session-Id cannot be passed on while gateway sessions are on";
                return Err(invalid(&format!("metadataConfiguration.{member}"), message));
            }
        }
    }
    Ok(())
}

/// A schema is an object in S3, whose form the grammar has checked, or a text to look into.
fn schema(union: &Value, inline: &dyn Fn(&str) -> Result<(), String>) -> Result<(), String> {
    if let Some(text) = union.get("inlinePayload").and_then(Value::as_str) {
        return inline(text);
    }
    match union.get("s3").and_then(|s3| s3.get("uri")) {
        Some(_) => Ok(()),
        None => Err("The schema's S3 location has no uri".to_owned()),
    }
}

fn smithy(text: &str) -> Result<(), String> {
    if text.len() > openapi_rules::INLINE_SCHEMA_BYTES {
        return Err("The inline schema is larger than 1 MB".to_owned());
    }
    match serde_json::from_str::<Value>(text) {
        Ok(model) if model.get("smithy").is_some() => Ok(()),
        _ => Err("The Smithy model is not a JSON syntax tree".to_owned()),
    }
}

fn endpoint(part: &Value) -> Result<(), String> {
    let url = part.get("endpoint").and_then(Value::as_str).unwrap_or_default();
    let host = server_authority(url).unwrap_or_default();
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
    if host.is_empty() || !host.chars().all(letters) || url.contains(char::is_whitespace) {
        return Err(format!("The endpoint '{url}' is not a valid https URL"));
    }
    Ok(())
}

fn api_gateway(part: &Value) -> Result<(), String> {
    let configuration = &part["apiGatewayToolConfiguration"];
    let filters = configuration.get("toolFilters").and_then(Value::as_array);
    if filters.is_none_or(Vec::is_empty) {
        return Err("At least one tool filter is needed".to_owned());
    }
    let overrides = configuration.get("toolOverrides").and_then(Value::as_array);
    let paths = filters
        .into_iter()
        .flatten()
        .filter_map(|filter| filter.get("filterPath"))
        .chain(overrides.into_iter().flatten().filter_map(|tool| tool.get("path")));
    for path in paths.filter_map(Value::as_str) {
        if path.contains("{proxy+}") {
            return Err(format!("The path '{path}' is a proxy resource, which is not supported"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(kind: TargetKind, part: &Value) -> String {
        check(kind, part, "t").unwrap_err().message
    }

    #[test]
    fn a_schema_in_s3_is_taken_as_it_is() {
        let part = json!({"s3": {"uri": "s3://bucket/key"}});
        assert!(check(TargetKind::OpenApi, &part, "t").is_ok());
        assert!(refusal(TargetKind::OpenApi, &json!({"s3": {}})).contains("no uri"));
        let lambda = json!({"toolSchema": {"s3": {"uri": "s3://bucket/key"}}});
        assert!(check(TargetKind::Lambda, &lambda, "t").is_ok());
    }

    #[test]
    fn inline_schemas_are_looked_into() {
        assert!(refusal(TargetKind::OpenApi, &json!({"inlinePayload": "{}"})).contains("version"));
        assert!(refusal(TargetKind::Smithy, &json!({"inlinePayload": "{}"})).contains("Smithy"));
        let tools = json!([{"name": "a"}, {"name": "a"}]);
        let lambda = json!({"toolSchema": {"inlinePayload": tools}});
        assert!(refusal(TargetKind::Lambda, &lambda).contains("more than once"));
        let server = json!({"endpoint": "https://x", "mcpToolSchema": {"inlinePayload": "?"}});
        assert!(refusal(TargetKind::McpServer, &server).contains("not valid JSON"));
    }

    #[test]
    fn an_endpoint_is_a_complete_https_url() {
        for bad in ["https://", "https://{host}/mcp", "https://a b/mcp"] {
            let part = json!({"endpoint": bad});
            assert!(refusal(TargetKind::McpServer, &part).contains("https URL"), "{bad}");
        }
        assert!(
            check(TargetKind::McpServer, &json!({"endpoint": "https://h:8443/mcp"}), "t").is_ok()
        );
    }

    #[test]
    fn a_proxy_resource_cannot_become_a_tool() {
        let part = |path: &str| {
            json!({"apiGatewayToolConfiguration": {"toolFilters": [
                {"filterPath": path, "methods": ["GET"]}]}})
        };
        assert!(check(TargetKind::ApiGateway, &part("/pets"), "t").is_ok());
        assert!(refusal(TargetKind::ApiGateway, &part("/{proxy+}")).contains("proxy"));
        let none = json!({"apiGatewayToolConfiguration": {"toolFilters": []}});
        assert!(refusal(TargetKind::ApiGateway, &none).contains("filter"));
    }

    #[test]
    fn credentials_and_hop_headers_are_not_passed_on() {
        for header in ["Authorization", "Content-Type", "X-Forwarded-For", "X-Amzn-Trace-Id"] {
            let metadata = json!({"allowedRequestHeaders": [header]});
            assert!(check_metadata(Some(&metadata), false).is_err(), "{header}");
        }
        let good = json!({"allowedResponseHeaders": [
            "X-Request-Id", "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Tenant", "Mcp-Session-Id"]});
        assert!(check_metadata(Some(&good), false).is_ok());
        assert!(check_metadata(Some(&good), true).is_err());
    }
}
