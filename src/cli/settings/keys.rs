//! API keys, read when they are needed and no sooner, and never kept in the configuration.

use std::env::VarError;
use std::fs;

use super::error::SettingsError;
use crate::client::secret::Secret;
use crate::model::config::Endpoint;

/// The endpoint's API key, from its environment variable or file; none where it names neither.
pub fn api_key(endpoint: &Endpoint) -> Result<Option<Secret>, SettingsError> {
    api_key_from(endpoint, |name| std::env::var(name))
}

fn api_key_from(
    endpoint: &Endpoint,
    variable: impl Fn(&str) -> Result<String, VarError>,
) -> Result<Option<Secret>, SettingsError> {
    let (text, origin) = if let Some(name) = &endpoint.api_key_env {
        let origin = format!("the environment variable `{name}` (`api_key_env`)");
        let text = variable(name).map_err(|error| {
            SettingsError::Key(match error {
                VarError::NotPresent => format!("no API key: {origin} is not set"),
                VarError::NotUnicode(_) => format!("no API key: {origin} is not text"),
            })
        })?;
        (text, origin)
    } else if let Some(path) = &endpoint.api_key_file {
        let origin = format!("the file `{}` (`api_key_file`)", path.display());
        let text = fs::read_to_string(path)
            .map_err(|error| SettingsError::Key(format!("no API key: could not read {origin}: {error}")))?;
        (text, origin)
    } else {
        return Ok(None);
    };
    let key = text.trim();
    if key.is_empty() {
        return Err(SettingsError::Key(format!("no API key: {origin} is empty")));
    }
    // A header can't hold anything else, and the HTTP library's own error would quote it.
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SettingsError::Key(format!(
            "no API key: {origin} holds spaces or other characters that a key can't have"
        )));
    }
    Ok(Some(Secret::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn with_env(value: &Result<&str, VarError>) -> Result<Option<Secret>, SettingsError> {
        let endpoint = Endpoint { api_key_env: Some("LAB_KEY".to_owned()), ..Endpoint::default() };
        api_key_from(&endpoint, |name| {
            assert_eq!(name, "LAB_KEY");
            value.clone().map(str::to_owned)
        })
    }

    #[test]
    fn a_key_comes_from_the_environment() {
        assert_eq!(with_env(&Ok("sk-1\n")).unwrap().unwrap().expose(), "sk-1");
    }

    #[test]
    fn a_missing_or_broken_key_names_its_variable_and_not_itself() {
        for (value, part) in
            [(Err(VarError::NotPresent), "not set"), (Ok(" "), "empty"), (Ok("sk 1secret"), "spaces")]
        {
            let message = with_env(&value).unwrap_err().to_string();
            assert!(message.contains("LAB_KEY") && message.contains(part), "{message}");
            assert!(!message.contains("1secret"));
        }
    }

    #[test]
    fn a_key_comes_from_a_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "sk-2").unwrap();
        let endpoint = Endpoint { api_key_file: Some(file.path().to_owned()), ..Endpoint::default() };
        assert_eq!(api_key(&endpoint).unwrap().unwrap().expose(), "sk-2");
        let gone = Endpoint { api_key_file: Some("no/such/file".into()), ..Endpoint::default() };
        assert!(api_key(&gone).unwrap_err().to_string().contains("no/such/file"));
        assert!(api_key(&Endpoint::default()).unwrap().is_none());
    }
}
