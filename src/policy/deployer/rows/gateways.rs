//! Gateways, targets, runtimes and consent portals.

use super::{On, Row};

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn rows(kind: &str) -> Option<&'static [Row]> {
    Some(match kind {
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
        _ => return None,
    })
}
