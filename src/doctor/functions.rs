//! Whether each function runs the code that this construct, or the manifest, has for it.

use aws_sdk_lambda::types::{Architecture, FunctionConfiguration};
use construct_engine::{Graph, Step as _, StepError};
use serde_json::Value;

use super::{Checked, Finding};
use crate::cloud::{Cloud, classify, is_not_found};
use crate::package::{Code, CodeSource};
use crate::steps::lambda_function::Function;

/// How many characters of a digest tell it from another.
const SHOWN: usize = 8;

/// Compares the digests of all functions of `graph`.
pub(super) async fn check(cloud: &Cloud, graph: &Graph<Cloud>) -> Checked {
    let specs = graph
        .outline()
        .filter(|(_, kind, _)| *kind == Function::KIND)
        .filter_map(|(address, ..)| graph.spec(address));
    let mut findings = Vec::new();
    for spec in specs {
        let name = spec["name"].as_str().unwrap_or_default().to_owned();
        findings.push(match live(cloud, &name).await {
            Ok(Some(live)) => compare(&name, &spec, &live),
            Ok(None) => Finding::wrong(
                format!("the function {name} is not there"),
                "calls that need it fail",
                "run `construct up`",
            ),
            Err(error) => Finding::refused(format!("what the function {name} runs"), &error),
        });
    }
    if findings.is_empty() {
        findings.push(Finding::fine("the stack has no functions"));
    }
    Checked::new("functions", findings)
}

async fn live(cloud: &Cloud, name: &str) -> Result<Option<FunctionConfiguration>, StepError> {
    let answer = cloud.lambda.get_function().function_name(name).send().await;
    match answer.map_err(|error| classify("GetFunction", error)) {
        Ok(answer) => Ok(answer.configuration),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn compare(name: &str, spec: &Value, live: &FunctionConfiguration) -> Finding {
    let there = live.code_sha256.as_deref().unwrap_or_default();
    let architecture = live.architectures().first().map(Architecture::as_str);
    let wanted = match wanted(spec, architecture) {
        Ok(wanted) => wanted,
        Err(why) => {
            let todo = "compare with the construct that made the stack";
            return Finding::not_tried(format!("what the function {name} runs"), why, todo);
        }
    };
    let short = |digest: &str| digest.chars().take(SHOWN).collect::<String>();
    let since = live.last_modified.as_deref().unwrap_or("an unknown time");
    if there == wanted {
        return Finding::fine(format!("{name} runs {}, as it should", short(there)));
    }
    Finding::wrong(
        format!(
            "{name} runs {}, changed at {since}; it should run {}",
            short(there),
            short(&wanted)
        ),
        "another version made it or somebody changed it by hand: what was mended since is not in it, and what is in it \
         nobody here can tell",
        "run `construct up` to put this version's code there",
    )
}

/// The digest that the code should have. The front's is there for each processor: which one it runs on is not this
/// check's to say.
fn wanted(spec: &Value, architecture: Option<&str>) -> Result<String, String> {
    let code: Code =
        serde_json::from_value(spec["code"].clone()).map_err(|error| error.to_string())?;
    match (&code.source, architecture) {
        (CodeSource::Front(made_for), Some(runs_on)) if made_for != runs_on => {
            Code::front(runs_on).map(|code| code.sha256).map_err(|error| error.to_string())
        }
        _ => Ok(code.sha256),
    }
}
