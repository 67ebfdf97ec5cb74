//! A rule's conditions and actions: from the manifest's words to the service's, and as a plan shows them.

use aws_sdk_bedrockagentcorecontrol::types::{
    self as sdk, Action, CircuitBreakerConfiguration, CircuitBreakerMode, Condition,
    ConfigurationBundleAction, ConfigurationBundleReference, FallbackTriggers, IamPrincipal,
    MatchModelEntry, MatchModels, MatchOperator, MatchPaths, MatchPrincipalEntry, MatchPrincipals,
    PrincipalMatchOperator, RouteToTargetAction, StaticOverride, StaticRoute,
    TargetTrafficSplitEntry, TrafficSplitEntry, WeightedOverride,
};
use aws_smithy_types::error::operation::BuildError;

use super::Content;
use crate::manifest::{
    Fallback, FallbackError, FallbackTarget, Route, RuleConditions, WeightedBundle, WeightedRoute,
};

/// The conditions of a request; one for each kind that has entries.
pub(super) fn conditions(wanted: &RuleConditions) -> Result<Vec<Condition>, BuildError> {
    let mut conditions = Vec::new();
    if !wanted.principals.is_empty() {
        let entries = wanted.principals.iter().map(|arn| {
            let operator = if has_wildcard(arn) {
                PrincipalMatchOperator::StringLike
            } else {
                PrincipalMatchOperator::StringEquals
            };
            let principal = IamPrincipal::builder().arn(arn).operator(operator).build();
            principal.map(MatchPrincipalEntry::IamPrincipal)
        });
        let any_of = Some(entries.collect::<Result<_, _>>()?);
        let built = MatchPrincipals::builder().set_any_of(any_of).build()?;
        conditions.push(Condition::MatchPrincipals(built));
    }
    if !wanted.paths.is_empty() {
        let built = MatchPaths::builder().set_any_of(Some(wanted.paths.clone())).build()?;
        conditions.push(Condition::MatchPaths(built));
    }
    if !wanted.models.is_empty() {
        let entries = wanted.models.iter().map(|model| {
            let operator = if has_wildcard(model) {
                MatchOperator::StringLike
            } else {
                MatchOperator::StringEquals
            };
            MatchModelEntry::builder().value(model).operator(operator).build()
        });
        let any_of = Some(entries.collect::<Result<_, _>>()?);
        let built = MatchModels::builder().set_any_of(any_of).build()?;
        conditions.push(Condition::MatchModels(built));
    }
    Ok(conditions)
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The actions of a request: the configuration first, then the way.
pub(super) fn actions(wanted: &Content) -> Result<Vec<Action>, BuildError> {
    let mut actions = Vec::new();
    if let Some(bundle) = &wanted.bundle {
        let built = StaticOverride::builder()
            .bundle_arn(&bundle.arn)
            .bundle_version(&bundle.version)
            .build()?;
        let chosen = ConfigurationBundleAction::StaticOverride(built);
        actions.push(Action::ConfigurationBundle(chosen));
    }
    if !wanted.weighted_bundles.is_empty() {
        let entries = wanted.weighted_bundles.iter().map(weighted_bundle);
        let split = Some(entries.collect::<Result<_, _>>()?);
        let built = WeightedOverride::builder().set_traffic_split(split).build()?;
        let chosen = ConfigurationBundleAction::WeightedOverride(built);
        actions.push(Action::ConfigurationBundle(chosen));
    }
    if let Some(route) = &wanted.route {
        let chosen = RouteToTargetAction::StaticRoute(static_route(route)?);
        actions.push(Action::RouteToTarget(chosen));
    }
    if !wanted.weighted.is_empty() {
        let entries = wanted.weighted.iter().map(weighted_route);
        let split = Some(entries.collect::<Result<_, _>>()?);
        let built = sdk::WeightedRoute::builder().set_traffic_split(split).build()?;
        let chosen = RouteToTargetAction::WeightedRoute(built);
        actions.push(Action::RouteToTarget(chosen));
    }
    Ok(actions)
}

fn weighted_bundle(wanted: &WeightedBundle) -> Result<TrafficSplitEntry, BuildError> {
    let bundle = ConfigurationBundleReference::builder()
        .bundle_arn(&wanted.arn)
        .bundle_version(&wanted.version)
        .build()?;
    let metadata = wanted.metadata.clone().into_iter().collect();
    TrafficSplitEntry::builder()
        .name(&wanted.name)
        .weight(wanted.weight)
        .configuration_bundle(bundle)
        .set_description(wanted.description.clone())
        .set_metadata((!wanted.metadata.is_empty()).then_some(metadata))
        .build()
}

fn static_route(wanted: &Route) -> Result<StaticRoute, BuildError> {
    StaticRoute::builder()
        .target_name(&wanted.target)
        .set_model(wanted.model.clone())
        .set_fallback(wanted.fallback.as_ref().map(fallback).transpose()?)
        .build()
}

fn weighted_route(wanted: &WeightedRoute) -> Result<TargetTrafficSplitEntry, BuildError> {
    let metadata = wanted.metadata.clone().into_iter().collect();
    TargetTrafficSplitEntry::builder()
        .name(&wanted.name)
        .weight(wanted.weight)
        .target_name(&wanted.target)
        .set_model(wanted.model.clone())
        .set_fallback(wanted.fallback.as_ref().map(fallback).transpose()?)
        .set_description(wanted.description.clone())
        .set_metadata((!wanted.metadata.is_empty()).then_some(metadata))
        .build()
}

fn fallback(wanted: &Fallback) -> Result<sdk::Fallback, BuildError> {
    let breaker = wanted.circuit_breaker.map(|on| {
        let mode = if on { CircuitBreakerMode::Enabled } else { CircuitBreakerMode::Disabled };
        CircuitBreakerConfiguration::builder().mode(mode).build()
    });
    let targets = wanted.targets.iter().map(fallback_target).collect::<Result<_, _>>()?;
    sdk::Fallback::builder()
        .set_trigger_on(triggers(&wanted.status_codes, &wanted.errors))
        .set_first_byte_timeout_milliseconds(wanted.first_byte_timeout_ms)
        .set_circuit_breaker(breaker)
        .set_target_fallback(Some(targets))
        .build()
}

fn fallback_target(wanted: &FallbackTarget) -> Result<sdk::FallbackTarget, BuildError> {
    sdk::FallbackTarget::builder()
        .target_name(&wanted.target)
        .set_model(wanted.model.clone())
        .set_trigger_on(triggers(&wanted.status_codes, &wanted.errors))
        .set_first_byte_timeout_milliseconds(wanted.first_byte_timeout_ms)
        .build()
}

/// Lists must have an element where they are sent at all.
fn triggers(codes: &[String], errors: &[FallbackError]) -> Option<FallbackTriggers> {
    let errors: Vec<sdk::FallbackError> = errors
        .iter()
        .map(|error| match error {
            FallbackError::ConnectionError => sdk::FallbackError::ConnectionError,
            FallbackError::FirstByteTimeout => sdk::FallbackError::FirstByteTimeout,
            FallbackError::Unroutable => sdk::FallbackError::Unroutable,
        })
        .collect();
    let triggers = FallbackTriggers::builder()
        .set_status_codes((!codes.is_empty()).then(|| codes.to_vec()))
        .set_errors((!errors.is_empty()).then_some(errors))
        .build();
    (triggers.status_codes.is_some() || triggers.errors.is_some()).then_some(triggers)
}

/// Conditions as a plan shows them.
pub(super) fn shown_conditions(conditions: &[Condition]) -> String {
    let one = |condition: &Condition| match condition {
        Condition::MatchPrincipals(list) => {
            let arns = list.any_of.iter().map(|entry| match entry {
                MatchPrincipalEntry::IamPrincipal(principal) => principal.arn.as_str(),
                _ => "something unknown",
            });
            format!("principals {}", arns.collect::<Vec<_>>().join(" or "))
        }
        Condition::MatchPaths(list) => format!("paths {}", list.any_of.join(" or ")),
        Condition::MatchModels(list) => {
            let models = list.any_of.iter().map(|entry| entry.value.as_str());
            format!("models {}", models.collect::<Vec<_>>().join(" or "))
        }
        _ => "something unknown".to_owned(),
    };
    let mut shown: Vec<String> = conditions.iter().map(one).collect();
    shown.sort();
    shown.join(" and ")
}

/// Actions as a plan shows them: where to, and which configuration.
pub(super) fn shown_actions(actions: &[Action]) -> String {
    let split = |entries: Vec<(i32, &str)>| {
        let shares = entries.into_iter().map(|(weight, what)| format!("{weight} to {what}"));
        shares.collect::<Vec<_>>().join(", ")
    };
    let one = |action: &Action| match action {
        Action::RouteToTarget(RouteToTargetAction::StaticRoute(route)) => {
            format!("to {}{}", route.target_name, shown_fallback(route.fallback.as_ref()))
        }
        Action::RouteToTarget(RouteToTargetAction::WeightedRoute(route)) => {
            let shares =
                route.traffic_split.iter().map(|one| (one.weight, one.target_name.as_str()));
            split(shares.collect())
        }
        Action::ConfigurationBundle(ConfigurationBundleAction::StaticOverride(bundle)) => {
            format!("configuration {}", bundle.bundle_version)
        }
        Action::ConfigurationBundle(ConfigurationBundleAction::WeightedOverride(bundles)) => {
            let shares = bundles.traffic_split.iter();
            split(shares.map(|one| (one.weight, one.name.as_str())).collect())
        }
        _ => "something unknown".to_owned(),
    };
    actions.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn shown_fallback(fallback: Option<&sdk::Fallback>) -> String {
    let targets = fallback.iter().flat_map(|fallback| &fallback.target_fallback);
    targets.fold(String::new(), |text, one| text + ", else to " + &one.target_name)
}
