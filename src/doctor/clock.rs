//! Whether this machine's clock agrees with AWS's.

use jiff::Timestamp;

use super::{Checked, Finding};

/// AWS refuses signatures that are more than five minutes off, and a token's times are looked at to the minute: what is
/// further off than this should be put right before it counts.
///
/// Source: IAM user guide, "Troubleshoot Signature Version 4 signing"; the leeway for tokens is the front's own.
const MOST_OFF: u64 = 60;

/// Two clocks at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    /// AWS's, from the `Date` of an answer.
    pub(super) theirs: Timestamp,
    /// This machine's, when the answer came.
    pub(super) ours: Timestamp,
}

/// Compares them; without an answer there is nothing to compare with.
pub(super) fn check(times: Option<Times>) -> Checked {
    let finding = match times {
        None => Finding::not_tried(
            "the clock of this machine",
            "no answer of AWS came to compare it with",
            "mend the credentials or the network first",
        ),
        Some(Times { theirs, ours }) => {
            let off = ours.as_second() - theirs.as_second();
            let by = off.unsigned_abs();
            let side = if off < 0 { "behind" } else { "ahead of" };
            if by <= MOST_OFF {
                Finding::fine(format!("within {MOST_OFF} s of AWS's ({by} s off)"))
            } else {
                Finding::wrong(
                    format!("this machine's clock is {by} s {side} AWS's"),
                    "AWS refuses requests that are signed more than five minutes off, and tokens are taken for \
                     expired or not yet valid",
                    "let the clock follow a time server, for example `timedatectl set-ntp true`",
                )
            }
        }
    };
    Checked::new("clock", vec![finding])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    fn off(seconds: i64) -> Finding {
        let theirs = Timestamp::from_second(1_800_000_000).unwrap();
        let ours = Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        check(Some(Times { theirs, ours })).findings.remove(0)
    }

    #[test]
    fn a_minute_is_near_enough_and_more_is_told_with_its_side() {
        for seconds in [-60, -1, 0, 60] {
            assert_eq!(off(seconds).outcome, Outcome::Fine, "{seconds}");
        }
        let (behind, ahead) = (off(-61), off(601));
        assert!(behind.what.contains("61 s behind AWS's"), "{behind:?}");
        assert!(ahead.outcome == Outcome::Wrong && ahead.what.contains("601 s ahead of AWS's"));
        assert_eq!(check(None).findings[0].outcome, Outcome::NotTried);
    }
}
