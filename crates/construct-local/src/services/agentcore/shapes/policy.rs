//! The requests about policy engines and their policies.

use super::Shape::{self, Enum, QueryInteger, Record, Text, Union};
use super::gateway::{CLIENT_TOKEN, KMS_KEY_ARN};
use super::network::TAGS;
use super::{ANY, OPTIONAL, REQUIRED};

static POLICY_NAME: Shape = Text(1, 48, r"[A-Za-z][A-Za-z0-9_]*");

static POLICY_ID: Shape = Text(12, 59, r"[A-Za-z][A-Za-z0-9_]*-[a-z0-9_]{10}");

static DESCRIPTION: Shape = Text(1, 4096, ANY);

/// Absent: unchanged. Without `optionalValue`: cleared.
static UPDATED_DESCRIPTION: Shape = Record(&[("optionalValue", OPTIONAL, &DESCRIPTION)]);

static STATEMENT: Shape = Record(&[("statement", REQUIRED, &Text(35, 10_000, ANY))]);

static POLICY_GENERATION: Shape = Record(&[
    ("policyGenerationId", REQUIRED, &POLICY_ID),
    ("policyGenerationAssetId", REQUIRED, &POLICY_ID),
]);

static DEFINITION: Shape = Union(&[
    ("cedar", OPTIONAL, &STATEMENT),
    ("policy", OPTIONAL, &STATEMENT),
    ("policyGeneration", OPTIONAL, &POLICY_GENERATION),
]);

static VALIDATION_MODE: Shape = Enum(&["FAIL_ON_ANY_FINDINGS", "IGNORE_ALL_FINDINGS"]);

static ENFORCEMENT_MODE: Shape = Enum(&["ACTIVE", "LOG_ONLY"]);

pub(in crate::services::agentcore) static CREATE_POLICY_ENGINE_REQUEST: Shape = Record(&[
    ("name", REQUIRED, &POLICY_NAME),
    ("description", OPTIONAL, &DESCRIPTION),
    ("encryptionKeyArn", OPTIONAL, &KMS_KEY_ARN),
    ("tags", OPTIONAL, &TAGS),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
]);

pub(in crate::services::agentcore) static UPDATE_POLICY_ENGINE_REQUEST: Shape = Record(&[
    ("policyEngineId", REQUIRED, &POLICY_ID),
    ("description", OPTIONAL, &UPDATED_DESCRIPTION),
]);

pub(in crate::services::agentcore) static POLICY_ENGINE_ID_REQUEST: Shape =
    Record(&[("policyEngineId", REQUIRED, &POLICY_ID)]);

pub(in crate::services::agentcore) static LIST_POLICY_ENGINES_REQUEST: Shape = Record(&[
    ("maxResults", OPTIONAL, &QueryInteger(1, 100)),
    ("nextToken", OPTIONAL, &Text(1, 2048, r"\S*")),
]);

pub(in crate::services::agentcore) static CREATE_POLICY_REQUEST: Shape = Record(&[
    ("policyEngineId", REQUIRED, &POLICY_ID),
    ("name", REQUIRED, &POLICY_NAME),
    ("definition", REQUIRED, &DEFINITION),
    ("description", OPTIONAL, &DESCRIPTION),
    ("validationMode", OPTIONAL, &VALIDATION_MODE),
    ("enforcementMode", OPTIONAL, &ENFORCEMENT_MODE),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
]);

pub(in crate::services::agentcore) static UPDATE_POLICY_REQUEST: Shape = Record(&[
    ("policyEngineId", REQUIRED, &POLICY_ID),
    ("policyId", REQUIRED, &POLICY_ID),
    ("definition", OPTIONAL, &DEFINITION),
    ("description", OPTIONAL, &UPDATED_DESCRIPTION),
    ("validationMode", OPTIONAL, &VALIDATION_MODE),
    ("enforcementMode", OPTIONAL, &ENFORCEMENT_MODE),
]);

pub(in crate::services::agentcore) static POLICY_ID_REQUEST: Shape =
    Record(&[("policyEngineId", REQUIRED, &POLICY_ID), ("policyId", REQUIRED, &POLICY_ID)]);

pub(in crate::services::agentcore) static LIST_POLICIES_REQUEST: Shape = Record(&[
    ("policyEngineId", REQUIRED, &POLICY_ID),
    ("targetResourceScope", OPTIONAL, &Text(20, 1011, ANY)),
    ("maxResults", OPTIONAL, &QueryInteger(1, 100)),
    ("nextToken", OPTIONAL, &Text(1, 2048, r"\S*")),
]);
