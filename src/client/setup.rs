//! What every transport needs of an endpoint's configuration: where requests go and what each carries.

use std::path::Path;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::secret::Secret;
use crate::model::config::Endpoint;

/// Sent as `User-Agent`.
pub(super) const USER_AGENT: &str = concat!("labctl/", env!("CARGO_PKG_VERSION"));

/// Why a transport could not be made from an endpoint's configuration.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No `url` where one is needed.
    #[error("the endpoint has no `url`")]
    NoUrl,
    /// A header's name or value isn't one.
    #[error("header `{name}` is not valid")]
    Header {
        /// The header's name.
        name: String,
    },
    /// A file of certificates or keys can't be read.
    #[error("cannot read `{path}`: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A certificate, key or proxy isn't valid.
    #[error("{what} is not valid: {why}")]
    Invalid {
        /// Which setting.
        what: &'static str,
        /// Why.
        why: String,
    },
}

impl SetupError {
    pub(super) fn half_an_identity() -> Self {
        Self::Invalid {
            what: "`tls`",
            why: "`client_certificate_file` and `client_key_file` go together".into(),
        }
    }

    pub(super) fn no_certificate(what: &'static str, path: &Path) -> Self {
        let why = format!("`{}` holds no certificate in PEM form", path.display());
        Self::Invalid { what, why }
    }
}

/// The endpoint's base URL.
pub(super) fn base_url(endpoint: &Endpoint) -> Result<Url, SetupError> {
    let base = endpoint.url.as_deref().ok_or(SetupError::NoUrl)?;
    Url::parse(base).map_err(|e| SetupError::Invalid { what: "`url`", why: e.to_string() })
}

/// The base URL with a path added; its query, if it has one, stays. A path that starts with `/` lies beside the
/// base, at the server's root.
pub(super) fn under(base: &Url, path: &str) -> Url {
    let root = base.path().trim_end_matches('/');
    let path = match path.strip_prefix('/') {
        Some(rooted) => format!("{}/{rooted}", root.strip_suffix("/v1").unwrap_or(root)),
        None => format!("{root}/{path}"),
    };
    let mut url = base.clone();
    url.set_path(&path);
    url
}

/// A file that the configuration names.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, SetupError> {
    std::fs::read(path).map_err(|source| SetupError::File { path: path.display().to_string(), source })
}

/// The headers of every request.
pub(super) fn headers(endpoint: &Endpoint, key: Option<&Secret>) -> Result<HeaderMap, SetupError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
    if let Some(key) = key {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
            .map_err(|_| SetupError::Header { name: "Authorization".into() })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    for (name, value) in &endpoint.headers {
        let invalid = || SetupError::Header { name: name.clone() };
        let mut value = HeaderValue::from_str(value).map_err(|_| invalid())?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?, value);
    }
    Ok(headers)
}
