//! Interceptors: functions that see every request or answer of a gateway.

use std::collections::BTreeSet;

use aws_sdk_bedrockagentcorecontrol::types::{
    GatewayInterceptionPoint, GatewayInterceptorConfiguration, InterceptorConfiguration,
    InterceptorInputConfiguration, InterceptorPayloadExclusion,
    InterceptorPayloadExclusionSelector, InterceptorPayloadFilter, LambdaInterceptorConfiguration,
};
use construct_engine::StepError;
use serde::{Deserialize, Serialize};

use crate::manifest::InterceptionPoint;

/// What the manifest says of an interceptor; its function's ARN is a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interceptor {
    /// What it sees.
    pub points: Vec<InterceptionPoint>,
    /// Whether it is handed the request's headers.
    pub pass_headers: bool,
    /// Whether the answer's body is kept from it.
    pub exclude_response_body: bool,
}

/// What is sent for `interceptors`, whose functions are `arns`; none for none.
pub(super) fn configurations(
    interceptors: &[Interceptor],
    arns: &[String],
) -> Result<Option<Vec<GatewayInterceptorConfiguration>>, StepError> {
    if interceptors.is_empty() {
        return Ok(None);
    }
    let sent = interceptors.iter().zip(arns).map(|(interceptor, arn)| {
        let bug = |error: aws_smithy_types::error::operation::BuildError| {
            StepError::bug(error.to_string())
        };
        let lambda = LambdaInterceptorConfiguration::builder().arn(arn).build().map_err(bug)?;
        let body =
            InterceptorPayloadExclusionSelector::Field(InterceptorPayloadExclusion::ResponseBody);
        let filter = InterceptorPayloadFilter::builder().exclude(body).build().map_err(bug)?;
        let input = InterceptorInputConfiguration::builder()
            .pass_request_headers(interceptor.pass_headers)
            .set_payload_filter(interceptor.exclude_response_body.then_some(filter))
            .build()
            .map_err(bug)?;
        let points = interceptor.points.iter().map(|point| match point {
            InterceptionPoint::Request => GatewayInterceptionPoint::Request,
            InterceptionPoint::Response => GatewayInterceptionPoint::Response,
        });
        GatewayInterceptorConfiguration::builder()
            .interceptor(InterceptorConfiguration::Lambda(lambda))
            .set_interception_points(Some(points.collect()))
            .input_configuration(input)
            .build()
            .map_err(bug)
    });
    sent.collect::<Result<Vec<_>, _>>().map(Some)
}

/// Each interceptor in one line, whatever order the service answers in.
pub(super) fn shown(interceptors: &[GatewayInterceptorConfiguration]) -> BTreeSet<String> {
    let one = |interceptor: &GatewayInterceptorConfiguration| {
        let arn = match &interceptor.interceptor {
            Some(InterceptorConfiguration::Lambda(lambda)) => lambda.arn.as_str(),
            _ => "an interceptor unknown to this version",
        };
        let points: BTreeSet<&str> =
            interceptor.interception_points.iter().map(GatewayInterceptionPoint::as_str).collect();
        let input = interceptor.input_configuration.as_ref();
        let headers = input.is_some_and(|input| input.pass_request_headers);
        let filtered = input.is_some_and(|input| input.payload_filter.is_some());
        let points = points.into_iter().collect::<Vec<_>>().join("+");
        format!(
            "{points} {arn}{}{}",
            if headers { ", with headers" } else { "" },
            if filtered { ", without the answer's body" } else { "" },
        )
    };
    interceptors.iter().map(one).collect()
}
