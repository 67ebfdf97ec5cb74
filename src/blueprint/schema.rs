//! Schemas that are too large for a request, in the bucket of `[stack]`.

use std::collections::BTreeMap;

use construct_engine::Handle;

use super::{Blueprint, address};
use crate::prepare::Tools;
use crate::steps::{s3_object, ssm_link};

pub(super) type SchemaObject = Handle<s3_object::Outputs>;
type BucketLink = Handle<ssm_link::Outputs>;

/// How much of a digest tells two documents apart in a name.
const DIGITS: usize = 16;

impl Blueprint<'_> {
    /// The documents that are too large for a request, by target.
    pub(super) fn schemas(&mut self) -> BTreeMap<String, SchemaObject> {
        let prepared = self.prepared;
        let Some(link) = self.bucket_link() else { return BTreeMap::new() };
        let large = prepared.tools.iter().filter(|(_, tools)| tools.is_large());
        large.map(|(name, tools)| (name.clone(), self.schema_object(name, tools, link))).collect()
    }

    /// The bucket's name where the stack keeps one, remembered so that what is in it is found without the manifest.
    fn bucket_link(&mut self) -> Option<BucketLink> {
        let bucket = self.prepared.manifest.stack.bucket.as_ref()?;
        self.prepared.tools.values().any(Tools::is_large).then_some(())?;
        let at = address(format!("{}{bucket}", s3_object::BUCKET_LINK));
        let spec = ssm_link::Spec {
            name: format!("/construct/{}/links/bucket.{bucket}", self.naming.stack),
            value: bucket.clone(),
            tags: self.tags(&at),
        };
        Some(self.graph.add(ssm_link::Link, at, spec, (), |()| ()))
    }

    fn schema_object(&mut self, name: &str, tools: &Tools, link: BucketLink) -> SchemaObject {
        let at = address(format!("schema/{name}.{}", &tools.digest[..DIGITS]));
        let spec = s3_object::Spec {
            key: self.schema_key(name, tools),
            content: tools.text.clone(),
            tags: self.naming.marks(&at),
        };
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
}
