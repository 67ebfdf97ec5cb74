//! The journal as a file, and the fold of its entries.

use std::fs;
use std::path::{Path, PathBuf};

use construct_engine::{Address, Class, Doubt, Entry, IllegalEntry, Journal, JournalError, State};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::address;

fn started() -> Entry {
    Entry::RunStarted { run: "r".to_owned(), command: "up".to_owned(), at_ms: 1 }
}

fn finished() -> Entry {
    Entry::RunFinished { run: "r".to_owned(), complete: true }
}

fn intent(node: &str, doubt: Doubt) -> Entry {
    Entry::Intent {
        address: address(node),
        kind: "fake.bucket".to_owned(),
        after: Vec::new(),
        spec: json!({}),
        links: Value::Null,
        doubt,
    }
}

fn create() -> Doubt {
    Doubt::Create { token: "t".to_owned() }
}

fn done(node: &str) -> Entry {
    Entry::Done { address: address(node), outputs: json!({ "id": 1 }) }
}

fn seen(node: &str) -> Entry {
    Entry::Seen {
        address: address(node),
        kind: "fake.bucket".to_owned(),
        after: Vec::new(),
        spec: json!({}),
        links: Value::Null,
        outputs: json!({ "id": 1 }),
    }
}

/// A journal of four lines: a bucket `a` that was made, and `b` that is in doubt.
fn written(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("stack/journal.jsonl");
    let mut journal = Journal::open(&path).unwrap().journal;
    for entry in [started(), intent("a", create()), done("a"), intent("b", create())] {
        journal.append(entry).unwrap();
    }
    path
}

fn damage(path: &Path) -> (usize, String) {
    match Journal::open(path).err().expect("the journal is refused") {
        JournalError::Damaged { line, what, .. } => (line, what),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder);
    let state = Journal::read(&path).unwrap().journal.state().clone();
    assert_eq!(state.get(&address("a")).unwrap().outputs, Some(json!({ "id": 1 })));
    let in_doubt: Vec<&Address> = state.in_doubt().map(|(address, _)| address).collect();
    assert_eq!(in_doubt, [&address("b")]);
    assert!(state.run_open());
    let mut again = Journal::open(&path).unwrap().journal;
    again.append(done("b")).unwrap();
    again.append(finished()).unwrap();
    assert_eq!(Journal::read(&path).unwrap().journal.state(), again.state());
}

#[test]
fn a_missing_or_empty_file_remembers_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    assert!(Journal::read(&path).unwrap().journal.state().is_empty());
    assert!(!path.exists(), "reading made the file");
    fs::write(&path, "").unwrap();
    assert!(Journal::open(&path).unwrap().repair.is_none());
}

#[test]
fn a_torn_last_line_is_reported_by_readers_and_cut_by_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder);
    let whole = fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
    for length in last + 1..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let read = Journal::read(&path).unwrap();
        let repair = read.repair.unwrap();
        assert_eq!((repair.line, repair.bytes, repair.cut), (4, (length - last) as u64, false));
        assert_eq!(fs::read(&path).unwrap().len(), length, "reading changed the file");
        let opened = Journal::open(&path).unwrap();
        assert!(opened.repair.unwrap().cut);
        assert_eq!(fs::read(&path).unwrap(), &whole[..last]);
        assert!(
            opened.journal.state().get(&address("b")).is_none(),
            "a torn intent never had its call"
        );
        let mut journal = opened.journal;
        journal.append(intent("b", create())).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole, "the journal goes on where it was cut");
    }
}

#[test]
fn other_damage_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let with = |lines: &[String]| {
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        damage(&path)
    };
    let mut garbled: Vec<String> = lines.iter().map(ToString::to_string).collect();
    garbled[1] = "{ not json".to_owned();
    assert_eq!(with(&garbled).0, 2);

    let mut gap: Vec<String> = lines.iter().map(ToString::to_string).collect();
    gap.remove(1);
    let (line, what) = with(&gap);
    assert_eq!((line, what.as_str()), (2, "sequence number 2 where 1 belongs"));

    let mut newer: Vec<String> = lines.iter().map(ToString::to_string).collect();
    newer[3] = newer[3].replace("\"format\":1", "\"format\":2");
    let (line, what) = with(&newer);
    assert_eq!((line, what.as_str()), (4, "format 2 is newer than this version reads"));

    let mut illegal: Vec<String> = lines.iter().map(ToString::to_string).collect();
    illegal[3] = lines[2].replace("\"sequence\":2", "\"sequence\":3");
    let (line, what) = with(&illegal);
    assert_eq!((line, what.as_str()), (4, "a ends without having begun"));
}

#[test]
fn illegal_entries_are_refused_and_change_nothing() {
    let open = vec![started()];
    let made = vec![started(), intent("a", create()), done("a")];
    let other_kind = Entry::Intent {
        address: address("a"),
        kind: "fake.pool".to_owned(),
        after: Vec::new(),
        spec: Value::Null,
        links: Value::Null,
        doubt: create(),
    };
    let ends = IllegalEntry::EndWithoutIntent { address: address("a") };
    let outside = IllegalEntry::OutsideRun { address: address("a") };
    let failed =
        Entry::Failed { address: address("a"), class: Class::Denied, message: "no".to_owned() };
    let cases = [
        (Vec::new(), finished(), IllegalEntry::RunEndWithoutStart),
        (Vec::new(), intent("a", create()), outside.clone()),
        (Vec::new(), seen("a"), outside.clone()),
        (Vec::new(), Entry::Missing { address: address("a") }, outside.clone()),
        (Vec::new(), done("a"), outside),
        (open.clone(), done("a"), ends.clone()),
        (open.clone(), failed, ends.clone()),
        (open, Entry::Gone { address: address("a") }, ends.clone()),
        (made.clone(), done("a"), ends.clone()),
        (made.clone(), Entry::Gone { address: address("a") }, ends),
        (
            made,
            other_kind,
            IllegalEntry::KindChanged {
                address: address("a"),
                was: "fake.bucket".to_owned(),
                becomes: "fake.pool".to_owned(),
            },
        ),
    ];
    for (before, entry, expected) in cases {
        let mut state = State::default();
        for entry in &before {
            state.apply(entry).unwrap();
        }
        let unchanged = state.clone();
        assert_eq!(state.apply(&entry), Err(expected), "{entry:?}");
        assert_eq!(state, unchanged);
    }
}

#[test]
fn a_node_goes_from_intent_to_end() {
    let mut state = State::default();
    let mut take = |entry: Entry| {
        state.apply(&entry).unwrap();
        state.get(&address("a")).map(|record| (record.outputs.is_some(), record.doubt.clone()))
    };
    assert_eq!(take(started()), None);
    assert_eq!(take(intent("a", create())), Some((false, Some(create()))));
    let failed =
        Entry::Failed { address: address("a"), class: Class::Denied, message: "no".to_owned() };
    assert_eq!(take(failed), Some((false, Some(create()))), "what failed half-way stays in doubt");
    assert_eq!(take(intent("a", create())), Some((false, Some(create()))));
    assert_eq!(take(done("a")), Some((true, None)));
    assert_eq!(take(intent("a", Doubt::Update)), Some((true, Some(Doubt::Update))));
    assert_eq!(take(seen("a")), Some((true, None)), "a look settles a doubt");
    assert_eq!(take(intent("a", Doubt::Delete)), Some((true, Some(Doubt::Delete))));
    assert_eq!(take(Entry::Gone { address: address("a") }), None);
    assert_eq!(take(seen("a")), Some((true, None)));
    assert_eq!(take(Entry::Missing { address: address("a") }), None);
}

/// Entries of any kind on three nodes, of which the illegal ones are left out.
fn legal_entries() -> impl Strategy<Value = Vec<Entry>> {
    let entry = (0..9_u8, 0..3_u8).prop_map(|(what, node)| {
        let node = ["a", "b", "c"][usize::from(node)];
        match what {
            0 => started(),
            1 => finished(),
            2 => intent(node, create()),
            3 => intent(node, Doubt::Update),
            4 => intent(node, Doubt::Delete),
            5 => done(node),
            6 => Entry::Gone { address: address(node) },
            7 => seen(node),
            _ => Entry::Missing { address: address(node) },
        }
    });
    prop::collection::vec(entry, 0..25).prop_map(|entries| {
        let mut state = State::default();
        std::iter::once(started())
            .chain(entries)
            .filter(|entry| state.apply(entry).is_ok())
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// However short a crash cuts the file, what is left folds to the state of the entries that are whole.
    #[test]
    fn any_prefix_of_a_journal_folds(entries in legal_entries(), cut: prop::sample::Index) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut journal = Journal::open(&path).unwrap().journal;
        for entry in &entries {
            journal.append(entry.clone()).unwrap();
        }
        let whole = fs::read(&path).unwrap();
        let length = cut.index(whole.len() + 1);
        fs::write(&path, &whole[..length]).unwrap();
        let kept = whole[..length].split(|&byte| byte == b'\n').count() - 1;
        let mut expected = State::default();
        for entry in &entries[..kept] {
            expected.apply(entry).unwrap();
        }
        let opened = Journal::open(&path).unwrap();
        prop_assert_eq!(opened.journal.state(), &expected);
        let torn = length > 0 && whole[length - 1] != b'\n';
        prop_assert_eq!(opened.repair.is_some(), torn);
    }
}
