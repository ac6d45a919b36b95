//! Keeps keys out of everything that labctl prints or saves.

use std::borrow::Cow;
use std::fmt;

use url::Url;

use crate::model::config::Endpoint;

/// What stands in place of anything secret.
pub const MASK: &str = "***";

/// Query parameters that are known to carry no key. Every other one's value is masked.
const HARMLESS_PARAMETERS: [&str; 4] = ["api-version", "deployment", "model", "version"];

/// Prefixes by which the keys of well-known services are recognised in a URL's path.
const KEY_PREFIXES: [&str; 4] = ["sk-", "hf_", "gsk_", "key-"];

/// The shortest path segment of mixed letters and digits that is taken for a key.
const SHORTEST_OPAQUE_SEGMENT: usize = 32;

/// Parts of names whose text values are taken for secrets.
const SECRET_WORDS: [&str; 11] = [
    "auth",
    "bearer",
    "cookie",
    "credential",
    "key",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "secret",
    "token",
];

/// The same where they are a word of their own: `bypass` is none.
const SECRET_WHOLE_WORDS: [&str; 2] = ["pass", "session"];

/// An API key. Its `Debug` and `Display` print [`MASK`]; it has no serialised form.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a key.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with the key in it masked. Servers do quote the key that they refuse.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.0.is_empty() || !text.contains(&self.0) {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(text.replace(&self.0, MASK))
        }
    }
}

/// The shortest part of a URL or header that is redacted: of shorter ones a server's words are full by chance.
const SHORTEST_REDACTED: usize = 4;

/// `text` with every one of these secrets masked.
#[must_use]
pub fn redact_all<'a>(secrets: &[Secret], text: &'a str) -> Cow<'a, str> {
    secrets.iter().fold(Cow::Borrowed(text), |text, secret| match secret.redact(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(redacted) => Cow::Owned(redacted),
    })
}

/// Everything secret that is sent to an endpoint, the longest first: its key, the values of its
/// headers, and what [`mask_url`] masks in its URL and its proxy's.
#[must_use]
pub fn secrets_of(endpoint: &Endpoint, key: Option<&Secret>) -> Vec<Secret> {
    let mut texts: Vec<String> = Vec::new();
    for value in endpoint.headers.values() {
        // Of `Bearer KEY` a server may quote the key alone.
        texts.extend([value.clone(), value.rsplit(' ').next().unwrap_or_default().to_owned()]);
    }
    for url in [&endpoint.url, &endpoint.proxy].into_iter().flatten() {
        texts.extend(secret_parts(url));
    }
    texts.retain(|text| text.len() >= SHORTEST_REDACTED);
    let mut secrets: Vec<Secret> = texts.into_iter().map(Secret::new).chain(key.cloned()).collect();
    // A secret within another must not break it up before it is found.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.0.len()));
    secrets.dedup();
    secrets
}

/// What is masked in a URL, as it stands there and decoded.
fn secret_parts(url: &str) -> Vec<String> {
    let Ok(url) = Url::parse(url) else { return Vec::new() };
    let mut parts = vec![url.username().to_owned(), url.password().unwrap_or_default().to_owned()];
    parts.extend(sent_user_information(&url));
    for pair in url.query().unwrap_or_default().split('&') {
        match pair.split_once('=') {
            Some((name, _)) if HARMLESS_PARAMETERS.contains(&name) => {}
            Some((_, value)) => parts.push(value.to_owned()),
            None => parts.push(pair.to_owned()),
        }
    }
    parts.extend(url.path().split('/').filter(|segment| is_key_like(segment)).map(str::to_owned));
    let decoded: Vec<String> = parts.iter().filter_map(|part| decoded(part)).collect();
    parts.extend(decoded);
    parts
}

/// A URL's user name and password in the form in which they are sent (RFC 7617), and quoted back.
fn sent_user_information(url: &Url) -> Option<String> {
    let parts = [url.username(), url.password().unwrap_or_default()];
    let [user, password] = parts.map(|part| decoded(part).unwrap_or_else(|| part.to_owned()));
    (!parts[0].is_empty()).then(|| base64(format!("{user}:{password}").as_bytes()))
}

/// The `Authorization` header that stands for a URL's user name and password, where it has them.
#[cfg(all(target_os = "linux", feature = "kernel-stamps"))]
pub(super) fn basic_authorization(url: &Url) -> Option<http::HeaderValue> {
    let mut value = http::HeaderValue::try_from(format!("Basic {}", sent_user_information(url)?)).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| group.get(at).map_or(0, |byte| u32::from(*byte));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit > group.len() { '=' } else { char::from(DIGITS[value as usize]) });
        }
    }
    text
}

/// A part of a URL with its percent signs decoded, where that makes a difference.
fn decoded(part: &str) -> Option<String> {
    let (text, _) = url::form_urlencoded::parse(part.as_bytes()).next()?;
    (text != part).then(|| text.into_owned())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Whether a text value under this name (a JSON member's, a parameter's) is taken for a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    SECRET_WORDS.iter().any(|word| name.contains(word))
        || words.any(|word| SECRET_WHOLE_WORDS.contains(&word))
}

/// `url` with everything that may be a key replaced by [`MASK`]: user information, values of query
/// parameters (those known to be harmless excepted), the fragment, and path segments that look like keys.
///
/// What isn't a URL is masked by the same rules as far as its punctuation tells the parts apart.
#[must_use]
pub fn mask_url(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if parsed.has_host() => mask_parsed(url, &parsed),
        _ => mask_unparsed(url),
    }
}

/// A text with every URL in it masked as [`mask_url`] does, whatever its scheme.
#[must_use]
pub fn mask_urls_within(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let begin = rest[..at]
            .rfind(|c| !is_scheme(c))
            .map_or(0, |last| last + rest[last..].chars().next().map_or(1, char::len_utf8));
        let (before, url) = rest.split_at(begin);
        let (url, after) = url.split_at(end_of_url(url));
        kept.push_str(before);
        kept.push_str(&mask_url(url));
        rest = after;
    }
    kept + rest
}

/// Where a URL ends that a text begins with. A comma ends it, but within user information.
fn end_of_url(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '\\' | ')' | ',');
    let end = text.find(ends).unwrap_or(text.len());
    let authority = text.find("://").and_then(|at| text.get(at + 3..end)).unwrap_or_default();
    let (_, rest) = text.split_at(end);
    if !rest.starts_with(',') || authority.contains(['/', '?', '#', '@']) {
        return end;
    }
    // Another URL's user information comes after slashes.
    let is_past = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '<' | '>' | '\\');
    let user_information = rest.split(is_past).next().and_then(|rest| rest.rfind('@'));
    user_information.map_or(end, |at| rest[at..].find(ends).map_or(text.len(), |length| end + at + length))
}

/// Whether a text looks like a key of a well-known service.
#[must_use]
pub fn has_key_prefix(text: &str) -> bool {
    KEY_PREFIXES.iter().any(|prefix| text.starts_with(prefix) && text.len() > prefix.len() + 8)
}

fn mask_parsed(original: &str, url: &Url) -> String {
    let (head, _) = split_tail(original);
    let secret_path = url.path().split('/').any(is_key_like);
    let has_user = !url.username().is_empty() || url.password().is_some();
    if !has_user && !secret_path && head.len() == original.len() {
        return original.to_owned();
    }
    let mut masked = format!("{}://", url.scheme());
    if has_user {
        masked.push_str(MASK);
        masked.push('@');
    }
    masked.push_str(url.host_str().unwrap_or_default());
    if let Some(port) = url.port() {
        masked.push(':');
        masked.push_str(&port.to_string());
    }
    masked.push_str(&mask_path(url.path()));
    if let Some(query) = url.query() {
        masked.push('?');
        masked.push_str(&mask_query(query));
    }
    if url.fragment().is_some() {
        masked.push('#');
        masked.push_str(MASK);
    }
    masked
}

fn mask_unparsed(text: &str) -> String {
    let (head, tail) = split_tail(text);
    let head = match head.rsplit_once('@') {
        Some((before, after)) => {
            let scheme = before.find("//").map_or("", |at| &before[..at + 2]);
            format!("{scheme}{MASK}@{}", mask_path(after))
        }
        None => mask_path(head),
    };
    let tail = match tail.strip_prefix('?') {
        Some(query) => format!("?{}", mask_query(query)),
        None if tail.is_empty() => String::new(),
        None => format!("#{MASK}"),
    };
    head + &tail
}

/// Splits before the query or fragment, whichever comes first.
fn split_tail(url: &str) -> (&str, &str) {
    url.split_at(url.find(['?', '#']).unwrap_or(url.len()))
}

fn mask_query(query: &str) -> String {
    let query = query.split('#').next().unwrap_or_default();
    let masked: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if HARMLESS_PARAMETERS.contains(&name) => pair.to_owned(),
            Some((name, _)) => format!("{name}={MASK}"),
            // A lone word may be a key itself.
            None if pair.is_empty() => String::new(),
            None => MASK.to_owned(),
        })
        .collect();
    masked.join("&")
}

fn mask_path(path: &str) -> String {
    let masked: Vec<&str> =
        path.split('/').map(|segment| if is_key_like(segment) { MASK } else { segment }).collect();
    masked.join("/")
}

fn is_key_like(segment: &str) -> bool {
    if has_key_prefix(segment) {
        return true;
    }
    segment.len() >= SHORTEST_OPAQUE_SEGMENT
        && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && segment.bytes().any(|byte| byte.is_ascii_digit())
        && segment.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_secret_prints_as_a_mask() {
        let secret = Secret::new("sk-live-123");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(secret.expose(), "sk-live-123");
    }

    #[test]
    fn a_quoted_key_is_redacted() {
        let secret = Secret::new("abc");
        assert_eq!(secret.redact("wrong key: abc."), "wrong key: ***.");
        assert_eq!(Secret::new("").redact("text"), "text");
    }

    #[test]
    fn everything_secret_that_is_sent_is_redacted() {
        let mut endpoint = Endpoint {
            url: Some("http://user:p%40ss@host/v1?api_key=qu3ry&api-version=2024".into()),
            proxy: Some("http://proxy:pr0xy@host:1".into()),
            ..Endpoint::default()
        };
        endpoint.headers.insert("Authorization".into(), "Bearer b3arer".into());
        endpoint.headers.insert("X-Flag".into(), "on".into());
        let secrets = secrets_of(&endpoint, Some(&Secret::new("sk-1")));
        let said = "p%40ss p@ss qu3ry pr0xy b3arer Bearer b3arer sk-1 2024 on";
        assert_eq!(redact_all(&secrets, said), "*** *** *** *** *** *** *** 2024 on");
        // RFC 7617's own example.
        assert_eq!(base64(b"Aladdin:open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!([base64(b""), base64(b"fo"), base64(b"foo")], ["", "Zm8=", "Zm9v"]);
        assert_eq!(redact_all(&secrets, &format!("Basic {}", base64(b"user:p@ss"))), "Basic ***");
        assert!(matches!(redact_all(&secrets, "nothing"), Cow::Borrowed("nothing")));
    }

    #[test]
    fn urls_without_a_key_stay_as_they_are() {
        for url in ["http://localhost:8000/v1", "https://api.example.com/openai/v1/", "http://[::1]:8000/v1"]
        {
            assert_eq!(mask_url(url), url);
        }
    }

    #[test]
    fn keys_in_urls_are_masked() {
        for (url, masked) in [
            ("https://user:pa55@host:8443/v1", "https://***@host:8443/v1"),
            ("https://token@host/v1", "https://***@host/v1"),
            (
                "http://host/v1?api_key=abc&api-version=2024-10-21",
                "http://host/v1?api_key=***&api-version=2024-10-21",
            ),
            ("http://host/v1?abc", "http://host/v1?***"),
            ("http://host/v1#abc", "http://host/v1#***"),
            ("http://host/sk-abcdefgh1234/v1", "http://host/***/v1"),
            ("http://host/0123456789abcdef0123456789abcdef/v1", "http://host/***/v1"),
            ("user:pa55@host/v1", "***@host/v1"),
            ("//user:pa55@host/v1?key=1", "//***@host/v1?key=***"),
            ("http://user:p@ss@host:99999/v1", "http://***@host:99999/v1"),
        ] {
            assert_eq!(mask_url(url), masked, "{url}");
        }
    }

    #[test]
    fn urls_within_a_text_are_masked() {
        for (text, masked) in [
            ("a=https://u:p@h/v1 b", "a=https://***@h/v1 b"),
            ("a=http://u:p,w@h/x, b", "a=http://***@h/x, b"),
            ("http://h:1,me@there/x", "http://***@there/x"),
            ("http://h/x,me@there", "http://h/x,me@there"),
            ("http://h,http://u:p,w@i/x", "http://h,http://***@i/x"),
            ("socks5://u:p@h:1,http://u@h", "socks5://***@h:1,http://***@h/"),
            ("\u{e4}http://u@h", "\u{e4}http://***@h/"),
            ("://", "://"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(mask_urls_within(text), masked, "{text}");
        }
    }

    #[test]
    fn names_of_secrets_are_known() {
        assert!(
            is_secret_name("api_key") && is_secret_name("Authorization") && is_secret_name("ACCESS_TOKEN")
        );
        for name in ["pwd", "db-passwd", "user_pass", "bearer", "Cookie", "session", "{user: u, pass: p}"] {
            assert!(is_secret_name(name), "{name}");
        }
        assert!(!is_secret_name("bypass") && !is_secret_name("sessions"));
        assert!(!is_secret_name("top_p") && !is_secret_name("chat_template_kwargs"));
    }

    proptest! {
        #[test]
        fn user_information_and_parameters_never_show(
            user in "[a-z]{3,8}7", password in "[a-zA-Z0-9]{6,12}Q9", value in "[A-Z0-9]{6,20}zQ", port in 1_u32..99_999,
        ) {
            let masked = mask_url(&format!("http://{user}:{password}@host:{port}/v1?k={value}"));
            prop_assert!(!masked.contains(&user) && !masked.contains(&password) && !masked.contains(&value), "{}", masked);
        }

        #[test]
        fn any_text_is_masked_without_a_panic(text in ".*") {
            let _ = mask_url(&text);
        }
    }
}
