//! Which tools a target has before and after, as far as that can be known without asking a server.
//!
//! What the service keeps of an `OpenAPI` description, a Lambda function's tool schema or a static list comes back from
//! `GetGatewayTarget`, and is compared with what is sent. No call of the control plane tells which tools an MCP server or a
//! REST API gave: `listing` asks the gateway.

use super::look::Seen;
use super::verdict::Verdict;
use crate::openapi::{Change, Definition, changes};
use crate::prepare::{Offer, OfferedTool};
use crate::session::Session;
use crate::steps::gateway_target::Document;

/// What is known of the difference.
pub(super) enum Differences {
    /// All of it.
    Known(Vec<Change>),
    /// Nothing, and why.
    Unknown(String),
}

/// Whether only the gateway knows the tools of `seen`, and this run may change them.
pub(super) fn is_listed(seen: &Seen) -> bool {
    let is_work = seen.verdict.is_work() || seen.verdict == Verdict::Person;
    is_work && seen.live.as_ref().is_some_and(|live| live.document() == Document::Nowhere)
}

/// The differences that the work on `seen` makes; none where there is no work.
pub(super) fn differences(session: &Session, seen: &Seen) -> Option<Differences> {
    let unknown = |why: &str| Some(Differences::Unknown(why.to_owned()));
    if !matches!(seen.verdict, Verdict::Update(_)) {
        return None;
    }
    let (prepared, live) = (session.prepared.as_ref()?, seen.live.as_ref()?);
    let target = prepared.manifest.targets.get(&seen.name)?;
    let before = match live.document() {
        Document::Inline(text) => text,
        Document::InBucket(_) => {
            return unknown("its tools of before lie in a bucket, and are not read");
        }
        Document::Nowhere => return None,
    };
    let now = prepared.tools.get(&seen.name)?;
    let tools = |text: &str| Offer::of_sent((seen.name.as_str(), target), text);
    let Some((before, now)) = tools(&before).zip(tools(&now.text)) else {
        return unknown("which tools a document of its kind makes, only the service knows");
    };
    Some(Differences::Known(changes(&definitions(&before), &definitions(&now))))
}

fn definitions(tools: &[OfferedTool]) -> Vec<Definition<'_>> {
    tools.iter().map(definition).collect()
}

fn definition(tool: &OfferedTool) -> Definition<'_> {
    let OfferedTool { name, description, input_schema, .. } = tool;
    Definition { name, description, input_schema }
}
