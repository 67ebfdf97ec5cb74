//! `[providers]`: which keys a vendor takes and needs, and what goes with what.

use crate::manifest::read::join;
use crate::manifest::rules::{self, CountRule};
use crate::manifest::types::{
    ActorToken, ClientAuthentication, ExchangeGrant, OAuth2Client, OnBehalfOf, PrivateKeyJwt,
    Provider, ProviderArn,
};
use crate::manifest::{Manifest, Problem, Problems, tables};

/// The keys of a client at an OAuth server that every vendor takes.
const COMMON: [&str; 2] = ["client_id", "client_secret"];

impl Manifest {
    pub(super) fn check_providers(&self, refused: &Problems, problems: &mut Problems) {
        for (name, provider) in &self.providers {
            let path = join("providers", name);
            if refused.covers(&format!("{path}.vendor")) {
                // Nobody knows what a vendor takes that is not known, or not written.
                continue;
            }
            match provider {
                Provider::OAuth2(client) => self.check_client(&path, client, problems),
                Provider::ApiKey(_) => {}
                Provider::Existing(arn) => self.check_linked(&path, arn, problems),
            }
        }
        let of = |is: fn(&Provider) -> bool| self.providers.values().filter(|one| is(one)).count();
        let counts = [
            ("OAuth2", of(|provider| matches!(provider, Provider::OAuth2(_)))),
            ("API key", of(|provider| matches!(provider, Provider::ApiKey(_)))),
        ];
        for (kind, count) in counts {
            let CountRule { rule, maximum, .. } = &rules::PROVIDERS;
            if count > *maximum {
                let message = format!("{count} {kind} providers are not possible");
                let help = format!(
                    "an account has at most {maximum} in a Region: let targets share one, or link another stack's with `existing`"
                );
                problems.push(self.problem("providers", message, help).under(rule));
            }
        }
    }

    fn check_linked(&self, path: &str, arn: &ProviderArn, problems: &mut Problems) {
        if arn.region() != self.stack.region {
            let message =
                format!("the provider is in {}, the stack in {}", arn.region(), self.stack.region);
            let help = "a gateway takes providers of its own account and Region only";
            let problem = self.problem(&format!("{path}.existing"), message, help);
            problems.push(problem.under(&rules::SAME_PLACE));
        }
    }

    fn check_client(&self, path: &str, client: &OAuth2Client, problems: &mut Problems) {
        let row = client.vendor.row();
        let written = |key: &str| self.is_written(&format!("{path}.{key}"));
        let known =
            |key: &str| key == "vendor" || COMMON.contains(&key) || row.takes.contains(&key);
        let all: Vec<String> =
            COMMON.iter().chain(row.takes).map(|key| format!("`{key}`")).collect();
        for key in tables::provider_keys().filter(|key| !known(key) && written(key)) {
            let message = format!("`{key}` is not for the vendor {:?}", row.word);
            let help = format!("remove it; {:?} takes {}", row.word, all.join(", "));
            let problem = self.problem(&format!("{path}.{key}"), message, help);
            problems.push(problem.under(&rules::VENDOR_RULE));
        }
        for key in row.needs.iter().filter(|key| !written(key)) {
            let help =
                format!("add `{key} = \"https://…\"`: {} gives each customer a server", row.name);
            problems.push(self.missing(path, key, help).under(&rules::VENDOR_RULE));
        }
        if client.vendor.is_custom() {
            self.check_custom(path, client, problems);
            return;
        }
        if client.client_id.is_none() {
            let help = "add `client_id = \"…\"`. Client id registered at the vendor.".to_owned();
            problems.push(self.missing(path, "client_id", help));
        }
        if client.client_secret.is_none() {
            problems.push(self.missing(path, "client_secret", SECRET_HELP.to_owned()));
        }
    }

    fn missing(&self, path: &str, key: &str, help: String) -> Problem {
        self.problem(&format!("{path}.{key}"), format!("`{key}` is missing"), help)
    }

    fn check_custom(&self, path: &str, client: &OAuth2Client, problems: &mut Problems) {
        let settings = &client.settings;
        let help = "write exactly one of `discovery_url`, `metadata`";
        match (&settings.discovery_url, &settings.metadata) {
            (None, None) => {
                let message = "none of `discovery_url`, `metadata` is written";
                problems.push(self.problem(&format!("{path}.discovery_url"), message, help));
            }
            (Some(_), Some(_)) => {
                let message = "`discovery_url` and `metadata` exclude each other";
                problems.push(self.problem(&format!("{path}.metadata"), message, help));
            }
            _ => {}
        }
        self.check_authentication(path, client, problems);
        if let Some(key) = &settings.private_key_jwt {
            self.check_claims(&format!("{path}.private_key_jwt"), key, problems);
        }
        if let Some(exchange) = &settings.on_behalf_of {
            self.check_exchange(&format!("{path}.on_behalf_of"), exchange, problems);
        }
    }

    /// A secret goes with the two methods that send one, a key with the one that signs.
    fn check_authentication(&self, path: &str, client: &OAuth2Client, problems: &mut Problems) {
        let settings = &client.settings;
        let method = settings.client_authentication;
        let by_key = method == Some(ClientAuthentication::PrivateKeyJwt);
        let mut report = |key: &str, message: &str, help: &str| {
            let problem = self.problem(&format!("{path}.{key}"), message, help);
            problems.push(problem.under(&rules::CLIENT_AUTHENTICATION));
        };
        match (by_key, &settings.private_key_jwt) {
            (true, None) => {
                report(
                    "private_key_jwt",
                    "`private_key_jwt` is missing",
                    "add `private_key_jwt = { kms_key = \"…\" }`",
                );
            }
            (false, Some(_)) => report(
                "private_key_jwt",
                "a signing key goes with `client_authentication = \"private_key_jwt\"`",
                "write that too, or remove the key",
            ),
            _ => {}
        }
        let no_client = settings.on_behalf_of.as_ref().is_some_and(|exchange| exchange.no_client);
        let by_secret = method.is_none_or(ClientAuthentication::takes_secret);
        match (by_secret, &client.client_secret) {
            (true, None) if !no_client => report(
                "client_secret",
                "`client_secret` is missing",
                "say where it comes from, or how the client proves itself without one with `client_authentication`",
            ),
            (false, Some(_)) => report(
                "client_secret",
                "a client that proves itself by an assertion has no secret",
                "remove it, or choose another `client_authentication`",
            ),
            _ => {}
        }
    }

    fn check_claims(&self, path: &str, key: &PrivateKeyJwt, problems: &mut Problems) {
        let (header, payload) = &rules::RESERVED_CLAIMS;
        let parts: [(&str, &_, &[&str]); 2] = [
            ("header_claims", &key.header_claims, header),
            ("payload_claims", &key.payload_claims, payload),
        ];
        for (part, claims, reserved) in parts {
            for claim in claims.keys().filter(|claim| reserved.contains(&claim.as_str())) {
                let at = join(&format!("{path}.{part}"), claim);
                let message = format!("the service writes the claim `{claim}` itself");
                let problem = self.problem(&at, message, "remove it");
                problems.push(problem.under(&rules::RESERVED_CLAIM));
            }
        }
    }

    fn check_exchange(&self, path: &str, exchange: &OnBehalfOf, problems: &mut Problems) {
        if exchange.actor_token.is_some() && exchange.grant != ExchangeGrant::TokenExchange {
            let message = "an actor token goes with `grant = \"token_exchange\"`";
            let problem = self.problem(&format!("{path}.actor_token"), message, "remove it");
            problems.push(problem.under(&rules::ON_BEHALF_OF));
        }
        if !exchange.actor_scopes.is_empty() && exchange.actor_token != Some(ActorToken::M2m) {
            let message = "scopes of an actor go with `actor_token = \"m2m\"`";
            let problem = self.problem(&format!("{path}.actor_scopes"), message, "remove them");
            problems.push(problem.under(&rules::ON_BEHALF_OF));
        }
    }
}

const SECRET_HELP: &str =
    "add `client_secret = { env = \"VARIABLE\" }`. Where the client secret comes from.";
