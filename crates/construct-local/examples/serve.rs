//! Serves a local AWS that forgets everything at its end: `cargo run --example serve -- 4566`.
//!
//! A second argument is how long a new role stays unseen, in milliseconds: tools that do not wait
//! for IAM need 0. A third argument, `relaxed`, settles every status at once and takes roles as they
//! are: for tools that wait for nothing and use roles without permissions. A fourth is how many
//! milliseconds longer every answer takes, and a fifth the file that every call is recorded in.

use std::env;
use std::error::Error;

use construct_local::{Delays, Effect, LocalAws, Options, Rule, server};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = env::args().nth(1).ok_or("usage: serve PORT")?.parse()?;
    let mut delays = Delays::default();
    if let Some(propagation) = env::args().nth(2) {
        delays.iam_propagation_ms = propagation.parse()?;
    }
    let relaxed = env::args().nth(3).is_some_and(|argument| argument == "relaxed");
    if relaxed {
        delays = Delays::none();
    }
    let local = LocalAws::in_memory(Options {
        port: Some(port),
        delays,
        strict_permissions: !relaxed,
        service_names: true,
        record_to: env::args().nth(5).map(Into::into),
        ..Options::default()
    });
    if let Some(latency) = env::args().nth(4) {
        local.faults().add(Rule::every_call(Effect::Latency(latency.parse()?)));
    }
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    server::serve(local, listener, interrupted).await?;
    Ok(())
}
