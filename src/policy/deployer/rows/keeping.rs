//! Roles, parameters and objects in buckets.

use super::{On, Row};

pub(super) fn rows(kind: &str) -> Option<&'static [Row]> {
    Some(match kind {
        "iam.role" => &[
            (
                On::Roles,
                &[
                    "iam:CreateRole",
                    "iam:DeleteRole",
                    "iam:DeleteRolePolicy",
                    "iam:GetRole",
                    "iam:ListAttachedRolePolicies",
                    "iam:ListRolePolicies",
                    "iam:ListRoleTags",
                    "iam:TagRole",
                    "iam:UpdateAssumeRolePolicy",
                    "iam:UpdateRole",
                ],
            ),
            (On::Anything, &["iam:ListRoles"]),
        ],
        "iam.role-trust" => &[(On::Roles, &["iam:GetRole", "iam:UpdateAssumeRolePolicy"])],
        "iam.role-policy" => &[(
            On::Roles,
            &[
                "iam:DeleteRolePolicy",
                "iam:GetRolePolicy",
                "iam:ListRolePolicies",
                "iam:PutRolePolicy",
            ],
        )],
        "ssm.sealing-key" => &[
            (
                On::Keys,
                &[
                    "ssm:AddTagsToResource",
                    "ssm:DeleteParameter",
                    // For `construct rotate`, which writes the new key behind the one that is there.
                    "ssm:GetParameter",
                    "ssm:ListTagsForResource",
                    "ssm:PutParameter",
                ],
            ),
            (On::Anything, &["ssm:DescribeParameters"]),
        ],
        "s3.object" => &[
            (
                On::Schemas,
                &[
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:GetObjectTagging",
                    "s3:PutObject",
                    "s3:PutObjectTagging",
                ],
            ),
            (On::AnyBucket, &["s3:ListBucket"]),
        ],
        "ssm.link" => &[
            (
                On::Links,
                &[
                    "ssm:AddTagsToResource",
                    "ssm:DeleteParameter",
                    "ssm:GetParameter",
                    "ssm:ListTagsForResource",
                    "ssm:PutParameter",
                ],
            ),
            (On::Anything, &["ssm:DescribeParameters"]),
        ],
        _ => return None,
    })
}
