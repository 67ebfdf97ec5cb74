//! The data planes as clients meet them, over TCP: a gateway and its targets, the consent of a user,
//! and what becomes of it.

mod apis;
mod browser;
mod consent;
mod gateway;
mod http;
mod identity;
mod servers;
mod stage;
mod vendors;
