//! The targets' tools: descriptions and tool schemas, read, filled in and checked.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{Cut, Offer, Work, atlassian};
use crate::manifest::rules::INLINE_SCHEMA;
use crate::manifest::{Lookup, Manifest, Target, TextOr, Variable};
use crate::openapi::canonical;

/// A target's tools as they are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// The OpenAPI description or the tool schema, minified.
    pub text: String,
    /// What tells it from another.
    pub digest: String,
    /// How many tools it makes; none where the service does not make tools of it.
    pub count: usize,
}

impl Tools {
    pub(super) fn of(document: &Value, count: usize) -> Self {
        Self { text: document.to_string(), digest: canonical::digest(document), count }
    }

    /// Whether it is too large to be sent inline.
    pub fn is_large(&self) -> bool {
        self.text.len() > INLINE_SCHEMA.maximum
    }
}

impl Work<'_> {
    /// The cloud ids of the Atlassian tenants that targets name, by tenant.
    pub(super) async fn cloud_ids(
        &mut self,
        local: bool,
        memory: &Path,
    ) -> BTreeMap<String, String> {
        let mut ids = BTreeMap::new();
        for (path, tenant) in self.tenants() {
            if ids.contains_key(&tenant) || !(local || self.asks()) {
                continue;
            }
            let found = if local {
                Ok(atlassian::local_cloud_id(&tenant))
            } else {
                atlassian::cloud_id(&tenant, memory).await
            };
            match found {
                Ok(id) => {
                    ids.insert(tenant, id);
                }
                Err(error) => self.problem(&path, error.to_string(), error.help()),
            }
        }
        ids
    }

    /// Where a tenant is named, and which.
    fn tenants(&self) -> Vec<(String, String)> {
        let mut tenants = Vec::new();
        for (name, target) in &self.manifest.targets {
            tenants.extend(target.variables.iter().filter_map(|(variable, value)| match value {
                TextOr::Table(Lookup::AtlassianTenant(tenant)) => {
                    Some((format!("targets.{name}.variables.{variable}"), tenant.clone()))
                }
                TextOr::Text(_) => None,
            }));
        }
        tenants
    }

    /// Tools by target; a target with a problem has none.
    pub(super) fn tools(
        &mut self,
        cloud_ids: &BTreeMap<String, String>,
    ) -> BTreeMap<String, Tools> {
        let mut all = BTreeMap::new();
        for (name, target) in &self.manifest.targets {
            // A look-up that failed is reported already: the description would only repeat it.
            let Some(values) = filled(&target.variables, cloud_ids) else { continue };
            let Some(offer) = offer(self.manifest, (name, target), &values) else { continue };
            let [(file_key, path)] = target.files()[..] else { continue };
            for finding in offer.findings.iter().filter(|finding| finding.refused) {
                let place = finding.pointer.as_ref();
                let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
                let message = format!("{}{place}: {}", path.display(), finding.message);
                self.problem(&format!("targets.{name}.{}", finding.key), message, &finding.help);
            }
            let large =
                offer.sent.as_ref().and_then(|tools| needs_bucket(self.manifest, path, tools));
            if let Some((message, help)) = large {
                let key = format!("targets.{name}.{file_key}");
                let problem = self.manifest.problem(&key, message, help);
                self.problems.push(problem.under(&INLINE_SCHEMA.rule));
            }
            self.warnings.extend(offer.cut.as_ref().and_then(|cut| told(name, &offer, cut)));
            all.extend(offer.sent.map(|tools| (name.clone(), tools)));
        }
        all
    }
}

/// That `tools`, from the file at `path`, are too large for a request while no bucket is named for them; and what to do.
pub fn needs_bucket(
    manifest: &Manifest,
    path: &Path,
    tools: &Tools,
) -> Option<(String, &'static str)> {
    if !tools.is_large() || manifest.stack.bucket.is_some() {
        return None;
    }
    let (bytes, maximum) = (tools.text.len(), INLINE_SCHEMA.maximum);
    let message = format!("{} has {bytes} bytes, and {maximum} fit into a request", path.display());
    let help =
        "name a bucket that exists, for schemas of up to 10 MB: `bucket = \"NAME\"` in [stack]";
    Some((message, help))
}

/// What the file of a target becomes, with stand-ins for what would be looked up; none where it names no file.
pub fn offer_offline(manifest: &Manifest, target: (&str, &Target)) -> Option<Offer> {
    offer(manifest, target, &stand_ins(target.1))
}

/// The values of a target's variables, with stand-ins for what would be looked up.
pub fn stand_ins(target: &Target) -> BTreeMap<String, String> {
    let value = |value: &Variable| match value {
        TextOr::Text(text) => text.clone(),
        TextOr::Table(Lookup::AtlassianTenant(tenant)) => atlassian::local_cloud_id(tenant),
    };
    target.variables.iter().map(|(key, one)| (key.clone(), value(one))).collect()
}

/// What the file of a target becomes; none where it names no file.
fn offer(
    manifest: &Manifest,
    (name, target): (&str, &Target),
    values: &BTreeMap<String, String>,
) -> Option<Offer> {
    let [(key, path)] = target.files()[..] else { return None };
    let refused = |message, help| Some(Offer::refused(key, message, help));
    let bytes = match std::fs::read(manifest.resolve(path)) {
        Ok(bytes) => bytes,
        Err(error) => {
            let help = "check the path: it is relative to the manifest";
            return refused(format!("cannot be read: {error}"), help);
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Some(Offer::of((name, target), key, &text, values)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            refused(format!("not UTF-8 at byte {at}"), "save the file as UTF-8")
        }
    }
}

/// That a slice has less than its description, for those who do not ask.
fn told(target: &str, offer: &Offer, cut: &Cut) -> Option<String> {
    let (tools, of, losses) = (offer.tools.len(), cut.of, cut.losses.len());
    (losses > 0).then(|| {
        format!(
            "targets.{target}: {tools} of {of} operations; differences from the description: {losses}, \
             `construct tools {target}` lists them"
        )
    })
}

/// The variables' values; none when one of them could not be looked up.
fn filled(
    variables: &BTreeMap<String, Variable>,
    cloud_ids: &BTreeMap<String, String>,
) -> Option<BTreeMap<String, String>> {
    let value = |value: &Variable| match value {
        TextOr::Text(text) => Some(text.clone()),
        TextOr::Table(Lookup::AtlassianTenant(tenant)) => cloud_ids.get(tenant).cloned(),
    };
    variables.iter().map(|(key, one)| Some((key.clone(), value(one)?))).collect()
}
