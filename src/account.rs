//! An account in a Region, for commands that name a stack, or look for all of them, instead of reading a manifest.
//!
//! A manifest at hand counts for two things: its Region, where none is named, and its stack, which is known. Nothing else of
//! it is looked at, and none is needed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use construct_engine::{Journal, Stop, stacks};

use crate::cli::Failure;
use crate::cloud::{Cloud, Endpoint, Lists, Secrets, look_up_region};
use crate::manifest::Stack;
use crate::manifest::rules::STACK_NAME;
use crate::report::Place;
use crate::session::{PARALLELISM, Reach, Session, Tables, folder_of};

/// An account in a Region.
pub struct Account {
    /// The account as no stack's.
    pub cloud: Cloud,
    /// Where it is, for people.
    pub place: Place,
    /// `[stack]` of the manifest at hand, if there is one, or what is wrong with it.
    pub at_hand: Result<Option<Stack>, Failure>,
    base: PathBuf,
    endpoint: Endpoint,
}

impl Account {
    /// Connects to the account of the environment, or to the local AWS beside the manifest at `path`, which need not be
    /// there.
    ///
    /// # Errors
    /// No Region anywhere; credentials or an endpoint that do not serve.
    pub async fn open(path: &Path, local: bool, region: Option<&str>) -> Result<Self, Failure> {
        Self::reach(&Reach::of(local), path, region).await
    }

    /// The same on an account that is reached already.
    ///
    /// # Errors
    /// As [`Account::open`].
    pub async fn on(
        endpoint: Endpoint,
        path: &Path,
        region: Option<&str>,
    ) -> Result<Self, Failure> {
        Self::reach(&Reach::Endpoint(endpoint), path, region).await
    }

    async fn reach(reach: &Reach, path: &Path, region: Option<&str>) -> Result<Self, Failure> {
        let base = folder_of(path);
        let at_hand = match Tables::read(path, &["stack"]) {
            Ok(tables) => Ok(Some(tables.manifest.stack)),
            Err(_) if !path.exists() => Ok(None),
            Err(failure) => Err(failure),
        };
        let of_manifest = at_hand.iter().flatten().map(|stack| stack.region.clone()).next();
        let region = match region.map(str::to_owned).or(of_manifest) {
            Some(region) => region,
            None => look_up_region(None).await.ok_or_else(|| {
                Failure::usage("nothing says in which AWS Region to look")
                    .hint("name it with --region, or set AWS_REGION")
            })?,
        };
        let endpoint = reach.endpoint(&base).await?;
        let secrets = Secrets::new(reach.is_local());
        let (cloud, place) = reach.connect(&endpoint, ("", &region), secrets).await?;
        Ok(Self { cloud, place, at_hand, base, endpoint })
    }

    /// A session that removes the stack called `name`.
    pub fn session(&self, name: &str) -> Session {
        let mut cloud = self.cloud.clone();
        name.clone_into(&mut cloud.naming.stack);
        cloud.lists = Lists::default();
        Session::bare(self.base.clone(), self.endpoint.clone(), cloud, self.place.clone())
    }

    /// The names of all stacks whose marks something in the account carries, each with the kinds that say so.
    ///
    /// # Errors
    /// The first look that failed.
    pub async fn stacks(&self) -> Result<BTreeMap<String, Vec<&'static str>>, Failure> {
        let session = self.session("");
        let stop = Stop::default();
        let run = session.run(&|_| {}, &stop, PARALLELISM, &|| Ok(()));
        let mut all = stacks(&run, &session.registry).await?;
        // Anybody may write a tag: what is no stack's name can be no stack of construct's, and names a folder here.
        all.retain(|name, _| STACK_NAME.takes(name));
        Ok(all)
    }
}

/// Whether the journal of `session`'s stack remembers anything that a run here made or kept: who has it knows the stack. One
/// that only speaks of removals, as an unfinished `gc --delete` leaves it, does not count; one that cannot be read does.
pub fn is_remembered(session: &Session) -> bool {
    Journal::read(&session.journal_path()).map_or(true, |opened| {
        opened.journal.state().iter().any(|(_, record)| !record.spec.is_null())
    })
}
