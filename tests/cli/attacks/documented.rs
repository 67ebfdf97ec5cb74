//! docs/security.md and the tests are about the same attacks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The defects of comparable facades that concern the functions; the others are about what is made around them.
const DEFECTS: [u32; 27] = [
    1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 33,
    34,
];
const GROUPS: u32 = 27;

/// The rows of the page: what it calls an attack, and the tests that it names.
fn rows() -> BTreeMap<String, Vec<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md");
    let text = std::fs::read_to_string(page).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [name, _, _, tests] = cells[..] else { return None };
        let is_row = name.trim_start_matches('A').parse::<u32>().is_ok();
        let tests = tests.split('`').filter(|part| part.contains("::")).map(str::to_owned);
        is_row.then(|| (name.to_owned(), tests.collect()))
    };
    text.lines().filter_map(row).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every test, as the page would name it.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = BTreeSet::new();
    for (prefix, folder) in [
        ("attacks", "tests/cli/attacks"),
        ("front", "functions/front/src"),
        ("front", "functions/front/tests"),
    ] {
        let mut files = Vec::new();
        sources(&root.join(folder), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let module = file.file_stem().unwrap().to_str().unwrap();
            for part in text.split("#[test]").skip(1) {
                let name =
                    part.split_once("fn ").and_then(|(_, rest)| rest.split_once('(')).unwrap().0;
                all.insert(format!("{prefix}::{module}::{name}"));
            }
        }
    }
    all
}

/// Whether a test says by its name that it is about a row: `attack_7` in one for 7, `a7` in one for A7.
fn is_about(test: &str, row: &str) -> bool {
    let name = test.rsplit("::").next().unwrap();
    let words: Vec<&str> = name.split('_').collect();
    match row.strip_prefix('A') {
        Some(number) => words.iter().any(|word| word.strip_prefix('a') == Some(number)),
        None => words.windows(2).any(|pair| pair == ["attack", row]),
    }
}

#[test]
fn every_attack_has_a_row_with_a_test_of_its_name_against_the_stack() {
    let rows = rows();
    let numbers = (1..=GROUPS).map(|number| number.to_string());
    for row in numbers.chain(DEFECTS.iter().map(|number| format!("A{number}"))) {
        let tests = rows.get(&row).unwrap_or_else(|| panic!("there is no row {row}"));
        let is_tried = |test: &String| test.starts_with("attacks::") && is_about(test, &row);
        assert!(tests.iter().any(is_tried), "{row} is not tried against the stack: {tests:?}");
    }
}

#[test]
fn every_test_that_is_named_exists_and_every_attack_that_is_tested_is_named() {
    let (rows, tests) = (rows(), tests());
    assert!(tests.len() > 100, "the tests were not found: {tests:?}");
    let named: BTreeSet<String> = rows.into_values().flatten().collect();
    let missing: Vec<_> = named.difference(&tests).collect();
    assert!(missing.is_empty(), "the page names tests that there are not: {missing:#?}");
    let is_attack = |test: &&String| {
        let numbers = (1..=GROUPS).map(|number| number.to_string());
        numbers.chain((1..=34).map(|number| format!("A{number}"))).any(|row| is_about(test, &row))
    };
    let silent: Vec<_> =
        tests.iter().filter(is_attack).filter(|test| !named.contains(*test)).collect();
    assert!(silent.is_empty(), "the page does not name these: {silent:#?}");
}
