//! Lengths of time and lists of addresses, short enough for a line.

use construct_engine::Address;

/// `0.4 s`, `59.9 s`, `2 min 05 s`.
pub(super) fn duration(milliseconds: u64) -> String {
    let tenths = (milliseconds + 50) / 100;
    if tenths < 600 {
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    let seconds = (milliseconds + 500) / 1000;
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

/// `a`, `a and b`, `a, b and 3 more`.
pub(crate) fn addresses(all: &[Address]) -> String {
    match all {
        [] => String::new(),
        [one] => one.to_string(),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

/// `1 object`, `2 objects`.
pub(crate) fn objects(count: usize) -> String {
    if count == 1 { "1 object".to_owned() } else { format!("{count} objects") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        for (milliseconds, text) in [
            (0, "0.0 s"),
            (449, "0.4 s"),
            (59_949, "59.9 s"),
            (59_950, "1 min 00 s"),
            (125_000, "2 min 05 s"),
        ] {
            assert_eq!(duration(milliseconds), text);
        }
    }

    #[test]
    fn lists_are_shortened() {
        let all: Vec<Address> =
            ["a", "b", "c", "d"].iter().map(|one| Address::new(*one).unwrap()).collect();
        let texts: Vec<String> = (0..=4).map(|count| addresses(&all[..count])).collect();
        assert_eq!(texts, ["", "a", "a and b", "a, b and 1 more", "a, b and 2 more"]);
    }
}
