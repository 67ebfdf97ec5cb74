//! `[cognito]`: what is refused, with its limits and one past each, and what is read.

use super::super::{Manifest, Mfa, Protocol};
use super::{STACK, bad, good};

const OIDC: &str =
    r#"oidc = { issuer = "https://i.example", client_id = "c", client_secret = { env = "S" } }"#;

fn oidc(more: &str) -> String {
    let table = OIDC.strip_suffix(" }").unwrap();
    format!("[cognito.federation.okta]\n{table}, {more} }}\n")
}

/// The keys of the problems of a manifest with `more`.
fn refused(more: &str) -> Vec<String> {
    bad(&format!("{STACK}{more}")).iter().map(|problem| problem.path.clone()).collect()
}

fn read(more: &str) -> Manifest {
    good(&format!("{STACK}{more}"))
}

#[test]
fn limits_are_taken_and_one_past_them_is_refused() {
    for (key, lowest, highest) in
        [("minimum_length", 6, 99), ("history", 0, 24), ("temporary_days", 1, 365)]
    {
        for value in [lowest, highest] {
            read(&format!("[cognito.password]\n{key} = {value}\n"));
        }
        for value in [lowest - 1, highest + 1] {
            let refused = refused(&format!("[cognito.password]\n{key} = {value}\n"));
            assert_eq!(refused, [format!("cognito.password.{key}")], "{value}");
        }
    }
    for (name, fits) in
        [("ab", false), ("abc", true), (&*"a".repeat(30), true), (&*"a".repeat(31), false)]
    {
        let text = format!("[cognito.federation.{name}]\n{OIDC}\n");
        if fits {
            read(&text);
        } else {
            assert_eq!(refused(&text), [format!("cognito.federation.{name}")]);
        }
    }
    for (count, fits) in [(49, true), (50, false)] {
        let list: Vec<String> = (0..count).map(|number| format!("\"i{number}\"")).collect();
        let text =
            format!("[cognito.federation.okta]\n{OIDC}\nidentifiers = [{}]\n", list.join(", "));
        if fits {
            read(&text);
        } else {
            assert_eq!(refused(&text), ["cognito.federation.okta.identifiers"]);
        }
    }
}

#[test]
fn what_cognito_keeps_for_itself_is_refused() {
    for name in ["COGNITO", "Google", "SignInWithApple"] {
        let refused = refused(&format!("[cognito.federation.{name}]\n{OIDC}\n"));
        assert_eq!(refused, [format!("cognito.federation.{name}")]);
    }
    let marked = format!("[cognito.federation.okta]\n{OIDC}\nidentifiers = [\"construct.okta\"]\n");
    assert_eq!(refused(&marked), ["cognito.federation.okta.identifiers[0]"]);
    let twice = format!(
        "[cognito.federation.one]\n{OIDC}\nidentifiers = [\"a.example\"]\n\
         [cognito.federation.two]\n{OIDC}\nidentifiers = [\"a.example\"]\n"
    );
    assert_eq!(refused(&twice), ["cognito.federation.two.identifiers[0]"]);
}

#[test]
fn a_provider_speaks_one_protocol() {
    let both = format!(
        "[cognito.federation.okta]\n{OIDC}\nsaml = {{ metadata_url = \"https://i.example/m\" }}\n"
    );
    assert_eq!(refused(&both), ["cognito.federation.okta.saml"]);
    assert_eq!(refused("[cognito.federation.okta]\n"), ["cognito.federation.okta.oidc"]);
    let sources = "[cognito.federation.okta]\nsaml = { metadata_url = \"https://i.example\", metadata_file = \"m.xml\" }\n";
    assert_eq!(refused(sources), ["cognito.federation.okta.saml.metadata_file"]);
    assert_eq!(refused(&oidc("scopes = [\"email\"]")), ["cognito.federation.okta.oidc.scopes"]);
    let some = oidc("token_url = \"https://i.example/token\"");
    assert_eq!(refused(&some), ["cognito.federation.okta.oidc"]);
    let plain = oidc("scopes = [\"openid\"]").replace("https://i.example", "http://i.example");
    assert_eq!(refused(&plain), ["cognito.federation.okta.oidc.issuer"]);
    let secret = oidc("scopes = [\"openid\"]").replace("{ env = \"S\" }", "\"s3cret\"");
    assert_eq!(refused(&secret), ["cognito.federation.okta.oidc.client_secret"]);
}

#[test]
fn a_pool_of_somebody_else_is_for_its_owner_to_decide() {
    let existing =
        "[cognito]\nexisting = { pool = \"us-west-2_AbC123\", domain = \"https://a.example\" }\n";
    assert_eq!(
        read(existing).cognito.existing.unwrap().identity_providers,
        ["COGNITO"],
        "its own people, unless others are named"
    );
    for (key, more) in [
        ("first_user", "first_user = { email = \"a@example.com\" }\n".to_owned()),
        ("password", "password = { minimum_length = 12 }\n".to_owned()),
        ("mfa", "mfa = \"off\"\n".to_owned()),
        ("federation", format!("[cognito.federation.okta]\n{OIDC}\n")),
    ] {
        assert_eq!(refused(&format!("{existing}{more}")), [format!("cognito.{key}")]);
    }
    let pool = "cognito.existing.pool";
    assert_eq!(refused(&existing.replace("us-west-2_", "eu-west-1_")), [pool]);
    assert_eq!(refused(&existing.replace("us-west-2_AbC123", "AbC123")), [pool]);
    for domain in ["http://a.example", "https://a.example/", "a.example"] {
        let domain = existing.replace("https://a.example", domain);
        assert_eq!(refused(&domain), ["cognito.existing.domain"]);
    }
}

#[test]
fn what_is_written_is_read() {
    let manifest =
        read(&format!("[cognito]\nmfa = \"required\"\n[cognito.federation.okta]\n{OIDC}\n"));
    assert_eq!(manifest.cognito.mfa, Some(Mfa::Required));
    let Protocol::Oidc(oidc) = &manifest.cognito.federation["okta"].protocol else { panic!() };
    assert_eq!(oidc.scopes, ["openid", "email"]);
    assert_eq!(read("").cognito.mfa, None);
    assert_eq!(read("").cognito.password.temporary_days, 7);
    assert_eq!(
        refused("[cognito]\npassword_minimum_length = 12\n"),
        ["cognito.password_minimum_length"]
    );
    assert_eq!(refused("[cognito]\nmfa = \"sms\"\n"), ["cognito.mfa"]);
}
