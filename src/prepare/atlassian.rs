//! The cloud id of an Atlassian site: asked for once, then remembered beside the journal.
//!
//! `GET https://{tenant}.atlassian.net/_edge/tenant_info` answers `{"cloudId": "…"}` to anybody.

use std::path::{Path, PathBuf};
use std::time::Duration;

use construct_engine::hexadecimal;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::outputs::atomic;

/// Why there is no cloud id.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    #[error("Atlassian does not answer for the tenant {tenant}: {why}")]
    NoAnswer { tenant: String, why: String },
    #[error("Atlassian's answer for the tenant {0} has no cloud id")]
    NoCloudId(String),
    #[error("cannot remember the cloud id of {tenant}: {why}")]
    Remember { tenant: String, why: String },
}

impl LookupError {
    pub(super) fn help(&self) -> String {
        match self {
            Self::NoAnswer { .. } | Self::NoCloudId(_) => {
                "check the tenant's name (`acme` of acme.atlassian.net), or write the cloud id itself as a text".to_owned()
            }
            Self::Remember { .. } => "make the folder .construct writable".to_owned(),
        }
    }
}

/// The id that the local AWS's vendor knows a tenant by: any UUID will do, as long as it stays the same.
pub(super) fn local_cloud_id(tenant: &str) -> String {
    let hex = hexadecimal(&Sha256::digest(tenant)[..16]);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The cloud id of `tenant`, from the folder `memory` or from Atlassian.
pub(super) async fn cloud_id(tenant: &str, memory: &Path) -> Result<String, LookupError> {
    let file = remembered_in(tenant, memory);
    if let Ok(text) = std::fs::read_to_string(&file)
        && is_cloud_id(text.trim())
    {
        return Ok(text.trim().to_owned());
    }
    let url = format!("https://{tenant}.atlassian.net/_edge/tenant_info");
    let name = tenant.to_owned();
    let id = tokio::task::spawn_blocking(move || ask(&url, &name)).await.map_err(|error| {
        LookupError::NoAnswer { tenant: tenant.to_owned(), why: error.to_string() }
    })??;
    atomic::write(&file, format!("{id}\n").as_bytes()).map_err(|error| LookupError::Remember {
        tenant: tenant.to_owned(),
        why: error.to_string(),
    })?;
    Ok(id)
}

fn remembered_in(tenant: &str, memory: &Path) -> PathBuf {
    memory.join("atlassian").join(tenant)
}

fn ask(url: &str, tenant: &str) -> Result<String, LookupError> {
    let no_answer = |why: String| LookupError::NoAnswer { tenant: tenant.to_owned(), why };
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build().into();
    let text = agent
        .get(url)
        .call()
        .and_then(|mut answer| answer.body_mut().with_config().limit(64 * 1024).read_to_string())
        .map_err(|error| no_answer(error.to_string()))?;
    let answer: Value =
        serde_json::from_str(&text).map_err(|error| no_answer(error.to_string()))?;
    answer
        .get("cloudId")
        .and_then(Value::as_str)
        .filter(|id| is_cloud_id(id))
        .map(str::to_owned)
        .ok_or_else(|| LookupError::NoCloudId(tenant.to_owned()))
}

/// It becomes part of the URL that people's tokens are sent to: nothing but a UUID will do.
fn is_cloud_id(text: &str) -> bool {
    text.len() == 36
        && text.chars().enumerate().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    /// Answers one request on loopback with `body`, and gives the URL to ask.
    fn answering(body: &'static str) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/_edge/tenant_info", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _read = stream.read(&mut [0; 4096]).unwrap();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all((head + body).as_bytes()).unwrap();
        });
        url
    }

    #[test]
    fn the_answer_is_checked() {
        let good = r#"{"cloudId":"0b7c4b6e-91f2-4cb8-9a55-2b6bb3ad9a10"}"#;
        assert_eq!(ask(&answering(good), "acme").unwrap(), "0b7c4b6e-91f2-4cb8-9a55-2b6bb3ad9a10");
        for bad in ["{}", r#"{"cloudId":"../evil"}"#, r#"{"cloudId":7}"#] {
            assert!(
                matches!(ask(&answering(bad), "acme"), Err(LookupError::NoCloudId(_))),
                "{bad}"
            );
        }
        assert!(matches!(ask(&answering("<html>"), "acme"), Err(LookupError::NoAnswer { .. })));
        assert!(matches!(ask("http://127.0.0.1:1/", "acme"), Err(LookupError::NoAnswer { .. })));
    }

    #[tokio::test]
    async fn a_remembered_id_is_not_asked_for() {
        let memory = tempfile::tempdir().unwrap();
        let id = local_cloud_id("acme");
        assert!(is_cloud_id(&id));
        atomic::write(&remembered_in("acme", memory.path()), id.as_bytes()).unwrap();
        assert_eq!(cloud_id("acme", memory.path()).await.unwrap(), id);
    }
}
