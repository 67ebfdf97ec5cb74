//! The consents that targets wait for, completed from this machine.
//!
//! Where a server must know who asks before it lists its tools, making, changing or synchronizing its target waits for
//! somebody's consent (`*_PENDING_AUTH`). The service sends that person to a URL and then back to the target's return URL with
//! a session, which is completed with the user id that the service made up for the target. Only the session of a URL that
//! was shown here is taken: another one would have the gateway list the tools as somebody else.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use construct_engine::{Address, Stop};
use futures_util::future::{join_all, try_join_all};
use http::Uri;
use tokio::net::TcpListener;

use super::look::{Look, Seen};
use super::telling::Telling;
use super::verdict::Verdict;
use crate::cli::{ExitCode, Failure, signals};
use crate::cloud::ConsentDesk;
use crate::mcp_server::{Completion, Consents, Who, callback};
use crate::session::{PARALLELISM, Session};
use crate::steps::gateway_target::{Live, after_consent, asks_for_consent};
use crate::ui::Ui;

/// The places on this machine where browsers come back to.
pub(super) struct Callbacks {
    listeners: Vec<TcpListener>,
    consents: Arc<Consents>,
    completion: Completion,
}

impl Callbacks {
    /// Listens where the consents of `targets` return to, as far as that is this machine, and has the session's steps hand
    /// such consents over. They are there before the first URL is shown.
    ///
    /// # Errors
    /// A port that is taken.
    pub(super) async fn open(session: &mut Session, targets: &[Seen]) -> Result<Self, Failure> {
        let live = targets.iter().filter_map(|target| target.live.as_ref());
        let ports: BTreeSet<u16> =
            live.filter(|live| live.asks_for_consent()).filter_map(returns_here).collect();
        let listeners = try_join_all(ports.iter().map(|port| listen(*port))).await?;
        let region = &session.cloud.naming.region;
        let completion = Completion::new(&session.endpoint, region).await;
        let consents = Arc::<Consents>::default();
        let begun = Arc::clone(&consents);
        session.cloud.consent_desk = ConsentDesk::new(move |consent| {
            let port = consent.returns_to.and_then(loopback_port);
            let (Some(port), Some(user)) = (port, consent.user) else { return false };
            ports.contains(&port) && begun.begin(consent.url, Who::User(user.to_owned()))
        });
        Ok(Self { listeners, consents, completion })
    }

    /// Does `work`, and answers browsers meanwhile.
    pub(super) async fn beside<T>(self, work: impl Future<Output = T>, ui: &Ui) -> T {
        let Self { listeners, consents, completion } = self;
        let serving =
            listeners.into_iter().map(|one| callback::serve(one, &completion, &consents, ui));
        let serving = async {
            join_all(serving).await;
            // Nobody comes back any more; what waits for a consent ends by itself.
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            ended = work => ended,
            never = serving => match never {},
        }
    }
}

/// Waits for the consents that targets of `look` need since before this run, as far as they come back here. Gives the
/// targets whose tools were read after one.
///
/// # Errors
/// A consent that was not given in time, a synchronization that failed after it, Ctrl-C.
pub(super) async fn completed(
    session: &Session,
    look: &Look,
    telling: &Telling<'_>,
) -> Result<BTreeSet<Address>, Failure> {
    let waits = look.targets.iter().filter_map(|seen| {
        let live = seen.live.as_ref().filter(|_| seen.verdict == Verdict::Person)?;
        live.consent().filter(|consent| session.cloud.consent_desk.takes(consent))?;
        Some((&seen.address, live))
    });
    let stop = Stop::default();
    let run = &session.run(&|_| {}, &stop, PARALLELISM, &|| Ok(()));
    let ends = waits.map(|(address, live)| {
        telling.aside(address, asks_for_consent(live));
        async move {
            after_consent(&run.at(address, ""), live.clone()).await?;
            Ok::<_, Failure>(address.clone())
        }
    });
    let ends: Vec<_> = ends.collect();
    tokio::select! {
        ended = try_join_all(ends) => Ok(ended?.into_iter().collect()),
        () = signals::asked_to_end() => Err(Failure::new(
            ExitCode::ApplyIncomplete,
            "left while targets wait for a consent",
        )),
    }
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
        assert_eq!(loopback_port("http://localhost:8976/callback"), Some(8976));
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
