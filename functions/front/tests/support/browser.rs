//! A browser: cookies, the forms of our pages, and the pool's sign-in page.

use std::collections::BTreeMap;

use construct_front::http::Parameters;
use serde_json::json;

use super::{BASE, Seen, World, form};

pub(crate) struct Browser<'a> {
    world: &'a World,
    pub(crate) jar: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub(crate) fn of(world: &'a World) -> Self {
        Self { world, jar: BTreeMap::new() }
    }

    pub(crate) fn get(&mut self, address: &str) -> Seen {
        self.visit("GET", address, "")
    }

    pub(crate) fn post(&mut self, path: &str, pairs: &[(&str, &str)]) -> Seen {
        self.visit("POST", path, &form(pairs))
    }

    fn visit(&mut self, method: &str, address: &str, body: &str) -> Seen {
        let target = address.strip_prefix(BASE).unwrap_or(address);
        let cookies: Vec<String> =
            self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut headers = json!({ "content-type": "application/x-www-form-urlencoded" });
        if !cookies.is_empty() {
            headers["cookie"] = json!(cookies.join("; "));
        }
        let seen = self.world.send(method, target, headers, body);
        for cookie in &seen.cookies {
            let (pair, attributes) = cookie.split_once("; ").unwrap();
            for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
                assert!(attributes.split("; ").any(|one| one == attribute), "{cookie}");
            }
            assert!(pair.starts_with("__Host-") && !attributes.contains("Domain"), "{cookie}");
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        seen
    }

    /// Opens a client's request and agrees to it. Where the sign-in page is.
    pub(crate) fn agree(&mut self, authorize: &str) -> Seen {
        let page = self.get(authorize);
        assert_eq!(page.status, 200, "{page:?}");
        let request = hidden_field(&page.body, "request");
        self.post("/authorize", &[("request", &request), ("decision", "allow")])
    }

    /// The whole way through to the client. Where the client gets its answer.
    pub(crate) fn log_in(&mut self, authorize: &str, subject: &str) -> Seen {
        let agreed = self.agree(authorize);
        assert_eq!(agreed.status, 303, "{agreed:?}");
        let back = self.world.shared.pool.lock().unwrap().sign_in(agreed.location(), subject);
        self.get(&back)
    }
}

/// The value of a hidden field.
pub(crate) fn hidden_field(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&start).expect(page);
    rest.split_once('"').unwrap().0.to_owned()
}

/// The parameters of an address, each once.
pub(crate) fn query(address: &str) -> BTreeMap<String, String> {
    let (_, text) = address.split_once('?').expect(address);
    assert!(!Parameters::read(text).unwrap().has_repeated(), "{address}");
    let decode = |text: &str| {
        Parameters::read(&format!("x={text}")).unwrap().get("x").unwrap_or_default().to_owned()
    };
    let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}
