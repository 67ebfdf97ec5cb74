//! What each question does.

use std::collections::BTreeSet;

use construct::cli::ExitCode;
use construct_engine::{Action, Plan, Verb};
use construct_local::{Account, Effect, Options, Rule};
use serde_json::Value;

use super::recipes::{Drift, Edit, Foreignness, Possible, Recipe};
use crate::stack::harness::{Bench, is_lock};

/// One cell of the table.
pub(super) enum Answer {
    /// It is as it should be.
    Yes,
    /// There is no such thing for this kind, for this reason.
    CannotBe(&'static str),
    /// It is not as it should be.
    Wrong(String),
}

/// The cells of one kind.
pub(super) type Row = [Answer; 9];

type Outcome = Result<(), String>;

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        outcome.map_or_else(Self::Wrong, |()| Self::Yes)
    }
}

/// A machine with a stack that has an object of the kind.
struct Case<'a> {
    recipe: &'a Recipe,
    bench: Bench,
}

/// Asks all questions about a kind.
pub(super) async fn row(recipe: &Recipe) -> Row {
    let case = Case { recipe, bench: bench(recipe, &[]) };
    let created = case.created().await;
    let empty = case.settled().await;
    if created.is_err() || empty.is_err() {
        let unasked = || Answer::Wrong("the first up went wrong".to_owned());
        return [
            created.into(),
            empty.into(),
            unasked(),
            unasked(),
            unasked(),
            unasked(),
            unasked(),
            unasked(),
            unasked(),
        ];
    }
    [
        Answer::Yes,
        Answer::Yes,
        possible(&recipe.update, async |edits| case.updated(edits).await).await,
        possible(&recipe.replace, async |edits| case.replaced(edits).await).await,
        case.deleted().await.into(),
        case.deleted_again().await.into(),
        case.gone().await.into(),
        match (&recipe.drift, &recipe.update) {
            (Drift::InTheStore(path, change), _) => match case.in_the_store(path, *change) {
                0 => Answer::Wrong(format!("nothing at {path}")),
                _ => case.put_right().await.into(),
            },
            (Drift::AsAnUpdate, Possible::By(edits)) => case.changed(edits).await.into(),
            (Drift::AsAnUpdate, Possible::CannotBe(why)) | (Drift::CannotBe(why), _) => {
                Answer::CannotBe(why)
            }
        },
        match recipe.foreign {
            Foreignness::ByItsMark => {
                case.foreign(|account| unmark(account, recipe.address)).await.into()
            }
            Foreignness::ByAnotherMark(path, change) => {
                let path: Vec<&str> = path.split('/').collect();
                case.foreign(|account| each(account, &path, change)).await.into()
            }
            Foreignness::CannotBe(why) => Answer::CannotBe(why),
        },
    ]
}

async fn possible(wanted: &Possible, ask: impl AsyncFnOnce(&[Edit]) -> Outcome) -> Answer {
    match wanted {
        Possible::By(edits) => ask(edits).await.into(),
        Possible::CannotBe(why) => Answer::CannotBe(why),
    }
}

/// A machine of its own on an empty account.
fn bench(recipe: &Recipe, edits: &[Edit]) -> Bench {
    Bench::with(&edited(recipe, edits), Options { seed: Some(7), ..Options::default() })
}

/// The recipe's manifest with `edits`, each of which must find its place.
fn edited(recipe: &Recipe, edits: &[Edit]) -> String {
    edits.iter().fold(recipe.manifest.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{}: {from:?} in the manifest", recipe.kind);
        text.replace(from, to)
    })
}

impl Case<'_> {
    async fn created(&self) -> Outcome {
        let action = self.action(&self.bench).await?;
        expect("the plan", action.verb, Verb::Create)?;
        up(&self.bench).await
    }

    /// Nothing is left to do, for this machine and for one that remembers nothing.
    async fn settled(&self) -> Outcome {
        empty(&self.bench).await?;
        empty(&self.stranger(&[])).await
    }

    async fn updated(&self, edits: &[Edit]) -> Outcome {
        let before = self.identity().await?;
        self.write(edits);
        let action = self.action(&self.bench).await?;
        if !matches!(action.verb, Verb::Update | Verb::MayUpdate) {
            return Err(format!("the plan says {:?}, not an update", action.verb));
        }
        up(&self.bench).await?;
        empty(&self.bench).await?;
        expect("the id", self.identity().await?, before)?;
        self.restored().await
    }

    async fn replaced(&self, edits: &[Edit]) -> Outcome {
        let before = self.raw();
        self.write(edits);
        let action = self.action(&self.bench).await?;
        expect("the plan", action.verb, Verb::Replace)?;
        up(&self.bench).await?;
        empty(&self.bench).await?;
        if self.raw() == before {
            return Err("nothing changed in the account".to_owned());
        }
        self.restored().await
    }

    /// What has left the manifest is removed; a machine that remembers nothing finds nothing to remove.
    async fn deleted(&self) -> Outcome {
        self.remove(&self.bench).await?;
        if let Some(edits) = self.recipe.without {
            empty(&self.stranger(edits)).await?;
        } else {
            let left = crate::stack::store::names(&self.bench.store());
            let ours: Vec<_> = left.iter().filter(|name| name.contains(STACK)).collect();
            if !ours.is_empty() {
                return Err(format!("a cleanup left {ours:?}"));
            }
        }
        self.restored().await
    }

    /// Every removal happens and loses its answer, so that it is sent a second time at what is gone already.
    async fn deleted_again(&self) -> Outcome {
        let before = self.bench.aws.calls().last().map_or(0, |call| call.sequence);
        self.remove(&self.bench).await?;
        let removals: BTreeSet<(String, String)> = self
            .bench
            .aws
            .calls()
            .into_iter()
            .filter(|call| call.sequence > before && call.mutating && !is_lock(call))
            .filter(|call| ["Delete", "Remove"].iter().any(|verb| call.operation.starts_with(verb)))
            .map(|call| (call.service, call.operation))
            .collect();
        self.restored().await?;
        if removals.is_empty() && self.recipe.goes_by_update {
            return Ok(());
        }
        let faults = self.bench.aws.faults();
        faults.clear();
        for (service, operation) in &removals {
            // The lock is let go by a removal too, and that one comes last.
            faults.add(Rule::operation(service, operation, Effect::CutAfter).only(1));
        }
        let removed = self.remove(&self.bench).await;
        let unhit = faults.hits().contains(&0);
        faults.clear();
        removed?;
        if removals.is_empty() || unhit {
            return Err(format!("not every removal was struck: {removals:?}"));
        }
        self.restored().await
    }

    /// Somebody else removed it: the plan says so, and `up` makes it again.
    async fn gone(&self) -> Outcome {
        let other = self.stranger(self.recipe.without.unwrap_or_default());
        self.remove(&other).await?;
        let action = self.action(&self.bench).await?;
        if !matches!(action.verb, Verb::Create | Verb::Update) {
            return Err(format!("the plan says {:?}", action.verb));
        }
        self.restored().await
    }

    /// Somebody else changed it by way of another manifest.
    async fn changed(&self, edits: &[Edit]) -> Outcome {
        up(&self.stranger(edits)).await?;
        self.put_right().await
    }

    /// Changes the raw store; in how many places.
    fn in_the_store(&self, path: &str, change: fn(&mut Value)) -> usize {
        let mut account = self.raw();
        let path: Vec<&str> = path.split('/').collect();
        let places = each(&mut account, &path, change);
        let account: Account = serde_json::from_value(account).expect("the store's own form");
        self.bench.aws.edit(|there| *there = account);
        places
    }

    /// Somebody else changed it: the plan says so, and `up` puts it right in place.
    async fn put_right(&self) -> Outcome {
        let before = self.identity().await?;
        let action = self.action(&self.bench).await?;
        expect("the plan", action.verb, Verb::Update)?;
        if action.changes.is_empty() {
            return Err("the plan names no field".to_owned());
        }
        self.restored().await?;
        expect("the id", self.identity().await?, before)
    }

    /// The same object without our mark stops its node. `unmark` says in how many places it took the mark away.
    async fn foreign(&self, unmark: impl FnOnce(&mut Value) -> usize) -> Outcome {
        let aws = &self.bench.aws;
        let mut account = aws.snapshot();
        if unmark(&mut account) == 0 {
            return Err("nothing carries its mark".to_owned());
        }
        let account: Account = serde_json::from_value(account).map_err(|why| why.to_string())?;
        let kept = aws.edit(|there| std::mem::replace(there, account));
        let other = self.stranger(&[]);
        let verb = self.action(&other).await.map(|action| action.verb);
        aws.edit(|there| *there = kept);
        expect("the plan", verb?, Verb::Foreign)
    }

    /// Another machine on the same account, which remembers nothing.
    fn stranger(&self, edits: &[Edit]) -> Bench {
        Bench::on(self.bench.aws.clone(), &edited(self.recipe, edits))
    }

    fn write(&self, edits: &[Edit]) {
        self.bench.write("construct.toml", edited(self.recipe, edits).as_bytes());
    }

    /// Takes the object away: by an `up` without it, or, where no stack can be without it, by a cleanup.
    async fn remove(&self, bench: &Bench) -> Outcome {
        let ran = match self.recipe.without {
            Some(edits) => {
                bench.write("construct.toml", edited(self.recipe, edits).as_bytes());
                bench.up_with(|arguments| arguments.yes_destroy = true).await
            }
            None => bench.cleanup().await,
        };
        match ran.ended {
            Ok(ExitCode::Done) => Ok(()),
            ended => Err(format!("the removal ended with {ended:?}: {}", ran.err)),
        }
    }

    /// The manifest as it was, and an `up`.
    async fn restored(&self) -> Outcome {
        self.write(&[]);
        up(&self.bench).await?;
        empty(&self.bench).await
    }

    async fn action(&self, bench: &Bench) -> Result<Action, String> {
        let (_, plan) = bench.plan().await;
        let found =
            plan.actions.into_iter().find(|one| one.address.as_str() == self.recipe.address);
        let action = found.ok_or_else(|| format!("no {} in the plan", self.recipe.address))?;
        expect("the kind", action.kind.as_str(), self.recipe.kind)?;
        Ok(action)
    }

    async fn identity(&self) -> Result<String, String> {
        let action = self.action(&self.bench).await?;
        action.identity.ok_or_else(|| "the plan knows no id".to_owned())
    }

    fn raw(&self) -> Value {
        self.bench.store()
    }
}

/// The stack of every recipe.
const STACK: &str = "acme-tools";

async fn up(bench: &Bench) -> Outcome {
    let ran = bench.up_with(|arguments| arguments.yes_destroy = true).await;
    match ran.ended {
        Ok(ExitCode::Done) => Ok(()),
        ended => Err(format!("up ended with {ended:?}: {}", ran.err)),
    }
}

async fn empty(bench: &Bench) -> Outcome {
    let (_, plan): (_, Plan) = bench.plan().await;
    let work: Vec<String> =
        plan.work().map(|action| format!("{:?} {}", action.verb, action.address)).collect();
    if work.is_empty() { Ok(()) } else { Err(format!("still to do: {}", work.join(", "))) }
}

#[expect(clippy::needless_pass_by_value, reason = "what is compared is mostly a copy")]
fn expect<T: PartialEq + std::fmt::Debug>(what: &str, seen: T, wanted: T) -> Outcome {
    if seen == wanted { Ok(()) } else { Err(format!("{what}: {seen:?}, not {wanted:?}")) }
}

/// Changes every place of `path`, where `*` stands for all members; how many there were.
fn each(value: &mut Value, path: &[&str], change: fn(&mut Value)) -> usize {
    let Some((first, rest)) = path.split_first() else {
        change(value);
        return 1;
    };
    let Some(members) = value.as_object_mut() else { return 0 };
    let wanted = members.iter_mut().filter(|(name, _)| *first == "*" || name == first);
    wanted.map(|(_, member)| each(member, rest, change)).sum()
}

/// Takes the stack's mark from every set of tags that names the node at `address`; how many there were.
fn unmark(value: &mut Value, address: &str) -> usize {
    match value {
        Value::Object(members) => {
            let marked = members.get("construct:node").is_some_and(|node| node == address);
            let own = usize::from(marked && members.remove("construct:stack").is_some());
            own + members.values_mut().map(|member| unmark(member, address)).sum::<usize>()
        }
        Value::Array(items) => items.iter_mut().map(|item| unmark(item, address)).sum(),
        _ => 0,
    }
}
