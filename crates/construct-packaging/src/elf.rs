//! What a Linux binary needs of the machine that it runs on, as its ELF headers tell.

use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64, PT_INTERP};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, read};

use crate::{LAMBDA_GLIBC, Platform};

/// What a binary needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The processor, in the words of target triples; none for another than Lambda's two.
    pub processor: Option<&'static str>,
    /// The program that loads it; none for a static binary.
    pub interpreter: Option<String>,
    /// The newest `GLIBC_x.y` among the versions that it needs of its libraries.
    pub glibc: Option<(u32, u32)>,
}

impl Needs {
    /// Reads the headers of `binary`.
    ///
    /// # Errors
    /// Why it is no 64-bit ELF file: a clause without a full stop.
    pub fn of(binary: &[u8]) -> Result<Self, String> {
        Self::read(binary).map_err(|error| format!("the binary is no 64-bit ELF file: {error}"))
    }

    fn read(binary: &[u8]) -> read::Result<Self> {
        let header = FileHeader64::<Endianness>::parse(binary)?;
        let endian = header.endian()?;
        let processor = match header.e_machine(endian) {
            EM_AARCH64 => Some("aarch64"),
            EM_X86_64 => Some("x86_64"),
            _ => None,
        };
        let mut interpreter = None;
        for segment in header.program_headers(endian, binary)? {
            if segment.p_type(endian) == PT_INTERP {
                let path = segment.data(endian, binary).unwrap_or_default();
                let path = String::from_utf8_lossy(path);
                interpreter = Some(path.trim_end_matches('\0').to_owned());
            }
        }
        Ok(Self { processor, interpreter, glibc: newest_glibc(header, endian, binary)? })
    }

    /// Whether Lambda's `provided.al2023` can run it on `platform`.
    ///
    /// # Errors
    /// Why not: a clause without a full stop.
    pub fn met_by_lambda(&self, platform: &Platform) -> Result<(), String> {
        if self.processor != Some(platform.processor) {
            let processor = self.processor.unwrap_or("another processor");
            return Err(format!("the binary is for {processor}, not for {}", platform.processor));
        }
        if let Some(interpreter) = &self.interpreter
            && !interpreter.contains("/ld-linux-")
        {
            return Err(format!("the binary is loaded by {interpreter}, which Lambda has not"));
        }
        match self.glibc {
            Some(needed) if needed > LAMBDA_GLIBC => Err(format!(
                "the binary needs glibc {}.{}, and Lambda has {}.{}",
                needed.0, needed.1, LAMBDA_GLIBC.0, LAMBDA_GLIBC.1
            )),
            _ => Ok(()),
        }
    }
}

/// From the section `.gnu.version_r`, where the linker lists the versions of each library.
fn newest_glibc(
    header: &FileHeader64<Endianness>,
    endian: Endianness,
    binary: &[u8],
) -> read::Result<Option<(u32, u32)>> {
    let sections = header.sections(endian, binary)?;
    let Some((mut libraries, names)) = sections.gnu_verneed(endian, binary)? else {
        return Ok(None);
    };
    let names = sections.strings(endian, binary, names)?;
    let mut newest = None;
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            newest = newest.max(glibc(version.name(endian, names)?));
        }
    }
    Ok(newest)
}

/// `GLIBC_2.34` and `GLIBC_2.2.5` as the two numbers that are compared; none for the versions of another library.
fn glibc(version: &[u8]) -> Option<(u32, u32)> {
    let mut numbers = std::str::from_utf8(version).ok()?.strip_prefix("GLIBC_")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::PLATFORMS;

    const ARM64: Platform = PLATFORMS[0];
    const X86_64: Platform = PLATFORMS[1];

    /// A made ELF file: a header, perhaps an interpreter, perhaps one needed version of one library.
    pub(crate) fn elf(machine: u16, interpreter: Option<&str>, version: Option<&str>) -> Vec<u8> {
        const HEADER: u64 = 64;
        let loader = interpreter.map(|path| [path.as_bytes(), b"\0"].concat()).unwrap_or_default();
        let names = format!("\0libc.so.6\0{}\0", version.unwrap_or_default()).into_bytes();
        let segments_at = HEADER;
        let loader_at = segments_at + 56 * u64::from(interpreter.is_some());
        let names_at = loader_at + loader.len() as u64;
        let needs_at = (names_at + names.len() as u64).next_multiple_of(8);
        let sections_at = needs_at + 32;
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(16, 0);
        let half = |file: &mut Vec<u8>, value: u16| file.extend(value.to_le_bytes());
        let word = |file: &mut Vec<u8>, value: u32| file.extend(value.to_le_bytes());
        let long = |file: &mut Vec<u8>, value: u64| file.extend(value.to_le_bytes());
        half(&mut file, 3);
        half(&mut file, machine);
        word(&mut file, 1);
        long(&mut file, 0);
        long(&mut file, if interpreter.is_some() { segments_at } else { 0 });
        long(&mut file, if version.is_some() { sections_at } else { 0 });
        word(&mut file, 0);
        half(&mut file, 64);
        half(&mut file, 56);
        half(&mut file, u16::from(interpreter.is_some()));
        half(&mut file, 64);
        half(&mut file, if version.is_some() { 3 } else { 0 });
        half(&mut file, u16::from(version.is_some()));
        if interpreter.is_some() {
            word(&mut file, PT_INTERP.0);
            word(&mut file, 4);
            long(&mut file, loader_at);
            long(&mut file, 0);
            long(&mut file, 0);
            long(&mut file, loader.len() as u64);
            long(&mut file, loader.len() as u64);
            long(&mut file, 1);
        }
        file.extend(&loader);
        file.extend(&names);
        file.resize(usize::try_from(needs_at).unwrap(), 0);
        // One library with one version: vn_version, vn_cnt, vn_file, vn_aux, vn_next, then the version.
        half(&mut file, 1);
        half(&mut file, 1);
        word(&mut file, 1);
        word(&mut file, 16);
        word(&mut file, 0);
        word(&mut file, 0);
        half(&mut file, 0);
        half(&mut file, 2);
        word(&mut file, 11);
        word(&mut file, 0);
        if version.is_some() {
            let mut section = |kind: u32, at: u64, size: u64, link: u32, info: u32| {
                word(&mut file, 0);
                word(&mut file, kind);
                long(&mut file, 0);
                long(&mut file, 0);
                long(&mut file, at);
                long(&mut file, size);
                word(&mut file, link);
                word(&mut file, info);
                long(&mut file, 1);
                long(&mut file, 0);
            };
            section(0, 0, 0, 0, 0);
            section(3, names_at, names.len() as u64, 0, 0);
            section(0x6fff_fffe, needs_at, 32, 1, 1);
        }
        file
    }

    #[test]
    fn a_static_binary_needs_its_processor_only() {
        let needs = Needs::of(&elf(183, None, None)).unwrap();
        assert_eq!(needs, Needs { processor: Some("aarch64"), interpreter: None, glibc: None });
        assert_eq!(needs.met_by_lambda(&ARM64), Ok(()));
        let refusal = needs.met_by_lambda(&X86_64).unwrap_err();
        assert_eq!(refusal, "the binary is for aarch64, not for x86_64");
    }

    #[test]
    fn a_glibc_is_needed_up_to_lambdas() {
        let loader = Some("/lib64/ld-linux-x86-64.so.2");
        for (version, glibc, fits) in [
            ("GLIBC_2.2.5", Some((2, 2)), true),
            ("GLIBC_2.34", Some((2, 34)), true),
            ("GLIBC_2.35", Some((2, 35)), false),
            ("GLIBC_3.0", Some((3, 0)), false),
            ("GLIBC_PRIVATE", None, true),
            ("GCC_4.2.0", None, true),
        ] {
            let needs = Needs::of(&elf(62, loader, Some(version))).unwrap();
            assert_eq!((needs.glibc, needs.processor), (glibc, Some("x86_64")), "{version}");
            assert_eq!(needs.interpreter.as_deref(), loader);
            assert_eq!(needs.met_by_lambda(&X86_64).is_ok(), fits, "{version}");
        }
    }

    #[test]
    fn a_loader_that_lambda_has_not_is_refused() {
        let needs = Needs::of(&elf(62, Some("/lib/ld-musl-x86_64.so.1"), None)).unwrap();
        let refusal = needs.met_by_lambda(&X86_64).unwrap_err();
        assert!(refusal.contains("ld-musl"), "{refusal}");
    }

    #[test]
    fn other_processors_and_other_files_are_refused() {
        let needs = Needs::of(&elf(243, None, None)).unwrap();
        assert!(needs.met_by_lambda(&X86_64).unwrap_err().contains("another processor"));
        for wrong in
            [&b"MZ\x90"[..], b"", b"\x7fELF\x01\x01\x01", &elf(62, None, Some("GLIBC_2.2"))[..70]]
        {
            assert!(Needs::of(wrong).unwrap_err().contains("no 64-bit ELF file"));
        }
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn this_test_itself_needs_a_glibc() {
        let needs = Needs::of(&std::fs::read(std::env::current_exe().unwrap()).unwrap()).unwrap();
        assert_eq!(needs.processor, Some(std::env::consts::ARCH));
        assert!(needs.interpreter.unwrap().contains("/ld-linux-"));
        assert!(needs.glibc.unwrap() > (2, 0));
    }
}
