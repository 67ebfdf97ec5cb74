//! A run for people: finished work above, what is under way below; plain lines where there is no terminal.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use construct_engine::{Address, Event, Verb};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::lines::{doing, line, not_tried};
use crate::ui::Ui;

/// How often what is under way is drawn anew.
const TICK: Duration = Duration::from_millis(120);

/// Shows events as they come. Shared by reference; every call returns at once.
pub struct Progress<'a> {
    ui: &'a Ui,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: BTreeMap<Address, Running>,
    skipped: Vec<Address>,
    /// Whether anything was skipped because the run was to stop.
    stopped: bool,
    bars: Option<Bars>,
}

struct Running {
    doing: String,
    waiting_for: String,
    bar: Option<ProgressBar>,
}

struct Bars {
    all: MultiProgress,
    whole: ProgressBar,
}

impl<'a> Progress<'a> {
    /// Progress on the terminal of `ui`, or plain lines on its stderr.
    pub fn new(ui: &'a Ui) -> Self {
        let bars = ui.bars().then(|| {
            let all = MultiProgress::new();
            let whole =
                all.add(ProgressBar::no_length().with_style(style("{wide_bar:.cyan} {pos}/{len}")));
            Bars { all, whole }
        });
        Self { ui, state: Mutex::new(State { bars, ..State::default() }) }
    }

    /// Shows one event.
    pub fn see(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let news = state.note(event);
        if !news {
            return;
        }
        // A bar says what is waited for as long as it lasts; on paper it takes a line.
        if state.bars.is_some()
            && matches!(event, Event::NodeWaiting { .. } | Event::RunStarted { .. })
        {
            return;
        }
        if matches!(event, Event::RunFinished { .. }) && !state.skipped.is_empty() {
            let text = not_tried(&state.skipped, state.stopped, self.ui.paint_err());
            self.print(&state, &text);
        }
        if let Some(text) = line(event, self.ui.paint_err()) {
            self.print(&state, &text);
        }
    }

    /// Tells that the run was asked to stop.
    pub fn stopping(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let text = "Stopping: what has begun is finished first. Ctrl-C again leaves at once.";
        self.print(&state, &self.ui.paint_err().yellow(text));
    }

    fn print(&self, state: &State, text: &str) {
        match &state.bars {
            Some(bars) if !bars.whole.is_finished() => {
                // A terminal that cannot be written to can only be left alone.
                bars.all.println(text).ok();
            }
            _ => self.ui.err(text),
        }
    }
}

impl Drop for Progress<'_> {
    /// Takes the bars away, also when the run ends in an error.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(bars) = state.bars.take() {
            bars.all.clear().ok();
        }
    }
}

impl State {
    /// Takes the event in. Returns whether it is worth a line: repeated waiting is not.
    fn note(&mut self, event: &Event) -> bool {
        match event {
            Event::RunStarted { total, .. } => {
                if let Some(bars) = &self.bars {
                    bars.whole.set_length(*total as u64);
                }
                *total > 0
            }
            Event::NodeStarted { address, verb, .. } => {
                self.start(address, *verb);
                false
            }
            Event::NodeWaiting { address, waiting_for } => {
                let Some(running) = self.running.get_mut(address) else { return true };
                let news = running.waiting_for != *waiting_for;
                running.waiting_for.clone_from(waiting_for);
                if let Some(bar) = &running.bar {
                    bar.set_message(format!("{}, waiting for {waiting_for}", running.doing));
                }
                news
            }
            Event::NodeDone { address, .. } | Event::NodeFailed { address, .. } => {
                self.end(address);
                true
            }
            Event::NodeSkipped { address, because_of } => {
                self.end(address);
                self.skipped.push(address.clone());
                self.stopped |= because_of.is_empty();
                false
            }
            Event::RunFinished { .. } => {
                if let Some(bars) = &self.bars {
                    bars.whole.finish_and_clear();
                }
                true
            }
            _ => true,
        }
    }

    fn start(&mut self, address: &Address, verb: Verb) {
        let doing = format!("{} {address}", doing(verb));
        let bar = self.bars.as_ref().map(|bars| {
            let bar =
                ProgressBar::new_spinner().with_style(style("{spinner} {wide_msg} {elapsed}"));
            let bar = bars.all.insert_before(&bars.whole, bar);
            bar.set_message(doing.clone());
            bar.enable_steady_tick(TICK);
            bar
        });
        self.running.insert(address.clone(), Running { doing, waiting_for: String::new(), bar });
    }

    fn end(&mut self, address: &Address) {
        if let Some(Running { bar: Some(bar), .. }) = self.running.remove(address) {
            bar.finish_and_clear();
        }
        if let Some(bars) = &self.bars {
            bars.whole.inc(1);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a template of this file is well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use construct_engine::NodeOutcome;
    use serde_json::Value;

    #[test]
    fn without_a_terminal_every_news_is_one_line() {
        let (ui, captured) = Ui::captured();
        let address = Address::new("gateway").unwrap();
        let progress = Progress::new(&ui);
        let waiting =
            |what: &str| Event::NodeWaiting { address: address.clone(), waiting_for: what.into() };
        for event in [
            Event::RunStarted { stack: "acme".into(), total: 1 },
            Event::NodeStarted {
                address: address.clone(),
                kind: "agentcore.gateway".into(),
                verb: Verb::Create,
                after: Vec::new(),
            },
            waiting("status CREATING"),
            waiting("status CREATING"),
            Event::NodeDone {
                address: address.clone(),
                kind: "agentcore.gateway".into(),
                outcome: NodeOutcome::Created,
                outputs: Value::Null,
                elapsed_ms: 3210,
            },
            Event::RunFinished { changed: 1, failed: 0, skipped: 0, elapsed_ms: 3300 },
        ] {
            progress.see(&event);
        }
        drop(progress);
        assert_eq!(captured.out(), "");
        assert_eq!(
            captured.err(),
            "Working on 1 object of acme.\n  gateway: waiting for status CREATING.\n  \
             created gateway (AgentCore gateway) in 3.2 s.\n1 changed, 0 failed, 0 not tried, in 3.3 s.\n"
        );
    }

    #[test]
    fn it_can_be_shared() {
        fn shared<T: Send + Sync>() {}
        shared::<Progress<'_>>();
    }
}
