//! Why a command failed: one shape for every error, and the one way it is shown.

use std::error::Error;
use std::fmt::Write as _;

use construct_engine::{
    Class, JournalError, LockError, ObserveError, RunError, ServiceDetail, StepError,
};
use serde::Serialize;

use super::ExitCode;
use crate::clients::ClientFileError;
use crate::cloud::{ConnectError, SecretError, StackLockError};
use crate::manifest::{ManifestError, Problems};
use crate::outputs::atomic::WriteError;
use crate::report::Paint;

/// A failed command. Never holds a secret, as none of the errors it is made of does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What the exit code will be.
    pub kind: ExitCode,
    /// What happened: a lower-case fragment without a full stop.
    pub message: String,
    /// Why, from the outermost reason to the innermost.
    pub causes: Vec<String>,
    /// What a person can do next.
    pub hints: Vec<String>,
    /// Labelled lines, such as `request id: …`, or the problems of a manifest.
    pub details: Vec<String>,
}

impl Failure {
    /// A failure of `kind` that says `message`.
    pub fn new(kind: ExitCode, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            details: Vec::new(),
        }
    }

    /// The command line cannot be carried out as it is.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// A defect: something that the code takes to be impossible.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Bug, message)
    }

    /// `error` and every error behind it.
    pub fn of(kind: ExitCode, error: &dyn Error) -> Self {
        let mut failure = Self::new(kind, error.to_string());
        let mut behind = error.source();
        while let Some(cause) = behind {
            failure.causes.push(cause.to_string());
            behind = cause.source();
        }
        failure
    }

    /// The same failure with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same failure with one reason more.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// The same failure with one labelled line more.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// The same failure with another exit code, such as [`ExitCode::CleanupIncomplete`].
    #[must_use]
    pub fn with_kind(mut self, kind: ExitCode) -> Self {
        self.kind = kind;
        self
    }

    /// The text for stderr, with a line break at the end.
    pub fn render(&self, paint: Paint) -> String {
        let mut text = format!("{} {}\n", paint.red("error:"), paint.bold(&self.message));
        for cause in &self.causes {
            let cause = cause.replace('\n', "\n    ");
            writeln!(text, "  caused by: {cause}").expect("a String takes all text");
        }
        for detail in &self.details {
            for line in detail.lines() {
                writeln!(text, "  {line}").expect("a String takes all text");
            }
        }
        for hint in &self.hints {
            writeln!(text, "{} {hint}", paint.cyan("hint:")).expect("a String takes all text");
        }
        text
    }

    fn step(mut self, error: &StepError) -> Self {
        self.hints.extend(error.hint.clone());
        if let Some(detail) = &error.detail {
            self.details.extend(detail_lines(detail));
        }
        if error.class == Class::Credentials && error.hint.is_none() {
            self.hints.push(
                "sign in again (`aws sso login`), choose a profile with AWS_PROFILE, or try --local"
                    .to_owned(),
            );
        }
        self
    }
}

/// The labelled lines of a service's account of a refused call.
pub(crate) fn detail_lines(detail: &ServiceDetail) -> Vec<String> {
    let mut lines = vec![format!("operation: {}", detail.operation)];
    lines.extend(detail.status.map(|status| format!("status: {status}")));
    lines.extend(detail.code.as_ref().map(|code| format!("code: {code}")));
    lines.extend(detail.request_id.as_ref().map(|id| format!("request id: {id}")));
    lines
}

/// The exit code that an error of a step leads to.
pub(crate) fn kind_of(class: Class) -> ExitCode {
    match class {
        Class::Credentials => ExitCode::Credentials,
        Class::Bug => ExitCode::Bug,
        Class::NotFound
        | Class::Conflict
        | Class::InDoubt
        | Class::Denied
        | Class::Invalid
        | Class::Quota
        | Class::Throttled
        | Class::Unreachable
        | Class::Foreign
        | Class::TimedOut
        | Class::Failed
        | Class::Interrupted => ExitCode::ApplyIncomplete,
    }
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        Self::new(kind_of(error.class), error.message.clone()).step(&error)
    }
}

impl From<ObserveError> for Failure {
    fn from(error: ObserveError) -> Self {
        Self::of(kind_of(error.error.class), &error).step(&error.error)
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let ConnectError::Account(inner) = &error;
        Self::of(kind_of(inner.class), &error).step(inner)
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        match &error {
            JournalError::File { .. } => Self::of(ExitCode::ApplyIncomplete, &error)
                .hint("check that the disk has room and that you may write there, then run again"),
            JournalError::Damaged { .. } => Self::of(ExitCode::ApplyIncomplete, &error).hint(
                "move the file away and run again: what it knew is found in the account by its tags",
            ),
            JournalError::Illegal(_) => Self::of(ExitCode::Bug, &error),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let message = error.to_string();
        let RunError::Journal(inner) = error;
        let mut failure = Self::from(inner);
        let cause = std::mem::replace(&mut failure.message, message);
        failure.causes.insert(0, cause);
        failure
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        match &error {
            LockError::Held { holder, .. } => {
                let mut failure = Self::of(ExitCode::Locked, &error);
                if let Some(holder) = holder {
                    failure.details = vec![
                        format!("command: {}", holder.command),
                        format!("since: {}", holder.since),
                        format!("process: {}", holder.pid),
                    ];
                }
                failure.hint("wait until it ends; the lock goes with its process")
            }
            LockError::File { .. } => Self::of(ExitCode::ApplyIncomplete, &error)
                .hint("check that the folder is yours to write"),
        }
    }
}

impl From<StackLockError> for Failure {
    fn from(error: StackLockError) -> Self {
        match error {
            StackLockError::Held(_, seen) => {
                Self::of(ExitCode::Locked, &error).hint(match seen.has_died() {
                    Some(true) => "it has probably died: --force-unlock evicts it",
                    Some(false) => "wait until that run ends; --force-unlock would stop and replace it",
                    None => "wait until that run ends; if it is known to be dead, take its place with --force-unlock",
                })
            }
            StackLockError::Step(ref inner) => {
                Self::of(kind_of(inner.class), &error).step(inner)
            }
        }
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        let failure = Self::of(ExitCode::Usage, &error);
        match error {
            SecretError::Unset(_) => failure.hint("set it, or try --local, which needs no secrets"),
            SecretError::File { .. } | SecretError::Empty(_) => {
                failure.hint("paths in the manifest are relative to the manifest")
            }
            SecretError::NoTerminal => {
                failure.hint("give the secret by an environment variable or a file instead")
            }
        }
    }
}

impl From<ManifestError> for Failure {
    fn from(error: ManifestError) -> Self {
        match error {
            ManifestError::Invalid(problems) => problems.into(),
            ManifestError::Missing { .. } | ManifestError::Unreadable { .. } => {
                let mut failure = Self::of(ExitCode::ManifestInvalid, &error);
                failure.hints.extend(error.hint().map(str::to_owned));
                failure
            }
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let message = match problems.len() {
            1 => "the manifest has a problem".to_owned(),
            many => format!("the manifest has {many} problems"),
        };
        let mut failure = Self::new(ExitCode::ManifestInvalid, message);
        failure.details = problems.iter().map(ToString::to_string).collect();
        failure
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::of(ExitCode::ApplyIncomplete, &error)
            .hint("check that the disk has room and that you may write there, then run again")
    }
}

impl From<ClientFileError> for Failure {
    fn from(error: ClientFileError) -> Self {
        let failure = Self::of(ExitCode::ApplyIncomplete, &error);
        match error {
            ClientFileError::Write(error) => error.into(),
            ClientFileError::Read { .. } | ClientFileError::NotOurs { .. } => failure
                .hint("mend the file or move it away, then run again: the stack's objects are not concerned"),
            ClientFileError::Foreign { .. } => failure.hint(
                "give that server another name, or let `construct clients` take it over with --adopt",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn refused(class: Class) -> StepError {
        StepError::new(class, "the name is taken").hint("choose another").detail(ServiceDetail {
            operation: "CreateGateway".into(),
            status: Some(409),
            code: Some("ConflictException".into()),
            request_id: Some("7f3a".into()),
        })
    }

    #[test]
    fn a_step_error_is_shown_with_its_detail_and_hint() {
        let failure = Failure::from(refused(Class::Conflict));
        assert_eq!(
            failure.render(Paint::PLAIN),
            "error: the name is taken\n  operation: CreateGateway\n  status: 409\n  \
             code: ConflictException\n  request id: 7f3a\nhint: choose another\n"
        );
        assert!(failure.render(Paint::COLOUR).contains("\u{1b}["));
    }

    #[test]
    fn classes_lead_to_their_exit_codes() {
        for (class, kind) in [
            (Class::Credentials, ExitCode::Credentials),
            (Class::Bug, ExitCode::Bug),
            (Class::Foreign, ExitCode::ApplyIncomplete),
            (Class::Interrupted, ExitCode::ApplyIncomplete),
        ] {
            assert_eq!(Failure::from(refused(class)).kind, kind, "{class:?}");
        }
        let error = ObserveError { what: "gateway".into(), error: refused(Class::Credentials) };
        let failure = Failure::from(error);
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (ExitCode::Credentials, "cannot read gateway")
        );
        assert_eq!(failure.causes, ["the name is taken"]);
    }

    #[test]
    fn missing_credentials_are_told_where_to_come_from() {
        let failure =
            Failure::from(StepError::new(Class::Credentials, "no credentials were found"));
        assert_eq!(failure.kind, ExitCode::Credentials);
        assert!(failure.hints[0].contains("aws sso login"));
    }

    #[test]
    fn a_journal_failure_names_the_run_first() {
        let error = RunError::Journal(JournalError::File {
            action: "write to",
            path: PathBuf::from("j.ndjson"),
            source: std::io::Error::other("no space"),
        });
        let failure = Failure::from(error);
        assert_eq!(failure.message, "the run stopped: its journal could not be written");
        assert_eq!(failure.causes, ["cannot write to the journal j.ndjson", "no space"]);
    }

    #[test]
    fn a_manifest_shows_every_problem() {
        let text = "[stack]\nname = \"x\"\nregion = \"nowhere\"\nkolour = 1\n";
        let problems =
            crate::manifest::Manifest::parse(text, "construct.toml", Path::new("")).unwrap_err();
        let count = problems.len();
        let failure = Failure::from(ManifestError::Invalid(problems));
        assert!(count > 1 && failure.details.len() == count);
        assert_eq!(failure.message, format!("the manifest has {count} problems"));
        assert!(failure.render(Paint::PLAIN).contains("  construct.toml:"));
        let failure = Failure::from(ManifestError::Missing { path: "a.toml".into() });
        assert_eq!(failure.kind, ExitCode::ManifestInvalid);
        assert!(failure.hints[0].contains("construct init"));
    }

    #[test]
    fn a_held_lock_says_by_whom() {
        let failure = Failure::from(LockError::Held {
            path: "lock".into(),
            holder: Some(construct_engine::LockHolder {
                run: "0f".into(),
                pid: 7,
                command: "up".into(),
                since: "2026-01-01T00:00:00Z".into(),
            }),
        });
        assert_eq!(failure.kind, ExitCode::Locked);
        assert_eq!(failure.details, ["command: up", "since: 2026-01-01T00:00:00Z", "process: 7"]);
    }
}
