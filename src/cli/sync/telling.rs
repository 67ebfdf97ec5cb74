//! What `construct sync` says: lines for people, or notices in the one stream that scripts read.

use construct_engine::{Address, Event};

use super::SyncArguments;
use super::authorize::returns_here;
use super::differences::{Differences, differences};
use super::look::{Look, Seen};
use crate::cli::running::tell_of_nothing;
use crate::cli::tools::changes_text;
use crate::report::Ndjson;
use crate::session::Session;
use crate::steps::gateway_target::Live;
use crate::ui::Ui;

/// Where it is said, and how.
#[derive(Clone, Copy)]
pub(super) struct Telling<'a> {
    pub(super) session: &'a Session,
    pub(super) arguments: &'a SyncArguments,
    pub(super) ui: &'a Ui,
}

impl Telling<'_> {
    /// What becomes of each target, and what else differs.
    pub(super) fn look(&self, look: &Look) {
        for target in &look.targets {
            let mut text = target.verdict.text(self.arguments.check);
            if let Some(consent) = target.live.as_ref().and_then(Live::consent) {
                text = format!("{text}, within ten minutes at {}", consent.url);
            }
            self.result(target, text);
            if let Some(differences) = differences(self.session, target) {
                self.differences(target, &differences);
            }
        }
        if let Some(others) = look.others.filter(|others| *others > 0) {
            let objects = if others == 1 { "object" } else { "objects" };
            self.ui.err(&format!("`construct up` would also change {others} other {objects}."));
        }
        if !self.arguments.json && look.targets.is_empty() {
            self.ui.out("There are no targets.");
        }
    }

    /// How the tools of a target differ.
    pub(super) fn differences(&self, target: &Seen, differences: &Differences) {
        let changes = match differences {
            Differences::Known(changes) if changes.is_empty() => {
                return self.result(target, "its tools stay the same".to_owned());
            }
            Differences::Unknown(why) => return self.result(target, why.clone()),
            Differences::Known(changes) => changes,
        };
        if !self.arguments.json {
            for line in changes_text(changes, self.ui.paint_out()).lines() {
                self.ui.out(&format!("  {line}"));
            }
            return;
        }
        for change in changes {
            let breaks = if change.breaks { " (breaks callers)" } else { "" };
            let argument = match change.argument.as_str() {
                "" => String::new(),
                argument => format!(", argument {argument}"),
            };
            let text = format!("tool {}{argument}: {}{breaks}", change.tool, change.message);
            self.notice(&target.address, text);
        }
    }

    /// A sentence for whoever sits here while it happens.
    pub(super) fn aside(&self, address: &Address, text: String) {
        if self.arguments.json {
            self.notice(address, text);
        } else {
            self.ui.err(&format!("{address}: {text}"));
        }
    }

    /// The last line for scripts: `run`, or that there was nothing to carry out.
    pub(super) fn end(&self, run: Option<Event>) {
        match run {
            _ if !self.arguments.json => {}
            Some(event) => Ndjson::new(self.ui).see(&event),
            None => tell_of_nothing(self.session, self.ui),
        }
    }

    /// What a person must do about the targets that wait for a consent.
    pub(super) fn consents(&self, waits: &[(Address, Live)]) {
        for (address, live) in waits {
            let url = live.consent().map_or("the AWS console", |consent| consent.url);
            let hint = match (returns_here(live), live.returns_to()) {
                (Some(_), _) => "`construct sync --authorize` completes it here.".to_owned(),
                (None, Some(elsewhere)) => format!("Whoever serves {elsewhere} must complete it."),
                (None, None) => "The console completes it.".to_owned(),
            };
            self.ui
                .err(&format!("{address} needs a person, within ten minutes: open {url}\n{hint}"));
        }
    }

    fn result(&self, target: &Seen, text: String) {
        if self.arguments.json {
            self.notice(&target.address, text);
        } else {
            self.ui.out(&format!("{}: {text}", target.name));
        }
    }

    fn notice(&self, address: &Address, text: String) {
        Ndjson::new(self.ui).see(&Event::Notice { address: address.clone(), text });
    }
}
