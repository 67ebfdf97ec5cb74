//! How fast a route may be called: a bucket of tokens for each route of a stage, which the rate fills and each request
//! empties by one. A stage's settings for all routes count for each route by itself, so that a flood on one leaves the
//! others alone.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html>

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};

/// An account's own limits in a Region, where a stage names none.
const ACCOUNT_RATE: f64 = 10_000.0;
const ACCOUNT_BURST: f64 = 5_000.0;

/// What a route of a stage may take.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Limit {
    /// API, stage and route.
    route: [String; 3],
    /// Requests a second.
    rate: f64,
    /// Requests at once.
    burst: f64,
}

impl Limit {
    /// The limit that a stage's settings give a route.
    pub(super) fn of(stage: &Map<String, Value>, route: [&str; 3]) -> Self {
        let own = stage.get("routeSettings").and_then(|settings| settings.get(route[2]));
        let all = stage.get("defaultRouteSettings");
        let setting = |name: &str| {
            let mut settings = [own, all].into_iter().flatten();
            settings.find_map(|settings| settings.get(name)?.as_f64())
        };
        Self {
            route: route.map(str::to_owned),
            rate: setting("throttlingRateLimit").unwrap_or(ACCOUNT_RATE),
            burst: setting("throttlingBurstLimit").unwrap_or(ACCOUNT_BURST),
        }
    }
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    /// Milliseconds since the epoch.
    filled_at: i64,
}

/// The buckets of all routes that were called.
#[derive(Debug, Default)]
pub(super) struct Throttles(Mutex<BTreeMap<[String; 3], Bucket>>);

impl Throttles {
    /// Takes a token; `false` when there is none, which the service answers with 429.
    pub(super) fn admits(&self, limit: &Limit, now: i64) -> bool {
        let Self(buckets) = self;
        let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = || Bucket { tokens: limit.burst, filled_at: now };
        let bucket = buckets.entry(limit.route.clone()).or_insert_with(full);
        let passed = u64::try_from(now - bucket.filled_at).unwrap_or_default();
        let filled = Duration::from_millis(passed).as_secs_f64().mul_add(limit.rate, bucket.tokens);
        bucket.tokens = filled.min(limit.burst);
        bucket.filled_at = now.max(bucket.filled_at);
        let is_admitted = bucket.tokens >= 1.0;
        if is_admitted {
            bucket.tokens -= 1.0;
        }
        is_admitted
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn limit(route: &str) -> Limit {
        let stage = json!({
            "defaultRouteSettings": { "throttlingRateLimit": 2.0, "throttlingBurstLimit": 3 },
            "routeSettings": { "POST /token": { "throttlingBurstLimit": 1 } },
        });
        Limit::of(stage.as_object().unwrap(), ["api", "$default", route])
    }

    #[test]
    fn a_burst_is_let_in_and_then_so_many_a_second() {
        let throttles = Throttles::default();
        let limit = limit("ANY /mcp");
        let admitted =
            |now: i64, asked: usize| (0..asked).filter(|_| throttles.admits(&limit, now)).count();
        assert_eq!(admitted(0, 10), 3);
        assert_eq!(admitted(400, 10), 0);
        assert_eq!(admitted(1_000, 10), 2);
        assert_eq!(admitted(900, 10), 0, "a clock that goes back fills nothing");
        assert_eq!(admitted(60_000, 10), 3, "never more than the burst");
    }

    #[test]
    fn each_route_has_its_own_bucket_and_may_have_its_own_limit() {
        let throttles = Throttles::default();
        let token = limit("POST /token");
        assert_eq!((token.rate, token.burst), (2.0, 1.0));
        assert!(throttles.admits(&token, 0) && !throttles.admits(&token, 0));
        assert!(throttles.admits(&limit("ANY /mcp"), 0));
        let bare = Limit::of(&Map::new(), ["api", "$default", "r"]);
        assert_eq!((bare.rate, bare.burst), (ACCOUNT_RATE, ACCOUNT_BURST));
    }
}
