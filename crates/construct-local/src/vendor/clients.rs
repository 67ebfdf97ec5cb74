//! Who is registered with the built-in vendor: every credential provider, by its client id, secret
//! and callback URL, as if it had been entered there by hand.

use crate::services::agentcore::identity::secret_value;
use crate::state::Account;

/// A registered client.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) id: String,
    /// `GithubOauth2` and so on.
    pub(super) vendor: String,
    pub(super) secret: String,
    pub(super) redirect_uri: String,
}

/// The clients with this id: two providers may share one.
pub(super) fn of_id(account: &Account, id: &str) -> Vec<Client> {
    let regions = account.regions.values();
    let providers = regions.flat_map(|region| {
        region.agentcore.oauth2_providers.values().map(move |provider| (region, provider))
    });
    providers
        .filter(|(_, provider)| {
            let mut members = provider.configuration.as_object().into_iter().flatten();
            members.next().is_some_and(|(_, members)| members["clientId"] == id)
        })
        .map(|(region, provider)| Client {
            id: id.to_owned(),
            vendor: provider.vendor.clone(),
            secret: secret_value(region, &provider.secret).unwrap_or_default(),
            redirect_uri: provider.callback_url.clone(),
        })
        .collect()
}

impl Client {
    /// The vendor's name, for people.
    pub(super) fn vendor_name(&self) -> &str {
        match self.vendor.trim_end_matches("Oauth2") {
            "Github" => "GitHub",
            "Custom" => "the provider",
            name => name,
        }
    }
}
