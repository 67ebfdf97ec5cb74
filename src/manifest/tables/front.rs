//! `[front]`.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::{optional, or, table};

pub(super) static FRONT: Shape = table(
    "What stands before the gateways that people sign in to.",
    &[
        or("memory", Kind::Integer(&r::FUNCTION_MEMORY), Default::Integer(256), "Memory in MB."),
        or(
            "timeout_seconds",
            Kind::Integer(&r::FUNCTION_TIMEOUT),
            Default::Integer(29),
            "Time limit of a call.",
        ),
        optional(
            "architecture",
            Kind::Choice(&["arm64", "x86_64"]),
            "Processor; without it, what this machine can build.",
        ),
        or(
            "log_retention_days",
            Kind::Integer(&r::LOG_RETENTION),
            Default::Integer(30),
            "How long log lines are kept.",
        ),
        or(
            "throttle",
            Kind::Table(&THROTTLE),
            Default::Table,
            "Request limits of every route of the HTTP API.",
        ),
        optional(
            "reserved_concurrency",
            Kind::Integer(&r::CONCURRENCY),
            "Concurrency set aside for each function; a new account has only 10 in all.",
        ),
    ],
);

pub(super) static THROTTLE: Shape = table(
    "Request limits of every route.",
    &[
        or("rate", Kind::Integer(&r::THROTTLE_RATE), Default::Integer(50), "Requests a second."),
        or("burst", Kind::Integer(&r::THROTTLE_BURST), Default::Integer(100), "Requests at once."),
    ],
);
