//! TLS over a stamped socket: certificates always verified, by the platform's own roots and those that the
//! endpoint's configuration adds.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::Verifier;

use crate::client::failure::chain;
use crate::client::setup::{SetupError, read_file};
use crate::model::config::Endpoint;

/// The TLS configuration of an endpoint.
pub(super) fn config(endpoint: &Endpoint) -> Result<ClientConfig, SetupError> {
    const WHAT: &str = "the TLS configuration";
    let invalid = |error: &rustls::Error| SetupError::Invalid { what: WHAT, why: chain(error) };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = match &endpoint.tls.ca_file {
        Some(path) => certificates("`tls.ca_file`", path)?,
        None => Vec::new(),
    };
    let verifier = Verifier::new_with_extra_roots(roots, provider.clone()).map_err(|e| invalid(&e))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| invalid(&e))?
        // The name is rustls's for any verifier but its own; this one is the platform's.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match (&endpoint.tls.client_certificate_file, &endpoint.tls.client_key_file) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            const WHAT: &str = "`tls.client_certificate_file` with its key";
            let chain_of = certificates(WHAT, certificate)?;
            let key = PrivateKeyDer::from_pem_slice(&read_file(key)?)
                .map_err(|error| SetupError::Invalid { what: WHAT, why: chain(&error) })?;
            builder
                .with_client_auth_cert(chain_of, key)
                .map_err(|error| SetupError::Invalid { what: WHAT, why: chain(&error) })?
        }
        _ => return Err(SetupError::half_an_identity()),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    let pem = read_file(path)?;
    let read = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let certificates = read.map_err(|error| SetupError::Invalid { what, why: chain(&error) })?;
    if certificates.is_empty() {
        return Err(SetupError::no_certificate(what, path));
    }
    Ok(certificates)
}
