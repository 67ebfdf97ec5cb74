//! Whether each callback URL is registered where it must be.
//!
//! A vendor is asked as a browser would ask it, with `prompt=none`: who knows the URL for the client must send the answer
//! there and show no page (OpenID Connect Core 1.0, section 3.1.2.1), and who does not must not send anything there
//! (RFC 6749, section 3.1.2.4). So an answer that goes to the URL proves that it is registered. A vendor that shows a page
//! first proves nothing, and then the URL is for a person to compare.

use bytes::Bytes;
use construct_engine::StepError;
use http::header::LOCATION;
use http::{Request, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::connection::{Answer, Connection, Trust};
use super::{Checked, Finding};
use crate::cloud::{Cloud, RawAnswer, classify};
use crate::manifest::{Manifest, Vendor};
use crate::outputs::config::{Config, Provider};
use crate::wire::own_authority;

/// Looks at the callback URLs of `config`.
pub(super) async fn check(
    cloud: &Cloud,
    manifest: &Manifest,
    config: &Config,
    trust: &Trust,
) -> Checked {
    let mut findings = Vec::new();
    for (name, provider) in &manifest.providers {
        let made = config.providers.get(name);
        let Some((vendor, made)) = provider.vendor().zip(made) else { continue };
        let Some(url) = &made.callback_url else { continue };
        let registered = match asked(cloud, made, url, trust).await {
            Ok(registered) => registered,
            Err(error) => {
                findings.push(Finding::refused(
                    format!("the endpoints of the provider {name}"),
                    &error,
                ));
                continue;
            }
        };
        findings.push(found(cloud.local, name, vendor, url, registered));
    }
    findings.extend(of_sign_in(cloud.local, config));
    if findings.is_empty() {
        findings.push(Finding::fine("there are none to register"));
    }
    Checked::new("callbacks", findings)
}

/// What a vendor's answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Registered {
    Yes,
    /// Refused, with this status.
    No(StatusCode),
    /// The vendor does not say.
    Untold,
}

fn found(is_local: bool, name: &str, vendor: Vendor, url: &str, registered: Registered) -> Finding {
    let row = vendor.row();
    let todo = format!("register {url}\nwhere: {}", row.console);
    match registered {
        Registered::Yes => {
            Finding::fine(format!("{} knows the callback URL of the provider {name}", row.name))
        }
        Registered::No(status) => Finding::wrong(
            format!(
                "{} refuses the callback URL of the provider {name} (status {})",
                row.name,
                status.as_u16()
            ),
            "people who consent end at an error page of the vendor, and the tool never gets its token",
            todo,
        ),
        Registered::Untold if is_local => Finding::fine(format!(
            "provider {name}: the local AWS's own vendor takes any callback URL"
        )),
        Registered::Untold => Finding::by_hand(
            format!(
                "the callback URL of the provider {name}: {} does not let it be checked from outside",
                row.name
            ),
            "where it is not registered, people who consent end at an error page of the vendor",
            todo,
        ),
    }
}

/// What the issuers that people sign in with have to know. None of them can be asked without somebody signing in.
fn of_sign_in(is_local: bool, config: &Config) -> Vec<Finding> {
    let federation = config.cognito.iter().flat_map(|cognito| &cognito.federation);
    let federation = federation.map(|(name, registration)| {
        let entity = registration.entity_id.as_ref();
        let entity = entity.map(|id| format!("\nentity id (audience): {id}")).unwrap_or_default();
        (format!("identity provider {name}"), format!("{}{entity}", registration.redirect_uri))
    });
    let portals = config.portals.iter();
    let portals = portals
        .map(|(name, portal)| (format!("consent portal {name}"), portal.sign_in_callback.clone()));
    let told = |(whose, url): (String, String)| {
        if is_local {
            return Finding::fine(format!("{whose}: the local AWS sends nobody away"));
        }
        Finding::by_hand(
            format!(
                "the callback URL of the {whose} cannot be checked without a person who signs in"
            ),
            "where it is not registered, nobody gets past the sign-in",
            format!("compare it with what its issuer has: {url}"),
        )
    };
    federation.chain(portals).map(told).collect()
}

/// Asks the vendor of `provider` about `url`. On the local AWS only vendors on this machine are asked: its own is the vendor
/// of all others.
async fn asked(
    cloud: &Cloud,
    provider: &Provider,
    url: &str,
    trust: &Trust,
) -> Result<Registered, StepError> {
    let name = provider.arn.rsplit('/').next().unwrap_or_default();
    let raw = RawAnswer::default();
    let call = cloud.agentcore.get_oauth2_credential_provider().name(name);
    let answer = call.customize().interceptor(raw.clone()).send().await;
    answer.map_err(|error| classify("GetOauth2CredentialProvider", error))?;
    let described = raw.json();
    let may_ask = |address: &str| {
        if cloud.local { own_authority(address).is_some() } else { address.starts_with("https://") }
    };
    let client = member(&described, "clientId");
    let endpoint =
        match (member(&described, "authorizationEndpoint"), member(&described, "discoveryUrl")) {
            (Some(endpoint), _) => Some(endpoint),
            (None, Some(document)) if may_ask(&document) => discovered(&document, trust).await,
            (None, _) => None,
        };
    Ok(match endpoint.filter(|endpoint| may_ask(endpoint)).zip(client) {
        Some((endpoint, client)) => probe(&endpoint, &client, url, trust).await,
        None => Registered::Untold,
    })
}

/// The text of the member `name`, wherever it stands: each vendor has a part of the answer of its own.
fn member(value: &Value, name: &str) -> Option<String> {
    let Value::Object(members) = value else { return None };
    let own = members.get(name).and_then(Value::as_str).map(str::to_owned);
    own.or_else(|| members.values().find_map(|inner| member(inner, name)))
}

async fn discovered(document: &str, trust: &Trust) -> Option<String> {
    let answer = get(document, trust).await?;
    let document: Value = serde_json::from_slice(&answer.body).ok()?;
    document["authorization_endpoint"].as_str().map(str::to_owned)
}

async fn probe(endpoint: &str, client: &str, callback: &str, trust: &Trust) -> Registered {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    let url = format!(
        "{endpoint}{joint}response_type=code&client_id={}&redirect_uri={}&scope=openid&prompt=none&state=construct-doctor",
        encoded(client),
        encoded(callback)
    );
    match get(&url, trust).await {
        Some(answer) => told(&answer, callback),
        None => Registered::Untold,
    }
}

fn told(answer: &Answer, callback: &str) -> Registered {
    let goes_to = answer.headers.get(LOCATION).and_then(|location| location.to_str().ok());
    match goes_to.and_then(|location| location.strip_prefix(callback)) {
        Some(rest) if rest.is_empty() || rest.starts_with(['?', '#', '&']) => Registered::Yes,
        _ if answer.status == StatusCode::BAD_REQUEST => Registered::No(answer.status),
        _ => Registered::Untold,
    }
}

async fn get(url: &str, trust: &Trust) -> Option<Answer> {
    let path = url.parse::<http::Uri>().ok()?.into_parts().path_and_query?;
    let (mut connection, _) = Connection::open(url, trust).await.ok()?;
    connection.send(Request::get(path.as_str()).body(Bytes::new()).ok()?).await.ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use serde_json::json;

    use super::*;
    use crate::doctor::Outcome;

    const CALLBACK: &str =
        "https://bedrock-agentcore.us-west-2.amazonaws.com/identities/oauth2/callback/1";

    fn answer(status: u16, location: Option<&str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(location) = location {
            headers.insert(LOCATION, HeaderValue::from_str(location).unwrap());
        }
        Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::new() }
    }

    #[test]
    fn only_an_answer_that_goes_to_the_url_proves_it() {
        let known = format!("{CALLBACK}?error=login_required");
        assert_eq!(told(&answer(302, Some(&known)), CALLBACK), Registered::Yes);
        let near = format!("{CALLBACK}23?error=login_required");
        for other in [Some("https://vendor.example/login"), Some(near.as_str()), None] {
            assert_eq!(told(&answer(302, other), CALLBACK), Registered::Untold, "{other:?}");
        }
        assert_eq!(told(&answer(200, None), CALLBACK), Registered::Untold);
        let refused = told(&answer(400, None), CALLBACK);
        let finding = found(false, "okta", Vendor::of("okta").unwrap(), CALLBACK, refused);
        assert!(
            finding.outcome == Outcome::Wrong && finding.what.contains("status 400"),
            "{finding:?}"
        );
        assert!(finding.todo.unwrap().contains(CALLBACK));
    }

    #[test]
    fn what_a_vendor_does_not_tell_is_a_manual_step_with_its_place() {
        let github = Vendor::of("github").unwrap();
        let finding = found(false, "github", github, CALLBACK, Registered::Untold);
        assert_eq!(finding.outcome, Outcome::ByHand);
        let todo = finding.todo.unwrap();
        assert!(todo.contains(CALLBACK) && todo.contains(github.row().console), "{todo}");
        assert_eq!(
            found(true, "github", github, CALLBACK, Registered::Untold).outcome,
            Outcome::Fine
        );
    }

    #[tokio::test]
    async fn a_vendor_is_asked_as_a_browser_would_ask() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/authorize", listener.local_addr().unwrap());
        let vendor = tokio::spawn(async move {
            let mut asked = Vec::new();
            for known in [true, false] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = vec![0; 4096];
                let length = stream.read(&mut bytes).await.unwrap();
                asked.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
                let answer = if known {
                    format!(
                        "HTTP/1.1 302 Found\r\nLocation: {CALLBACK}?error=login_required\r\nContent-Length: 0\r\n\r\n"
                    )
                } else {
                    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_owned()
                };
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            asked
        });
        let trust = Trust::of_this_machine();
        assert_eq!(probe(&endpoint, "a b", CALLBACK, &trust).await, Registered::Yes);
        let refused = probe(&endpoint, "a b", CALLBACK, &trust).await;
        assert_eq!(refused, Registered::No(StatusCode::BAD_REQUEST));
        let asked = vendor.await.unwrap();
        for part in [
            "GET /authorize?response_type=code&client_id=a%20b&",
            "prompt=none",
            "redirect_uri=https%3A",
        ] {
            assert!(asked[0].contains(part), "{part}: {}", asked[0]);
        }
        // Nobody is there any longer.
        assert_eq!(probe(&endpoint, "a", CALLBACK, &trust).await, Registered::Untold);
    }

    #[test]
    fn a_member_is_found_wherever_it_stands() {
        let answer = json!({ "a": { "b": { "clientId": "x" } }, "authorizationEndpoint": null });
        assert_eq!(member(&answer, "clientId").as_deref(), Some("x"));
        assert_eq!(member(&answer, "authorizationEndpoint"), None);
    }
}
