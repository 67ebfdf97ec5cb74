//! Cognito: a pool and what lives in it.

use super::{On, Row};

pub(super) fn rows(kind: &str) -> Option<&'static [Row]> {
    Some(match kind {
        "cognito.user-pool" => &[
            (On::NewPools, &["cognito-idp:CreateUserPool"]),
            (On::AnyPool, &["cognito-idp:DescribeUserPool"]),
            (On::Anything, &["cognito-idp:ListUserPools"]),
            (
                On::OurPools,
                &[
                    "cognito-idp:DeleteUserPool",
                    "cognito-idp:GetUserPoolMfaConfig",
                    "cognito-idp:ListUsers",
                    "cognito-idp:SetUserPoolMfaConfig",
                    "cognito-idp:TagResource",
                    "cognito-idp:UpdateUserPool",
                ],
            ),
        ],
        "cognito.domain" => &[
            (On::Anything, &["cognito-idp:DescribeUserPoolDomain"]),
            (
                On::OurPools,
                &["cognito-idp:CreateUserPoolDomain", "cognito-idp:DeleteUserPoolDomain"],
            ),
        ],
        "cognito.resource-server" => &[(
            On::OurPools,
            &[
                "cognito-idp:CreateResourceServer",
                "cognito-idp:DeleteResourceServer",
                "cognito-idp:DescribeResourceServer",
                "cognito-idp:ListResourceServers",
                "cognito-idp:UpdateResourceServer",
            ],
        )],
        "cognito.client" => &[(
            On::OurPools,
            &[
                "cognito-idp:CreateUserPoolClient",
                "cognito-idp:DeleteUserPoolClient",
                "cognito-idp:DescribeUserPoolClient",
                "cognito-idp:ListUserPoolClients",
                "cognito-idp:UpdateUserPoolClient",
            ],
        )],
        "cognito.client-callback" => &[(
            On::OurPools,
            &["cognito-idp:DescribeUserPoolClient", "cognito-idp:UpdateUserPoolClient"],
        )],
        "cognito.identity-provider" => &[(
            On::OurPools,
            &[
                "cognito-idp:CreateIdentityProvider",
                "cognito-idp:DeleteIdentityProvider",
                "cognito-idp:DescribeIdentityProvider",
                "cognito-idp:ListIdentityProviders",
                "cognito-idp:UpdateIdentityProvider",
            ],
        )],
        "cognito.user" => &[(
            On::OurPools,
            &[
                "cognito-idp:AdminCreateUser",
                "cognito-idp:AdminDeleteUser",
                "cognito-idp:AdminGetUser",
                "cognito-idp:AdminSetUserPassword",
            ],
        )],
        _ => return None,
    })
}
