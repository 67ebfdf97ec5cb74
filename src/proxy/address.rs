//! Where the proxy relays to: a URL, or the ARN of a gateway or a runtime, and what it tells of Region and service.

use http::Uri;

use crate::steps::gateway_target::invocations_url;
use crate::wire::own_authority;

/// The service that requests are signed for, where the host is one of `AgentCore`'s.
pub const AGENTCORE: &str = "bedrock-agentcore";

/// An MCP server over Streamable HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The URL of its one endpoint.
    pub uri: Uri,
    /// The Region that the ARN or the host names.
    pub region: Option<String>,
    /// Whether it is an agent runtime, which wants a session of its own kind.
    pub is_runtime: bool,
    /// Whether it is on this machine.
    pub is_own: bool,
}

/// What was named is nothing that requests may be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No URL, or one in the clear.
    #[error(
        "{0:?} is no address to relay to: it must begin with https://, or with http:// on this machine"
    )]
    Url(String),
    /// The ARN of something that speaks no MCP.
    #[error("{0:?} is not the ARN of a gateway or of a runtime of AgentCore")]
    Arn(String),
    /// There is nothing that the qualifier could choose from.
    #[error("--qualifier is for the ARN of a runtime")]
    Qualifier,
}

impl Address {
    /// Reads a URL or an ARN. `qualifier` is the endpoint of a runtime that an ARN names.
    ///
    /// # Errors
    /// See [`AddressError`].
    pub fn read(text: &str, qualifier: Option<&str>) -> Result<Self, AddressError> {
        if text.starts_with("arn:") {
            return Self::of_arn(text, qualifier);
        }
        if qualifier.is_some() {
            return Err(AddressError::Qualifier);
        }
        Self::of_url(text).ok_or_else(|| AddressError::Url(text.to_owned()))
    }

    fn of_arn(arn: &str, qualifier: Option<&str>) -> Result<Self, AddressError> {
        let wrong = || AddressError::Arn(arn.to_owned());
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, _, AGENTCORE, region, _, resource] = parts[..] else { return Err(wrong()) };
        let names: Vec<&str> = resource.split('/').collect();
        let url = match names[..] {
            ["gateway", id] if !id.is_empty() => {
                if qualifier.is_some() {
                    return Err(AddressError::Qualifier);
                }
                format!("https://{id}.gateway.{AGENTCORE}.{region}.amazonaws.com/mcp")
            }
            ["runtime", id] if !id.is_empty() => invocations_url(arn, qualifier),
            ["runtime", id, "runtime-endpoint", endpoint] if !id.is_empty() => {
                let runtime = arn.strip_suffix(endpoint).unwrap_or(arn);
                let runtime = runtime.trim_end_matches("/runtime-endpoint/");
                invocations_url(runtime, qualifier.or(Some(endpoint)))
            }
            _ => return Err(wrong()),
        };
        Self::of_url(&url).filter(|address| address.region.is_some()).ok_or_else(wrong)
    }

    fn of_url(url: &str) -> Option<Self> {
        let is_own = own_authority(url).is_some();
        if !is_own && !url.starts_with("https://") {
            return None;
        }
        let mut uri: Uri = url.parse().ok()?;
        let authority = uri.authority()?;
        // A name before the host is nearly always an attempt to make it look like another.
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return None;
        }
        if uri.path().is_empty() {
            uri = format!("{url}/").parse().ok()?;
        }
        let host = uri.host()?.to_ascii_lowercase();
        let region = region(&host).map(str::to_owned);
        let is_runtime =
            uri.path().starts_with("/runtimes/") && uri.path().ends_with("/invocations");
        Some(Self { is_runtime: is_runtime && host.starts_with(AGENTCORE), region, is_own, uri })
    }

    /// The host, for sentences.
    pub fn host(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }
}

/// The Region in a host name of `AgentCore`'s.
fn region(host: &str) -> Option<&str> {
    let labels = host.strip_suffix(".amazonaws.com")?;
    let (before, region) = labels.rsplit_once('.')?;
    let is_agentcore = before == AGENTCORE
        || before.strip_suffix(AGENTCORE).is_some_and(|before| before.ends_with('.'));
    (is_agentcore && !region.is_empty()).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNTIME: &str =
        "arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/tools-0123456789";

    fn read(text: &str) -> Address {
        Address::read(text, None).unwrap()
    }

    #[test]
    fn arns_become_the_service_s_own_urls() {
        let gateway = read("arn:aws:bedrock-agentcore:us-west-2:111122223333:gateway/g-1");
        assert_eq!(
            gateway.uri,
            "https://g-1.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp"
        );
        assert_eq!((gateway.region.as_deref(), gateway.is_runtime), (Some("us-west-2"), false));
        let escaped = "/runtimes/arn%3Aaws%3Abedrock-agentcore%3Aeu-west-1%3A111122223333%3Aruntime%2Ftools-0123456789/invocations";
        for (runtime, qualifier, expected) in [
            (RUNTIME.to_owned(), None, "DEFAULT"),
            (RUNTIME.to_owned(), Some("prod"), "prod"),
            (format!("{RUNTIME}/runtime-endpoint/beta"), None, "beta"),
        ] {
            let address = Address::read(&runtime, qualifier).unwrap();
            assert_eq!(address.uri.host(), Some("bedrock-agentcore.eu-west-1.amazonaws.com"));
            assert_eq!(address.uri.path(), escaped);
            assert_eq!(address.uri.query(), Some(format!("qualifier={expected}").as_str()));
            assert!(address.is_runtime && address.region.as_deref() == Some("eu-west-1"));
        }
    }

    #[test]
    fn urls_go_over_https_or_stay_on_this_machine() {
        let local = read("http://localhost:4566/gateway/g-1/mcp");
        assert!(local.is_own && local.region.is_none());
        assert_eq!(read("https://tools.example.com").uri, "https://tools.example.com/");
        assert_eq!(read("https://tools.example.com/mcp").region, None);
        // A stranger's host does not choose the Region that is signed for.
        assert_eq!(
            read("https://bedrock-agentcore.us-west-2.amazonaws.com.evil.example/").region,
            None
        );
        assert_eq!(read("https://evil-bedrock-agentcore.us-west-2.amazonaws.com/").region, None);
        for wrong in [
            "",
            "https://",
            "http://tools.example.com/mcp",
            "http://localhost@evil.example/",
            "https://ann:secret@tools.example.com/mcp",
            "wss://tools.example.com",
            "arn:aws:bedrock-agentcore:us-west-2:111122223333:memory/m-1",
            "arn:aws:bedrock-agentcore::111122223333:gateway/g-1",
            "arn:aws:lambda:us-west-2:111122223333:function:f",
            "arn:aws:bedrock-agentcore:us-west-2:111122223333:gateway/",
        ] {
            assert!(Address::read(wrong, None).is_err(), "{wrong}");
        }
        let url = Address::read("https://tools.example.com/mcp", Some("prod"));
        assert_eq!(url, Err(AddressError::Qualifier));
    }
}
