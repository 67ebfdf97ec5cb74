//! The graph of wanted objects. Dependencies are typed handles, so that an edge and the value it carries cannot part.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::kind::{AnyLive, decode, encode};
use crate::{Address, Change, Cx, Data, Diff, Foreign, Presence, Step, StepError};

/// The promise of a node's outputs. Only a [`Graph`] makes one, so that it always names an earlier node.
#[derive(Debug)]
pub struct Handle<O> {
    index: usize,
    outputs: PhantomData<fn() -> O>,
}

impl<O> Clone for Handle<O> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<O> Copy for Handle<O> {}

/// Outputs by node index, as far as they are known.
pub(crate) type Known<'a> = &'a dyn Fn(usize) -> Option<Value>;

/// Handles that a node depends on: a handle, an option or a list of them, or a tuple of these.
pub trait Deps: Send + Sync + 'static {
    /// What the handles stand for.
    type Outputs;
    /// Adds the indices of the nodes to `edges`.
    fn edges(&self, edges: &mut BTreeSet<usize>);
    /// The outputs; `Ok(None)` while one of them is not known.
    fn outputs(
        &self,
        known: &dyn Fn(usize) -> Option<Value>,
    ) -> Result<Option<Self::Outputs>, StepError>;
}

impl<O: Data> Deps for Handle<O> {
    type Outputs = O;
    fn edges(&self, edges: &mut BTreeSet<usize>) {
        edges.insert(self.index);
    }
    fn outputs(&self, known: &dyn Fn(usize) -> Option<Value>) -> Result<Option<O>, StepError> {
        known(self.index).map(|value| decode("outputs", &value)).transpose()
    }
}

/// A value that is known while the graph is laid out, among handles of values that are not.
#[derive(Clone, Debug)]
pub struct Given<T>(pub T);

impl<T: Clone + Send + Sync + 'static> Deps for Given<T> {
    type Outputs = T;
    fn edges(&self, _edges: &mut BTreeSet<usize>) {}
    fn outputs(&self, _known: &dyn Fn(usize) -> Option<Value>) -> Result<Option<T>, StepError> {
        Ok(Some(self.0.clone()))
    }
}

impl<D: Deps> Deps for Option<D> {
    type Outputs = Option<D::Outputs>;
    fn edges(&self, edges: &mut BTreeSet<usize>) {
        if let Some(deps) = self {
            deps.edges(edges);
        }
    }
    fn outputs(
        &self,
        known: &dyn Fn(usize) -> Option<Value>,
    ) -> Result<Option<Self::Outputs>, StepError> {
        match self {
            None => Ok(Some(None)),
            Some(deps) => Ok(deps.outputs(known)?.map(Some)),
        }
    }
}

impl<D: Deps> Deps for Vec<D> {
    type Outputs = Vec<D::Outputs>;
    fn edges(&self, edges: &mut BTreeSet<usize>) {
        for deps in self {
            deps.edges(edges);
        }
    }
    fn outputs(
        &self,
        known: &dyn Fn(usize) -> Option<Value>,
    ) -> Result<Option<Self::Outputs>, StepError> {
        self.iter().map(|deps| deps.outputs(known)).collect()
    }
}

macro_rules! tuple_deps {
    ($($name:ident)*) => {
        impl<$($name: Deps),*> Deps for ($($name,)*) {
            type Outputs = ($($name::Outputs,)*);
            #[expect(non_snake_case, reason = "one variable a type parameter")]
            fn edges(&self, edges: &mut BTreeSet<usize>) {
                let ($($name,)*) = self;
                $($name.edges(edges);)*
            }
            #[expect(non_snake_case, reason = "one variable a type parameter")]
            fn outputs(&self, known: &dyn Fn(usize) -> Option<Value>) -> Result<Option<Self::Outputs>, StepError> {
                let ($($name,)*) = self;
                $(let Some($name) = $name.outputs(known)? else { return Ok(None) };)*
                Ok(Some(($($name,)*)))
            }
        }
    };
}
tuple_deps!(A);
tuple_deps!(A B);
tuple_deps!(A B D);
tuple_deps!(A B D E);
tuple_deps!(A B D E F);
tuple_deps!(A B D E F G);
tuple_deps!(A B D E F G H);

impl Deps for () {
    type Outputs = ();
    fn edges(&self, _edges: &mut BTreeSet<usize>) {}
    fn outputs(&self, _known: &dyn Fn(usize) -> Option<Value>) -> Result<Option<()>, StepError> {
        Ok(Some(()))
    }
}

/// What is wanted: nodes in the order they were added, which is a topological order.
pub struct Graph<C> {
    nodes: Vec<Box<dyn Node<C>>>,
    places: BTreeMap<Address, usize>,
}

impl<C: Send + Sync + 'static> Default for Graph<C> {
    fn default() -> Self {
        Self { nodes: Vec::new(), places: BTreeMap::new() }
    }
}

impl<C: Send + Sync + 'static> Graph<C> {
    /// Adds a node of the step `S`.
    ///
    /// `deps` are handles of earlier nodes; `link` turns their outputs into the step's links. It is a plain function, so
    /// that nothing reaches a node around the graph.
    ///
    /// # Panics
    /// When `address` is taken: two nodes of one address are a defect of the blueprint.
    #[expect(
        clippy::too_many_arguments,
        reason = "one line of a blueprint: what, where, how, from what"
    )]
    pub fn add<S: Step<C>, D: Deps>(
        &mut self,
        _step: S,
        address: Address,
        spec: S::Spec,
        deps: D,
        link: fn(D::Outputs) -> S::Links,
    ) -> Handle<S::Outputs> {
        assert!(self.index_of(&address).is_none(), "two nodes are called {address}");
        let mut edges = BTreeSet::new();
        deps.edges(&mut edges);
        let index = self.nodes.len();
        self.places.insert(address.clone(), index);
        let edges = edges.into_iter().collect();
        self.nodes.push(Box::new(NodeOf::<C, S, D> {
            address,
            ignored: BTreeSet::new(),
            spec,
            deps,
            edges,
            link,
            cloud: PhantomData,
        }));
        Handle { index, outputs: PhantomData }
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Address, kind and dependencies of each node, in order: for drawing.
    pub fn outline(&self) -> impl Iterator<Item = (&Address, &'static str, Vec<&Address>)> {
        self.nodes.iter().map(|node| {
            let after = node.edges().iter().map(|&edge| self.nodes[edge].address()).collect();
            (node.address(), node.kind(), after)
        })
    }

    /// The spec of the node at `address`, as it would be recorded.
    pub fn spec(&self, address: &Address) -> Option<Value> {
        self.index_of(address).map(|index| self.nodes[index].spec())
    }

    /// The fields of the node at `address` that may be left alone; none where there is no such node.
    pub fn fields(&self, address: &Address) -> Option<&'static [&'static str]> {
        self.index_of(address).map(|index| self.nodes[index].fields())
    }

    /// Leaves a field of the node at `address` to others: once the object is there, what the field is neither shows in a
    /// plan nor is changed. It is for the caller to see that there is such a node, and that `field` is one of its
    /// [`Graph::fields`].
    pub fn ignore(&mut self, address: &Address, field: &str) {
        if let Some(index) = self.index_of(address) {
            self.nodes[index].ignore(field);
        }
    }

    pub(crate) fn index_of(&self, address: &Address) -> Option<usize> {
        self.places.get(address).copied()
    }

    pub(crate) fn node(&self, index: usize) -> &dyn Node<C> {
        self.nodes[index].as_ref()
    }

    /// For each node, the indices of those that depend on it: all of them are larger.
    pub(crate) fn dependents(&self) -> Vec<Vec<usize>> {
        let mut dependents = vec![Vec::new(); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            for &edge in node.edges() {
                dependents[edge].push(index);
            }
        }
        dependents
    }

    pub(crate) fn after(&self, index: usize) -> Vec<Address> {
        self.nodes[index].edges().iter().map(|&edge| self.nodes[edge].address().clone()).collect()
    }
}

/// A node with its types erased: JSON in and out, live objects as [`AnyLive`].
pub(crate) trait Node<C>: Send + Sync {
    fn address(&self) -> &Address;
    fn kind(&self) -> &'static str;
    fn unique_name(&self) -> bool;
    fn owned(&self) -> bool;
    fn edges(&self) -> &[usize];
    fn fields(&self) -> &'static [&'static str];
    fn ignore(&mut self, field: &str);
    fn spec(&self) -> Value;
    fn links(&self, known: Known<'_>) -> Result<Option<Value>, StepError>;
    fn read<'a>(
        &'a self,
        cx: Cx<'a, C>,
        links: Option<Value>,
        last: Option<Value>,
    ) -> BoxFuture<'a, Result<Presence<AnyLive>, StepError>>;
    fn settle<'a>(
        &'a self,
        cx: Cx<'a, C>,
        live: AnyLive,
    ) -> BoxFuture<'a, Result<Presence<AnyLive>, StepError>>;
    fn diff(&self, links: Option<&Value>, live: &AnyLive) -> Result<Diff, StepError>;
    fn create<'a>(
        &'a self,
        cx: Cx<'a, C>,
        links: Value,
    ) -> BoxFuture<'a, Result<AnyLive, StepError>>;
    fn update<'a>(
        &'a self,
        cx: Cx<'a, C>,
        links: Value,
        live: AnyLive,
        changes: Vec<Change>,
    ) -> BoxFuture<'a, Result<AnyLive, StepError>>;
    fn delete<'a>(&'a self, cx: Cx<'a, C>, outputs: Value) -> BoxFuture<'a, Result<(), StepError>>;
    fn outputs(&self, live: &AnyLive) -> Result<Value, StepError>;
    fn identity(&self, outputs: &Value) -> Option<String>;
}

struct NodeOf<C, S: Step<C>, D: Deps> {
    address: Address,
    /// Fields that are left to others.
    ignored: BTreeSet<String>,
    spec: S::Spec,
    deps: D,
    edges: Vec<usize>,
    link: fn(D::Outputs) -> S::Links,
    cloud: PhantomData<fn() -> C>,
}

fn typed<L: Clone + 'static>(live: &AnyLive) -> Result<L, StepError> {
    live.downcast_ref::<L>()
        .cloned()
        .ok_or_else(|| StepError::bug("a live object of another kind was handed over"))
}

fn erase<L: Send + Sync + 'static>(presence: Presence<L>) -> Presence<AnyLive> {
    match presence {
        Presence::Absent => Presence::Absent,
        Presence::Ours(live) => Presence::Ours(Arc::new(live)),
        Presence::Settling(live) => Presence::Settling(Arc::new(live)),
        Presence::Foreign(Foreign { live, evidence }) => {
            Presence::Foreign(Foreign { live: Arc::new(live), evidence })
        }
    }
}

impl<C: Send + Sync + 'static, S: Step<C>, D: Deps> Node<C> for NodeOf<C, S, D> {
    fn address(&self) -> &Address {
        &self.address
    }

    fn kind(&self) -> &'static str {
        S::KIND
    }

    fn unique_name(&self) -> bool {
        S::UNIQUE_NAME
    }

    fn owned(&self) -> bool {
        S::OWNED
    }

    fn edges(&self) -> &[usize] {
        &self.edges
    }

    fn fields(&self) -> &'static [&'static str] {
        S::FIELDS
    }

    fn ignore(&mut self, field: &str) {
        self.ignored.insert(field.to_owned());
    }

    fn spec(&self) -> Value {
        encode(&self.spec)
    }

    fn links(&self, known: Known<'_>) -> Result<Option<Value>, StepError> {
        Ok(self.deps.outputs(known)?.map(|outputs| encode(&(self.link)(outputs))))
    }

    fn read<'a>(
        &'a self,
        cx: Cx<'a, C>,
        links: Option<Value>,
        last: Option<Value>,
    ) -> BoxFuture<'a, Result<Presence<AnyLive>, StepError>> {
        async move {
            let links: Option<S::Links> = links.map(|value| decode("links", &value)).transpose()?;
            // Outputs recorded by an older version are only a hint: unreadable ones are as good as none.
            let last: Option<S::Outputs> = last.and_then(|value| decode("outputs", &value).ok());
            Ok(erase(S::read(&cx, &self.spec, links.as_ref(), last.as_ref()).await?))
        }
        .boxed()
    }

    fn settle<'a>(
        &'a self,
        cx: Cx<'a, C>,
        live: AnyLive,
    ) -> BoxFuture<'a, Result<Presence<AnyLive>, StepError>> {
        async move { Ok(erase(S::settle(&cx, typed::<S::Live>(&live)?).await?)) }.boxed()
    }

    fn diff(&self, links: Option<&Value>, live: &AnyLive) -> Result<Diff, StepError> {
        let links: Option<S::Links> = links.map(|value| decode("links", value)).transpose()?;
        let diff = S::diff(&self.spec, links.as_ref(), &typed::<S::Live>(live)?);
        Ok(diff.without(&self.ignored))
    }

    fn create<'a>(
        &'a self,
        cx: Cx<'a, C>,
        links: Value,
    ) -> BoxFuture<'a, Result<AnyLive, StepError>> {
        async move {
            let links: S::Links = decode("links", &links)?;
            Ok(Arc::new(S::create(&cx, &self.spec, &links).await?) as AnyLive)
        }
        .boxed()
    }

    fn update<'a>(
        &'a self,
        cx: Cx<'a, C>,
        links: Value,
        live: AnyLive,
        changes: Vec<Change>,
    ) -> BoxFuture<'a, Result<AnyLive, StepError>> {
        async move {
            let links: S::Links = decode("links", &links)?;
            let live = typed::<S::Live>(&live)?;
            Ok(Arc::new(S::update(&cx, &self.spec, &links, live, &changes).await?) as AnyLive)
        }
        .boxed()
    }

    fn delete<'a>(&'a self, cx: Cx<'a, C>, outputs: Value) -> BoxFuture<'a, Result<(), StepError>> {
        async move { S::delete(&cx, &decode("outputs", &outputs)?).await }.boxed()
    }

    fn outputs(&self, live: &AnyLive) -> Result<Value, StepError> {
        Ok(encode(&S::outputs(&typed::<S::Live>(live)?)))
    }

    fn identity(&self, outputs: &Value) -> Option<String> {
        Some(S::identity(&serde_json::from_value(outputs.clone()).ok()?))
    }
}
