//! Builds the front's binary for Lambda and leaves it, as a reproducible zip, for the crate to embed.
//!
//! In this order: a zip named by `CONSTRUCT_FRONT_ZIP_ARM64` or `CONSTRUCT_FRONT_ZIP_X86_64`; a build for each static musl
//! target that is installed; on Linux a build for the host, if it needs no newer glibc than Lambda has; else nothing, and
//! `construct up` says what to do. `CONSTRUCT_FRONT=skip` builds nothing, for editors and documentation.

use std::env;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The glibc of `provided.al2023`.
const LAMBDA_GLIBC: (u32, u32) = (2, 34);

struct Platform {
    /// The name in Lambda's API, and of the embedded file.
    architecture: &'static str,
    variable: &'static str,
    musl: &'static str,
    gnu: &'static str,
}

const PLATFORMS: [Platform; 2] = [
    Platform {
        architecture: "arm64",
        variable: "CONSTRUCT_FRONT_ZIP_ARM64",
        musl: "aarch64-unknown-linux-musl",
        gnu: "aarch64-unknown-linux-gnu",
    },
    Platform {
        architecture: "x86_64",
        variable: "CONSTRUCT_FRONT_ZIP_X86_64",
        musl: "x86_64-unknown-linux-musl",
        gnu: "x86_64-unknown-linux-gnu",
    },
];

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=functions/front");
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CONSTRUCT_FRONT");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let skip = env::var("CONSTRUCT_FRONT").is_ok_and(|value| value == "skip")
        || env::var("DOCS_RS").is_ok();
    for platform in &PLATFORMS {
        println!("cargo::rerun-if-env-changed={}", platform.variable);
        let embedded = out.join(format!("front-{}.zip", platform.architecture));
        let zip = if skip { None } else { package(platform, &out)? };
        fs::write(embedded, zip.unwrap_or_default())?;
    }
    Ok(())
}

fn package(platform: &Platform, out: &Path) -> Result<Option<Vec<u8>>> {
    if let Ok(path) = env::var(platform.variable) {
        println!("cargo::rerun-if-changed={path}");
        return Ok(Some(fs::read(path)?));
    }
    let host = env::var("HOST")?;
    let target = if installed(platform.musl) {
        platform.musl
    } else if host == platform.gnu {
        platform.gnu
    } else {
        return Ok(None);
    };
    let binary = fs::read(build(target, out)?)?;
    if let Some(needed) = newest_glibc(&binary).filter(|version| *version > LAMBDA_GLIBC) {
        println!(
            "cargo::warning=the front needs glibc {}.{} and Lambda has {}.{}: install the target {} and build again",
            needed.0, needed.1, LAMBDA_GLIBC.0, LAMBDA_GLIBC.1, platform.musl
        );
        return Ok(None);
    }
    archive(&binary).map(Some)
}

/// Whether the toolchain has the standard library of `target`.
fn installed(target: &str) -> bool {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    Command::new(rustc).args(["--print", "target-libdir", "--target", target]).output().is_ok_and(
        |answer| {
            answer.status.success()
                && Path::new(String::from_utf8_lossy(&answer.stdout).trim()).exists()
        },
    )
}

/// Builds in a target folder of its own: the outer build holds the lock of the shared one.
fn build(target: &str, out: &Path) -> Result<PathBuf> {
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let folder = out.join("functions");
    let home = env::var("CARGO_HOME")
        .unwrap_or_else(|_| format!("{}/.cargo", env::var("HOME").unwrap_or_default()));
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo
        .args([
            "build",
            "--locked",
            "--profile",
            "function",
            "--package",
            "construct-front",
            "--target",
            target,
        ])
        .arg("--manifest-path")
        .arg(Path::new(&root).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&folder);
    // The outer build's wrappers, flags and settings are for the outer build. Paths are remapped so that two machines make
    // the same bytes, and CodeSha256 tells changed code from unchanged.
    for name in [
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
    ] {
        cargo.env_remove(name);
    }
    let mut flags =
        format!("--remap-path-prefix={root}=/construct --remap-path-prefix={home}=/cargo");
    if target.ends_with("musl") {
        flags.push_str(" -Clinker=rust-lld");
    }
    cargo.env("RUSTFLAGS", flags);
    let built = cargo.output()?;
    if !built.status.success() {
        return Err(format!(
            "the front does not build:\n{}",
            String::from_utf8_lossy(&built.stderr)
        )
        .into());
    }
    Ok(folder.join(target).join("function/front"))
}

/// The newest `GLIBC_x.y` that the binary names; none for a static one.
fn newest_glibc(binary: &[u8]) -> Option<(u32, u32)> {
    const MARK: &[u8] = b"GLIBC_";
    binary
        .windows(MARK.len())
        .enumerate()
        .filter(|(_, window)| *window == MARK)
        .filter_map(|(at, _)| {
            let rest = &binary[at + MARK.len()..];
            let end = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
            let mut parts = std::str::from_utf8(&rest[..end]).ok()?.split('.');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        })
        .max()
}

/// One file called `bootstrap`, executable, with a fixed time: the same binary always makes the same zip.
fn archive(binary: &[u8]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    zip.start_file("bootstrap", options)?;
    zip.write_all(binary)?;
    Ok(zip.finish()?.into_inner())
}
