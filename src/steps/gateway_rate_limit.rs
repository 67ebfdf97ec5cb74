//! A rate limit of a gateway: how much those may use whom its dimensions tell apart.
//!
//! - **name** the id, which the caller chooses: `{stack}-NAME`, unique in its gateway; immutable
//! - **found** by the gateway and the id, one call
//! - **proven ours** when its gateway is and the id begins like ours: rate limits take no tags
//! - **in doubt** an id is refused twice; besides, the client token is the same when a create is sent again
//! - **two of ours** cannot be
//! - **owned set** the limits of each gateway that was found whose ids begin like ours
//! - **secret** none
//! - **protect** nothing
//! - **replace** delete-first, as the id is taken: for other dimensions, or another gateway
//! - **update that resets** the entries are replaced, and this step owns all of them; an empty description takes one away
//!
//! A gateway has no two limits with the same dimensions. A change is known everywhere after half a minute; until then, and
//! where the limit cannot be looked up, the gateway lets calls pass.
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateGatewayRateLimit.html>.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway_rate_limit::GetGatewayRateLimitOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    GatewayRateLimitStatus, LimitEntry, Period, RateConfig,
};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Found, Poll, Presence, Step, StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};

use super::gateway::Gateway;
use super::{fields, waits};
use crate::cloud::{Cloud, classify, is_not_found};
use crate::manifest::{self, Rate};

/// The service takes seconds.
const SETTLED_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(5));

/// The kind of rate limits.
pub struct RateLimit;

/// What the manifest says of a rate limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its id in the gateway.
    pub id: String,
    /// Text for the console.
    pub description: Option<String>,
    /// What tells requests apart; the order counts.
    pub dimensions: Vec<String>,
    /// The limits.
    pub entries: Vec<manifest::LimitEntry>,
}

/// What a rate limit takes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The gateway it is in.
    pub gateway_id: String,
}

/// A rate limit as the service answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    gateway_id: String,
    id: String,
    description: Option<String>,
    dimensions: Vec<String>,
    entries: Vec<LimitEntry>,
    status: GatewayRateLimitStatus,
}

/// What tells a rate limit from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The gateway it is in.
    pub gateway_id: String,
    /// Its id.
    pub id: String,
}

impl Step<Cloud> for RateLimit {
    const KIND: &'static str = "agentcore.rate-limit";
    const FIELDS: &'static [&'static str] = &["entries", "description"];
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let recorded = last.map(|last| &last.gateway_id);
        let Some(gateway) = links.map(|links| &links.gateway_id).or(recorded) else {
            return Ok(Presence::Absent);
        };
        Ok(get(cx, gateway, &spec.id).await?.map_or(Presence::Absent, Live::presence))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let moved = links.and_then(|links| {
            Change::between("gatewayIdentifier", &live.gateway_id, &links.gateway_id)
        });
        if let Some(moved) = moved {
            let reason = "a rate limit stays in its gateway".to_owned();
            return Diff::Replace { reason, changes: vec![moved] };
        }
        let fixed = Change::between("dimensionKeys", &live.dimensions, &spec.dimensions);
        let mut changes = Vec::new();
        let (before, after) = (shown(&live.entries), shown_wanted(spec));
        if before != after {
            changes.push(Change::new("entries", before.join("; "), after.join("; ")));
        }
        changes.extend(fields::text(
            "description",
            live.description.as_deref(),
            spec.description.as_deref(),
        ));
        match fixed {
            Some(fixed) => {
                changes.insert(0, fixed);
                let reason = "the dimensions of a rate limit are fixed".to_owned();
                Diff::Replace { reason, changes }
            }
            None => Diff::of(changes),
        }
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        cx.cloud
            .agentcore
            .create_gateway_rate_limit()
            .gateway_identifier(&links.gateway_id)
            .rate_limit_id(&spec.id)
            .set_description(spec.description.clone())
            .set_dimension_keys(Some(spec.dimensions.clone()))
            .set_entries(Some(entries(spec)?))
            .client_token(cx.token)
            .send()
            .await
            .map_err(|error| explained(classify("CreateGatewayRateLimit", error)))?;
        active(cx, &links.gateway_id, &spec.id).await
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &Links,
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let has = |field| fields::has(changes, field);
        let entries = if has("entries") { entries(spec)? } else { live.entries };
        let description =
            if has("description") { spec.description.clone() } else { live.description };
        cx.cloud
            .agentcore
            .update_gateway_rate_limit()
            .gateway_identifier(&live.gateway_id)
            .rate_limit_id(&live.id)
            .description(description.unwrap_or_default())
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| classify("UpdateGatewayRateLimit", error))?;
        active(cx, &live.gateway_id, &live.id).await
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let (gateway, id) = (&outputs.gateway_id, &outputs.id);
        waits::taken(cx, SETTLED_WITHIN, "the rate limit to finish what it does", || async {
            let call = cx.cloud.agentcore.delete_gateway_rate_limit().gateway_identifier(gateway);
            let answer = call.rate_limit_id(id).send().await;
            answer.map_err(|error| classify("DeleteGatewayRateLimit", error))
        })
        .await?;
        waits::gone(cx, SETTLED_WITHIN, || get(cx, gateway, id), |live| Ok(live.says())).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let read = || get(cx, &live.gateway_id, &live.id);
        let changing = |seen: &Live| seen.is_settling().then(|| seen.says());
        let settled = waits::settled(cx, SETTLED_WITHIN, read, changing).await?;
        Ok(settled.map_or(Presence::Absent, Presence::Ours))
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { gateway_id: live.gateway_id.clone(), id: live.id.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.gateway_id, outputs.id)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let prefix = format!("{}-", cx.cloud.naming.stack);
        let gateways = found.of::<Cloud, Gateway>().into_iter();
        let looks = gateways.map(|(at, gateway)| {
            let prefix = &prefix;
            async move {
                let ids = list(cx, &gateway.id).await?;
                let ours = ids.into_iter().filter_map(|id| {
                    let name = id.strip_prefix(prefix.as_str())?;
                    let address = Address::new(address_of(&at, "rate-limit", name)).ok()?;
                    Some((address, Outputs { gateway_id: gateway.id.clone(), id }))
                });
                Ok::<_, StepError>(ours.collect::<Vec<_>>())
            }
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

/// The address of the rate limit or rule called `name` of the gateway at `gateway`: the one implied gateway has no name.
pub fn address_of(gateway: &Address, what: &str, name: &str) -> String {
    match gateway.as_str().split_once('/') {
        Some((_, gateway)) => format!("{what}/{gateway}.{name}"),
        None => format!("{what}/{name}"),
    }
}

impl Live {
    fn new(gateway_id: &str, answer: GetGatewayRateLimitOutput) -> Self {
        Self {
            gateway_id: gateway_id.to_owned(),
            id: answer.rate_limit_id,
            description: answer.description,
            dimensions: answer.dimension_keys,
            entries: answer.entries,
            status: answer.status,
        }
    }

    fn is_settling(&self) -> bool {
        self.status != GatewayRateLimitStatus::Active
    }

    fn presence(self) -> Presence<Self> {
        if self.is_settling() { Presence::Settling(self) } else { Presence::Ours(self) }
    }

    fn says(&self) -> String {
        fields::status(self.status.as_str(), &[])
    }
}

/// The ids of the rate limits of a gateway; none when the gateway is gone.
async fn list(cx: &Cx<'_, Cloud>, gateway_id: &str) -> Result<Vec<String>, StepError> {
    let call = cx.cloud.agentcore.list_gateway_rate_limits().gateway_identifier(gateway_id);
    let pages = call.into_paginator().page_size(100).items().send().try_collect().await;
    match pages.map_err(|error| classify("ListGatewayRateLimits", error)) {
        Ok(limits) => Ok(limits.into_iter().map(|limit| limit.rate_limit_id).collect()),
        Err(error) if is_not_found(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

async fn get(cx: &Cx<'_, Cloud>, gateway_id: &str, id: &str) -> Result<Option<Live>, StepError> {
    let call = cx.cloud.agentcore.get_gateway_rate_limit().gateway_identifier(gateway_id);
    let answer = call.rate_limit_id(id).send().await;
    match answer.map_err(|error| classify("GetGatewayRateLimit", error)) {
        Ok(answer) => Ok(Some(Live::new(gateway_id, answer))),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn active(cx: &Cx<'_, Cloud>, gateway_id: &str, id: &str) -> Result<Live, StepError> {
    until(cx, SETTLED_WITHIN, || async {
        Ok(match get(cx, gateway_id, id).await? {
            None => Poll::NotYet("the rate limit to show".to_owned()),
            Some(live) if live.is_settling() => Poll::NotYet(live.says()),
            Some(live) => Poll::Ready(live),
        })
    })
    .await
}

/// The id was looked for before: what is taken are the dimensions.
fn explained(error: StepError) -> StepError {
    if error.class == Class::Conflict {
        return error
            .hint("a gateway has one rate limit for the same dimensions: remove the other one");
    }
    error
}

fn entries(spec: &Spec) -> Result<Vec<LimitEntry>, StepError> {
    spec.entries.iter().map(|wanted| entry(&spec.dimensions, wanted)).collect()
}

/// An entry with a value for every dimension, as the service wants it.
fn entry(dimensions: &[String], wanted: &manifest::LimitEntry) -> Result<LimitEntry, StepError> {
    let values = dimensions.iter().map(|name| {
        let value = wanted.matching.get(name).map_or("*", String::as_str);
        (name.clone(), value.to_owned())
    });
    LimitEntry::builder()
        .set_dimensions(Some(values.collect()))
        .set_requests(rate(wanted.requests)?)
        .set_tokens(rate(wanted.tokens)?)
        .set_connections(rate(wanted.connections)?)
        .build()
        .map_err(|error| StepError::bug(error.to_string()))
}

fn rate(rate: Option<Rate>) -> Result<Option<Vec<RateConfig>>, StepError> {
    let Some(rate) = rate else { return Ok(None) };
    let period = match rate.period {
        manifest::Period::Second => Period::Second,
        manifest::Period::Minute => Period::Minute,
    };
    let built = RateConfig::builder().rate(f64::from(rate.rate)).period(period).build();
    built.map(|rate| Some(vec![rate])).map_err(|error| StepError::bug(error.to_string()))
}

fn shown_wanted(spec: &Spec) -> Vec<String> {
    entries(spec).map(|entries| shown(&entries)).unwrap_or_default()
}

/// Entries as a plan shows them, in an order that does not depend on the service's.
fn shown(entries: &[LimitEntry]) -> Vec<String> {
    let one = |entry: &LimitEntry| {
        let dimensions: BTreeMap<_, _> = entry.dimensions.iter().collect();
        let dimensions = dimensions.into_iter().map(|(name, value)| format!("{name} {value}"));
        let kinds = [
            ("requests", entry.requests()),
            ("tokens", entry.tokens()),
            ("connections", entry.connections()),
        ];
        let rates = kinds.into_iter().flat_map(|(what, rates)| {
            rates.iter().map(move |rate| format!("{} {what} a {}", rate.rate, rate.period))
        });
        dimensions.chain(rates).collect::<Vec<_>>().join(", ")
    };
    let mut shown: Vec<String> = entries.iter().map(one).collect();
    shown.sort();
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: &str = "$.context.jwt.sub";

    fn spec() -> Spec {
        let entry = |person: Option<&str>, rate| manifest::LimitEntry {
            matching: person.map(|name| (PERSON.to_owned(), name.to_owned())).into_iter().collect(),
            requests: Some(Rate { rate, period: manifest::Period::Minute }),
            tokens: None,
            connections: None,
        };
        Spec {
            id: "acme-people".into(),
            description: Some("fair".into()),
            dimensions: vec![PERSON.into()],
            entries: vec![entry(None, 60), entry(Some("ada"), 600)],
        }
    }

    fn live() -> Live {
        let mut entries = entries(&spec()).unwrap();
        entries.reverse();
        Live {
            gateway_id: "g".into(),
            id: spec().id,
            description: spec().description,
            dimensions: spec().dimensions,
            entries,
            status: GatewayRateLimitStatus::Active,
        }
    }

    #[test]
    fn the_order_of_entries_is_no_difference() {
        assert_eq!(RateLimit::diff(&spec(), None, &live()), Diff::Same);
    }

    #[test]
    fn entries_and_description_are_changed_in_place() {
        let mut other = spec();
        other.entries[0].requests = Some(Rate { rate: 61, period: manifest::Period::Minute });
        other.description = None;
        let Diff::Update(changes) = RateLimit::diff(&other, None, &live()) else {
            panic!("an update");
        };
        let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["entries", "description"]);
        assert!(changes[0].after.contains("$.context.jwt.sub *, 61 requests a minute"));
    }

    #[test]
    fn other_dimensions_need_another_limit() {
        let mut other = spec();
        other.dimensions.push("toolName".into());
        assert!(matches!(RateLimit::diff(&other, None, &live()), Diff::Replace { .. }));
    }

    #[test]
    fn addresses_name_the_gateway_where_it_has_a_name() {
        let at = |address: &str| Address::new(address).unwrap();
        assert_eq!(address_of(&at("gateway"), "rule", "x"), "rule/x");
        assert_eq!(address_of(&at("gateway/a"), "rule", "x"), "rule/a.x");
    }
}
