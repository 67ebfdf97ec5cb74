//! `[gateway]` and `[gateways]`.

use super::help_for_reference;
use crate::manifest::read::join;
use crate::manifest::{Manifest, Problems};

impl Manifest {
    pub(super) fn check_gateways(&self, problems: &mut Problems) {
        if !self.gateways.is_empty() && self.is_written("gateway") {
            let message = "there are both [gateway] and [gateways]";
            let help = "give the one of [gateway] a name, and move it into [gateways]";
            problems.push(self.problem("gateway", message, help));
        }
        let all = self.gateways.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        for (name, target) in &self.targets {
            let path = join("targets", name) + ".gateway";
            match &target.gateway {
                Some(gateway) if !self.gateways.contains_key(gateway) => {
                    let message = format!("there is no gateway `{gateway}`");
                    let help = help_for_reference("gateways", gateway, self.gateways.keys());
                    problems.push(self.problem(&path, message, help));
                }
                None if self.gateways.len() > 1 => {
                    let message = "it does not say which gateway it is in";
                    problems.push(self.problem(&path, message, format!("name one of {all}")));
                }
                _ => {}
            }
        }
    }
}
