//! What may happen to a stack, and how a person would make it happen.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::select;

/// Which of two machines acts: both work on one stack, each with a folder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Machine {
    First,
    Second,
}

/// Something in the account that anybody may remove by hand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Victim {
    Function,
    Identity,
    Target,
    Parameter,
}

/// How many manifests there are to change between.
pub(super) const VARIANTS: usize = 4;

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// `construct up`.
    Up(Machine),
    /// `construct cleanup`.
    Cleanup(Machine),
    /// A run dies around its nth change.
    Killed { machine: Machine, cleanup: bool, nth: u64, after: bool },
    /// A run hears nothing of its nth change.
    Lost { machine: Machine, nth: u64 },
    /// The manifest becomes another one, on both machines.
    Edit(usize),
    /// A machine forgets every run.
    Forget(Machine),
    /// The second machine gets the first one's memory, which then grows old.
    Copied,
    /// Somebody removes something by hand.
    Removed(Victim),
    /// The stack beside it is made or removed.
    Beside { cleanup: bool },
}

/// Any step; what a stack is for more often than what befalls it.
pub(super) fn step() -> impl Strategy<Value = Step> {
    let machine = || select(vec![Machine::First, Machine::First, Machine::Second]);
    let victim =
        select(vec![Victim::Function, Victim::Identity, Victim::Target, Victim::Parameter]);
    let killed = (machine(), prop::bool::weighted(0.4), 1..28_u64, any::<bool>());
    prop_oneof![
        4 => machine().prop_map(Step::Up),
        1 => machine().prop_map(Step::Cleanup),
        5 => killed.prop_map(|(machine, cleanup, nth, after)| {
            Step::Killed { machine, cleanup, nth, after }
        }),
        2 => (machine(), 1..28_u64).prop_map(|(machine, nth)| Step::Lost { machine, nth }),
        3 => (0..VARIANTS).prop_map(Step::Edit),
        1 => machine().prop_map(Step::Forget),
        1 => Just(Step::Copied),
        2 => victim.prop_map(Step::Removed),
        1 => any::<bool>().prop_map(|cleanup| Step::Beside { cleanup }),
    ]
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::First => "first",
            Self::Second => "second",
        })
    }
}

const fn command(cleanup: bool) -> &'static str {
    if cleanup { "cleanup --yes --yes-destroy" } else { "up --yes --yes-destroy" }
}

/// Lines of a shell script, as [`script`] puts them together.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faulty = |nth: u64, effect: &str, run: String| {
            format!("serve_with {nth} {effect}\n{run}\nserve")
        };
        let text = match self {
            Self::Up(machine) => format!("run {machine} {}", command(false)),
            Self::Cleanup(machine) => format!("run {machine} {}", command(true)),
            Self::Killed { machine, cleanup, nth, after } => {
                let effect = if *after { "hang-after" } else { "hang-before" };
                faulty(*nth, effect, format!("killed {machine} {}", command(*cleanup)))
            }
            Self::Lost { machine, nth } => {
                faulty(*nth, "cut-after", format!("run {machine} {}", command(false)))
            }
            Self::Edit(variant) => format!("edit {variant}"),
            Self::Forget(machine) => format!("rm -rf {machine}/.construct"),
            Self::Copied => {
                "rm -rf second/.construct; cp -r first/.construct second/ || true".to_owned()
            }
            Self::Removed(victim) => match victim {
                Victim::Function => "aws lambda delete-function --function-name acme-tools-words",
                Victim::Identity => "aws bedrock-agentcore-control delete-workload-identity --name acme-tools-ci",
                Victim::Target => "for gateway in $(aws bedrock-agentcore-control list-gateways --query 'items[].gatewayId' --output text); do\n  for target in $(aws bedrock-agentcore-control list-gateway-targets --gateway-identifier $gateway --query 'items[].targetId' --output text); do\n    aws bedrock-agentcore-control delete-gateway-target --gateway-identifier $gateway --target-id $target\n  done\ndone",
                Victim::Parameter => "aws logs delete-log-group --log-group-name /aws/lambda/acme-tools-words",
            }
            .to_owned(),
            Self::Beside { cleanup } => format!("run beside {}", command(*cleanup)),
        };
        formatter.write_str(&text)
    }
}
