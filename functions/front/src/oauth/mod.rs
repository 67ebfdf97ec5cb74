//! The facade: an authorization server of our own, with the pool behind it.
//!
//! The pool knows one client and one callback, ours. Which program asks, where its answer goes and what it proved is our
//! business: a program registers here (or brings an id that is known), a person agrees to it on our page, and only then
//! does the browser go to the pool's sign-in page. Our codes and refresh tokens are the pool's, sealed for their client, so
//! that nothing has to be stored and the pool's own single use is kept.
//!
//! | path | module | standard |
//! |---|---|---|
//! | `/.well-known/…` | `metadata` | RFC 8414, RFC 9728 |
//! | `/register` | `register` | RFC 7591 |
//! | `/authorize` | `authorize`, `decide` | RFC 6749, RFC 7636, RFC 8707 |
//! | `/callback` | `callback` | RFC 9207 |
//! | `/token` | `token` | RFC 6749 |

mod ask;
mod authorize;
mod callback;
mod challenge;
mod client;
mod cookies;
mod decide;
mod metadata;
mod metadata_document;
mod redirect;
mod register;
mod token;

pub use authorize::ask;
pub use callback::callback;
pub use challenge::{insufficient_scope, unauthorized};
pub use cookies::{clear_cookie, cookie};
pub use decide::decide;
pub use metadata::{authorization_server, protected_resource};
pub use metadata_document::MetadataDocuments;
pub use register::register;
pub use token::token;
