//! `[policy_engines.NAME]`, its policies, and how a gateway asks one.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::{optional, or, table};

pub(super) static POLICY_ENGINE: Shape = table(
    "A policy engine: what a gateway asks before it lets a tool be called.",
    &[
        optional("description", Kind::Text(&r::POLICY_DESCRIPTION), "Text shown in the console."),
        optional(
            "kms_key",
            Kind::Text(&r::KMS_KEY),
            "The KMS key that encrypts its policies. Fixed when it is made.",
        ),
        or(
            "policies",
            Kind::Named(&r::POLICY_NAME, &Kind::Table(&POLICY), &r::ANY_COUNT),
            Default::Table,
            "Its policies, by name.",
        ),
    ],
);

static POLICY: Shape = Shape {
    doc: "A policy of a policy engine.",
    exactly_one: &["file", "statement"],
    instead_of_text: None,
    keys: &[
        optional("file", Kind::Text(&r::PATH), "A file with the policy."),
        optional("statement", Kind::Text(&r::POLICY_STATEMENT), "The policy itself."),
        or(
            "language",
            Kind::Choice(&["cedar", "dogwood"]),
            Default::Text("cedar"),
            "What it is written in.",
        ),
        optional("description", Kind::Text(&r::POLICY_DESCRIPTION), "Text shown in the console."),
        or(
            "validation",
            Kind::Choice(&["fail_on_findings", "ignore_findings"]),
            Default::Text("fail_on_findings"),
            "Whether what the service's analysis finds refuses the policy.",
        ),
        or(
            "enforcement",
            Kind::Choice(&["active", "log_only"]),
            Default::Text("active"),
            "Whether it decides, or what it would decide is logged only.",
        ),
    ],
};

pub(super) static GATEWAY_POLICY: Shape = Shape {
    doc: "The policy engine that the gateway asks before it lets a tool be called.",
    exactly_one: &["engine", "arn"],
    instead_of_text: None,
    keys: &[
        optional("engine", Kind::Text(&r::POLICY_ENGINE_NAME), "One of [policy_engines], by name."),
        optional("arn", Kind::Text(&r::POLICY_ENGINE_ARN), "A policy engine that exists already."),
        or(
            "mode",
            Kind::Choice(&["enforce", "log_only"]),
            Default::Text("enforce"),
            "Whether its answer decides, or is logged only.",
        ),
    ],
};
