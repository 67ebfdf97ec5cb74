//! What each Cognito operation takes: the limits of the public service model, as data.

mod clients;
mod identity_providers;
mod pools;

pub(super) use clients::*;
pub(super) use identity_providers::*;
pub(super) use pools::*;

use crate::services::shape::{Member, REQUIRED, Shape};

const ARN: Shape = Shape::Text(
    20,
    2048,
    r"arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?",
);
const FLAG: Shape = Shape::Flag;
const NAME: Shape = Shape::Text(1, 128, r"[\w\s+=,.@-]+");
const POOL: Member = ("UserPoolId", REQUIRED, &Shape::Text(1, 55, r"[\w-]+_[0-9a-zA-Z]+"));
const TOKEN: Shape = Shape::Text(1, 131_072, r"[\S]+");
