use super::*;
use crate::policy::Action;

fn naming() -> Naming {
    Naming {
        stack: "acme".into(),
        account: "111122223333".into(),
        region: "us-west-2".into(),
        partition: "aws".into(),
    }
}

fn kinds() -> Vec<&'static str> {
    crate::steps::registry().names().collect()
}

#[test]
fn every_kind_of_the_registry_has_an_entry() {
    for kind in kinds() {
        assert!(rows(kind).is_some_and(|rows| !rows.is_empty()), "{kind} has no row");
    }
    let unknown = document(["x.y"], &Named::default(), &naming());
    assert_eq!(unknown, Err(DeployerError::Kind("x.y".into())));
}

#[test]
fn no_action_has_a_star_and_few_resources_are_one() {
    let policy = document(kinds(), &Named::default(), &naming()).unwrap();
    for statement in policy.statements() {
        assert!(statement.actions().all(|action| !action.as_str().contains('*')));
        let bare = statement.resources().any(|resource| resource == "*");
        assert_eq!(
            bare,
            ["Anything", "NewPools"].contains(&statement.sid()),
            "{}",
            statement.sid()
        );
    }
}

#[test]
fn what_stands_on_anything_only_lists_or_creates_by_the_service() {
    let policy = document(kinds(), &Named::default(), &naming()).unwrap();
    let anything =
        policy.statements().iter().find(|statement| statement.sid() == "Anything").unwrap();
    for action in anything.actions() {
        let operation = action.as_str().split(':').next_back().unwrap();
        let looks = ["List", "Describe"].iter().any(|verb| operation.starts_with(verb));
        let makes =
            ["CreateAgentRuntime", "CreateConsentPortal", "CreateGateway"].contains(&operation);
        assert!(looks || makes, "{action}");
    }
}

#[test]
fn a_policy_holds_its_kinds_and_the_lock_only() {
    let policy = document(["iam.role-trust"], &Named::default(), &naming()).unwrap();
    let sids: Vec<&str> = policy.statements().iter().map(Statement::sid).collect();
    assert_eq!(sids, ["Lock", "Roles"]);
    let text = policy.to_string();
    assert!(text.contains("arn:aws:iam::111122223333:role/construct/acme/*"));
    assert!(text.contains("arn:aws:ssm:us-west-2:111122223333:parameter/construct/acme/lock"));
    assert!(!text.contains("cognito"));
}

#[test]
fn roles_go_to_the_two_services_and_pools_to_the_stack() {
    let policy = document(kinds(), &Named::default(), &naming()).unwrap().to_json();
    let statements = policy["Statement"].as_array().unwrap();
    let of = |sid: &str| statements.iter().find(|statement| statement["Sid"] == sid).unwrap();
    let service = &of("RolesForLambda")["Condition"]["StringEquals"]["iam:PassedToService"];
    assert_eq!(service, LAMBDA_SERVICE);
    assert_eq!(
        of("OurPools")["Condition"]["StringEquals"]["aws:ResourceTag/construct:stack"],
        "acme"
    );
}

#[test]
fn named_secrets_may_be_read() {
    let mut secrets = BTreeSet::new();
    let spec =
        serde_json::json!({ "name": "x", "client_secret": { "secret": "acme/github#value" } });
    named_secrets(&spec, &mut secrets);
    let named = Named { secrets, ..Named::default() };
    let policy = document([], &named, &naming()).unwrap().to_string();
    assert!(
        policy.contains("arn:aws:secretsmanager:us-west-2:111122223333:secret:acme/github-??????")
    );
}

#[test]
fn a_pool_of_somebody_else_is_named_and_nothing_is_done_to_it() {
    let pools = BTreeSet::from(["us-west-2_Other".to_owned()]);
    let named = Named { pools, ..Named::default() };
    let kinds = ["ssm.link", "cognito.resource-server", "cognito.client"];
    let policy = document(kinds, &named, &naming()).unwrap();
    let linked =
        policy.statements().iter().find(|statement| statement.sid() == "LinkedPools").unwrap();
    let arn = "arn:aws:cognito-idp:us-west-2:111122223333:userpool/us-west-2_Other";
    assert_eq!(linked.resources().collect::<Vec<_>>(), [arn]);
    let actions: Vec<&str> = linked.actions().map(Action::as_str).collect();
    assert!(actions.contains(&"cognito-idp:DescribeUserPool"));
    assert!(
        !actions.iter().any(|action| action.ends_with("UserPool") && !action.contains("Describe"))
    );
    assert!(!policy.statements().iter().any(|statement| statement.sid() == "OurPools"));
}

#[test]
fn named_keys_may_be_used() {
    let key = "arn:aws:kms:us-west-2:111122223333:key/12345678-1234-1234-1234-123456789012";
    let statement = named_keys(&BTreeSet::from([key.to_owned()])).unwrap().unwrap();
    let json = Document::new([statement]).to_json();
    assert_eq!(json["Statement"][0]["Resource"], key);
    assert!(json.to_string().contains("kms:CreateGrant"));
    assert_eq!(named_keys(&BTreeSet::new()).unwrap(), None);
}

#[test]
fn what_a_manifest_names_is_allowed_by_its_arn_and_no_wider() {
    let vault = "arn:aws:bedrock-agentcore:us-west-2:111122223333:token-vault/default";
    let provider = |kind: &str| ProviderArn(format!("{vault}/{kind}/shared"));
    let key = "arn:aws:kms:us-west-2:111122223333:key/12345678-1234-1234-1234-123456789012";
    let resources = |named: &Named, sid: &str| -> Vec<String> {
        let policy = document(kinds(), named, &naming()).unwrap();
        let statement = policy.statements().iter().find(|statement| statement.sid() == sid);
        let resources = statement.map(|one| one.resources().map(str::to_owned).collect());
        resources.unwrap_or_default()
    };
    let named = Named {
        providers: [provider("oauth2credentialprovider")].into(),
        signing_keys: [key.to_owned()].into(),
        ..Named::default()
    };
    assert_eq!(resources(&named, "SigningKeys"), [key]);
    let linked = resources(&named, "LinkedProviders");
    assert_eq!(linked, [vault.to_owned(), format!("{vault}/oauth2credentialprovider/shared")]);
    for sid in ["LinkedApiKeyProviders", "LinkedApiKeySecrets"] {
        assert!(resources(&named, sid).is_empty(), "{sid}");
    }
    let named =
        Named { providers: [provider("apikeycredentialprovider")].into(), ..Named::default() };
    assert_eq!(resources(&named, "LinkedApiKeyProviders").len(), 2);
    assert_eq!(resources(&named, "LinkedApiKeySecrets").len(), 1);
    for sid in ["LinkedProviders", "SigningKeys"] {
        assert!(resources(&named, sid).is_empty(), "{sid}");
    }
}

#[test]
fn a_zip_of_a_runtime_may_be_read_and_so_may_its_version() {
    let of = |key: &str, version: Option<&str>| {
        let version = version.map(str::to_owned);
        S3Zip { bucket: "acme-servers".into(), key: key.into(), version }
    };
    let spec = |artifact: &Artifact| serde_json::json!({ "name": "a", "artifact": artifact });
    let code = || crate::manifest::RuntimeCode {
        runtime: "PYTHON_3_13".into(),
        entry_point: vec!["main.py".into()],
    };
    let named = of("words.zip", None);
    assert_eq!(zip(&spec(&Artifact::S3(named.clone(), code()))), Some(named.clone()));
    assert_eq!(zip(&spec(&Artifact::Image("public.ecr.aws/a/b:1".into()))), None);
    let zips = BTreeSet::from([named, of("old.zip", Some("v1"))]);
    let statements = Document::new(named_zips(&zips, &naming()).unwrap()).to_json();
    let said = |at: usize| {
        let one = &statements["Statement"][at];
        (one["Action"].as_str().unwrap(), one["Resource"].as_str().unwrap())
    };
    assert_eq!(said(0), ("s3:GetObject", "arn:aws:s3:::acme-servers/words.zip"));
    assert_eq!(said(1), ("s3:GetObjectVersion", "arn:aws:s3:::acme-servers/old.zip"));
    assert!(named_zips(&BTreeSet::new(), &naming()).unwrap().is_empty());
}
