//! Gateways in a policy's statement: `${gateway}`, or `${gateway.NAME}` where gateways have names.
//!
//! A policy names its gateway by ARN, which ends in what the service makes up, so that the manifest cannot write it.

use std::collections::BTreeSet;

/// What stands for the ARN of the gateway called `name`.
pub fn placeholder(name: Option<&str>) -> String {
    name.map_or_else(|| "${gateway}".to_owned(), |name| format!("${{gateway.{name}}}"))
}

/// Everything in `statement` that has the form of a placeholder. Cedar and Dogwood have no such form of their own.
pub fn placeholders(statement: &str) -> BTreeSet<String> {
    let begun = statement.split("${").skip(1);
    begun.map(|rest| format!("${{{}}}", rest.split('}').next().unwrap_or_default())).collect()
}

/// `statement` with the ARNs that `arns` has for placeholders.
pub fn filled<'a>(
    statement: &str,
    arns: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> String {
    arns.into_iter().fold(statement.to_owned(), |text, (placeholder, arn)| {
        text.replace(placeholder.as_str(), arn)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_and_filled() {
        let statement = "a ${gateway} b ${gateway.x} ${gateway} ${open";
        let found: Vec<String> = placeholders(statement).into_iter().collect();
        assert_eq!(found, ["${gateway.x}", "${gateway}", "${open}"]);
        assert_eq!(placeholder(None), "${gateway}");
        assert_eq!(placeholder(Some("x")), "${gateway.x}");
        let (name, arn) = (placeholder(None), "arn:1".to_owned());
        assert_eq!(filled(statement, [(&name, &arn)]), "a arn:1 b ${gateway.x} arn:1 ${open");
    }
}
