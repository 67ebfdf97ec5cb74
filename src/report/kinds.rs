//! The kinds of objects in people's words.

/// Kinds and their words, by kind. A kind that is not here is shown as it is.
const WORDS: &[(&str, &str)] = &[
    ("agentcore.api-key-provider", "API key provider"),
    ("agentcore.consent-portal", "consent portal"),
    ("agentcore.existing-provider", "existing provider"),
    ("agentcore.gateway", "AgentCore gateway"),
    ("agentcore.gateway-return-urls", "gateway return URLs"),
    ("agentcore.oauth2-provider", "OAuth2 provider"),
    ("agentcore.policy", "policy"),
    ("agentcore.policy-engine", "policy engine"),
    ("agentcore.rate-limit", "gateway rate limit"),
    ("agentcore.rule", "gateway rule"),
    ("agentcore.runtime", "agent runtime"),
    ("agentcore.runtime-endpoint", "runtime endpoint"),
    ("agentcore.target", "gateway target"),
    ("agentcore.workload-identity", "workload identity"),
    ("apigateway.http-api", "HTTP API"),
    ("apigateway.integration", "API integration"),
    ("apigateway.route", "API route"),
    ("apigateway.stage", "API stage"),
    ("cognito.client", "Cognito client"),
    ("cognito.client-callback", "Cognito client's callback"),
    ("cognito.domain", "Cognito domain"),
    ("cognito.identity-provider", "Cognito identity provider"),
    ("cognito.resource-server", "Cognito resource server"),
    ("cognito.user", "Cognito user"),
    ("cognito.user-pool", "Cognito user pool"),
    ("dynamodb.table", "DynamoDB table"),
    ("iam.managed-policy", "IAM policy"),
    ("iam.role", "IAM role"),
    ("iam.role-policy", "IAM role policy"),
    ("iam.role-trust", "IAM role trust"),
    ("lambda.function", "Lambda function"),
    ("lambda.function-environment", "Lambda function's environment"),
    ("lambda.function-url", "Lambda function URL"),
    ("lambda.permission", "Lambda permission"),
    ("logs.group", "log group"),
    ("s3.object", "S3 object"),
    ("ssm.link", "link"),
    ("ssm.sealing-key", "sealing key"),
];

/// The words for `kind`, such as `IAM role` for `iam.role`.
pub fn kind_words(kind: &str) -> &str {
    WORDS.iter().find(|(known, _)| *known == kind).map_or(kind, |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_unknown_kinds_stay() {
        assert!(WORDS.is_sorted());
        assert_eq!(kind_words("iam.role"), "IAM role");
        assert_eq!(kind_words("new.kind"), "new.kind");
    }
}
