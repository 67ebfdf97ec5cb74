//! What a pool publishes about itself: its key set and its OpenID Connect description.
//!
//! The issuer is that of the real service wherever the pool is reached. The other addresses are
//! the local AWS's own, so that whoever asks can follow them: browsers at a host where nothing else
//! keeps cookies, programs at the loopback address. Only who asks by the service's own host name gets
//! the service's names.

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{directory, keys, tokens};
use crate::addresses::SIGN_IN_HOST;
use crate::local::LocalAws;
use crate::state::Account;
use crate::wire::Wire;

/// A document of a pool that somebody asked for.
pub(super) struct Asked {
    pool: String,
    document: Document,
    /// Where the pool's own host and its domain are, as the asker sees them.
    by_service_name: bool,
}

#[derive(Clone, Copy)]
enum Document {
    KeySet,
    Configuration,
}

/// The document that a request is for, at any host.
pub(super) fn asked(request: &Wire) -> Option<Asked> {
    let (pool, document) = request.path.strip_prefix('/')?.split_once("/.well-known/")?;
    let document = match document {
        "jwks.json" => Document::KeySet,
        "openid-configuration" => Document::Configuration,
        _ => return None,
    };
    let is_pool = !pool.contains('/') && pool.contains('_');
    let is_read = matches!(request.method, Method::GET | Method::HEAD);
    (is_pool && is_read).then(|| Asked {
        pool: pool.to_owned(),
        document,
        by_service_name: request.host().ends_with(".amazonaws.com"),
    })
}

pub(super) async fn answer(local: LocalAws, asked: Asked) -> Response<Bytes> {
    let document = match asked.document {
        Document::KeySet => keys::of_pool(&local, &asked.pool)
            .await
            .map(|(public, _)| json!({ "keys": [public.jwk()] })),
        Document::Configuration => local.read(|account| configuration(account, &asked)),
    };
    let status = if document.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let document = document.unwrap_or_else(|| {
        let message = format!("User pool {} does not exist.", asked.pool);
        json!({ "code": "ResourceNotFoundException", "message": message })
    });
    let mut response = Response::new(Bytes::from(document.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if status == StatusCode::OK {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    }
    response
}

fn configuration(account: &Account, asked: &Asked) -> Option<Value> {
    let pool = directory::pool(account, &asked.pool)?;
    let issuer = tokens::issuer(pool);
    let loopback = format!("http://127.0.0.1:{}", account.port);
    let keys =
        if asked.by_service_name { issuer.clone() } else { format!("{loopback}/{}", pool.id) };
    let mut document = json!({
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "jwks_uri": format!("{keys}/.well-known/jwks.json"),
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    });
    // A pool without a domain has no endpoints to sign in at.
    if let Some(domain) = &pool.domain {
        let region = pool.id.split('_').next().unwrap_or_default();
        let (pages, calls) = if asked.by_service_name {
            let base = format!("https://{}.auth.{region}.amazoncognito.com", domain.prefix);
            (base.clone(), base)
        } else {
            (format!("http://{SIGN_IN_HOST}:{}", account.port), loopback)
        };
        for (name, base, path) in [
            ("authorization_endpoint", &pages, "/oauth2/authorize"),
            ("token_endpoint", &calls, "/oauth2/token"),
            ("revocation_endpoint", &calls, "/oauth2/revoke"),
            ("end_session_endpoint", &pages, "/logout"),
        ] {
            document[name] = json!(format!("{base}{path}"));
        }
    }
    Some(document)
}
