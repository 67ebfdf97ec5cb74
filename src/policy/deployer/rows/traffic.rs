//! What decides over calls: policy engines, policies, rate limits and rules.

use super::{On, Row};

pub(super) fn rows(kind: &str) -> Option<&'static [Row]> {
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
