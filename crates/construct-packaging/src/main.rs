//! `front-packages FOLDER [ARCHITECTURE…]`: builds the front of the repository that it is started in, and writes its
//! deployment packages into a folder, as releases need them.
//!
//! Those that are named must work; with none named, those that work here are written, at least one.

use std::env;
use std::error::Error;
use std::io::{Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use construct_packaging::{Machine, Origin, PLATFORMS, Package, Platform, Workspace, front};

const USAGE: &str = "usage: front-packages FOLDER [arm64] [x86_64]";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            writeln!(stderr(), "error: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or(USAGE)?);
    let named = arguments.map(|word| named(&word)).collect::<Result<Vec<_>, _>>()?;
    let root = env::current_dir()?;
    let cargo = PathBuf::from(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let machine = Machine::look(Path::new(&rustc))?;
    std::fs::create_dir_all(&folder)?;
    let workspace = Workspace::new(root, folder.canonicalize()?.join("build"), cargo, &machine);
    let wanted = if named.is_empty() { PLATFORMS.to_vec() } else { named.clone() };
    let mut written = 0;
    for platform in &wanted {
        let prebuilt = env::var_os(platform.variable).filter(|value| !value.is_empty());
        let package =
            front(platform, prebuilt.map(PathBuf::from).as_deref(), &machine, &workspace)?;
        let architecture = platform.architecture;
        match package {
            Package::Ready { zip, origin, .. } => {
                let path = folder.join(format!("front-{architecture}.zip"));
                std::fs::write(&path, &zip)?;
                let origin = match origin {
                    Origin::Prebuilt(path) => format!("taken from {}", path.display()),
                    Origin::Built(target) => format!("built for {target}"),
                };
                writeln!(stdout(), "{}: {} bytes, {origin}", path.display(), zip.len())?;
                written += 1;
            }
            Package::Lacking { reason, help, warnings } => {
                for warning in warnings {
                    writeln!(stderr(), "warning: {warning}")?;
                }
                writeln!(stderr(), "no front for {architecture}: {reason}; {help}")?;
            }
        }
    }
    Ok(if named.is_empty() { written > 0 } else { written == wanted.len() })
}

fn named(architecture: &str) -> Result<Platform, String> {
    PLATFORMS
        .into_iter()
        .find(|platform| platform.architecture == architecture)
        .ok_or_else(|| format!("there is no architecture {architecture}; {USAGE}"))
}
