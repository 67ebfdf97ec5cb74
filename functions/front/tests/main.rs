//! The functions as their callers meet them: whole requests in, whole answers out, with doubles for what is behind them.
//!
//! An attack's test is named after its group in the list that the facade was designed against, a predecessor's defect after
//! its number there.

#[cfg(test)]
mod anything;
#[cfg(test)]
mod authorize;
#[cfg(test)]
mod bearer;
#[cfg(test)]
mod consent;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod elicitation;
#[cfg(test)]
mod forward;
#[cfg(test)]
mod login;
#[cfg(test)]
mod register;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod runtime;
#[cfg(test)]
mod state;
#[cfg(test)]
mod support;
#[cfg(test)]
mod token;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod trouble;
