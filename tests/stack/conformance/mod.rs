//! The same nine questions to every kind, as one table: a kind without an answer fails.
//!
//! A kind is described by data alone (`recipes`): a manifest that has it, and the edits that change, replace or remove it.
//! What each question does is written once (`cells`). The oracle is the plan of a machine that remembers nothing, and the
//! raw store.

mod cells;
mod recipes;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use construct::steps::registry;

use cells::{Answer, Row};
use recipes::{RECIPES, Recipe};

/// The questions, in the order of a row.
const QUESTIONS: [&str; 9] = [
    "create",
    "plan empty",
    "update keeps the id",
    "replace changes it",
    "delete",
    "delete again",
    "gone behind our back",
    "changed behind our back",
    "foreign refused",
];

/// Kinds that no stack owns: nothing is ever done to one. `stack::providers` asks what there is to ask.
const LINKED: &[&str] = &["agentcore.existing-provider"];

#[tokio::test(start_paused = true)]
async fn every_kind_answers_every_question() {
    let only = std::env::var("CONSTRUCT_CONFORMANCE").ok();
    let wanted = |recipe: &&Recipe| only.as_deref().is_none_or(|kind| kind == recipe.kind);
    let mut rows = BTreeMap::new();
    for recipe in RECIPES.iter().copied().flatten().filter(wanted) {
        rows.insert(recipe.kind, Box::pin(cells::row(recipe)).await);
    }
    // Where continuous integration finds it.
    let table = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance.txt");
    std::fs::write(table, text_of(&rows)).unwrap();
    let kinds: BTreeSet<&str> = registry().names().filter(|kind| !LINKED.contains(kind)).collect();
    let described: BTreeSet<&str> = RECIPES.iter().copied().flatten().map(|one| one.kind).collect();
    assert_eq!(described, kinds, "every kind has a recipe");
    let wrong: Vec<String> = rows
        .iter()
        .flat_map(|(kind, row)| {
            row.iter().zip(QUESTIONS).filter_map(move |(answer, question)| match answer {
                Answer::Wrong(why) => Some(format!("{kind}: {question}: {why}")),
                Answer::Yes | Answer::CannotBe(_) => None,
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The table, a line a kind, and the reasons for what cannot be.
fn text_of(rows: &BTreeMap<&str, Row>) -> String {
    let mut lines = vec![format!("kind | {}", QUESTIONS.join(" | "))];
    let mut reasons: Vec<&str> = Vec::new();
    for (kind, row) in rows {
        let cells: Vec<String> = row
            .iter()
            .map(|answer| match answer {
                Answer::Yes => "yes".to_owned(),
                Answer::Wrong(_) => "WRONG".to_owned(),
                Answer::CannotBe(why) => {
                    let number =
                        reasons.iter().position(|known| known == why).unwrap_or_else(|| {
                            reasons.push(why);
                            reasons.len() - 1
                        });
                    format!("- ({})", number + 1)
                }
            })
            .collect();
        lines.push(format!("{kind} | {}", cells.join(" | ")));
    }
    let numbered = |(number, reason)| format!("({}) {reason}", number + 1);
    lines.extend(reasons.into_iter().enumerate().map(numbered));
    lines.join("\n") + "\n"
}
