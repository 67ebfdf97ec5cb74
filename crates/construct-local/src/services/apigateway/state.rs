//! What the local API Gateway remembers, for one Region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::not_found;
use crate::service::Fault;
use crate::state::Account;

/// All HTTP APIs of a Region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By API id.
    pub apis: BTreeMap<String, Api>,
}

/// An HTTP API. The maps of members hold what `Get...` answers, in wire names.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Api {
    /// Milliseconds since the epoch.
    pub created: i64,
    /// The port that it has for itself.
    #[serde(default)]
    pub port: u16,
    /// Name, description, CORS and so on.
    pub members: Map<String, Value>,
    /// The API's tags.
    pub tags: BTreeMap<String, String>,
    /// By integration id.
    pub integrations: BTreeMap<String, Map<String, Value>>,
    /// By route id.
    pub routes: BTreeMap<String, Map<String, Value>>,
    /// By name.
    pub stages: BTreeMap<String, Stage>,
}

impl Account {
    /// The HTTP APIs of all Regions, by id.
    pub(crate) fn http_apis(&self) -> impl Iterator<Item = (&str, &Api)> {
        let regions = self.regions.values();
        regions.flat_map(|region| region.apigateway.apis.iter().map(|(id, api)| (&**id, api)))
    }
}

/// A stage.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Stage {
    /// Milliseconds since the epoch.
    pub created: i64,
    /// Milliseconds since the epoch.
    pub updated: i64,
    /// Settings, variables and so on.
    pub members: Map<String, Value>,
    /// The stage's tags.
    pub tags: BTreeMap<String, String>,
}

impl State {
    /// # Errors
    /// `NotFoundException` when there is no such API.
    pub(super) fn api(&self, id: &str) -> Result<&Api, Fault> {
        self.apis.get(id).ok_or_else(|| not_found("API", id))
    }

    /// # Errors
    /// `NotFoundException` when there is no such API.
    pub(super) fn api_mut(&mut self, id: &str) -> Result<&mut Api, Fault> {
        self.apis.get_mut(id).ok_or_else(|| not_found("API", id))
    }
}
