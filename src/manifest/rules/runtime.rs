//! Rules of agent runtimes and their endpoints.

use super::forms::{any, has_no_space, is_alphanumeric_with};
use super::{CountRule, IntegerRule, MODEL, QUOTAS, Rule, TextRule, rule};

/// A letter, then letters, digits and underscores: what the names of runtimes and of endpoints are made of.
fn is_identifier(text: &str) -> bool {
    is_alphanumeric_with(text, "_") && text.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// A name in ECR: lower-case parts, joined by slashes, dots, hyphens and underscores.
fn is_repository(text: &str) -> bool {
    let part = |part: &str| {
        let ends = |letter: Option<char>| letter.is_some_and(|one| one.is_ascii_alphanumeric());
        ends(part.chars().next())
            && ends(part.chars().next_back())
            && is_alphanumeric_with(part, "._-")
            && !part.contains(|letter: char| letter.is_ascii_uppercase())
            && !part.as_bytes().windows(2).any(|two| two.iter().all(|one| b"._-".contains(one)))
    };
    text.split('/').all(part)
}

fn is_image(text: &str) -> bool {
    let Some((registry, rest)) = text.split_once('/') else { return false };
    let private = || {
        let (account, host) = registry.split_once(".dkr.ecr.")?;
        let region = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com")?;
        (account.len() == 12
            && account.bytes().all(|digit| digit.is_ascii_digit())
            && !region.is_empty()
            && is_alphanumeric_with(region, "-"))
        .then_some(())
    };
    let (rest, digest) = rest.split_once('@').map_or((rest, None), |(name, at)| (name, Some(at)));
    let (name, tag) = rest.split_once(':').map_or((rest, None), |(name, tag)| (name, Some(tag)));
    (registry == "public.ecr.aws" || private().is_some())
        && is_repository(name)
        && tag.is_none_or(|tag| !tag.is_empty() && tag.chars().count() <= 300 && !tag.contains(':'))
        && digest.is_none_or(|digest| !digest.is_empty())
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && is_alphanumeric_with(text, "-._~/%")
}

fn is_header(text: &str) -> bool {
    is_alphanumeric_with(text, "-_") && text.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// The name of a runtime in the manifest: with the stack's it becomes the runtime's, 48 characters at most.
pub static RUNTIME_KEY: TextRule = TextRule {
    rule: rule("runtime-key", MODEL),
    what: "a runtime's name in the manifest",
    minimum: 1,
    maximum: 45,
    pattern: Some("^[a-zA-Z][a-zA-Z0-9_]*$"),
    accepts: is_identifier,
    form: "start with a letter; use letters, digits and underscores, no hyphens",
};

/// The name of a runtime in the account.
pub static RUNTIME_WHOLE_NAME: CountRule =
    CountRule { rule: rule("runtime-name", MODEL), minimum: 1, maximum: 48 };

/// Runtimes of one stack.
pub static RUNTIMES_IN_REGION: CountRule =
    CountRule { rule: rule("runtime-count", QUOTAS), minimum: 0, maximum: 1000 };

/// A container image.
pub static IMAGE: TextRule = TextRule {
    rule: rule("runtime-image", MODEL),
    what: "an image",
    minimum: 1,
    maximum: 1024,
    pattern: Some(
        r"^(([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?|public\.ecr\.aws)/((?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*)(?::([^:@]{1,300}))?(?:@(.+))?$",
    ),
    accepts: is_image,
    form: "write ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG, or public.ecr.aws/NAME:TAG; no other registry is taken",
};

/// `description` of a runtime.
pub static RUNTIME_DESCRIPTION: TextRule = TextRule {
    rule: rule("runtime-description", MODEL),
    what: "a description",
    minimum: 1,
    maximum: 4096,
    pattern: None,
    accepts: any,
    form: "write 1 to 4,096 characters, or leave it out",
};

/// The port of a runtime's server.
pub static RUNTIME_PORT: IntegerRule = IntegerRule {
    rule: rule("runtime-port", MODEL),
    minimum: 8000,
    maximum: 12_000,
    only: &[],
    unit: "as a port's number",
};

/// The port that the platform keeps for itself.
pub static RESERVED_PORT: Rule = rule("runtime-reserved-port", MODEL);

/// The path of a runtime's server.
pub static RUNTIME_PATH: TextRule = TextRule {
    rule: rule("runtime-path", MODEL),
    what: "a path",
    minimum: 1,
    maximum: 2048,
    pattern: Some(r"^/[A-Za-z0-9\-._~/%]*$"),
    accepts: is_path,
    form: "start with a slash, such as \"/mcp\"",
};

/// A header that a runtime is handed.
pub static RUNTIME_HEADER: TextRule = TextRule {
    rule: rule("runtime-header", MODEL),
    what: "the name of a header",
    minimum: 1,
    maximum: 256,
    pattern: Some("^[A-Za-z][A-Za-z0-9_-]*$"),
    accepts: is_header,
    form: "write the header's name, such as \"Authorization\"",
};

/// Headers of one runtime.
pub static RUNTIME_HEADERS: CountRule =
    CountRule { rule: rule("runtime-header-count", MODEL), minimum: 1, maximum: 20 };

/// Name of an environment variable of a runtime.
pub static RUNTIME_VARIABLE: TextRule = TextRule {
    rule: rule("runtime-environment-name", MODEL),
    what: "the name of an environment variable",
    minimum: 1,
    maximum: 100,
    pattern: None,
    accepts: any,
    form: "write 1 to 100 characters",
};

/// Value of an environment variable of a runtime.
pub static RUNTIME_VARIABLE_VALUE: TextRule = TextRule {
    rule: rule("runtime-environment-value", MODEL),
    what: "the value of an environment variable",
    minimum: 0,
    maximum: 5000,
    pattern: None,
    accepts: any,
    form: "write at most 5,000 characters",
};

/// Environment variables of one runtime.
pub static RUNTIME_VARIABLES: CountRule =
    CountRule { rule: rule("runtime-environment-count", MODEL), minimum: 0, maximum: 50 };

/// Times of a runtime's sessions.
pub static RUNTIME_SECONDS: IntegerRule = IntegerRule {
    rule: rule("runtime-lifecycle", MODEL),
    minimum: 60,
    maximum: 1_209_600,
    only: &[],
    unit: "seconds",
};

/// Subnets of one runtime.
pub static RUNTIME_SUBNETS: CountRule =
    CountRule { rule: rule("runtime-subnet-count", MODEL), minimum: 1, maximum: 16 };

/// A security group of a runtime: the model takes other lengths than for a private endpoint.
pub static RUNTIME_SECURITY_GROUP: TextRule = TextRule {
    rule: rule("runtime-security-group", MODEL),
    what: "a security group id",
    minimum: 11,
    maximum: 20,
    pattern: Some("^sg-[0-9a-zA-Z]{8,17}$"),
    accepts: |text| text.strip_prefix("sg-").is_some_and(|id| is_alphanumeric_with(id, "")),
    form: "write the id, such as \"sg-0123456789abcdef0\"",
};

/// Security groups of one runtime.
pub static RUNTIME_SECURITY_GROUPS: CountRule =
    CountRule { rule: rule("runtime-security-group-count", MODEL), minimum: 1, maximum: 16 };

/// The key of an object in S3.
pub static OBJECT_KEY: TextRule = TextRule {
    rule: rule("s3-object-key", MODEL),
    what: "an object's key",
    minimum: 1,
    maximum: 1024,
    pattern: None,
    accepts: any,
    form: "write the whole key, such as \"servers/words.zip\"",
};

/// The version of an object in S3.
pub static OBJECT_VERSION: TextRule = TextRule {
    rule: rule("s3-object-version", MODEL),
    what: "an object's version",
    minimum: 3,
    maximum: 1024,
    pattern: Some(r"^\S+$"),
    accepts: has_no_space,
    form: "write the version id as S3 has it",
};

/// The zip of a runtime, in bytes. The quota reads 250 MB: the smaller of its two readings is safe with both.
pub static RUNTIME_PACKAGE: CountRule =
    CountRule { rule: rule("runtime-package-size", QUOTAS), minimum: 1, maximum: 250_000_000 };

/// Where a runtime's zip lies: the service takes it from S3 only.
pub static RUNTIME_BUCKET: Rule = rule("runtime-bucket", MODEL);

/// Languages of zips; the service has none for compiled programs, which come as images.
pub const CODE_RUNTIMES: [&str; 6] =
    ["PYTHON_3_10", "PYTHON_3_11", "PYTHON_3_12", "PYTHON_3_13", "PYTHON_3_14", "NODE_22"];

/// One part of `entry_point`.
pub static ENTRY_POINT: TextRule = TextRule {
    rule: rule("runtime-entry-point", MODEL),
    what: "an entry point",
    minimum: 1,
    maximum: 128,
    pattern: None,
    accepts: any,
    form: "write the file that is started, such as \"main.py\"",
};

/// Parts of `entry_point`.
pub static ENTRY_POINTS: CountRule =
    CountRule { rule: rule("runtime-entry-point-count", MODEL), minimum: 1, maximum: 2 };

/// A runtime takes AWS credentials or tokens, never both.
pub static RUNTIME_AUTHORIZER: Rule = rule(
    "runtime-authorizer",
    "AgentCore developer guide, Authenticate and authorize with Inbound Auth",
);

/// The name of an endpoint.
pub static ENDPOINT_NAME: TextRule = TextRule {
    rule: rule("runtime-endpoint-name", MODEL),
    what: "an endpoint's name",
    minimum: 1,
    maximum: 48,
    pattern: Some("^[a-zA-Z][a-zA-Z0-9_]*$"),
    accepts: is_identifier,
    form: "start with a letter; use letters, digits and underscores",
};

/// The endpoint that every runtime has.
pub static DEFAULT_ENDPOINT: Rule = rule("runtime-default-endpoint", MODEL);

/// Endpoints of one runtime, without `DEFAULT`.
pub static RUNTIME_ENDPOINTS: CountRule =
    CountRule { rule: rule("runtime-endpoint-count", QUOTAS), minimum: 0, maximum: 9 };

/// A version of a runtime.
pub static RUNTIME_VERSION: IntegerRule = IntegerRule {
    rule: rule("runtime-version", MODEL),
    minimum: 1,
    maximum: 99_999,
    only: &[],
    unit: "as a version's number",
};

/// `description` of an endpoint.
pub static ENDPOINT_DESCRIPTION: TextRule = TextRule {
    rule: rule("runtime-endpoint-description", MODEL),
    what: "a description",
    minimum: 1,
    maximum: 256,
    pattern: None,
    accepts: any,
    form: "write 1 to 256 characters, or leave it out",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_of_ecr() {
        for image in [
            "111122223333.dkr.ecr.us-west-2.amazonaws.com/words",
            "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/team/words:1.2",
            "public.ecr.aws/team/words-server:latest@sha256:abc",
        ] {
            assert!(is_image(image), "{image}");
        }
        for image in [
            "docker.io/words",
            "words:1",
            "1111.dkr.ecr.us-west-2.amazonaws.com/words",
            "public.ecr.aws/Words",
            "public.ecr.aws/words:",
            "public.ecr.aws/a--b",
        ] {
            assert!(!is_image(image), "{image}");
        }
    }
}
