//! Serves a local AWS that forgets everything at its end: `cargo run --example serve -- 4566`.
//!
//! A second argument is how long a new role stays unseen, in milliseconds: tools that do not wait
//! for IAM need 0.

use std::env;
use std::error::Error;

use construct_local::{Delays, LocalAws, Options, server};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = env::args().nth(1).ok_or("usage: serve PORT")?.parse()?;
    let mut delays = Delays::default();
    if let Some(propagation) = env::args().nth(2) {
        delays.iam_propagation_ms = propagation.parse()?;
    }
    let local = LocalAws::in_memory(Options { port: Some(port), delays, ..Options::default() });
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    server::serve(local, listener, interrupted).await?;
    Ok(())
}
