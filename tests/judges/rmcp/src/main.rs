//! An MCP client with the Rust SDK: signs in, lists the tools, and calls one that may need a consent.
//!
//! `rmcp-client REDIRECT ENDPOINT legacy|modern TOOL [CLIENT_ID]`
//!
//! Where a person has to go it prints a line `{"open": ADDRESS}`, and reads one that says where the person's way ended. Its
//! last line says what it found.

use std::{
    error::Error,
    io::stdin,
    sync::atomic::{AtomicUsize, Ordering},
};

use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, ErrorData, RoleClient, ServiceError,
    model::{
        CallToolRequestParams, ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult,
        ElicitationAction, ElicitationCapability, Implementation, ProtocolVersion,
        UrlElicitationCapability,
    },
    service::{RequestContext, RunningService},
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthClient, AuthorizationRequest, OAuthState},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The code of "URL elicitation required" in the specification of 2025-11-25. The SDK has no name for it.
const URL_ELICITATION_REQUIRED: i32 = -32042;

/// What the person agrees to, and how often they were asked.
#[derive(Default)]
struct Person {
    consents: AtomicUsize,
}

impl Person {
    fn consent(&self, address: &str) -> std::io::Result<()> {
        self.consents.fetch_add(1, Ordering::Relaxed);
        open(address).map(drop)
    }
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        let url = UrlElicitationCapability::default();
        capabilities.elicitation = Some(ElicitationCapability::new().with_url(url));
        ClientConfig::new(capabilities, Implementation::new("judge", "1.0.0"))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> std::result::Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::UrlElicitationParams { url, .. } = request else {
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        };
        self.consent(&url).map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(ElicitResult::new(ElicitationAction::Accept))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [redirect, endpoint, era, tool, given @ ..] = arguments.as_slice() else {
        return Err("usage: rmcp-client REDIRECT ENDPOINT legacy|modern TOOL [CLIENT_ID]".into());
    };
    let mut asked = AuthorizationRequest::new(redirect).with_client_name("The Rust SDK");
    if let Some(client) = given.first() {
        asked = asked.with_preregistered_client(client);
    }
    let mut login = OAuthState::new(endpoint, None).await?;
    login.start_authorization(asked).await?;
    let reached = open(&login.get_authorization_url().await?)?;
    login.handle_callback_url(&reached).await?;
    let (client_id, _) = login.get_credentials().await?;
    let manager = login.into_authorization_manager().ok_or("the login has no end")?;

    let transport = StreamableHttpClientTransport::with_client(
        AuthClient::new(reqwest::Client::new(), manager),
        StreamableHttpClientTransportConfig::with_uri(endpoint.as_str()),
    );
    let lifecycle = match era.as_str() {
        "modern" => ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: None,
        },
        _ => ClientLifecycleMode::Initialize,
    };
    let client = Person::default().serve_with_lifecycle(transport, lifecycle).await?;
    let tools = client.list_all_tools().await?;
    let result = call(&client, tool).await?;
    let texts: Vec<_> = result.content.iter().filter_map(|part| part.as_text()).collect();
    let found = json!({
        "tools": tools.iter().map(|tool| &tool.name).collect::<Vec<_>>(),
        "text": texts.iter().map(|part| part.text.as_str()).collect::<String>(),
        "failed": result.is_error == Some(true),
        "consents": client.service().consents.load(Ordering::Relaxed),
        "version": client.peer_info().map(|server| server.protocol_version.clone()),
        "clientId": client_id,
    });
    println!("{found}");
    client.cancel().await?;
    Ok(())
}

/// Calls a tool, and once more where a consent has to come first.
async fn call(
    client: &RunningService<RoleClient, Person>,
    tool: &str,
) -> Result<rmcp::model::CallToolResult> {
    let asked = CallToolRequestParams::new(tool.to_owned());
    match client.call_tool(asked.clone()).await {
        Err(ServiceError::McpError(error)) if error.code.0 == URL_ELICITATION_REQUIRED => {
            let url = error.data.as_ref().and_then(|data| data.pointer("/elicitations/0/url"));
            let url =
                url.and_then(|url| url.as_str()).ok_or("an elicitation without an address")?;
            client.service().consent(url)?;
            Ok(client.call_tool(asked).await?)
        }
        result => Ok(result?),
    }
}

/// Has a person open an address; gives the one at which their way ended.
fn open(address: &str) -> std::io::Result<String> {
    println!("{}", json!({ "open": address }));
    let mut reached = String::new();
    stdin().read_line(&mut reached)?;
    Ok(reached.trim_end().to_owned())
}
