//! The door of one gateway's front: what gives it its address. It is in the graph before whatever names that address.
//!
//! An HTTP API is a shell, into which integrations and routes come later. A function URL needs its function first: that is
//! made without an environment, which a node of its own writes once the gateway is there (decision 0013).

use std::collections::{BTreeMap, BTreeSet};

use construct_engine::{Deps, Handle, StepError};
use serde_json::Value;

use super::provider::Provider;
use super::{Blueprint, Place, address};
use crate::front;
use crate::steps::lambda_permission::{Allowed, URL_PREFIX};
use crate::steps::{function_url, http_api, lambda_function, lambda_permission};

/// The door of a front. What it stands for is the front's address, without a slash at its end.
#[derive(Clone, Copy)]
pub(super) enum Door {
    /// An HTTP API.
    Api(Handle<http_api::Outputs>),
    /// The URL of a function.
    Url(Handle<function_url::Outputs>, Handle<lambda_function::Outputs>),
}

impl Deps for Door {
    type Outputs = String;

    fn edges(&self, edges: &mut BTreeSet<usize>) {
        match self {
            Self::Api(api) => api.edges(edges),
            Self::Url(url, _) => url.edges(edges),
        }
    }

    fn outputs(&self, known: &dyn Fn(usize) -> Option<Value>) -> Result<Option<String>, StepError> {
        Ok(match self {
            Self::Api(api) => api.outputs(known)?.map(|api| api.endpoint),
            Self::Url(url, _) => url.outputs(known)?.map(|url| url.endpoint),
        })
    }
}

impl Blueprint<'_> {
    /// The door of the front of the gateway at `place`.
    pub(super) fn door(
        &mut self,
        place: Place<'_>,
        providers: &BTreeMap<String, Provider>,
    ) -> Door {
        if !place.wanted.has_function_url() {
            return Door::Api(self.api(place));
        }
        let function = self.front_function(place, front::MCP_PROXY, providers, None);
        let spec = function_url::Spec {
            function: self.function_name(&place.name(front::MCP_PROXY)),
            cors: front::cors(&self.prepared.manifest.clients),
        };
        let at = place.at(&format!("function-url/{}", front::MCP_PROXY));
        let url = self.graph.add(function_url::FunctionUrl, at, spec, function, |_| ());
        self.url_permissions(place, function);
        Door::Url(url, function)
    }

    /// Anybody may call a function URL: the function itself looks at who does.
    fn url_permissions(&mut self, place: Place<'_>, function: Handle<lambda_function::Outputs>) {
        let of_function = place.at(&format!("permission/{}", front::MCP_PROXY));
        let by_url = (format!("{URL_PREFIX}-invoke"), Allowed::InvocationByUrl);
        let statements = [("url", (URL_PREFIX.to_owned(), Allowed::Url)), ("invoke", by_url)];
        for (purpose, (statement_id, allowed)) in statements {
            let spec = lambda_permission::Spec { statement_id, principal: "*".to_owned(), allowed };
            self.graph.add(
                lambda_permission::Permission,
                address(format!("{of_function}.{purpose}")),
                spec,
                function,
                |function| lambda_permission::Links {
                    function_name: function.name,
                    source_arn: None,
                },
            );
        }
    }

    fn api(&mut self, place: Place<'_>) -> Handle<http_api::Outputs> {
        let at = place.at("api");
        let spec = http_api::Spec {
            name: self.naming.name(&at),
            description: format!("construct: the front of {}", self.naming.stack),
            cors: front::cors(&self.prepared.manifest.clients),
            tags: self.tags(&at),
        };
        self.graph.add(http_api::HttpApi, at, spec, (), |()| ())
    }
}
