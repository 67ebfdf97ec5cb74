//! How a command ends, as a number that scripts can rely on.

use serde::Serialize;

/// The exit code of `construct`. The numbers are part of its interface and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ExitCode {
    /// All that was asked for is done.
    Done = 0,
    /// A defect of construct itself.
    Bug = 1,
    /// The command line is wrong, or a question had nobody to answer it.
    Usage = 2,
    /// The manifest is missing or wrong.
    ManifestInvalid = 3,
    /// `plan --check`, `sync` or `status` found that something differs; `doctor` that something is wrong; `tools --diff`
    /// that a change breaks callers.
    ChangesFound = 4,
    /// Not everything was applied; running again goes on from there.
    ApplyIncomplete = 5,
    /// Not everything was removed; what is left is listed.
    CleanupIncomplete = 6,
    /// Another run holds the stack.
    Locked = 7,
    /// AWS credentials are missing, expired or wrong.
    Credentials = 8,
}

impl ExitCode {
    /// Every code, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Done,
        Self::Bug,
        Self::Usage,
        Self::ManifestInvalid,
        Self::ChangesFound,
        Self::ApplyIncomplete,
        Self::CleanupIncomplete,
        Self::Locked,
        Self::Credentials,
    ];

    /// The number that the shell sees.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// What the code means, for the help text and the man page.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Bug => "a defect of construct",
            Self::Usage => "the command line is wrong, or a question had nobody to answer it",
            Self::ManifestInvalid => "the manifest is missing or wrong",
            Self::ChangesFound => {
                "changes found (plan --check, status, sync, doctor, tools --diff)"
            }
            Self::ApplyIncomplete => "not everything was applied: run it again",
            Self::CleanupIncomplete => "not everything was removed: what is left is listed",
            Self::Locked => "another run holds the stack",
            Self::Credentials => "AWS credentials are missing, expired or wrong",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_interface() {
        let numbers: Vec<u8> = ExitCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(ExitCode::Locked.number(), 7);
        assert_eq!(
            serde_json::to_string(&ExitCode::ApplyIncomplete).unwrap(),
            "\"apply_incomplete\""
        );
    }
}
