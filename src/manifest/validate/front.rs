//! `[front]` and `front`: what each door of a front can do.

use crate::manifest::read::join;
use crate::manifest::{Manifest, Problems, rules};

impl Manifest {
    pub(super) fn check_fronts(&self, problems: &mut Problems) {
        let all = self.all_gateways();
        for (name, gateway) in &all {
            let path = name.map_or_else(|| "gateway".to_owned(), |name| join("gateways", name));
            let key = format!("{path}.front");
            if !gateway.has_front() && self.is_written(&key) {
                let message = "`front` is for inbound = \"cognito\"";
                let help = "remove it: clients call the gateway itself";
                problems.push(self.problem(&key, message, help));
            }
        }
        let seconds = self.front.timeout_seconds;
        let rule = &rules::HTTP_API_TIMEOUT;
        let has_api = all.iter().any(|(_, gateway)| gateway.has_http_api());
        if has_api && i64::from(seconds) > rule.maximum {
            let message = format!("{seconds} seconds are not possible behind an HTTP API");
            let help = format!(
                "use {} to {} {}, or write `front = \"function-url\"` for every gateway that people sign in to",
                rule.minimum, rule.maximum, rule.unit
            );
            let problem = self.problem("front.timeout_seconds", message, help);
            problems.push(problem.under(&rule.rule));
        }
        let has_url = all.iter().any(|(_, gateway)| gateway.has_function_url());
        if has_url && !has_api && self.is_written("front.throttle") {
            let message = "`throttle` is for an HTTP API, and there is none";
            let help = "remove it, or bound the function instead: reserved_concurrency";
            let problem = self.problem("front.throttle", message, help);
            problems.push(problem.under(&rules::FUNCTION_URL_LIMITS));
        }
    }
}
