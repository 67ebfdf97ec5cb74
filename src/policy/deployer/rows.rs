//! The table: what each kind's step calls, and on what.

/// What a row's operations act on. Rows with the same object become one statement, named after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    /// Operations without a resource.
    Anything,
    /// Listings, whose resource is the vault with every provider in it.
    AnyProvider,
    /// The same for providers of API keys.
    AnyApiKeyProvider,
    /// Listings, whose resource is the directory with every identity in it.
    AnyIdentity,
    Lock,
    Keys,
    Links,
    Schemas,
    /// Listings, which are limited to the stack's prefix.
    AnyBucket,
    Roles,
    /// Handing a role to a service is an operation on the role.
    RolesForAgentCore,
    RolesForLambda,
    Functions,
    Tables,
    LogGroups,
    NewPools,
    AnyPool,
    OurPools,
    /// A pool that belongs to somebody else and bears no tag of the stack.
    LinkedPools,
    HttpApis,
    Gateways,
    PolicyEngines,
    Portals,
    Runtimes,
    RuntimeIdentities,
    Identities,
    Providers,
    ApiKeyProviders,
    /// Providers of tokens that belong to somebody else.
    LinkedProviders,
    /// The same for providers of API keys.
    LinkedApiKeyProviders,
    TokenChain,
    ApiKeyChain,
    ProviderSecrets,
    ApiKeySecrets,
    /// Where the keys of somebody else's providers are.
    LinkedApiKeySecrets,
    /// The KMS keys that clients sign with.
    SigningKeys,
}

pub(super) type Row = (On, &'static [&'static str]);

/// Every run takes the stack's lock.
pub(super) const LOCK: Row =
    (On::Lock, &["ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter"]);

/// What is done with a pool that belongs to somebody else, beside what lives in it.
pub(super) const LINKED_POOL: Row = (On::LinkedPools, &["cognito-idp:DescribeUserPool"]);

/// The rows of a kind.
#[expect(clippy::too_many_lines, reason = "a table")]
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
        _ => return front_rows(kind),
    })
}

fn front_rows(kind: &str) -> Option<&'static [Row]> {
    Some(match kind {
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
        "lambda.permission" => &[(
            On::Functions,
            &["lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission"],
        )],
        _ => return cognito_rows(kind),
    })
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cognito_rows(kind: &str) -> Option<&'static [Row]> {
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
        _ => return agentcore_rows(kind),
    })
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn agentcore_rows(kind: &str) -> Option<&'static [Row]> {
    Some(match kind {
        "agentcore.oauth2-provider" => &[
            (
                On::Providers,
                &[
                    "bedrock-agentcore:CreateOauth2CredentialProvider",
                    "bedrock-agentcore:CreateTokenVault",
                    "bedrock-agentcore:DeleteOauth2CredentialProvider",
                    "bedrock-agentcore:GetOauth2CredentialProvider",
                    "bedrock-agentcore:ListTagsForResource",
                    "bedrock-agentcore:TagResource",
                    "bedrock-agentcore:UpdateOauth2CredentialProvider",
                ],
            ),
            (On::AnyProvider, &["bedrock-agentcore:ListOauth2CredentialProviders"]),
            (On::SigningKeys, &["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"]),
            (
                On::ProviderSecrets,
                &[
                    "secretsmanager:CreateSecret",
                    "secretsmanager:DeleteSecret",
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:PutSecretValue",
                ],
            ),
        ],
        "agentcore.api-key-provider" => &[
            (
                On::ApiKeyProviders,
                &[
                    "bedrock-agentcore:CreateApiKeyCredentialProvider",
                    "bedrock-agentcore:CreateTokenVault",
                    "bedrock-agentcore:DeleteApiKeyCredentialProvider",
                    "bedrock-agentcore:GetApiKeyCredentialProvider",
                    "bedrock-agentcore:ListTagsForResource",
                    "bedrock-agentcore:TagResource",
                    "bedrock-agentcore:UpdateApiKeyCredentialProvider",
                ],
            ),
            (On::AnyApiKeyProvider, &["bedrock-agentcore:ListApiKeyCredentialProviders"]),
            (On::ApiKeyChain, &["bedrock-agentcore:GetResourceApiKey"]),
            (
                On::ApiKeySecrets,
                &[
                    "secretsmanager:CreateSecret",
                    "secretsmanager:DeleteSecret",
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:PutSecretValue",
                ],
            ),
        ],
        "agentcore.existing-provider" => &[
            (
                On::LinkedProviders,
                &[
                    "bedrock-agentcore:CompleteResourceTokenAuth",
                    "bedrock-agentcore:GetOauth2CredentialProvider",
                    "bedrock-agentcore:GetResourceOauth2Token",
                    "bedrock-agentcore:ListTagsForResource",
                ],
            ),
            (
                On::LinkedApiKeyProviders,
                &[
                    "bedrock-agentcore:GetApiKeyCredentialProvider",
                    "bedrock-agentcore:GetResourceApiKey",
                    "bedrock-agentcore:ListTagsForResource",
                ],
            ),
            (On::LinkedApiKeySecrets, &["secretsmanager:GetSecretValue"]),
        ],
        "agentcore.workload-identity" => &[
            (
                On::Identities,
                &[
                    "bedrock-agentcore:CreateWorkloadIdentity",
                    "bedrock-agentcore:DeleteWorkloadIdentity",
                    "bedrock-agentcore:GetWorkloadIdentity",
                    "bedrock-agentcore:ListTagsForResource",
                    "bedrock-agentcore:TagResource",
                    "bedrock-agentcore:UpdateWorkloadIdentity",
                ],
            ),
            (On::AnyIdentity, &["bedrock-agentcore:ListWorkloadIdentities"]),
        ],
        "agentcore.gateway" => &[
            (On::Anything, &["bedrock-agentcore:CreateGateway", "bedrock-agentcore:ListGateways"]),
            (
                On::Gateways,
                &[
                    "bedrock-agentcore:DeleteGateway",
                    "bedrock-agentcore:GetGateway",
                    "bedrock-agentcore:ListTagsForResource",
                    "bedrock-agentcore:TagResource",
                    "bedrock-agentcore:UpdateGateway",
                ],
            ),
            (
                On::Identities,
                &[
                    "bedrock-agentcore:CreateWorkloadIdentity",
                    "bedrock-agentcore:DeleteWorkloadIdentity",
                ],
            ),
            (On::RolesForAgentCore, &["iam:PassRole"]),
        ],
        "agentcore.runtime" => &[
            (
                On::Anything,
                &["bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:ListAgentRuntimes"],
            ),
            (
                On::Runtimes,
                &[
                    "bedrock-agentcore:DeleteAgentRuntime",
                    "bedrock-agentcore:DeleteAgentRuntimeEndpoint",
                    "bedrock-agentcore:GetAgentRuntime",
                    "bedrock-agentcore:GetAgentRuntimeEndpoint",
                    "bedrock-agentcore:ListAgentRuntimeEndpoints",
                    "bedrock-agentcore:ListTagsForResource",
                    "bedrock-agentcore:TagResource",
                    "bedrock-agentcore:UpdateAgentRuntime",
                ],
            ),
            (
                On::RuntimeIdentities,
                &[
                    "bedrock-agentcore:CreateWorkloadIdentity",
                    "bedrock-agentcore:DeleteWorkloadIdentity",
                ],
            ),
            (On::RolesForAgentCore, &["iam:PassRole"]),
        ],
        "agentcore.runtime-endpoint" => &[(
            On::Runtimes,
            &[
                "bedrock-agentcore:CreateAgentRuntimeEndpoint",
                "bedrock-agentcore:DeleteAgentRuntimeEndpoint",
                "bedrock-agentcore:GetAgentRuntimeEndpoint",
                "bedrock-agentcore:ListAgentRuntimeEndpoints",
                "bedrock-agentcore:ListTagsForResource",
                "bedrock-agentcore:TagResource",
                "bedrock-agentcore:UpdateAgentRuntimeEndpoint",
            ],
        )],
        "agentcore.consent-portal" => &[
            (
                On::Anything,
                &["bedrock-agentcore:CreateConsentPortal", "bedrock-agentcore:ListConsentPortals"],
            ),
            (
                On::Portals,
                &[
                    "bedrock-agentcore:DeleteConsentPortal",
                    "bedrock-agentcore:GetConsentPortal",
                    "bedrock-agentcore:ListTagsForResource",
                    "bedrock-agentcore:TagResource",
                    "bedrock-agentcore:UpdateConsentPortal",
                ],
            ),
            // The service looks at what a portal is for with the caller's permissions.
            (On::Gateways, &["bedrock-agentcore:GetGateway"]),
            (On::Providers, &["bedrock-agentcore:GetOauth2CredentialProvider"]),
            (On::RolesForAgentCore, &["iam:PassRole"]),
        ],
        "agentcore.gateway-return-urls" => &[(
            On::Identities,
            &["bedrock-agentcore:GetWorkloadIdentity", "bedrock-agentcore:UpdateWorkloadIdentity"],
        )],
        // The service checks the outbound authorization of a target with the caller's permissions.
        "agentcore.target" => &[
            (
                On::Gateways,
                &[
                    "bedrock-agentcore:CreateGatewayTarget",
                    "bedrock-agentcore:DeleteGatewayTarget",
                    "bedrock-agentcore:GetGatewayTarget",
                    "bedrock-agentcore:ListGatewayTargets",
                    "bedrock-agentcore:SynchronizeGatewayTargets",
                    "bedrock-agentcore:UpdateGatewayTarget",
                ],
            ),
            (
                On::TokenChain,
                &[
                    "bedrock-agentcore:CompleteResourceTokenAuth",
                    "bedrock-agentcore:GetResourceOauth2Token",
                    "bedrock-agentcore:GetWorkloadAccessToken",
                    "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
                ],
            ),
            (On::ProviderSecrets, &["secretsmanager:GetSecretValue"]),
        ],
        _ => return policy_rows(kind),
    })
}

fn policy_rows(kind: &str) -> Option<&'static [Row]> {
    Some(match kind {
        "agentcore.policy-engine" => &[
            (On::Anything, &["bedrock-agentcore:ListPolicyEngines"]),
            (
                On::PolicyEngines,
                &[
                    "bedrock-agentcore:CreatePolicyEngine",
                    "bedrock-agentcore:DeletePolicyEngine",
                    "bedrock-agentcore:GetPolicyEngine",
                    "bedrock-agentcore:ListTagsForResource",
                    "bedrock-agentcore:TagResource",
                    "bedrock-agentcore:UpdatePolicyEngine",
                ],
            ),
            // An engine that goes is taken out of the gateways that ask it.
            (On::Gateways, &["bedrock-agentcore:GetGateway", "bedrock-agentcore:UpdateGateway"]),
        ],
        // The service calls the gateway to check a policy against its tools. What a policy is about, one gateway or any,
        // decides which of the two Manage actions is asked for.
        "agentcore.policy" => &[
            (
                On::PolicyEngines,
                &[
                    "bedrock-agentcore:CreatePolicy",
                    "bedrock-agentcore:DeletePolicy",
                    "bedrock-agentcore:GetPolicy",
                    "bedrock-agentcore:ListPolicies",
                    "bedrock-agentcore:UpdatePolicy",
                ],
            ),
            (
                On::Gateways,
                &[
                    "bedrock-agentcore:InvokeGateway",
                    "bedrock-agentcore:ManageAdminPolicy",
                    "bedrock-agentcore:ManageResourceScopedPolicy",
                ],
            ),
        ],
        "agentcore.rate-limit" => &[(
            On::Gateways,
            &[
                "bedrock-agentcore:CreateGatewayRateLimit",
                "bedrock-agentcore:DeleteGatewayRateLimit",
                "bedrock-agentcore:GetGatewayRateLimit",
                "bedrock-agentcore:ListGatewayRateLimits",
                "bedrock-agentcore:UpdateGatewayRateLimit",
            ],
        )],
        "agentcore.rule" => &[(
            On::Gateways,
            &[
                "bedrock-agentcore:CreateGatewayRule",
                "bedrock-agentcore:DeleteGatewayRule",
                "bedrock-agentcore:GetGatewayRule",
                "bedrock-agentcore:ListGatewayRules",
                "bedrock-agentcore:UpdateGatewayRule",
            ],
        )],
        _ => return None,
    })
}
