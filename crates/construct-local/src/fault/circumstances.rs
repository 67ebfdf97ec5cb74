//! What a fault changes about how a call is carried out, beside whether and when it is answered.

use std::borrow::Cow;

use serde_json::Value;

use super::{Effect, Interloper};
use crate::options::{Delays, Options};
use crate::service::Input;

/// How a call is carried out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Circumstances {
    /// How long what it begins takes, where that is not as usual.
    stuck_ms: Option<i64>,
    /// Why what it begins fails.
    pub(crate) failure: Option<String>,
    /// How old the account is that it sees, if it only looks.
    pub(crate) lag_ms: Option<i64>,
    /// How many items a page has.
    page: Option<u64>,
    /// What others do just before.
    pub(crate) meanwhile: Vec<Interloper>,
}

impl Circumstances {
    /// Those of a call that is hit by `effects`.
    pub(crate) fn of(effects: &[Effect]) -> Self {
        let mut circumstances = Self::default();
        let milliseconds = |number: &u64| i64::try_from(*number).unwrap_or(i64::MAX);
        for effect in effects {
            match effect {
                Effect::Stuck(long) => circumstances.stuck_ms = Some(milliseconds(long)),
                Effect::Fails(reason) => circumstances.failure = Some(reason.clone()),
                Effect::Stale(old) => circumstances.lag_ms = Some(milliseconds(old)),
                Effect::ShortPages(size) => circumstances.page = Some(*size),
                Effect::Meanwhile(other) => circumstances.meanwhile.push(other.clone()),
                Effect::FailBefore(_)
                | Effect::FailAfter(_)
                | Effect::CutBefore
                | Effect::CutAfter
                | Effect::HangBefore
                | Effect::HangAfter
                | Effect::Latency(_)
                | Effect::LatencyAfter(_) => {}
            }
        }
        circumstances
    }

    /// The options that the call meets.
    pub(crate) fn options<'a>(&self, usual: &'a Options) -> Cow<'a, Options> {
        let Some(long) = self.stuck_ms else { return Cow::Borrowed(usual) };
        let delays = Delays {
            gateway_ms: long,
            target_ms: long,
            function_ms: long,
            provider_ms: long,
            table_ms: long,
            iam_propagation_ms: usual.delays.iam_propagation_ms,
        };
        Cow::Owned(Options { delays, ..usual.clone() })
    }

    /// The members of a call to `service`, with the page's size among them if that is not as usual.
    pub(crate) fn input(&self, service: &str, operation: &str, members: Value) -> Input {
        let Value::Object(mut members) = members else { return Input::new(members) };
        if let Some((size, name)) = self.page.zip(page_size_member(service, operation)) {
            members.insert(name.to_owned(), size.into());
        }
        Input::new(Value::Object(members))
    }
}

/// The member by which a caller of a listing says how many items it wants.
fn page_size_member(service: &str, operation: &str) -> Option<&'static str> {
    if !operation.starts_with("List")
        && !operation.starts_with("Describe")
        && operation != "GetApis"
    {
        return None;
    }
    match (service, operation) {
        ("cognito-idp", "ListUsers") | ("dynamodb", "ListTables") => Some("Limit"),
        ("bedrock-agentcore" | "apigateway", _) => Some("maxResults"),
        (
            "cognito-idp",
            "ListUserPools"
            | "ListUserPoolClients"
            | "ListResourceServers"
            | "ListIdentityProviders",
        )
        | ("ssm", "DescribeParameters") => Some("MaxResults"),
        ("logs", "DescribeLogGroups") => Some("limit"),
        ("iam", _) | ("lambda", "ListFunctions") => Some("MaxItems"),
        _ => None,
    }
}

impl Interloper {
    /// What it sends beside a call with these members.
    pub(crate) fn input_beside(&self, hit: &Input) -> Input {
        let mut input = self.input.clone();
        for value in input.as_object_mut().into_iter().flat_map(|members| members.values_mut()) {
            let member = value.as_str().and_then(|text| text.strip_prefix('$'));
            if let Some(hit) = member.and_then(|member| hit.get(member)) {
                *value = hit.clone();
            }
        }
        Input::new(input)
    }
}
