//! `[providers.NAME]`.

use super::super::rules as r;
use super::super::shape::{Default, Key, Kind, Shape};
use super::network::PRIVATE_ENDPOINT;
use super::secret::SECRET;
use super::{optional, or, required, table, with};

pub(super) static PROVIDER: Shape = Shape {
    doc: "What targets sign in with: a client at an OAuth server, an API key, or a provider that exists already.",
    exactly_one: &["vendor", "api_key", "existing"],
    instead_of_text: None,
    keys: &[
        optional("vendor", Kind::Choice(&r::VENDOR_WORDS), "Whose OAuth server it is."),
        optional("api_key", Kind::Table(&SECRET), "Where the API key comes from."),
        optional(
            "existing",
            Kind::Text(&r::PROVIDER_ARN),
            "ARN of a provider that is not this stack's: used, never changed or removed.",
        ),
        client(optional(
            "client_id",
            Kind::TextOr(&r::CLIENT_ID, &SECRET),
            "Client id registered at the vendor.",
        )),
        client(optional(
            "client_secret",
            Kind::Table(&SECRET),
            "Where the client secret comes from.",
        )),
        client(optional("tenant_id", Kind::Text(&r::TENANT_ID), "The tenant, for Microsoft.")),
        client(optional(
            "issuer",
            Kind::Text(&r::OAUTH_URL),
            "Who issues tokens, where the vendor gives each customer a server.",
        )),
        client(optional(
            "authorization_endpoint",
            Kind::Text(&r::OAUTH_URL),
            "Where people consent on that server.",
        )),
        client(optional(
            "token_endpoint",
            Kind::Text(&r::OAUTH_URL),
            "Where that server gives tokens.",
        )),
        client(optional(
            "discovery_url",
            Kind::Text(&r::PROVIDER_DISCOVERY_URL),
            "Where a custom server describes itself.",
        )),
        client(optional(
            "metadata",
            Kind::Table(&METADATA),
            "The description of a custom server that does not publish one.",
        )),
        client(optional(
            "client_authentication",
            Kind::Choice(&[
                "client_secret_basic",
                "client_secret_post",
                "private_key_jwt",
                "aws_iam_id_token_jwt",
            ]),
            "How the client proves itself to a custom server.",
        )),
        client(optional(
            "private_key_jwt",
            Kind::Table(&PRIVATE_KEY_JWT),
            "How it signs, where it proves itself by a key.",
        )),
        client(optional(
            "on_behalf_of",
            Kind::Table(&ON_BEHALF_OF),
            "How a custom server exchanges a person's own token.",
        )),
        client(optional(
            "private_endpoint",
            Kind::Table(&PRIVATE_ENDPOINT),
            "Reaches a custom server through a VPC; without it what the provider has stays.",
        )),
    ],
};

/// A key of a client at an OAuth server.
const fn client(key: Key) -> Key {
    with(&["vendor"], key)
}

static METADATA: Shape = table(
    "The description of an OAuth server.",
    &[
        required("issuer", Kind::Text(&r::OAUTH_URL), "Who issues tokens."),
        required("authorization_endpoint", Kind::Text(&r::OAUTH_URL), "Where people consent."),
        required("token_endpoint", Kind::Text(&r::OAUTH_URL), "Where tokens are given."),
        optional(
            "response_types",
            Kind::List(&Kind::Text(&r::RESPONSE_TYPE), &r::RESPONSE_TYPES),
            "Response types that the server knows.",
        ),
        optional(
            "token_endpoint_auth_methods",
            Kind::List(
                &Kind::Choice(&["client_secret_post", "client_secret_basic"]),
                &r::TOKEN_ENDPOINT_METHODS,
            ),
            "How the token endpoint takes a secret.",
        ),
    ],
);

static PRIVATE_KEY_JWT: Shape = table(
    "How a client's assertions are signed.",
    &[
        required(
            "kms_key",
            Kind::Text(&r::SIGNING_KEY),
            "ARN of the KMS key that signs; its usage is SIGN_VERIFY.",
        ),
        optional("algorithm", Kind::Choice(&["RS256", "PS256", "ES256"]), "Signature algorithm."),
        or(
            "header_claims",
            Kind::Named(
                &r::ASSERTION_CLAIM_NAME,
                &Kind::Text(&r::ASSERTION_CLAIM_VALUE),
                &r::CLAIMS,
            ),
            Default::Table,
            "Further claims of the assertion's header.",
        ),
        or(
            "payload_claims",
            Kind::Named(
                &r::ASSERTION_CLAIM_NAME,
                &Kind::Text(&r::ASSERTION_CLAIM_VALUE),
                &r::CLAIMS,
            ),
            Default::Table,
            "Further claims of the assertion's payload.",
        ),
    ],
);

static ON_BEHALF_OF: Shape = table(
    "How a person's own token is exchanged for one that the target takes.",
    &[
        required(
            "grant",
            Kind::Choice(&["token_exchange", "jwt_authorization_grant"]),
            "RFC 8693, or RFC 7523.",
        ),
        optional(
            "actor_token",
            Kind::Choice(&["none", "m2m", "aws_iam_id_token_jwt"]),
            "Who acts for the person, in a token exchange.",
        ),
        or(
            "actor_scopes",
            Kind::List(&Kind::Text(&r::ACTOR_SCOPE), &r::ANY_COUNT),
            Default::List(&[]),
            "Scopes of the actor's token, where it is the client's own.",
        ),
        or(
            "no_client",
            Kind::Boolean,
            Default::Boolean(false),
            "Leaves the client's id and secret out of the exchange.",
        ),
    ],
);
