//! Providers, and how targets sign in with them: the numbers of the service's model, and every vendor at its limits.

use super::limits::fields;
use super::{STACK, bad, good};
use crate::manifest::rules::{VENDORS, VendorRow};

/// `(path, what is counted, fewest, most, shape of the model)`, of `bedrock-agentcore-control` 2023-06-05.
type Size = (&'static str, &'static str, usize, usize, &'static str);

const CHARACTERS: &str = "characters";
const ENTRIES: &str = "entries";
const NAME: &str = "characters of a name";

const SIZES: &[Size] = &[
    ("providers.a.client_id", CHARACTERS, 1, 256, "ClientIdType"),
    ("providers.a.tenant_id", CHARACTERS, 1, 2048, "TenantIdType"),
    (
        "providers.a.metadata.token_endpoint_auth_methods",
        ENTRIES,
        1,
        2,
        "TokenEndpointAuthMethodsType",
    ),
    ("providers.a.private_key_jwt.kms_key", CHARACTERS, 1, 2048, "KmsKeyArn"),
    // None are written by leaving the list out.
    ("providers.a.private_key_jwt.header_claims", ENTRIES, 0, 10, "AdditionalClaims"),
    ("providers.a.private_key_jwt.header_claims", NAME, 1, 255, "AdditionalClaimName"),
    ("providers.a.private_key_jwt.header_claims.a", CHARACTERS, 1, 2048, "AdditionalClaimValue"),
    ("providers.a.private_key_jwt.payload_claims", ENTRIES, 0, 10, "AdditionalClaims"),
    ("providers.a.private_key_jwt.payload_claims", NAME, 1, 255, "AdditionalClaimName"),
    ("providers.a.private_key_jwt.payload_claims.a", CHARACTERS, 1, 2048, "AdditionalClaimValue"),
    ("providers.a.on_behalf_of.actor_scopes[0]", CHARACTERS, 1, 128, "ScopeType"),
    (
        "providers.a.private_endpoint.resource_configuration",
        CHARACTERS,
        20,
        2048,
        "ResourceConfigurationIdentifier",
    ),
    ("providers.a.private_endpoint.vpc.security_groups", ENTRIES, 0, 5, "SecurityGroupIds"),
    ("providers.a.private_endpoint.vpc.routing_domain", CHARACTERS, 3, 255, "RoutingDomain"),
    ("targets.a.auth.scopes", ENTRIES, 0, 100, "OAuthScopes"),
    ("targets.a.auth.scopes[0]", CHARACTERS, 1, 64, "OAuthScope"),
    ("targets.a.auth.custom_parameters", ENTRIES, 0, 10, "OAuthCustomParameters"),
    ("targets.a.auth.custom_parameters", NAME, 1, 256, "OAuthCustomParametersKey"),
    ("targets.a.auth.custom_parameters.a", CHARACTERS, 1, 2048, "OAuthCustomParametersValue"),
    ("targets.a.auth.return_url", CHARACTERS, 1, 2048, "OAuthDefaultReturnUrl"),
    ("targets.a.auth.name", CHARACTERS, 1, 64, "ApiKeyCredentialParameterName"),
    ("targets.a.auth.prefix", CHARACTERS, 1, 64, "ApiKeyCredentialPrefix"),
    ("targets.a.auth.service", CHARACTERS, 1, 64, "IamCredentialProviderServiceString"),
];

#[test]
fn sizes_are_those_of_the_services_model() {
    let fields = fields();
    for (path, what, fewest, most, shape) in SIZES {
        let found = fields.iter().find(|field| field.path == *path && field.size().0 == *what);
        let field = found.unwrap_or_else(|| panic!("{path} has no rule for its {what}"));
        assert_eq!(field.size(), (*what, *fewest, *most), "{path}: {shape}");
    }
}

/// A provider of `row` with all that its vendor needs, and a client id of this length.
fn provider(row: &VendorRow, name: &str, client_id: usize) -> String {
    let address = |key: &&str| format!("{key} = \"https://id.example.com/{key}\"\n");
    let needed = row.needs.iter().map(address).collect::<Vec<_>>().concat();
    let custom = if row.word == "custom" {
        "discovery_url = \"https://id.example.com/.well-known/openid-configuration\"\n"
    } else {
        ""
    };
    format!(
        "{STACK}[providers.{name}]\nvendor = \"{}\"\nclient_id = \"{}\"\nclient_secret = {{ env = \"S\" }}\n{needed}{custom}",
        row.word,
        "c".repeat(client_id)
    )
}

#[test]
fn every_vendors_client_has_a_name_and_an_id_of_the_same_lengths() {
    let refused = |text: &str| {
        let problems = bad(text);
        problems.iter().map(|one| one.path.clone()).collect::<Vec<_>>()
    };
    let longest = "n".repeat(64);
    for row in &VENDORS {
        good(&provider(row, &longest, 256));
        good(&provider(row, "n", 1));
        assert_eq!(refused(&provider(row, "n", 257)), ["providers.n.client_id"], "{}", row.word);
        assert_eq!(refused(&provider(row, "n", 0)), ["providers.n.client_id"], "{}", row.word);
        let past = format!("{longest}n");
        assert_eq!(
            refused(&provider(row, &past, 1)),
            [format!("providers.{past}")],
            "{}",
            row.word
        );
    }
}

#[test]
fn every_address_of_a_server_has_a_length() {
    let table = |address: &str| {
        format!(
            "{STACK}[providers.n]\nvendor = \"custom\"\nclient_id = \"c\"\nclient_secret = {{ env = \"S\" }}\n\
             metadata = {{ issuer = \"{address}\", authorization_endpoint = \"{address}\", token_endpoint = \"{address}\" }}\n"
        )
    };
    let address = |length: usize| format!("https://{}", "a".repeat(length - 8));
    good(&table(&address(2048)));
    good(&table(&address(9)));
    let paths: Vec<String> =
        bad(&table(&address(2049))).iter().map(|one| one.path.clone()).collect();
    let all = ["issuer", "authorization_endpoint", "token_endpoint"];
    assert_eq!(paths, all.map(|key| format!("providers.n.metadata.{key}")));
}

#[test]
fn a_secret_of_the_account_is_named_within_both_lengths() {
    let key = |id: usize, key: usize| {
        let reference = format!("{}#{}", "i".repeat(id), "k".repeat(key));
        format!("{STACK}[providers.n]\napi_key = {{ secret = \"{reference}\" }}\n")
    };
    good(&key(2048, 128));
    for (id, member) in [(2049, 1), (1, 129), (0, 1), (1, 0)] {
        let problems = bad(&key(id, member));
        let ids: Vec<&str> = problems.iter().filter_map(|one| Some(one.rule?.id)).collect();
        assert_eq!(ids, ["secrets-manager-key"], "{id} and {member}");
    }
}

#[test]
fn as_many_providers_as_the_account_takes_of_each_kind() {
    let of = |kind: &str, count: usize| -> String {
        let table = |one| format!("[providers.{}{one}]\n{kind}", &kind[..1]);
        (0..count).map(table).collect::<Vec<_>>().concat()
    };
    let client = "vendor = \"github\"\nclient_id = \"c\"\nclient_secret = { env = \"S\" }\n";
    let key = "api_key = { env = \"K\" }\n";
    good(&format!("{STACK}{}{}", of(client, 50), of(key, 50)));
    for (text, message) in [
        (of(client, 51), "51 OAuth2 providers are not possible"),
        (of(key, 51), "51 API key providers are not possible"),
    ] {
        let problems = bad(&format!("{STACK}{text}"));
        let messages: Vec<&str> = problems.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(messages, [message]);
    }
}
