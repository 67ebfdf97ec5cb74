//! What is too large for a request, in the bucket of `[stack]`: schemas of targets, and zips of runtimes.

use std::collections::BTreeMap;

use construct_engine::{Address, Handle};

use super::{Blueprint, address};
use crate::package::Code;
use crate::prepare::Tools;
use crate::steps::s3_object::{self, Content};
use crate::steps::ssm_link;

pub(super) type StoredObject = Handle<s3_object::Outputs>;
type BucketLink = Handle<ssm_link::Outputs>;

/// How much of a digest tells two contents apart in a name.
const DIGITS: usize = 16;

/// What lies in the bucket.
#[derive(Default)]
pub(super) struct Stored {
    /// The documents that are too large for a request, by target.
    pub(super) schemas: BTreeMap<String, StoredObject>,
    /// The zips, by runtime.
    pub(super) zips: BTreeMap<String, StoredObject>,
}

impl Blueprint<'_> {
    /// The objects of the stack's bucket.
    pub(super) fn stored(&mut self) -> Stored {
        let prepared = self.prepared;
        let Some(link) = self.bucket_link() else { return Stored::default() };
        let large = prepared.tools.iter().filter(|(_, tools)| tools.is_large());
        let schemas = large.map(|(name, tools)| {
            let at = address(format!("schema/{name}.{}", &tools.digest[..DIGITS]));
            let content = Content::Json(tools.text.clone());
            (name.clone(), self.object(at, self.schema_key(name, tools), content, link))
        });
        let schemas = schemas.collect();
        let zips = prepared.runtimes.iter().map(|(name, code)| {
            let at = address(format!("runtime-zip/{name}.{}", &code.digits()[..DIGITS]));
            let content = Content::Zip(code.clone());
            (name.clone(), self.object(at, self.zip_key(name, code), content, link))
        });
        Stored { schemas, zips: zips.collect() }
    }

    /// The bucket's name where the stack keeps one, remembered so that what is in it is found without the manifest.
    fn bucket_link(&mut self) -> Option<BucketLink> {
        let bucket = self.prepared.manifest.stack.bucket.as_ref()?;
        let is_used =
            self.prepared.tools.values().any(Tools::is_large) || !self.prepared.runtimes.is_empty();
        is_used.then_some(())?;
        let at = address(format!("{}{bucket}", s3_object::BUCKET_LINK));
        let spec = ssm_link::Spec {
            name: format!("/construct/{}/links/bucket.{bucket}", self.naming.stack),
            value: bucket.clone(),
            tags: self.tags(&at),
        };
        Some(self.graph.add(ssm_link::Link, at, spec, (), |()| ()))
    }

    fn object(
        &mut self,
        at: Address,
        key: String,
        content: Content,
        link: BucketLink,
    ) -> StoredObject {
        let spec = s3_object::Spec { key, content: Some(content), tags: self.naming.marks(&at) };
        self.graph
            .add(s3_object::Object, at, spec, link, |link| s3_object::Links { bucket: link.value })
    }

    /// The ARN that the document of the target called `name` will have, where it is in the bucket.
    pub(super) fn schema_arn(&self, name: &str) -> Option<String> {
        let tools = self.prepared.tools.get(name).filter(|tools| tools.is_large())?;
        let bucket = self.prepared.manifest.stack.bucket.as_ref()?;
        let partition = &self.naming.partition;
        Some(format!("arn:{partition}:s3:::{bucket}/{}", self.schema_key(name, tools)))
    }

    fn schema_key(&self, name: &str, tools: &Tools) -> String {
        format!("construct/{}/{name}-{}.json", self.naming.stack, &tools.digest[..DIGITS])
    }

    /// The key of the zip of the runtime called `name`. Targets and runtimes may have the same names: the endings tell them
    /// apart.
    pub(super) fn zip_key(&self, name: &str, code: &Code) -> String {
        format!("construct/{}/{name}-{}.zip", self.naming.stack, &code.digits()[..DIGITS])
    }
}
