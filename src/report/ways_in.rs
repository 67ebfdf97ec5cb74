//! How each gateway of a stack is called, for the end of a run.

use crate::manifest::{Inbound, Manifest};
use crate::outputs::config::{Config, Reached};

/// One paragraph for each gateway that is there.
pub fn ways_in(manifest: &Manifest, config: &Config) -> Vec<String> {
    let gateways = manifest.all_gateways().into_iter();
    gateways
        .filter_map(|(name, gateway)| {
            let label = name.map_or_else(String::new, |name| format!(" {name}"));
            let Reached { arn, mcp_url, .. } = config.reached(name)?;
            let how = match gateway.inbound {
                Inbound::Cognito => "Editors sign people of the user pool in.".to_owned(),
                Inbound::Jwt => {
                    let url = gateway.jwt.as_ref().map_or("", |jwt| jwt.discovery_url.as_str());
                    format!("Callers show a token of the issuer that {url} describes.")
                }
                Inbound::Iam => format!(
                    "Callers sign every request with SigV4 (service bedrock-agentcore, Region {}), with credentials that may do \
                     bedrock-agentcore:InvokeGateway on {arn}. Editors cannot, so that mcp.json does not name it.",
                    config.region
                ),
                Inbound::None => "Anybody who has the address may call it.".to_owned(),
            };
            Some(format!("Gateway{label}: {mcp_url}\n{how}"))
        })
        .collect()
}
