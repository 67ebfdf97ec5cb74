//! What an SDK error means: the one place that turns it into a class, by its typed code and never by its text.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use construct_engine::{Class, ServiceDetail, StepError};

/// Error codes by class. A code that is in no list is decided by its HTTP status.
const CODES: &[(Class, &[&str])] = &[
    (
        Class::NotFound,
        &[
            "ResourceNotFoundException",
            "NoSuchBucket",
            "NoSuchEntity",
            "NoSuchKey",
            "NotFoundException",
            "ParameterNotFound",
            "UserNotFoundException",
            "UserPoolTaggingException",
        ],
    ),
    (
        Class::Conflict,
        &[
            "ConflictException",
            "EntityAlreadyExists",
            "ResourceConflictException",
            "ResourceInUseException",
            "ResourceAlreadyExistsException",
            "ResourceExistsException",
            "ParameterAlreadyExists",
            "UsernameExistsException",
            "DeleteConflict",
            "OperationAbortedException",
            "ConcurrentModification",
            "ConcurrentModificationException",
        ],
    ),
    (
        Class::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "UnauthorizedException",
            "NotAuthorizedException",
            "AuthFailure",
        ],
    ),
    (
        Class::Credentials,
        &[
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "IncompleteSignature",
        ],
    ),
    (
        Class::Quota,
        &[
            "ServiceQuotaExceededException",
            "LimitExceeded",
            "LimitExceededException",
            "CodeStorageExceededException",
        ],
    ),
    (
        Class::Throttled,
        &[
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
            "TooManyUpdates",
            "RequestLimitExceeded",
            "ProvisionedThroughputExceededException",
        ],
    ),
];

/// Turns the SDK's error of `operation` into a step's.
///
/// A time-out, a cut connection after it was made, an unreadable answer and a 5xx leave open whether the call had its
/// effect: they are [`Class::InDoubt`].
pub fn classify<E>(operation: &str, error: SdkError<E, HttpResponse>) -> StepError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let mut detail = ServiceDetail { operation: operation.to_owned(), ..ServiceDetail::default() };
    // The SDK reports a chain of credentials without any as a request that failed on its way.
    if !matches!(error, SdkError::ServiceError(_))
        && let Some(why) = unusable_credentials(&error)
    {
        return StepError::new(Class::Credentials, format!("no usable AWS credentials: {why}"))
            .hint("sign in (`aws sso login`), choose a profile with AWS_PROFILE, or try --local")
            .detail(detail);
    }
    if let Some(held_back) = held_back(&error) {
        return held_back.clone().detail(detail);
    }
    match error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let request_id = ["x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"]
                .iter()
                .find_map(|name| context.raw().headers().get(*name));
            detail.status = Some(status);
            detail.request_id = request_id.map(str::to_owned);
            detail.code = context.err().code().map(str::to_owned);
            let message = context.err().message().unwrap_or("no message").to_owned();
            let class = class_of(detail.code.as_deref(), status);
            let text = format!("{operation} was refused: {message}");
            hinted(StepError::new(class, text), class).detail(detail)
        }
        SdkError::TimeoutError(_) => {
            StepError::new(Class::InDoubt, format!("{operation} was not answered in time"))
                .detail(detail)
        }
        SdkError::DispatchFailure(failure)
            if failure.as_connector_error().is_some_and(never_left) =>
        {
            let why = failure.as_connector_error().map(root_cause).unwrap_or_default();
            hinted(
                StepError::new(Class::Unreachable, format!("{operation} could not be sent: {why}")),
                Class::Unreachable,
            )
            .detail(detail)
        }
        SdkError::DispatchFailure(failure) => {
            let why = failure.as_connector_error().map(root_cause).unwrap_or_default();
            StepError::new(Class::InDoubt, format!("{operation}: the connection was cut: {why}"))
                .detail(detail)
        }
        SdkError::ResponseError(context) => {
            detail.status = Some(context.raw().status().as_u16());
            StepError::new(Class::InDoubt, format!("{operation} was answered unreadably"))
                .detail(detail)
        }
        other => from_construction(operation, &other, detail),
    }
}

/// Whether `error` is a typed not-found: nothing else means gone.
pub fn is_not_found(error: &StepError) -> bool {
    error.class == Class::NotFound
}

fn class_of(code: Option<&str>, status: u16) -> Class {
    let listed = code.and_then(|code| {
        CODES.iter().find(|(_, codes)| codes.contains(&code)).map(|(class, _)| *class)
    });
    listed.unwrap_or(match status {
        402 => Class::Quota,
        403 => Class::Denied,
        429 => Class::Throttled,
        500.. => Class::InDoubt,
        _ => Class::Invalid,
    })
}

fn hinted(error: StepError, class: Class) -> StepError {
    match class {
        Class::Credentials => error.hint("renew the credentials, for example with `aws sso login`, and run again"),
        Class::Denied => error.hint("`construct iam` prints the policy that this manifest needs"),
        Class::Quota => error.hint("ask for a higher quota, or remove what is no longer used, and run again"),
        Class::Throttled => error.hint("the service stayed busy: run again, or lower --parallelism"),
        Class::Unreachable => {
            error.hint("check the network, the Region's name and AWS_ENDPOINT_URL; the service may not exist in this Region")
        }
        _ => error,
    }
}

/// What the gate said instead of sending the request.
fn held_back<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a StepError> {
    let mut source = Some(error);
    while let Some(current) = source {
        if let Some(held_back) = current.downcast_ref() {
            return Some(held_back);
        }
        source = current.source();
    }
    None
}

/// A connection that was refused, or a name that does not resolve: nothing left this machine.
pub(super) fn never_left(error: &aws_smithy_runtime_api::client::result::ConnectorError) -> bool {
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = source {
        if let Some(io) = current.downcast_ref::<std::io::Error>() {
            use std::io::ErrorKind::{
                AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable,
            };
            if matches!(
                io.kind(),
                ConnectionRefused | HostUnreachable | NetworkUnreachable | AddrNotAvailable
            ) {
                return true;
            }
        }
        if current.to_string().contains("dns error") {
            return true;
        }
        source = current.source();
    }
    false
}

fn root_cause(error: &aws_smithy_runtime_api::client::result::ConnectorError) -> String {
    deepest(error).to_string()
}

fn deepest<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut current = error;
    while let Some(next) = current.source() {
        current = next;
    }
    current
}

/// Why no credentials could be had, where that is what `error` is about.
fn unusable_credentials(error: &(dyn Error + 'static)) -> Option<String> {
    use aws_credential_types::provider::error::CredentialsError;
    let mut source = Some(error);
    while let Some(current) = source {
        if current.is::<CredentialsError>() {
            return Some(deepest(current).to_string());
        }
        source = current.source();
    }
    None
}

/// The request was never built: a defect of ours.
fn from_construction<E: Error + Send + Sync + 'static>(
    operation: &str,
    error: &SdkError<E, HttpResponse>,
    detail: ServiceDetail,
) -> StepError {
    let why = deepest(error);
    StepError::new(Class::Invalid, format!("{operation} could not be built: {why}")).detail(detail)
}
