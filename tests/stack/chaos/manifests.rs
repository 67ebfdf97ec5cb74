//! The stack that things happen to, small enough to be run hundreds of times: with kinds whose names are unique and kinds
//! whose names are not, with a secret, a function and two targets.

use super::steps::VARIANTS;

/// Another stack in the same account.
pub(super) const BESIDE: &str = r#"
[stack]
name = "acme-tools2"
region = "us-west-2"

[gateway]
inbound = "iam"

[identities.ci]
return_urls = ["https://ci.example.com/done"]

[targets.small]
openapi = "specs/small.json"
"#;

const BASE: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"
tags = { team = "tools" }

[gateway]
inbound = "cognito"

[providers.weather]
api_key = { env = "WEATHER_KEY" }

[targets.weather]
openapi = "specs/small.json"
auth = { provider = "weather", location = "header", name = "X-Api-Key" }
"#;

const WORDS: &str = r#"
[targets.words]
lambda = { function = "words", tools = "tools.json" }

[functions.words]
zip = "words.zip"
handler = "index.handler"
runtime = "python3.12"
architecture = "x86_64"
"#;

const CI: &str = r#"
[identities.ci]
return_urls = ["https://ci.example.com/done"]
"#;

const MORE: &str = r#"
[cognito]
m2m = true

[targets.more]
openapi = "specs/small.json"
"#;

/// The manifests that a step changes between.
pub(super) fn variants() -> [String; VARIANTS] {
    let changed = format!("{BASE}{WORDS}{CI}")
        .replace("team = \"tools\"", "team = \"words\"")
        .replace("/done", "/finished")
        .replace("X-Api-Key", "X-Weather-Key");
    [format!("{BASE}{WORDS}{CI}"), changed, format!("{BASE}{CI}"), format!("{BASE}{WORDS}{MORE}")]
}
