//! The quota of credential providers, looked at before anything is made: every stack of the account shares it, so that
//! the manifest alone cannot tell.

use construct_engine::{Class, Plan, Step as _, StepError, Verb};

use super::api_key_provider::ApiKeyProvider;
use super::credential_provider;
use super::oauth2_provider::OAuth2Provider;
use crate::cloud::Cloud;
use crate::manifest::rules;

/// Refuses a plan after which the account would have more providers of a kind than it may. What the plan removes does
/// not count: it goes after everything else is made.
///
/// # Errors
/// [`Class::Quota`] with the numbers, and how to do with fewer; a list that could not be read.
pub async fn check(cloud: &Cloud, plan: &Plan) -> Result<(), StepError> {
    let planned = |kind: &str| {
        let made = plan.actions.iter().filter(|action| action.verb == Verb::Create);
        made.filter(|action| action.kind == kind).count()
    };
    let oauth2 = planned(OAuth2Provider::KIND);
    if oauth2 > 0 {
        let there = credential_provider::all_oauth2(cloud).await?.len();
        fits("OAuth2", there, oauth2)?;
    }
    let api_keys = planned(ApiKeyProvider::KIND);
    if api_keys > 0 {
        let there = credential_provider::all_api_key(cloud).await?.len();
        fits("API key", there, api_keys)?;
    }
    Ok(())
}

/// How many providers of tokens, and of API keys, the account has in this Region.
///
/// # Errors
/// A list that could not be read.
pub async fn there(cloud: &Cloud) -> Result<(usize, usize), StepError> {
    let oauth2 = credential_provider::all_oauth2(cloud).await?.len();
    Ok((oauth2, credential_provider::all_api_key(cloud).await?.len()))
}

fn fits(kind: &str, there: usize, planned: usize) -> Result<(), StepError> {
    let most = rules::PROVIDERS.maximum;
    if there + planned <= most {
        return Ok(());
    }
    let message = format!(
        "{planned} more {kind} providers are planned where the account has {there} in this Region, and at most {most} are possible"
    );
    Err(StepError::new(Class::Quota, message).hint(
        "let several targets use one, or link one that another stack made: write its ARN as `existing` instead of a `vendor` or an `api_key`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_fits_and_the_next_does_not() {
        assert!(fits("OAuth2", 48, 2).is_ok());
        let refused = fits("OAuth2", 49, 2).unwrap_err();
        assert_eq!(refused.class, Class::Quota);
        assert!(refused.message.contains("has 49 in this Region"), "{}", refused.message);
    }
}
