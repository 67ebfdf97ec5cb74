//! What is left for a person to do after a run, as a numbered list.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use construct_engine::Address;

use crate::manifest::Vendor;

/// The list: a callback URL to register for each provider, then what the run had to say. Empty for nothing.
///
/// `providers` has vendor and callback URL by the provider's name; the local vendor needs no registration, so on the
/// local AWS it is empty.
pub fn todo(
    providers: &BTreeMap<String, (Vendor, String)>,
    notices: &[(Address, String)],
) -> Vec<String> {
    let mut list: Vec<String> = providers
        .iter()
        .map(|(name, (vendor, url))| {
            let row = vendor.row();
            format!(
                "Register this callback URL at {} for the provider {name}:\n{url}\nwhere: {}",
                row.name, row.console
            )
        })
        .collect();
    for (address, text) in notices {
        let entry = format!("{address}: {text}");
        if !list.contains(&entry) {
            list.push(entry);
        }
    }
    list
}

/// The list as text, with a heading; empty for an empty list.
pub fn todo_text(list: &[String]) -> String {
    if list.is_empty() {
        return String::new();
    }
    let mut text = String::from("Left for you to do:\n");
    for (index, entry) in list.iter().enumerate() {
        for (row, line) in entry.lines().enumerate() {
            let number = if row == 0 { format!("{:>3}.", index + 1) } else { "    ".to_owned() };
            writeln!(text, "{number} {line}").expect("a String takes all text");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_come_first_and_nothing_is_said_twice() {
        let providers = BTreeMap::from([
            (
                "github".to_owned(),
                (Vendor::of("github").unwrap(), "https://b.example/cb/1".to_owned()),
            ),
            (
                "atlassian".to_owned(),
                (Vendor::of("atlassian").unwrap(), "https://b.example/cb/2".to_owned()),
            ),
        ]);
        let notice =
            (Address::new("target/github").unwrap(), "consent at https://c.example".to_owned());
        let text = todo_text(&todo(&providers, &[notice.clone(), notice]));
        assert_eq!(
            text,
            "Left for you to do:
  1. Register this callback URL at Atlassian for the provider atlassian:
     https://b.example/cb/2
     where: https://developer.atlassian.com/console/myapps/, your app, Authorization, OAuth 2.0 (3LO), \"Callback URL\"
  2. Register this callback URL at GitHub for the provider github:
     https://b.example/cb/1
     where: GitHub, your Settings, Developer settings, OAuth Apps, your app, \"Authorization callback URL\"
  3. target/github: consent at https://c.example
"
        );
        assert_eq!(todo_text(&todo(&BTreeMap::new(), &[])), "");
    }
}
