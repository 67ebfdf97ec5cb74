//! The return URLs of this stack in the workload identity that the gateway made for itself.
//!
//! - **name** none: entries of a list that the service, or somebody else, may write to as well
//! - **found** by the identity's name, one call
//! - **proven ours** by their text: an entry is ours when this stack wants it, or has recorded that it wrote it
//! - **in doubt** reading tells; adding an entry twice changes nothing
//! - **two of ours** cannot be
//! - **owned set** nothing to list: the entries go with the gateway
//! - **secret, protect, replace** none
//! - **update that resets** `UpdateWorkloadIdentity` replaces the list, so that every change reads it, adds or takes out ours,
//!   and writes the rest back as it was
//!
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_UpdateWorkloadIdentity.html>.

use std::collections::BTreeSet;
use std::time::Duration;

use construct_engine::{
    Address, Change, Cx, Diff, Found, Poll, Presence, Step, StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};

use crate::cloud::{Cloud, classify, is_not_found};

/// The identity shows a moment after its gateway is ready.
const SHOWS_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(1));

/// The kind of return URLs in the identity of a gateway.
pub struct GatewayReturnUrls;

/// Everything comes from other nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {}

/// Where the URLs belong, and which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The gateway's workload identity.
    pub identity_name: String,
    /// URLs that a consent may return to.
    pub urls: Vec<String>,
}

/// The identity's list, and which of it this stack has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    identity_name: String,
    all: BTreeSet<String>,
    ours: BTreeSet<String>,
}

/// What was written where, to take it out again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The gateway's workload identity.
    pub identity_name: String,
    /// The URLs that this stack put there.
    pub urls: Vec<String>,
}

impl Step<Cloud> for GatewayReturnUrls {
    const KIND: &'static str = "agentcore.gateway-return-urls";
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
        let recorded = last.map(|last| &last.identity_name);
        let Some(name) = links.map(|links| &links.identity_name).or(recorded) else {
            return Ok(Presence::Absent);
        };
        let Some(all) = get(cx, name).await? else { return Ok(Presence::Absent) };
        let wanted = links.map(|links| links.urls.as_slice()).unwrap_or_default();
        let written = last.filter(|last| last.identity_name == *name);
        let written = written.map(|last| last.urls.as_slice()).unwrap_or_default();
        let ours: BTreeSet<String> =
            wanted.iter().chain(written).filter(|url| all.contains(*url)).cloned().collect();
        if ours.is_empty() {
            return Ok(Presence::Absent);
        }
        Ok(Presence::Ours(Live { identity_name: name.clone(), all, ours }))
    }

    fn diff(_spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let Some(links) = links else { return Diff::Same };
        let wanted: BTreeSet<String> = links.urls.iter().cloned().collect();
        if live.identity_name != links.identity_name {
            let (before, after) = (live.identity_name.clone(), links.identity_name.clone());
            return Diff::of(vec![Change::new("workload identity", before, after)]);
        }
        let present: BTreeSet<String> =
            live.all.intersection(&wanted).chain(&live.ours).cloned().collect();
        Diff::of(
            Change::between("allowedResourceOauth2ReturnUrls", &present, &wanted)
                .into_iter()
                .collect(),
        )
    }

    async fn create(cx: &Cx<'_, Cloud>, _spec: &Spec, links: &Links) -> Result<Live, StepError> {
        write(cx, links, &BTreeSet::new()).await
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        _spec: &Spec,
        links: &Links,
        live: Live,
        _changes: &[Change],
    ) -> Result<Live, StepError> {
        // Of an identity that went with its gateway nothing is left to take out.
        let same = live.identity_name == links.identity_name;
        write(cx, links, &if same { live.ours } else { BTreeSet::new() }).await
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let Some(all) = get(cx, &outputs.identity_name).await? else { return Ok(()) };
        let rest = merged(&all, &outputs.urls.iter().cloned().collect(), &[]);
        if rest == all {
            return Ok(());
        }
        match put(cx, &outputs.identity_name, &rest).await {
            Err(error) if !is_not_found(&error) => Err(error),
            _ => Ok(()),
        }
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs {
            identity_name: live.identity_name.clone(),
            urls: live.ours.iter().cloned().collect(),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.identity_name.clone()
    }

    async fn discover(
        _cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        Ok(Vec::new())
    }
}

/// `all` without the `obsolete` ones and with the `wanted` ones.
fn merged(
    all: &BTreeSet<String>,
    obsolete: &BTreeSet<String>,
    wanted: &[String],
) -> BTreeSet<String> {
    all.difference(obsolete).chain(wanted).cloned().collect()
}

/// Reads the list, puts ours into it in place of `before`, and writes it unless it is the same.
async fn write(
    cx: &Cx<'_, Cloud>,
    links: &Links,
    before: &BTreeSet<String>,
) -> Result<Live, StepError> {
    let name = &links.identity_name;
    let all = until(cx, SHOWS_WITHIN, || async {
        Ok(match get(cx, name).await? {
            Some(all) => Poll::Ready(all),
            None => Poll::NotYet("the gateway's workload identity to show".to_owned()),
        })
    })
    .await?;
    let wanted = merged(&all, before, &links.urls);
    if wanted != all {
        put(cx, name, &wanted).await?;
    }
    let ours = links.urls.iter().cloned().collect();
    Ok(Live { identity_name: name.clone(), all: wanted, ours })
}

async fn get(cx: &Cx<'_, Cloud>, name: &str) -> Result<Option<BTreeSet<String>>, StepError> {
    let answer = cx.cloud.agentcore.get_workload_identity().name(name).send().await;
    match answer.map_err(|error| classify("GetWorkloadIdentity", error)) {
        Ok(answer) => {
            let urls = answer.allowed_resource_oauth2_return_urls.unwrap_or_default();
            Ok(Some(urls.into_iter().collect()))
        }
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn put(cx: &Cx<'_, Cloud>, name: &str, urls: &BTreeSet<String>) -> Result<(), StepError> {
    cx.cloud
        .agentcore
        .update_workload_identity()
        .name(name)
        .set_allowed_resource_oauth2_return_urls(Some(urls.iter().cloned().collect()))
        .send()
        .await
        .map_err(|error| classify("UpdateWorkloadIdentity", error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(urls: &[&str]) -> BTreeSet<String> {
        urls.iter().map(|url| (*url).to_owned()).collect()
    }

    fn links(urls: &[&str]) -> Links {
        Links { identity_name: "gw-1".into(), urls: urls.iter().map(|url| (*url).into()).collect() }
    }

    #[test]
    fn the_urls_of_others_stay() {
        let all = set(&["theirs", "old"]);
        assert_eq!(merged(&all, &set(&["old"]), &["new".into()]), set(&["new", "theirs"]));
        assert_eq!(merged(&all, &set(&["old"]), &[]), set(&["theirs"]));
        assert_eq!(merged(&all, &set(&[]), &["old".into()]), all);
    }

    #[test]
    fn a_missing_an_obsolete_and_a_moved_url_are_changes() {
        let live = Live { identity_name: "gw-1".into(), all: set(&["a", "x"]), ours: set(&["a"]) };
        let diff = |links: &Links| GatewayReturnUrls::diff(&Spec {}, Some(links), &live);
        assert_eq!(diff(&links(&["a"])), Diff::Same);
        assert!(matches!(diff(&links(&["a", "b"])), Diff::Update(_)));
        assert!(matches!(diff(&links(&[])), Diff::Update(_)), "what is no longer wanted goes");
        let moved = Links { identity_name: "gw-2".into(), ..links(&["a"]) };
        assert!(
            matches!(diff(&moved), Diff::Update(changes) if changes[0].field == "workload identity")
        );
        assert_eq!(GatewayReturnUrls::diff(&Spec {}, None, &live), Diff::Same);
    }
}
