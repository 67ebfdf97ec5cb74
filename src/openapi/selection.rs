//! Which operations of a description become tools: `include` and `exclude` of a target.
//!
//! An entry is read by how it looks, as a person would write it down: `GET /pets/{petId}` or `/pets/*` is a path,
//! `tag:pets` a tag, anything else an `operationId`. A `*` stands for any text, slashes included.

use serde_json::Value;

use super::description::METHODS;
use super::description::Operation;

/// What a target takes of its description.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

/// An operation that was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// Its place in the description's list of operations.
    pub index: usize,
    /// Whether an entry names it alone, so that leaving it out would not be what was asked for.
    pub named: bool,
}

/// An entry that no operation answers to: a slip of the pen, which would make a tool appear or vanish unseen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// `include` or `exclude`.
    pub list: &'static str,
    /// Its index in that list.
    pub index: usize,
    /// The entry as written.
    pub entry: String,
    /// What may have been meant: an `operationId`, a tag or a path that reads alike but for case and punctuation.
    pub meant: Option<String>,
}

#[derive(Debug, Clone)]
struct Pattern {
    written: String,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Id(String),
    Tag(String),
    Path { method: Option<String>, path: String },
}

impl Selection {
    /// Reads both lists. An empty `include` takes every operation.
    pub fn new(include: &[String], exclude: &[String]) -> Self {
        let read = |list: &[String]| list.iter().map(|entry| Pattern::read(entry)).collect();
        Self { include: read(include), exclude: read(exclude) }
    }

    /// Chooses among `operations`, in their order. Fails with every entry that matches none.
    pub fn choose(&self, operations: &[Operation<'_>]) -> Result<Vec<Chosen>, Vec<Unmatched>> {
        let mut met = [vec![false; self.include.len()], vec![false; self.exclude.len()]];
        let mut chosen = Vec::new();
        for (index, operation) in operations.iter().enumerate() {
            let mut wanted = self.include.is_empty();
            let mut named = false;
            for (at, pattern) in self.include.iter().enumerate() {
                if pattern.matches(operation) {
                    met[0][at] = true;
                    wanted = true;
                    named |= pattern.names_one();
                }
            }
            for (at, pattern) in self.exclude.iter().enumerate() {
                if pattern.matches(operation) {
                    met[1][at] = true;
                    wanted = false;
                }
            }
            if wanted {
                chosen.push(Chosen { index, named });
            }
        }
        let lists = [("include", &self.include), ("exclude", &self.exclude)];
        let unmatched: Vec<Unmatched> = lists
            .into_iter()
            .zip(met)
            .flat_map(|((list, patterns), met)| {
                let missed = patterns.iter().enumerate().zip(met).filter(|(_, met)| !met);
                missed.map(move |((index, pattern), _)| Unmatched {
                    list,
                    index,
                    entry: pattern.written.clone(),
                    meant: pattern.meant(operations),
                })
            })
            .collect();
        if unmatched.is_empty() { Ok(chosen) } else { Err(unmatched) }
    }
}

impl Pattern {
    fn read(entry: &str) -> Self {
        let entry = entry.trim();
        let what = if let Some(tag) = entry.strip_prefix("tag:") {
            What::Tag(tag.trim().to_owned())
        } else if entry.starts_with('/') {
            What::Path { method: None, path: entry.to_owned() }
        } else {
            match entry.split_once(char::is_whitespace) {
                Some((method, path)) if is_method(method) && path.trim().starts_with('/') => {
                    let method = Some(method.to_ascii_lowercase()).filter(|method| method != "*");
                    What::Path { method, path: path.trim().to_owned() }
                }
                _ => What::Id(entry.to_owned()),
            }
        };
        Self { written: entry.to_owned(), what }
    }

    fn matches(&self, operation: &Operation<'_>) -> bool {
        match &self.what {
            // One without a name answers to `*`.
            What::Id(pattern) => glob(pattern, id(operation).unwrap_or_default()),
            What::Tag(pattern) => tags(operation).any(|tag| glob(pattern, tag)),
            What::Path { method, path } => {
                method.as_ref().is_none_or(|method| method == operation.method)
                    && glob(path, operation.path)
            }
        }
    }

    /// Whether it can only mean one operation.
    fn names_one(&self) -> bool {
        match &self.what {
            What::Id(pattern) => !pattern.contains('*'),
            What::Tag(_) => false,
            What::Path { method, path } => method.is_some() && !path.contains('*'),
        }
    }

    fn meant(&self, operations: &[Operation<'_>]) -> Option<String> {
        let bare = |text: &str| -> String {
            let letters = text.chars().filter(char::is_ascii_alphanumeric);
            letters.map(|letter| letter.to_ascii_lowercase()).collect()
        };
        let alike = |pattern: &str, text: &str| bare(pattern) == bare(text);
        operations.iter().find_map(|operation| match &self.what {
            What::Id(pattern) => {
                let found = id(operation).filter(|id| alike(pattern, id)).map(str::to_owned);
                found.or_else(|| {
                    let tag = tags(operation).find(|tag| alike(pattern, tag))?;
                    Some(format!("tag:{tag}"))
                })
            }
            What::Tag(pattern) => {
                let tag = tags(operation).find(|tag| alike(pattern, tag))?;
                Some(format!("tag:{tag}"))
            }
            What::Path { path, .. } => alike(path, operation.path)
                .then(|| format!("{} {}", operation.method.to_ascii_uppercase(), operation.path)),
        })
    }
}

fn is_method(word: &str) -> bool {
    word == "*" || METHODS.contains(&word.to_ascii_lowercase().as_str())
}

fn id<'a>(operation: &Operation<'a>) -> Option<&'a str> {
    operation.value.get("operationId").and_then(Value::as_str)
}

fn tags<'a>(operation: &Operation<'a>) -> impl Iterator<Item = &'a str> {
    let tags = operation.value.get("tags").and_then(Value::as_array);
    tags.into_iter().flatten().filter_map(Value::as_str)
}

/// Whether `text` is `pattern` with something in the place of each `*`. Goes back to the last `*` only, so its time is
/// the product of both lengths at most.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut from) = (0, 0);
    let mut star = None;
    while from < text.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, from));
            at += 1;
        } else if pattern.get(at) == Some(&text[from]) {
            at += 1;
            from += 1;
        } else if let Some((star_at, begun)) = star {
            star = Some((star_at, begun + 1));
            at = star_at + 1;
            from = begun + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Description;
    use super::*;

    fn chosen(include: &[&str], exclude: &[&str]) -> Result<Vec<String>, Vec<Unmatched>> {
        let document = json!({ "openapi": "3.0.3", "paths": {
            "/pets": {
                "get": { "operationId": "pets/list", "tags": ["pets", "public"] },
                "post": { "operationId": "pets/create", "tags": ["pets"] } },
            "/pets/{petId}": { "get": { "operationId": "pets/get", "tags": ["pets"] } },
            "/shops": { "get": { "tags": ["Shops"] } } } });
        let description = Description::parse(&document.to_string()).unwrap();
        let operations = description.operations();
        let owned =
            |list: &[&str]| list.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>();
        let chosen = Selection::new(&owned(include), &owned(exclude)).choose(&operations)?;
        let name = |one: Chosen| {
            let operation = &operations[one.index];
            let mark = if one.named { "!" } else { "" };
            format!("{} {}{mark}", operation.method, operation.path)
        };
        Ok(chosen.into_iter().map(name).collect())
    }

    #[test]
    fn ids_tags_methods_and_paths() {
        for (include, exclude, expected) in [
            (&[][..], &[][..], "get /pets,post /pets,get /pets/{petId},get /shops"),
            (&["pets/get"], &[], "get /pets/{petId}!"),
            (&["pets/*"], &["*/create"], "get /pets,get /pets/{petId}"),
            (&["tag:pets"], &["tag:public"], "post /pets,get /pets/{petId}"),
            (&["/pets"], &[], "get /pets,post /pets"),
            (&["GET /pets"], &[], "get /pets!"),
            (&["* /pets*"], &["post /pets"], "get /pets,get /pets/{petId}"),
            (&["get /*"], &[], "get /pets,get /pets/{petId},get /shops"),
            (&["*"], &[], "get /pets,post /pets,get /pets/{petId},get /shops"),
            (&[], &["tag:*"], ""),
        ] {
            let found = chosen(include, exclude).unwrap().join(",");
            assert_eq!(found, expected, "{include:?} {exclude:?}");
        }
    }

    #[test]
    fn an_entry_without_an_operation_is_told_with_what_was_meant() {
        let unmatched =
            chosen(&["pets_get", "tag:shops", "GET /pets/petid"], &["nothing", "shops"]);
        let told: Vec<_> = unmatched
            .unwrap_err()
            .into_iter()
            .map(|one| (one.list, one.index, one.meant.unwrap_or_default()))
            .collect();
        assert_eq!(
            told,
            [
                ("include", 0, "pets/get".to_owned()),
                ("include", 1, "tag:Shops".to_owned()),
                ("include", 2, "GET /pets/{petId}".to_owned()),
                ("exclude", 0, String::new()),
                ("exclude", 1, "tag:Shops".to_owned()),
            ]
        );
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!glob(&"*a".repeat(200), &"a".repeat(199)));
        assert!(glob(&"*a".repeat(200), &"a".repeat(200)));
        assert!(glob("", "") && glob("*", "") && !glob("a", "") && !glob("", "a"));
    }
}
