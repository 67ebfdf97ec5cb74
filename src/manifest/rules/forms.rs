//! The alphabets of names and texts, as functions.

pub(super) fn any(_: &str) -> bool {
    true
}

pub(super) fn is_alphanumeric_with(text: &str, others: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || others.contains(letter))
}

/// Alphanumeric groups joined by single hyphens; `AgentCore`'s names may also end in one.
pub(super) fn is_hyphenated(text: &str) -> bool {
    is_alphanumeric_with(text, "-") && !text.starts_with('-') && !text.contains("--")
}

/// The same in lower case, and not ending in a hyphen.
pub(super) fn is_lower_hyphenated(text: &str) -> bool {
    is_hyphenated(text)
        && !text.ends_with('-')
        && !text.contains(|letter: char| letter.is_ascii_uppercase())
}

pub(super) fn is_stack_name(text: &str) -> bool {
    is_lower_hyphenated(text) && text.starts_with(|first: char| first.is_ascii_lowercase())
}

pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    parts.len() >= 3
        && parts[0].len() == 2
        && parts[..parts.len() - 1].iter().all(letters)
        && parts[parts.len() - 1].len() == 1
        && parts[parts.len() - 1].chars().all(|digit| digit.is_ascii_digit())
}

pub(super) fn is_variable_name(text: &str) -> bool {
    is_alphanumeric_with(text, "_") && !text.starts_with(|first: char| first.is_ascii_digit())
}

/// Lambda's own pattern: a letter, then letters, digits and underscores, two characters at least.
pub(super) fn is_function_variable(text: &str) -> bool {
    is_variable_name(text) && !text.starts_with('_')
}

pub(super) fn is_tag(text: &str) -> bool {
    text.chars().all(|letter| {
        letter.is_alphanumeric() || letter.is_whitespace() || "_.:/=+-@".contains(letter)
    })
}

/// An address, a dot, and a field, which may have spaces.
pub(super) fn is_ignored(text: &str) -> bool {
    text.split_once('.').is_some_and(|(address, field)| {
        !address.is_empty() && has_no_space(address) && !field.is_empty()
    })
}

pub(super) fn has_no_space(text: &str) -> bool {
    !text.chars().any(char::is_whitespace)
}

pub(super) fn is_email(text: &str) -> bool {
    let domain = text.split_once('@').filter(|(local, _)| !local.is_empty()).map(|(_, rest)| rest);
    has_no_space(text) && domain.is_some_and(|rest| !rest.is_empty() && !rest.contains('@'))
}

pub(super) fn is_secret_key(text: &str) -> bool {
    let key: Result<crate::manifest::SecretsManagerKey, _> = text.parse();
    key.is_ok_and(|key| {
        key.secret_id.chars().count() <= 2048 && key.json_key.chars().count() <= 128
    })
}

pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    has_no_space(text)
        && !scheme.is_empty()
        && is_alphanumeric_with(scheme, "_")
        && !rest.is_empty()
        && !rest.starts_with('/')
}

pub(super) fn is_tenant(text: &str) -> bool {
    is_hyphenated(text) && !text.ends_with('-')
}

pub(super) fn is_function_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    matches!(parts.len(), 7 | 8)
        && parts[0] == "arn"
        && parts[1].starts_with("aws")
        && parts[2] == "lambda"
        && is_region(parts[3])
        && is_account(parts[4])
        && parts[5] == "function"
        && parts[6..].iter().all(|part| !part.is_empty() && is_alphanumeric_with(part, "-_.$"))
}

pub(super) fn is_name(text: &str) -> bool {
    is_alphanumeric_with(text, "-_")
}

/// Twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit())
}

/// Labels of lower-case letters, digits and inner hyphens, joined by dots.
pub(super) fn is_bucket(text: &str) -> bool {
    text.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && is_alphanumeric_with(label, "-")
            && !label.contains(|letter: char| letter.is_ascii_uppercase())
    })
}

/// An https address with a host.
pub(super) fn is_https_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://");
    has_no_space(text)
        && rest.is_some_and(|rest| !rest.starts_with(['/', '?', '#']) && !rest.is_empty())
}

/// The same without a query and a fragment.
pub(super) fn is_plain_https_url(text: &str) -> bool {
    is_https_url(text) && !text.contains(['?', '#'])
}

/// An https address without anything behind the host.
pub(super) fn is_https_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://");
    host.is_some_and(|host| {
        !host.is_empty() && is_alphanumeric_with(host, "-.") && host.to_lowercase() == host
    })
}

/// A Region, and an id of letters and digits.
pub(super) fn is_pool_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(region, id)| {
        is_region(region) && !id.is_empty() && is_alphanumeric_with(id, "")
    })
}

/// The URL of a well-known discovery document, which may have a path behind it.
pub(super) fn is_discovery_url(text: &str) -> bool {
    if !has_no_space(text) || text.contains(['?', '#']) {
        return false;
    }
    let Some((base, rest)) = text.rsplit_once("/.well-known/") else { return false };
    let document = ["openid-configuration", "oauth-authorization-server"]
        .iter()
        .find_map(|document| rest.strip_prefix(document));
    let path = |path: &str| path.is_empty() || (path.starts_with('/') && path.len() > 1);
    !base.is_empty() && document.is_some_and(path)
}

/// The same on https.
pub(super) fn is_https_discovery_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://");
    rest.is_some_and(|rest| !rest.starts_with('/') && is_discovery_url(rest))
}

/// RFC 6749's characters of a scope.
pub(super) fn is_inbound_scope(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_graphic() && !matches!(letter, '"' | '\\'))
}

pub(super) fn is_claim_name(text: &str) -> bool {
    is_alphanumeric_with(text, "_./:")
}

pub(super) fn is_claim_value(text: &str) -> bool {
    is_alphanumeric_with(text, "_.-")
}

pub(super) fn is_protocol_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &&str| part.chars().all(|digit| digit.is_ascii_digit());
    parts.iter().map(|part| part.len()).eq([4, 2, 2]) && parts.iter().all(digits)
}

pub(super) fn is_kms_key(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let key = |part: &str| {
        part.strip_prefix("key/").is_some_and(|id| id.len() == 36 && is_alphanumeric_with(id, "-"))
    };
    parts.len() == 6
        && parts[0] == "arn"
        && ["aws", "aws-cn", "aws-us-gov"].contains(&parts[1])
        && parts[2] == "kms"
        && is_alphanumeric_with(parts[3], "-")
        && parts[4].len() == 12
        && parts[4].chars().all(|digit| digit.is_ascii_digit())
        && key(parts[5])
}

/// The service in the ARN is not looked at: answers and guides name it differently.
pub(super) fn is_provider_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let path: Vec<&str> = parts.last().map(|last| last.split('/').collect()).unwrap_or_default();
    parts.len() == 6
        && parts[0] == "arn"
        && parts[1].starts_with("aws")
        && !parts[2].is_empty()
        && is_region(parts[3])
        && is_account(parts[4])
        && path.len() == 4
        && path[0] == "token-vault"
        && ["oauth2credentialprovider", "apikeycredentialprovider"].contains(&path[2])
        && [path[1], path[3]].iter().all(|name| !name.is_empty() && is_name(name))
}
