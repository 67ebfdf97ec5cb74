//! The bearer token that a person gives a command: in a variable, or in a file that another program keeps fresh.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::Failure;
use crate::environment;

/// The variable with the token.
const TOKEN: &str = "CONSTRUCT_GATEWAY_TOKEN";

/// Reads the token of `file`, anew each time, or of the variable.
///
/// # Errors
/// When there is neither.
pub(super) fn token(
    file: Option<PathBuf>,
) -> Result<impl Fn() -> Result<SecretString, String> + Send + Sync, Failure> {
    let variable = environment::variable(TOKEN).filter(|token| !token.trim().is_empty());
    if file.is_none() && variable.is_none() {
        return Err(Failure::usage("there is no token to call the gateway with")
            .hint(format!("set {TOKEN}, or name a file with --token-file")));
    }
    let variable = variable.map(|token| SecretString::from(token.trim()));
    Ok(move || match (&file, &variable) {
        (Some(file), _) => token_in(file),
        (None, token) => Ok(token.clone().unwrap_or_default()),
    })
}

fn token_in(file: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("No token: {} cannot be read: {error}", file.display()))?;
    match text.trim() {
        "" => Err(format!("No token: {} is empty", file.display())),
        token => Ok(token.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_s_file_must_hold_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let token = token(Some(file.clone())).unwrap();
        assert!(token().unwrap_err().contains("cannot be read"));
        std::fs::write(&file, "\n").unwrap();
        assert!(token().unwrap_err().contains("is empty"));
        std::fs::write(&file, "a.b.c\n").unwrap();
        assert_eq!(secrecy::ExposeSecret::expose_secret(&token().unwrap()), "a.b.c");
    }
}
