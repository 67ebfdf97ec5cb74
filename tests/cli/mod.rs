//! The commands as processes: exit codes, streams, files, signals, and everything that can go wrong around a run.

mod attacks;
mod clients;
mod connection;
mod disk;
mod doctor;
#[cfg(unix)]
mod evictions;
mod exit_codes;
mod gc;
mod inbound;
#[cfg(unix)]
mod interrupts;
mod journal;
#[cfg(unix)]
mod kills;
#[cfg(unix)]
mod left_over;
mod locks;
mod login;
mod manifest;
mod mcp_server;
mod printing;
mod project;
mod proxy;
mod raw_store;
mod rotate;
mod scripted;
mod secrets;
mod served;
mod specs;
mod streams;
mod sync;
#[cfg(target_os = "linux")]
mod terminal;
mod tools;
mod users;
mod visitor;
