//! An object in a bucket that is not ours: a schema that is too large for a request, or the zip of a runtime.
//!
//! - **Name**: the key `construct/{stack}/NAME-{digest}.json` or `.zip`. It says what the object holds, so that other content
//!   is another object: it is there before a target or a runtime is pointed at it, and the old one goes last.
//! - **Found**: `HeadObject` by key, then `GetObjectTagging`.
//! - **Proven ours**: the tag `construct:stack`. An object that somebody writes over loses its tags, and is foreign then.
//! - **In doubt**: writing the same content to the same key again is harmless.
//! - **Two of ours**: cannot be.
//! - **Owned set**: `ListObjectsV2` under `construct/{stack}/` in every bucket that a link ([`super::ssm_link`]) names, then
//!   the tags.
//! - **Secret**: none.
//! - **Protect**: nothing.
//! - **Replace**: never. **Update that resets**: `PutObjectTagging` replaces all tags: the live ones are sent along.
//!
//! An object takes ten tags, so that it carries the marks and not the person's own. Where a bucket keeps versions, removed
//! objects stay in it as old versions until its own rules remove them. A zip is read when it is sent, and sent only if it is
//! still the one that was planned with.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Tag, Tagging};
use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::marks;
use super::ssm_link::Link;
use crate::cloud::{Cloud, Tags, classify, is_not_found};
use crate::package::Code;

/// The links that name buckets: their nodes' addresses begin so.
pub const BUCKET_LINK: &str = "link/bucket.";

/// The kind of objects in a bucket.
pub struct Object;

/// What an object holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A document.
    Json(String),
    /// A deployment package.
    Zip(Code),
}

impl Content {
    fn media_type(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Zip(_) => "application/zip",
        }
    }

    fn bytes(&self) -> Result<Vec<u8>, StepError> {
        match self {
            Self::Json(text) => Ok(text.clone().into_bytes()),
            Self::Zip(code) => code.bytes(),
        }
    }
}

/// What the object should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its key, which holds a digest of the content.
    pub key: String,
    /// What it holds; none when the spec comes from the journal.
    #[serde(skip)]
    pub content: Option<Content>,
    /// The marks.
    pub tags: Tags,
}

/// Where the object is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The bucket.
    pub bucket: String,
}

/// An object as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    bucket: String,
    key: String,
    tags: Tags,
}

/// Where the content is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Both, as `s3://bucket/key`.
    pub uri: String,
}

impl Outputs {
    fn of(bucket: &str, key: &str) -> Self {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        Self { uri: format!("s3://{bucket}/{key}"), bucket, key }
    }
}

impl Step<Cloud> for Object {
    const KIND: &'static str = "s3.object";
    const FIELDS: &'static [&'static str] = &[marks::ANY_TAG];
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let recorded = last.filter(|last| last.key == spec.key).map(|last| &last.bucket);
        let Some(bucket) = links.map(|links| &links.bucket).or(recorded) else {
            return Ok(Presence::Absent);
        };
        let Some(tags) = tags_of(cx.cloud, bucket, &spec.key).await? else {
            return Ok(Presence::Absent);
        };
        let what = format!("the object s3://{bucket}/{}", spec.key);
        let live = Live { bucket: bucket.clone(), key: spec.key.clone(), tags: tags.clone() };
        Ok(marks::presence(cx.cloud, &what, &tags, live, false))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let moved = links.filter(|links| links.bucket != live.bucket);
        let moved = moved.map(|links| Change::new("bucket", &live.bucket, &links.bucket));
        Diff::of(moved.into_iter().chain(marks::changes(&spec.tags, &live.tags)).collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let content = spec.content.as_ref();
        let content = content
            .ok_or_else(|| StepError::bug(format!("{} comes without its content", spec.key)))?;
        let tags: Vec<String> = spec
            .tags
            .iter()
            .map(|(key, value)| format!("{}={}", escaped(key), escaped(value)))
            .collect();
        cx.cloud
            .s3
            .put_object()
            .bucket(&links.bucket)
            .key(&spec.key)
            .content_type(content.media_type())
            .tagging(tags.join("&"))
            .body(ByteStream::from(content.bytes()?))
            .send()
            .await
            .map_err(|error| bucket_hint(classify("PutObject", error)))?;
        let (bucket, key, tags) = (links.bucket.clone(), spec.key.clone(), spec.tags.clone());
        Ok(Live { bucket, key, tags })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if links.bucket != live.bucket {
            return Self::create(cx, spec, links).await;
        }
        live.tags.extend(marks::among(changes));
        let tags = live.tags.iter().map(|(key, value)| {
            Tag::builder().key(key).value(value).build().expect("a tag has a key and a value")
        });
        let tagging = Tagging::builder()
            .set_tag_set(Some(tags.collect()))
            .build()
            .map_err(|error| StepError::bug(error.to_string()))?;
        cx.cloud
            .s3
            .put_object_tagging()
            .bucket(&live.bucket)
            .key(&live.key)
            .tagging(tagging)
            .send()
            .await
            .map_err(|error| classify("PutObjectTagging", error))?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let call = cx.cloud.s3.delete_object().bucket(&outputs.bucket).key(&outputs.key);
        match call.send().await.map_err(|error| classify("DeleteObject", error)) {
            Err(error) if !is_not_found(&error) => Err(error),
            _ => Ok(()),
        }
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs::of(&live.bucket, &live.key)
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.uri.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let links = found.of::<Cloud, Link>().into_iter();
        let buckets = links.filter(|(address, _)| address.as_str().starts_with(BUCKET_LINK));
        let looks = buckets.map(|(_, link)| async move { in_bucket(cx.cloud, &link.value).await });
        Ok(try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

/// The stack's objects in `bucket`; none where the bucket is gone.
async fn in_bucket(cloud: &Cloud, bucket: &str) -> Result<Vec<(Address, Outputs)>, StepError> {
    let prefix = format!("construct/{}/", cloud.naming.stack);
    let mut pages =
        cloud.s3.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
    let mut ours = Vec::new();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(|error| classify("ListObjectsV2", error)) {
            Ok(page) => page,
            Err(error) if is_not_found(&error) => break,
            Err(error) => return Err(error),
        };
        for key in page.contents().iter().filter_map(|object| object.key()) {
            let tags = tags_of(cloud, bucket, key).await?.unwrap_or_default();
            let address = cloud.naming.node_of(&tags);
            ours.extend(address.map(|address| (address, Outputs::of(bucket, key))));
        }
    }
    Ok(ours)
}

/// The tags of an object, or none when it is not there.
async fn tags_of(cloud: &Cloud, bucket: &str, key: &str) -> Result<Option<Tags>, StepError> {
    let call = cloud.s3.get_object_tagging().bucket(bucket).key(key);
    match call.send().await.map_err(|error| classify("GetObjectTagging", error)) {
        Ok(answer) => {
            let tags = answer.tag_set.into_iter().map(|tag| (tag.key, tag.value));
            Ok(Some(tags.collect()))
        }
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn bucket_hint(error: StepError) -> StepError {
    if is_not_found(&error) {
        return error.hint(
            "construct keeps schemas and zips in the bucket of [stack], and does not make it: make it first, or correct its name",
        );
    }
    error
}

/// A tag as the header of `PutObject` takes it: a query, in which only these letters stand as they are.
fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("writing into a string does not fail");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_another_bucket_are_changes() {
        let tags = Tags::from([("construct:stack".into(), "acme".into())]);
        let key = "construct/acme/api-01234567.json".to_owned();
        let spec = Spec { key: key.clone(), content: None, tags: tags.clone() };
        let links = Links { bucket: "schemas".into() };
        let live = Live { bucket: "schemas".into(), key, tags };
        assert_eq!(Object::diff(&spec, Some(&links), &live), Diff::Same);
        let moved = Links { bucket: "other".into() };
        let change = Change::new("bucket", "schemas", "other");
        assert_eq!(Object::diff(&spec, Some(&moved), &live), Diff::Update(vec![change]));
        let untagged = Live { tags: Tags::new(), ..live };
        assert!(matches!(Object::diff(&spec, Some(&links), &untagged), Diff::Update(_)));
        assert_eq!(Object::outputs(&untagged).uri, "s3://schemas/construct/acme/api-01234567.json");
    }

    #[test]
    fn the_content_stays_out_of_the_journal() {
        let content = Some(Content::Json("secret".into()));
        let spec = Spec { key: "k".into(), content, tags: Tags::new() };
        assert!(!serde_json::to_string(&spec).unwrap().contains("secret"));
    }

    #[test]
    fn tags_go_as_a_query() {
        assert_eq!(escaped("construct:node=a b"), "construct%3Anode%3Da%20b");
    }
}
