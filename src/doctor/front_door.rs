//! Whether the address that clients use can be reached from here: its name, a connection, its certificate.

use jiff::Timestamp;

use super::Finding;
use super::connection::{Connection, Trust, Unreached, Way};

/// With how few days left a certificate is told. AWS renews those of its own names long before.
const FEW_DAYS: i64 = 14;

/// Connects to `url`, and tells how that went.
pub(super) async fn check(
    url: &str,
    trust: &Trust,
    now: Timestamp,
) -> (Finding, Option<(Connection, Way)>) {
    match Connection::open(url, trust).await {
        Ok((connection, way)) => (reached(url, &way, now), Some((connection, way))),
        Err(error) => (unreached(&error), None),
    }
}

fn reached(url: &str, way: &Way, now: Timestamp) -> Finding {
    let Some(until) = way.certificate_until else {
        let how =
            if way.tls.is_some() { "with a certificate that is trusted" } else { "without TLS" };
        return Finding::fine(format!("{url} is reached, {how}"));
    };
    let days = (until.as_second() - now.as_second()) / 86_400;
    let day = until.strftime("%Y-%m-%d");
    let what = format!("{url} is reached; its certificate is good until {day}, for {days} days");
    if days > FEW_DAYS {
        return Finding::fine(what);
    }
    Finding::wrong(
        what,
        "when it is over, no client connects any longer",
        "renew it where the name is yours; AWS renews those of its own names, so ask there why it has not",
    )
}

fn unreached(error: &Unreached) -> Finding {
    let todo = match error {
        Unreached::Address(_) => "run `construct up`, which makes the address anew",
        Unreached::Name(..) => {
            "look at the DNS of this machine; a name that nobody resolves belongs to an API that is gone: `construct up`"
        }
        Unreached::Connect(..) => {
            "look at the firewall and the proxy between here and there; doctor connects without a proxy"
        }
        Unreached::Tls(..) => {
            "look at this machine's clock and its root certificates, and whether a proxy shows a certificate of its own"
        }
        Unreached::Http(..) => "see who else answers at this address",
    };
    Finding::wrong(error.to_string(), "no client gets to the tools from here", todo)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::doctor::Outcome;

    #[test]
    fn a_certificate_that_ends_soon_is_told() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let way = |days: i64| Way {
            dns: Duration::ZERO,
            connect: Duration::ZERO,
            tls: Some(Duration::ZERO),
            certificate_until: Timestamp::from_second(1_800_000_000 + days * 86_400).ok(),
        };
        assert_eq!(reached("https://a", &way(15), now).outcome, Outcome::Fine);
        let soon = reached("https://a", &way(14), now);
        assert!(soon.outcome == Outcome::Wrong && soon.what.contains("for 14 days"), "{soon:?}");
    }

    #[tokio::test]
    async fn each_step_that_fails_is_told_by_its_name() {
        let trust = Trust::only(rustls::RootCertStore::empty());
        let now = Timestamp::now();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = async |url: String| {
            let (finding, connection) = check(&url, &trust, now).await;
            assert!(connection.is_none() && finding.outcome == Outcome::Wrong, "{finding:?}");
            finding.what
        };
        assert!(told("/mcp".to_owned()).await.contains("no address with a host"));
        let name = told("https://front.invalid/mcp".to_owned()).await;
        assert!(name.contains("front.invalid does not resolve"), "{name}");
        drop(listener);
        let refused = told(format!("http://localhost:{port}/mcp")).await;
        assert!(refused.contains(&format!("localhost:{port} cannot be connected to")), "{refused}");
    }

    #[tokio::test]
    async fn who_speaks_no_tls_shows_no_certificate() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .unwrap();
        });
        let trust = Trust::of_this_machine();
        let (finding, _) =
            check(&format!("https://localhost:{port}"), &trust, Timestamp::now()).await;
        assert!(finding.what.contains("certificate that this machine trusts"), "{finding:?}");
        assert!(finding.todo.unwrap().contains("root certificates"));
        server.await.unwrap();
    }
}
