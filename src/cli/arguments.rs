//! The arguments of every command, as clap reads them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use construct_engine::Address;

use super::clients::ClientsArguments;
use super::doctor::DoctorArguments;
use super::mcp_server::McpServerArguments;
use super::proxy::ProxyArguments;
use super::rotate::RotateArguments;
use super::sync::SyncArguments;
use super::tools::ToolsArguments;
use super::users::UsersArguments;
use crate::manifest::rules::{REGION, STACK_NAME, TextRule};

const EXIT_CODES: &str = "Exit codes: 0 done, 1 bug, 2 usage, 3 manifest invalid, 4 changes found, \
    5 apply incomplete (run again), 6 cleanup incomplete, 7 locked, 8 credentials.";

/// The command line as a whole.
#[derive(Debug, Parser)]
#[command(name = "construct", version, about, long_about = None, after_help = EXIT_CODES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// The manifest.
    #[arg(long, global = true, value_name = "PATH", default_value = crate::manifest::FILE_NAME)]
    pub manifest: PathBuf,
    /// When to use colour; the variable `NO_COLOR` is respected.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// The same as `--color never`.
    #[arg(long, global = true, conflicts_with = "color")]
    pub no_color: bool,
    /// Another spelling of the command `cleanup`, with the same options.
    #[arg(long)]
    cleanup: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads the command line; the first of `arguments` is the program.
    ///
    /// `construct --cleanup OPTIONS` is read as `construct cleanup OPTIONS`, so that both are one.
    ///
    /// # Errors
    /// Clap's own error, which also carries help and version texts and knows how to print itself.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::try_parse_from(cleanup_as_command(arguments))
    }

    /// When to use colour.
    pub fn color_choice(&self) -> ColorChoice {
        if self.no_color { ColorChoice::Never } else { self.color }
    }
}

fn cleanup_as_command(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let written =
        arguments.iter().take_while(|one| *one != "--").position(|one| one == "--cleanup");
    if let Some(at) = written {
        arguments.remove(at);
        arguments.insert(1, "cleanup".into());
    }
    arguments
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorChoice {
    /// Whether a stream is coloured that is a `terminal`, where the environment says `no_color`.
    pub fn on(self, terminal: bool, no_color: bool) -> bool {
        match self {
            Self::Auto => terminal && !no_color,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Asks a few questions and writes a manifest.
    Init(InitArguments),
    /// Shows what `up` would change, and changes nothing.
    Plan(PlanArguments),
    /// Makes the account as the manifest says.
    Up(UpArguments),
    /// Removes everything that `up` made, and proves that nothing is left.
    Cleanup(CleanupArguments),
    /// Lists what carries construct's marks and belongs to no known stack, and removes it.
    Gc(GcArguments),
    /// Shows what is there and whether it is as it was left.
    Status(StatusArguments),
    /// Brings the tools of targets up to date, and changes nothing else.
    Sync(SyncArguments),
    /// Looks for what stands between you and the tools: credentials, permissions, the clock, callbacks, a login.
    Doctor(DoctorArguments),
    /// Lists, adds and removes the people who may sign in.
    Users(UsersArguments),
    /// Replaces a provider's secret or the state key, and nothing else.
    Rotate(RotateArguments),
    /// Lists the MCP tools that the targets' files become, and what is wrong with them.
    Tools(ToolsArguments),
    /// Writes the stack's entry into the files of editors and agents, or takes it out.
    Clients(ClientsArguments),
    /// Prints the IAM policy that exactly this manifest needs.
    Iam(IamArguments),
    /// Prints a JSON Schema.
    Schema(SchemaArguments),
    /// Prints the graph of objects.
    Graph(GraphArguments),
    /// Prints a completion script for a shell.
    Completions(CompletionsArguments),
    /// Prints the man page, or writes one for each command.
    Man(ManArguments),
    /// Serves the local AWS until Ctrl-C.
    Local(LocalArguments),
    /// Serves two GitHub tools over MCP, which ask the gateway with the caller's own token.
    McpServer(McpServerArguments),
    /// Relays an editor's MCP from standard input and output to a gateway or a runtime, with AWS credentials.
    Proxy(ProxyArguments),
}

/// Arguments of `construct init`.
#[derive(Args, Clone, Debug)]
pub struct InitArguments {
    /// Take the defaults, or what the other options say, and ask nothing.
    #[arg(long, short)]
    pub yes: bool,
    /// The stack's name: the first part of every name in the account.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The AWS Region.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The part before `.atlassian.net` of your Confluence site.
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Where to write it.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// Arguments of `construct plan`.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct PlanArguments {
    /// Use the local AWS inside this program.
    #[arg(long)]
    pub local: bool,
    /// End with exit code 4 when anything would change.
    #[arg(long)]
    pub check: bool,
    /// Print the plan as JSON.
    #[arg(long)]
    pub json: bool,
    /// Agree to a gateway that anybody may call.
    #[arg(long)]
    pub i_know: bool,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// Arguments of `construct up`.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct UpArguments {
    /// Use the local AWS inside this program.
    #[arg(long)]
    pub local: bool,
    /// Do not ask before changing anything.
    #[arg(long, short)]
    pub yes: bool,
    /// Agree to the loss of what people have there, such as their accounts.
    #[arg(long)]
    pub yes_destroy: bool,
    /// Agree to a gateway that anybody may call.
    #[arg(long)]
    pub i_know: bool,
    /// Take over an object that has our name and is not marked as ours; may be repeated.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub adopt: Vec<Address>,
    /// How many objects are worked on at once.
    #[arg(long, value_name = "N", default_value = "10", value_parser = parallelism)]
    pub parallelism: usize,
    /// Show where the time went.
    #[arg(long)]
    pub timings: bool,
    /// Print events as JSON, one a line.
    #[arg(long)]
    pub json: bool,
    /// Take the lock of a run that is known to be dead.
    #[arg(long)]
    pub force_unlock: bool,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// Arguments of `construct cleanup` and `construct --cleanup`.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct CleanupArguments {
    /// Use the local AWS inside this program.
    #[arg(long)]
    pub local: bool,
    /// The stack to remove, which needs no manifest then: what carries its marks is all that counts.
    #[arg(long, value_name = "NAME", value_parser = stack_name)]
    pub stack: Option<String>,
    /// Its Region. Without this option: the manifest's if there is one, else that of the environment.
    #[arg(long, value_name = "REGION", value_parser = region, requires = "stack")]
    pub region: Option<String>,
    /// Do not ask before removing anything.
    #[arg(long, short)]
    pub yes: bool,
    /// Agree to the loss of what people have there, such as their accounts.
    #[arg(long)]
    pub yes_destroy: bool,
    /// How many objects are worked on at once.
    #[arg(long, value_name = "N", default_value = "10", value_parser = parallelism)]
    pub parallelism: usize,
    /// Print events as JSON, one a line.
    #[arg(long)]
    pub json: bool,
    /// Take the lock of a run that is known to be dead.
    #[arg(long)]
    pub force_unlock: bool,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// Arguments of `construct gc`.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct GcArguments {
    /// Use the local AWS inside this program.
    #[arg(long)]
    pub local: bool,
    /// The Region. Without this option: the manifest's if there is one, else that of the environment.
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub region: Option<String>,
    /// A stack to leave alone besides those that are known here; may be repeated.
    #[arg(long, value_name = "NAME", value_parser = stack_name)]
    pub keep: Vec<String>,
    /// Remove what is listed.
    #[arg(long)]
    pub delete: bool,
    /// Do not ask before removing anything.
    #[arg(long, short, requires = "delete")]
    pub yes: bool,
    /// Agree to the loss of what people have there, such as their accounts.
    #[arg(long, requires = "delete")]
    pub yes_destroy: bool,
    /// How many objects are worked on at once.
    #[arg(long, value_name = "N", default_value = "10", value_parser = parallelism)]
    pub parallelism: usize,
    /// Print the list as JSON; with `--delete` events, one a line.
    #[arg(long)]
    pub json: bool,
    /// The manifest, whose stack is left alone.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// Arguments of `construct status`.
#[derive(Args, Clone, Debug)]
pub struct StatusArguments {
    /// Use the local AWS inside this program.
    #[arg(long)]
    pub local: bool,
    /// Also check what must always hold between the journal and the account.
    #[arg(long)]
    pub verify: bool,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// Arguments of `construct iam`.
#[derive(Args, Clone, Debug)]
pub struct IamArguments {
    /// The account to name in ARNs: twelve digits.
    #[arg(long, value_name = "ACCOUNT", default_value = "111122223333", value_parser = account)]
    pub account: String,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// Arguments of `construct schema`.
#[derive(Args, Clone, Debug)]
pub struct SchemaArguments {
    /// Of which document.
    #[arg(default_value = "manifest")]
    pub name: SchemaName,
}

/// The documents that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// construct.toml.
    Manifest,
    /// config.json.
    Config,
    /// The part of mcp.json that construct writes.
    Mcp,
}

/// Arguments of `construct graph`.
#[derive(Args, Clone, Debug)]
pub struct GraphArguments {
    /// In which language.
    #[arg(long, default_value = "mermaid")]
    pub format: GraphFormat,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// Languages for drawings of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Mermaid, which GitHub draws.
    Mermaid,
    /// DOT, for Graphviz.
    Dot,
}

/// Arguments of `construct completions`.
#[derive(Args, Clone, Debug)]
pub struct CompletionsArguments {
    /// The shell.
    pub shell: Shell,
}

/// Arguments of `construct man`.
#[derive(Args, Clone, Debug)]
pub struct ManArguments {
    /// Write a page for each command into this folder.
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// Arguments of `construct local`.
#[derive(Args, Clone, Debug)]
pub struct LocalArguments {
    /// The port; without it, the one this stack had before, or a free one.
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Milliseconds that every answer takes longer.
    #[arg(long, value_name = "MS", default_value = "0", value_parser = milliseconds)]
    pub latency: Duration,
    /// Let nothing take time and take roles as they are, for tools that do not wait for the services.
    #[arg(long)]
    pub relaxed: bool,
    /// Append every call as a JSON line to this file, secrets masked.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Let go wrong what this file says: throttles, cut connections, late answers and more.
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Let requests leave this machine: to vendors of providers with real credentials, and to the APIs, MCP servers and
    /// issuers that the stack names. Without it, a built-in vendor plays them.
    #[arg(long)]
    pub internet: bool,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

fn address(text: &str) -> Result<Address, construct_engine::AddressError> {
    Address::new(text)
}

/// More at once only earns throttling: AgentCore's control plane takes a handful of changes a second.
const MOST_PARALLEL: usize = 64;

fn parallelism(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=MOST_PARALLEL) => Ok(number),
        _ => Err(format!("a number from 1 to {MOST_PARALLEL}")),
    }
}

pub(super) fn stack_name(text: &str) -> Result<String, String> {
    of_form(&STACK_NAME, text)
}

pub(super) fn region(text: &str) -> Result<String, String> {
    of_form(&REGION, text)
}

/// A value that keeps to the rule that the manifest's keeps to.
pub(super) fn of_form(rule: &TextRule, text: &str) -> Result<String, String> {
    if rule.takes(text) { Ok(text.to_owned()) } else { Err(rule.form.to_owned()) }
}

fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an account number is twelve digits".to_owned())
    }
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(number @ 0..=60_000) => Ok(Duration::from_millis(number)),
        _ => Err("milliseconds, 0 to 60000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn read(line: &str) -> Result<Cli, clap::Error> {
        Cli::read(line.split(' ').map(OsString::from))
    }

    #[test]
    fn clap_finds_no_fault() {
        Cli::command().debug_assert();
    }

    #[test]
    fn both_spellings_of_cleanup_are_one() {
        for (flag, command) in [
            ("construct --cleanup", "construct cleanup"),
            ("construct --cleanup --local --yes", "construct cleanup --local --yes"),
            ("construct --local --cleanup --yes", "construct cleanup --local --yes"),
            ("construct --manifest a.toml --cleanup", "construct cleanup --manifest a.toml"),
        ] {
            let (one, other) = (read(flag).unwrap(), read(command).unwrap());
            assert_eq!(format!("{one:?}"), format!("{other:?}"), "{flag}");
            assert!(matches!(one.command, Command::Cleanup(_)), "{flag}");
        }
        assert!(read("construct up --cleanup").is_err());
    }

    #[test]
    fn the_manifest_may_stand_on_either_side() {
        for line in
            ["construct --manifest a.toml up --local", "construct up --local --manifest a.toml"]
        {
            let Command::Up(up) = read(line).unwrap().command else { panic!("{line}") };
            assert_eq!(
                (up.manifest, up.local, up.parallelism),
                (PathBuf::from("a.toml"), true, 10)
            );
        }
        let Command::Plan(plan) = read("construct plan").unwrap().command else { panic!() };
        assert_eq!(plan.manifest, PathBuf::from("construct.toml"));
    }

    #[test]
    fn values_are_checked() {
        for bad in [
            "construct",
            "construct up --parallelism 0",
            "construct up --adopt Gateway",
            "construct iam --account 12",
            "construct plan --color never --no-color",
            "construct schema other",
            "construct cleanup --stack ../other",
            "construct cleanup --stack Other",
            "construct cleanup --region us-west-2",
            "construct cleanup --stack other --region oregon",
            "construct gc --yes",
            "construct gc --keep a/b",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let Command::Up(up) =
            read("construct up --adopt gateway --adopt target/github").unwrap().command
        else {
            panic!()
        };
        assert_eq!(up.adopt.len(), 2);
        assert_eq!(read("construct plan --no-color").unwrap().color_choice(), ColorChoice::Never);
    }

    #[test]
    fn colour_is_for_terminals_unless_asked_for() {
        assert!(ColorChoice::Auto.on(true, false));
        assert!(!ColorChoice::Auto.on(false, false) && !ColorChoice::Auto.on(true, true));
        assert!(ColorChoice::Always.on(false, true) && !ColorChoice::Never.on(true, false));
    }
}
