//! Which ways of signing in a target type takes.

use super::{Rule, rule};
use crate::manifest::types::{Grant, Target, TargetKind};
use std::fmt;

/// Where the matrix comes from. It grows with the service: every new row or column goes here.
pub static RULE: Rule = rule(
    "target-outbound-authorization",
    "AgentCore developer guide, Gateway outbound authorization by target type",
);

/// The matrix, for the target types and grants that a manifest can hold.
pub static MATRIX: [(TargetType, &[Outbound]); 2] = [
    (
        TargetType::OpenApi,
        &[Outbound::None, Outbound::ClientCredentials, Outbound::AuthorizationCode],
    ),
    (TargetType::Lambda, &[Outbound::GatewayRole]),
];

/// A row of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetType {
    /// Operations of an `OpenAPI` description.
    OpenApi,
    /// A Lambda function.
    Lambda,
}

impl TargetType {
    /// Returns the row of a target.
    pub fn of(kind: &TargetKind) -> Self {
        match kind {
            TargetKind::OpenApi { .. } => Self::OpenApi,
            TargetKind::Lambda { .. } => Self::Lambda,
        }
    }
}

impl fmt::Display for TargetType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::OpenApi => "an OpenAPI target",
            Self::Lambda => "a Lambda target",
        })
    }
}

/// A column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outbound {
    /// No credential at all.
    None,
    /// The gateway's own role.
    GatewayRole,
    /// OAuth as the gateway (2LO).
    ClientCredentials,
    /// OAuth as each person (3LO).
    AuthorizationCode,
}

impl Outbound {
    /// Returns how a target signs in: without `auth` a Lambda target uses the gateway's role.
    pub fn of(target: &Target) -> Self {
        match (target.auth.as_ref().map(|auth| auth.grant), &target.kind) {
            (Some(Grant::AuthorizationCode), _) => Self::AuthorizationCode,
            (Some(Grant::ClientCredentials), _) => Self::ClientCredentials,
            (None, TargetKind::Lambda { .. }) => Self::GatewayRole,
            (None, TargetKind::OpenApi { .. }) => Self::None,
        }
    }
}

impl fmt::Display for Outbound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "no authorization",
            Self::GatewayRole => "the gateway's role",
            Self::ClientCredentials => "OAuth with client_credentials",
            Self::AuthorizationCode => "OAuth with authorization_code",
        })
    }
}

/// Returns what a target type takes.
pub fn allowed(target: TargetType) -> &'static [Outbound] {
    MATRIX.iter().find(|(row, _)| *row == target).map_or(&[], |(_, columns)| *columns)
}
