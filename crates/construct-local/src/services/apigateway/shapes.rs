//! What each API Gateway v2 operation takes, in wire names. The service model has few limits; the
//! lengths are those of the service's documentation.

use crate::services::shape::{Kind, Member, optional, required};

const FLAG: Kind = Kind::Boolean;
const ID: Kind = Kind::Text(1, 64, None);
const SHORT: Kind = Kind::Text(0, 128, None);
const LONG: Kind = Kind::Text(0, 1024, None);
const ARN: Kind = Kind::Text(0, 2048, None);
const TAGS: Kind = Kind::Map(50, &Kind::Text(0, 256, None));
const NAMES: Kind = Kind::List(0, 100, &Kind::Text(0, 1024, None));
const API: Member = required("apiId", ID);
const SIZE: Member = optional("maxResults", SHORT);
const TOKEN: Member = optional("nextToken", ARN);

const CORS: Member = optional(
    "corsConfiguration",
    Kind::Structure(&[
        optional("allowCredentials", FLAG),
        optional("allowHeaders", NAMES),
        optional("allowMethods", NAMES),
        optional("allowOrigins", NAMES),
        optional("exposeHeaders", NAMES),
        optional("maxAge", Kind::Integer(-1, 86_400)),
    ]),
);
const API_DESCRIPTION: Member = optional("description", LONG);
const VERSION: Member = optional("version", Kind::Text(0, 64, None));
const KEY_SELECTION: Member = optional("apiKeySelectionExpression", SHORT);
const ROUTE_SELECTION: Member = optional("routeSelectionExpression", SHORT);
const DISABLE_ENDPOINT: Member = optional("disableExecuteApiEndpoint", FLAG);
const DISABLE_SCHEMA: Member = optional("disableSchemaValidation", FLAG);
const IP: Member = optional("ipAddressType", Kind::Choice(&["ipv4", "dualstack"]));
const TARGET: Member = optional("target", ARN);
const ROUTE_KEY: Member = optional("routeKey", ARN);
const CREDENTIALS: Member = optional("credentialsArn", ARN);

pub(super) const CREATE_API: &[Member] = &[
    required("name", Kind::Text(1, 128, None)),
    required("protocolType", Kind::Choice(&["WEBSOCKET", "HTTP"])),
    KEY_SELECTION,
    CORS,
    API_DESCRIPTION,
    DISABLE_ENDPOINT,
    DISABLE_SCHEMA,
    IP,
    ROUTE_SELECTION,
    optional("tags", TAGS),
    VERSION,
    TARGET,
    ROUTE_KEY,
    CREDENTIALS,
];
pub(super) const UPDATE_API: &[Member] = &[
    API,
    optional("name", Kind::Text(1, 128, None)),
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

const INTEGRATION: Member = required("integrationId", ID);
const TYPES: Kind = Kind::Choice(&["AWS", "HTTP", "MOCK", "HTTP_PROXY", "AWS_PROXY"]);
const CONNECTION: Member = optional("connectionType", Kind::Choice(&["INTERNET", "VPC_LINK"]));
const CONNECTION_ID: Member = optional("connectionId", LONG);
const INTEGRATION_METHOD: Member = optional("integrationMethod", SHORT);
const INTEGRATION_SUBTYPE: Member = optional("integrationSubtype", SHORT);
const INTEGRATION_URI: Member = optional("integrationUri", ARN);
const PAYLOAD: Member = optional("payloadFormatVersion", SHORT);
const REQUEST_PARAMETERS: Member =
    optional("requestParameters", Kind::Map(100, &Kind::Text(0, 512, None)));
const RESPONSE_PARAMETERS: Member =
    optional("responseParameters", Kind::Map(100, &Kind::Map(100, &Kind::Text(0, 512, None))));
const TIMEOUT: Member = optional("timeoutInMillis", Kind::Integer(50, 30_000));
const TLS: Member = optional("tlsConfig", Kind::Structure(&[optional("serverNameToVerify", ARN)]));

pub(super) const CREATE_INTEGRATION: &[Member] = &[
    API,
    required("integrationType", TYPES),
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
    optional("integrationType", TYPES),
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

const ROUTE: Member = required("routeId", ID);
const KEY_REQUIRED: Member = optional("apiKeyRequired", FLAG);
const SCOPES: Member = optional("authorizationScopes", Kind::List(0, 10, &Kind::Text(1, 64, None)));
const AUTHORIZATION: Member =
    optional("authorizationType", Kind::Choice(&["NONE", "AWS_IAM", "CUSTOM", "JWT"]));
const AUTHORIZER: Member = optional("authorizerId", ID);
const OPERATION: Member = optional("operationName", Kind::Text(0, 64, None));

pub(super) const CREATE_ROUTE: &[Member] = &[
    API,
    required("routeKey", ARN),
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

const STAGE: Member = required("stageName", Kind::Text(1, 128, None));
const SETTINGS: Kind = Kind::Structure(&[
    optional("dataTraceEnabled", FLAG),
    optional("detailedMetricsEnabled", FLAG),
    optional("loggingLevel", Kind::Choice(&["ERROR", "INFO", "OFF"])),
    optional("throttlingBurstLimit", Kind::Integer(0, 1_000_000)),
    optional("throttlingRateLimit", Kind::Number),
]);
const ACCESS_LOG: Member = optional(
    "accessLogSettings",
    Kind::Structure(&[
        optional("destinationArn", ARN),
        optional("format", Kind::Text(0, 3072, None)),
    ]),
);
const AUTO_DEPLOY: Member = optional("autoDeploy", FLAG);
const DEFAULT_SETTINGS: Member = optional("defaultRouteSettings", SETTINGS);
const DEPLOYMENT: Member = optional("deploymentId", ID);
const ROUTE_SETTINGS: Member = optional("routeSettings", Kind::Map(300, &SETTINGS));
const VARIABLES: Member = optional("stageVariables", Kind::Map(100, &Kind::Text(0, 512, None)));

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
    optional("tags", TAGS),
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
pub(super) const DELETE_ROUTE_SETTINGS: &[Member] = &[API, STAGE, required("routeKey", ARN)];

const RESOURCE: Member = required("resource-arn", ARN);
pub(super) const TAG: &[Member] = &[RESOURCE, required("tags", TAGS)];
pub(super) const ONE_RESOURCE: &[Member] = &[RESOURCE];
