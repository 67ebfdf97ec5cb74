//! The descriptions that come with construct.

use std::collections::{BTreeMap, BTreeSet};

use super::super::rules::MAX_INLINE_BYTES;
use super::super::{Description, check, check_for_target, tools};

const GITHUB: &str = include_str!("../../../specs/github-openapi.json");
const CONFLUENCE: &str = include_str!("../../../specs/confluence-openapi.json");
const README: &str = include_str!("../../../specs/README.md");

fn github() -> Description {
    Description::parse(GITHUB).expect("specs/github-openapi.json is readable")
}

fn confluence() -> Description {
    let cloud_id = BTreeMap::from([("cloudId".to_owned(), "11111111-2222".to_owned())]);
    let description =
        Description::parse(CONFLUENCE).expect("specs/confluence-openapi.json is readable");
    description.with_server_variables(&cloud_id).expect("it has the variable cloudId")
}

#[test]
fn both_have_nothing_to_report() {
    assert_eq!(check_for_target(&github(), "github"), []);
    assert_eq!(check_for_target(&confluence(), "confluence"), []);
}

#[test]
fn confluence_needs_its_cloud_id() {
    let description = Description::parse(CONFLUENCE).expect("readable");
    assert_eq!(description.server_variable_names(), ["cloudId".to_owned()].into());
    let rules: Vec<_> = check(&description).iter().map(|found| found.rule.id).collect();
    assert_eq!(rules, ["server-url"]);
    let filled = confluence();
    assert_eq!(
        filled.document()["servers"][0]["url"],
        "https://api.atlassian.com/ex/confluence/11111111-2222"
    );
}

#[test]
fn both_cover_what_an_assistant_needs() {
    let github: BTreeSet<String> =
        tools(&github(), "github").into_iter().map(|tool| tool.name).collect();
    for name in [
        "getAuthenticatedUser",
        "listMyRepositories",
        "createIssue",
        "mergePullRequest",
        "searchCode",
    ] {
        assert!(github.contains(&format!("github___{name}")), "{name}");
    }
    let confluence: BTreeSet<String> =
        tools(&confluence(), "confluence").into_iter().map(|tool| tool.name).collect();
    for name in ["listSpaces", "getPage", "createPage", "updatePage", "searchContent"] {
        assert!(confluence.contains(&format!("confluence___{name}")), "{name}");
    }
    assert_eq!((github.len(), confluence.len()), (23, 10));
}

#[test]
fn names_are_short_camel_case_and_in_the_readme() {
    for tool in tools(&github(), "github").into_iter().chain(tools(&confluence(), "confluence")) {
        let (_, operation) = tool.name.split_once("___").expect("a tool name");
        let first = operation.chars().next().expect("a name");
        assert!(first.is_ascii_lowercase() && operation.chars().all(|c| c.is_ascii_alphanumeric()));
        // Some models take no longer name, the target's included.
        assert!(tool.name.len() <= 64, "{}", tool.name);
        assert!(tool.description.ends_with('.') && tool.description.len() <= 300, "{}", tool.name);
        assert!(
            README.contains(&format!("| `{operation}` |")),
            "{operation} is not in specs/README.md"
        );
    }
}

#[test]
fn both_fit_inline_with_room_to_grow() {
    assert!(github().minified().len() < MAX_INLINE_BYTES / 10);
    assert!(confluence().minified().len() < MAX_INLINE_BYTES / 10);
}

#[test]
fn no_schema_says_nullable() {
    // A client that checks answers against JSON Schema does not know the word, and a null would fail.
    assert!(!GITHUB.contains("\"nullable\"") && !CONFLUENCE.contains("\"nullable\""));
}
