//! Client tokens: the same request again gives the object it made, another request is refused.

use serde_json::Value;

use super::faults::token_mismatch;
use super::state::TokenUse;
use crate::service::{Fault, Input};

/// The token of a request, with the request's other members; none when it carries no token.
pub(super) fn token_of(input: &Input) -> Option<TokenUse> {
    let token = input.text("clientToken")?.to_owned();
    let mut request = input.members().clone();
    request.remove("clientToken");
    Some(TokenUse { token, request: Value::Object(request) })
}

/// The object among `made` whose request carried the same token.
///
/// # Errors
/// `ValidationException` with reason `IdempotentParameterMismatchException` when that request had
/// other parameters.
pub(super) fn made_before<'a, T>(
    token: Option<&TokenUse>,
    made: impl IntoIterator<Item = &'a T>,
    token_of: impl Fn(&T) -> Option<&TokenUse>,
) -> Result<Option<&'a T>, Fault> {
    let Some(token) = token else { return Ok(None) };
    for object in made {
        match token_of(object) {
            Some(before) if before.token == token.token => {
                return if before == token { Ok(Some(object)) } else { Err(token_mismatch()) };
            }
            _ => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(text: &str, name: &str) -> Option<TokenUse> {
        token_of(&Input::new(json!({"clientToken": text, "name": name})))
    }

    #[test]
    fn the_token_itself_is_no_parameter() {
        assert_eq!(token("t", "a").unwrap().request, json!({"name": "a"}));
        assert_eq!(token_of(&Input::new(json!({"name": "a"}))), None);
    }

    #[test]
    fn a_token_with_other_parameters_is_refused() {
        let made = [token("t1", "a"), None, token("t2", "b")];
        let find = |wanted: Option<TokenUse>| {
            made_before(wanted.as_ref(), &made, Option::as_ref).map(|found| {
                found.and_then(|token| token.as_ref()).map(|token| token.token.clone())
            })
        };
        assert_eq!(find(token("t2", "b")), Ok(Some("t2".to_owned())));
        assert_eq!(find(token("t3", "b")), Ok(None));
        assert_eq!(find(None), Ok(None));
        let fault = find(token("t2", "c")).unwrap_err();
        assert_eq!(fault.extra["reason"], json!("IdempotentParameterMismatchException"));
    }
}
