//! What stands behind the tools of descriptions and of functions.

use bytes::Bytes;
use http::uri::Authority;
use http::{Request, Response};
use serde_json::{Value, json};

use super::call::{ToolCall, authorized, failed, succeeded};
use super::credentials::Credential;
use super::tools::{SEPARATOR, schema};
use super::{Site, arguments};
use crate::addresses::{host_name, is_loopback};
use crate::openapi::Description;
use crate::outbound;
use crate::services::lambda::{self, Invocation, Runtimes};
use crate::vendor;

/// Calls an operation of a description: at its server, or at the built-in upstream.
pub(super) async fn operation(call: &ToolCall<'_>, credential: &Credential) -> Value {
    let description = schema(call.site, call.part).as_deref().and_then(Description::read);
    let Some(description) = description else {
        return failed("The target's description cannot be read.");
    };
    let Some(operation) = description.operation(call.tool) else {
        return failed("The description has no such operation.");
    };
    let request = arguments::request(&operation, description.server(), call.arguments)
        .and_then(|request| authorized(request, credential));
    let request = match request {
        Ok(request) => request,
        Err(sentence) => return failed(&sentence),
    };
    let response = if is_built_in(call.site, &request, credential) {
        vendor::upstream(&call.site.local, &operation, &request)
    } else {
        match outbound::send(&call.site.local, request).await {
            Ok(response) => response,
            Err(error) => return failed(&format!("The upstream cannot be called: {error}")),
        }
    };
    answered(&response)
}

/// Whether the built-in upstream answers: in place of servers elsewhere, unless requests may leave
/// this machine with a credential of a real vendor.
fn is_built_in(site: &Site, request: &Request<Bytes>, credential: &Credential) -> bool {
    let host = host_name(request.uri().authority().map(Authority::as_str).unwrap_or_default());
    !is_loopback(&host)
        && (credential.is_played() || !outbound::may_call(&site.local, request.uri()))
}

fn answered(response: &Response<Bytes>) -> Value {
    let body = String::from_utf8_lossy(response.body());
    if response.status().is_success() {
        return succeeded(&body);
    }
    failed(&format!("The upstream answered {}: {body}", response.status()))
}

/// Invokes the function of a Lambda target: the arguments are the event, the client context says
/// which tool is called (names as the developer guide gives them).
pub(super) async fn function(call: &ToolCall<'_>) -> Value {
    let local = &call.site.local;
    let arn = call.part["lambdaArn"].as_str().unwrap_or_default();
    let invocation = match prepared(call, arn) {
        Ok(invocation) => invocation,
        Err(sentence) => return failed(&sentence),
    };
    let runtimes = local.attachment::<Runtimes>();
    match runtimes.invoke(local, invocation).await {
        Ok(outcome) if outcome.function_error.is_none() => {
            succeeded(&String::from_utf8_lossy(&outcome.payload))
        }
        Ok(outcome) if call.site.gateway.settings.exception_level.is_some() => {
            failed(&String::from_utf8_lossy(&outcome.payload))
        }
        Ok(_failed) => failed("The function failed."),
        Err(throttled) => failed(&format!("The function was not invoked: {throttled}")),
    }
}

fn prepared(call: &ToolCall<'_>, arn: &str) -> Result<Invocation, String> {
    let local = &call.site.local;
    let now = local.now_ms();
    let request_id = local.inner().random.uuid();
    let mut invocation = local.read(|account| {
        let (function, qualifier) = lambda::function_of(account, arn)
            .ok_or_else(|| format!("There is no function {arn} here."))?;
        lambda::prepare(function, qualifier, now, account.port).map_err(|fault| fault.message)
    })?;
    let context = json!({ "custom": {
        "bedrockAgentCoreMessageVersion": "1.0",
        "bedrockAgentCoreAwsRequestId": request_id,
        "bedrockAgentCoreMcpMessageId": call.message.id,
        "bedrockAgentCoreGatewayId": call.site.gateway.id,
        "bedrockAgentCoreTargetId": call.target.id,
        "bedrockAgentCoreToolName":
            format!("{}{SEPARATOR}{}", call.target.settings.name, call.tool),
    }});
    invocation.payload = Bytes::from(Value::Object(call.arguments.clone()).to_string());
    invocation.client_context = Some(context.to_string());
    invocation.request_id = request_id;
    Ok(invocation)
}
