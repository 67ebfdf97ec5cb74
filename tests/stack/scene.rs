//! For sweeps: an account and the folder beside it at one moment, to go on from as often as one likes.

use std::path::{Path, PathBuf};

use construct::cli::UpArguments;
use construct_local::local::Moment;
use construct_local::{LocalAws, Options};
use tokio::runtime::Runtime;

use super::harness::{Bench, REGION, Ran};

/// Secrets that stand in the environment: each must be in no file.
pub(super) const SECRETS: [(&str, &str); 4] = [
    ("FIRST_PASSWORD", "Aa1!sentinel-password-7d1f"),
    ("OKTA_SECRET", "sentinel-okta-0c5e"),
    ("GITHUB_CLIENT_SECRET", "sentinel-github-b84a"),
    ("WEATHER_KEY", "sentinel-weather-19e2"),
];

/// An account and what a machine remembers of it.
#[derive(Clone)]
pub(super) struct Scene {
    aws: Moment,
    memory: Vec<(PathBuf, Vec<u8>)>,
}

impl Scene {
    /// What there is now. Also right in the middle of a call.
    pub(super) fn of(aws: &LocalAws, base: &Path) -> Self {
        let mut memory = Vec::new();
        read_all(&base.join(".construct"), &mut memory);
        for (path, _) in &mut memory {
            *path = path.strip_prefix(base).unwrap().to_owned();
        }
        Self { aws: aws.moment(), memory }
    }

    /// What tells this scene from another of the same run.
    pub(super) fn remembered(&self) -> &[(PathBuf, Vec<u8>)] {
        &self.memory
    }

    /// A machine that goes on from here, with the memory or without.
    pub(super) fn resumed(&self, manifest: &str, remembering: bool) -> Bench {
        let bench = beside(&LocalAws::resumed(&self.aws), manifest);
        if remembering {
            self.remember_in(bench.base());
        }
        bench
    }

    /// Writes the memory into a folder.
    pub(super) fn remember_in(&self, base: &Path) {
        for (path, bytes) in &self.memory {
            let path = base.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

/// An empty account, and a machine with `manifest`.
pub(super) fn beginning(manifest: &str) -> Bench {
    let mut options = Options { seed: Some(1), region: REGION.to_owned(), ..Options::default() };
    // Roles are seen at once: how often a call is refused until then is a matter of luck, and the calls are counted here.
    options.delays.iam_propagation_ms = 0;
    beside(&LocalAws::in_memory(options), manifest)
}

/// Another machine on the same account.
pub(super) fn beside(aws: &LocalAws, manifest: &str) -> Bench {
    let mut bench = Bench::on(aws.clone(), manifest);
    for (name, value) in SECRETS {
        bench.variables.insert(name.to_owned(), value.to_owned());
    }
    bench.variables.insert("GITHUB_CLIENT_ID".to_owned(), "Iv1.0123456789abcdef".to_owned());
    bench
}

fn read_all(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, files);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            files.push((path, bytes));
        }
    }
    files.sort();
}

/// A command on a machine.
pub(super) async fn run(bench: &Bench, cleanup: bool, force: bool) -> Ran {
    if cleanup {
        Box::pin(bench.cleanup_with(|arguments| arguments.force_unlock = force)).await
    } else {
        let change = |arguments: &mut UpArguments| {
            (arguments.force_unlock, arguments.yes_destroy) = (force, true);
        };
        Box::pin(bench.up_with(change)).await
    }
}

/// A runtime whose clock stands still while anybody works.
pub(super) fn paused() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}
