//! `[identities.NAME]`.

use super::super::rules as r;
use super::super::shape::{Kind, Shape};
use super::{required, table};

pub(super) static IDENTITY: Shape = table(
    "A workload identity that belongs to no gateway.",
    &[required(
        "return_urls",
        Kind::List(&Kind::Text(&r::RETURN_URL), &r::RETURN_URLS),
        "URLs that a consent may return to.",
    )],
);
