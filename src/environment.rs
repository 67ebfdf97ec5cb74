//! The environment: the only place that reads variables, so that all of them can be listed.

/// The value of an environment variable; none when it is unset or not text.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
