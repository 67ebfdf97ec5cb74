//! Faults to inject: which call, and what goes wrong before or after its effect.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Refused, nothing happened.
    FailBefore(Refusal),
    /// It happened, and an error is answered.
    FailAfter(Refusal),
    /// The connection breaks before anything happened.
    CutBefore,
    /// It happened, and the connection breaks before the answer.
    CutAfter,
    /// Never answered, nothing happened.
    HangBefore,
    /// It happened, and is never answered.
    HangAfter,
    /// Answered only after so many milliseconds; otherwise as usual.
    Latency(u64),
}

/// The error of a failing call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The message.
    pub message: String,
}

impl Refusal {
    /// The refusal of a service that is asked too often.
    pub fn throttled() -> Self {
        Self {
            status: 429,
            code: "ThrottlingException".to_owned(),
            message: "Rate exceeded".to_owned(),
        }
    }

    /// A service's internal error.
    pub fn internal() -> Self {
        Self {
            status: 500,
            code: "InternalServerException".to_owned(),
            message: "An internal error occurred".to_owned(),
        }
    }
}

/// A fault and the calls it hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Which calls.
    pub matching: Matching,
    /// What happens.
    pub effect: Effect,
}

impl Rule {
    /// `effect` on every call.
    pub fn every_call(effect: Effect) -> Self {
        Self { matching: Matching::default(), effect }
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
pub struct FaultPlan(Arc<Mutex<Vec<Counted>>>);

#[derive(Debug)]
struct Counted {
    rule: Rule,
    seen: u64,
    hits: u64,
}

impl FaultPlan {
    /// A plan of these rules.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let plan = Self::default();
        for rule in rules {
            plan.add(rule);
        }
        plan
    }

    /// Adds a rule; its number is for [`Self::hits`].
    pub fn add(&self, rule: Rule) -> usize {
        let mut rules = self.rules();
        rules.push(Counted { rule, seen: 0, hits: 0 });
        rules.len() - 1
    }

    /// How often each rule has hit, in the order of the rules.
    pub fn hits(&self) -> Vec<u64> {
        self.rules().iter().map(|counted| counted.hits).collect()
    }

    /// Takes all rules out.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// Counts a call and gives the effects that hit it.
    pub(crate) fn strike(&self, service: &str, operation: &str, mutating: bool) -> Vec<Effect> {
        let mut effects = Vec::new();
        for counted in self.rules().iter_mut() {
            let wanted = &counted.rule.matching;
            let matches = wanted.service.as_deref().is_none_or(|name| name == service)
                && wanted.operation.as_deref().is_none_or(|name| name == operation)
                && (mutating || !wanted.mutating);
            if !matches {
                continue;
            }
            counted.seen += 1;
            if wanted.occurrence.is_none_or(|number| number == counted.seen) {
                counted.hits += 1;
                effects.push(counted.rule.effect.clone());
            }
        }
        effects
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
}
