//! A gateway's rate limits and rules: what must be its own in the gateway, weights, and targets by name.

use std::collections::{BTreeMap, BTreeSet};

use super::help_for_reference;
use crate::manifest::read::join;
use crate::manifest::{Gateway, GatewayRule, LimitEntry, Manifest, Problems, RateLimit, rules};

impl Manifest {
    pub(super) fn check_rate_limits(&self, path: &str, gateway: &Gateway, problems: &mut Problems) {
        let mut by_dimensions: BTreeMap<BTreeSet<&String>, &str> = BTreeMap::new();
        for (name, limit) in &gateway.rate_limits {
            let path = join(&format!("{path}.rate_limits"), name);
            let dimensions: BTreeSet<&String> = limit.dimensions.iter().collect();
            if dimensions.len() < limit.dimensions.len() {
                let message = "a dimension stands here twice";
                let problem = self.problem(&format!("{path}.dimensions"), message, "remove one");
                problems.push(problem.under(&rules::DISTINCT_DIMENSIONS));
            }
            if let Some(other) = by_dimensions.insert(dimensions, name) {
                let message = format!("the rate limit `{other}` has the same dimensions");
                let help = "make one of the two: its entries tell values apart";
                let problem = self.problem(&format!("{path}.dimensions"), message, help);
                problems.push(problem.under(&rules::OWN_DIMENSIONS));
            }
            for (index, entry) in limit.entries.iter().enumerate() {
                self.check_entry(&format!("{path}.entries[{index}]"), limit, entry, problems);
            }
        }
    }

    fn check_entry(
        &self,
        path: &str,
        limit: &RateLimit,
        entry: &LimitEntry,
        problems: &mut Problems,
    ) {
        if entry.requests.is_none() && entry.tokens.is_none() && entry.connections.is_none() {
            let help = "add requests, tokens or connections";
            problems.push(self.problem(path, "this entry limits nothing", help));
        }
        for dimension in entry.matching.keys().filter(|name| !limit.dimensions.contains(name)) {
            let path = join(&format!("{path}.match"), dimension);
            let help = format!("write one of {}", limit.dimensions.join(", "));
            let message = format!("`{dimension}` is no dimension of this rate limit");
            problems.push(self.problem(&path, message, help));
        }
        let any = |name: &&String| entry.matching.get(*name).is_none_or(|value| value == "*");
        let trailing = limit.dimensions.iter().skip_while(|name| !any(name));
        if let Some(name) = trailing.into_iter().find(|name| !any(name)) {
            let message = format!("`{name}` has a value, and a dimension before it has none");
            let help = "give the earlier ones a value too, or put them last in `dimensions`";
            let problem = self.problem(&format!("{path}.match"), message, help);
            problems.push(problem.under(&rules::TRAILING_WILDCARDS));
        }
    }

    pub(super) fn check_gateway_rules(
        &self,
        (name, path): (Option<&str>, &str),
        gateway: &Gateway,
        problems: &mut Problems,
    ) {
        let mut by_priority = BTreeMap::new();
        let targets: Vec<String> =
            self.targets_of(name).map(|(target, _)| target.to_owned()).collect();
        for (name, rule) in &gateway.rules {
            let path = join(&format!("{path}.rules"), name);
            if let Some(other) = by_priority.insert(rule.priority, name) {
                let message = format!("the rule `{other}` has the same priority");
                let problem = self.problem(
                    &format!("{path}.priority"),
                    message,
                    "give each rule of a gateway a priority of its own",
                );
                problems.push(problem.under(&rules::OWN_PRIORITY));
            }
            self.check_actions(&path, rule, problems);
            for (key, target) in rule.targets() {
                if !targets.iter().any(|known| known == target) {
                    let message = format!("the gateway has no target `{target}`");
                    let help = help_for_reference("targets", target, targets.iter());
                    problems.push(self.problem(&format!("{path}.{key}"), message, help));
                }
            }
        }
    }

    fn check_actions(&self, path: &str, rule: &GatewayRule, problems: &mut Problems) {
        let routes = [("route", rule.route.is_some()), ("weighted", !rule.weighted.is_empty())];
        let bundles = [
            ("bundle", rule.bundle.is_some()),
            ("weighted_bundles", !rule.weighted_bundles.is_empty()),
        ];
        for [(one, has_one), (other, has_other)] in [routes, bundles] {
            if has_one && has_other {
                let message = format!("`{one}` and `{other}` exclude each other");
                problems.push(self.problem(&format!("{path}.{other}"), message, "remove one"));
            }
        }
        if routes.iter().chain(&bundles).all(|(_, has)| !has) {
            let help = "add route, weighted, bundle or weighted_bundles";
            problems.push(self.problem(path, "this rule does nothing", help));
        }
        let weighted: Vec<i32> = rule.weighted.iter().map(|one| one.weight).collect();
        let bundles: Vec<i32> = rule.weighted_bundles.iter().map(|one| one.weight).collect();
        for (key, weights) in [("weighted", weighted), ("weighted_bundles", bundles)] {
            let (path, sum) = (format!("{path}.{key}"), weights.iter().sum::<i32>());
            if weights.len() == 1 {
                let message = "a split has two entries, this one has one";
                let problem = self.problem(&path, message, "add the other one");
                problems.push(problem.under(&rules::SPLIT.rule));
            } else if weights.len() == 2 && sum != 100 {
                let message = format!("the weights make {sum}");
                let problem = self.problem(&path, message, "make them 100 together");
                problems.push(problem.under(&rules::SPLIT_SUM));
            }
        }
    }
}
