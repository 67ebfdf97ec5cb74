//! The zip that Lambda unpacks: one file called `bootstrap`, executable, always the same bytes for the same binary.

use std::io::{Cursor, Read, Write};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter};

use crate::{Needs, Platform};

/// The file that a runtime of the kind `provided` starts.
const BOOTSTRAP: &str = "bootstrap";

/// Everybody may read and start it.
const MODE: u32 = 0o755;

/// The deployment package of `binary`. Time, mode and the system that made it are fixed, so that a build on Windows gives
/// Lambda an executable file too.
///
/// # Errors
/// When the binary is too large for a zip.
pub fn archive(binary: &[u8]) -> ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .system(System::Unix)
        .unix_permissions(MODE);
    zip.start_file(BOOTSTRAP, options)?;
    zip.write_all(binary)?;
    Ok(zip.finish()?.into_inner())
}

/// Whether `zip` is a package that Lambda can run on `platform`.
///
/// # Errors
/// Why not: a clause without a full stop.
pub fn check(zip: &[u8], platform: &Platform) -> Result<(), String> {
    let unreadable = |error| format!("it is no readable zip: {error}");
    let mut zip = ZipArchive::new(Cursor::new(zip)).map_err(unreadable)?;
    let Ok(mut file) = zip.by_name(BOOTSTRAP) else {
        return Err(format!("it has no {BOOTSTRAP} at its root"));
    };
    let mode = file.unix_mode().unwrap_or_default() & 0o777;
    if mode != MODE {
        return Err(format!("{BOOTSTRAP} has the mode {mode:o}, not {MODE:o}"));
    }
    let mut binary = Vec::new();
    file.read_to_end(&mut binary).map_err(|error| format!("it is no readable zip: {error}"))?;
    Needs::of(&binary)?.met_by_lambda(platform)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PLATFORMS;
    use crate::elf::tests::elf;

    const X86_64: Platform = PLATFORMS[1];

    /// A zip with one file.
    fn zip(name: &str, mode: u32, content: &[u8]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(name, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
        zip.write_all(content).unwrap();
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn the_same_binary_makes_the_same_zip_which_lambda_can_run() {
        let binary = elf(62, None, None);
        let package = archive(&binary).unwrap();
        assert_eq!(package, archive(&binary).unwrap());
        assert_eq!(check(&package, &X86_64), Ok(()));
        let mut zip = ZipArchive::new(Cursor::new(&package)).unwrap();
        assert_eq!(zip.len(), 1);
        let file = zip.by_index(0).unwrap();
        assert_eq!(file.name().unwrap(), "bootstrap");
        assert_eq!(file.unix_mode(), Some(0o100_755));
        assert_eq!(file.last_modified().map(|time| time.year()), Some(1980));
        assert_eq!(file.system(), System::Unix);
    }

    #[test]
    fn what_lambda_cannot_run_is_refused() {
        let binary = elf(62, None, None);
        for (package, reason) in [
            (b"no zip".to_vec(), "no readable zip"),
            (zip("bin/bootstrap", 0o755, &binary), "no bootstrap at its root"),
            (zip("bootstrap", 0o644, &binary), "the mode 644, not 755"),
            (zip("bootstrap", 0o755, b"#!/bin/sh"), "no 64-bit ELF file"),
            (zip("bootstrap", 0o755, &elf(183, None, None)), "for aarch64, not for x86_64"),
        ] {
            let refusal = check(&package, &X86_64).unwrap_err();
            assert!(refusal.contains(reason), "{refusal}");
        }
    }
}
