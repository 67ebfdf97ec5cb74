//! Where an agent runtime is called.

/// Letters that stand in a path as they are (RFC 3986, unreserved).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// The URL at which the runtime `arn` is called as an MCP server: its ARN, escaped, in the path.
pub fn invocations_url(arn: &str, qualifier: Option<&str>) -> String {
    use std::fmt::Write as _;
    let region = arn.split(':').nth(3).unwrap_or_default();
    let mut escaped = String::new();
    for byte in arn.bytes() {
        if is_unreserved(byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("writing into a string does not fail");
        }
    }
    let qualifier = qualifier.unwrap_or("DEFAULT");
    format!(
        "https://bedrock-agentcore.{region}.amazonaws.com/runtimes/{escaped}/invocations?qualifier={qualifier}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_is_one_segment() {
        let arn = "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/tools-0123456789";
        assert_eq!(
            invocations_url(arn, None),
            "https://bedrock-agentcore.us-west-2.amazonaws.com/runtimes/\
             arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A111122223333%3Aruntime%2Ftools-0123456789\
             /invocations?qualifier=DEFAULT"
        );
    }
}
