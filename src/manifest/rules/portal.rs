//! Rules of consent portals.

use super::forms::is_inbound_scope;
use super::{CountRule, MODEL, Rule, TextRule, rule};

const GUIDE: &str = "AgentCore developer guide, Consent portal";

/// A portal needs the issuer of a gateway that takes tokens.
pub static PORTAL_GATEWAY: Rule = rule("portal-gateway", GUIDE);

/// The scope that tells who somebody is.
pub static PORTAL_OPENID: Rule = rule("portal-openid", GUIDE);

/// Who can sign people in to a portal.
pub static PORTAL_VENDOR: Rule = rule("portal-vendor", GUIDE);

/// Vendors of [`PORTAL_VENDOR`] that cannot: their access tokens are no JWTs of an `OpenID` provider.
pub const PORTAL_VENDORS_NOT: [&str; 5] =
    ["github", "slack", "salesforce", "atlassian", "linkedin"];

/// Where consents return to.
pub static PORTAL_RETURN: Rule = rule("portal-return-url", GUIDE);

/// What the provider of a portal of the stack's own pool is called, after the stack and before the gateway.
pub const PORTAL_PROVIDER: &str = "portal-provider";

/// A scope that a portal asks for.
pub static PORTAL_SCOPE: TextRule = TextRule {
    rule: rule("portal-scope", MODEL),
    what: "a scope",
    minimum: 1,
    maximum: 255,
    pattern: Some(r"^[\x21\x23-\x5B\x5D-\x7E]+$"),
    accepts: is_inbound_scope,
    form: "use 1 to 255 visible ASCII characters without quotes and backslashes",
};

/// Scopes that a portal asks for; the model names no most.
pub static PORTAL_SCOPES: CountRule =
    CountRule { rule: rule("portal-scope-count", MODEL), minimum: 1, maximum: 100 };

/// `description` of a portal.
pub static PORTAL_DESCRIPTION: TextRule = TextRule {
    rule: rule("portal-description", MODEL),
    what: "a description",
    minimum: 1,
    maximum: 512,
    pattern: None,
    accepts: super::forms::any,
    form: "write at most 512 characters, or leave it out",
};
