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
mod identity;
mod network;
mod provider;
mod stack;
mod target;

pub use auth::{Auth, Grant};
pub use clients::{Client, Clients};
pub use cognito::{Cognito, FirstUser};
pub use front::{Front, Throttle};
pub use function::{Architecture, Function};
pub use gateway::{ExceptionLevel, Gateway, Search};
pub use identity::Identity;
pub use network::{AddressType, PrivateEndpoint, VpcEndpoint};
pub use provider::{Provider, Vendor};
pub use stack::Stack;
pub use target::{LambdaSource, Lookup, Target, TargetKind, Variable};
