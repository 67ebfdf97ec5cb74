//! The callback URL of an app client that is known only after what the client is for: a consent portal.
//!
//! The portal must know its identity provider, the provider its client, and the client the portal's address: a circle. The
//! client is made with an address of nobody's, and this node puts the portal's in its place.
//!
//! - **Name**: none of its own; it is a part of its client.
//! - **Found**: `DescribeUserPoolClient`; absent when the client is.
//! - **Proven ours**: when the client is.
//! - **In doubt**: the whole client is written, so that sending it again is harmless.
//! - **Two of ours**: cannot be.
//! - **Owned set**: none; it goes with its client.
//! - **Secret**: dropped on arrival, as the client's own step does.
//! - **Protect**, **replace**: none.
//! - **Update that resets**: `UpdateUserPoolClient` does, so that the live client is sent whole.
//!
//! Removing this node does nothing: the client goes with the portal.
//!
//! API: Amazon Cognito user pools API reference, `UpdateUserPoolClient`.

use construct_engine::{Address, Change, Class, Cx, Diff, Found, Presence, Step, StepError};
use serde::{Deserialize, Serialize};

use super::cognito_client;
use crate::cloud::Cloud;

/// The callback URL of a client.
pub struct ClientCallback;

/// Nothing: all of it comes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {}

/// The client, and where it sends people back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The pool's id.
    pub pool_id: String,
    /// The client's id.
    pub client_id: String,
    /// The one callback URL.
    pub url: String,
}

/// The client as Cognito describes it.
pub type Live = cognito_client::Live;

/// Which client it is.
pub type Outputs = cognito_client::Outputs;

impl Step<Cloud> for ClientCallback {
    const KIND: &'static str = "cognito.client-callback";
    const FIELDS: &'static [&'static str] = &["CallbackURLs"];
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        _spec: &Spec,
        links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let now = links.map(|links| (&links.pool_id, &links.client_id));
        let Some((pool_id, client_id)) = now.or(last.map(|last| (&last.pool_id, &last.client_id)))
        else {
            return Ok(Presence::Absent);
        };
        let live = cognito_client::describe(cx, pool_id, client_id).await?;
        Ok(live.map_or(Presence::Absent, Presence::Ours))
    }

    fn diff(_spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let Some(links) = links else { return Diff::Same };
        let before = live.callback_urls();
        let wanted = [links.url.clone()];
        Diff::of(Change::between("CallbackURLs", &before, &&wanted[..]).into_iter().collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, _spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let live = cognito_client::describe(cx, &links.pool_id, &links.client_id).await?;
        let gone = || {
            let message = format!("the client {} is not there", links.client_id);
            StepError::new(Class::NotFound, message).hint("run again: it will be made")
        };
        cognito_client::set_callback(cx, live.ok_or_else(gone)?, &links.url).await
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        _live: Live,
        _changes: &[Change],
    ) -> Result<Live, StepError> {
        // Another client may have come in this run, and what was read is then the old one.
        Self::create(cx, spec, links).await
    }

    async fn delete(_cx: &Cx<'_, Cloud>, _outputs: &Outputs) -> Result<(), StepError> {
        Ok(())
    }

    fn outputs(live: &Live) -> Outputs {
        <cognito_client::UserPoolClient as Step<Cloud>>::outputs(live)
    }

    fn identity(outputs: &Outputs) -> String {
        <cognito_client::UserPoolClient as Step<Cloud>>::identity(outputs)
    }

    async fn discover(
        _cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        Ok(Vec::new())
    }
}
