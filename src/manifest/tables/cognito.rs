//! `[cognito]`: the pool in which people sign in.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::secret::SECRET;
use super::{optional, or, required, table};

pub(super) static COGNITO: Shape = table(
    "The Cognito user pool in which callers of the gateways sign in.",
    &[
        optional("first_user", Kind::Table(&FIRST_USER), "The person made together with the pool."),
        or(
            "access_token_minutes",
            Kind::Integer(&r::ACCESS_TOKEN),
            Default::Integer(60),
            "Life of an access token.",
        ),
        or(
            "refresh_token_days",
            Kind::Integer(&r::REFRESH_TOKEN),
            Default::Integer(30),
            "Life of a refresh token.",
        ),
        or(
            "m2m",
            Kind::Boolean,
            Default::Boolean(false),
            "Adds a client for machines, such as CI.",
        ),
        or(
            "password_minimum_length",
            Kind::Integer(&r::PASSWORD_LENGTH),
            Default::Integer(12),
            "Shortest password the pool accepts.",
        ),
    ],
);

pub(super) static FIRST_USER: Shape = table(
    "The person made together with the pool.",
    &[
        required("email", Kind::Text(&r::EMAIL), "E-mail address, also the sign-in name."),
        optional(
            "password",
            Kind::Table(&SECRET),
            "Where the password comes from; without it Cognito mails an invitation, and the local AWS makes one that is shown once.",
        ),
    ],
);
