//! The search tool of gateways with `searchType` `SEMANTIC`.
//!
//! The service searches by meaning. This one counts the words that a query and a tool have in common,
//! which is enough to call it and to see its answer.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// The tool's name, which has no target in front.
pub(super) const NAME: &str = "x_amz_bedrock_agentcore_search";
/// How many tools an answer holds at most.
const MOST: usize = 10;

/// The tool as `tools/list` shows it.
pub(super) fn definition() -> Value {
    json!({
        "name": NAME,
        "description": "A special tool that returns a trimmed down list of tools given a context. \
                        Use this tool only when there are many tools available and you want to get \
                        a subset that matches the provided context.",
        "inputSchema": {
            "type": "object",
            "properties": { "query": {
                "type": "string",
                "description": "Search query to find relevant tools",
            }},
            "required": ["query"],
        },
    })
}

/// The definitions that have a word of the query in them, those with the most first.
pub(super) fn matching(definitions: Vec<Value>, query: &str) -> Vec<Value> {
    let wanted = words(query);
    let mut found: Vec<(usize, Value)> = definitions
        .into_iter()
        .map(|tool| {
            let text = format!(
                "{} {} {}",
                tool["name"].as_str().unwrap_or_default(),
                tool["description"].as_str().unwrap_or_default(),
                tool["inputSchema"]["properties"]
            );
            (words(&text).intersection(&wanted).count(), tool)
        })
        .filter(|(score, _)| *score > 0)
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().take(MOST).map(|(_, tool)| tool).collect()
}

/// The words of a text, also those that are written together as `listIssues` or `list_issues`.
fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut word = String::new();
    let mut before_is_lower = false;
    for letter in text.chars().chain([' ']) {
        let starts_word = letter.is_uppercase() && before_is_lower;
        if (!letter.is_alphanumeric() || starts_word) && !word.is_empty() {
            words.insert(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        before_is_lower = letter.is_lowercase();
    }
    // An issue and issues are the same here; "in" and "of" say nothing.
    let telling = words.into_iter().filter(|word| word.len() > 2);
    telling.map(|word| word.trim_end_matches('s').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_comes_first() {
        let tool = |name: &str, about: &str| json!({"name": name, "description": about});
        let tools = vec![
            tool("a___getUser", "the signed-in user"),
            tool("a___listIssues", "issues of a repository"),
            tool("b___createIssue", "opens an issue in a repository"),
        ];
        let names: Vec<Value> = matching(tools, "create an issue in my repository")
            .into_iter()
            .map(|tool| tool["name"].clone())
            .collect();
        assert_eq!(names, [json!("b___createIssue"), json!("a___listIssues")]);
    }
}
