//! What the front is made of: functions, HTTP APIs, logs and the table of consents.

use super::{On, Row};

pub(super) fn rows(kind: &str) -> Option<&'static [Row]> {
    Some(match kind {
        "dynamodb.table" => &[
            (
                On::Tables,
                &[
                    "dynamodb:CreateTable",
                    "dynamodb:DeleteTable",
                    "dynamodb:DescribeTable",
                    "dynamodb:DescribeTimeToLive",
                    "dynamodb:ListTagsOfResource",
                    "dynamodb:TagResource",
                    "dynamodb:UpdateTable",
                    "dynamodb:UpdateTimeToLive",
                ],
            ),
            (On::Anything, &["dynamodb:ListTables"]),
        ],
        "logs.group" => &[
            (
                On::LogGroups,
                &[
                    "logs:CreateLogGroup",
                    "logs:DeleteLogGroup",
                    "logs:ListTagsForResource",
                    "logs:PutRetentionPolicy",
                    "logs:TagResource",
                ],
            ),
            (On::Anything, &["logs:DescribeLogGroups"]),
        ],
        "lambda.function" => &[
            (
                On::Functions,
                &[
                    "lambda:CreateFunction",
                    "lambda:DeleteFunction",
                    "lambda:DeleteFunctionConcurrency",
                    "lambda:GetFunction",
                    "lambda:ListTags",
                    "lambda:PutFunctionConcurrency",
                    "lambda:TagResource",
                    "lambda:UpdateFunctionCode",
                    "lambda:UpdateFunctionConfiguration",
                ],
            ),
            (On::Anything, &["lambda:ListFunctions"]),
            (On::RolesForLambda, &["iam:PassRole"]),
        ],
        "lambda.function-environment" => &[(
            On::Functions,
            &["lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"],
        )],
        "lambda.function-url" => &[(
            On::Functions,
            &[
                "lambda:CreateFunctionUrlConfig",
                "lambda:DeleteFunctionUrlConfig",
                "lambda:GetFunctionUrlConfig",
                "lambda:UpdateFunctionUrlConfig",
            ],
        )],
        "lambda.permission" => &[(
            On::Functions,
            &["lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission"],
        )],
        "apigateway.http-api"
        | "apigateway.integration"
        | "apigateway.route"
        | "apigateway.stage" => &[(
            On::HttpApis,
            &[
                "apigateway:DELETE",
                "apigateway:GET",
                "apigateway:PATCH",
                "apigateway:POST",
                "apigateway:PUT",
            ],
        )],
        _ => return None,
    })
}
