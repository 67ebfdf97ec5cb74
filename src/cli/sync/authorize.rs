//! The consents that targets wait for, completed from this machine.
//!
//! Where a server must know who asks before it lists its tools, making, changing or synchronizing its target waits for
//! somebody's consent (`*_PENDING_AUTH`). The service sends that person to a URL and then back to the target's return URL with
//! a session, which is completed with the user id that the service made up for the target. Only the session of the URL that
//! was shown here is taken: another one would have the gateway list the tools as somebody else.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use construct_engine::{Address, Stop};
use futures_util::future::join_all;
use http::Uri;
use tokio::net::TcpListener;

use crate::cli::{ExitCode, Failure, signals};
use crate::mcp_server::{Completion, Consents, Who, callback};
use crate::session::{PARALLELISM, Session};
use crate::steps::gateway_target::{Live, after_consent};
use crate::ui::Ui;

/// A return URL that `--authorize` can listen at.
const EXAMPLE: &str = "http://localhost:8976/callback";

/// Shows where to consent, and completes what comes back, until nothing of `waiting` waits any more.
///
/// # Errors
/// A consent that cannot come back here, a port that is taken, a consent that was not given in time, Ctrl-C.
pub(super) async fn complete(
    session: &Session,
    waiting: &[(Address, Live)],
    ui: &Ui,
) -> Result<(), Failure> {
    let consents = Consents::default();
    let ports: BTreeSet<u16> =
        waiting.iter().map(|one| begin(&consents, one)).collect::<Result<_, _>>()?;
    let region = &session.cloud.naming.region;
    let completion = Completion::new(&session.endpoint, region).await;
    let mut listeners = Vec::new();
    for port in ports {
        listeners.push(listen(port).await?);
    }
    for (address, live) in waiting {
        let url = live.consent().map(|consent| consent.url.to_owned()).unwrap_or_default();
        ui.err(&format!(
            "{address} waits for a consent. Open this on this machine, within ten minutes:\n{url}"
        ));
    }
    let serving = listeners.into_iter().map(|one| callback::serve(one, &completion, &consents, ui));
    let stop = Stop::default();
    let run = &session.run(&|_| {}, &stop, PARALLELISM, &|| Ok(()));
    let ends = waiting.iter().map(|(address, live)| async move {
        after_consent(&run.at(address, ""), live.clone()).await
    });
    tokio::select! {
        ended = join_all(ends) => {
            for end in ended {
                end?;
            }
            Ok(())
        }
        _ = join_all(serving) => Err(Failure::bug("the callback ended by itself")),
        () = signals::asked_to_end() => Err(Failure::new(
            ExitCode::ApplyIncomplete,
            "left while targets wait for a consent",
        )),
    }
}

/// Notes the session of a target's consent, and gives the port that its browser comes back to.
fn begin(consents: &Consents, (address, live): &(Address, Live)) -> Result<u16, Failure> {
    let unusable = || {
        Failure::new(
            ExitCode::ApplyIncomplete,
            format!("{address} waits for a consent, and the service does not say where"),
        )
        .hint("give it in the AWS console")
    };
    let consent = live.consent().ok_or_else(unusable)?;
    let user = consent.user.ok_or_else(unusable)?;
    let Some(port) = returns_here(live) else {
        let returns_to = live.returns_to().unwrap_or_default();
        return Err(Failure::usage(format!(
            "the consent of {address} returns to {returns_to:?}, which is not this machine"
        ))
        .detail(format!("consent: {}", consent.url))
        .hint(format!(
            "give it where it returns to, or write `return_url = \"{EXAMPLE}\"` into its auth and \
             run `construct up`"
        )));
    };
    if consents.begin(consent.url, Who::User(user.to_owned())) { Ok(port) } else { Err(unusable()) }
}

/// The port that the browser comes back to after a target's consent; none where that is another machine.
pub(super) fn returns_here(live: &Live) -> Option<u16> {
    live.returns_to().and_then(loopback_port)
}

/// The port of a callback on this machine; none for any other URL.
fn loopback_port(url: &str) -> Option<u16> {
    let uri: Uri = url.parse().ok()?;
    let host = matches!(uri.host()?, "localhost" | "127.0.0.1");
    let here = uri.scheme_str() == Some("http") && uri.path() == callback::PATH;
    (host && here).then(|| uri.port_u16()).flatten()
}

async fn listen(port: u16) -> Result<TcpListener, Failure> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpListener::bind(address).await.map_err(|error| {
        Failure::usage(format!("{address} cannot be listened on")).cause(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_callback_on_this_machine_is_listened_at() {
        assert_eq!(loopback_port(EXAMPLE), Some(8976));
        assert_eq!(loopback_port("http://127.0.0.1:80/callback"), Some(80));
        for other in [
            "",
            "https://localhost:8976/callback",
            "http://localhost/callback",
            "http://localhost:8976/",
            "http://localhost.evil.example:8976/callback",
            "https://x.execute-api.us-west-2.amazonaws.com/callback",
        ] {
            assert_eq!(loopback_port(other), None, "{other}");
        }
    }
}
