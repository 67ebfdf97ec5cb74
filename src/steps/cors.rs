//! What browsers are told about pages of other origins: HTTP APIs and function URLs say it by themselves.

use construct_engine::Change;
use serde::{Deserialize, Serialize};

/// Which pages may call, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cors {
    /// Origins whose pages may call.
    pub origins: Vec<String>,
    /// Methods that they may use.
    pub methods: Vec<String>,
    /// Headers that they may send.
    pub request_headers: Vec<String>,
    /// Headers of answers that they may read.
    pub response_headers: Vec<String>,
    /// How long a browser may remember this, in seconds.
    pub max_age_seconds: i32,
}

impl Cors {
    /// The same with its lists in order: the services keep none.
    pub(super) fn sorted(mut self) -> Self {
        for list in [
            &mut self.origins,
            &mut self.methods,
            &mut self.request_headers,
            &mut self.response_headers,
        ] {
            list.sort_unstable();
        }
        self
    }
}

/// The difference, told by its origins.
pub(super) fn change(field: &str, before: Option<&Cors>, after: Option<&Cors>) -> Option<Change> {
    let sorted = |cors: Option<&Cors>| cors.cloned().map(Cors::sorted);
    if sorted(before) == sorted(after) {
        return None;
    }
    let told = |cors: Option<&Cors>| {
        cors.map_or_else(|| "none".to_owned(), |cors| cors.origins.join(", "))
    };
    Some(Change::new(field, told(before), told(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors() -> Cors {
        Cors {
            origins: vec!["https://b.example".into(), "https://a.example".into()],
            methods: vec!["GET".into()],
            ..Cors::default()
        }
    }

    #[test]
    fn the_order_of_a_list_is_no_difference() {
        assert_eq!(change("Cors", Some(&cors()), Some(&cors().sorted())), None);
        assert_eq!(change("Cors", None, None), None);
        let other = Cors { max_age_seconds: 1, ..cors() };
        assert!(change("Cors", Some(&other), Some(&cors())).is_some());
        let gone = change("Cors", Some(&cors()), None).unwrap();
        assert_eq!((&*gone.before, &*gone.after), ("https://b.example, https://a.example", "none"));
    }
}
