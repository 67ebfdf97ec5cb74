//! The inbound authorizer of a gateway or runtime.

use super::Shape::{self, Enum, List, Map, Pattern, Record, Text, Union};
use super::network::{CERTIFICATE_CONFIGURATIONS, PRIVATE_ENDPOINT, PRIVATE_ENDPOINT_OVERRIDES};
use super::{ANY, MAX, OPTIONAL, REQUIRED, TEXT};

pub(super) static DISCOVERY_URL: Shape =
    Pattern(r"[^\s?#]+/\.well-known/(openid-configuration|oauth-authorization-server)(/[^\s?#]+)?");

pub(super) static SCOPE: Shape = Text(1, 255, r"[\x21\x23-\x5B\x5D-\x7E]+");

pub(super) static MATCH_VALUE_STRING: Shape = Text(1, 255, r"[A-Za-z0-9_.-]+");

pub(super) static CLAIM_MATCH_VALUE: Shape = Union(&[
    ("matchValueString", OPTIONAL, &MATCH_VALUE_STRING),
    ("matchValueStringList", OPTIONAL, &List(&MATCH_VALUE_STRING, 1, MAX)),
]);

pub(super) static CLAIM_MATCH: Shape = Record(&[
    ("claimMatchValue", REQUIRED, &CLAIM_MATCH_VALUE),
    ("claimMatchOperator", REQUIRED, &Enum(&["EQUALS", "CONTAINS", "CONTAINS_ANY"])),
]);

pub(super) static CUSTOM_CLAIM: Shape = Record(&[
    ("inboundTokenClaimName", REQUIRED, &Text(1, 255, r"[A-Za-z0-9_.-:]+")),
    ("inboundTokenClaimValueType", REQUIRED, &Enum(&["STRING", "STRING_ARRAY"])),
    ("authorizingClaimMatchValue", REQUIRED, &CLAIM_MATCH),
]);

pub(super) static HOSTING_ENVIRONMENT: Shape = Record(&[("arn", REQUIRED, &Text(20, 1011, ANY))]);

pub(super) static WORKLOAD_IDENTITY_NAME: Shape = Text(3, 255, r"[A-Za-z0-9_.-]+");

pub(super) static ALLOWED_WORKLOAD_CONFIGURATION: Shape = Record(&[
    ("hostingEnvironments", OPTIONAL, &List(&HOSTING_ENVIRONMENT, 1, 10)),
    ("workloadIdentities", OPTIONAL, &List(&WORKLOAD_IDENTITY_NAME, 1, 10)),
]);

pub(super) static CUSTOM_JWT_AUTHORIZER_CONFIGURATION: Shape = Record(&[
    ("discoveryUrl", REQUIRED, &DISCOVERY_URL),
    ("allowedAudience", OPTIONAL, &List(&TEXT, 1, MAX)),
    ("allowedClients", OPTIONAL, &List(&TEXT, 1, MAX)),
    ("allowedScopes", OPTIONAL, &List(&SCOPE, 1, MAX)),
    ("advertisedScopeMapping", OPTIONAL, &Map(&SCOPE, &SCOPE, 1, 50)),
    ("customClaims", OPTIONAL, &List(&CUSTOM_CLAIM, 1, MAX)),
    ("privateEndpoint", OPTIONAL, &PRIVATE_ENDPOINT),
    ("privateEndpointOverrides", OPTIONAL, &PRIVATE_ENDPOINT_OVERRIDES),
    ("certificateConfigurations", OPTIONAL, &CERTIFICATE_CONFIGURATIONS),
    ("allowedWorkloadConfiguration", OPTIONAL, &ALLOWED_WORKLOAD_CONFIGURATION),
]);

pub(super) static AUTHORIZER_CONFIGURATION: Shape =
    Union(&[("customJWTAuthorizer", OPTIONAL, &CUSTOM_JWT_AUTHORIZER_CONFIGURATION)]);
