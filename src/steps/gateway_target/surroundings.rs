//! What stands around a target's configuration: headers that pass it, and the certificate of its endpoint.
//!
//! What the manifest does not speak of stays as it is.

use std::collections::BTreeSet;

use aws_sdk_bedrockagentcorecontrol::types::{
    CertificateConfiguration, MetadataConfiguration, S3CertificateConfiguration,
    SecretsManagerCertificateConfiguration,
};
use construct_engine::{Change, StepError};

use super::{Live, Spec};
use crate::manifest::{Certificate, Headers};

/// What is sent for the headers; none lets nothing pass.
pub(super) fn metadata(
    spec: &Spec,
    live: Option<&MetadataConfiguration>,
) -> Option<MetadataConfiguration> {
    let Some(headers) = &spec.headers else { return live.cloned() };
    if *headers == Headers::default() {
        return None;
    }
    let list = |names: &[String]| (!names.is_empty()).then(|| names.to_vec());
    Some(
        MetadataConfiguration::builder()
            .set_allowed_request_headers(list(&headers.request))
            .set_allowed_response_headers(list(&headers.response))
            .set_allowed_query_parameters(list(&headers.query))
            .build(),
    )
}

/// What is sent for the certificate.
///
/// # Errors
/// Never for one that a manifest holds.
pub(super) fn certificates(
    spec: &Spec,
    live: Option<&Vec<CertificateConfiguration>>,
) -> Result<Option<Vec<CertificateConfiguration>>, StepError> {
    let bug =
        |error: aws_smithy_types::error::operation::BuildError| StepError::bug(error.to_string());
    let one = match &spec.certificate {
        None => return Ok(live.cloned()),
        Some(Certificate::S3(uri)) => CertificateConfiguration::S3(
            S3CertificateConfiguration::builder().uri(uri).build().map_err(bug)?,
        ),
        Some(Certificate::SecretArn(arn)) => CertificateConfiguration::SecretsManager(
            SecretsManagerCertificateConfiguration::builder()
                .secret_arn(arn)
                .build()
                .map_err(bug)?,
        ),
    };
    Ok(Some(vec![one]))
}

/// What differs.
pub(super) fn changes(spec: &Spec, live: &Live) -> Vec<Change> {
    let mut changes = Vec::new();
    if let Some(headers) = &spec.headers {
        let live = live.metadata.as_ref();
        for (field, wanted, there) in [
            (
                "allowedRequestHeaders",
                &headers.request,
                live.map(MetadataConfiguration::allowed_request_headers),
            ),
            (
                "allowedResponseHeaders",
                &headers.response,
                live.map(MetadataConfiguration::allowed_response_headers),
            ),
            (
                "allowedQueryParameters",
                &headers.query,
                live.map(MetadataConfiguration::allowed_query_parameters),
            ),
        ] {
            let there: BTreeSet<&String> = there.unwrap_or_default().iter().collect();
            changes.extend(Change::between(field, &there, &wanted.iter().collect()));
        }
    }
    if let Some(certificate) = &spec.certificate {
        let wanted = match certificate {
            Certificate::S3(uri) => uri,
            Certificate::SecretArn(arn) => arn,
        };
        let there = match live.certificates.iter().flatten().next() {
            Some(CertificateConfiguration::S3(s3)) => s3.uri.as_str(),
            Some(CertificateConfiguration::SecretsManager(secret)) => secret.secret_arn.as_str(),
            Some(_) => "a place unknown to this version",
            None => "",
        };
        if there != wanted {
            changes.push(Change::new("certificateConfigurations", there, wanted.clone()));
        }
    }
    changes
}
