//! Colour as an option: every text says the same without it.

/// Whether texts are coloured. Colour is the terminal's own palette, so that light and dark themes both work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// No colour at all.
    pub const PLAIN: Self = Self { on: false };
    /// Colour.
    pub const COLOUR: Self = Self { on: true };

    /// Colour when `on`.
    pub const fn new(on: bool) -> Self {
        Self { on }
    }

    /// What will be gone, and what went wrong.
    pub fn red(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    /// What will be there, and what went well.
    pub fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// What changes.
    pub fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    /// What a person can do.
    pub fn cyan(self, text: &str) -> String {
        self.wrap("36", text)
    }

    /// What matters.
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// What is there for completeness.
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
