//! A route: a method and a path of the HTTP API, and the integration that answers them.
//!
//! - **name** its key, such as `POST /mcp`, unique within its API
//! - **found** by the key, in the list of its API that all routes share: one call for all of them
//! - **proven ours** when its API is
//! - **in doubt** the API takes no client token, but refuses a key twice
//! - **two of ours** cannot be
//! - **owned set** the list of each API that was found; the address comes from the key ([`slug`])
//! - **secret, protect** none
//! - **replace** never
//! - **update that resets** no: `UpdateRoute` changes what is sent
//!
//! Routes take no authorizer: the functions behind them check tokens themselves. They must go before their integration.
//! Quota: 300 in an API.
//! API: <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html>.

use aws_sdk_apigatewayv2::operation::create_route::CreateRouteOutput;
use aws_sdk_apigatewayv2::types::{AuthorizationType, Route as Listed};
use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use serde::{Deserialize, Serialize};

use super::http_api::HttpApi;
use super::{fields, http_api_calls, looking};
use crate::cloud::{Cloud, classify, is_not_found};

/// The kind of routes of an HTTP API.
pub struct Route;

/// What is wanted of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its key: a method and a path, or `$default`.
    pub key: String,
    /// [`slug`] of the key: the last part of the node's address.
    pub slug: String,
}

/// What a route takes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The API it is in.
    pub api_id: String,
    /// The integration that answers it.
    pub integration_id: String,
}

/// A route as the service answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    api_id: String,
    route_id: String,
    key: String,
    target: String,
    authorization: String,
}

/// What others need of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The API it is in.
    pub api_id: String,
    /// Its id.
    pub route_id: String,
    /// Its key.
    pub key: String,
}

/// A key as part of an address: `post_mcp` for `POST /mcp`, `default` for `$default`.
///
/// The method goes to lower case and every `/` becomes `_`, so that `_` itself is doubled; a parameter `{name}` becomes
/// `.name.` and a greedy `{name+}` becomes `.name..`. Any other character that an address lacks becomes `-`.
pub fn slug(key: &str) -> String {
    let (method, path) = key.split_once(' ').unwrap_or((key, ""));
    let mut slug: String =
        method.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    for character in path.chars() {
        match character {
            '/' => slug.push('_'),
            '_' => slug.push_str("__"),
            '{' | '}' | '+' => slug.push('.'),
            other if other.is_ascii_alphanumeric() || other == '.' => slug.push(other),
            _ => slug.push('-'),
        }
    }
    slug
}

impl Step<Cloud> for Route {
    const KIND: &'static str = "apigateway.route";
    const FIELDS: &'static [&'static str] = &["authorizationType", "target"];
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
        let recorded = last.map(|last| &last.api_id);
        let Some(api_id) = links.map(|links| &links.api_id).or(recorded) else {
            return Ok(Presence::Absent);
        };
        let by_key = |all: &Vec<Live>| all.iter().find(|one| one.key == spec.key).cloned();
        let name = list_name(api_id);
        let found = looking::find(cx, &name, || list(cx, api_id), by_key).await?;
        Ok(found.map_or(Presence::Absent, Presence::Ours))
    }

    fn diff(_spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let mut changes = Vec::new();
        let open = AuthorizationType::None.as_str().to_owned();
        changes.extend(Change::between("authorizationType", &live.authorization, &open));
        if let Some(links) = links {
            changes.extend(Change::between("apiId", &live.api_id, &links.api_id));
            changes.extend(Change::between("target", &live.target, &target(links)));
        }
        Diff::of(changes)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let answer = cx
            .cloud
            .apigateway
            .create_route()
            .api_id(&links.api_id)
            .route_key(&spec.key)
            .target(target(links))
            .authorization_type(AuthorizationType::None)
            .send()
            .await
            .map_err(|error| classify("CreateRoute", error))?;
        Live::created(&links.api_id, answer)
            .ok_or_else(|| StepError::bug("CreateRoute answered without an id"))
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if live.api_id != links.api_id {
            // It went with the API that it was in.
            return Self::create(cx, spec, links).await;
        }
        let has = |field| fields::has(changes, field);
        cx.cloud
            .apigateway
            .update_route()
            .api_id(&live.api_id)
            .route_id(&live.route_id)
            .set_target(has("target").then(|| target(links)))
            .set_authorization_type(has("authorizationType").then_some(AuthorizationType::None))
            .send()
            .await
            .map_err(|error| classify("UpdateRoute", error))?;
        let authorization = AuthorizationType::None.as_str().to_owned();
        Ok(Live { target: target(links), authorization, ..live })
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        http_api_calls::taken(cx, || async {
            let call = cx.cloud.apigateway.delete_route().api_id(&outputs.api_id);
            let answer = call.route_id(&outputs.route_id).send().await;
            answer.map_err(|error| classify("DeleteRoute", error))
        })
        .await
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs {
            api_id: live.api_id.clone(),
            route_id: live.route_id.clone(),
            key: live.key.clone(),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.api_id, outputs.route_id)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let looks = found.of::<Cloud, HttpApi>().into_iter().map(|(at, api)| async move {
            let all = cx.cloud.lists.once(&list_name(&api.id), || list(cx, &api.id)).await?;
            let routes =
                all.iter().map(|one| (address_of(&at, &slug(&one.key)), Self::outputs(one)));
            Ok::<_, StepError>(routes.collect::<Vec<_>>())
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

/// The address of the route with `slug` in the API at `api`.
pub fn address_of(api: &Address, slug: &str) -> Address {
    let text = match api.as_str().split_once('/') {
        Some((_, gateway)) => format!("route/{gateway}/{slug}"),
        None => format!("route/{slug}"),
    };
    Address::new(text).expect("slugs are words of an address")
}

fn target(links: &Links) -> String {
    format!("integrations/{}", links.integration_id)
}

fn list_name(api_id: &str) -> String {
    format!("apigateway.routes {api_id}")
}

/// The routes of an API; none when the API is gone.
async fn list(cx: &Cx<'_, Cloud>, api_id: &str) -> Result<Vec<Live>, StepError> {
    let pages = http_api_calls::pages(|token| async {
        let call = cx.cloud.apigateway.get_routes().api_id(api_id);
        let answer = call.max_results(http_api_calls::PAGE).set_next_token(token).send().await;
        let answer = answer.map_err(|error| classify("GetRoutes", error))?;
        Ok((answer.items.unwrap_or_default(), answer.next_token))
    });
    match pages.await {
        Ok(all) => Ok(all.into_iter().filter_map(|one| Live::listed(api_id, one)).collect()),
        Err(error) if is_not_found(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

macro_rules! from_answer {
    ($name:ident, $answer:ty) => {
        fn $name(api_id: &str, answer: $answer) -> Option<Self> {
            let authorization = answer.authorization_type.unwrap_or(AuthorizationType::None);
            Some(Self {
                api_id: api_id.to_owned(),
                route_id: answer.route_id?,
                key: answer.route_key?,
                target: answer.target.unwrap_or_default(),
                authorization: authorization.as_str().to_owned(),
            })
        }
    };
}

impl Live {
    from_answer!(created, CreateRouteOutput);
    from_answer!(listed, Listed);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_field_is_a_change_of_its_own() {
        let spec = Spec { key: "POST /mcp".into(), slug: slug("POST /mcp") };
        let links = Links { api_id: "api".into(), integration_id: "i".into() };
        let live = Live {
            api_id: "api".into(),
            route_id: "r".into(),
            key: "POST /mcp".into(),
            target: "integrations/i".into(),
            authorization: "NONE".into(),
        };
        let fields = |links: Option<&Links>, live: &Live| match Route::diff(&spec, links, live) {
            Diff::Same => Vec::new(),
            Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
            Diff::Replace { reason, .. } => panic!("{reason}"),
        };
        assert!(fields(Some(&links), &live).is_empty());
        let moved = Live { target: "integrations/other".into(), ..live.clone() };
        assert_eq!(fields(Some(&links), &moved), ["target"]);
        assert!(fields(None, &moved).is_empty());
        let guarded = Live { authorization: "AWS_IAM".into(), ..live.clone() };
        assert_eq!(fields(Some(&links), &guarded), ["authorizationType"]);
        let old = Live { api_id: "old".into(), ..live };
        assert_eq!(fields(Some(&links), &old), ["apiId"]);
    }

    #[test]
    fn slugs_are_addresses_and_tell_keys_apart() {
        assert_eq!(slug("POST /mcp"), "post_mcp");
        assert_eq!(slug("$default"), "default");
        assert_eq!(slug("GET /oauth2/callback"), "get_oauth2_callback");
        let keys = [
            "$default",
            "GET /",
            "POST /",
            "ANY /mcp",
            "GET /mcp",
            "POST /mcp",
            "GET /mcp/{a}",
            "GET /mcp/{a+}",
            "GET /mcp/a",
            "GET /mcp_a",
            "GET /a/b",
            "GET /a_b",
            "GET /a-b",
            "GET /connect/{handle}",
            "GET /.well-known/oauth-protected-resource",
            "GET /.well-known/oauth-protected-resource/{proxy+}",
            "GET /.well-known/oauth-authorization-server",
        ];
        let slugs: BTreeSet<String> = keys.iter().map(|key| slug(key)).collect();
        assert_eq!(slugs.len(), keys.len(), "{slugs:?}");
        for slug in slugs {
            assert!(Address::new(format!("route/{slug}")).is_ok(), "{slug}");
        }
    }
}
