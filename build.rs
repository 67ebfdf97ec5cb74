//! Leaves the front's deployment package for each architecture where `src/package.rs` embeds it, and for those that cannot
//! be made here why not. `construct_packaging` has the ways and their order.
//!
//! `CONSTRUCT_FRONT=skip` builds nothing, for editors and documentation.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use construct_packaging::{Machine, PLATFORMS, Package, Platform, Workspace, front};

fn main() -> Result<(), Box<dyn Error>> {
    for path in ["functions/front", "Cargo.toml", "Cargo.lock", "build.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-env-changed=CONSTRUCT_FRONT");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    if env::var("CONSTRUCT_FRONT").is_ok_and(|value| value == "skip") || env::var("DOCS_RS").is_ok()
    {
        for platform in &PLATFORMS {
            embed(platform, &out, &[], "CONSTRUCT_FRONT=skip", "build it without that variable")?;
        }
        return Ok(());
    }
    let machine = Machine::look(Path::new(&env::var("RUSTC")?))?;
    // A target that is added later must be seen by the next build.
    if let Some(path) = machine.components() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    for variable in Machine::asked_variables() {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let workspace =
        Workspace::new(root, out.join("functions"), env::var("CARGO")?.into(), &machine);
    for platform in &PLATFORMS {
        println!("cargo::rerun-if-env-changed={}", platform.variable);
        let prebuilt = env::var(platform.variable).ok().filter(|path| !path.is_empty());
        if let Some(path) = &prebuilt {
            println!("cargo::rerun-if-changed={path}");
        }
        let package = front(platform, prebuilt.as_deref().map(Path::new), &machine, &workspace)?;
        let (Package::Ready { warnings, .. } | Package::Lacking { warnings, .. }) = &package;
        for line in warnings.iter().flat_map(|warning| warning.lines()) {
            println!("cargo::warning={line}");
        }
        match &package {
            Package::Ready { zip, .. } => embed(platform, &out, zip, "", "")?,
            Package::Lacking { reason, help, .. } => embed(platform, &out, &[], reason, help)?,
        }
    }
    Ok(())
}

/// Leaves a zip, empty where there is none, and in a text beside it the reason and what to do.
fn embed(
    platform: &Platform,
    out: &Path,
    zip: &[u8],
    reason: &str,
    help: &str,
) -> std::io::Result<()> {
    let name = format!("front-{}", platform.architecture);
    fs::write(out.join(format!("{name}.zip")), zip)?;
    fs::write(out.join(format!("{name}.txt")), format!("{reason}\n{help}"))
}
