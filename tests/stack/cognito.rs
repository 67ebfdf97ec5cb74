//! The way in: the password policy and the second factor, identity providers, and a pool of somebody else's.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{
    IdentityProviderTypeType, UserPoolMfaType, UsernameAttributeType,
};
use construct::cli::ExitCode;
use construct::cloud::Cloud;
use construct_engine::{Address, Verb};
use construct_local::Options;
use construct_local::state::Region;

use super::harness::{Bench, REGION, operations};
use super::store::{differing, names};

const SMALL: &str = "[stack]\nname = \"acme-tools\"\nregion = \"us-west-2\"\n";

const FEDERATED: &str = r#"
[cognito.federation.okta]
oidc = { issuer = "https://idp.example.com", client_id = "first", client_secret = { env = "IDP_SECRET" } }
attributes = { email = "email" }
identifiers = ["example.com"]

[cognito.federation.adfs]
saml = { metadata_file = "metadata.xml", sign_out = true }
"#;

const METADATA: &str = r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://adfs.example.com"/>"#;

/// A client secret that must not get anywhere.
const SENTINEL: &str = "sentinel-of-the-provider";

fn bench(more: &str) -> Bench {
    let options = Options { seed: Some(1), ..Options::default() };
    let mut bench = Bench::with(&format!("{SMALL}{more}"), options);
    bench.write("metadata.xml", METADATA.as_bytes());
    bench.variables.insert("IDP_SECRET".to_owned(), SENTINEL.to_owned());
    bench
}

fn plan<const N: usize>(list: [(&str, Verb); N]) -> BTreeMap<String, Verb> {
    list.into_iter().map(|(address, verb)| (address.to_owned(), verb)).collect()
}

fn harm(bench: &Bench, harm: impl FnOnce(&mut Region)) {
    bench.aws.edit(|account| harm(account.region_mut(REGION)));
}

/// `up`, after which nothing is left to do. Gives what was changed.
async fn settled(bench: &Bench) -> BTreeMap<String, usize> {
    let ran = bench.up().await.done();
    assert_eq!(bench.work().await, BTreeMap::new());
    ran.changes()
}

#[tokio::test(start_paused = true)]
async fn the_password_policy_and_the_second_factor() {
    let policy = "password = { minimum_length = 14, numbers = true, history = 5 }";
    let bench = bench(&format!("[cognito]\n{policy}\nmfa = \"optional\"\n"));
    settled(&bench).await;
    let cloud = bench.session().await.cloud;
    let id = bench.aws.read(|account| account.region(REGION).unwrap().cognito.pools[0].id.clone());
    let described = cloud.cognito.describe_user_pool().user_pool_id(&id).send().await.unwrap();
    let pool = described.user_pool.unwrap();
    let passwords = pool.policies().unwrap().password_policy().unwrap();
    assert_eq!(passwords.minimum_length, Some(14));
    assert_eq!(passwords.password_history_size, Some(5));
    assert!(passwords.require_numbers && !passwords.require_symbols);
    assert_eq!(pool.mfa_configuration, Some(UserPoolMfaType::Optional));

    // An update of anything else leaves the second factor as it was.
    bench.edit("construct.toml", "history = 5", "history = 6");
    let changes = settled(&bench).await;
    let expected =
        operations([("cognito-idp.UpdateUserPool", 1), ("cognito-idp.SetUserPoolMfaConfig", 1)]);
    assert_eq!(changes, expected);

    // Authenticator apps that somebody switched off are not in DescribeUserPool.
    harm(&bench, |region| region.cognito.pools[0].software_tokens = false);
    assert_eq!(bench.work().await, plan([("pool", Verb::Update)]));
    assert_eq!(settled(&bench).await, operations([("cognito-idp.SetUserPoolMfaConfig", 1)]));

    bench.edit("construct.toml", "\"optional\"", "\"required\"");
    assert_eq!(settled(&bench).await, operations([("cognito-idp.SetUserPoolMfaConfig", 1)]));
    bench.edit("construct.toml", "mfa = \"required\"\n", "");
    assert_eq!(bench.work().await, BTreeMap::new(), "what nobody speaks of stays");
    bench.edit("construct.toml", "[cognito]\n", "[cognito]\nmfa = \"off\"\n");
    assert_eq!(settled(&bench).await, operations([("cognito-idp.SetUserPoolMfaConfig", 1)]));
    bench.cleanup().await.done();
    assert_eq!(names(&bench.store()), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn identity_providers_come_change_and_go() {
    for forget in [false, true] {
        let mut bench = bench(FEDERATED);
        let ran = bench.up().await.done();
        let client = |bench: &Bench| {
            bench.aws.read(|account| {
                let pool = &account.region(REGION).unwrap().cognito.pools[0];
                let client = pool.clients.values().next().unwrap();
                serde_json::to_value(&client.settings).unwrap()["SupportedIdentityProviders"]
                    .clone()
            })
        };
        assert_eq!(client(&bench), serde_json::json!(["COGNITO", "adfs", "okta"]));
        let (planned, _) = bench.plan().await;
        for text in [ran.text(), planned.text(), bench.read("config.json"), journal(&bench)] {
            assert!(!text.contains(SENTINEL), "{text}");
        }
        let config: serde_json::Value = serde_json::from_str(&bench.read("config.json")).unwrap();
        let told = &config["cognito"]["federation"]["adfs"];
        assert!(told["redirect_uri"].as_str().unwrap().ends_with("/saml2/idpresponse"));
        assert!(
            told["entity_id"].as_str().unwrap().starts_with("urn:amazon:cognito:sp:us-west-2_")
        );
        if forget {
            bench.forget();
        }
        assert_eq!(bench.work().await, BTreeMap::new());

        let update = operations([("cognito-idp.UpdateIdentityProvider", 1)]);
        bench.edit("construct.toml", "\"first\"", "\"second\"");
        assert_eq!(settled(&bench).await, update, "another client id");
        bench.variables.insert("IDP_SECRET".to_owned(), "another".to_owned());
        assert_eq!(bench.work().await, plan([("identity-provider/okta", Verb::Update)]));
        assert_eq!(settled(&bench).await, update, "another secret");
        harm(&bench, |region| {
            let provider = region.cognito.pools[0].identity_providers.get_mut("okta").unwrap();
            provider.attribute_mapping.remove("email").unwrap();
        });
        assert_eq!(settled(&bench).await, update, "a mapping that somebody took out");
        harm(&bench, |region| {
            region.cognito.pools[0].identity_providers.remove("adfs").unwrap();
        });
        let missing = bench.work().await;
        assert_eq!(missing.get("identity-provider/adfs"), Some(&Verb::Create), "{missing:?}");
        settled(&bench).await;

        // Another protocol under the same name is another provider.
        let saml = "saml = { metadata_url = \"https://adfs.example.com/metadata\" }";
        let text = bench.read("construct.toml");
        let oidc = text.lines().find(|line| line.starts_with("oidc")).unwrap();
        bench.write("construct.toml", text.replace(oidc, saml).as_bytes());
        assert_eq!(bench.work().await.get("identity-provider/okta"), Some(&Verb::Replace));
        settled(&bench).await;

        // What somebody added by hand stays.
        let cloud = bench.session().await.cloud;
        by_hand(&bench, &cloud, "theirs").await;
        bench.write("construct.toml", SMALL.as_bytes());
        if forget {
            bench.forget();
        }
        // The functions in front are told whether a sign-in may lead on to a provider.
        let gone = plan([
            ("client/editors", Verb::Update),
            ("function/mcp-proxy", Verb::Update),
            ("function/oauth-callback", Verb::Update),
            ("identity-provider/adfs", Verb::Delete),
            ("identity-provider/okta", Verb::Delete),
        ]);
        let work = bench.work().await;
        let named: BTreeMap<_, _> =
            work.into_iter().filter(|(_, verb)| *verb != Verb::MayUpdate).collect();
        assert_eq!(named, gone);
        settled(&bench).await;
        assert_eq!(client(&bench), serde_json::json!(["COGNITO"]));
        let left: Vec<String> = names(&bench.store())
            .into_iter()
            .filter(|name| name.starts_with("identity-provider"))
            .collect();
        assert_eq!(left, ["identity-provider acme-tools-pool theirs"]);
        bench.cleanup().await.done();
        assert_eq!(names(&bench.store()), [""; 0]);
    }
}

fn journal(bench: &Bench) -> String {
    bench.read(".construct/111122223333/us-west-2/acme-tools/journal.jsonl")
}

/// An identity provider that construct knows nothing of, in the first pool.
async fn by_hand(bench: &Bench, cloud: &Cloud, name: &str) {
    let id = bench.aws.read(|account| account.region(REGION).unwrap().cognito.pools[0].id.clone());
    cloud
        .cognito
        .create_identity_provider()
        .user_pool_id(id)
        .provider_name(name)
        .provider_type(IdentityProviderTypeType::Saml)
        .provider_details("MetadataFile", METADATA)
        .send()
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_provider_of_the_same_name_is_foreign_until_adopted() {
    let bench = bench("");
    bench.up().await.done();
    let cloud = bench.session().await.cloud;
    by_hand(&bench, &cloud, "adfs").await;
    bench.write("construct.toml", format!("{SMALL}{FEDERATED}").as_bytes());
    assert_eq!(bench.work().await.get("identity-provider/adfs"), Some(&Verb::Foreign));
    let ran = bench.up().await;
    assert_eq!(ran.ended, Ok(ExitCode::ApplyIncomplete), "{}", ran.text());
    assert!(ran.err.contains("construct.adfs"), "{}", ran.err);
    let adopt = vec![Address::new("identity-provider/adfs").unwrap()];
    bench.up_with(|arguments| arguments.adopt = adopt).await.done();
    assert_eq!(bench.work().await, BTreeMap::new());
}

/// A pool with a domain, as somebody else would have it.
async fn somebodys_pool(cloud: &Cloud) -> String {
    let made = cloud
        .cognito
        .create_user_pool()
        .pool_name("somebodys")
        .username_attributes(UsernameAttributeType::Email)
        .send()
        .await
        .unwrap();
    let id = made.user_pool.unwrap().id.unwrap();
    let domain = cloud.cognito.create_user_pool_domain().domain("somebodys-domain");
    domain.user_pool_id(&id).send().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    id
}

fn linked(pool: &str, domain: &str) -> String {
    format!(
        "{SMALL}[cognito]\nm2m = true\nexisting = {{ pool = \"{pool}\", domain = \"{domain}\" }}\n"
    )
}

const DOMAIN: &str = "https://somebodys-domain.auth.us-west-2.amazoncognito.com";

#[tokio::test(start_paused = true)]
async fn a_pool_of_somebody_else_takes_our_clients_and_stays_as_it_was() {
    for forget in [false, true] {
        let bench = bench("");
        let pool = somebodys_pool(&bench.session().await.cloud).await;
        let before = bench.store();
        bench.write("construct.toml", linked(&pool, DOMAIN).as_bytes());
        settled(&bench).await;
        let inside: Vec<String> =
            names(&bench.store()).into_iter().filter(|name| name.contains(" somebodys")).collect();
        let expected = [
            "client somebodys acme-tools-client-editors",
            "client somebodys acme-tools-client-machine",
            "domain somebodys-domain",
            "pool somebodys",
            "resource-server somebodys acme-tools",
        ];
        assert_eq!(inside, expected);
        let config: serde_json::Value = serde_json::from_str(&bench.read("config.json")).unwrap();
        assert_eq!(config["cognito"]["pool_id"], pool.as_str());
        assert_eq!(config["cognito"]["scopes"], serde_json::json!(["acme-tools/invoke"]));
        if forget {
            bench.forget();
            assert_eq!(bench.work().await, BTreeMap::new(), "another machine sees the same");
        }
        // By name, nothing but the account tells in which pool to look.
        let name = forget.then(|| "acme-tools".to_owned());
        bench.cleanup_with(|arguments| arguments.stack = name).await.done();
        assert_eq!(differing(&before, &bench.store()).len(), 0, "{:?}", names(&bench.store()));
    }
}

/// `up` until nothing is left to do. In which pool the clients will be shows only once its first part is there: what must
/// then be replaced is for the next run to show.
async fn moved(bench: &Bench) {
    let first = bench.up().await;
    if first.ended == Ok(ExitCode::ApplyIncomplete) {
        assert!(first.err.contains("run the command again"), "{}", first.err);
        bench.up().await.done();
    }
    assert_eq!(bench.work().await, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn from_our_pool_to_somebody_s_and_back() {
    let bench = bench("[cognito]\nm2m = true\n");
    settled(&bench).await;
    let pool = somebodys_pool(&bench.session().await.cloud).await;
    bench.write("construct.toml", linked(&pool, DOMAIN).as_bytes());
    moved(&bench).await;
    let all = names(&bench.store());
    assert!(!all.contains(&"pool acme-tools-pool".to_owned()), "{all:?}");
    assert!(all.contains(&"client somebodys acme-tools-client-editors".to_owned()), "{all:?}");
    bench.write("construct.toml", format!("{SMALL}[cognito]\nm2m = true\n").as_bytes());
    moved(&bench).await;
    let all = names(&bench.store());
    assert!(all.contains(&"pool acme-tools-pool".to_owned()), "{all:?}");
    let left = all.iter().filter(|name| name.contains(" somebodys ")).count();
    assert_eq!(left, 0, "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_not_there_is_refused_before_anything_is_made() {
    let bench = bench("");
    let pool = somebodys_pool(&bench.session().await.cloud).await;
    let missing = linked("us-west-2_Missing00", DOMAIN);
    let elsewhere = linked(&pool, "https://other.auth.us-west-2.amazoncognito.com");
    let cases = [
        (missing, "there is no user pool us-west-2_Missing00"),
        (elsewhere, "is not the domain of the user pool"),
    ];
    for (manifest, message) in cases {
        bench.write("construct.toml", manifest.as_bytes());
        let ran = bench.up().await;
        let failure = ran.ended.unwrap_err();
        assert!(failure.message.contains(message), "{failure:?}");
        assert!(ran.calls.iter().all(|call| !call.mutating));
    }
    harm(&bench, |region| region.cognito.pools[0].domain = None);
    bench.write("construct.toml", linked(&pool, DOMAIN).as_bytes());
    let failure = bench.up().await.ended.unwrap_err();
    assert!(failure.message.contains("has no domain"), "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn a_taken_identifier_in_somebody_s_pool_is_foreign() {
    let bench = bench("");
    let cloud = bench.session().await.cloud;
    let pool = somebodys_pool(&cloud).await;
    let server = cloud.cognito.create_resource_server().user_pool_id(&pool);
    server.identifier("acme-tools").name("theirs").send().await.unwrap();
    bench.write("construct.toml", linked(&pool, DOMAIN).as_bytes());
    let ran = bench.up().await;
    assert_eq!(ran.ended, Ok(ExitCode::ApplyIncomplete), "{}", ran.text());
    let work = bench.work().await;
    assert_eq!(work.get("pool/resource-server"), Some(&Verb::Foreign), "{work:?}");
    bench.cleanup().await.done();
    let left = cloud.cognito.describe_resource_server().user_pool_id(&pool);
    assert!(left.identifier("acme-tools").send().await.is_ok(), "theirs stays");
}
