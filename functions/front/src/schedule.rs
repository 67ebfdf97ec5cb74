//! How a new state key takes over from the one before it, without anybody who would have to see it through.
//!
//! A rotation writes the new key behind the old one, once. Parameter Store says when that was, and from there every function
//! knows by itself what to do:
//!
//! | since then | seals | opens |
//! |---|---|---|
//! | until every function has read it | the old key | both |
//! | until all that the old key sealed is over | the new key | both |
//! | after that | the new key | the new key |
//!
//! Nothing has to happen at a certain moment, so that nothing can be missed: the command may be killed, and a function may
//! be asleep for a day.

/// The longest that anything sealed with a state key is good for, in seconds.
pub const LIFE: u64 = 10 * 60;
/// How far the clocks of functions and of Parameter Store may be apart, with the time that a request takes. Lambda's and
/// AWS's own clocks are far closer.
const APART: u64 = 60;

/// What the last key of a parameter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It opens. Somebody may not have it yet.
    Accepted,
    /// It seals. What the one before it sealed may still come back.
    Sealing,
    /// It is the only one.
    Alone,
}

/// The times of a rotation, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// After this long a function reads its keys again.
    pub read_every: u64,
    /// So long after it was written, a new key seals.
    pub seals_after: u64,
    /// So long after that, the key before it is refused.
    pub refused_after: u64,
}

impl Schedule {
    /// On AWS.
    pub const AWS: Self = Self::reading_every(5 * 60, APART);
    /// On the local AWS, where no function is far away and no clock is another: a rotation can be watched.
    pub const LOCAL: Self = Self::reading_every(4, 4);

    const fn reading_every(seconds: u64, apart: u64) -> Self {
        let seals_after = seconds + apart;
        Self { read_every: seconds, seals_after, refused_after: seals_after + LIFE + apart }
    }

    /// What the last key is for, so long after it was written.
    pub const fn stage(self, age: u64) -> Stage {
        if age < self.seals_after {
            Stage::Accepted
        } else if age < self.refused_after {
            Stage::Sealing
        } else {
            Stage::Alone
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{Purpose, Ring, Unsealed};

    const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const BOTH: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= \
                        HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    /// The ring at `now` of a function that reads its keys at every `phase`, where the new one was written at 0.
    fn ring((schedule, phase): (Schedule, i64), now: i64) -> Ring {
        let every = i64::try_from(schedule.read_every).unwrap();
        let has_read_it = (now - phase).div_euclid(every) * every + phase >= 0;
        let text = if has_read_it { BOTH } else { OLD };
        let stage = if has_read_it {
            schedule.stage(u64::try_from(now).unwrap_or_default())
        } else {
            Stage::Alone
        };
        Ring::read(text, "https://a.example").unwrap().at(stage)
    }

    /// Every function opens what any other sealed, whenever each of them read its keys, from long before a rotation to long
    /// after it, up to the last second of what was sealed.
    #[test]
    fn what_one_function_seals_every_other_opens() {
        for schedule in [Schedule::AWS, Schedule::LOCAL] {
            let step = i64::try_from(schedule.read_every / 4).unwrap();
            let end = i64::try_from(schedule.refused_after).unwrap() + 2 * step;
            let phases = [0, 1, step, 2 * step, 4 * step - 1];
            let life = i64::try_from(LIFE).unwrap();
            let begins = (-2 * step..end).step_by(usize::try_from(end / 40).unwrap());
            for (begin, sealing) in begins.flat_map(|begin| phases.map(|phase| (begin, phase))) {
                let sealed = ring((schedule, sealing), begin).seal(Purpose::Login, &"a", None);
                for (after, opening) in
                    [0, 1, step, life - 1].into_iter().flat_map(|a| phases.map(|phase| (a, phase)))
                {
                    let ring = ring((schedule, opening), begin + after);
                    let opened = ring.open::<String>(Purpose::Login, &sealed, 0);
                    let when = format!("{schedule:?}: {begin} {sealing}, {after} {opening}");
                    assert_eq!(opened, Ok("a".to_owned()), "{when}");
                }
            }
        }
    }

    #[test]
    fn attack_7_what_a_retired_key_sealed_is_refused() {
        let sealed = Ring::read(OLD, "https://a.example").unwrap().seal(Purpose::Login, &"a", None);
        for schedule in [Schedule::AWS, Schedule::LOCAL] {
            let at = |age: u64| {
                let ring = Ring::read(BOTH, "https://a.example").unwrap().at(schedule.stage(age));
                ring.open::<String>(Purpose::Login, &sealed, 0)
            };
            assert_eq!(at(schedule.refused_after - 1), Ok("a".to_owned()));
            assert_eq!(at(schedule.refused_after), Err(Unsealed::UnknownKey));
        }
    }

    #[test]
    fn a_key_that_is_alone_is_all_there_is_at_every_stage() {
        let ring = Ring::read(OLD, "c").unwrap();
        let sealed = ring.seal(Purpose::Login, &"a", None);
        for stage in [Stage::Accepted, Stage::Sealing, Stage::Alone] {
            let ring = ring.at(stage);
            assert_eq!(ring.open(Purpose::Login, &sealed, 0), Ok("a".to_owned()));
            let other = ring.seal(Purpose::Login, &"b", None);
            assert!(ring.open::<String>(Purpose::Login, &other, 0).is_ok());
        }
    }
}
