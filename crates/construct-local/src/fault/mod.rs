//! Faults to inject: which call, and what goes wrong around its effect.

mod circumstances;
mod effect;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use crate::options::Delays;
pub(crate) use circumstances::Circumstances;
pub use effect::{Effect, Interloper, Refusal};

/// Which calls a rule is about; what is `None` matches all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matching {
    /// The signing name, such as `lambda`.
    pub service: Option<String>,
    /// The operation, such as `CreateFunction`.
    pub operation: Option<String>,
    /// Only calls that change something.
    pub mutating: bool,
    /// Only the Nth of the matching calls, counted from 1; `None` is every one.
    pub occurrence: Option<u64>,
    /// Only so many of a hundred matching calls, which the plan's seed picks.
    pub percent: Option<u8>,
}

/// A fault and the calls it hits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub struct Rule {
    /// Which calls.
    pub matching: Matching,
    /// What happens.
    pub effect: Effect,
}

/// A rule as a file writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    service: Option<String>,
    operation: Option<String>,
    #[serde(default)]
    changes_only: bool,
    nth: Option<u64>,
    percent: Option<u8>,
    effect: Effect,
}

impl From<Written> for Rule {
    fn from(written: Written) -> Self {
        let Written { service, operation, changes_only, nth, percent, effect } = written;
        let matching =
            Matching { service, operation, mutating: changes_only, occurrence: nth, percent };
        Self { matching, effect }
    }
}

/// A file of faults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultFile {
    /// What picks the calls of rules with a percentage.
    pub seed: u64,
    /// Durations, where they are not the usual ones.
    pub delays: Option<Delays>,
    /// The rules.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
}

impl Rule {
    /// `effect` on every call.
    pub fn every_call(effect: Effect) -> Self {
        Self { matching: Matching::default(), effect }
    }

    /// `effect` on so many of a hundred calls.
    pub fn some_calls(percent: u8, effect: Effect) -> Self {
        Self { matching: Matching { percent: Some(percent), ..Matching::default() }, effect }
    }

    /// `effect` on calls of one operation.
    pub fn operation(service: &str, operation: &str, effect: Effect) -> Self {
        let matching = Matching {
            service: Some(service.to_owned()),
            operation: Some(operation.to_owned()),
            ..Matching::default()
        };
        Self { matching, effect }
    }

    /// `effect` on the Nth mutating call of all, counted from 1.
    pub fn nth_mutation(number: u64, effect: Effect) -> Self {
        let matching = Matching { mutating: true, occurrence: Some(number), ..Matching::default() };
        Self { matching, effect }
    }

    /// Only on the Nth matching call, counted from 1.
    #[must_use]
    pub const fn only(mut self, number: u64) -> Self {
        self.matching.occurrence = Some(number);
        self
    }
}

/// The rules of a local AWS. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan(Arc<Mutex<Rules>>);

#[derive(Debug, Default)]
struct Rules {
    seed: u64,
    counted: Vec<Counted>,
}

#[derive(Debug)]
struct Counted {
    rule: Rule,
    seen: u64,
    hits: u64,
}

impl FaultPlan {
    /// A plan of these rules.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self::seeded(0, rules)
    }

    /// A plan of these rules; `seed` picks where only some calls are hit. The same calls in the same order are hit again
    /// by the same seed.
    pub fn seeded(seed: u64, rules: impl IntoIterator<Item = Rule>) -> Self {
        let plan = Self::default();
        plan.rules().seed = seed;
        for rule in rules {
            plan.add(rule);
        }
        plan
    }

    /// Adds a rule; its number is for [`Self::hits`].
    pub fn add(&self, rule: Rule) -> usize {
        let counted = &mut self.rules().counted;
        counted.push(Counted { rule, seen: 0, hits: 0 });
        counted.len() - 1
    }

    /// How often each rule has hit, in the order of the rules.
    pub fn hits(&self) -> Vec<u64> {
        self.rules().counted.iter().map(|counted| counted.hits).collect()
    }

    /// Takes all rules out.
    pub fn clear(&self) {
        self.rules().counted.clear();
    }

    /// How many milliseconds of the account's past some rule may show.
    pub(crate) fn longest_lag(&self) -> Option<u64> {
        let rules = self.rules();
        let lags = rules.counted.iter().filter_map(|counted| match counted.rule.effect {
            Effect::Stale(milliseconds) => Some(milliseconds),
            _ => None,
        });
        lags.max()
    }

    /// Counts a call and gives the effects that hit it.
    pub(crate) fn strike(&self, service: &str, operation: &str, mutating: bool) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut rules = self.rules();
        let seed = rules.seed;
        for (number, counted) in (0_u64..).zip(rules.counted.iter_mut()) {
            let wanted = &counted.rule.matching;
            let matches = wanted.service.as_deref().is_none_or(|name| name == service)
                && wanted.operation.as_deref().is_none_or(|name| name == operation)
                && (mutating || !wanted.mutating);
            if !matches {
                continue;
            }
            counted.seen += 1;
            let lot = mixed(seed ^ mixed(number) ^ counted.seen);
            let picked = wanted.percent.is_none_or(|percent| lot % 100 < u64::from(percent));
            if picked && wanted.occurrence.is_none_or(|number| number == counted.seen) {
                counted.hits += 1;
                effects.push(match &counted.rule.effect {
                    Effect::Stale(most) => Effect::Stale((lot >> 8) % (most + 1)),
                    effect => effect.clone(),
                });
            }
        }
        effects
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `SplitMix64`'s last step: numbers that follow each other become unlike.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_the_nth_mutation_only() {
        let plan = FaultPlan::new([Rule::nth_mutation(2, Effect::CutAfter)]);
        assert_eq!(plan.strike("iam", "CreateRole", true), []);
        assert_eq!(plan.strike("iam", "GetRole", false), []);
        assert_eq!(plan.strike("ssm", "PutParameter", true), [Effect::CutAfter]);
        assert_eq!(plan.strike("ssm", "PutParameter", true), []);
        assert_eq!(plan.hits(), [1]);
    }

    #[test]
    fn matches_service_and_operation() {
        let plan = FaultPlan::new([Rule::operation("iam", "CreateRole", Effect::CutBefore)]);
        assert_eq!(plan.strike("ssm", "CreateRole", true), []);
        assert_eq!(plan.strike("iam", "DeleteRole", true), []);
        assert_eq!(plan.strike("iam", "CreateRole", true), [Effect::CutBefore]);
        assert_eq!(plan.hits(), [1]);
    }

    #[test]
    fn a_seed_picks_the_same_calls_again() {
        let struck = |seed| {
            let plan = FaultPlan::seeded(seed, [Rule::some_calls(30, Effect::CutBefore)]);
            let picks: Vec<bool> =
                (0..1_000).map(|_| !plan.strike("iam", "GetRole", false).is_empty()).collect();
            let hits = plan.hits()[0];
            assert!((250..350).contains(&hits), "{hits} of 1000 at 30 %");
            picks
        };
        assert_eq!(struck(1), struck(1));
        assert_ne!(struck(1), struck(2));
    }

    #[test]
    fn a_file_is_read() {
        let file: FaultFile = serde_json::from_value(serde_json::json!({
            "seed": 7,
            "delays": {"iam_propagation_ms": 60_000},
            "rule": [
                {"service": "iam", "operation": "CreateRole", "nth": 2, "effect": "cut-after"},
                {"percent": 30, "effect": {"fail-before": "throttled"}},
            ],
        }))
        .unwrap();
        assert_eq!(file.delays.unwrap().iam_propagation_ms, 60_000);
        assert_eq!(file.delays.unwrap().gateway_ms, Delays::default().gateway_ms);
        assert_eq!(
            file.rules,
            [
                Rule::operation("iam", "CreateRole", Effect::CutAfter).only(2),
                Rule::some_calls(30, Effect::FailBefore(Refusal::throttled())),
            ]
        );
        let wrong = serde_json::json!({"rule": [{"effect": "cut-after", "nht": 2}]});
        assert!(serde_json::from_value::<FaultFile>(wrong).is_err());
    }
}
