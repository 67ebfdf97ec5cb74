//! `[clients]`: what is read, what is refused, and which redirect URIs and origins are.

use super::{STACK, bad, good};
use crate::manifest::rules::{self, TextRule};

const REGISTERED: &str =
    "[clients.registered.ci]\nname = \"CI\"\nredirect_uris = [\"https://ci.example/callback\"]\n";

#[test]
fn what_is_written_is_read() {
    let text = format!(
        "{STACK}[clients]\nmetadata_hosts = [\"app.example.com\"]\ndenied = [\"dcr.abc\"]\n\
         allowed_origins = [\"https://web.example:8443\"]\n{REGISTERED}"
    );
    let clients = good(&text).clients;
    assert_eq!(clients.registered["ci"].name, "CI");
    assert_eq!(clients.registered["ci"].redirect_uris, ["https://ci.example/callback"]);
    assert_eq!(clients.metadata_hosts, ["app.example.com"]);
    assert_eq!(
        (&*clients.denied[0], &*clients.allowed_origins[0]),
        ("dcr.abc", "https://web.example:8443")
    );
}

/// `(what is written after [stack], path of the problem, message, part of the help)`.
type Case = (String, &'static str, &'static str, &'static str);

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_mistake_has_its_place_and_its_help() {
    let registered = |id: &str, keys: &str| format!("[clients.registered.{id}]\n{keys}\n");
    let uris = |uris: &str| registered("ci", &format!("name = \"CI\"\nredirect_uris = [{uris}]"));
    let clients = |keys: &str| format!("[clients]\n{keys}\n");
    let many = (0..11).map(|n| format!("\"https://a.example/{n}\"")).collect::<Vec<_>>().join(", ");
    let long =
        format!("name = \"CI\"\nredirect_uris = [\"https://a.example/{}\"]", "x".repeat(370));
    let large: String = (0..7).map(|n| registered(&format!("c{n}"), &long)).collect();
    let name = format!("name = \"{}\"\nredirect_uris = [\"https://a.example\"]", "n".repeat(101));
    let no_front = format!("[gateway]\ninbound = \"iam\"\n{REGISTERED}");
    let cases: Vec<Case> = vec![
        (
            registered("ci", "redirect_uris = [\"https://a.example\"]"),
            "clients.registered.ci.name",
            "`name` is missing",
            "add `name",
        ),
        (
            registered("ci", "name = \"CI\""),
            "clients.registered.ci.redirect_uris",
            "`redirect_uris` is missing",
            "add `redirect_uris",
        ),
        (
            registered(
                "ci",
                "name = \"CI\"\nredirect_uris = [\"https://a.example\"]\nsecret = \"x\"",
            ),
            "clients.registered.ci.secret",
            "unknown key `secret`",
            "name, redirect_uris",
        ),
        (
            registered("ci", &name),
            "clients.registered.ci.name",
            "a client's name has at most 100 characters, this one has 101",
            "1 to 100",
        ),
        (
            registered("\"a b\"", "name = \"CI\"\nredirect_uris = [\"https://a.example\"]"),
            "clients.registered.\"a b\"",
            "not a client id",
            "letters, digits",
        ),
        (
            registered("\"dcr.a\"", "name = \"CI\"\nredirect_uris = [\"https://a.example\"]"),
            "clients.registered.\"dcr.a\"",
            "ids that begin with `dcr.` are those of clients that register themselves",
            "another id",
        ),
        (uris(""), "clients.registered.ci.redirect_uris", "0 entries are not possible", "1 to 10"),
        (
            uris(&many),
            "clients.registered.ci.redirect_uris",
            "11 entries are not possible",
            "1 to 10",
        ),
        (
            uris("\"http://ci.example/callback\""),
            "clients.registered.ci.redirect_uris[0]",
            "not a redirect URI",
            "https URL",
        ),
        (
            clients("metadata_hosts = [\"https://a.example\"]"),
            "clients.metadata_hosts[0]",
            "not a host name",
            "without https://",
        ),
        (
            clients("metadata_hosts = [\"10.0.0.1\"]"),
            "clients.metadata_hosts[0]",
            "not a host name",
            "app.example.com",
        ),
        (
            clients("denied = [\"a b\"]"),
            "clients.denied[0]",
            "not a client id",
            "as the client sends it",
        ),
        (
            clients("allowed_origins = [\"https://a.example/\"]"),
            "clients.allowed_origins[0]",
            "not a web origin",
            "nothing behind",
        ),
        (
            clients("allowed_origins = [\"*.example.com\"]"),
            "clients.allowed_origins[0]",
            "not a web origin",
            "as a browser sends it",
        ),
        (
            format!("{}{REGISTERED}", clients("denied = [\"ci\"]")),
            "clients.denied[0]",
            "`ci` is registered and denied",
            "remove it here",
        ),
        (
            no_front,
            "clients.registered",
            "`registered` is for gateways with inbound = \"cognito\", and there is none",
            "that way in",
        ),
        (
            large,
            "clients",
            "these clients take 3015 bytes of the front's environment, and 2560 are left for them",
            "metadata_hosts",
        ),
    ];
    for (text, path, message, help) in cases {
        let problems = bad(&format!("{STACK}{text}"));
        assert_eq!(problems.len(), 1, "{text}\n{problems}");
        let problem = problems.iter().next().unwrap();
        assert_eq!((problem.path.as_str(), problem.message.as_str()), (path, message), "{text}");
        let given = problem.help.as_deref().unwrap_or_default();
        assert!(given.contains(help), "{text}\n{given}");
    }
}

fn takes(rule: &TextRule, good: &[&str], bad: &[&str]) {
    for text in good {
        assert!((rule.accepts)(text), "{} refuses {text:?}", rule.rule.id);
    }
    for text in bad {
        assert!(!(rule.accepts)(text), "{} takes {text:?}", rule.rule.id);
    }
}

#[test]
fn redirect_uris_are_those_that_the_front_takes() {
    takes(
        &rules::REDIRECT_URI,
        &[
            "https://client.example/callback",
            "https://client.example:8443/callback?x=1",
            "http://localhost/callback",
            "http://127.0.0.1:33418/",
            "http://[::1]:99/cb",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ],
        &[
            "http://client.example/callback",
            "https://localhost/",
            "https://192.168.0.1/",
            "https://1.2.3.0x4/",
            "https://CLIENT.example/callback",
            "https://user@good.example/",
            "https://good.example/#fragment",
            "https://good.example/a b",
            "https://good.example/a/../b",
            "https://good.example/a/%2E%2e/b",
            "https://good.example/a%2f..%2fb",
            "https://good.example\\@evil.example/",
            "https://gööd.example/",
            "http://localhost:0/callback",
            "http://localhost:065535/callback",
            "http://localhost:99999/callback",
            "vscode://host:1/x",
            "javascript://good.example/%0aalert(1)",
            "unknown-scheme://callback",
            "https:///callback",
            "/callback",
        ],
    );
}

#[test]
fn an_origin_is_what_a_browser_sends() {
    takes(
        &rules::WEB_ORIGIN,
        &[
            "https://web.example",
            "https://web.example:8443",
            "http://localhost:6274",
            "http://127.0.0.1",
        ],
        &[
            "*",
            "null",
            "https://web.example/",
            "https://web.example:443",
            "https://Web.example",
            "http://localhost:80",
            "http://web.example",
            "https://10.0.0.1",
            "https://web.example?x",
            "web.example",
        ],
    );
    takes(
        &rules::METADATA_HOST,
        &["a.example"],
        &["localhost", "1.2.3.4", "a..b", "A.example", "a.example:443"],
    );
}
