//! The sealing keys: read from Parameter Store at the cold start, and again now and then.
//!
//! Two rings: *state* seals what lives for minutes and is rotated; *id* seals what clients keep, and is not, or every
//! registered client and every refresh token would be lost.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::aws::{Aws, AwsError, Operation};
use crate::clock::Deadline;
use crate::config::Config;
use crate::seal::Ring;
use crate::web::Web;

/// A rotation waits longer than this before it seals with a new key.
const MOST_AGE: u64 = 15 * 60;

const GET_PARAMETERS: Operation = Operation {
    service: "ssm",
    path: "/",
    target: Some("AmazonSSM.GetParameters"),
    content_type: "application/x-amz-json-1.1",
};

/// Both rings.
#[derive(Debug)]
pub struct Rings {
    /// Seals what a login or a consent carries.
    pub state: Ring,
    /// Seals ids of clients and refresh tokens.
    pub id: Ring,
}

#[derive(Debug)]
struct Held {
    rings: Arc<Rings>,
    read_at: u64,
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
        let Self(held) = self;
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.as_ref().filter(|held| now < held.read_at + MOST_AGE) {
            return Ok(Arc::clone(&held.rings));
        }
        let input = json!({ "Names": config.key_parameters, "WithDecryption": true });
        let read = aws.call(web, GET_PARAMETERS, &input, deadline);
        let read = read.and_then(|output| {
            rings(&output, config).ok_or(AwsError::Service("SealingKeysUnusable".to_owned()))
        });
        match (read, held.as_mut()) {
            (Ok(rings), _) => {
                let rings = Arc::new(rings);
                *held = Some(Held { rings: Arc::clone(&rings), read_at: now });
                Ok(rings)
            }
            (Err(_), Some(old)) => {
                old.read_at = now;
                Ok(Arc::clone(&old.rings))
            }
            (Err(error), None) => Err(error),
        }
    }
}

fn rings(output: &Value, config: &Config) -> Option<Rings> {
    let value = |name: &str| {
        let parameters = output["Parameters"].as_array()?;
        parameters.iter().find(|parameter| parameter["Name"] == name)?["Value"].as_str()
    };
    let [state, id] = &config.key_parameters;
    // A login belongs to this pool as well; an id outlives a pool that was replaced.
    let login = format!("{}\0{}\0{}", config.base, config.issuer, config.client_id);
    Some(Rings {
        state: Ring::read(value(state)?, &login)?,
        id: Ring::read(value(id)?, &config.base)?,
    })
}
