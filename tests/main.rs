//! The one integration binary: every test below links the product a single time.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod stack;

#[cfg(test)]
mod completeness {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    /// Every Rust source below `folder`, but for the judges: theirs is a project of its own.
    fn sources(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("judges") {
                continue;
            }
            if path.is_dir() {
                found.extend(sources(&path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
        found
    }

    /// The names that `mod` lines of `file` bring in.
    fn modules(file: &Path) -> BTreeSet<String> {
        let text = std::fs::read_to_string(file).unwrap();
        text.lines()
            .filter_map(|line| {
                let line = line.trim();
                let (seen_by, name) = line.strip_suffix(';')?.split_once("mod ")?;
                matches!(seen_by, "" | "pub " | "pub(super) ").then(|| name.to_owned())
            })
            .collect()
    }

    #[test]
    fn no_source_is_forgotten() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let files = sources(&root);
        assert!(files.len() > 5, "the folder of the tests was not found: {files:?}");
        for file in files {
            let folder = file.parent().unwrap();
            let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
            if folder == root && stem == "main" {
                continue;
            }
            let (name, home) = if stem == "mod" {
                (
                    folder.file_name().unwrap().to_string_lossy().into_owned(),
                    folder.parent().unwrap(),
                )
            } else {
                (stem, folder)
            };
            let parent = if home == root { root.join("main.rs") } else { home.join("mod.rs") };
            assert!(modules(&parent).contains(&name), "{} is in no binary", file.display());
        }
    }
}
