//! A gateway's rate limits and rules.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much of a gateway those may use whom the dimensions tell apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Text shown in the console.
    pub description: Option<String>,
    /// What tells requests apart; their order counts.
    pub dimensions: Vec<String>,
    /// The limits, by the dimensions' values.
    pub entries: Vec<LimitEntry>,
}

/// Limits for some values of the dimensions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitEntry {
    /// A value by dimension; one that is not here may have any.
    #[serde(rename = "match")]
    pub matching: BTreeMap<String, String>,
    /// How many requests.
    pub requests: Option<Rate>,
    /// How many tokens of a model.
    pub tokens: Option<Rate>,
    /// How many connections.
    pub connections: Option<Rate>,
}

/// How many in which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many; 0 blocks.
    pub rate: u32,
    /// In which time.
    pub period: Period,
}

/// The time that a rate counts over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// One second.
    Second,
    /// One minute.
    Minute,
}

/// Where requests go, or which configuration they get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayRule {
    /// Its place among the gateway's rules.
    pub priority: i32,
    /// Text shown in the console.
    pub description: Option<String>,
    /// Which requests it is for.
    pub conditions: RuleConditions,
    /// The one target that requests go to.
    pub route: Option<Route>,
    /// Two targets that share the requests.
    pub weighted: Vec<WeightedRoute>,
    /// The configuration bundle that requests get.
    pub bundle: Option<Bundle>,
    /// Two configuration bundles that share the requests.
    pub weighted_bundles: Vec<WeightedBundle>,
}

impl GatewayRule {
    /// The targets that it names, each with the key that names it.
    pub fn targets(&self) -> Vec<(String, &str)> {
        let mut named = Vec::new();
        if let Some(route) = &self.route {
            named.push(("route.target".to_owned(), route.target.as_str()));
            named.extend(fallbacks("route", route.fallback.as_ref()));
        }
        for (index, route) in self.weighted.iter().enumerate() {
            let path = format!("weighted[{index}]");
            named.push((format!("{path}.target"), route.target.as_str()));
            named.extend(fallbacks(&path, route.fallback.as_ref()));
        }
        named
    }
}

fn fallbacks<'a>(
    path: &str,
    fallback: Option<&'a Fallback>,
) -> impl Iterator<Item = (String, &'a str)> {
    fallback.into_iter().flat_map(|fallback| &fallback.targets).enumerate().map(
        move |(index, one)| {
            (format!("{path}.fallback.targets[{index}].target"), one.target.as_str())
        },
    )
}

/// Which requests a rule is for: what is empty does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleConditions {
    /// IAM principals, by ARN.
    pub principals: Vec<String>,
    /// First parts of paths.
    pub paths: Vec<String>,
    /// Models that are asked for.
    pub models: Vec<String>,
}

/// One target that requests go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// One of the gateway's targets, by name.
    pub target: String,
    /// The model that an inference target is asked for.
    pub model: Option<String>,
    /// What the target's failure leads to.
    pub fallback: Option<Fallback>,
}

/// One of two targets that share the requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedRoute {
    /// What this share is called.
    pub name: String,
    /// Its share of 100.
    pub weight: i32,
    /// One of the gateway's targets, by name.
    pub target: String,
    /// The model that an inference target is asked for.
    pub model: Option<String>,
    /// What the target's failure leads to.
    pub fallback: Option<Fallback>,
    /// Text for people.
    pub description: Option<String>,
    /// Further texts that this share carries.
    pub metadata: BTreeMap<String, String>,
}

/// A version of a configuration bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// The bundle's ARN.
    pub arn: String,
    /// Its version.
    pub version: String,
}

/// One of two configuration bundles that share the requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedBundle {
    /// What this share is called.
    pub name: String,
    /// Its share of 100.
    pub weight: i32,
    /// The bundle's ARN.
    pub arn: String,
    /// Its version.
    pub version: String,
    /// Text for people.
    pub description: Option<String>,
    /// Further texts that this share carries.
    pub metadata: BTreeMap<String, String>,
}

/// Where requests go that a target fails at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// Answers that are failures.
    pub status_codes: Vec<String>,
    /// Other failures that count.
    pub errors: Vec<FallbackError>,
    /// How long the first byte of an answer may take.
    pub first_byte_timeout_ms: Option<i32>,
    /// Whether a target that goes on failing is left out for a while.
    pub circuit_breaker: Option<bool>,
    /// The targets to try then, in this order.
    pub targets: Vec<FallbackTarget>,
}

/// A target to try after another failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FallbackTarget {
    /// One of the gateway's targets, by name.
    pub target: String,
    /// The model that it is asked for.
    pub model: Option<String>,
    /// Answers that are failures.
    pub status_codes: Vec<String>,
    /// Other failures that count.
    pub errors: Vec<FallbackError>,
    /// How long the first byte of an answer may take.
    pub first_byte_timeout_ms: Option<i32>,
}

/// A failure that no answer tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FallbackError {
    /// The target could not be reached.
    ConnectionError,
    /// The answer did not begin in time.
    FirstByteTimeout,
    /// The gateway found no way to it.
    Unroutable,
}
