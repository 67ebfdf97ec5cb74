//! The contract of a step: how one kind of object is read, compared, made, changed and removed.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::future::Future;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Address, Cx, Found, StepError};

/// What is stored or handed from node to node.
pub trait Data: Serialize + DeserializeOwned + Clone + Debug + Send + Sync + 'static {}
impl<T: Serialize + DeserializeOwned + Clone + Debug + Send + Sync + 'static> Data for T {}

/// What reading found.
#[derive(Clone, Debug)]
pub enum Presence<L> {
    /// A typed not-found, or the parent is not there.
    Absent,
    /// It carries this stack's mark.
    Ours(L),
    /// It has our name and not our mark.
    Foreign(Foreign<L>),
    /// It is ours and on its way to another state: being made, changed or removed.
    Settling(L),
}

/// An object under our name that is not ours.
#[derive(Clone, Debug)]
pub struct Foreign<L> {
    /// What it is, so that it can be adopted.
    pub live: L,
    /// What was seen that makes it foreign: a sentence without a full stop.
    pub evidence: String,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field, in the service's own words.
    pub field: String,
    /// What is there; empty for nothing.
    pub before: String,
    /// What will be there; empty for nothing.
    pub after: String,
}

impl Change {
    /// A change of `field` from `before` to `after`.
    pub fn new(
        field: impl Into<String>,
        before: impl Into<String>,
        after: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), before: before.into(), after: after.into() }
    }

    /// A change of `field`, or none when the two are equal.
    pub fn between<T: PartialEq + Debug>(field: &str, before: &T, after: &T) -> Option<Self> {
        (before != after).then(|| Self::new(field, format!("{before:?}"), format!("{after:?}")))
    }
}

/// What stands between the wanted and the live object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diff {
    /// Nothing.
    Same,
    /// Fields that can be changed in place.
    Update(Vec<Change>),
    /// A field that cannot: the object must be removed and made again.
    Replace {
        /// The immutable field and why, for people.
        reason: String,
        /// All fields that differ.
        changes: Vec<Change>,
    },
}

impl Diff {
    /// `Same` for no changes, else `Update`.
    pub fn of(changes: Vec<Change>) -> Self {
        if changes.is_empty() { Self::Same } else { Self::Update(changes) }
    }

    /// What is left of it where nobody minds that these fields differ.
    pub(crate) fn without(self, ignored: &BTreeSet<String>) -> Self {
        let minded = |changes: Vec<Change>| -> Vec<Change> {
            changes.into_iter().filter(|change| !ignored.contains(&change.field)).collect()
        };
        match self {
            Self::Same => Self::Same,
            Self::Update(changes) => Self::of(minded(changes)),
            Self::Replace { reason, changes } => Self::Replace { reason, changes: minded(changes) },
        }
    }
}

/// What people lose when an object goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// What is lost, such as `the accounts of 3 people`.
    pub what: String,
    /// Whether `--yes` is not enough.
    pub needs_consent: bool,
}

/// How one kind of object is read, compared, made, changed and removed.
///
/// A step has no data of its own: everything comes in through the arguments. `spec` is what the user decided and is
/// known while planning; `links` is what other nodes produced, and `None` as long as one of them is not there.
pub trait Step<C>: Sized + Send + Sync + 'static {
    /// The kind's name in the journal, such as `agentcore.gateway`. Never renamed.
    const KIND: &'static str;

    /// Whether the service refuses a second object of the same name. Where it does not, the engine looks once more right
    /// before creating, and for a bounded time when an earlier create is in doubt.
    const UNIQUE_NAME: bool = true;

    /// Whether objects of this kind belong to the stack. One that does not is linked: it must be there before, it is read,
    /// and the engine never creates, changes, removes or looks for it.
    const OWNED: bool = true;

    /// The fields that an update changes one by one, in the words of [`Change::field`], so that a person may have any of them
    /// left alone: see [`crate::Graph::ignore`].
    const FIELDS: &'static [&'static str] = &[];

    /// What the user decided.
    type Spec: Data;
    /// What other nodes produced.
    type Links: Data;
    /// What the service answers now.
    type Live: Clone + Send + Sync + 'static;
    /// What others need of it: ids, ARNs, URLs. Stored; never a secret.
    type Outputs: Data;

    /// Looks the object up: by the recorded `last` outputs where there are any and they still hold, else by name (and
    /// mark). Without `links`, an object that lives inside another and cannot be found through `last` is `Absent`;
    /// one of a kind that lives in no other (see [`crate::Registry::with`]) is found without them.
    fn read(
        cx: &Cx<'_, C>,
        spec: &Self::Spec,
        links: Option<&Self::Links>,
        last: Option<&Self::Outputs>,
    ) -> impl Future<Output = Result<Presence<Self::Live>, StepError>> + Send;

    /// Compares. Pure. Without `links`, only what does not depend on them.
    fn diff(spec: &Self::Spec, links: Option<&Self::Links>, live: &Self::Live) -> Diff;

    /// Makes the object and returns once others may use it. `Class::Conflict` when the name is taken: the engine then
    /// reads again and goes on from there.
    fn create(
        cx: &Cx<'_, C>,
        spec: &Self::Spec,
        links: &Self::Links,
    ) -> impl Future<Output = Result<Self::Live, StepError>> + Send;

    /// Makes `changes`, and returns once they are made. Of [`Step::FIELDS`], what differs and is not among them stays as it
    /// is: somebody asked for it to be left alone.
    fn update(
        cx: &Cx<'_, C>,
        spec: &Self::Spec,
        links: &Self::Links,
        live: Self::Live,
        changes: &[Change],
    ) -> impl Future<Output = Result<Self::Live, StepError>> + Send;

    /// Removes it and returns once it is gone. An object that is gone already is a success.
    fn delete(
        cx: &Cx<'_, C>,
        outputs: &Self::Outputs,
    ) -> impl Future<Output = Result<(), StepError>> + Send;

    /// Waits until an object that is on its way to another state has arrived.
    fn settle(
        _cx: &Cx<'_, C>,
        live: Self::Live,
    ) -> impl Future<Output = Result<Presence<Self::Live>, StepError>> + Send {
        async { Ok(Presence::Ours(live)) }
    }

    /// The only way to outputs.
    fn outputs(live: &Self::Live) -> Self::Outputs;

    /// The id by which two objects of this kind are told apart.
    fn identity(outputs: &Self::Outputs) -> String;

    /// Lists what carries this stack's mark, whether or not the blueprint names it. Kinds without marks list what lives in
    /// the parents that `found` holds; a kind whose objects always go with their parent may list nothing.
    fn discover(
        cx: &Cx<'_, C>,
        found: &Found,
    ) -> impl Future<Output = Result<Vec<(Address, Self::Outputs)>, StepError>> + Send;

    /// Names the stacks whose marks objects of this kind carry, whichever they are; a name may come more than once. A kind
    /// without marks of its own names none: its objects live in others that have them.
    fn stacks(_cx: &Cx<'_, C>) -> impl Future<Output = Result<Vec<String>, StepError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// What people lose when this object goes; asked while planning a removal or a replacement.
    fn loss(
        _cx: &Cx<'_, C>,
        _outputs: &Self::Outputs,
    ) -> impl Future<Output = Result<Option<Loss>, StepError>> + Send {
        async { Ok(None) }
    }
}
