//! Issuers of tokens, as the configurations name them: by a discovery document's URL, or outright.

use super::state::Oauth2Provider;

/// The issuer whose metadata is at `url`, without a slash at its end.
///
/// `OpenID` puts the well-known part behind the issuer, RFC 8414 between its host and its path.
pub(super) fn of_discovery_url(url: &str) -> Option<String> {
    let (before, document) = url.split_once("/.well-known/")?;
    let path = document.split_once('/').map(|(_, path)| path.trim_end_matches('/'));
    Some(match path {
        Some(path) if !path.is_empty() => format!("{before}/{path}"),
        _ => before.trim_end_matches('/').to_owned(),
    })
}

/// The issuer of an `OAuth2` provider, without a slash at its end.
pub(super) fn of_provider(provider: &Oauth2Provider) -> Option<String> {
    let configuration = provider.configuration.as_object()?.values().next()?;
    let discovery = configuration.get("oauthDiscovery")?;
    match discovery["authorizationServerMetadata"]["issuer"].as_str() {
        Some(issuer) => Some(issuer.trim_end_matches('/').to_owned()),
        None => of_discovery_url(discovery["discoveryUrl"].as_str()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_discovery_url_name_the_issuer() {
        for (url, issuer) in [
            ("https://idp/.well-known/openid-configuration", "https://idp"),
            ("https://idp/pool/.well-known/openid-configuration", "https://idp/pool"),
            ("https://idp/.well-known/oauth-authorization-server/pool", "https://idp/pool"),
        ] {
            assert_eq!(of_discovery_url(url).as_deref(), Some(issuer));
        }
        assert_eq!(of_discovery_url("https://idp/openid-configuration"), None);
    }
}
