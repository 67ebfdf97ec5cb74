//! What a person registers at the identity providers of the pool.

use std::collections::BTreeMap;

use crate::outputs::Registration;

/// An entry of the list of what is left to do, for each provider.
pub fn registrations(providers: &BTreeMap<String, Registration>) -> Vec<String> {
    let entry = |(name, Registration { redirect_uri, entity_id }): (&String, &Registration)| {
        match entity_id {
            None => format!(
                "Register this redirect URI at the identity provider {name}:\n{redirect_uri}"
            ),
            Some(entity_id) => format!(
                "Register the pool at the identity provider {name}:\n\
                 assertion consumer service (ACS): {redirect_uri}\n\
                 entity id (audience): {entity_id}"
            ),
        }
    };
    providers.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_has_its_own_words() {
        let redirect_uri = "https://d.example/x".to_owned();
        let entity_id = Some("urn:amazon:cognito:sp:p".to_owned());
        let providers = BTreeMap::from([
            ("adfs".to_owned(), Registration { redirect_uri: redirect_uri.clone(), entity_id }),
            ("okta".to_owned(), Registration { redirect_uri, entity_id: None }),
        ]);
        let list = registrations(&providers);
        assert!(list[0].contains("adfs") && list[0].contains("entity id (audience): urn:"));
        assert!(list[1].ends_with("okta:\nhttps://d.example/x"));
    }
}
