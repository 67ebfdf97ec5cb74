//! What a gateway's role may do for one target: exactly what its type and its sign-in need, and what the manifest adds.

use super::Blueprint;
use crate::manifest::{
    ApiGateway, Auth, LambdaSource, LambdaTarget, McpEndpoint, McpServer, RuntimeSource,
    RuntimeTarget, Target, TargetKind,
};
use crate::policy::{Statement, grants};

impl Blueprint<'_> {
    /// The statements for `target`; none where the role does nothing but get tokens.
    pub(super) fn target_statements(&self, name: &str, target: &Target) -> Vec<Statement> {
        let signed = matches!(target.signs_in(), Auth::GatewayRole | Auth::SigV4(_));
        let mut statements = Vec::new();
        match &target.kind {
            TargetKind::Lambda(LambdaTarget { source, .. }) => {
                statements.push(grants::invoke_function(&self.lambda_arn(source)));
            }
            TargetKind::Runtime(RuntimeTarget { runtime: RuntimeSource::Arn(arn), .. })
                if signed =>
            {
                statements.push(grants::invoke_runtime(arn));
            }
            TargetKind::Runtime(RuntimeTarget {
                runtime: RuntimeSource::Runtime(name), ..
            })
            | TargetKind::McpServer(McpServer { server: McpEndpoint::Runtime(name), .. })
                if signed =>
            {
                statements.push(grants::invoke_runtime(&self.runtime_arns(name)));
            }
            TargetKind::McpServer(McpServer { server: McpEndpoint::Endpoint(url), .. })
                if signed =>
            {
                statements.extend(self.endpoint_statement(url));
            }
            TargetKind::ApiGateway(ApiGateway { rest_api, stage, .. }) if signed => {
                statements.push(grants::invoke_rest_api(self.naming, rest_api, stage));
            }
            _ => {}
        }
        statements.extend(self.schema_arn(name).as_deref().map(grants::read_object));
        let further = target.permissions.iter().zip(1..);
        statements.extend(further.map(|(permission, number)| {
            grants::named(number, &permission.actions, &permission.resources)
        }));
        statements
    }

    /// The ARN that a function has or will have.
    fn lambda_arn(&self, source: &LambdaSource) -> String {
        match source {
            LambdaSource::Function(name) => {
                self.naming.arn("lambda", &format!("function:{}", self.function_name(name)))
            }
            LambdaSource::Arn(arn) => arn.clone(),
        }
    }

    /// What calling `url` takes, where the URL tells: it is a runtime, another gateway, or a stage of a REST API.
    fn endpoint_statement(&self, url: &str) -> Option<Statement> {
        let rest = url.strip_prefix("https://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if let Some((id, _)) = host.split_once(".gateway.bedrock-agentcore.") {
            return Some(grants::invoke_gateway(self.naming, id));
        }
        if let Some((api, _)) = host.split_once(".execute-api.") {
            let stage = path.split(['/', '?']).next().filter(|stage| !stage.is_empty())?;
            return Some(grants::invoke_rest_api(self.naming, api, stage));
        }
        let escaped = path.strip_prefix("runtimes/")?.split('/').next()?;
        let arn = escaped.replace("%3A", ":").replace("%3a", ":");
        let arn = arn.replace("%2F", "/").replace("%2f", "/");
        arn.starts_with("arn:").then(|| grants::invoke_runtime(&arn))
    }
}
