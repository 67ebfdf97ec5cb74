//! `construct proxy`: an editor's way to a gateway or a runtime that wants AWS credentials.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::token::token;
use super::{ExitCode, Failure};
use crate::cloud::{look_up_credentials, look_up_region};
use crate::outputs::config::Config;
use crate::proxy::{AGENTCORE, Address, Authorization, Extra, Keys, Relay, Signer, Upstream};
use crate::ui::Ui;

/// How long a session's name must be at least; at most 256 (`InvokeAgentRuntime`, `runtimeSessionId`).
const SHORTEST_SESSION: usize = 33;

/// Arguments of `construct proxy`.
#[derive(Args, Clone, Debug)]
pub struct ProxyArguments {
    /// The URL of an MCP server, or the ARN of a gateway or a runtime; without it the gateway of `config.json` beside the
    /// manifest.
    #[arg(value_name = "URL|ARN")]
    pub address: Option<String>,
    /// Which of several gateways of `config.json`.
    #[arg(long, value_name = "NAME", conflicts_with = "address")]
    pub gateway: Option<String>,
    /// How requests say whose they are.
    #[arg(long, value_name = "HOW", default_value = "sigv4")]
    pub auth: Auth,
    /// The profile whose credentials sign; without it the usual chain.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The Region to sign for; without it that of the URL or ARN, of `config.json`, of `AWS_REGION` or the profile.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The service to sign for; without it `bedrock-agentcore`, for a URL of AWS's or on this machine.
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The endpoint of a runtime that is named by its ARN; without it `DEFAULT`.
    #[arg(long, value_name = "NAME")]
    pub qualifier: Option<String>,
    /// The session of a runtime, 33 to 256 characters; without it one of this process's own.
    #[arg(long, value_name = "ID", value_parser = session)]
    pub runtime_session: Option<String>,
    /// Seconds that the server may be silent while it owes an answer.
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    pub timeout: Duration,
    /// A header of every request, `NAME: VALUE`; may be repeated.
    #[arg(long, value_name = "HEADER")]
    pub header: Vec<String>,
    /// With `--auth bearer`: the file with the token, which is read again for each request.
    #[arg(long, value_name = "PATH")]
    pub token_file: Option<PathBuf>,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// How requests say whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// By AWS's Signature Version 4.
    Sigv4,
    /// By the token of `CONSTRUCT_GATEWAY_TOKEN` or `--token-file`.
    Bearer,
    /// Not at all.
    None,
}

/// Runs the command.
///
/// # Errors
/// When it is not clear where to relay to or whom to call as, and when the input cannot be read.
pub async fn run(arguments: &ProxyArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let config = match arguments.address {
        Some(_) => None,
        None => Config::beside(&arguments.manifest),
    };
    let address = address(arguments, config.as_ref())?;
    let extra = extra(arguments, &address)?;
    let (authorization, told) = authorization(arguments, &address, config.as_ref()).await?;
    ui.err(&format!("Relaying to {}\n{told}", address.uri));
    let relay = Relay::new(Upstream::new(address, authorization, extra, arguments.timeout), ui);
    let served = tokio::select! {
        served = relay.serve() => served,
        () = super::signals::asked_to_end() => Ok(()),
    };
    relay.end().await;
    served.map_err(|error| {
        Failure::of(ExitCode::Usage, &error).cause("standard input was not read to its end")
    })?;
    Ok(ExitCode::Done)
}

fn address(arguments: &ProxyArguments, config: Option<&Config>) -> Result<Address, Failure> {
    let written = match &arguments.address {
        Some(written) => written.clone(),
        None => gateway(arguments.gateway.as_deref(), config)?,
    };
    Address::read(&written, arguments.qualifier.as_deref())
        .map_err(|error| Failure::of(ExitCode::Usage, &error))
}

/// The URL of the gateway that `config.json` names.
fn gateway(name: Option<&str>, config: Option<&Config>) -> Result<String, Failure> {
    let config = config.ok_or_else(|| {
        Failure::usage("there is no gateway to relay to").hint(
            "name its URL or ARN, or run this beside the config.json that `construct up` writes",
        )
    })?;
    let mut names = config.gateways.keys();
    let name = match (name, names.len()) {
        (None, 1) => names.next().map(String::as_str),
        (name, _) => name,
    };
    let reached = config.reached(name).ok_or_else(|| {
        let names: Vec<&str> = config.gateways.keys().map(String::as_str).collect();
        let hint = match (names.is_empty(), &config.gateway) {
            (false, _) => format!("choose with --gateway: {}", names.join(", ")),
            (true, Some(_)) => "there is one gateway, which has no name".to_owned(),
            (true, None) => "run `construct up` first".to_owned(),
        };
        Failure::usage("config.json does not say which gateway").hint(hint)
    })?;
    if reached.front_url.is_some() {
        return Err(Failure::usage("this gateway has a front, where people sign in")
            .hint(format!("editors reach it at {}, without this proxy", reached.mcp_url)));
    }
    Ok(reached.url)
}

fn extra(arguments: &ProxyArguments, address: &Address) -> Result<Extra, Failure> {
    let usage = |error| Failure::of(ExitCode::Usage, &error);
    let mut extra = Extra::default();
    for header in &arguments.header {
        extra.add(header).map_err(usage)?;
    }
    match (&arguments.runtime_session, address.is_runtime) {
        (Some(id), true) => extra.runtime_session(id).map_err(usage)?,
        (Some(_), false) => return Err(Failure::usage("--runtime-session is for a runtime")),
        (None, true) => extra.runtime_session(&own_session()?).map_err(usage)?,
        (None, false) => {}
    }
    Ok(extra)
}

/// A session that nobody else has.
fn own_session() -> Result<String, Failure> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| Failure::bug(error.to_string()))?;
    Ok(format!("construct-proxy-{}", construct_engine::hexadecimal(&random)))
}

/// Whom to call as, and the sentence that says so.
async fn authorization(
    arguments: &ProxyArguments,
    address: &Address,
    config: Option<&Config>,
) -> Result<(Authorization, String), Failure> {
    match arguments.auth {
        Auth::None => Ok((Authorization::Nothing, "Requests are not signed.".to_owned())),
        Auth::Bearer => {
            let token = token(arguments.token_file.clone())?;
            let told = "Requests carry a bearer token.".to_owned();
            Ok((Authorization::Bearer(Box::new(token)), told))
        }
        Auth::Sigv4 => {
            let service = service(arguments, address)?;
            let (region, whence) = region(arguments, address, config).await?;
            let (keys, whose) = keys(arguments.profile.clone(), &region, address);
            let told = format!(
                "Requests are signed with SigV4 for {service} in {region} ({whence}), with {whose}."
            );
            Ok((Authorization::SigV4(Signer { service, region, keys }), told))
        }
    }
}

/// A signature goes with a session's token: it is not sent to hosts that are nobody's service without being asked to.
fn service(arguments: &ProxyArguments, address: &Address) -> Result<String, Failure> {
    let is_agentcore = address.is_own || address.region.is_some();
    match &arguments.service {
        Some(service) => Ok(service.clone()),
        None if is_agentcore => Ok(AGENTCORE.to_owned()),
        None => Err(Failure::usage(format!("{} is no host of AgentCore's", address.host())).hint(
            "say what to sign for with --service, or call it with --auth bearer or --auth none",
        )),
    }
}

/// The Region to sign for, and where it was found.
async fn region(
    arguments: &ProxyArguments,
    address: &Address,
    config: Option<&Config>,
) -> Result<(String, &'static str), Failure> {
    if let Some(region) = &arguments.region {
        return Ok((region.clone(), "--region"));
    }
    if let Some(region) = &address.region {
        return Ok((region.clone(), "from the address"));
    }
    if let Some(config) = config {
        return Ok((config.region.clone(), "from config.json"));
    }
    let found = look_up_region(arguments.profile.as_deref()).await;
    let found = found.map(|region| (region, "from AWS_REGION or the profile"));
    found.ok_or_else(|| Failure::usage("the Region to sign for is not known").hint("say --region"))
}

/// The credentials to sign with, and whose they are.
pub(super) fn keys(profile: Option<String>, region: &str, address: &Address) -> (Keys, String) {
    if address.is_own {
        return (Keys::of_local_aws(), "the local AWS's own key".to_owned());
    }
    let whose = match &profile {
        Some(profile) => format!("the credentials of the profile {profile}"),
        None => "the credentials of the environment".to_owned(),
    };
    let region = region.to_owned();
    let look_up = move || {
        let (profile, region) = (profile.clone(), region.clone());
        Box::pin(async move { look_up_credentials(profile.as_deref(), &region).await }) as _
    };
    (Keys::of(Box::new(look_up)), whose)
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(number @ 1..=86_400) => Ok(Duration::from_secs(number)),
        _ => Err("seconds, 1 to 86400".to_owned()),
    }
}

fn session(text: &str) -> Result<String, String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && (SHORTEST_SESSION..=256).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err("33 to 256 letters, digits and signs".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_s_session_is_long_and_nobody_else_s() {
        let (one, other) = (own_session().unwrap(), own_session().unwrap());
        assert_ne!(one, other);
        assert_eq!(session(&one).unwrap(), one);
        assert!(session(&"x".repeat(32)).is_err() && session(&"x".repeat(257)).is_err());
        assert!(session(&"x y".repeat(20)).is_err());
    }
}
