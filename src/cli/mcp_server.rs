//! `construct mcp-server`: two GitHub tools as an MCP server, over stdio or HTTP.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use tokio::net::TcpListener;

use super::token::token;
use super::{ExitCode, Failure};
use crate::cloud::Endpoint;
use crate::environment;
use crate::mcp_server::{Completion, Consents, Gateway, Server, callback, http, stdio};
use crate::outputs::config::Config;
use crate::ui::Ui;

/// The variable with the gateway's URL.
const GATEWAY: &str = "CONSTRUCT_GATEWAY_URL";
/// The variable with the target's name.
const TARGET: &str = "CONSTRUCT_GATEWAY_TARGET";
/// The callback's port on stdio: a fixed one, because the gateway must allow its URL.
const CALLBACK_PORT: u16 = 8976;

/// Arguments of `construct mcp-server`.
#[derive(Args, Clone, Debug)]
#[command(group = ArgGroup::new("transport").required(true))]
pub struct McpServerArguments {
    /// Speak MCP on standard input and output; the token is in `CONSTRUCT_GATEWAY_TOKEN` or the file of `--token-file`.
    #[arg(long, group = "transport")]
    pub stdio: bool,
    /// Speak Streamable HTTP at `/mcp` of this address; each request brings its own token.
    #[arg(
        long,
        group = "transport",
        value_name = "ADDRESS",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:8000"
    )]
    pub http: Option<SocketAddr>,
    /// The gateway's URL; without it that of `CONSTRUCT_GATEWAY_URL`, or of `config.json` beside the manifest.
    #[arg(long, value_name = "URL")]
    pub gateway: Option<String>,
    /// The gateway's GitHub target; without it that of `CONSTRUCT_GATEWAY_TARGET`, or `github`.
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// The file with the token, which is read again for each call; with `--stdio`.
    #[arg(long, value_name = "PATH", conflicts_with = "http")]
    pub token_file: Option<PathBuf>,
    /// Complete consents at `http://localhost:PORT/callback`; with `--stdio` always, at port 8976 unless told otherwise.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub callback: Option<u16>,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// When there is no gateway or no token, and when an address cannot be listened on.
pub async fn run(arguments: &McpServerArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let config = Config::beside(&arguments.manifest);
    let gateway = gateway(arguments, config.as_ref())?;
    let consents = Consents::default();
    let callback = Callback::open(arguments, &gateway, config.as_ref(), ui).await?;
    let return_url = callback.as_ref().map(|callback| (callback::url(callback.port), &consents));
    let server = Server::new(gateway, return_url, ui);
    let serving = async {
        match arguments.http {
            Some(address) => over_http(&server, address, ui).await,
            None => over_stdio(&server, arguments.token_file.as_deref(), ui).await,
        }
    };
    let completing = async {
        match callback {
            Some(one) => callback::serve(one.listener, &one.completion, &consents, ui).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = serving => ended?,
        () = completing => {}
        () = super::signals::asked_to_end() => {}
    }
    Ok(ExitCode::Done)
}

async fn over_http(server: &Server<'_>, address: SocketAddr, ui: &Ui) -> Result<(), Failure> {
    let listener = listen(address).await?;
    let address = listener.local_addr().map_err(|error| Failure::of(ExitCode::Bug, &error))?;
    ui.err(&format!("The MCP server listens at http://{address}{}", http::PATH));
    http::serve(server, listener).await;
    Ok(())
}

async fn over_stdio(server: &Server<'_>, file: Option<&Path>, ui: &Ui) -> Result<(), Failure> {
    let token = token(file.map(Path::to_owned))?;
    stdio::serve(server, &token, ui)
        .await
        .map_err(|error| Failure::of(ExitCode::Usage, &error).cause("standard input was not read"))
}

fn gateway(arguments: &McpServerArguments, config: Option<&Config>) -> Result<Gateway, Failure> {
    let written = config.and_then(|config| Some(config.gateway.as_ref()?.url.clone()));
    let url = arguments.gateway.clone().or_else(|| environment::variable(GATEWAY)).or(written);
    let url = url.ok_or_else(|| {
        Failure::usage("there is no gateway to ask").hint(format!(
            "name it with --gateway or {GATEWAY}, or run this beside the config.json that `construct up` writes"
        ))
    })?;
    let target = arguments.target.clone().or_else(|| environment::variable(TARGET));
    Gateway::new(&url, target.as_deref().unwrap_or("github"))
        .map_err(|error| Failure::of(ExitCode::Usage, &error))
}

/// The callback's socket, and the way to say that a consent is complete.
struct Callback {
    listener: TcpListener,
    port: u16,
    completion: Completion,
}

impl Callback {
    /// The callback that the arguments ask for. One that nobody asked for may be missing, which is said.
    async fn open(
        arguments: &McpServerArguments,
        gateway: &Gateway,
        config: Option<&Config>,
        ui: &Ui,
    ) -> Result<Option<Self>, Failure> {
        let (port, is_asked) = match (arguments.callback, arguments.http) {
            (None, Some(_)) => return Ok(None),
            // A browser elsewhere would open its own machine's port, and who it is nobody could tell.
            (Some(_), Some(address)) if !address.ip().is_loopback() => {
                return Err(Failure::usage("--callback is for a server on this machine alone")
                    .hint("listen on 127.0.0.1, or let consents return to the target's own return URL"));
            }
            (Some(port), _) => (port, true),
            (None, None) => (CALLBACK_PORT, false),
        };
        match Self::at(port, gateway, config).await {
            Ok(callback) => Ok(Some(callback)),
            Err(failure) if is_asked => Err(failure),
            Err(failure) => {
                ui.err(&format!(
                    "No callback: {}. Consents return to the target's own return URL.",
                    failure.message
                ));
                Ok(None)
            }
        }
    }

    async fn at(port: u16, gateway: &Gateway, config: Option<&Config>) -> Result<Self, Failure> {
        let region = gateway
            .region()
            .map(str::to_owned)
            .or_else(|| config.map(|config| config.region.clone()))
            .or_else(|| environment::variable("AWS_REGION"))
            .ok_or_else(|| {
                Failure::usage("the gateway's Region is not known").hint("set AWS_REGION")
            })?;
        let endpoint = match gateway.local_aws() {
            Some(address) => Endpoint::Served(address.to_owned()),
            None => Endpoint::Aws,
        };
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], port))).await?;
        Ok(Self { listener, port, completion: Completion::new(&endpoint, &region).await })
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::usage(format!("{address} cannot be listened on")).cause(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use std::ffi::OsString;

    fn read(line: &str) -> Option<McpServerArguments> {
        let words = format!("construct mcp-server {line}");
        match Cli::read(words.split_whitespace().map(OsString::from)).ok()?.command {
            Command::McpServer(arguments) => Some(arguments),
            _ => None,
        }
    }

    #[test]
    fn there_is_one_transport() {
        assert!(read("--stdio").unwrap().http.is_none());
        assert_eq!(read("--http").unwrap().http, Some("127.0.0.1:8000".parse().unwrap()));
        assert_eq!(read("--http 0.0.0.0:8000").unwrap().http.unwrap().port(), 8000);
        for wrong in [
            "",
            "--stdio --http",
            "--http nowhere",
            "--http --token-file a",
            "--stdio --callback 0",
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_callback_needs_a_server_on_this_machine() {
        let arguments =
            read("--http 0.0.0.0:0 --callback 8976 --gateway http://localhost:1/mcp").unwrap();
        let (ui, _) = Ui::captured();
        let failure = run(&arguments, &ui).await.unwrap_err();
        assert_eq!(failure.kind, ExitCode::Usage);
        assert!(failure.message.contains("--callback"), "{}", failure.message);
    }
}
