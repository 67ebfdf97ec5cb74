//! `[targets]`: references by name, and which grant a target type takes.

use super::help_for_reference;
use crate::manifest::rules::outbound::{self, Outbound};
use crate::manifest::{LambdaSource, Manifest, Problems, Target, TargetKind};

impl Manifest {
    pub(super) fn check_target(&self, path: &str, target: &Target, problems: &mut Problems) {
        if let Some(auth) = &target.auth
            && !self.providers.contains_key(&auth.provider)
        {
            let message = format!("there is no provider `{}`", auth.provider);
            let help = help_for_reference("providers", &auth.provider, self.providers.keys());
            problems.push(self.problem(&format!("{path}.auth.provider"), message, help));
        }
        if let TargetKind::Lambda { source, .. } = &target.kind {
            if let LambdaSource::Function(name) = source
                && !self.functions.contains_key(name)
            {
                let message = format!("there is no function `{name}`");
                let help = help_for_reference("functions", name, self.functions.keys());
                problems.push(self.problem(&format!("{path}.lambda.function"), message, help));
            }
        }
        self.check_outbound(path, target, problems);
    }

    fn check_outbound(&self, path: &str, target: &Target, problems: &mut Problems) {
        let kind = outbound::TargetType::of(&target.kind);
        let wanted = Outbound::of(target);
        let allowed = outbound::allowed(kind);
        if allowed.contains(&wanted) {
            return;
        }
        let message = format!("{kind} does not take {wanted}");
        let all = allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let help = match kind {
            outbound::TargetType::Lambda => format!("remove `auth`; possible: {all}"),
            outbound::TargetType::OpenApi => format!("possible: {all}"),
        };
        // The grant is to blame, unless the type takes no `auth` at all.
        let oauth = [Outbound::AuthorizationCode, Outbound::ClientCredentials];
        let blamed = if oauth.iter().any(|grant| allowed.contains(grant)) {
            format!("{path}.auth.grant")
        } else {
            format!("{path}.auth")
        };
        problems.push(self.problem(&blamed, message, help).under(&outbound::RULE));
    }
}
