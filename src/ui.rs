//! The terminal: the one place that prints and asks.
//!
//! Data goes to stdout, everything else to stderr. A reader that goes away (`construct graph | head`) is no error, and
//! nothing is asked where there is no terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;

use crate::cli::{ColorChoice, Failure};
use crate::cloud::{SecretError, SecretSource};
use crate::environment;
use crate::report::{Look, Paint};

type Writer = Mutex<Box<dyn Write + Send>>;

/// Where a command prints and whom it asks.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing that the terminal can or cannot do"
)]
pub struct Ui {
    out: Writer,
    err: Writer,
    paint_out: Paint,
    paint_err: Paint,
    asks: bool,
    bars: bool,
    out_terminal: bool,
    err_terminal: bool,
    closed: AtomicBool,
}

/// What a [`Ui::captured`] printed.
#[derive(Clone, Default)]
pub struct Captured {
    out: Arc<Mutex<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
}

impl Captured {
    /// What went to stdout.
    pub fn out(&self) -> String {
        text(&self.out)
    }

    /// What went to stderr.
    pub fn err(&self) -> String {
        text(&self.err)
    }
}

fn text(bytes: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Ui {
    /// The process's own terminal.
    pub fn new(color: ColorChoice) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let term = environment::variable("TERM");
        let dumb = term.as_deref() == Some("dumb");
        let no_color = environment::variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        let painted = |terminal: bool| Paint::new(color.on(terminal && !dumb, no_color));
        Self {
            paint_out: painted(out.is_terminal()),
            paint_err: painted(err.is_terminal()),
            asks: io::stdin().is_terminal() && err.is_terminal(),
            bars: err.is_terminal() && !dumb,
            out_terminal: out.is_terminal(),
            err_terminal: err.is_terminal(),
            out: Mutex::new(Box::new(out)),
            err: Mutex::new(Box::new(err)),
            closed: AtomicBool::new(false),
        }
    }

    /// No terminal: keeps what is printed, and has nobody to ask.
    pub fn captured() -> (Self, Captured) {
        let captured = Captured::default();
        let ui = Self {
            out: Mutex::new(Box::new(Shared(captured.out.clone()))),
            err: Mutex::new(Box::new(Shared(captured.err.clone()))),
            paint_out: Paint::PLAIN,
            paint_err: Paint::PLAIN,
            asks: false,
            bars: false,
            out_terminal: false,
            err_terminal: false,
            closed: AtomicBool::new(false),
        };
        (ui, captured)
    }

    /// Prints a line of data, or several, to stdout; nothing for an empty text.
    pub fn out(&self, text: &str) {
        if !self.closed() && print(&self.out, text).is_err() {
            self.closed.store(true, Ordering::Relaxed);
        }
    }

    /// Prints a line for people, or several, to stderr; nothing for an empty text.
    pub fn err(&self, text: &str) {
        // Nobody is left who could be told that stderr is gone.
        print(&self.err, text).ok();
    }

    /// Prints a failure to stderr.
    pub fn fail(&self, failure: &Failure) {
        self.err(&failure.render(self.paint_err));
    }

    /// Whether the reader of stdout went away: there is no use in more output.
    pub fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// The colour of stdout.
    pub fn paint_out(&self) -> Paint {
        self.paint_out
    }

    /// The colour of stderr.
    pub fn paint_err(&self) -> Paint {
        self.paint_err
    }

    /// Whether stderr is a terminal that lines can be redrawn on.
    pub fn bars(&self) -> bool {
        self.bars
    }

    /// Whether a person can be asked.
    pub fn asks(&self) -> bool {
        self.asks
    }

    /// How a plan looks best on stdout.
    pub fn look_out(&self) -> Look {
        let term = self.out_terminal.then(dialoguer::console::Term::stdout);
        Look { paint: self.paint_out, columns: term.as_ref().and_then(columns) }
    }

    /// How a plan looks best on stderr.
    pub fn look_err(&self) -> Look {
        let term = self.err_terminal.then(dialoguer::console::Term::stderr);
        Look { paint: self.paint_err, columns: term.as_ref().and_then(columns) }
    }

    /// Asks a question that defaults to no.
    ///
    /// The answer is a line and not a key: a slip of a finger is not yet an answer, and Ctrl-C finds the terminal as it
    /// was.
    ///
    /// # Errors
    /// A usage failure where there is no terminal, or it cannot be read.
    pub fn confirm(&self, question: &str) -> Result<bool, Failure> {
        self.person(question)?;
        loop {
            self.prompt(&format!("{} [y/N] ", self.paint_err.bold(question)));
            let mut answer = String::new();
            let read = io::stdin().read_line(&mut answer).map_err(|error| {
                Failure::usage("the question was not answered").cause(error.to_string())
            })?;
            match answer.trim().to_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                // The end of the input leaves the line open.
                "" if read == 0 => {
                    self.err("\n");
                    return Ok(false);
                }
                "" | "n" | "no" => return Ok(false),
                _ => {}
            }
        }
    }

    /// Asks for a word: for what is too dear for a single key.
    ///
    /// # Errors
    /// As [`Ui::confirm`].
    pub fn line(&self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        self.person(question)?;
        let mut input = dialoguer::Input::<String>::new().with_prompt(question);
        if let Some(default) = default {
            input = input.default(default.to_owned());
        }
        input.interact_text().map_err(|error| unanswered(&error))
    }

    /// Lets some of `items` be chosen; those marked true are chosen at first.
    ///
    /// # Errors
    /// As [`Ui::confirm`].
    pub fn choose(&self, question: &str, items: &[(&str, bool)]) -> Result<Vec<usize>, Failure> {
        self.person(question)?;
        dialoguer::MultiSelect::new()
            .with_prompt(question)
            .items_checked(items.iter().copied())
            .interact()
            .map_err(|error| unanswered(&error))
    }

    /// Prints to stderr and stays on the line.
    fn prompt(&self, text: &str) {
        let mut err = self.err.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody is left who could be told that stderr is gone.
        err.write_all(text.as_bytes()).and_then(|()| err.flush()).ok();
    }

    fn person(&self, question: &str) -> Result<(), Failure> {
        if self.asks {
            return Ok(());
        }
        Err(Failure::usage("a question has nobody to answer it: there is no terminal")
            .detail(format!("question: {question}"))
            .hint("answer it beforehand with --yes"))
    }
}

/// The columns of a terminal; some say none, and then none are kept to.
fn columns(term: &dialoguer::console::Term) -> Option<usize> {
    term.size_checked().map(|(_, columns)| usize::from(columns)).filter(|columns| *columns > 0)
}

fn unanswered(error: &dialoguer::Error) -> Failure {
    Failure::usage("the question was not answered").cause(error.to_string())
}

fn print(writer: &Writer, text: &str) -> io::Result<()> {
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    if text.is_empty() {
        return Ok(());
    }
    writer.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        writer.write_all(b"\n")?;
    }
    writer.flush()
}

impl SecretSource for Ui {
    fn variable(&self, name: &str) -> Option<String> {
        environment::variable(name)
    }

    fn ask(&self, question: &str) -> Result<SecretString, SecretError> {
        if !self.asks {
            return Err(SecretError::NoTerminal);
        }
        dialoguer::Password::new()
            .with_prompt(question)
            .interact()
            .map(SecretString::from)
            .or(Err(SecretError::NoTerminal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ExitCode;

    #[test]
    fn data_and_talk_are_kept_apart() {
        let (ui, captured) = Ui::captured();
        ui.out("data");
        ui.err("talk\n");
        ui.fail(&Failure::bug("it broke"));
        assert_eq!(captured.out(), "data\n");
        assert_eq!(captured.err(), "talk\nerror: it broke\n");
    }

    #[test]
    fn without_a_terminal_nothing_is_asked() {
        let (ui, _) = Ui::captured();
        let failure = ui.confirm("Go on?").unwrap_err();
        assert_eq!(failure.kind, ExitCode::Usage);
        assert_eq!(failure.hints, ["answer it beforehand with --yes"]);
        assert!(matches!(ui.ask("Password"), Err(SecretError::NoTerminal)));
    }

    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_goes_away_is_no_panic() {
        let (mut ui, captured) = Ui::captured();
        ui.out = Mutex::new(Box::new(Gone));
        ui.out("one");
        assert!(ui.closed());
        ui.out("two");
        assert_eq!(captured.out(), "");
    }
}
