//! `consent = "portal"`: which gateways can have one, who signs in to it, and where its targets' consents return.

use super::help_for_reference;
use crate::manifest::read::join;
use crate::manifest::{
    Auth, Consent, Gateway, Grant, Inbound, Manifest, Portal, Problems, Provider, rules,
};

impl Manifest {
    pub(super) fn check_portal(
        &self,
        path: &str,
        (name, gateway): (Option<&str>, &Gateway),
        problems: &mut Problems,
    ) {
        let key = format!("{path}.portal");
        if gateway.consent != Some(Consent::Portal) {
            if gateway.portal.is_some() {
                let message = "`portal` is for consent = \"portal\"";
                let help = "write `consent = \"portal\"`, or remove it";
                problems.push(self.problem(&key, message, help));
            }
            return;
        }
        if matches!(gateway.inbound, Inbound::Iam | Inbound::None) {
            let message = "a consent portal signs people in with the gateway's issuer, and this gateway has none";
            let help = "write `inbound = \"cognito\"` or `inbound = \"jwt\"`, or remove `consent`";
            let problem = self.problem(&format!("{path}.consent"), message, help);
            problems.push(problem.under(&rules::PORTAL_GATEWAY));
            return;
        }
        let portal = gateway.portal.clone().unwrap_or_default();
        if !portal.scopes.iter().any(|scope| scope == "openid") {
            let problem = self.problem(
                &format!("{key}.scopes"),
                "the portal needs to know who somebody is",
                "add \"openid\" to the scopes",
            );
            problems.push(problem.under(&rules::PORTAL_OPENID));
        }
        match gateway.inbound {
            Inbound::Jwt => self.check_portal_provider(path, &portal, problems),
            _ => self.check_own_portal(path, name, &portal, problems),
        }
        self.check_portal_targets(name, problems);
    }

    /// Of a gateway of the pool: the stack knows all that there is to know.
    fn check_own_portal(
        &self,
        path: &str,
        name: Option<&str>,
        portal: &Portal,
        problems: &mut Problems,
    ) {
        let said =
            [("provider", portal.provider.is_some()), ("audience", portal.audience.is_some())];
        for (key, _) in said.into_iter().filter(|(_, said)| *said) {
            let message = format!("`{key}` is for a gateway with inbound = \"jwt\"");
            let help = "remove it: people sign in with the stack's own pool";
            problems.push(self.problem(&format!("{path}.portal.{key}"), message, help));
        }
        let taken = name.map_or_else(
            || rules::PORTAL_PROVIDER.to_owned(),
            |name| format!("{}-{name}", rules::PORTAL_PROVIDER),
        );
        if self.providers.contains_key(&taken) {
            let message = "the provider of the consent portal has this name";
            problems.push(self.problem(&join("providers", &taken), message, "choose another name"));
        }
    }

    fn check_portal_provider(&self, path: &str, portal: &Portal, problems: &mut Problems) {
        let Some(name) = &portal.provider else {
            let message = "the portal does not say with which provider people sign in";
            let help =
                "add `portal = { provider = \"NAME\" }`, a provider of the gateway's own issuer";
            problems.push(self.problem(&format!("{path}.consent"), message, help));
            return;
        };
        let key = format!("{path}.portal.provider");
        match self.providers.get(name) {
            None => {
                let message = format!("there is no provider `{name}`");
                let help = help_for_reference("providers", name, self.providers.keys());
                problems.push(self.problem(&key, message, help));
            }
            Some(Provider::OAuth2(client))
                if rules::PORTAL_VENDORS_NOT.contains(&client.vendor.row().word) =>
            {
                let message = format!(
                    "{} cannot sign people in to a consent portal",
                    client.vendor.row().word
                );
                let help = "name a provider of the gateway's own issuer";
                problems.push(self.problem(&key, message, help).under(&rules::PORTAL_VENDOR));
            }
            Some(Provider::ApiKey(_)) => {
                let message = "an API key signs nobody in";
                let help = "name an OAuth2 provider of the gateway's own issuer";
                problems.push(self.problem(&key, message, help).under(&rules::PORTAL_VENDOR));
            }
            Some(_) => {}
        }
    }

    /// Every consent has to return to the portal.
    fn check_portal_targets(&self, gateway: Option<&str>, problems: &mut Problems) {
        for (name, target) in self.targets_of(gateway) {
            let Some(Auth::OAuth(oauth)) = &target.auth else { continue };
            if oauth.grant == Grant::AuthorizationCode && oauth.return_url.is_some() {
                let key = join("targets", name) + ".auth.return_url";
                let message = "consents of this gateway return to its portal";
                let problem = self.problem(&key, message, "remove it");
                problems.push(problem.under(&rules::PORTAL_RETURN));
            }
        }
    }
}
