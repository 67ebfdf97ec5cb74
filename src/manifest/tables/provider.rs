//! `[providers.NAME]`.

use super::super::rules as r;
use super::super::shape::{Kind, Shape};
use super::secret::SECRET;
use super::{required, table};

pub(super) static PROVIDER: Shape = table(
    "An OAuth2 credential provider.",
    &[
        required("vendor", Kind::Choice(&["github", "atlassian"]), "Whose OAuth server it is."),
        required(
            "client_id",
            Kind::TextOr(&r::CLIENT_ID, &SECRET),
            "Client id registered at the vendor.",
        ),
        required("client_secret", Kind::Table(&SECRET), "Where the client secret comes from."),
    ],
);
