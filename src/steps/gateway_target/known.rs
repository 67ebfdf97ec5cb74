//! A target of which only the ids are known: for `construct sync` where the manifest is not at hand.
//!
//! It is the kind [`GatewayTarget`], of which this reads, and has the gateway read, the tools. It neither makes, changes nor
//! removes one, as only the manifest says how. The journal keeps the ids in place of a spec; `construct up` looks at the target
//! by its outputs, as at any that an older version left.

use construct_engine::{Address, Change, Class, Cx, Diff, Found, Presence, Step, StepError};

use super::synchronize::{Need, TOOLS, synchronize};
use super::{GatewayTarget, Live, Outputs, get};
use crate::cloud::Cloud;

/// A target that is there.
pub struct KnownTarget;

impl Step<Cloud> for KnownTarget {
    const KIND: &'static str = GatewayTarget::KIND;
    type Spec = Outputs;
    type Links = ();
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Outputs,
        _links: Option<&()>,
        _last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let live = get(cx, &spec.gateway_id, &spec.target_id).await?;
        Ok(live.map_or(Presence::Absent, Live::presence))
    }

    fn diff(_spec: &Outputs, _links: Option<&()>, live: &Live) -> Diff {
        match live.need() {
            Need::Synchronize(why) => Diff::of(vec![Change::new(TOOLS, "as last read", why)]),
            // What would be sent is in the manifest.
            Need::SendAgain(_) | Need::Consent | Need::Settling | Need::Nothing(_) => Diff::Same,
        }
    }

    async fn create(_cx: &Cx<'_, Cloud>, spec: &Outputs, _links: &()) -> Result<Live, StepError> {
        Err(gone(spec))
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        _spec: &Outputs,
        _links: &(),
        live: Live,
        _changes: &[Change],
    ) -> Result<Live, StepError> {
        synchronize(cx, &live).await
    }

    async fn delete(_cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        Err(StepError::bug(format!("the target {} is only known, and not removed", outputs.name)))
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        GatewayTarget::settle(cx, live).await
    }

    fn outputs(live: &Live) -> Outputs {
        GatewayTarget::outputs(live)
    }

    fn identity(outputs: &Outputs) -> String {
        GatewayTarget::identity(outputs)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        GatewayTarget::discover(cx, found).await
    }
}

fn gone(target: &Outputs) -> StepError {
    StepError::new(Class::NotFound, format!("the target {} is gone", target.name))
        .hint("`construct up` makes it again")
}
