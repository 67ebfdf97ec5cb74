//! Every field at its limits and one past them. The fields are found by walking the description, so that a new one is
//! tested as soon as it is described; what the services' own numbers are is asserted where they are written down again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::manifest::rules::{CountRule, IntegerRule, Rule, TextRule};
use crate::manifest::shape::{Key, Kind, Shape};
use crate::manifest::{Manifest, read, tables};

/// What decides at a place of the manifest.
#[derive(Clone, Copy)]
enum Limit {
    Text(&'static TextRule),
    Integer(&'static IntegerRule),
    /// How many items a list has.
    Items(&'static Kind, &'static CountRule),
    /// How many entries of the author's naming there are.
    Entries(&'static Kind, &'static CountRule),
    /// What those are called.
    Name(&'static TextRule, &'static Kind),
}

/// One step from outside to a place.
#[derive(Clone)]
enum Around {
    /// A key, and the alternative of its table that it goes with.
    Key(&'static Key, Option<&'static Key>),
    Item,
    Entry(String),
}

/// A place of the manifest where a rule decides.
pub(super) struct Field {
    pub(super) path: String,
    around: Vec<Around>,
    limit: Limit,
}

/// What leads to the places below it.
#[derive(Clone, Default)]
struct Way {
    path: String,
    around: Vec<Around>,
}

impl Way {
    fn to(&self, path: String, step: Around) -> Self {
        Self { path, around: self.around.iter().cloned().chain([step]).collect() }
    }

    fn field(&self, limit: Limit) -> Field {
        Field { path: self.path.clone(), around: self.around.clone(), limit }
    }
}

/// Every place where a rule decides.
pub(super) fn fields() -> Vec<Field> {
    let mut found = Vec::new();
    walk_table(&tables::MANIFEST, &Way::default(), &mut found);
    found
}

fn walk_table(shape: &'static Shape, way: &Way, found: &mut Vec<Field>) {
    for key in shape.keys {
        let goes_with = |other: &&Key| key.with.first() == Some(&other.name);
        let step = Around::Key(key, shape.keys.iter().find(goes_with));
        walk(&key.kind, &way.to(read::join(&way.path, key.name), step), found);
    }
}

fn walk(kind: &'static Kind, way: &Way, found: &mut Vec<Field>) {
    match kind {
        Kind::Text(rule) | Kind::TrueOrText(rule) => found.push(way.field(Limit::Text(rule))),
        Kind::TextOr(rule, shape) => {
            found.push(way.field(Limit::Text(rule)));
            walk_table(shape, way, found);
        }
        Kind::Integer(rule) => found.push(way.field(Limit::Integer(rule))),
        Kind::List(item, count) => {
            found.push(way.field(Limit::Items(item, count)));
            walk(item, &way.to(format!("{}[0]", way.path), Around::Item), found);
        }
        Kind::Named(name, item, count) => {
            found.push(way.field(Limit::Entries(item, count)));
            found.push(way.field(Limit::Name(name, item)));
            let mut lengths = name.minimum.max(1)..=name.maximum;
            let entry = lengths.find_map(|length| fitting(name, length)).expect("a shortest name");
            walk(item, &way.to(read::join(&way.path, &entry), Around::Entry(entry)), found);
        }
        Kind::Table(shape) | Kind::ChoiceOr(_, shape) => walk_table(shape, way, found),
        Kind::Choice(_) | Kind::Boolean | Kind::Json => {}
    }
}

/// A value of the right type; what else may be wrong with it is no matter here.
fn any_value(kind: &'static Kind) -> Value {
    match kind {
        Kind::Text(_) | Kind::TextOr(..) | Kind::TrueOrText(_) => json!("text"),
        Kind::Integer(rule) => json!(rule.minimum),
        Kind::Choice(choices) | Kind::ChoiceOr(choices, _) => json!(choices[0]),
        Kind::Boolean => json!(true),
        Kind::List(..) => json!([]),
        Kind::Named(..) | Kind::Table(_) | Kind::Json => json!({}),
    }
}

impl Field {
    /// What is counted, the fewest and the most.
    pub(super) fn size(&self) -> (&'static str, usize, usize) {
        match self.limit {
            Limit::Text(rule) => ("characters", rule.minimum, rule.maximum),
            Limit::Name(rule, _) => ("characters of a name", rule.minimum, rule.maximum),
            Limit::Items(_, rule) | Limit::Entries(_, rule) => {
                ("entries", rule.minimum, rule.maximum)
            }
            Limit::Integer(rule) => {
                let number = |value: i64| usize::try_from(value).expect("no limit is negative");
                (rule.unit, number(rule.minimum), number(rule.maximum))
            }
        }
    }

    /// Whether a manifest with `value` at this place is refused at `path` under `rule`.
    fn refuses(&self, value: Value, path: &str, rule: &Rule) -> bool {
        let whole = self.around.iter().rev().fold(value, |value, step| match step {
            Around::Key(key, None) => json!({ key.name: value }),
            Around::Key(key, Some(with)) => {
                json!({ key.name: value, with.name: any_value(&with.kind) })
            }
            Around::Item => json!([value]),
            Around::Entry(name) => json!({ name.as_str(): value }),
        });
        let text = toml::to_string(&whole).expect("TOML can say it");
        let draft = Manifest::read(&text, "construct.toml", Path::new(""));
        assert!(draft.manifest.is_written(path), "{path} was not read:\n{}", draft.problems);
        let problems = &draft.problems;
        problems.iter().any(|one| one.path == path && one.rule.is_some_and(|at| at.id == rule.id))
    }

    /// Asserts what is taken and what is not.
    fn check(&self) {
        match self.limit {
            Limit::Text(rule) => {
                self.check_lengths(rule, |text| (json!(text), self.path.clone()));
            }
            Limit::Name(rule, item) => self.check_lengths(rule, |name| {
                (json!({ name: any_value(item) }), read::join(&self.path, name))
            }),
            Limit::Integer(rule) => {
                let refuses = |value: i64| self.refuses(json!(value), &self.path, &rule.rule);
                let ends = [rule.minimum, rule.maximum];
                for fits in if rule.only.is_empty() { &ends[..] } else { rule.only } {
                    assert!(!refuses(*fits), "{}: {fits} is refused", self.path);
                }
                for past in [rule.minimum - 1, rule.maximum + 1] {
                    assert!(refuses(past), "{}: {past} is taken", self.path);
                }
            }
            Limit::Items(item, rule) => self.check_counts(rule, |count| {
                json!((0..count).map(|_| any_value(item)).collect::<Vec<_>>())
            }),
            Limit::Entries(item, rule) => self.check_counts(rule, |count| {
                let entries = (0..count).map(|one| (format!("n{one}"), any_value(item)));
                Value::Object(entries.collect())
            }),
        }
    }

    fn check_counts(&self, rule: &'static CountRule, of: impl Fn(usize) -> Value) {
        let refuses = |count| self.refuses(of(count), &self.path, &rule.rule);
        for fits in [rule.minimum, rule.maximum] {
            assert!(!refuses(fits), "{}: {fits} entries are refused", self.path);
        }
        for past in rule.minimum.checked_sub(1).into_iter().chain([rule.maximum + 1]) {
            assert!(refuses(past), "{}: {past} entries are taken", self.path);
        }
    }

    fn check_lengths(&self, rule: &'static TextRule, at: impl Fn(&str) -> (Value, String)) {
        let refuses = |text: &str| {
            let (value, path) = at(text);
            self.refuses(value, &path, &rule.rule)
        };
        for length in [rule.minimum, rule.maximum] {
            match fitting(rule, length) {
                Some(text) => assert!(!refuses(&text), "{}: {text:?} is refused", self.path),
                // Then the form is the limit, and the length only a bound around it.
                None => assert!(rule.pattern.is_some(), "{}: nothing has {length}", self.path),
            }
        }
        for length in rule.minimum.checked_sub(1).into_iter().chain([rule.maximum + 1]) {
            let text = fitting(rule, length).unwrap_or_else(|| "a".repeat(length));
            assert!(refuses(&text), "{}: {length} characters are taken", self.path);
        }
    }
}

/// Texts to begin with where a rule has no pattern, or one whose texts are too long.
const SEEDS: [&str; 11] = [
    "",
    "a",
    "/a",
    "a@b",
    "a:B",
    "a#b",
    "https://a",
    "https://a.a",
    "kiro://a",
    "s3://a/a",
    "arn:a",
];

/// The shortest texts of a rule's pattern, and [`SEEDS`]. Kept, because making them takes the longest.
fn seeds(rule: &TextRule) -> BTreeSet<String> {
    static KNOWN: Mutex<BTreeMap<&str, BTreeSet<String>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    let made = known.entry(rule.rule.id).or_insert_with(|| {
        let mut seeds: BTreeSet<String> = SEEDS.into_iter().map(str::to_owned).collect();
        let Some(pattern) = rule.pattern else { return seeds };
        let texts = proptest::string::string_regex(pattern.trim_matches(['^', '$'])).unwrap();
        let mut runner = TestRunner::deterministic();
        seeds.extend((0..16).map(|_| {
            let mut tree = texts.new_tree(&mut runner).unwrap();
            while tree.simplify() {}
            tree.current()
        }));
        seeds.retain(|seed| seed.bytes().all(|byte| byte.is_ascii_graphic()));
        seeds
    });
    made.clone()
}

/// A text of exactly this length that the rule's alphabet takes; none where its form has no such text.
fn fitting(rule: &TextRule, length: usize) -> Option<String> {
    seeds(rule).into_iter().find_map(|seed| {
        let missing = length.checked_sub(seed.len())?;
        let grown = (0..=seed.len()).flat_map(|at| {
            ["a", "0"]
                .map(|letter| format!("{}{}{}", &seed[..at], letter.repeat(missing), &seed[at..]))
        });
        grown.into_iter().find(|text| (rule.accepts)(text))
    })
}

#[test]
fn every_field_is_taken_at_its_limits_and_refused_one_past_them() {
    let fields = fields();
    fields.iter().for_each(Field::check);
    assert!(fields.len() > 300, "{} fields are not all", fields.len());
}
