//! The log group that a function's first run makes, where its role lets it: what a clean-up that
//! forgets log groups leaves behind.

use std::collections::BTreeMap;

use super::runtimes::Invocation;
use crate::local::LocalAws;
use crate::services::agentcore::permissions::allows;
use crate::services::logs::Group;

const ACTION: &str = "logs:CreateLogGroup";

/// Makes the function's log group if it is missing and the role may make it.
pub(super) fn ensure(local: &LocalAws, invocation: &Invocation) {
    let name = &invocation.log_group;
    let mut parts = invocation.function_arn.split(':').skip(3);
    let (Some(region), Some(account_id)) = (parts.next(), parts.next()) else { return };
    let arn = format!("arn:{}:logs:{region}:{account_id}:log-group:{name}", crate::PARTITION);
    let delay = local.options().delays.iam_propagation_ms;
    let is_due = local.read(|account| {
        let is_there =
            account.region(region).is_some_and(|region| region.logs.groups.contains_key(name));
        let documents = account.iam.visible_documents(&invocation.role, invocation.now_ms, delay);
        // The service judges the action on the group's streams too: policies name either form.
        !is_there
            && (allows(&documents, ACTION, &arn)
                || allows(&documents, ACTION, &format!("{arn}:log-stream:")))
    });
    if is_due {
        local.edit(|account| {
            account.region_mut(region).logs.groups.entry(name.clone()).or_insert_with(|| Group {
                created_ms: invocation.now_ms,
                retention_days: None,
                class: "STANDARD".to_owned(),
                tags: BTreeMap::new(),
            });
        });
    }
}
