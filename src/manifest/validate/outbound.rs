//! `auth` of a target: whether its type takes it, and whether provider and gateway go with it.

use super::help_for_reference;
use crate::manifest::rules::outbound::{self, Fit, Outbound, TargetType};
use crate::manifest::{
    Auth, Grant, Listing, Manifest, McpEndpoint, McpServer, Problems, Search, SigV4, Target,
    TargetKind,
};

impl Manifest {
    pub(super) fn check_outbound(&self, path: &str, target: &Target, problems: &mut Problems) {
        self.check_pair(path, target, problems);
        self.check_signing(path, target, problems);
        self.check_dynamic(path, target, problems);
        self.check_provider(path, target, problems);
    }

    /// Whether the provider is there, and gives what the target asks of it.
    fn check_provider(&self, path: &str, target: &Target, problems: &mut Problems) {
        let auth = target.signs_in();
        let Some(name) = auth.provider() else { return };
        let path = format!("{path}.auth.provider");
        let Some(provider) = self.providers.get(name) else {
            let message = format!("there is no provider `{name}`");
            let help = help_for_reference("providers", name, self.providers.keys());
            problems.push(self.problem(&path, message, help));
            return;
        };
        let (message, help) = match (&auth, provider.is_api_key()) {
            (Auth::OAuth(_), true) => (
                format!("the provider `{name}` gives an API key, and no token"),
                "write `location` instead of `grant`, or name a provider with a `vendor`",
            ),
            (Auth::ApiKey(_), false) => (
                format!("the provider `{name}` gives tokens, and no API key"),
                "write `grant` instead of `location`, or name a provider with an `api_key`",
            ),
            (Auth::OAuth(oauth), false)
                if oauth.grant == Grant::TokenExchange && !provider.exchanges_tokens() =>
            {
                (
                    format!("the provider `{name}` does not exchange tokens"),
                    "choose another grant, or name a provider of the vendor \"microsoft\", or a custom one with `on_behalf_of`",
                )
            }
            _ => return,
        };
        problems.push(self.problem(&path, message, help).under(&outbound::RULE));
    }

    fn check_pair(&self, path: &str, target: &Target, problems: &mut Problems) {
        let kind = TargetType::of(&target.kind);
        let wanted = Outbound::of(target);
        if kind.fit(wanted) != Fit::No {
            return;
        }
        let message = format!("{kind} does not take {wanted}");
        let all = kind.takes().map(|way| way.to_string()).collect::<Vec<_>>().join(", ");
        let help = match kind {
            TargetType::Lambda => format!("remove `auth`; possible: {all}"),
            _ => format!("possible: {all}"),
        };
        // The grant is to blame, unless the type takes no OAuth at all.
        let blamed = if wanted.is_oauth() && kind.takes().any(Outbound::is_oauth) {
            format!("{path}.auth.grant")
        } else {
            format!("{path}.auth")
        };
        problems.push(self.problem(&blamed, message, help).under(&outbound::RULE));
    }

    /// Whether the role is told which service to sign for, exactly where it must be.
    fn check_signing(&self, path: &str, target: &Target, problems: &mut Problems) {
        let kind = TargetType::of(&target.kind);
        let path = format!("{path}.auth");
        let (message, help) = match (target.signs_in(), kind.signs_for_a_service()) {
            (Auth::GatewayRole, Fit::Yes) => (
                format!("{kind} with the gateway's role needs the service to sign for"),
                "write { service = \"execute-api\" }, or \"bedrock-agentcore\" for a runtime or another gateway",
            ),
            (Auth::SigV4(_), Fit::No) => (
                format!("{kind} is not told which service to sign for"),
                "write \"gateway_role\" instead of the table",
            ),
            _ => return,
        };
        problems.push(self.problem(&path, message, help).under(&outbound::RULE));
    }

    /// A server that is asked whenever a caller asks has nobody to consent beforehand, and nothing to search.
    fn check_dynamic(&self, path: &str, target: &Target, problems: &mut Problems) {
        let TargetKind::McpServer(McpServer { listing: Listing::Dynamic, .. }) = &target.kind
        else {
            return;
        };
        let path = format!("{path}.mcp_server.listing");
        if target.signs_in().grant() == Some(Grant::AuthorizationCode) {
            let message = "a dynamic listing does not go with OAuth with authorization_code";
            let help = "write `listing = \"default\"`, and best its tools in a file: `tools = \"tools.json\"`";
            problems.push(self.problem(&path, message, help).under(&outbound::RULE));
        }
        if self.gateway_of(target).is_some_and(|gateway| gateway.search == Search::Semantic) {
            let message = "a dynamic listing does not go with a gateway that searches its tools";
            let help =
                "write `search = \"none\"` in the gateway's table, or `listing = \"default\"` here";
            problems.push(self.problem(&path, message, help).under(&outbound::RULE));
        }
    }
}

/// A warning for a pair that nobody documents.
pub(super) fn unknown_pair(path: &str, target: &Target) -> Option<String> {
    let kind = TargetType::of(&target.kind);
    let wanted = Outbound::of(target);
    (kind.fit(wanted) == Fit::Unknown).then(|| {
        format!(
            "{path}: it is not documented whether {kind} takes {wanted}; the service decides ({}, read {})",
            outbound::RULE.source,
            outbound::RULE.read
        )
    })
}

/// Whether the role signs for something of which nothing here tells what it must be allowed.
pub(super) fn needs_permissions(target: &Target) -> bool {
    match (&target.kind, target.signs_in()) {
        (TargetKind::McpServer(server), Auth::SigV4(SigV4 { service, .. })) => {
            match &server.server {
                McpEndpoint::Endpoint(url) => {
                    service != "bedrock-agentcore"
                        || !url.contains(".bedrock-agentcore.")
                            && !url.contains("//bedrock-agentcore.")
                }
                McpEndpoint::Runtime(_) => false,
            }
        }
        (TargetKind::OpenApi(_) | TargetKind::Passthrough(_), Auth::SigV4(_)) => true,
        (
            TargetKind::Smithy(_)
            | TargetKind::Connector(_)
            | TargetKind::Inference(_)
            | TargetKind::HttpConnector(_)
            | TargetKind::Passthrough(_),
            auth,
        ) => auth == Auth::GatewayRole,
        _ => false,
    }
}
