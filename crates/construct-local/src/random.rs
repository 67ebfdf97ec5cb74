//! Ids and secrets: from the operating system, or reproducible from a seed.

/// A source of random bytes.
#[derive(Debug, Clone)]
pub enum Random {
    /// The operating system's generator.
    System,
    /// `SplitMix64` from a seed: for tests only.
    Seeded(u64),
}

impl Random {
    /// From `seed`, mixed with `stream` so that a reopened store does not repeat ids.
    pub fn new(seed: Option<u64>, stream: u64) -> Self {
        seed.map_or(Self::System, |seed| {
            Self::Seeded(seed ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        })
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        match self {
            Self::System => {
                getrandom::fill(bytes).expect("the operating system has a random generator");
            }
            Self::Seeded(state) => {
                for chunk in bytes.chunks_mut(8) {
                    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let mut mixed = *state;
                    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                    mixed ^= mixed >> 31;
                    chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
                }
            }
        }
    }

    /// `length` characters of `alphabet`.
    pub fn id(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        // Two bytes a character: the bias of the remainder is below one in a thousand.
        let mut bytes = vec![0; length * 2];
        self.fill(&mut bytes);
        bytes
            .chunks_exact(2)
            .map(|pair| {
                letters[usize::from(u16::from_le_bytes([pair[0], pair[1]])) % letters.len()]
            })
            .collect()
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let digits = format!("{:032x}", u128::from_be_bytes(bytes));
        format!(
            "{}-{}-{}-{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..]
        )
    }
}

/// `0-9a-z`.
pub const LOWER_ALPHANUMERIC: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
/// `0-9A-Z`.
pub const UPPER_ALPHANUMERIC: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// `0-9A-Za-z`.
pub const ALPHANUMERIC: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_a_stream_does_not() {
        let first = Random::new(Some(7), 1).id(LOWER_ALPHANUMERIC, 10);
        assert_eq!(first, Random::new(Some(7), 1).id(LOWER_ALPHANUMERIC, 10));
        assert_ne!(first, Random::new(Some(7), 2).id(LOWER_ALPHANUMERIC, 10));
    }

    #[test]
    fn uuids_are_version_4() {
        let uuid = Random::System.uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
    }
}
