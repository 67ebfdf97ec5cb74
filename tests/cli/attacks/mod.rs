//! Attacks on the stack as it runs: real requests, cookies, hosts, redirects, key sets and vault. Which test is for which
//! threat is in docs/security.md; what needs no running stack is tested beside the functions.
//!
//! Each attack ends without a redirect to the attacker and without a token: [`world::Attack`] looks at every answer.

mod authorize;
mod bearer;
mod callback;
mod canaries;
mod consent;
mod documented;
mod elsewhere;
mod headers;
mod register;
mod token;
mod world;
