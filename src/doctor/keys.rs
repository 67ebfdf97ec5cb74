//! How old the keys are that the front seals with. Their values are not read.

use aws_sdk_ssm::types::ParameterStringFilter;
use construct_engine::StepError;
use jiff::Timestamp;

use super::{Checked, Finding};
use crate::cloud::{Cloud, classify};
use crate::outputs::config::Config;

/// After how many days the state key should be another: construct's own choice.
const MOST_DAYS: i64 = 90;
/// The key that seals logins and codes, by its name in `config.json`; with several gateways theirs follow it.
const STATE: &str = "state";

/// Looks at the keys that `config` names.
pub(super) async fn check(cloud: &Cloud, config: &Config, now: Timestamp) -> Checked {
    let mut findings = Vec::new();
    for (name, parameter) in &config.keys {
        findings.push(match written(cloud, parameter).await {
            Ok(Some(written)) => aged(name, parameter, days(written, now)),
            Ok(None) => Finding::wrong(
                format!("the {name} key {parameter} is not there"),
                "the front cannot seal or open anything: nobody can sign in",
                "run `construct up`",
            ),
            Err(error) => Finding::refused(format!("how old the {name} key is"), &error),
        });
    }
    if findings.is_empty() {
        findings.push(Finding::fine("the stack seals nothing"));
    }
    Checked::new("keys", findings)
}

/// When a parameter was written last; none where it is not there.
async fn written(cloud: &Cloud, name: &str) -> Result<Option<Timestamp>, StepError> {
    let filter = ParameterStringFilter::builder().key("Name").option("Equals").values(name).build();
    let filter = filter.map_err(|error| StepError::bug(error.to_string()))?;
    let answer = cloud.ssm.describe_parameters().parameter_filters(filter).send().await;
    let answer = answer.map_err(|error| classify("DescribeParameters", error))?;
    let date = answer.parameters().first().and_then(|one| one.last_modified_date);
    Ok(date.and_then(|date| Timestamp::from_second(date.secs()).ok()))
}

fn days(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second()) / 86_400
}

fn aged(name: &str, parameter: &str, days: i64) -> Finding {
    let what = format!("the {name} key is {days} days old");
    // The other one seals the ids of registered clients: another would break every one of them.
    let is_state = name == STATE || name.starts_with("state-");
    if !is_state || days <= MOST_DAYS {
        return Finding::fine(what);
    }
    Finding::wrong(
        format!("{what}, more than {MOST_DAYS}"),
        "who got hold of it once, in a log or a copy of the account, can open what logins carry for as long as it stays",
        format!("run `construct rotate state-key`; the key is the parameter {parameter}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    #[test]
    fn the_state_key_ages_and_the_one_of_registered_clients_does_not() {
        assert_eq!(aged("state", "/p", 90).outcome, Outcome::Fine);
        let old = aged("state", "/p", 91);
        assert!(old.outcome == Outcome::Wrong && old.what.contains("91 days old, more than 90"));
        assert_eq!(aged("id", "/p", 1000).outcome, Outcome::Fine);
        let from = Timestamp::from_second(0).unwrap();
        assert_eq!(days(from, Timestamp::from_second(86_400 * 3 + 1).unwrap()), 3);
    }
}
