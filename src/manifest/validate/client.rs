//! `[clients]`: which programs may sign people in. What no front would look at is refused.

use crate::front;
use crate::manifest::read::join;
use crate::manifest::{Manifest, Problems, rules};

impl Manifest {
    pub(super) fn check_clients(&self, problems: &mut Problems) {
        let clients = &self.clients;
        for id in clients.registered.keys() {
            let path = join("clients.registered", id);
            if id.starts_with(rules::DYNAMIC_CLIENT_PREFIX) {
                let message = format!(
                    "ids that begin with `{}` are those of clients that register themselves",
                    rules::DYNAMIC_CLIENT_PREFIX
                );
                let problem = self.problem(&path, message, "choose another id");
                problems.push(problem.under(&rules::DYNAMIC_CLIENT));
            }
        }
        for (index, id) in clients.denied.iter().enumerate() {
            if clients.registered.contains_key(id) {
                let message = format!("`{id}` is registered and denied");
                let help = "remove it here, or its table in [clients.registered]";
                let problem = self.problem(&format!("clients.denied[{index}]"), message, help);
                problems.push(problem.under(&rules::REGISTERED_AND_DENIED));
            }
        }
        self.check_clients_fit(problems);
        self.check_clients_have_a_front(problems);
    }

    /// The function is told by its environment, which has a limit.
    fn check_clients_fit(&self, problems: &mut Problems) {
        let told = front::client_settings(&self.clients);
        let size: usize = told.iter().map(|(name, value)| name.len() + value.len()).sum();
        let limit = &rules::CLIENT_SETTINGS;
        if size > limit.maximum {
            let message = format!(
                "these clients take {size} bytes of the front's environment, and {} are left for them",
                limit.maximum
            );
            let help = "register fewer clients or shorter redirect URIs; a client that describes itself at its own address \
                        needs only its host in `metadata_hosts`";
            problems.push(self.problem("clients", message, help).under(&limit.rule));
        }
    }

    fn check_clients_have_a_front(&self, problems: &mut Problems) {
        if self.all_gateways().iter().any(|(_, gateway)| gateway.has_front()) {
            return;
        }
        let clients = &self.clients;
        let used = [
            ("registered", !clients.registered.is_empty()),
            ("metadata_hosts", !clients.metadata_hosts.is_empty()),
            ("denied", !clients.denied.is_empty()),
            ("allowed_origins", !clients.allowed_origins.is_empty()),
        ];
        for (key, _) in used.into_iter().filter(|(_, is_used)| *is_used) {
            let message =
                format!("`{key}` is for gateways with inbound = \"cognito\", and there is none");
            let help = "remove it, or choose that way in";
            problems.push(self.problem(&format!("clients.{key}"), message, help));
        }
    }
}
