//! A part of a manifest, for commands that need no more of it.

use std::path::{Path, PathBuf};

use super::folder_of;
use super::reach::Reach;
use crate::cli::Failure;
use crate::cloud::{Cloud, Endpoint, Secrets};
use crate::manifest::Manifest;
use crate::report::Place;

/// Some tables of a manifest, for commands that need no more: whatever is wrong with the others, they go on.
pub struct Tables {
    /// The manifest, of which only these tables are sound.
    pub manifest: Manifest,
    base: PathBuf,
}

impl Tables {
    /// Reads the manifest at `path` for the sake of `names`.
    ///
    /// # Errors
    /// What is wrong with the file as a whole, or with one of these tables: then everything that is wrong.
    pub fn read(path: &Path, names: &[&str]) -> Result<Self, Failure> {
        let draft = Manifest::draft(path)?;
        let table = |key: &str| key.split('.').next().unwrap_or_default().to_owned();
        let wrong = |key: &str| key.is_empty() || names.contains(&table(key).as_str());
        if draft.problems.iter().any(|problem| wrong(&problem.path)) {
            return Err(Failure::from(draft.problems));
        }
        Ok(Self { manifest: draft.manifest, base: folder_of(path) })
    }

    /// Connects to the account of the environment, or to the local AWS.
    ///
    /// # Errors
    /// Credentials or an endpoint that do not serve.
    pub async fn connect(&self, local: bool) -> Result<(Cloud, Place), Failure> {
        self.reach(&Reach::of(local)).await
    }

    /// Connects to an account that is reached already.
    ///
    /// # Errors
    /// As [`Tables::connect`].
    pub async fn connect_to(&self, endpoint: Endpoint) -> Result<(Cloud, Place), Failure> {
        self.reach(&Reach::Endpoint(endpoint)).await
    }

    async fn reach(&self, reach: &Reach) -> Result<(Cloud, Place), Failure> {
        let (stack, secrets) = (&self.manifest.stack, Secrets::new(reach.is_local()));
        let endpoint = reach.endpoint(&self.base).await?;
        reach.connect(&endpoint, (&stack.name, &stack.region), secrets).await
    }
}
