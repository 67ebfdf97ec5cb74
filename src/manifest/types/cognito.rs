//! `[cognito]`: the pool in which people sign in.

use super::super::secrets::SecretReference;
use serde::{Deserialize, Serialize};

/// The Cognito user pool in which callers of the gateways sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cognito {
    /// The person made together with the pool, if any.
    pub first_user: Option<FirstUser>,
    /// Life of an access token, in minutes.
    pub access_token_minutes: u32,
    /// Life of a refresh token, in days.
    pub refresh_token_days: u32,
    /// Whether a confidential client for machines (CI) is made as well.
    pub m2m: bool,
    /// Shortest password the pool accepts.
    pub password_minimum_length: u32,
}

/// The first person in the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstUser {
    /// E-mail address, which is also the sign-in name.
    pub email: String,
    /// Where the password comes from; absent means an invitation, and on the local AWS a made one.
    pub password: Option<SecretReference>,
}
