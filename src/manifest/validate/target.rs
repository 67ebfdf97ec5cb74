//! `[targets]`: references by name, headers, permissions, and what a person should know.

use super::help_for_reference;
use super::outbound::{needs_permissions, unknown_pair};
use crate::manifest::read::join;
use crate::manifest::rules::{self, outbound::TargetType};
use crate::manifest::{LambdaSource, LambdaTarget, Manifest, Problems, Target, TargetKind};

impl Manifest {
    pub(super) fn check_target(&self, path: &str, target: &Target, problems: &mut Problems) {
        if let TargetKind::Lambda(LambdaTarget { source: LambdaSource::Function(name), .. }) =
            &target.kind
            && !self.functions.contains_key(name)
        {
            let message = format!("there is no function `{name}`");
            let help = help_for_reference("functions", name, self.functions.keys());
            problems.push(self.problem(&format!("{path}.lambda.function"), message, help));
        }
        if let Some((key, name)) = target.runtime() {
            self.check_runtime_reference(path, target, (key, name), problems);
        }
        self.check_headers(path, target, problems);
        self.check_permissions(path, target, problems);
        self.check_outbound(path, target, problems);
        self.check_gateway_of(path, target, problems);
    }

    fn check_headers(&self, path: &str, target: &Target, problems: &mut Problems) {
        let Some(headers) = &target.headers else { return };
        for (direction, names) in [("request", &headers.request), ("response", &headers.response)] {
            for (index, name) in names.iter().enumerate() {
                if rules::is_reserved_header(name) {
                    let message = format!("the header `{name}` cannot pass the gateway");
                    let path = format!("{path}.headers.{direction}[{index}]");
                    let help = "remove it: it carries credentials, belongs to one connection, or is the gateway's own";
                    problems
                        .push(self.problem(&path, message, help).under(&rules::RESERVED_HEADER));
                }
            }
        }
    }

    /// A permission on everything would be the role's for all targets.
    fn check_permissions(&self, path: &str, target: &Target, problems: &mut Problems) {
        let used = target.signs_in();
        let signs =
            matches!(used, crate::manifest::Auth::GatewayRole | crate::manifest::Auth::SigV4(_));
        if !target.permissions.is_empty() && !signs {
            let message = "permissions are for a target that the gateway's role signs in to";
            let path = join(path, "permissions");
            problems.push(self.problem(&path, message, "remove them, or set `auth` to the role"));
        }
    }

    /// What is worth saying of the targets, though nothing is refused.
    pub(super) fn target_warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (name, target) in &self.targets {
            let path = join("targets", name);
            warnings.extend(unknown_pair(&path, target));
            let kind = TargetType::of(&target.kind);
            if target.permissions.is_empty() && needs_permissions(target) {
                warnings.push(format!(
                    "{path}: construct cannot tell what the gateway's role needs for {kind}; name it in `permissions`"
                ));
            }
        }
        warnings
    }
}
