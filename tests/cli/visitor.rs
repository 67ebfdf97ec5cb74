//! Somebody at the stack's own addresses: a browser with cookies for each host, and a client that speaks MCP.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The account that the tests sign in with.
pub(super) const PERSON: &str = "ann@example.com";
pub(super) const PASSWORD: &str = "Correct-Horse-1-Battery";

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) address: String,
    pub(super) location: String,
    pub(super) session: String,
    pub(super) headers: http::HeaderMap,
    pub(super) body: String,
}

impl Page {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }

    /// `WWW-Authenticate`; empty where there is none.
    pub(super) fn challenge(&self) -> &str {
        self.headers.get("www-authenticate").map_or("", |value| value.to_str().unwrap())
    }

    /// Where a redirect leads.
    pub(super) fn next(&self) -> String {
        let (scheme, rest) = self.address.split_once("://").unwrap();
        match self.location.strip_prefix('/') {
            Some(path) => format!("{scheme}://{}/{path}", rest.split('/').next().unwrap()),
            None => self.location.clone(),
        }
    }
}

/// A browser.
#[derive(Clone, Default)]
pub(super) struct Browser {
    /// By host, as names and values.
    pub(super) jar: BTreeMap<String, BTreeMap<String, String>>,
    /// Who signs in; [`PERSON`] where nobody is named.
    person: Option<&'static str>,
}

impl Browser {
    /// The browser of somebody who signs in as `person`, with the password of all.
    pub(super) fn of(person: &'static str) -> Self {
        Self { person: Some(person), ..Self::default() }
    }

    pub(super) fn get(&mut self, address: &str) -> Page {
        self.send("GET", address, "")
    }

    pub(super) fn send(&mut self, method: &str, address: &str, body: &str) -> Page {
        let host = address.split('/').nth(2).unwrap().to_owned();
        let jar = self.jar.entry(host).or_default();
        let cookies: Vec<String> =
            jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let kind = ("content-type", "application/x-www-form-urlencoded".to_owned());
        let mut headers = vec![kind];
        if !cookies.is_empty() {
            headers.push(("cookie", cookies.join("; ")));
        }
        let (page, set) = send(method, address, &headers, body);
        for cookie in set {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((&cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        page
    }

    /// Follows redirects and fills forms in as its person would, until a page has no form or the way leaves this machine's
    /// planes for `end`.
    pub(super) fn go(&mut self, address: &str, end: &str) -> Page {
        let mut page = self.get(address);
        for _ in 0..20 {
            let next = if matches!(page.status, 302 | 303) {
                let next = page.next();
                if next.starts_with(end) {
                    return Page { address: next, ..page };
                }
                self.get(&next)
            } else if page.body.contains("<form") {
                self.submit(&page)
            } else {
                return page;
            };
            page = next;
        }
        panic!("the way has no end: {page:?}");
    }

    /// Sends the form of a page.
    pub(super) fn submit(&mut self, page: &Page) -> Page {
        let form = page.body.split("<form").nth(1).unwrap();
        let mut pairs = Vec::new();
        for field in form.split("<input").skip(1) {
            let field = field.split('>').next().unwrap();
            let name = attribute(field, "name");
            let value = match name.as_str() {
                "username" => self.person.unwrap_or(PERSON).to_owned(),
                "password" => PASSWORD.to_owned(),
                _ => attribute(field, "value"),
            };
            pairs.push((name, value));
        }
        if let Some(button) = form.split("<button").skip(1).find(|one| one.contains("name=\"")) {
            let button = button.split('>').next().unwrap();
            pairs.push((attribute(button, "name"), attribute(button, "value")));
        }
        let action = attribute(form.split('>').next().unwrap(), "action");
        let page = Page { location: action, ..page.clone() };
        let target = if page.location.is_empty() { page.address.clone() } else { page.next() };
        self.send("POST", &target, &form_of(&pairs))
    }
}

/// An attribute of an element, without its escapes.
fn attribute(element: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    let value = element.split(&start).nth(1).and_then(|rest| rest.split('"').next());
    value.unwrap_or_default().replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// Pairs as a form or a query.
pub(super) fn form_of<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name.as_ref()), encode(value.as_ref())))
        .collect();
    pairs.join("&")
}

/// Sends a request to this machine, whatever the host is called, and gives the cookies that were set.
pub(super) fn send(
    method: &str,
    address: &str,
    headers: &[(&str, String)],
    body: &str,
) -> (Page, Vec<String>) {
    let (_, rest) = address.split_once("://").unwrap();
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(at);
    let port = host.rsplit_once(':').expect(address).1;
    let mut request = http::Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:{port}{path}"))
        .header("host", host);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .build()
        .into();
    let answer = if matches!(method, "POST" | "PUT") {
        agent.run(request.body(body.to_owned()).unwrap())
    } else {
        agent.run(request.body(()).unwrap())
    };
    let mut answer = answer.unwrap();
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    let header = |name: &str| answer.headers().get(name).map(text).unwrap_or_default();
    let cookies = answer.headers().get_all("set-cookie").iter().map(text).collect();
    let page = Page {
        status: answer.status().as_u16(),
        address: address.to_owned(),
        location: header("location"),
        session: header("mcp-session-id"),
        headers: answer.headers().clone(),
        body: answer.body_mut().read_to_string().unwrap(),
    };
    (page, cookies)
}

/// A client of the stack with a token.
pub(super) struct Client {
    pub(super) endpoint: String,
    pub(super) token: String,
    pub(super) session: String,
}

impl Client {
    /// One that has begun a session in which it can open addresses for a person.
    pub(super) fn begin(endpoint: &str, token: &str) -> Self {
        let mut client =
            Self { endpoint: endpoint.to_owned(), token: token.to_owned(), session: String::new() };
        let page = client.call(
            "initialize",
            &json!({
                "protocolVersion": "2025-11-25",
                "capabilities": { "elicitation": { "url": {} } },
                "clientInfo": { "name": "test", "version": "1" },
            }),
        );
        assert_eq!(page.status, 200, "{page:?}");
        client.session = page.session;
        client
    }

    pub(super) fn call(&self, method: &str, params: &Value) -> Page {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
            ("authorization", format!("Bearer {}", self.token)),
        ];
        if !self.session.is_empty() {
            headers.push(("mcp-session-id", self.session.clone()));
        }
        send("POST", &self.endpoint, &headers, &body.to_string()).0
    }
}
