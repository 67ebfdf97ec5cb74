//! The kinds, as data: a manifest with one object of each, and the edits that move it.

use serde_json::{Value, json};

use crate::stack::harness::FULL;

/// A text of the manifest, and what stands in its place afterwards.
pub(super) type Edit = (&'static str, &'static str);

/// What is asked by way of an edit.
pub(super) enum Possible {
    /// These edits bring it about.
    By(&'static [Edit]),
    /// No edit can, for this reason.
    CannotBe(&'static str),
}

/// How somebody else's change comes about.
pub(super) enum Drift {
    /// By the edits of [`Recipe::update`], made on another machine.
    AsAnUpdate,
    /// In the raw store: at every place of the path, where `*` stands for all members.
    InTheStore(&'static str, fn(&mut Value)),
    /// There is nothing that could change, for this reason.
    CannotBe(&'static str),
}

/// Whether an object under our name may be somebody else's.
#[derive(Clone, Copy)]
pub(super) enum Foreignness {
    /// The tags that mark it tell.
    ByItsMark,
    /// What marks it is no tag: in the raw store, this at every place of the path takes the mark away.
    ByAnotherMark(&'static str, fn(&mut Value)),
    /// It has none of its own, for this reason.
    CannotBe(&'static str),
}

/// A kind of object.
pub(super) struct Recipe {
    pub(super) kind: &'static str,
    pub(super) manifest: &'static str,
    /// The node that is watched.
    pub(super) address: &'static str,
    pub(super) update: Possible,
    pub(super) drift: Drift,
    pub(super) replace: Possible,
    /// Edits after which the object is not wanted; none where every stack has it, so that a cleanup takes it away.
    pub(super) without: Option<&'static [Edit]>,
    /// Whether taking it away changes something else instead of removing something.
    pub(super) goes_by_update: bool,
    pub(super) foreign: Foreignness,
}

const NEVER: &str = "every change is made in place";
const ANOTHER_NODE: &str = "what could not change in place has another address";
const NOTHING_TO_CHANGE: &str = "the manifest has nothing that changes it in place";
const WITH_ITS_PARENT: &str = "it carries no mark: it is ours when what it lives in is";

/// Every kind, group by group.
pub(super) const RECIPES: &[&[Recipe]] =
    &[ACCOUNT, COGNITO, FRONT, URLS, AGENTCORE, RUNTIMES, POLICIES, PORTALS];

/// A schema that is too large for a request.
const LARGE: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"
bucket = "acme-schemas"
tags = { team = "tools" }

[targets.large]
openapi = "specs/large.json"
"#;

/// People who sign in elsewhere.
const FEDERATED: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[cognito.federation.okta]
oidc = { issuer = "https://idp.example.com", client_id = "first", client_secret = { env = "GITHUB_CLIENT_SECRET" } }
attributes = { email = "email" }
"#;

/// A gateway that needs nothing of what stands in front of it.
const GATEWAY: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[gateway]
inbound = "cognito"

[targets.small]
openapi = "specs/small.json"
"#;

const ACCOUNT: &[Recipe] = &[
    Recipe {
        kind: "logs.group",
        manifest: FULL,
        address: "log-group/words",
        update: Possible::By(&[(
            "architecture = \"x86_64\"",
            "architecture = \"x86_64\"\nlog_retention_days = 7",
        )]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(NEVER),
        without: Some(WITHOUT_WORDS),
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "iam.role",
        manifest: FULL,
        address: "role/function-words",
        update: Possible::By(&[("tags = { team = \"tools\" }", "tags = { team = \"words\" }")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(ANOTHER_NODE),
        without: Some(WITHOUT_WORDS),
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "iam.role-policy",
        manifest: FULL,
        address: "role-policy/function-oauth-callback.providers",
        update: Possible::By(&[(
            "[targets.github]",
            "[targets.jira]\nopenapi = \"specs/small.json\"\nauth = { provider = \"jira\", grant = \"authorization_code\" }\n\n[providers.jira]\nvendor = \"atlassian\"\nclient_id = \"jira\"\nclient_secret = { env = \"JIRA\" }\n\n[targets.github]",
        )]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(ANOTHER_NODE),
        without: Some(WITHOUT_CONSENT),
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "iam.role-trust",
        manifest: FULL,
        address: "role-trust/gateway",
        update: Possible::CannotBe(NOTHING_TO_CHANGE),
        drift: Drift::InTheStore("iam/roles/acme-tools-gateway-role/trust", |trust| {
            *trust = json!(
                trust.as_str().unwrap().replace("gateway/acme-tools-gateway-", "gateway/other-")
            );
        }),
        replace: Possible::CannotBe(NEVER),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "ssm.link",
        manifest: LARGE,
        address: "link/bucket.acme-schemas",
        update: Possible::By(&[("tags = { team = \"tools\" }", "tags = { team = \"words\" }")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(ANOTHER_NODE),
        without: Some(&[("openapi = \"specs/large.json\"", "openapi = \"specs/small.json\"")]),
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "s3.object",
        manifest: LARGE,
        address: "schema/large.5614c60a539d1314",
        update: Possible::CannotBe(NOTHING_TO_CHANGE),
        drift: Drift::InTheStore("s3/buckets/acme-schemas/objects/*/tags", |tags| {
            tags["construct:node"] = json!("schema/other");
        }),
        replace: Possible::CannotBe(ANOTHER_NODE),
        without: Some(&[("openapi = \"specs/large.json\"", "openapi = \"specs/small.json\"")]),
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "ssm.sealing-key",
        manifest: FULL,
        address: "sealing-key/state",
        update: Possible::By(&[("tags = { team = \"tools\" }", "tags = { team = \"words\" }")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(NEVER),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "dynamodb.table",
        manifest: FULL,
        address: "table/sessions",
        update: Possible::By(&[("tags = { team = \"tools\" }", "tags = { team = \"words\" }")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe("no key of the manifest changes a table's key"),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
];

const COGNITO: &[Recipe] = &[
    Recipe {
        kind: "cognito.user-pool",
        manifest: FULL,
        address: "pool",
        update: Possible::By(&[("m2m = true", "m2m = true\npassword = { minimum_length = 20 }")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe("people always sign in with an e-mail address"),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(
            "names of pools are not unique: a stranger's is none of ours",
        ),
    },
    Recipe {
        kind: "cognito.domain",
        manifest: FULL,
        address: "pool/domain",
        update: Possible::CannotBe(NOTHING_TO_CHANGE),
        drift: Drift::CannotBe("a domain is its prefix"),
        replace: Possible::CannotBe("its prefix follows from account, Region and stack"),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "cognito.resource-server",
        manifest: FULL,
        address: "pool/resource-server",
        update: Possible::CannotBe(NOTHING_TO_CHANGE),
        drift: Drift::InTheStore(
            "regions/*/cognito/pools/*/resource_servers/mcp/scopes",
            |scopes| {
                *scopes = json!({"other": "Somebody else's"});
            },
        ),
        replace: Possible::CannotBe("its identifier is fixed"),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "cognito.identity-provider",
        manifest: FEDERATED,
        address: "identity-provider/okta",
        update: Possible::By(&[("\"first\"", "\"second\"")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::By(&[(
            "oidc = { issuer = \"https://idp.example.com\", client_id = \"first\", client_secret = { env = \"GITHUB_CLIENT_SECRET\" } }",
            "saml = { metadata_url = \"https://idp.example.com/metadata\" }",
        )]),
        without: Some(&[(
            "[cognito.federation.okta]\noidc = { issuer = \"https://idp.example.com\", client_id = \"first\", client_secret = { env = \"GITHUB_CLIENT_SECRET\" } }\nattributes = { email = \"email\" }\n",
            "",
        )]),
        goes_by_update: false,
        foreign: Foreignness::ByAnotherMark(
            "regions/*/cognito/pools/*/identity_providers/okta/identifiers",
            |identifiers| *identifiers = json!([]),
        ),
    },
    Recipe {
        kind: "cognito.client",
        manifest: FULL,
        address: "client/machine",
        update: Possible::By(&[("m2m = true", "m2m = true\naccess_token_minutes = 30")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(ANOTHER_NODE),
        without: Some(&[("m2m = true\n", "")]),
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "cognito.user",
        manifest: FULL,
        address: "user/first",
        update: Possible::CannotBe("an account that people use is never changed"),
        drift: Drift::CannotBe("an account that people use is never changed"),
        replace: Possible::CannotBe("an account that people use is never changed"),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
];

const FRONT: &[Recipe] = &[
    Recipe {
        kind: "apigateway.http-api",
        manifest: FULL,
        address: "api",
        update: Possible::By(&[("tags = { team = \"tools\" }", "tags = { team = \"words\" }")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(NEVER),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(
            "names of APIs are not unique: a stranger's is none of ours",
        ),
    },
    Recipe {
        kind: "apigateway.integration",
        manifest: FULL,
        address: "integration/mcp-proxy",
        update: Possible::CannotBe(NOTHING_TO_CHANGE),
        drift: Drift::InTheStore(
            "regions/*/apigateway/apis/*/integrations/*/timeoutInMillis",
            |time| {
                *time = json!(1000);
            },
        ),
        replace: Possible::CannotBe(NEVER),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "apigateway.route",
        manifest: FULL,
        address: "route/any_mcp",
        update: Possible::CannotBe(NOTHING_TO_CHANGE),
        drift: Drift::InTheStore("regions/*/apigateway/apis/*/routes/*/target", |target| {
            *target = json!("integrations/another");
        }),
        replace: Possible::CannotBe(ANOTHER_NODE),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "apigateway.stage",
        manifest: FULL,
        address: "stage",
        update: Possible::By(&[("[clients]", "[front.throttle]\nrate = 7\n\n[clients]")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(NEVER),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "lambda.function",
        manifest: FULL,
        address: "function/words",
        update: Possible::By(&[(
            "architecture = \"x86_64\"",
            "architecture = \"x86_64\"\nmemory = 512",
        )]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe("no key of the manifest asks for another package type"),
        without: Some(WITHOUT_WORDS),
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "lambda.permission",
        manifest: FULL,
        address: "permission/mcp-proxy",
        update: Possible::CannotBe(NOTHING_TO_CHANGE),
        drift: Drift::InTheStore(
            "regions/*/lambda/functions/*/policy/*/Condition/ArnLike/AWS:SourceArn",
            |arn| {
                *arn = json!("arn:aws:execute-api:us-west-2:111122223333:another/*/*");
            },
        ),
        replace: Possible::CannotBe(NEVER),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
];

/// A front with the other door.
const AT_A_URL: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"
tags = { team = "tools" }

[gateway]
front = "function-url"

[targets.small]
openapi = "specs/small.json"
"#;

const AT_AN_API: &[Edit] = &[("front = \"function-url\"\n", "front = \"http-api\"\n")];

const URLS: &[Recipe] = &[
    Recipe {
        kind: "lambda.function-url",
        manifest: AT_A_URL,
        address: "function-url/mcp-proxy",
        update: Possible::By(&[(
            "[targets.small]",
            "[clients]\nallowed_origins = [\"https://web.example\"]\n\n[targets.small]",
        )]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(NEVER),
        without: Some(AT_AN_API),
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "lambda.function-environment",
        manifest: AT_A_URL,
        address: "function-environment/mcp-proxy",
        update: Possible::By(&[(
            "[targets.small]",
            "[clients]\nmetadata_hosts = [\"app.example\"]\n\n[targets.small]",
        )]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(NEVER),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
];

const AGENTCORE: &[Recipe] = &[
    Recipe {
        kind: "agentcore.gateway",
        manifest: GATEWAY,
        address: "gateway",
        update: Possible::By(&[("[gateway]\n", "[gateway]\ndescription = \"Tools\"\n")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::By(&[("inbound = \"cognito\"", "inbound = \"iam\"")]),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "agentcore.gateway-return-urls",
        manifest: FULL,
        address: "return-urls/gateway",
        update: Possible::CannotBe(NOTHING_TO_CHANGE),
        drift: Drift::CannotBe(
            "an entry is there or it is not, and that it is gone is a question of its own",
        ),
        replace: Possible::CannotBe(NEVER),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "agentcore.oauth2-provider",
        manifest: FULL,
        address: "provider/github",
        update: Possible::By(&[("{ env = \"GITHUB_CLIENT_ID\" }", "\"another\"")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::By(&[("vendor = \"github\"", "vendor = \"atlassian\"")]),
        without: Some(WITHOUT_CONSENT),
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "agentcore.api-key-provider",
        manifest: KEYED,
        address: "provider/weather",
        update: Possible::By(&[("tags = { team = \"tools\" }", "tags = { team = \"words\" }")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(ANOTHER_NODE),
        without: Some(&[
            ("[providers.weather]\napi_key = { env = \"WEATHER_KEY\" }\n", ""),
            (
                "auth = { provider = \"weather\", location = \"header\", name = \"X-Api-Key\" }\n",
                "",
            ),
        ]),
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "agentcore.target",
        manifest: FULL,
        address: "target/github",
        update: Possible::By(&[("scopes = [\"repo\"]", "scopes = [\"repo\", \"read:user\"]")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::By(&[(
            "openapi = \"specs/small.json\"\nauth = { provider = \"github\", grant = \"authorization_code\", scopes = [\"repo\"] }",
            "lambda = { function = \"words\", tools = \"tools.json\" }",
        )]),
        without: Some(WITHOUT_CONSENT),
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "agentcore.workload-identity",
        manifest: FULL,
        address: "identity/ci",
        update: Possible::By(&[("https://ci.example.com/done", "https://ci.example.com/end")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(ANOTHER_NODE),
        without: Some(&[(
            "[identities.ci]\nreturn_urls = [\"https://ci.example.com/done\"]\n",
            "",
        )]),
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
];

/// Takes the function `words` and its target out of [`FULL`].
const WITHOUT_WORDS: &[Edit] = &[(
    "[targets.words]\nlambda = { function = \"words\", tools = \"tools.json\" }\n\n[functions.words]\nzip = \"words.zip\"\nhandler = \"index.handler\"\nruntime = \"python3.12\"\narchitecture = \"x86_64\"\n",
    "",
)];

/// Takes the provider and the target that needs it out of [`FULL`].
const WITHOUT_CONSENT: &[Edit] = &[(
    "[providers.github]\nvendor = \"github\"\nclient_id = { env = \"GITHUB_CLIENT_ID\" }\nclient_secret = { env = \"GITHUB_CLIENT_SECRET\" }\n\n[targets.github]\nopenapi = \"specs/small.json\"\nauth = { provider = \"github\", grant = \"authorization_code\", scopes = [\"repo\"] }\n",
    "",
)];

/// A stack whose only target signs in with a key.
const KEYED: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"
tags = { team = "tools" }

[providers.weather]
api_key = { env = "WEATHER_KEY" }

[targets.weather]
openapi = "specs/small.json"
auth = { provider = "weather", location = "header", name = "X-Api-Key" }
"#;

/// A gateway with a runtime behind it.
const WITH_RUNTIME: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"
tags = { team = "tools" }

[gateway]
inbound = "iam"

[runtimes.words]
image = "111122223333.dkr.ecr.us-west-2.amazonaws.com/words:1"
description = "Counts words"

[runtimes.words.endpoints.stable]
description = "What people use"
"#;

const RUNTIMES: &[Recipe] = &[
    Recipe {
        kind: "agentcore.runtime",
        manifest: WITH_RUNTIME,
        address: "runtime/words",
        update: Possible::By(&[("Counts words", "Counts all words")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(ANOTHER_NODE),
        without: Some(&[(
            "[runtimes.words]\nimage = \"111122223333.dkr.ecr.us-west-2.amazonaws.com/words:1\"\ndescription = \"Counts words\"\n\n[runtimes.words.endpoints.stable]\ndescription = \"What people use\"\n",
            "",
        )]),
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "agentcore.runtime-endpoint",
        manifest: WITH_RUNTIME,
        address: "runtime-endpoint/words.stable",
        update: Possible::By(&[("What people use", "What everybody uses")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(ANOTHER_NODE),
        without: Some(&[(
            "\n[runtimes.words.endpoints.stable]\ndescription = \"What people use\"\n",
            "",
        )]),
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
];

/// A gateway that asks a policy engine, with a rate limit and a rule.
const GUARDED: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[gateway]
inbound = "iam"
policy = { engine = "main" }

[gateway.rate_limits.callers]
dimensions = ["toolName"]
entries = [{ requests = { rate = 10, period = "second" } }]

[gateway.rules.all]
priority = 10
route = { target = "small" }

[targets.small]
openapi = "specs/small.json"

[policy_engines.main]
description = "Who may"

[policy_engines.main.policies.readers]
statement = 'permit(principal, action, resource == AgentCore::Gateway::"${gateway}");'
"#;

const POLICIES: &[Recipe] = &[
    Recipe {
        kind: "agentcore.policy-engine",
        manifest: GUARDED,
        address: "policy-engine/main",
        update: Possible::By(&[("Who may", "Who may what")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::By(&[(
            "description = \"Who may\"",
            "kms_key = \"arn:aws:kms:us-west-2:111122223333:key/01234567-89ab-cdef-0123-456789abcdef\"",
        )]),
        without: Some(&[
            ("policy = { engine = \"main\" }\n", ""),
            ("[policy_engines.main]\ndescription = \"Who may\"\n", ""),
            WITHOUT_POLICY,
        ]),
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "agentcore.policy",
        manifest: GUARDED,
        address: "policy/main.readers",
        update: Possible::By(&[("'permit(", "'forbid(")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(NEVER),
        without: Some(&[WITHOUT_POLICY]),
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "agentcore.rate-limit",
        manifest: GUARDED,
        address: "rate-limit/callers",
        update: Possible::By(&[("rate = 10,", "rate = 20,")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::By(&[("[\"toolName\"]", "[\"targetName\"]")]),
        without: Some(&[(
            "[gateway.rate_limits.callers]\ndimensions = [\"toolName\"]\nentries = [{ requests = { rate = 10, period = \"second\" } }]\n",
            "",
        )]),
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
    Recipe {
        kind: "agentcore.rule",
        manifest: GUARDED,
        address: "rule/all",
        update: Possible::By(&[("priority = 10", "priority = 20")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(NEVER),
        without: Some(&[(
            "[gateway.rules.all]\npriority = 10\nroute = { target = \"small\" }\n",
            "",
        )]),
        goes_by_update: false,
        foreign: Foreignness::CannotBe("its mark is in its description, not in a tag"),
    },
];

const WITHOUT_POLICY: Edit = (
    "[policy_engines.main.policies.readers]\nstatement = 'permit(principal, action, resource == AgentCore::Gateway::\"${gateway}\");'\n",
    "",
);

/// A gateway whose people consent at a portal.
const WITH_PORTAL: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"
tags = { team = "tools" }

[gateway]
consent = "portal"
portal = { description = "Your consents" }
"#;

const PORTALS: &[Recipe] = &[
    Recipe {
        kind: "agentcore.consent-portal",
        manifest: WITH_PORTAL,
        address: "portal",
        update: Possible::By(&[("Your consents", "All your consents")]),
        drift: Drift::AsAnUpdate,
        replace: Possible::CannotBe(ANOTHER_NODE),
        without: Some(&[(
            "consent = \"portal\"\nportal = { description = \"Your consents\" }\n",
            "",
        )]),
        goes_by_update: false,
        foreign: Foreignness::ByItsMark,
    },
    Recipe {
        kind: "cognito.client-callback",
        manifest: WITH_PORTAL,
        address: "client-callback/portal",
        update: Possible::CannotBe(NOTHING_TO_CHANGE),
        drift: Drift::InTheStore(
            "regions/us-west-2/cognito/pools/*/clients/*/settings/CallbackURLs",
            |urls| {
                if urls.as_array().is_some_and(|urls| urls.len() == 1) {
                    *urls = json!(["https://other.example.com/callback"]);
                }
            },
        ),
        replace: Possible::CannotBe(NEVER),
        without: None,
        goes_by_update: false,
        foreign: Foreignness::CannotBe(WITH_ITS_PARENT),
    },
];
