//! Identity providers: their client ids, secrets and metadata files.

use std::collections::BTreeMap;

use super::Work;
use crate::manifest::{Protocol, TextOr};

impl Work<'_> {
    /// By provider: an OIDC provider's client id, or the content of a SAML provider's metadata file.
    pub(super) fn federations(&mut self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for (name, federation) in &self.manifest.cognito.federation {
            let path = format!("cognito.federation.{name}");
            let value = match &federation.protocol {
                Protocol::Oidc(oidc) => {
                    self.load(&format!("{path}.oidc.client_secret"), &oidc.client_secret);
                    match &oidc.client_id {
                        TextOr::Text(text) => Some(text.clone()),
                        TextOr::Table(reference) => {
                            self.client_id(&format!("{path}.oidc.client_id"), reference)
                        }
                    }
                }
                Protocol::Saml(saml) => {
                    let file = saml.metadata_file.as_ref();
                    file.and_then(|file| self.metadata(&format!("{path}.saml.metadata_file"), file))
                }
            };
            found.extend(value.map(|value| (name.clone(), value)));
        }
        found
    }

    fn metadata(&mut self, path: &str, file: &std::path::Path) -> Option<String> {
        let text = std::fs::read_to_string(self.manifest.resolve(file)).ok()?;
        if text.contains("EntityDescriptor") {
            return Some(text);
        }
        let message = format!("{} is not SAML metadata", file.display());
        let help =
            "download the metadata at the provider: an XML document with an EntityDescriptor";
        self.problem(path, message, help);
        None
    }
}
