//! The functions as their callers meet them: whole requests in, whole answers out, with doubles for what is behind them.
//!
//! An attack's test is named after its group in the list that the facade was designed against, a predecessor's defect after
//! its number there.

mod support;

mod authorize;
mod documents;
mod login;
mod register;
mod state;
mod token;
