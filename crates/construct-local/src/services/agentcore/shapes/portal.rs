//! The requests about consent portals.

use super::Shape::{self, Enum, List, Pattern, Record, Text};
use super::network::TAGS;
use super::{ANY, MAX, OPTIONAL, REQUIRED, TEXT};

static PORTAL_NAME: Shape = Text(1, 50, r"[a-zA-Z0-9_-]{1,50}");

/// The published pattern takes ids only, although the guide speaks of ARNs too.
static PORTAL_IDENTIFIER: Shape = Pattern(r"[a-zA-Z0-9\-_]{1,50}-[A-Za-z0-9]{10}");

static EXECUTION_ROLE_ARN: Shape =
    Pattern(r"arn:aws(-[a-z-]+)?:iam::[0-9]{12}:role/[a-zA-Z0-9+=,.@\-_/]+");

static DESCRIPTION: Shape = Text(0, 512, ANY);

static SOURCE: Shape = Record(&[
    (
        "identifier",
        REQUIRED,
        &Pattern(
            r"([0-9a-z][-]?){1,100}-[0-9a-z]{10}$|^arn:aws(-[a-z-]+)?:bedrock-agentcore:[a-z0-9-]{1,20}:[0-9]{12}:gateway/([0-9a-z][-]?){1,48}-[a-z0-9]{10}",
        ),
    ),
    ("type", REQUIRED, &Enum(&["agentcore-gateway"])),
]);

static IDP_CONFIG: Shape = Record(&[
    (
        "credentialProviderArn",
        REQUIRED,
        &Pattern(
            r"arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc):bedrock-agentcore:[a-z0-9-]{1,32}:[0-9]{12}:token-vault/[a-zA-Z0-9_-]{1,64}/oauth2credentialprovider/[a-zA-Z0-9_-]{1,128}",
        ),
    ),
    ("scopes", REQUIRED, &List(&Text(1, 255, r"[\x21\x23-\x5B\x5D-\x7E]+"), 1, MAX)),
    ("audience", OPTIONAL, &TEXT),
]);

pub(in crate::services::agentcore) static CREATE_CONSENT_PORTAL_REQUEST: Shape = Record(&[
    ("name", REQUIRED, &PORTAL_NAME),
    ("sources", REQUIRED, &List(&SOURCE, 1, 1)),
    ("idpConfig", REQUIRED, &IDP_CONFIG),
    ("executionRoleArn", REQUIRED, &EXECUTION_ROLE_ARN),
    ("description", OPTIONAL, &DESCRIPTION),
    ("tags", OPTIONAL, &TAGS),
]);

pub(in crate::services::agentcore) static UPDATE_CONSENT_PORTAL_REQUEST: Shape = Record(&[
    ("consentPortalIdentifier", REQUIRED, &PORTAL_IDENTIFIER),
    ("idpConfig", OPTIONAL, &IDP_CONFIG),
    ("executionRoleArn", OPTIONAL, &EXECUTION_ROLE_ARN),
    ("description", OPTIONAL, &DESCRIPTION),
]);

pub(in crate::services::agentcore) static CONSENT_PORTAL_IDENTIFIER_REQUEST: Shape =
    Record(&[("consentPortalIdentifier", REQUIRED, &PORTAL_IDENTIFIER)]);
