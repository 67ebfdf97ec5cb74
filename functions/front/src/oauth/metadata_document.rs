//! Clients whose id is the address of a document about them (draft-ietf-oauth-client-id-metadata-document).
//!
//! The documents of the editors we know are pinned: some of their hosts refuse requests from a cloud, and a login should
//! not depend on a third party. Others are fetched only from hosts that whoever runs the stack has named, and only from
//! addresses of the public Internet, so that nobody makes this function ask its own network.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::{Response, Uri};
use serde_json::Value;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Error};

use super::client::Client;
use super::redirect::RedirectUri;
use crate::Visit;
use crate::clock::Deadline;
use crate::web;

/// The draft's limit of a document.
const MOST_DOCUMENT: u64 = 5 * 1024;
const LIMIT: Duration = Duration::from_secs(5);
/// How long a fetched document is kept, in seconds, whatever its headers say.
const KEPT: (u64, u64) = (60, 24 * 60 * 60);
const MOST_KEPT: usize = 64;

/// Id, name and redirect URIs of the documents as they were published in autumn 2026.
const PINNED: [(&str, &str, &[&str]); 7] = [
    (
        "https://vscode.dev/oauth/client-metadata.json",
        "Visual Studio Code",
        &["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
    ),
    (
        "https://claude.ai/oauth/claude-code-client-metadata",
        "Claude Code",
        &["http://localhost/callback", "http://127.0.0.1/callback"],
    ),
    (
        "https://claude.ai/oauth/mcp-oauth-client-metadata",
        "Claude",
        &["https://claude.ai/api/mcp/auth_callback"],
    ),
    (
        "https://chatgpt.com/oauth/codex/client.json",
        "Codex",
        &["http://127.0.0.1/callback", "http://localhost/callback"],
    ),
    (
        "https://chatgpt.com/oauth/client.json",
        "ChatGPT",
        &["https://chatgpt.com/connector_platform_oauth_redirect"],
    ),
    ("https://zed.dev/oauth/client-metadata.json", "Zed", &["http://127.0.0.1/callback"]),
    (
        "https://opencode.ai/oauth/opencode/client.json",
        "OpenCode",
        &["http://127.0.0.1/callback", "http://localhost/callback"],
    ),
];

/// Documents that were fetched, and until when they are kept.
#[derive(Debug, Default)]
pub struct MetadataDocuments {
    kept: Mutex<BTreeMap<String, (Client, u64)>>,
    agent: OnceLock<Agent>,
}

impl MetadataDocuments {
    /// The client whose document is at `id`. A document that cannot be had is not remembered.
    pub(super) fn client(&self, visit: &Visit<'_>, id: &str) -> Option<Client> {
        let host = host_of(id)?;
        if let Some((_, name, redirect_uris)) = PINNED.iter().find(|(pinned, _, _)| *pinned == id) {
            let redirect_uris = redirect_uris.iter().map(|uri| (*uri).to_owned()).collect();
            return Some(Client {
                name: (*name).to_owned(),
                redirect_uris,
                vouched_by: Some(host.to_owned()),
            });
        }
        if !visit.config().metadata_hosts.iter().any(|allowed| allowed == host) {
            return None;
        }
        let now = visit.now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((client, _)) = kept.get(id).filter(|(_, until)| now < *until) {
            return Some(client.clone());
        }
        let agent = self.agent.get_or_init(|| {
            Agent::with_parts(web::config(), DefaultConnector::new(), PublicInternet)
        });
        let (client, seconds) = fetch(agent, id, id, visit.deadline)?;
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, (_, until)| now < *until);
            if kept.len() >= MOST_KEPT {
                kept.clear();
            }
        }
        kept.insert(id.to_owned(), (client.clone(), now + seconds));
        Some(client)
    }
}

/// The host of an id that may be fetched at all: https at its own port, a path, and nothing that could be read otherwise.
fn host_of(id: &str) -> Option<&str> {
    // The rules for a redirect URI are the ones needed here, and some more.
    RedirectUri::read(id)?;
    let rest = id.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/')?;
    (!path.is_empty() && !host.contains(':')).then_some(host)
}

/// Gets the document at `place` and checks that it describes `id`; also how long it may be kept.
fn fetch(agent: &Agent, place: &str, id: &str, deadline: Deadline) -> Option<(Client, u64)> {
    let limit = Some(deadline.at_most(LIMIT).left());
    let request = agent.get(place).header("accept", "application/json");
    let mut response = request.config().timeout_global(limit).build().call().ok()?;
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let content_type = header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let is_json = media_type == "application/json" || media_type.ends_with("+json");
    if response.status() != http::StatusCode::OK || !is_json {
        return None;
    }
    let seconds = lifetime(&response);
    let document = web::read(response.body_mut(), MOST_DOCUMENT).ok()?;
    let document: Value = serde_json::from_slice(&document).ok()?;
    Some((described(&document, id)?, seconds))
}

fn lifetime(response: &Response<Body>) -> u64 {
    let header = response.headers().get(http::header::CACHE_CONTROL);
    let text = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut directives = text.split(',').map(str::trim);
    let seconds = directives.find_map(|one| one.strip_prefix("max-age=")?.parse().ok());
    let (least, most) = KEPT;
    seconds.unwrap_or(least).clamp(least, most)
}

/// The client that a document describes: it has to name its own address, and be one without a secret.
fn described(document: &Value, id: &str) -> Option<Client> {
    let is_public = match &document["token_endpoint_auth_method"] {
        Value::Null => true,
        method => method == "none",
    } || document["token_endpoint_auth_methods_supported"]
        .as_array()
        .is_some_and(|methods| methods.iter().any(|method| method == "none"));
    let uris = document["redirect_uris"].as_array()?;
    let redirect_uris: Vec<String> =
        uris.iter().map(|uri| Some(uri.as_str()?.to_owned())).collect::<Option<_>>()?;
    let are_allowed = redirect_uris.iter().all(|uri| RedirectUri::read(uri).is_some());
    let is_good = document["client_id"] == id && is_public && are_allowed;
    (is_good && !redirect_uris.is_empty()).then(|| Client {
        name: document["client_name"].as_str().unwrap_or(id).chars().take(100).collect(),
        redirect_uris,
        vouched_by: host_of(id).map(str::to_owned),
    })
}

/// Resolves names to addresses of the public Internet only. The connection is made to what was checked here, so that a
/// name that changes its address in between changes nothing.
#[derive(Debug)]
struct PublicInternet;

impl Resolver for PublicInternet {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        if uri.scheme_str() != Some("https") || !found.iter().all(|at| is_public(at.ip())) {
            return Err(Error::HostNotFound);
        }
        Ok(found)
    }
}

/// IANA's special-purpose address registries: everything that is not globally reachable is refused.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Global unicast is 2000::/3; of it, Teredo, documentation, benchmarking and 6to4 are not what they seem.
    let [a, b, ..] = address.segments();
    a & 0xe000 == 0x2000
        && a != 0x2002
        && !(a == 0x2001 && (b < 0x200 || b == 0xdb8))
        && a != 0x3fff
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "https://app.example/oauth/client.json";

    fn document() -> Value {
        json!({
            "client_id": ID,
            "client_name": "App",
            "redirect_uris": ["http://127.0.0.1/callback"],
            "token_endpoint_auth_method": "none",
        })
    }

    #[test]
    fn attack_17_an_id_that_is_no_plain_https_address_is_not_fetched() {
        assert_eq!(host_of(ID), Some("app.example"));
        for id in [
            "http://app.example/client.json",
            "https://app.example",
            "https://app.example/",
            "https://app.example:8443/client.json",
            "https://user@app.example/client.json",
            "https://app.example/../client.json",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/client.json",
            "https://[::1]/client.json",
            "cursor://app/x",
        ] {
            assert_eq!(host_of(id), None, "{id}");
        }
    }

    #[test]
    fn attack_17_addresses_of_networks_of_our_own_are_refused() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "::ffff:10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:a00:1::",
            "2001::1",
            "2001:db8::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["93.184.215.14", "172.32.0.1", "2606:2800:21f::1", "2a00:1450::1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn attack_17_a_name_that_leads_home_is_not_followed() {
        let agent = Agent::with_parts(web::config(), DefaultConnector::new(), PublicInternet);
        let error = agent.get("https://localhost/client.json").call().unwrap_err();
        assert!(matches!(error, Error::HostNotFound), "{error}");
    }

    #[test]
    fn attack_17_a_document_speaks_for_its_own_address_only() {
        assert_eq!(described(&document(), ID).unwrap().vouched_by.as_deref(), Some("app.example"));
        for (name, value) in [
            ("client_id", json!("https://app.example/oauth/other.json")),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
            ("redirect_uris", json!([])),
            ("redirect_uris", json!("http://127.0.0.1/callback")),
            ("redirect_uris", json!(["javascript:alert(1)"])),
            ("redirect_uris", json!([7])),
        ] {
            let mut changed = document();
            changed[name] = value;
            assert_eq!(described(&changed, ID), None, "{changed}");
        }
        let mut several = document();
        several["token_endpoint_auth_method"] = json!("private_key_jwt");
        several["token_endpoint_auth_methods_supported"] = json!(["private_key_jwt", "none"]);
        assert!(described(&several, ID).is_some());
    }

    #[test]
    fn pinned_documents_have_redirect_uris_that_are_allowed() {
        for (id, _, redirect_uris) in PINNED {
            assert!(host_of(id).is_some(), "{id}");
            assert!(redirect_uris.iter().all(|uri| RedirectUri::read(uri).is_some()), "{id}");
        }
    }
}
