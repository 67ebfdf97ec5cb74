//! What each API Gateway v2 operation takes, in wire names. The service model has few limits; the
//! lengths are those of the service's documentation.

use crate::services::shape::{ANY, Member, OPTIONAL, REQUIRED, Shape, TEXT};

const FLAG: Shape = Shape::Flag;
const ID: Shape = Shape::Text(1, 64, ANY);
const SHORT: Shape = Shape::Text(0, 128, ANY);
const LONG: Shape = Shape::Text(0, 1024, ANY);
const ARN: Shape = Shape::Text(0, 2048, ANY);
const TAGS: Shape = Shape::Map(&TEXT, &Shape::Text(0, 256, ANY), 0, 50);
const NAMES: Shape = Shape::List(&Shape::Text(0, 1024, ANY), 0, 100);
const API: Member = ("apiId", REQUIRED, &ID);
const SIZE: Member = ("maxResults", OPTIONAL, &SHORT);
const TOKEN: Member = ("nextToken", OPTIONAL, &ARN);

const CORS: Member = (
    "corsConfiguration",
    OPTIONAL,
    &Shape::Record(&[
        ("allowCredentials", OPTIONAL, &FLAG),
        ("allowHeaders", OPTIONAL, &NAMES),
        ("allowMethods", OPTIONAL, &NAMES),
        ("allowOrigins", OPTIONAL, &NAMES),
        ("exposeHeaders", OPTIONAL, &NAMES),
        ("maxAge", OPTIONAL, &Shape::Integer(-1, 86_400)),
    ]),
);
const API_DESCRIPTION: Member = ("description", OPTIONAL, &LONG);
const VERSION: Member = ("version", OPTIONAL, &Shape::Text(0, 64, ANY));
const KEY_SELECTION: Member = ("apiKeySelectionExpression", OPTIONAL, &SHORT);
const ROUTE_SELECTION: Member = ("routeSelectionExpression", OPTIONAL, &SHORT);
const DISABLE_ENDPOINT: Member = ("disableExecuteApiEndpoint", OPTIONAL, &FLAG);
const DISABLE_SCHEMA: Member = ("disableSchemaValidation", OPTIONAL, &FLAG);
const IP: Member = ("ipAddressType", OPTIONAL, &Shape::Enum(&["ipv4", "dualstack"]));
const TARGET: Member = ("target", OPTIONAL, &ARN);
const ROUTE_KEY: Member = ("routeKey", OPTIONAL, &ARN);
const CREDENTIALS: Member = ("credentialsArn", OPTIONAL, &ARN);

pub(super) const CREATE_API: &[Member] = &[
    ("name", REQUIRED, &Shape::Text(1, 128, ANY)),
    ("protocolType", REQUIRED, &Shape::Enum(&["WEBSOCKET", "HTTP"])),
    KEY_SELECTION,
    CORS,
    API_DESCRIPTION,
    DISABLE_ENDPOINT,
    DISABLE_SCHEMA,
    IP,
    ROUTE_SELECTION,
    ("tags", OPTIONAL, &TAGS),
    VERSION,
    TARGET,
    ROUTE_KEY,
    CREDENTIALS,
];
pub(super) const UPDATE_API: &[Member] = &[
    API,
    ("name", OPTIONAL, &Shape::Text(1, 128, ANY)),
    KEY_SELECTION,
    CORS,
    API_DESCRIPTION,
    DISABLE_ENDPOINT,
    DISABLE_SCHEMA,
    IP,
    ROUTE_SELECTION,
    VERSION,
    TARGET,
    ROUTE_KEY,
    CREDENTIALS,
];
pub(super) const ONE_API: &[Member] = &[API];
pub(super) const LIST_APIS: &[Member] = &[SIZE, TOKEN];
pub(super) const LIST_OF_API: &[Member] = &[API, SIZE, TOKEN];

const INTEGRATION: Member = ("integrationId", REQUIRED, &ID);
const TYPES: Shape = Shape::Enum(&["AWS", "HTTP", "MOCK", "HTTP_PROXY", "AWS_PROXY"]);
const CONNECTION: Member = ("connectionType", OPTIONAL, &Shape::Enum(&["INTERNET", "VPC_LINK"]));
const CONNECTION_ID: Member = ("connectionId", OPTIONAL, &LONG);
const INTEGRATION_METHOD: Member = ("integrationMethod", OPTIONAL, &SHORT);
const INTEGRATION_SUBTYPE: Member = ("integrationSubtype", OPTIONAL, &SHORT);
const INTEGRATION_URI: Member = ("integrationUri", OPTIONAL, &ARN);
const PAYLOAD: Member = ("payloadFormatVersion", OPTIONAL, &SHORT);
const REQUEST_PARAMETERS: Member =
    ("requestParameters", OPTIONAL, &Shape::Map(&TEXT, &Shape::Text(0, 512, ANY), 0, 100));
const RESPONSE_PARAMETERS: Member = (
    "responseParameters",
    OPTIONAL,
    &Shape::Map(&TEXT, &Shape::Map(&TEXT, &Shape::Text(0, 512, ANY), 0, 100), 0, 100),
);
const TIMEOUT: Member = ("timeoutInMillis", OPTIONAL, &Shape::Integer(50, 30_000));
const TLS: Member =
    ("tlsConfig", OPTIONAL, &Shape::Record(&[("serverNameToVerify", OPTIONAL, &ARN)]));

pub(super) const CREATE_INTEGRATION: &[Member] = &[
    API,
    ("integrationType", REQUIRED, &TYPES),
    CONNECTION_ID,
    CONNECTION,
    CREDENTIALS,
    API_DESCRIPTION,
    INTEGRATION_METHOD,
    INTEGRATION_SUBTYPE,
    INTEGRATION_URI,
    PAYLOAD,
    REQUEST_PARAMETERS,
    RESPONSE_PARAMETERS,
    TIMEOUT,
    TLS,
];
pub(super) const UPDATE_INTEGRATION: &[Member] = &[
    API,
    INTEGRATION,
    ("integrationType", OPTIONAL, &TYPES),
    CONNECTION_ID,
    CONNECTION,
    CREDENTIALS,
    API_DESCRIPTION,
    INTEGRATION_METHOD,
    INTEGRATION_SUBTYPE,
    INTEGRATION_URI,
    PAYLOAD,
    REQUEST_PARAMETERS,
    RESPONSE_PARAMETERS,
    TIMEOUT,
    TLS,
];
pub(super) const ONE_INTEGRATION: &[Member] = &[API, INTEGRATION];

const ROUTE: Member = ("routeId", REQUIRED, &ID);
const KEY_REQUIRED: Member = ("apiKeyRequired", OPTIONAL, &FLAG);
const SCOPES: Member =
    ("authorizationScopes", OPTIONAL, &Shape::List(&Shape::Text(1, 64, ANY), 0, 10));
const AUTHORIZATION: Member =
    ("authorizationType", OPTIONAL, &Shape::Enum(&["NONE", "AWS_IAM", "CUSTOM", "JWT"]));
const AUTHORIZER: Member = ("authorizerId", OPTIONAL, &ID);
const OPERATION: Member = ("operationName", OPTIONAL, &Shape::Text(0, 64, ANY));

pub(super) const CREATE_ROUTE: &[Member] = &[
    API,
    ("routeKey", REQUIRED, &ARN),
    KEY_REQUIRED,
    SCOPES,
    AUTHORIZATION,
    AUTHORIZER,
    OPERATION,
    TARGET,
];
pub(super) const UPDATE_ROUTE: &[Member] =
    &[API, ROUTE, ROUTE_KEY, KEY_REQUIRED, SCOPES, AUTHORIZATION, AUTHORIZER, OPERATION, TARGET];
pub(super) const ONE_ROUTE: &[Member] = &[API, ROUTE];

const STAGE: Member = ("stageName", REQUIRED, &Shape::Text(1, 128, ANY));
const SETTINGS: Shape = Shape::Record(&[
    ("dataTraceEnabled", OPTIONAL, &FLAG),
    ("detailedMetricsEnabled", OPTIONAL, &FLAG),
    ("loggingLevel", OPTIONAL, &Shape::Enum(&["ERROR", "INFO", "OFF"])),
    ("throttlingBurstLimit", OPTIONAL, &Shape::Integer(0, 1_000_000)),
    ("throttlingRateLimit", OPTIONAL, &Shape::Number(f64::MIN, f64::MAX)),
]);
const ACCESS_LOG: Member = (
    "accessLogSettings",
    OPTIONAL,
    &Shape::Record(&[
        ("destinationArn", OPTIONAL, &ARN),
        ("format", OPTIONAL, &Shape::Text(0, 3072, ANY)),
    ]),
);
const AUTO_DEPLOY: Member = ("autoDeploy", OPTIONAL, &FLAG);
const DEFAULT_SETTINGS: Member = ("defaultRouteSettings", OPTIONAL, &SETTINGS);
const DEPLOYMENT: Member = ("deploymentId", OPTIONAL, &ID);
const ROUTE_SETTINGS: Member = ("routeSettings", OPTIONAL, &Shape::Map(&TEXT, &SETTINGS, 0, 300));
const VARIABLES: Member =
    ("stageVariables", OPTIONAL, &Shape::Map(&TEXT, &Shape::Text(0, 512, ANY), 0, 100));

pub(super) const CREATE_STAGE: &[Member] = &[
    API,
    STAGE,
    ACCESS_LOG,
    AUTO_DEPLOY,
    DEFAULT_SETTINGS,
    DEPLOYMENT,
    API_DESCRIPTION,
    ROUTE_SETTINGS,
    VARIABLES,
    ("tags", OPTIONAL, &TAGS),
];
pub(super) const UPDATE_STAGE: &[Member] = &[
    API,
    STAGE,
    ACCESS_LOG,
    AUTO_DEPLOY,
    DEFAULT_SETTINGS,
    DEPLOYMENT,
    API_DESCRIPTION,
    ROUTE_SETTINGS,
    VARIABLES,
];
pub(super) const ONE_STAGE: &[Member] = &[API, STAGE];
pub(super) const DELETE_ROUTE_SETTINGS: &[Member] = &[API, STAGE, ("routeKey", REQUIRED, &ARN)];

const RESOURCE: Member = ("resource-arn", REQUIRED, &ARN);
pub(super) const TAG: &[Member] = &[RESOURCE, ("tags", REQUIRED, &TAGS)];
pub(super) const ONE_RESOURCE: &[Member] = &[RESOURCE];
