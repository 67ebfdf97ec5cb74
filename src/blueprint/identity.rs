//! Workload identities that belong to no gateway.

use super::{Blueprint, address};
use crate::steps::workload_identity;

impl Blueprint<'_> {
    pub(super) fn identities(&mut self) {
        for (name, identity) in &self.prepared.manifest.identities {
            let at = address(format!("identity/{name}"));
            let spec = workload_identity::Spec {
                name: format!("{}-{name}", self.naming.stack),
                return_urls: identity.return_urls.clone(),
                tags: self.tags(&at),
            };
            self.graph.add(workload_identity::WorkloadIdentity, at, spec, (), |()| ());
        }
    }
}
