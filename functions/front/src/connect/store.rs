//! Consent sessions: one item of the table for each, for as long as it can be used.
//!
//! | attribute | what |
//! |---|---|
//! | `handle` | the key: 128 bits that only we derive from the session's name, so that the callback finds it without a second item |
//! | `session`, `url` | AgentCore's name for it, and the real address |
//! | `issuer`, `subject` | who asked |
//! | `token` | the token that asked, sealed; gone once it was used |
//! | `stage` | `open`, `started`, `done` or `burned` |
//! | `expires_at` | seconds since 1970; the table removes items some time after, so that it is compared at every read |
//!
//! A session that is over stays as `done` or `burned` until it expires: were it gone, the same session could be opened anew.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::LIFETIME;
use crate::aws::{AwsError, Operation};
use crate::clock::Deadline;
use crate::keys::Rings;
use crate::seal::Purpose;
use crate::{Front, Visit};

/// An elicitation that asks for a consent.
#[derive(Clone, Copy)]
pub struct Elicited<'a> {
    /// AgentCore's name of the session.
    pub session: &'a str,
    /// The real address.
    pub url: &'a str,
    /// Who issued the token that asked.
    pub issuer: &'a str,
    /// Whose it is.
    pub subject: &'a str,
    /// The token.
    pub token: &'a str,
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nobody has shown who they are.
    Open,
    /// The browser of the person who asked is at the third party.
    Started,
    /// Completed, or at least used up.
    Done,
    /// Somebody else came back.
    Burned,
}

impl Stage {
    const ALL: [Self; 4] = [Self::Open, Self::Started, Self::Done, Self::Burned];

    const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Started => "started",
            Self::Done => "done",
            Self::Burned => "burned",
        }
    }
}

/// A session that has not expired.
pub(super) struct Session {
    pub(super) handle: String,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) stage: Stage,
    pub(super) expires_at: u64,
    token: String,
}

/// A token that is good for one session only, even for who can write to the table.
#[derive(Serialize, Deserialize)]
struct Kept {
    handle: String,
    token: String,
}

const fn operation(target: &'static str) -> Operation {
    Operation {
        service: "dynamodb",
        path: "/",
        target: Some(target),
        content_type: "application/x-amz-json-1.0",
    }
}

const PUT: Operation = operation("DynamoDB_20120810.PutItem");
const GET: Operation = operation("DynamoDB_20120810.GetItem");
const UPDATE: Operation = operation("DynamoDB_20120810.UpdateItem");

/// Opens a session and gives its handle. One that is there already is left as it is: the first token is the original, and
/// what was burned stays burned.
///
/// # Errors
/// A word for the log.
pub fn open(front: &Front, elicited: &Elicited<'_>, deadline: Deadline) -> Result<String, String> {
    let rings = front.rings(deadline)?;
    let handle = rings.id.name(elicited.session);
    let expires_at = front.clock.now() + LIFETIME;
    let kept = Kept { handle: handle.clone(), token: elicited.token.to_owned() };
    let input = json!({
        "TableName": front.config.session_table,
        "Item": {
            "handle": { "S": handle },
            "session": { "S": elicited.session },
            "url": { "S": elicited.url },
            "issuer": { "S": elicited.issuer },
            "subject": { "S": elicited.subject },
            "token": { "S": rings.state.seal(Purpose::Token, &kept, Some(expires_at)) },
            "stage": { "S": Stage::Open.word() },
            "expires_at": { "N": expires_at.to_string() },
        },
        "ConditionExpression": "attribute_not_exists(#handle)",
        "ExpressionAttributeNames": { "#handle": "handle" },
    });
    match front.aws.call(&front.web, PUT, &input, deadline) {
        Ok(_) => Ok(handle),
        Err(error) if is_refused(&error) => Ok(handle),
        Err(error) => Err(error.word().to_owned()),
    }
}

/// The session of that handle, unless there is none or its time is over.
///
/// # Errors
/// A word for the log.
pub(super) fn find(visit: &Visit<'_>, handle: &str) -> Result<Option<Session>, String> {
    let input = json!({
        "TableName": visit.config().session_table,
        "Key": { "handle": { "S": handle } },
        "ConsistentRead": true,
    });
    let front = visit.front;
    let output = front.aws.call(&front.web, GET, &input, visit.deadline);
    let output = output.map_err(|error| error.word().to_owned())?;
    Ok(read(&output["Item"]).filter(|session| session.expires_at > visit.now()))
}

fn read(item: &Value) -> Option<Session> {
    let text = |name: &str| item[name]["S"].as_str().map(str::to_owned);
    let word = text("stage")?;
    Some(Session {
        handle: text("handle")?,
        name: text("session")?,
        url: text("url")?,
        issuer: text("issuer")?,
        subject: text("subject")?,
        stage: Stage::ALL.into_iter().find(|stage| stage.word() == word)?,
        expires_at: item["expires_at"]["N"].as_str()?.parse().ok()?,
        token: text("token").unwrap_or_default(),
    })
}

impl Session {
    /// The token that asked.
    pub(super) fn token(&self, rings: &Rings, now: u64) -> Option<String> {
        let kept: Kept = rings.state.open(Purpose::Token, &self.token, now).ok()?;
        (kept.handle == self.handle).then_some(kept.token)
    }

    /// Lets the person's browser go on. Again, where the person opens the link a second time. `false` when another request
    /// was quicker.
    ///
    /// # Errors
    /// A word for the log.
    pub(super) fn begin(&self, visit: &Visit<'_>) -> Result<bool, String> {
        self.advance(visit, "SET #stage = :next", &[Stage::Open, Stage::Started], Stage::Started)
    }

    /// Uses the session up. `false` when another request was quicker.
    ///
    /// # Errors
    /// A word for the log.
    pub(super) fn consume(&self, visit: &Visit<'_>) -> Result<bool, String> {
        self.advance(visit, "SET #stage = :next REMOVE #token", &[Stage::Started], Stage::Done)
    }

    /// Makes the session useless to everybody.
    ///
    /// # Errors
    /// A word for the log.
    pub(super) fn burn(&self, visit: &Visit<'_>) -> Result<bool, String> {
        let change = "SET #stage = :next REMOVE #token";
        self.advance(visit, change, &[Stage::Open, Stage::Started], Stage::Burned)
    }

    fn advance(
        &self,
        visit: &Visit<'_>,
        change: &str,
        from: &[Stage],
        next: Stage,
    ) -> Result<bool, String> {
        let mut names = json!({ "#stage": "stage", "#expires_at": "expires_at" });
        if change.contains("#token") {
            names["#token"] = json!("token");
        }
        let mut values = json!({
            ":next": { "S": next.word() },
            ":now": { "N": visit.now().to_string() },
        });
        let mut conditions = Vec::new();
        for (at, stage) in from.iter().enumerate() {
            values[format!(":from{at}")] = json!({ "S": stage.word() });
            conditions.push(format!("#stage = :from{at}"));
        }
        let input = json!({
            "TableName": visit.config().session_table,
            "Key": { "handle": { "S": self.handle } },
            "UpdateExpression": change,
            "ConditionExpression":
                format!("#expires_at > :now AND ({})", conditions.join(" OR ")),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        });
        let front = visit.front;
        match front.aws.call(&front.web, UPDATE, &input, visit.deadline) {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(error.word().to_owned()),
        }
    }
}

fn is_refused(error: &AwsError) -> bool {
    matches!(error, AwsError::Service(code) if code == "ConditionalCheckFailedException")
}
