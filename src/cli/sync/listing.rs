//! The tools of MCP servers and REST APIs before and after, as their gateway lists them.
//!
//! No call of the control plane tells them. `tools/list` of the gateway does, to whom may call it: signed with the
//! credentials of the run where the gateway wants that, with the token of `CONSTRUCT_GATEWAY_TOKEN` where people sign in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::types::AuthorizerType;
use serde_json::Value;

use super::differences::Differences;
use super::look::Seen;
use crate::cli::proxy::keys;
use crate::cli::token::token;
use crate::cloud::{Endpoint, classify};
use crate::openapi::{Definition, changes};
use crate::proxy::{AGENTCORE, Address, Authorization, Extra, Signer, Upstream};
use crate::session::Session;
use crate::steps::gateway_target::Live;

/// How long a gateway may be silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// What stands between a target's name and a tool's.
const SEPARATOR: &str = "___";

/// The tools of each gateway, or why they are not known.
pub(super) struct Listing(BTreeMap<String, Result<Vec<Value>, String>>);

impl Listing {
    /// Asks the gateways of `targets`.
    pub(super) async fn of(session: &Session, targets: &[Seen]) -> Self {
        let live = targets.iter().filter_map(|target| target.live.as_ref());
        let gateways: BTreeSet<&str> = live.map(Live::gateway_id).collect();
        let mut tools = BTreeMap::new();
        for gateway in gateways {
            tools.insert(gateway.to_owned(), listed(session, gateway).await);
        }
        Self(tools)
    }

    /// What is different in `after`, of the tools of `target`.
    pub(super) fn differences(&self, after: &Self, target: &Seen) -> Differences {
        let (before, after) = match (self.tools(target), after.tools(target)) {
            (Ok(before), Ok(after)) => (before, after),
            (Err(why), _) | (_, Err(why)) => return Differences::Unknown(unknown(why)),
        };
        Differences::Known(changes(&definitions(before, target), &definitions(after, target)))
    }

    fn tools(&self, target: &Seen) -> Result<&[Value], &str> {
        let tools = target.live.as_ref().and_then(|live| self.0.get(live.gateway_id()));
        tools.map_or(Err("it was not there"), |tools| tools.as_deref().map_err(String::as_str))
    }
}

fn unknown(why: &str) -> String {
    format!("which of its tools changed is not known: {why}")
}

fn definitions<'a>(tools: &'a [Value], target: &Seen) -> Vec<Definition<'a>> {
    let prefix = format!("{}{SEPARATOR}", target.name);
    let text = |tool: &'a Value, member: &str| tool[member].as_str().unwrap_or_default();
    tools
        .iter()
        .filter(|tool| text(tool, "name").starts_with(&prefix))
        .map(|tool| Definition {
            name: text(tool, "name"),
            description: text(tool, "description"),
            input_schema: &tool["inputSchema"],
        })
        .collect()
}

async fn listed(session: &Session, gateway: &str) -> Result<Vec<Value>, String> {
    if matches!(session.endpoint, Endpoint::Local(_)) {
        return Err("the local AWS inside this program serves no gateway".to_owned());
    }
    let call = session.cloud.agentcore.get_gateway().gateway_identifier(gateway);
    let gateway = call.send().await.map_err(|error| classify("GetGateway", error).to_string())?;
    let url = gateway.gateway_url.unwrap_or_default();
    let address = Address::read(&url, None).map_err(|error| error.to_string())?;
    let authorization = authorization(session, &gateway.authorizer_type, &address)?;
    Upstream::new(address, authorization, Extra::default(), PATIENCE).tools().await
}

fn authorization(
    session: &Session,
    authorizer: &AuthorizerType,
    address: &Address,
) -> Result<Authorization, String> {
    Ok(match authorizer {
        AuthorizerType::None => Authorization::Nothing,
        AuthorizerType::AwsIam => {
            let region = session.cloud.naming.region.clone();
            let (keys, _whose) = keys(None, &region, address);
            Authorization::SigV4(Signer { service: AGENTCORE.to_owned(), region, keys })
        }
        _ => {
            let token = token(None).map_err(
                |_none| "CONSTRUCT_GATEWAY_TOKEN has no token of somebody who may call the gateway",
            )?;
            Authorization::Bearer(Box::new(token))
        }
    })
}

#[cfg(test)]
mod tests {
    use construct_engine::Address as Node;
    use serde_json::json;

    use super::*;
    use crate::cli::sync::verdict::Verdict;

    #[test]
    fn only_the_target_s_own_tools_are_compared() {
        let target = Seen {
            name: "wiki".to_owned(),
            address: Node::new("target/wiki").unwrap(),
            live: None,
            verdict: Verdict::Wait,
        };
        let tool = |name: &str| json!({ "name": name, "inputSchema": { "type": "object" } });
        let tools = [tool("wiki___a"), tool("wiki-2___a"), tool("other___wiki___a")];
        let own: Vec<&str> = definitions(&tools, &target).iter().map(|one| one.name).collect();
        assert_eq!(own, ["wiki___a"]);
        let nothing = Listing(BTreeMap::new());
        let differences = nothing.differences(&nothing, &target);
        assert!(matches!(differences, Differences::Unknown(why) if why.contains("not known")));
    }
}
