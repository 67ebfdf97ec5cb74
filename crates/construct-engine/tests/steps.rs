//! Five kinds: one with unique names, one without, one that lives inside another, one that takes a while, and one that is
//! only linked.

use std::marker::PhantomData;
use std::time::Duration;

use construct_engine::{
    Address, Change, Class, Cx, Diff, Foreign, Found, Loss, Poll, Presence, Registry, Step,
    StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::cloud::{Call, Cloud, Object};

/// What makes one kind differ from another.
pub(crate) trait Shape: Send + Sync + 'static {
    const KIND: &'static str;
    const UNIQUE: bool = true;
    const INSIDE: bool = false;
    const OWNED: bool = true;
    const SETTLES: u32 = 0;
}

pub(crate) struct Bucket;
impl Shape for Bucket {
    const KIND: &'static str = "fake.bucket";
}

pub(crate) struct Pool;
impl Shape for Pool {
    const KIND: &'static str = "fake.pool";
    const UNIQUE: bool = false;
}

pub(crate) struct Room;
impl Shape for Room {
    const KIND: &'static str = "fake.room";
    const INSIDE: bool = true;
}

pub(crate) struct Slow;
impl Shape for Slow {
    const KIND: &'static str = "fake.slow";
    const SETTLES: u32 = 3;
}

/// What differs, and what a discovery shows, are as of the others: it is the engine that leaves it alone.
pub(crate) struct Linked;
impl Shape for Linked {
    const KIND: &'static str = "fake.linked";
    const OWNED: bool = false;
}

pub(crate) struct Thing<K>(PhantomData<fn() -> K>);

impl<K> Thing<K> {
    pub(crate) fn step() -> Self {
        Self(PhantomData)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub(crate) name: String,
    pub(crate) size: u32,
    pub(crate) colour: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Links {
    pub(crate) parent: Option<u64>,
    pub(crate) uses: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Out {
    pub(crate) id: u64,
}

pub(crate) fn registry() -> Registry<Cloud> {
    Registry::default()
        .with(Thing::<Bucket>::step(), &[])
        .with(Thing::<Pool>::step(), &[])
        .with(Thing::<Room>::step(), &["fake.pool"])
        .with(Thing::<Slow>::step(), &[])
        .with(Thing::<Linked>::step(), &["fake.pool"])
        .holding("fake.slow", "fake.pool")
}

fn call(cx: &Cx<'_, Cloud>, verb: &'static str) -> Call {
    Call { verb, address: cx.address.to_string(), token: cx.token.to_owned() }
}

async fn ready(cx: &Cx<'_, Cloud>, id: u64) -> Result<Presence<Object>, StepError> {
    until(cx, Waiting::up_to(Duration::from_mins(1)), || async {
        let mut inner = cx.cloud.lock();
        Ok(match inner.objects.get_mut(&id) {
            None => Poll::Ready(Presence::Absent),
            Some(object) if object.settling == 0 => Poll::Ready(Presence::Ours(object.clone())),
            Some(object) => {
                object.settling -= 1;
                Poll::NotYet("status MAKING".to_owned())
            }
        })
    })
    .await
}

impl<K: Shape> Step<Cloud> for Thing<K> {
    const KIND: &'static str = K::KIND;
    const UNIQUE_NAME: bool = K::UNIQUE;
    const OWNED: bool = K::OWNED;
    const FIELDS: &'static [&'static str] = &["size"];
    type Spec = Spec;
    type Links = Links;
    type Live = Object;
    type Outputs = Out;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: Option<&Links>,
        last: Option<&Out>,
    ) -> Result<Presence<Object>, StepError> {
        tokio::task::yield_now().await;
        let mark = Some(cx.address.to_string());
        let mut inner = cx.cloud.lock();
        let by_id = last.and_then(|last| inner.objects.get(&last.id)).cloned();
        let known = by_id.filter(|object| object.kind == K::KIND && object.mark == mark);
        let parent = links.and_then(|links| links.parent);
        let found = known.or_else(|| {
            inner.list(K::KIND).into_iter().find(|object| {
                object.name == spec.name
                    && (K::UNIQUE || object.mark == mark)
                    && (!K::INSIDE || (parent.is_some() && object.parent == parent))
            })
        });
        Ok(match found {
            None => Presence::Absent,
            Some(live) if K::OWNED && live.mark != mark => {
                Presence::Foreign(Foreign { live, evidence: "it has no mark".to_owned() })
            }
            Some(live) if live.settling > 0 => Presence::Settling(live),
            Some(live) => Presence::Ours(live),
        })
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Object) -> Diff {
        let mut changes: Vec<Change> =
            Change::between("size", &live.size, &spec.size).into_iter().collect();
        changes.extend(live.mark.is_none().then(|| Change::new("mark", "", "ours")));
        if let Some(links) = links {
            changes.extend(Change::between("uses", &live.uses, &links.uses));
        }
        if let Some(colour) = Change::between("colour", &live.colour, &spec.colour) {
            changes.push(colour);
            return Diff::Replace { reason: "the colour cannot be changed".to_owned(), changes };
        }
        Diff::of(changes)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Object, StepError> {
        let id = cx
            .cloud
            .call(call(cx, "create"), |inner| {
                let taken = |object: &Object| {
                    object.kind == K::KIND
                        && object.name == spec.name
                        && object.parent == links.parent
                };
                if K::UNIQUE && inner.objects.values().any(taken) {
                    return Err(StepError::new(Class::Conflict, "the name is taken"));
                }
                let mut needed = links.parent.iter().chain(&links.uses);
                if let Some(gone) = needed.find(|id| !inner.objects.contains_key(id)) {
                    return Err(StepError::new(Class::NotFound, format!("{gone} is not there")));
                }
                let shows_at = Instant::now() + inner.lag;
                Ok(inner.insert(|id| Object {
                    id,
                    kind: K::KIND,
                    name: spec.name.clone(),
                    mark: Some(cx.address.to_string()),
                    parent: links.parent,
                    uses: links.uses.clone(),
                    size: spec.size,
                    colour: spec.colour.clone(),
                    settling: K::SETTLES,
                    shows_at,
                }))
            })
            .await?;
        match ready(cx, id).await? {
            Presence::Ours(object) => Ok(object),
            other => Err(StepError::new(Class::Failed, format!("it became {other:?}"))),
        }
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        live: Object,
        changes: &[Change],
    ) -> Result<Object, StepError> {
        cx.cloud
            .call(call(cx, "update"), |inner| {
                let Some(object) = inner.objects.get_mut(&live.id) else {
                    return Err(StepError::new(Class::NotFound, "it is not there"));
                };
                if changes.iter().any(|change| change.field == "size") {
                    object.size = spec.size;
                }
                object.uses.clone_from(&links.uses);
                object.mark = Some(cx.address.to_string());
                Ok(object.clone())
            })
            .await
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Out) -> Result<(), StepError> {
        cx.cloud
            .call(call(cx, "delete"), |inner| {
                if inner.objects.values().any(|object| object.parent == Some(outputs.id)) {
                    return Err(StepError::new(Class::Conflict, "something lives in it"));
                }
                inner.objects.remove(&outputs.id);
                Ok(())
            })
            .await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Object) -> Result<Presence<Object>, StepError> {
        ready(cx, live.id).await
    }

    fn outputs(live: &Object) -> Out {
        Out { id: live.id }
    }

    fn identity(outputs: &Out) -> String {
        outputs.id.to_string()
    }

    async fn discover(cx: &Cx<'_, Cloud>, found: &Found) -> Result<Vec<(Address, Out)>, StepError> {
        let pools = found.of::<Cloud, Thing<Pool>>();
        let mut inner = cx.cloud.lock();
        let shown = inner.list(K::KIND).into_iter().filter(|object| {
            !K::INSIDE || pools.iter().any(|(_, pool)| Some(pool.id) == object.parent)
        });
        Ok(shown
            .filter_map(|object| Some((Address::new(object.mark?).ok()?, Out { id: object.id })))
            .collect())
    }

    async fn loss(_cx: &Cx<'_, Cloud>, _outputs: &Out) -> Result<Option<Loss>, StepError> {
        Ok((!K::UNIQUE)
            .then(|| Loss { what: "the accounts of 2 people".to_owned(), needs_consent: true }))
    }
}
