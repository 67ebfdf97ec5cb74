//! Kinds without a node: how the engine removes, settles and discovers objects that no blueprint names.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Address, Cx, Data, Loss, Presence, Step, StepError};

/// A live object whose type only its kind knows.
pub(crate) type AnyLive = Arc<dyn Any + Send + Sync>;

/// An object that carries this stack's mark.
#[derive(Clone, Debug, PartialEq)]
pub struct Discovered {
    /// The node that made it, by its mark.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// What it gives to others.
    pub outputs: Value,
    /// The id that tells it from others of its kind.
    pub identity: String,
}

/// What discovery has found so far, kind by kind in the registry's order.
#[derive(Clone, Debug, Default)]
pub struct Found {
    items: Vec<Discovered>,
}

impl Found {
    /// The discovered objects of the step `S`.
    pub fn of<C, S: Step<C>>(&self) -> Vec<(Address, S::Outputs)> {
        self.items
            .iter()
            .filter(|item| item.kind == S::KIND)
            .filter_map(|item| {
                Some((item.address.clone(), serde_json::from_value(item.outputs.clone()).ok()?))
            })
            .collect()
    }

    /// Everything found.
    pub fn items(&self) -> &[Discovered] {
        &self.items
    }

    pub(crate) fn extend(&mut self, items: Vec<Discovered>) {
        self.items.extend(items);
    }
}

pub(crate) trait AnyKind<C>: Send + Sync {
    fn kind(&self) -> &'static str;
    fn owned(&self) -> bool;
    fn fields(&self) -> &'static [&'static str];
    /// Kinds whose objects this one's discovery looks into.
    fn parents(&self) -> &[&'static str];
    fn read<'a>(
        &'a self,
        cx: Cx<'a, C>,
        spec: &'a Value,
        links: Option<&'a Value>,
        last: Option<&'a Value>,
    ) -> BoxFuture<'a, Result<Presence<Value>, StepError>>;
    fn delete<'a>(
        &'a self,
        cx: Cx<'a, C>,
        outputs: &'a Value,
    ) -> BoxFuture<'a, Result<(), StepError>>;
    fn discover<'a>(
        &'a self,
        cx: Cx<'a, C>,
        found: &'a Found,
    ) -> BoxFuture<'a, Result<Vec<Discovered>, StepError>>;
    fn stacks<'a>(&'a self, cx: Cx<'a, C>) -> BoxFuture<'a, Result<Vec<String>, StepError>>;
    fn loss<'a>(
        &'a self,
        cx: Cx<'a, C>,
        outputs: &'a Value,
    ) -> BoxFuture<'a, Result<Option<Loss>, StepError>>;
    fn identity(&self, outputs: &Value) -> Option<String>;
}

/// Every kind that construct can make, in an order in which parents come before what lives in them.
pub struct Registry<C> {
    kinds: Vec<Box<dyn AnyKind<C>>>,
    /// Pairs of a kind and another that cannot be removed while objects of the first depend on it.
    holding: Vec<(&'static str, &'static str)>,
}

impl<C: Send + Sync + 'static> Default for Registry<C> {
    fn default() -> Self {
        Self { kinds: Vec::new(), holding: Vec::new() }
    }
}

impl<C: Send + Sync + 'static> Registry<C> {
    /// Adds a kind. `parents` are the kinds whose objects its discovery looks into.
    #[must_use]
    pub fn with<S: Step<C>>(mut self, _step: S, parents: &'static [&'static str]) -> Self {
        self.kinds.push(Box::new(KindOf::<S> { parents, step: PhantomData }));
        self
    }

    /// Says that the service does not remove an object of `held` while one of `holder` depends on it, so that a replacement
    /// of the one takes the other along.
    #[must_use]
    pub fn holding(mut self, holder: &'static str, held: &'static str) -> Self {
        self.holding.push((holder, held));
        self
    }

    pub(crate) fn get(&self, kind: &str) -> Option<&dyn AnyKind<C>> {
        self.kinds.iter().find(|known| known.kind() == kind).map(AsRef::as_ref)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn AnyKind<C>> {
        self.kinds.iter().map(AsRef::as_ref)
    }

    /// The names of all kinds, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.kinds.iter().map(|kind| kind.kind())
    }

    /// The fields of each kind that may be left alone, kind by kind in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> + '_ {
        self.kinds.iter().map(|kind| (kind.kind(), kind.fields()))
    }

    /// Whether objects of `kind` live inside objects of `parent`, and go when it goes.
    pub(crate) fn lives_in(&self, kind: &str, parent: &str) -> bool {
        self.get(kind).is_some_and(|kind| kind.parents().contains(&parent))
    }

    /// Whether objects of `kind` that depend on one of `other` must go before it: they live in it, or hold it.
    pub(crate) fn goes_before(&self, kind: &str, other: &str) -> bool {
        self.lives_in(kind, other) || self.holding.contains(&(kind, other))
    }

    /// The kind's place in the order; unknown kinds come last.
    pub(crate) fn rank(&self, kind: &str) -> usize {
        self.kinds.iter().position(|known| known.kind() == kind).unwrap_or(self.kinds.len())
    }
}

struct KindOf<S> {
    parents: &'static [&'static str],
    step: PhantomData<fn() -> S>,
}

/// Decodes what the journal or another node holds; older or foreign shapes are an error, never a guess.
pub(crate) fn decode<T: DeserializeOwned>(what: &str, value: &Value) -> Result<T, StepError> {
    serde_json::from_value(value.clone())
        .map_err(|error| StepError::bug(format!("recorded {what} cannot be read: {error}")))
}

/// Encodes what the journal or another node will hold.
pub(crate) fn encode<T: Data>(value: &T) -> Value {
    serde_json::to_value(value).expect("specs, links and outputs are plain data that serialises")
}

impl<C: Send + Sync + 'static, S: Step<C>> AnyKind<C> for KindOf<S> {
    fn kind(&self) -> &'static str {
        S::KIND
    }

    fn owned(&self) -> bool {
        S::OWNED
    }

    fn fields(&self) -> &'static [&'static str] {
        S::FIELDS
    }

    fn parents(&self) -> &[&'static str] {
        self.parents
    }

    fn read<'a>(
        &'a self,
        cx: Cx<'a, C>,
        spec: &'a Value,
        links: Option<&'a Value>,
        last: Option<&'a Value>,
    ) -> BoxFuture<'a, Result<Presence<Value>, StepError>> {
        async move {
            // What an older version recorded may not decode any more. Outputs are all that a removal needs, and removing
            // what is gone is a success. A record without a spec is of an object that discovery finds by itself.
            let Ok(spec) = decode::<S::Spec>("spec", spec) else {
                let usable = last.filter(|_| !spec.is_null());
                return Ok(usable.cloned().map_or(Presence::Absent, Presence::Ours));
            };
            let links: Option<S::Links> = links.and_then(|value| decode("links", value).ok());
            let last: Option<S::Outputs> = last.and_then(|value| decode("outputs", value).ok());
            let presence = S::read(&cx, &spec, links.as_ref(), last.as_ref()).await?;
            let outputs = |live: S::Live| encode(&S::outputs(&live));
            Ok(match presence {
                Presence::Absent | Presence::Foreign(_) => Presence::Absent,
                Presence::Ours(live) => Presence::Ours(outputs(live)),
                Presence::Settling(live) => match S::settle(&cx, live).await? {
                    Presence::Ours(live) | Presence::Settling(live) => {
                        Presence::Ours(outputs(live))
                    }
                    Presence::Absent | Presence::Foreign(_) => Presence::Absent,
                },
            })
        }
        .boxed()
    }

    fn delete<'a>(
        &'a self,
        cx: Cx<'a, C>,
        outputs: &'a Value,
    ) -> BoxFuture<'a, Result<(), StepError>> {
        async move { S::delete(&cx, &decode("outputs", outputs)?).await }.boxed()
    }

    fn discover<'a>(
        &'a self,
        cx: Cx<'a, C>,
        found: &'a Found,
    ) -> BoxFuture<'a, Result<Vec<Discovered>, StepError>> {
        async move {
            let items = S::discover(&cx, found).await?;
            Ok(items
                .into_iter()
                .map(|(address, outputs)| Discovered {
                    address,
                    kind: S::KIND,
                    identity: S::identity(&outputs),
                    outputs: encode(&outputs),
                })
                .collect())
        }
        .boxed()
    }

    fn stacks<'a>(&'a self, cx: Cx<'a, C>) -> BoxFuture<'a, Result<Vec<String>, StepError>> {
        async move { S::stacks(&cx).await }.boxed()
    }

    fn loss<'a>(
        &'a self,
        cx: Cx<'a, C>,
        outputs: &'a Value,
    ) -> BoxFuture<'a, Result<Option<Loss>, StepError>> {
        async move { S::loss(&cx, &decode("outputs", outputs)?).await }.boxed()
    }

    fn identity(&self, outputs: &Value) -> Option<String> {
        Some(S::identity(&serde_json::from_value(outputs.clone()).ok()?))
    }
}
