//! `[functions.NAME]`.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::{or, required, table};

pub(super) static FUNCTION: Shape = table(
    "A Lambda function that belongs to the stack.",
    &[
        required("zip", Kind::Text(&r::PATH), "The deployment package."),
        required("handler", Kind::Text(&r::HANDLER), "Entry point, in the runtime's form."),
        required("runtime", Kind::Choice(&r::RUNTIMES), "Lambda runtime."),
        or("memory", Kind::Integer(&r::FUNCTION_MEMORY), Default::Integer(256), "Memory in MB."),
        or(
            "timeout_seconds",
            Kind::Integer(&r::FUNCTION_TIMEOUT),
            Default::Integer(30),
            "Time limit of a call.",
        ),
        or(
            "architecture",
            Kind::Choice(&["arm64", "x86_64"]),
            Default::Text("x86_64"),
            "Processor the package was built for.",
        ),
        or(
            "environment",
            Kind::Named(&r::FUNCTION_VARIABLE, &Kind::Text(&r::FREE_TEXT), &r::ANY_COUNT),
            Default::Table,
            "Environment variables, as plain text; never a secret.",
        ),
        or(
            "log_retention_days",
            Kind::Integer(&r::LOG_RETENTION),
            Default::Integer(30),
            "How long log lines are kept.",
        ),
    ],
);
