//! The objects of a stack as far as they are made: kind and outputs by address.

use std::collections::BTreeMap;

use construct_engine::{Address, State};
use serde_json::Value;

/// What is there, in the order of addresses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objects(BTreeMap<Address, (String, Value)>);

impl Objects {
    /// What a journal remembers.
    pub fn remembered(state: &State) -> Self {
        let mut objects = Self::default();
        for (address, record) in state.iter() {
            if let Some(outputs) = &record.outputs {
                objects.put(address, &record.kind, outputs);
            }
        }
        objects
    }

    /// Takes in the outputs of a node; null says that it was removed. Whether that is anything new.
    pub fn put(&mut self, address: &Address, kind: &str, outputs: &Value) -> bool {
        let known = self.0.get(address).map(|(kind, outputs)| (kind.as_str(), outputs));
        if known == Some((kind, outputs)) || (known.is_none() && outputs.is_null()) {
            return false;
        }
        if outputs.is_null() {
            self.0.remove(address);
        } else {
            self.0.insert(address.clone(), (kind.to_owned(), outputs.clone()));
        }
        true
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The outputs of the one object of `kind`; the first by address, should there be several.
    pub fn one(&self, kind: &str) -> Option<&Value> {
        self.of_kind(kind).next().map(|(_, outputs)| outputs)
    }

    /// Addresses and outputs of all objects of `kind`.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&Address, &Value)> {
        self.0
            .iter()
            .filter(move |(_, (known, _))| known == kind)
            .map(|(address, (_, outputs))| (address, outputs))
    }

    /// What to register at the vendor of the provider called `name`, once it is made.
    pub fn callback_url(&self, name: &str) -> Option<String> {
        let mut providers = self.of_kind("agentcore.oauth2-provider");
        let at = format!("provider/{name}");
        let (_, outputs) = providers.find(|(address, _)| address.as_str() == at)?;
        outputs.get("callback_url")?.as_str().map(str::to_owned)
    }

    /// The outputs of the object of `kind` at `address`.
    pub fn at(&self, kind: &str, address: &str) -> Option<&Value> {
        let mut objects = self.of_kind(kind);
        objects.find(|(at, _)| at.as_str() == address).map(|(_, outputs)| outputs)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(Address, String, Value)> for Objects {
    fn from_iter<I: IntoIterator<Item = (Address, String, Value)>>(nodes: I) -> Self {
        let mut objects = Self::default();
        for (address, kind, outputs) in nodes {
            objects.put(&address, &kind, &outputs);
        }
        objects
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_callback_url_is_found_by_its_provider() {
        let mut objects = Objects::default();
        let outputs = json!({"callback_url": "https://cb"});
        objects.put(
            &Address::new("provider/github").unwrap(),
            "agentcore.oauth2-provider",
            &outputs,
        );
        assert_eq!(objects.callback_url("github").as_deref(), Some("https://cb"));
        assert_eq!(objects.callback_url("atlassian"), None);
    }

    #[test]
    fn removed_objects_are_gone() {
        let address = Address::new("gateway").unwrap();
        let mut objects: Objects =
            [(address.clone(), "k".to_owned(), json!({"id": 1}))].into_iter().collect();
        assert_eq!(objects.one("k"), Some(&json!({"id": 1})));
        objects.put(&address, "k", &Value::Null);
        assert!(objects.is_empty() && objects.one("k").is_none());
    }
}
