//! Every table of `construct.toml`: its keys, what they take, and what their absence means.

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
mod secret;
mod stack;
mod target;
mod traffic;

use super::rules as r;
use super::shape::{Default, Key, Kind, Presence, Shape};
use clients::CLIENTS;
use cognito::COGNITO;
use front::FRONT;
use function::FUNCTION;
use gateway::GATEWAY;
use identity::IDENTITY;
use policy::POLICY_ENGINE;
use provider::PROVIDER;
use runtime::RUNTIME;
use stack::STACK;
use target::TARGET;

const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, doc, kind, presence: Presence::Required, with: &[] }
}

const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, doc, kind, presence: Presence::Optional, with: &[] }
}

const fn or(name: &'static str, kind: Kind, default: Default, doc: &'static str) -> Key {
    Key { name, doc, kind, presence: Presence::Or(default), with: &[] }
}

/// `key`, in a table that says one of `alternatives`.
const fn with(alternatives: &'static [&'static str], key: Key) -> Key {
    Key { with: alternatives, ..key }
}

const fn table(doc: &'static str, keys: &'static [Key]) -> Shape {
    Shape { doc, keys, exactly_one: &[], instead_of_text: None }
}

/// The whole file.
pub(super) static MANIFEST: Shape = table(
    "An OAuth-protected MCP gateway on Amazon Bedrock AgentCore.",
    &[
        required("stack", Kind::Table(&STACK), "What the stack is called and where it lives."),
        or(
            "cognito",
            Kind::Table(&COGNITO),
            Default::Table,
            "The user pool in which people sign in.",
        ),
        or("gateway", Kind::Table(&GATEWAY), Default::Table, "The gateway, where there is one."),
        or(
            "gateways",
            Kind::Named(&r::GATEWAY_KEY, &Kind::Table(&GATEWAY), &r::GATEWAYS),
            Default::Table,
            "Several gateways, by name, instead of [gateway].",
        ),
        or(
            "policy_engines",
            Kind::Named(&r::POLICY_ENGINE_NAME, &Kind::Table(&POLICY_ENGINE), &r::ANY_COUNT),
            Default::Table,
            "Policy engines, by name, with the policies that gateways ask.",
        ),
        or(
            "front",
            Kind::Table(&FRONT),
            Default::Table,
            "What stands before the gateways that people sign in to.",
        ),
        or(
            "providers",
            Kind::Named(&r::PROVIDER_NAME, &Kind::Table(&PROVIDER), &r::PROVIDERS_NAMED),
            Default::Table,
            "Credential providers, by name.",
        ),
        or(
            "targets",
            Kind::Named(&r::TARGET_NAME, &Kind::Table(&TARGET), &r::ALL_TARGETS),
            Default::Table,
            "What the gateway offers, by name; the name is part of each tool's name.",
        ),
        or(
            "runtimes",
            Kind::Named(&r::RUNTIME_KEY, &Kind::Table(&RUNTIME), &r::RUNTIMES_IN_REGION),
            Default::Table,
            "Agent runtimes that belong to the stack, by name.",
        ),
        or(
            "functions",
            Kind::Named(&r::FUNCTION_NAME, &Kind::Table(&FUNCTION), &r::ANY_COUNT),
            Default::Table,
            "Lambda functions that belong to the stack, by name.",
        ),
        or(
            "identities",
            Kind::Named(&r::IDENTITY_NAME, &Kind::Table(&IDENTITY), &r::ANY_COUNT),
            Default::Table,
            "Workload identities that belong to no gateway, by name.",
        ),
        or(
            "clients",
            Kind::Table(&CLIENTS),
            Default::Table,
            "Which client files are written, and which programs may sign people in.",
        ),
    ],
);

/// The keys of a credential provider, as they are written.
pub(super) fn provider_keys() -> impl Iterator<Item = &'static str> {
    PROVIDER.keys.iter().map(|key| key.name)
}
