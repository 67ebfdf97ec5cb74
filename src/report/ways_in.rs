//! How each gateway of a stack is called, for the end of a run.

use crate::manifest::{Gateway, Inbound, Manifest};
use crate::outputs::config::{Config, Reached};

/// Where people consent, where that is a portal, and what has to be registered for it at somebody else's issuer.
fn consents(name: Option<&str>, gateway: &Gateway, config: &Config) -> Option<String> {
    let portal = gateway.portal_settings()?;
    let there = config.portals.get(name.unwrap_or("portal"))?;
    let callback = portal.provider.map_or_else(String::new, |provider| {
        format!(
            "\nRegister this callback URL for the client of the provider {provider}, without a slash at the end: {}",
            there.sign_in_callback
        )
    });
    Some(format!("\nPeople consent at {}{callback}", there.url))
}

/// One paragraph for each gateway that is there.
pub fn ways_in(manifest: &Manifest, config: &Config) -> Vec<String> {
    let gateways = manifest.all_gateways().into_iter();
    gateways
        .filter_map(|(name, gateway)| {
            let label = name.map_or_else(String::new, |name| format!(" {name}"));
            let Reached { arn, mcp_url, .. } = config.reached(name)?;
            let how = match gateway.inbound {
                Inbound::Cognito => {
                    "Editors sign people of the user pool in; `construct users add` makes somebody an account.".to_owned()
                },
                Inbound::Jwt => {
                    let url = gateway.jwt.as_ref().map_or("", |jwt| jwt.discovery_url.as_str());
                    format!("Callers show a token of the issuer that {url} describes.")
                }
                Inbound::Iam => format!(
                    "Callers sign every request with SigV4 (service bedrock-agentcore, Region {}), with credentials that may do \
                     bedrock-agentcore:InvokeGateway on {arn}. `construct proxy` does it for editors.",
                    config.region
                ),
                Inbound::None => "Anybody who has the address may call it.".to_owned(),
            };
            let portal = consents(name, gateway, config).unwrap_or_default();
            Some(format!("Gateway{label}: {mcp_url}\n{how}{portal}"))
        })
        .collect()
}
