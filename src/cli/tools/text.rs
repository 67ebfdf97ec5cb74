//! The tools as text for people.

use std::fmt::Write as _;

use super::{ListedTool, Listing, Told};
use crate::openapi::rules::{MAX_INLINE_BYTES, MAX_TOOL_NAME, MAX_TOOLS};
use crate::openapi::{Change, Difference};
use crate::report::Paint;

/// How much of a description is shown on its line.
const SHOWN: usize = 100;

/// Each target with its tools, sizes, refusals and losses.
pub(super) fn listings(listings: &[Listing], schemas: bool, paint: Paint) -> String {
    let mut text = String::new();
    for listing in listings {
        if !text.is_empty() {
            text.push('\n');
        }
        heading(&mut text, listing, paint);
        for tool in &listing.tools {
            one(&mut text, tool, schemas, paint);
        }
        sizes(&mut text, listing);
        findings(&mut text, &listing.refused, &paint.red("refused"));
        findings(&mut text, &listing.cautions, &paint.yellow("caution"));
        if !listing.losses.is_empty() {
            line(&mut text, &format!("  {}:", paint.bold("not as in the description")));
            for loss in &listing.losses {
                line(&mut text, &format!("    {} {}", loss.kind, paint.dim(&loss.pointer)));
                line(&mut text, &format!("      {}", loss.message));
            }
        }
    }
    text
}

/// What would be refused, of every target.
pub(super) fn refusals(listings: &[Listing], paint: Paint) -> String {
    let mut text = String::new();
    for listing in listings.iter().filter(|listing| !listing.refused.is_empty()) {
        line(&mut text, &paint.bold(&listing.name));
        findings(&mut text, &listing.refused, &paint.red("refused"));
    }
    text
}

/// What changed, the tools in order; those that break callers are marked.
pub(in crate::cli) fn changes(changes: &[Change], paint: Paint) -> String {
    let mut text = String::new();
    let mut tool = "";
    for change in changes {
        if change.tool != tool {
            tool = &change.tool;
            let mark = match change.what {
                Difference::Added => paint.green("+"),
                Difference::Removed => paint.red("-"),
                Difference::Changed => paint.yellow("~"),
            };
            line(&mut text, &format!("{mark} {}", paint.bold(tool)));
        }
        let breaks = if change.breaks { paint.red("breaks callers: ") } else { String::new() };
        let place = if change.argument.is_empty() {
            String::new()
        } else {
            format!("{}: ", change.argument)
        };
        line(&mut text, &format!("    {breaks}{place}{}", change.message));
    }
    let breaking = changes.iter().filter(|change| change.breaks).count();
    line(
        &mut text,
        &match (changes.len(), breaking) {
            (0, _) => "The tools are the same.".to_owned(),
            (all, 0) => format!("{}; none breaks callers.", counted(all, "change")),
            (all, breaking) => {
                format!("{}; {breaking} of them break callers.", counted(all, "change"))
            }
        },
    );
    text
}

fn heading(text: &mut String, listing: &Listing, paint: Paint) {
    let name = paint.bold(&listing.name);
    let Some(file) = &listing.file else {
        line(text, &format!("{name}: its tools are known to the service or its server only"));
        return;
    };
    let tools = counted(listing.tools.len(), "tool");
    let of = listing.operations.map(|of| format!(" of {}", counted(of, "operation")));
    let (of, file) = (of.unwrap_or_default(), file.display());
    line(text, &format!("{name}: {tools}{of}, from {file}"));
}

fn one(text: &mut String, tool: &ListedTool, schemas: bool, paint: Paint) {
    let operation = tool.operation.as_deref().unwrap_or_default();
    line(text, format!("  {}  {}", paint.cyan(&tool.name), paint.dim(operation)).trim_end());
    let first = tool.description.lines().next().unwrap_or_default();
    let shown: String = first.chars().take(SHOWN).collect();
    let more = if shown.len() < tool.description.len() { " …" } else { "" };
    line(text, &format!("    {}{more}", shown.trim_end()));
    if schemas {
        let schema = serde_json::to_string_pretty(&tool.input_schema);
        for row in schema.unwrap_or_default().lines() {
            line(text, &format!("    {row}"));
        }
    }
}

fn sizes(text: &mut String, listing: &Listing) {
    let Some(bytes) = listing.bytes else { return };
    let longest = listing.tools.iter().map(|tool| tool.name.chars().count()).max();
    let mut parts = vec![format!("{bytes} of {MAX_INLINE_BYTES} bytes")];
    if let Some(longest) = longest {
        parts.push(format!("{} of {MAX_TOOLS} tools", listing.tools.len()));
        parts.push(format!("longest name {longest} of {MAX_TOOL_NAME} characters"));
    }
    line(text, &format!("  sizes: {}", parts.join(", ")));
}

fn findings(text: &mut String, findings: &[Told], mark: &str) {
    for finding in findings {
        let place = match &finding.pointer {
            Some(pointer) if pointer.is_empty() => "(document)",
            Some(pointer) => pointer,
            None => &finding.key,
        };
        line(text, &format!("  {mark} {place}"));
        line(text, &format!("    {}", finding.message));
        line(text, &format!("    help: {}", finding.help));
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a String takes all text");
}
