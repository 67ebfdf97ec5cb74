//! Fields that many kinds have alike.

use construct_engine::Change;

use super::marks;

/// A change of a text; nothing and an empty text are the same to the services.
pub(super) fn text(field: &str, before: Option<&str>, after: Option<&str>) -> Option<Change> {
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    (before != after).then(|| Change::new(field, before, after))
}

/// Whether `field` is among `changes`. An update makes those and no others: a person may have asked for the rest to be left
/// alone.
pub(super) fn has(changes: &[Change], field: &str) -> bool {
    changes.iter().any(|change| change.field == field)
}

/// Whether anything but a tag is among `changes`.
pub(super) fn beyond_tags(changes: &[Change]) -> bool {
    changes.iter().any(|change| !change.field.starts_with(marks::TAG_FIELD))
}

/// A status with the service's reasons, for people.
pub(super) fn status(status: &str, reasons: &[String]) -> String {
    if reasons.is_empty() {
        format!("status {status}")
    } else {
        format!("status {status}: {}", reasons.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_an_empty_text() {
        assert_eq!(text("a", None, Some("")), None);
        assert_eq!(text("a", Some("x"), None), Some(Change::new("a", "x", "")));
    }

    #[test]
    fn reasons_follow_a_status() {
        assert_eq!(status("ACTIVE", &[]), "status ACTIVE");
        let reasons = ["one".to_owned(), "two".to_owned()];
        assert_eq!(status("FAILED", &reasons), "status FAILED: one; two");
    }
}
