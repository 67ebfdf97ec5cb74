//! Cookies that belong to this host and this browser alone.
//!
//! `__Host-` keeps other hosts of the domain from setting them, `Lax` lets them come back with the redirect from a sign-in
//! page, and nothing of them can be read by a script.

/// A `Set-Cookie` value. `name` is ours; the prefix is added.
pub fn cookie(name: &str, value: &str, seconds: u64) -> String {
    format!("__Host-{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// A `Set-Cookie` value that takes a cookie away.
pub fn clear_cookie(name: &str) -> String {
    cookie(name, "", 0)
}
