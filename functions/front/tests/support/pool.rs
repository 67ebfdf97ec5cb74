//! A user pool: codes that are used once and verified with PKCE, refresh tokens that are replaced, and tokens that are
//! signed.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use construct_front::http::Parameters;
use construct_front::random::{sha256, text};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use super::{CLIENT, Raw, Reply, SCOPE, query};

/// Made for these tests and used nowhere else.
const KEY: &str = include_str!("signing-key.txt");

/// Somebody who has signed in.
#[derive(Clone, Debug)]
struct Grant {
    subject: String,
    scope: String,
    nonce: Option<String>,
}

/// A code that waits.
#[derive(Clone, Debug)]
struct Code {
    grant: Grant,
    challenge: String,
    redirect_uri: String,
}

pub(crate) struct Pool {
    key: RsaKeyPair,
    /// What its key is called, in the key set and in its tokens.
    pub(crate) key_id: &'static str,
    issuer: String,
    codes: BTreeMap<String, Code>,
    refresh_tokens: BTreeMap<String, Grant>,
}

impl Default for Pool {
    fn default() -> Self {
        let der = BASE64_STANDARD.decode(KEY.split_whitespace().collect::<String>()).unwrap();
        Self {
            key: RsaKeyPair::from_pkcs8(&der).unwrap(),
            key_id: "key-1",
            issuer: String::new(),
            codes: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
        }
    }
}

impl Pool {
    pub(crate) fn named(&mut self, issuer: &str) {
        issuer.clone_into(&mut self.issuer);
    }

    /// A person signs in at the address that a browser was sent to. Where the browser goes then.
    pub(crate) fn sign_in(&mut self, address: &str, subject: &str) -> String {
        let asked = query(address);
        assert!(address.contains("/oauth2/authorize?"), "{address}");
        assert_eq!((&*asked["response_type"], &*asked["client_id"]), ("code", CLIENT));
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = format!("pool-code-{}", text::<9>());
        let grant = Grant {
            subject: subject.to_owned(),
            scope: asked["scope"].clone(),
            nonce: asked.get("nonce").cloned(),
        };
        let redirect_uri = asked["redirect_uri"].clone();
        let kept = Code {
            grant,
            challenge: asked["code_challenge"].clone(),
            redirect_uri: redirect_uri.clone(),
        };
        self.codes.insert(code.clone(), kept);
        format!("{redirect_uri}?code={code}&state={}", asked["state"])
    }

    pub(crate) fn token(&mut self, raw: &Raw, now: u64) -> Reply {
        let form = Parameters::read(std::str::from_utf8(&raw.body).unwrap()).unwrap();
        assert_eq!(form.get("client_id"), Some(CLIENT));
        let grant = match form.get("grant_type") {
            Some("authorization_code") => self
                .codes
                .remove(form.get("code").unwrap_or_default())
                .filter(|code| {
                    form.get("redirect_uri") == Some(&*code.redirect_uri)
                        && sha256(form.get("code_verifier").unwrap_or_default()) == code.challenge
                })
                .map(|code| code.grant),
            _ => self.refresh_tokens.remove(form.get("refresh_token").unwrap_or_default()),
        };
        let Some(grant) = grant else {
            return Reply::json(400, &json!({ "error": "invalid_grant" }));
        };
        let refresh_token = format!("pool-refresh-{}", text::<9>());
        self.refresh_tokens.insert(refresh_token.clone(), grant.clone());
        let mut id = json!({
            "iss": self.issuer, "sub": grant.subject, "aud": CLIENT, "token_use": "id",
            "iat": now, "exp": now + 3600,
        });
        if let Some(nonce) = &grant.nonce {
            id["nonce"] = json!(nonce);
        }
        let mut access = self.access_claims(&grant.subject, now);
        access["scope"] = json!(grant.scope);
        Reply::json(
            200,
            &json!({
                "access_token": self.sign(&access),
                "id_token": self.sign(&id),
                "refresh_token": refresh_token,
                "expires_in": 3600,
                "token_type": "Bearer",
            }),
        )
    }

    pub(crate) fn keys(&self) -> Reply {
        let key = PublicKeyComponents::<Vec<u8>>::from(self.key.public());
        let [n, e] = [&key.n, &key.e].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        let jwk = json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id, "n": n, "e": e });
        Reply::json(200, &json!({ "keys": [jwk] }))
    }

    pub(crate) fn public_key(&self) -> Vec<u8> {
        self.key.public().as_ref().to_vec()
    }

    pub(crate) fn access(&self, subject: &str, now: u64) -> String {
        self.sign(&self.access_claims(subject, now))
    }

    pub(crate) fn access_claims(&self, subject: &str, now: u64) -> Value {
        json!({
            "iss": self.issuer, "sub": subject, "client_id": CLIENT, "token_use": "access",
            "scope": SCOPE, "iat": now, "exp": now + 3600,
        })
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": "RS256", "kid": self.key_id }), claims)
    }

    pub(crate) fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        self.key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}
