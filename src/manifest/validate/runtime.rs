//! `[runtimes]`: names with the stack's before them, reserved ports and endpoints, and who may call.

use super::help_for_reference;
use crate::manifest::read::join;
use crate::manifest::{
    Auth, Manifest, Problems, Runtime, ServerProtocol, Target, TargetKind, rules,
};

/// The port that the platform keeps for itself.
const RESERVED_PORT: u32 = 8443;
/// The endpoint that comes and goes with a runtime.
const DEFAULT: &str = "DEFAULT";

impl Manifest {
    pub(super) fn check_runtimes(&self, problems: &mut Problems) {
        for (name, runtime) in &self.runtimes {
            let path = join("runtimes", name);
            self.check_runtime(&path, name, runtime, problems);
        }
    }

    fn check_runtime(&self, path: &str, name: &str, runtime: &Runtime, problems: &mut Problems) {
        let whole = format!("{}_{name}", self.stack.name);
        let maximum = rules::RUNTIME_WHOLE_NAME.maximum;
        if whole.len() > maximum {
            let message =
                format!("the runtime {whole} would have a name of {} characters", whole.len());
            let help = format!("shorten its name or the stack's by {}", whole.len() - maximum);
            problems.push(self.problem(path, message, help).under(&rules::RUNTIME_WHOLE_NAME.rule));
        }
        if runtime.port == Some(RESERVED_PORT) {
            let message = format!("the platform keeps port {RESERVED_PORT} for itself");
            let problem = self.problem(&format!("{path}.port"), message, "choose another port");
            problems.push(problem.under(&rules::RESERVED_PORT));
        }
        if runtime.endpoints.contains_key(DEFAULT) {
            let key = join(&format!("{path}.endpoints"), DEFAULT);
            let message = "DEFAULT comes with the runtime and serves its newest version";
            let problem = self.problem(&key, message, "remove it, or give it another name");
            problems.push(problem.under(&rules::DEFAULT_ENDPOINT));
        }
        if runtime.zip.is_some() && self.stack.bucket.is_none() {
            let message = "a zip needs a bucket to lie in";
            let help = "name a bucket that exists: `bucket = \"NAME\"` in [stack]";
            let problem = self.problem(&format!("{path}.zip"), message, help);
            problems.push(problem.under(&rules::RUNTIME_BUCKET));
        }
        if let Some(jwt) = &runtime.jwt {
            self.check_jwt(&format!("{path}.jwt"), jwt, problems);
        }
    }

    /// Whether a target names a runtime that is there, an endpoint of it, and signs in as it takes it.
    pub(super) fn check_runtime_reference(
        &self,
        path: &str,
        target: &Target,
        (key, name): (&str, &str),
        problems: &mut Problems,
    ) {
        let Some(runtime) = self.runtimes.get(name) else {
            let message = format!("there is no runtime `{name}`");
            let help = help_for_reference("runtimes", name, self.runtimes.keys());
            problems.push(self.problem(&format!("{path}.{key}"), message, help));
            return;
        };
        let (kind, qualifier) = match &target.kind {
            TargetKind::McpServer(server) => ("mcp_server", &server.qualifier),
            TargetKind::Runtime(runtime) => ("runtime", &runtime.qualifier),
            _ => return,
        };
        if kind == "mcp_server" && runtime.protocol != ServerProtocol::Mcp {
            let message = format!("the runtime `{name}` does not speak MCP");
            let help = "write `protocol = \"mcp\"` there, or a target with `runtime = { … }`";
            problems.push(self.problem(&format!("{path}.{key}"), message, help));
        }
        if let Some(qualifier) = qualifier
            && qualifier != DEFAULT
            && !qualifier.starts_with(|first: char| first.is_ascii_digit())
            && !runtime.endpoints.contains_key(qualifier)
        {
            let message = format!("the runtime `{name}` has no endpoint `{qualifier}`");
            let table = join("runtimes", name) + ".endpoints";
            let help = help_for_reference(&table, qualifier, runtime.endpoints.keys());
            problems.push(self.problem(&format!("{path}.{kind}.qualifier"), message, help));
        }
        let by_credentials =
            matches!(target.signs_in(), Auth::GatewayRole | Auth::SigV4(_) | Auth::CallerIam);
        let (message, help) = match (&runtime.jwt, by_credentials) {
            (Some(_), true) => (
                format!("the runtime `{name}` takes tokens of its `jwt` and no AWS credentials"),
                "set `auth` to \"jwt_passthrough\" or to a provider, or remove the runtime's `jwt`",
            ),
            (None, false) => (
                format!("callers of the runtime `{name}` sign with AWS credentials"),
                "remove `auth`, or give the runtime a `jwt`",
            ),
            _ => return,
        };
        let problem = self.problem(&format!("{path}.auth"), message, help);
        problems.push(problem.under(&rules::RUNTIME_AUTHORIZER));
    }
}
