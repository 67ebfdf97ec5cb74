//! Credential providers and workload identities.

use super::{On, Row};

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn rows(kind: &str) -> Option<&'static [Row]> {
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
        _ => return None,
    })
}
