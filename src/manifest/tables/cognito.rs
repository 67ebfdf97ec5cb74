//! `[cognito]`: the pool in which people sign in.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::secret::SECRET;
use super::{optional, or, required, table};

pub(super) static COGNITO: Shape = table(
    "The Cognito user pool in which callers of the gateways sign in.",
    &[
        optional("first_user", Kind::Table(&FIRST_USER), "The person made together with the pool."),
        or(
            "access_token_minutes",
            Kind::Integer(&r::ACCESS_TOKEN),
            Default::Integer(60),
            "Life of an access token.",
        ),
        or(
            "refresh_token_days",
            Kind::Integer(&r::REFRESH_TOKEN),
            Default::Integer(30),
            "Life of a refresh token.",
        ),
        or(
            "m2m",
            Kind::Boolean,
            Default::Boolean(false),
            "Adds a client for machines, such as CI.",
        ),
        or(
            "password",
            Kind::Table(&PASSWORD),
            Default::Table,
            "What passwords of the pool must be like.",
        ),
        optional(
            "mfa",
            Kind::Choice(&["off", "optional", "required"]),
            "Whether people sign in with an authenticator app as well; without it the pool is left as it is.",
        ),
        optional(
            "existing",
            Kind::Table(&EXISTING),
            "A pool that exists already and is not the stack's: clients and a resource server go into it.",
        ),
        or(
            "federation",
            Kind::Named(&r::FEDERATION_NAME, &Kind::Table(&FEDERATION), &r::FEDERATIONS),
            Default::Table,
            "Identity providers that people may sign in with, by name.",
        ),
    ],
);

static FIRST_USER: Shape = table(
    "The person made together with the pool.",
    &[
        required("email", Kind::Text(&r::EMAIL), "E-mail address, also the sign-in name."),
        optional(
            "password",
            Kind::Table(&SECRET),
            "Where the password comes from; without it Cognito mails an invitation, and the local AWS makes one that is shown once.",
        ),
    ],
);

static PASSWORD: Shape = table(
    "What passwords of the pool must be like.",
    &[
        or(
            "minimum_length",
            Kind::Integer(&r::PASSWORD_LENGTH),
            Default::Integer(12),
            "Shortest password the pool accepts.",
        ),
        or("uppercase", Kind::Boolean, Default::Boolean(false), "Asks for a capital letter."),
        or("lowercase", Kind::Boolean, Default::Boolean(false), "Asks for a small letter."),
        or("numbers", Kind::Boolean, Default::Boolean(false), "Asks for a digit."),
        or("symbols", Kind::Boolean, Default::Boolean(false), "Asks for a symbol."),
        or(
            "history",
            Kind::Integer(&r::PASSWORD_HISTORY),
            Default::Integer(0),
            "How many earlier passwords cannot be chosen again.",
        ),
        or(
            "temporary_days",
            Kind::Integer(&r::TEMPORARY_PASSWORD),
            Default::Integer(7),
            "How long an invitation's password works.",
        ),
    ],
);

static EXISTING: Shape = table(
    "A pool that is not the stack's.",
    &[
        required("pool", Kind::Text(&r::POOL_ID), "The pool's id."),
        required("domain", Kind::Text(&r::POOL_DOMAIN), "The address of the pool's domain."),
        or(
            "identity_providers",
            Kind::List(&Kind::Text(&r::PROVIDER_OF_POOL), &r::PROVIDERS_OF_POOL),
            Default::List(&["COGNITO"]),
            "Which of the pool's identity providers people may sign in with.",
        ),
    ],
);

static FEDERATION: Shape = Shape {
    doc: "An identity provider that people may sign in with.",
    exactly_one: &["oidc", "saml"],
    instead_of_text: None,
    keys: &[
        optional("oidc", Kind::Table(&OIDC), "A provider that speaks OpenID Connect."),
        optional("saml", Kind::Table(&SAML), "A provider that speaks SAML 2.0."),
        or(
            "attributes",
            Kind::Named(&r::ATTRIBUTE_NAME, &Kind::Text(&r::CLAIM_NAME), &r::ATTRIBUTES),
            Default::Table,
            "Which of the provider's claims fills which attribute of the pool.",
        ),
        or(
            "identifiers",
            Kind::List(&Kind::Text(&r::FEDERATION_IDENTIFIER), &r::FEDERATION_IDENTIFIERS),
            Default::List(&[]),
            "Other names of it, such as the domain of its people's addresses.",
        ),
    ],
};

static OIDC: Shape = table(
    "A provider that speaks OpenID Connect.",
    &[
        required(
            "issuer",
            Kind::Text(&r::FEDERATION_URL),
            "The provider's issuer, below which its discovery document is.",
        ),
        required(
            "client_id",
            Kind::TextOr(&r::CLIENT_ID, &SECRET),
            "Client id registered at the provider.",
        ),
        required("client_secret", Kind::Table(&SECRET), "Where the client secret comes from."),
        or(
            "scopes",
            Kind::List(&Kind::Text(&r::FEDERATION_SCOPE), &r::ANY_COUNT),
            Default::List(&["openid", "email"]),
            "Scopes asked for; `openid` is one of them.",
        ),
        or(
            "attributes_request_method",
            Kind::Choice(&["GET", "POST"]),
            Default::Text("GET"),
            "How Cognito asks for the person's claims.",
        ),
        optional(
            "authorize_url",
            Kind::Text(&r::FEDERATION_URL),
            "Where people are sent; this and the next three where there is no discovery document.",
        ),
        optional("token_url", Kind::Text(&r::FEDERATION_URL), "Where codes become tokens."),
        optional("attributes_url", Kind::Text(&r::FEDERATION_URL), "Where claims are."),
        optional("jwks_uri", Kind::Text(&r::FEDERATION_URL), "Where the keys are."),
    ],
);

static SAML: Shape = Shape {
    doc: "A provider that speaks SAML 2.0.",
    exactly_one: &["metadata_url", "metadata_file"],
    instead_of_text: None,
    keys: &[
        optional(
            "metadata_url",
            Kind::Text(&r::FEDERATION_URL),
            "Address of the provider's metadata, which Cognito reads again by itself.",
        ),
        optional("metadata_file", Kind::Text(&r::PATH), "File with the provider's metadata."),
        or(
            "sign_out",
            Kind::Boolean,
            Default::Boolean(false),
            "Signs people out at the provider too.",
        ),
        or(
            "provider_initiated",
            Kind::Boolean,
            Default::Boolean(false),
            "Takes sign-ins that begin at the provider.",
        ),
        or(
            "sign_requests",
            Kind::Boolean,
            Default::Boolean(false),
            "Signs what Cognito asks the provider.",
        ),
        or(
            "encrypted_responses",
            Kind::Boolean,
            Default::Boolean(false),
            "Asks for answers that only Cognito can read.",
        ),
    ],
};
