//! Pages: opaque tokens and the services' page sizes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The token of the next page, if there is one.
    pub next: Option<String>,
}

/// The token was not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the pagination token is not valid")]
pub struct InvalidToken;

/// Cuts a page out of `items`, which come in a stable order with a unique `key` each.
///
/// The token names the last key given, so that a page goes on at the right place when items
/// appear or vanish between two calls.
///
/// # Errors
/// [`InvalidToken`] when `token` was not given by this function.
pub fn page<T>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> String,
    token: Option<&str>,
    size: usize,
) -> Result<Page<T>, InvalidToken> {
    let after = token.map(decode).transpose()?;
    let mut sorted: Vec<(String, T)> = items.into_iter().map(|item| (key(&item), item)).collect();
    sorted.sort_by(|left, right| left.0.cmp(&right.0));
    let mut rest = sorted
        .into_iter()
        .skip_while(|(key, _)| after.as_deref().is_some_and(|after| key.as_str() <= after));
    let mut last = None;
    let mut given = Vec::new();
    for (key, item) in rest.by_ref().take(size) {
        last = Some(key);
        given.push(item);
    }
    let more = rest.next().is_some();
    Ok(Page { items: given, next: last.filter(|_| more).map(|key| encode(&key)) })
}

fn encode(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("after:{key}"))
}

fn decode(token: &str) -> Result<String, InvalidToken> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_not_base64| InvalidToken)?;
    let text = String::from_utf8(bytes).map_err(|_not_text| InvalidToken)?;
    text.strip_prefix("after:").map(str::to_owned).ok_or(InvalidToken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_everything_once() {
        let items = ["a", "b", "c", "d", "e"];
        let mut seen = Vec::new();
        let mut token = None;
        loop {
            let got = page(items, ToString::to_string, token.as_deref(), 2).unwrap();
            seen.extend(got.items);
            token = got.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, items);
    }

    #[test]
    fn a_page_survives_the_removal_of_its_last_item() {
        let first = page(["a", "b", "c"], ToString::to_string, None, 2).unwrap();
        let second = page(["a", "c"], ToString::to_string, first.next.as_deref(), 2).unwrap();
        assert_eq!(second, Page { items: vec!["c"], next: None });
    }

    #[test]
    fn an_exact_last_page_has_no_token() {
        assert_eq!(page(["a", "b"], ToString::to_string, None, 2).unwrap().next, None);
    }

    #[test]
    fn foreign_tokens_are_refused() {
        assert_eq!(page(["a"], ToString::to_string, Some("Zm9v"), 2), Err(InvalidToken));
        assert_eq!(page(["a"], ToString::to_string, Some("%%"), 2), Err(InvalidToken));
    }
}
