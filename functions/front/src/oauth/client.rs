//! Clients: who they are and where their answers may go.
//!
//! There are three kinds, told apart by their ids: those that registered here (the id is their sealed record), those that
//! a document at their own address describes, and those that whoever runs the stack has named.

use serde::{Deserialize, Serialize};

use super::redirect::RedirectUri;
use crate::Visit;
use crate::keys::Rings;
use crate::random::sha256;
use crate::seal::Purpose;

/// What the ids of registered clients begin with.
pub(super) const PREFIX: &str = "dcr.";
/// Ids travel in addresses; this bounds what a registration may hold.
pub(super) const MOST_ID: usize = 1024;

/// A client that may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// What it is called.
    pub(super) name: String,
    /// Where its answers may go.
    pub(super) redirect_uris: Vec<String>,
    /// The host whose document describes it.
    pub(super) vouched_by: Option<String>,
}

/// The record in a registered client's id; short names, because the id is short.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// Its name.
    pub(super) n: String,
    /// Its redirect URIs.
    pub(super) r: Vec<String>,
}

/// What a client is called in codes and in the log: short, and no use to anybody.
pub(super) fn fingerprint(id: &str) -> String {
    let mut fingerprint = sha256(id);
    fingerprint.truncate(16);
    fingerprint
}

/// The client called `id`; none where nobody knows it, or where it is served no longer.
pub(super) fn find(visit: &Visit<'_>, rings: &Rings, id: &str) -> Option<Client> {
    let config = visit.config();
    if id.len() > MOST_ID || config.denied_clients.contains(&fingerprint(id)) {
        return None;
    }
    if let Some(registered) = config.registered.get(id) {
        return Some(Client {
            name: registered.name.clone(),
            redirect_uris: registered.redirect_uris.clone(),
            vouched_by: None,
        });
    }
    if let Some(sealed) = id.strip_prefix(PREFIX) {
        let record: Record = rings.id.open(Purpose::Client, sealed, visit.now()).ok()?;
        return Some(Client { name: record.n, redirect_uris: record.r, vouched_by: None });
    }
    visit.front.documents.client(visit, id)
}

impl Client {
    /// Whether an answer may go to `asked`.
    pub(super) fn admits(&self, asked: &RedirectUri<'_>) -> bool {
        let mut registered = self.redirect_uris.iter().filter_map(|uri| RedirectUri::read(uri));
        registered.any(|registered| registered.admits(asked))
    }
}
