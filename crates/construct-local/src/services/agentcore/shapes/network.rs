//! What several requests share: tags, private endpoints and private certificates.

use super::Shape::{self, Enum, List, Map, Pattern, Record, Text, Union};
use super::{ANY, MAX, OPTIONAL, REQUIRED};

pub(super) static SELF_MANAGED_LATTICE_RESOURCE: Shape = Union(&[(
    "resourceConfigurationIdentifier",
    OPTIONAL,
    &Text(
        20,
        2048,
        r"((rcfg-[0-9a-z]{17})|(arn:[a-z0-9\-]+:vpc-lattice:[a-zA-Z0-9\-]+:\d{12}:resourceconfiguration/rcfg-[0-9a-z]{17}))",
    ),
)]);

pub(super) static TAG_KEY: Shape = Text(1, 128, r"[a-zA-Z0-9\s._:/=+@-]*");

pub(super) static TAGS: Shape = Map(&TAG_KEY, &Text(0, 256, r"[a-zA-Z0-9\s._:/=+@-]*"), 0, 50);

pub(super) static MANAGED_VPC_RESOURCE: Shape = Record(&[
    ("vpcIdentifier", REQUIRED, &Pattern(r"vpc-(([0-9a-z]{8})|([0-9a-z]{17}))")),
    ("subnetIds", REQUIRED, &List(&Pattern(r"subnet-[0-9a-zA-Z]{8,17}"), 0, MAX)),
    ("endpointIpAddressType", REQUIRED, &Enum(&["IPV4", "IPV6"])),
    ("securityGroupIds", OPTIONAL, &List(&Pattern(r"sg-(([0-9a-z]{8})|([0-9a-z]{17}))"), 0, 5)),
    ("tags", OPTIONAL, &TAGS),
    ("routingDomain", OPTIONAL, &Text(3, 255, ANY)),
]);

pub(super) static PRIVATE_ENDPOINT: Shape = Union(&[
    ("selfManagedLatticeResource", OPTIONAL, &SELF_MANAGED_LATTICE_RESOURCE),
    ("managedVpcResource", OPTIONAL, &MANAGED_VPC_RESOURCE),
]);

pub(super) static PRIVATE_ENDPOINT_OVERRIDE: Shape = Record(&[
    ("domain", REQUIRED, &Text(1, 253, ANY)),
    ("privateEndpoint", REQUIRED, &PRIVATE_ENDPOINT),
]);

pub(super) static PRIVATE_ENDPOINT_OVERRIDES: Shape = List(&PRIVATE_ENDPOINT_OVERRIDE, 0, 5);

pub(super) static S3_CERTIFICATE_CONFIGURATION: Shape = Record(&[
    ("uri", REQUIRED, &Pattern(r"s3://.{1,2043}")),
    ("bucketOwnerAccountId", OPTIONAL, &Pattern(r"[0-9]{12}")),
]);

pub(super) static SECRETS_MANAGER_CERTIFICATE_CONFIGURATION: Shape = Record(&[(
    "secretArn",
    REQUIRED,
    &Pattern(r"arn:aws(-[^:]+)?:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+"),
)]);

pub(super) static CERTIFICATE_CONFIGURATION: Shape = Union(&[
    ("s3", OPTIONAL, &S3_CERTIFICATE_CONFIGURATION),
    ("secretsManager", OPTIONAL, &SECRETS_MANAGER_CERTIFICATE_CONFIGURATION),
]);

pub(super) static CERTIFICATE_CONFIGURATIONS: Shape = List(&CERTIFICATE_CONFIGURATION, 1, 1);
