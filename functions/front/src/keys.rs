//! The sealing keys: read from Parameter Store at the cold start, and again now and then.
//!
//! Two rings: *state* seals what lives for minutes and is rotated; *id* seals what clients keep, and is not, or every
//! registered client and every refresh token would be lost. When a new state key takes over is in [`crate::schedule`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::aws::{Aws, AwsError, Operation};
use crate::clock::Deadline;
use crate::config::Config;
use crate::schedule::{Schedule, Stage};
use crate::seal::Ring;
use crate::web::Web;

/// Keys that could not be read again are tried for after so many seconds.
const RETRY: u64 = 15;

const GET_PARAMETERS: Operation = Operation {
    service: "ssm",
    path: "/",
    target: Some("AmazonSSM.GetParameters"),
    content_type: "application/x-amz-json-1.1",
};

/// Both rings.
#[derive(Clone, Debug)]
pub struct Rings {
    /// Seals what a login or a consent carries.
    pub state: Ring,
    /// Seals ids of clients and refresh tokens.
    pub id: Ring,
}

/// What was read, and what it means now.
#[derive(Debug)]
struct Held {
    /// The keys in the order of the parameters.
    written: Rings,
    /// When the state keys were written.
    changed_at: u64,
    stage: Stage,
    rings: Arc<Rings>,
    read_again_at: u64,
}

impl Held {
    fn new((written, changed_at): (Rings, u64), stage: Stage, read_again_at: u64) -> Self {
        let rings = Arc::new(at(&written, stage));
        Self { written, changed_at, stage, rings, read_again_at }
    }

    fn at(&mut self, schedule: Schedule, now: u64) -> Arc<Rings> {
        let stage = schedule.stage(now.saturating_sub(self.changed_at));
        if stage != self.stage {
            self.stage = stage;
            self.rings = Arc::new(at(&self.written, stage));
        }
        Arc::clone(&self.rings)
    }
}

fn at(written: &Rings, stage: Stage) -> Rings {
    Rings { state: written.state.at(stage), id: written.id.clone() }
}

/// The keys, once they are read.
#[derive(Debug, Default)]
pub struct Keys(Mutex<Option<Held>>);

impl Keys {
    /// The rings, read if they are not there or old. Old ones serve while the new cannot be had.
    ///
    /// # Errors
    /// [`AwsError`] when there is none at all.
    pub fn rings(
        &self,
        (aws, web): (&Aws, &Web),
        config: &Config,
        now: u64,
        deadline: Deadline,
    ) -> Result<Arc<Rings>, AwsError> {
        let schedule = config.key_schedule();
        let Self(held) = self;
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.as_mut().filter(|held| now < held.read_again_at) {
            return Ok(held.at(schedule, now));
        }
        let input = json!({ "Names": config.key_parameters, "WithDecryption": true });
        let read = aws.call(web, GET_PARAMETERS, &input, deadline);
        let read = read.and_then(|output| {
            rings(&output, config).ok_or(AwsError::Service("SealingKeysUnusable".to_owned()))
        });
        match (read, held.as_mut()) {
            (Ok(read), _) => {
                let stage = schedule.stage(now.saturating_sub(read.1));
                let held = held.insert(Held::new(read, stage, now + schedule.read_every));
                Ok(Arc::clone(&held.rings))
            }
            (Err(_), Some(old)) => {
                old.read_again_at = now + RETRY.min(schedule.read_every);
                Ok(old.at(schedule, now))
            }
            (Err(error), None) => Err(error),
        }
    }
}

/// The keys, and when the state keys were written.
fn rings(output: &Value, config: &Config) -> Option<(Rings, u64)> {
    let parameter = |name: &str| {
        let parameters = output["Parameters"].as_array()?;
        parameters.iter().find(|parameter| parameter["Name"] == name)
    };
    let [state, id] = &config.key_parameters;
    let (state, id) = (parameter(state)?, parameter(id)?);
    // Seconds since 1970, with a fraction.
    let changed_at = state["LastModifiedDate"].as_f64().unwrap_or_default();
    let changed_at = Duration::try_from_secs_f64(changed_at).unwrap_or_default().as_secs();
    // A login belongs to this pool as well; an id outlives a pool that was replaced.
    let login = format!("{}\0{}\0{}", config.base, config.issuer, config.client_id);
    let rings = Rings {
        state: Ring::read(state["Value"].as_str()?, &login)?,
        id: Ring::read(id["Value"].as_str()?, &config.base)?,
    };
    Some((rings, changed_at))
}
