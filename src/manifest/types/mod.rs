//! The manifest as types: one struct for each table of `construct.toml`.
//!
//! Values arrive here only through the reader ([`super::read`]), which has already checked every
//! key against [`super::tables`] and filled in the defaults named there. The types therefore carry
//! no defaults of their own: a default has one home, and the JSON Schema prints the same one.

mod auth;
mod clients;
mod cognito;
mod front;
mod function;
mod gateway;
mod http_target;
mod identity;
mod jwt;
mod mcp_target;
mod network;
mod policy;
mod provider;
mod runtime;
mod stack;
mod target;
mod traffic;

pub use auth::{ApiKey, Auth, Grant, KeyLocation, OAuth, SigV4};
pub use clients::{Client, Clients, RegisteredClient};
pub use cognito::{
    Cognito, ExistingPool, Federation, FirstUser, Mfa, Oidc, PasswordPolicy, Protocol, Saml,
};
pub use front::{Front, Throttle};
pub use function::{Architecture, Function};
pub use gateway::{
    Consent, ExceptionLevel, FrontDoor, Gateway, GatewayProtocol, Inbound, InterceptionPoint,
    Interceptor, Portal, Search, WafFailure,
};
pub use http_target::{
    HttpConnector, Inference, InferenceOperation, InferenceProvider, Passthrough,
    PassthroughProtocol, PassthroughSettings, ProviderPrefix, QueryConflict, RuntimeSource,
    RuntimeTarget, Stickiness,
};
pub use identity::Identity;
pub use jwt::{Claim, ClaimOperator, ClaimType, Jwt};
pub use mcp_target::{
    ApiGateway, Connector, ConnectorConfiguration, LambdaSource, LambdaTarget, Listing,
    McpEndpoint, McpServer, ParameterOverride, ToolFilter, ToolOverride,
};
pub use network::{AddressType, PrivateEndpoint, VpcEndpoint};
pub use policy::{
    EnginePolicy, GatewayPolicy, PolicyEnforcement, PolicyEngine, PolicyLanguage, PolicyMode,
    PolicyValidation,
};
pub use provider::{
    ActorToken, ClientAuthentication, ExchangeGrant, OAuth2Client, OAuth2Settings, OnBehalfOf,
    PrivateKeyJwt, Provider, ProviderArn, ServerMetadata, Vendor,
};
pub use runtime::{Runtime, RuntimeCode, RuntimeEndpoint, RuntimeNetwork, S3Zip, ServerProtocol};
pub use stack::Stack;
pub use target::{Certificate, Headers, Lookup, Permission, Target, TargetKind, Variable};
pub use traffic::{
    Bundle, Fallback, FallbackError, FallbackTarget, GatewayRule, LimitEntry, Period, Rate,
    RateLimit, Route, RuleConditions, WeightedBundle, WeightedRoute,
};
