//! What each Cognito operation takes: the limits of the public service model, as data.

mod clients;
mod identity_providers;
mod pools;

pub(super) use clients::*;
pub(super) use identity_providers::*;
pub(super) use pools::*;

use crate::services::shape::{Kind, Member, required};

const ARN: Kind = Kind::Text(
    20,
    2048,
    Some(
        r"arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?",
    ),
);
const FLAG: Kind = Kind::Boolean;
const NAME: Kind = Kind::Text(1, 128, Some(r"[\w\s+=,.@-]+"));
const POOL: Member = required("UserPoolId", Kind::Text(1, 55, Some(r"[\w-]+_[0-9a-zA-Z]+")));
const TOKEN: Kind = Kind::Text(1, 131_072, Some(r"[\S]+"));
