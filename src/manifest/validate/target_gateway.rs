//! What a target asks of the gateway that it is in: its protocol, its way in, and where a consent returns to.

use crate::manifest::rules::{self, outbound::TargetType};
use crate::manifest::{Auth, Gateway, GatewayProtocol, Grant, Inbound, Manifest, Problems, Target};

impl Manifest {
    /// A target whose gateway is not there has that for its problem, see `check_gateways`.
    pub(super) fn check_gateway_of(&self, path: &str, target: &Target, problems: &mut Problems) {
        let Some(gateway) = self.gateway_of(target) else { return };
        self.check_protocol(path, (target, gateway), problems);
        self.check_caller(path, (target, gateway), problems);
        self.check_consent(path, (target, gateway), problems);
    }

    fn check_protocol(
        &self,
        path: &str,
        (target, gateway): (&Target, &Gateway),
        problems: &mut Problems,
    ) {
        let kind = TargetType::of(&target.kind);
        if kind.is_mcp() || gateway.protocol == GatewayProtocol::Any {
            return;
        }
        let message = format!("{kind} does not go into a gateway of MCP servers and tools only");
        let help = "write `protocol = \"any\"` in the gateway's table; a gateway that exists is then made anew, and its URL changes";
        let key = format!("{path}.{}", kind.key());
        problems.push(self.problem(&key, message, help).under(&rules::GATEWAY_PROTOCOL));
    }

    fn check_caller(
        &self,
        path: &str,
        (target, gateway): (&Target, &Gateway),
        problems: &mut Problems,
    ) {
        if target.signs_in() != Auth::CallerIam || gateway.inbound == Inbound::Iam {
            return;
        }
        let message = "callers of its gateway have no AWS credentials to sign in with";
        let help = "write `inbound = \"iam\"` in the gateway's table, or another `auth` here";
        let key = format!("{path}.auth");
        problems.push(self.problem(&key, message, help).under(&rules::CALLER_IAM));
    }

    fn check_consent(
        &self,
        path: &str,
        (target, gateway): (&Target, &Gateway),
        problems: &mut Problems,
    ) {
        let Auth::OAuth(oauth) = target.signs_in() else { return };
        let returns = oauth.return_url.is_some() || gateway.consent_returns();
        if oauth.grant != Grant::AuthorizationCode || returns {
            return;
        }
        let message = "a person's consent has nowhere to return to";
        let help = "write `inbound = \"cognito\"` in the gateway's table, whose front completes consents; or \
                    `consent = \"portal\"` there; or `return_url`, a page of yours that completes them; or another `grant`";
        let key = format!("{path}.auth.grant");
        problems.push(self.problem(&key, message, help).under(&rules::CONSENT_RETURN));
    }
}
