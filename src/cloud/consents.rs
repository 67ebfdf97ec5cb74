//! The consents that objects wait for, and whether this process completes them.

use std::sync::Arc;

/// A consent that somebody must give, within ten minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent<'a> {
    /// Where somebody gives it.
    pub url: &'a str,
    /// For whom: an id that the service made up; none where it does not say.
    pub user: Option<&'a str>,
    /// Where the browser goes afterwards.
    pub returns_to: Option<&'a str>,
}

/// Takes consents over; false for one that comes back somewhere else.
type Take = dyn Fn(&Consent<'_>) -> bool + Send + Sync;

/// Whoever completes consents in this process; nobody unless a command says so.
#[derive(Clone, Default)]
pub struct ConsentDesk(Option<Arc<Take>>);

impl ConsentDesk {
    /// A desk where `take` decides, and remembers what it takes.
    pub fn new(take: impl Fn(&Consent<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(take)))
    }

    /// Hands `consent` over. Whether it is completed here, so that waiting for it makes sense.
    pub fn takes(&self, consent: &Consent<'_>) -> bool {
        self.0.as_ref().is_some_and(|take| take(consent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_a_consent_unless_somebody_is_there() {
        let here = Consent { url: "u", user: None, returns_to: Some("here") };
        assert!(!ConsentDesk::default().takes(&here));
        let desk = ConsentDesk::new(|consent| consent.returns_to == Some("here"));
        assert!(desk.takes(&here));
        assert!(!desk.takes(&Consent { returns_to: Some("there"), ..here }));
    }
}
