//! `[stack]`.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::{optional, or, required, table};

pub(super) static STACK: Shape = table(
    "What the stack is called and where it lives.",
    &[
        required("name", Kind::Text(&r::STACK_NAME), "First part of every name in the account."),
        required("region", Kind::Text(&r::REGION), "AWS Region."),
        or(
            "protect",
            Kind::Boolean,
            Default::Boolean(false),
            "Refuses to remove or replace what holds people's accounts and consents.",
        ),
        or(
            "tags",
            Kind::Named(&r::TAG_KEY, &Kind::Text(&r::TAG_VALUE), &r::TAGS),
            Default::Table,
            "Tags for every object that can carry them.",
        ),
        or(
            "ignore",
            Kind::List(&Kind::Text(&r::IGNORED), &r::IGNORED_COUNT),
            Default::List(&[]),
            "Fields that are left alone once their object is there, such as \"gateway.description\".",
        ),
        optional(
            "bucket",
            Kind::Text(&r::BUCKET),
            "A bucket that exists: it keeps schemas of more than 1 MB, and zips of runtimes.",
        ),
    ],
);
