//! Workload identities: those of the caller, and the one each gateway and runtime gets.

use serde_json::{Value, json};

use super::faults::{conflict, not_found};
use super::shapes::check;
use super::shapes::identity::{
    CREATE_WORKLOAD_IDENTITY_REQUEST, LIST_OF_20_REQUEST, UPDATE_WORKLOAD_IDENTITY_REQUEST,
    WORKLOAD_IDENTITY_NAME_REQUEST,
};
use super::state::WorkloadIdentity;
use super::{listing, state, tags};
use crate::service::{Call, Fault, Input, Reply};
use crate::time::epoch_seconds;

/// The greatest page of this service's listings of identity objects.
const PAGE: usize = 20;

/// `CreateWorkloadIdentity`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_WORKLOAD_IDENTITY_REQUEST, call.input)?;
    let name = name_of(call.input).to_owned();
    if state(call).workload_identities.contains_key(&name) {
        return Err(conflict(format!("A workload identity with name '{name}' already exists")));
    }
    make(call, &name);
    let return_urls = return_urls(call.input);
    let given = tags::given(call.input);
    let identity = find_mut(call, &name)?;
    identity.return_urls = return_urls;
    identity.tags = given;
    Ok(Reply::status(
        201,
        json!({
            "name": identity.name,
            "workloadIdentityArn": identity.arn,
            "allowedResourceOauth2ReturnUrls": identity.return_urls,
        }),
    ))
}

/// `GetWorkloadIdentity`
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&WORKLOAD_IDENTITY_NAME_REQUEST, call.input)?;
    let name = name_of(call.input);
    Ok(Reply::json(render(find_mut(call, name)?)))
}

/// `UpdateWorkloadIdentity`: the list of return URLs replaces the one before.
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_WORKLOAD_IDENTITY_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let identity = find_mut(call, name_of(input))?;
    identity.return_urls = return_urls(input);
    identity.updated_at = now;
    Ok(Reply::json(render(identity)))
}

/// `DeleteWorkloadIdentity`: also one that a gateway made, as the service allows.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&WORKLOAD_IDENTITY_NAME_REQUEST, call.input)?;
    let name = name_of(call.input);
    find_mut(call, name)?;
    state(call).workload_identities.remove(name);
    Ok(Reply::empty(204))
}

/// `ListWorkloadIdentities`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_OF_20_REQUEST, call.input)?;
    let input = call.input;
    let items = state(call).workload_identities.values().map(|identity| {
        let summary = json!({"name": identity.name, "workloadIdentityArn": identity.arn});
        (identity.name.clone(), summary)
    });
    listing(input, items, "workloadIdentities", PAGE)
}

/// Makes the identity `name` when there is none yet.
pub(super) fn make(call: &mut Call<'_>, name: &str) {
    let now = call.now;
    let resource = format!("workload-identity-directory/default/workload-identity/{name}");
    let arn = call.arn("bedrock-agentcore", &resource);
    state(call).workload_identities.entry(name.to_owned()).or_insert_with(|| WorkloadIdentity {
        name: name.to_owned(),
        arn,
        return_urls: Vec::new(),
        created_at: now,
        updated_at: now,
        tags: tags::Tags::new(),
    });
}

/// The ARN of the identity `name` in the account and Region of another ARN.
pub(super) fn arn_beside(other: &str, name: &str) -> String {
    let prefix: Vec<&str> = other.splitn(6, ':').take(5).collect();
    format!("{}:workload-identity-directory/default/workload-identity/{name}", prefix.join(":"))
}

fn name_of(input: &Input) -> &str {
    input.text("name").unwrap_or_default()
}

fn return_urls(input: &Input) -> Vec<String> {
    input.texts("allowedResourceOauth2ReturnUrls").into_iter().map(str::to_owned).collect()
}

fn find_mut<'a>(call: &'a mut Call<'_>, name: &str) -> Result<&'a mut WorkloadIdentity, Fault> {
    state(call)
        .workload_identities
        .get_mut(name)
        .ok_or_else(|| not_found(format!("Workload identity with name '{name}' not found")))
}

fn render(identity: &WorkloadIdentity) -> Value {
    json!({
        "name": identity.name,
        "workloadIdentityArn": identity.arn,
        "allowedResourceOauth2ReturnUrls": identity.return_urls,
        "createdTime": epoch_seconds(identity.created_at),
        "lastUpdatedTime": epoch_seconds(identity.updated_at),
    })
}
