//! Tags of what can be tagged: gateways, credential providers, workload identities, runtimes and
//! their endpoints, consent portals and policy engines.

use serde_json::{Value, json};

use super::faults::{not_found, quota};
use super::shapes::check;
use super::shapes::runtime::{TAG_RESOURCE_REQUEST, TAGS_OF_REQUEST, UNTAG_RESOURCE_REQUEST};
use super::state;
pub(super) use super::state::Tags;
use crate::service::{Call, Fault, Input, Reply};

/// Tags on one object.
const TAGS: usize = 50;

/// The `tags` of a creating request.
pub(super) fn given(input: &Input) -> Tags {
    input
        .object("tags")
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// `TagResource`: adds to the tags that are there.
pub(super) fn tag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&TAG_RESOURCE_REQUEST, call.input)?;
    let given = given(call.input);
    let tags = find(call)?;
    let mut merged = tags.clone();
    merged.extend(given);
    if merged.len() > TAGS {
        return Err(quota(format!("A resource has at most {TAGS} tags")));
    }
    *tags = merged;
    Ok(Reply::empty(204))
}

/// `UntagResource`
pub(super) fn untag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UNTAG_RESOURCE_REQUEST, call.input)?;
    let input = call.input;
    let tags = find(call)?;
    for key in input.texts("tagKeys") {
        tags.remove(key);
    }
    Ok(Reply::empty(204))
}

/// `ListTagsForResource`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&TAGS_OF_REQUEST, call.input)?;
    let tags: Value = json!(find(call)?);
    Ok(Reply::json(json!({"tags": tags})))
}

/// The tags of the object that the request names by its ARN.
fn find<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Tags, Fault> {
    let arn = call.input.text("resourceArn").unwrap_or_default();
    let state = state(call);
    let gateways = state.gateways.values_mut().map(|object| (&object.arn, &mut object.tags));
    let portals = state.consent_portals.values_mut().map(|object| (&object.arn, &mut object.tags));
    let engines = state.policy_engines.values_mut().map(|object| (&object.arn, &mut object.tags));
    let runtimes = state.runtimes.values_mut().flat_map(|runtime| {
        let endpoints = runtime.endpoints.values_mut();
        let endpoints = endpoints.map(|endpoint| (&endpoint.arn, &mut endpoint.tags));
        std::iter::once((&runtime.arn, &mut runtime.tags)).chain(endpoints)
    });
    let identities =
        state.workload_identities.values_mut().map(|object| (&object.arn, &mut object.tags));
    let oauth2 = state.oauth2_providers.values_mut().map(|object| (&object.arn, &mut object.tags));
    let keys = state.api_key_providers.values_mut().map(|object| (&object.arn, &mut object.tags));
    gateways
        .chain(runtimes)
        .chain(portals)
        .chain(engines)
        .chain(identities)
        .chain(oauth2)
        .chain(keys)
        .find_map(|(own, tags)| (own == arn).then_some(tags))
        .ok_or_else(|| not_found(format!("Resource {arn} not found")))
}
