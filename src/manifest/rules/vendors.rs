//! The vendors of `OAuth2` credential providers: our word, the API's, and what each takes.
//!
//! One row a vendor. The manifest's choices, the requests, the refusals and the list of callback URLs to register are all
//! read from here.

use super::{MODEL, Rule, rule};

/// Where the rows come from: the vendors and the member of the configuration union that each one uses.
pub static VENDOR_RULE: Rule = rule("provider-vendor", MODEL);

/// The member of `Oauth2ProviderConfigInput` that a vendor's configuration goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// `atlassianOauth2ProviderConfig`.
    Atlassian,
    /// `customOauth2ProviderConfig`: an OAuth server that the service knows nothing of.
    Custom,
    /// `githubOauth2ProviderConfig`.
    Github,
    /// `googleOauth2ProviderConfig`.
    Google,
    /// `includedOauth2ProviderConfig`: every vendor without a member of its own.
    Included,
    /// `linkedinOauth2ProviderConfig`.
    Linkedin,
    /// `microsoftOauth2ProviderConfig`.
    Microsoft,
    /// `salesforceOauth2ProviderConfig`.
    Salesforce,
    /// `slackOauth2ProviderConfig`.
    Slack,
}

/// A vendor of OAuth servers.
#[derive(Debug)]
pub struct VendorRow {
    /// As the manifest writes it.
    pub word: &'static str,
    /// As `credentialProviderVendor` has it.
    pub api: &'static str,
    /// As people write it.
    pub name: &'static str,
    /// Where its configuration goes.
    pub member: Member,
    /// Keys that it takes beside `client_id` and `client_secret`.
    pub takes: &'static [&'static str],
    /// Those of them without which it cannot work.
    pub needs: &'static [&'static str],
    /// Where a person registers the callback URL.
    pub console: &'static str,
    /// The last part of the address of the developer guide's page.
    pub page: &'static str,
}

/// What can be said of a console that its vendor does not describe at a lasting address.
const ANYWHERE: &str = "the vendor's developer console, your client, its redirect URIs";

const NONE: &[&str] = &[];
const TENANT: &[&str] = &["tenant_id"];
const ENDPOINTS: &[&str] = &["issuer", "authorization_endpoint", "token_endpoint"];
const CUSTOM: &[&str] = &[
    "discovery_url",
    "metadata",
    "client_authentication",
    "private_key_jwt",
    "on_behalf_of",
    "private_endpoint",
];

/// A vendor whose endpoints the service knows, with its member and the keys that it takes.
const fn known(
    (word, api, name): (&'static str, &'static str, &'static str),
    (member, takes): (Member, &'static [&'static str]),
    console: &'static str,
    page: &'static str,
) -> VendorRow {
    VendorRow { word, api, name, member, takes, needs: NONE, console, page }
}

/// A vendor that the service has no member for, and whose endpoints are the same for everybody.
const fn included(
    names: (&'static str, &'static str, &'static str),
    console: &'static str,
    page: &'static str,
) -> VendorRow {
    known(names, (Member::Included, ENDPOINTS), console, page)
}

/// A vendor that gives each customer an OAuth server: the developer guide's page shows all three endpoints.
const fn tenant(
    names: (&'static str, &'static str, &'static str),
    console: &'static str,
    page: &'static str,
) -> VendorRow {
    VendorRow { needs: ENDPOINTS, ..included(names, console, page) }
}

/// Every vendor of the API, by our word.
pub static VENDORS: [VendorRow; 25] = ROWS;

const ROWS: [VendorRow; 25] = [
    known(
        ("atlassian", "AtlassianOauth2", "Atlassian"),
        (Member::Atlassian, NONE),
        "https://developer.atlassian.com/console/myapps/, your app, Authorization, OAuth 2.0 (3LO), \"Callback URL\"",
        "atlassian",
    ),
    tenant(("auth0", "Auth0Oauth2", "Auth0"), ANYWHERE, "auth0"),
    tenant(("cognito", "CognitoOauth2", "Amazon Cognito"), ANYWHERE, "cognito"),
    VendorRow {
        word: "custom",
        api: "CustomOauth2",
        name: "the OAuth server",
        member: Member::Custom,
        takes: CUSTOM,
        needs: NONE,
        console: ANYWHERE,
        page: "add-oauth-client-custom",
    },
    tenant(("cyber-ark", "CyberArkOauth2", "CyberArk"), ANYWHERE, "cyberark"),
    included(("dropbox", "DropboxOauth2", "Dropbox"), ANYWHERE, "dropbox"),
    included(("facebook", "FacebookOauth2", "Facebook"), ANYWHERE, "facebook"),
    tenant(("fusion-auth", "FusionAuthOauth2", "FusionAuth"), ANYWHERE, "fusionauth"),
    known(
        ("github", "GithubOauth2", "GitHub"),
        (Member::Github, NONE),
        "GitHub, your Settings, Developer settings, OAuth Apps, your app, \"Authorization callback URL\"",
        "github",
    ),
    known(("google", "GoogleOauth2", "Google"), (Member::Google, NONE), ANYWHERE, "google"),
    included(("hubspot", "HubspotOauth2", "HubSpot"), ANYWHERE, "hubspot"),
    known(
        ("linkedin", "LinkedinOauth2", "LinkedIn"),
        (Member::Linkedin, NONE),
        ANYWHERE,
        "linkedin",
    ),
    known(
        ("microsoft", "MicrosoftOauth2", "Microsoft"),
        (Member::Microsoft, TENANT),
        "the Microsoft Entra admin center, App registrations, your app, Authentication, Web, \"Redirect URIs\"",
        "microsoft",
    ),
    included(("notion", "NotionOauth2", "Notion"), ANYWHERE, "notion"),
    tenant(("okta", "OktaOauth2", "Okta"), ANYWHERE, "okta"),
    tenant(("one-login", "OneLoginOauth2", "OneLogin"), ANYWHERE, "onelogin"),
    tenant(("ping-one", "PingOneOauth2", "PingOne"), ANYWHERE, "pingidentity"),
    included(("reddit", "RedditOauth2", "Reddit"), ANYWHERE, "reddit"),
    known(
        ("salesforce", "SalesforceOauth2", "Salesforce"),
        (Member::Salesforce, NONE),
        ANYWHERE,
        "salesforce",
    ),
    known(
        ("slack", "SlackOauth2", "Slack"),
        (Member::Slack, NONE),
        "https://api.slack.com/apps, your app, OAuth & Permissions, \"Redirect URLs\"",
        "slack",
    ),
    included(("spotify", "SpotifyOauth2", "Spotify"), ANYWHERE, "spotify"),
    included(("twitch", "TwitchOauth2", "Twitch"), ANYWHERE, "twitch"),
    included(("x", "XOauth2", "X"), ANYWHERE, "x"),
    included(("yandex", "YandexOauth2", "Yandex"), ANYWHERE, "yandex"),
    included(("zoom", "ZoomOauth2", "Zoom"), ANYWHERE, "zoom"),
];

/// The words alone, in the same order: the choices of `vendor`.
pub static VENDOR_WORDS: [&str; 25] = {
    let mut words = [""; 25];
    let mut index = 0;
    while index < words.len() {
        words[index] = ROWS[index].word;
        index += 1;
    }
    words
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_and_need_only_what_they_take() {
        assert!(VENDOR_WORDS.is_sorted());
        for row in &VENDORS {
            assert!(row.needs.iter().all(|key| row.takes.contains(key)), "{}", row.word);
            assert_eq!(row.api.to_lowercase(), row.word.replace('-', "") + "oauth2");
            assert!(!row.console.is_empty() && !row.page.is_empty() && !row.name.is_empty());
        }
    }

    #[test]
    fn every_vendor_of_the_sdk_has_a_row() {
        use aws_sdk_bedrockagentcorecontrol::types::CredentialProviderVendorType;
        let mut ours: Vec<&str> = VENDORS.iter().map(|row| row.api).collect();
        let mut theirs = CredentialProviderVendorType::values().to_vec();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs);
    }
}
