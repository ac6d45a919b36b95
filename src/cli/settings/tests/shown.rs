//! What is shown and what `init` writes.

use super::*;
use crate::cli::commands::init;

#[test]
fn what_is_shown_masks_keys_and_reads_back() {
    let (_dir, loader) = with_file(
        "endpoints:\n  \"a.b\":\n    url: https://me:pa55@h/v1?api_key=qu3ry\n    proxy: http://u:pr0xy@p\n    \
         headers: {Authorization: Bearer tok3n}\n    body: {api_key: b0dy, top_k: 5, note: 'yes', max_tokens: 9}\n",
    );
    let settings = loader.load(&NoFlags).unwrap();
    for shown in [to_yaml(&settings), to_json(&settings).to_string(), masked(&settings.config).to_string()] {
        for secret in ["pa55", "qu3ry", "pr0xy", "tok3n", "b0dy"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
    assert_eq!(masked(&settings.config)["endpoints"]["a.b"]["body"]["max_tokens"], 9);
    let (_again, loader) = with_file(&to_yaml(&settings));
    assert_eq!(masked(&loader.load(&NoFlags).unwrap().config), masked(&settings.config));
    let sources = to_json(&settings);
    assert_eq!(sources["provenance"]["endpoints.\"a.b\".body.top_k"], "labctl.yaml:6");
    assert_eq!(sources["provenance"]["defaults.seed"], "default");
}

#[test]
fn the_file_that_init_writes_is_valid() {
    let (_dir, loader) = with_file(init::TEMPLATE);
    let settings = loader.load(&NoFlags).unwrap();
    assert_eq!(settings.config.teams.keys().collect::<Vec<_>>(), ["eval", "finetune", "quant"]);
    assert!(settings.config.endpoints.values().all(|endpoint| endpoint.url.is_some()));
    assert_eq!(settings.config.defaults, crate::model::config::Defaults::default());
}

#[test]
fn what_init_comments_out_is_valid_too() {
    let uncommented: String = init::TEMPLATE
        .lines()
        .filter(|line| !line.contains("api_key_file:"))
        .map(|line| {
            let field = line.trim_start().strip_prefix("# ").filter(|rest| {
                line.starts_with(' ')
                    && rest.trim_start().split(' ').next().is_some_and(|word| word.ends_with(':'))
            });
            let indent = &line[..line.len() - line.trim_start().len()];
            field.map_or_else(|| format!("{line}\n"), |field| format!("{indent}{field}\n"))
        })
        .collect();
    let (_dir, loader) = with_file(&uncommented);
    let settings = loader.load(&NoFlags).unwrap_or_else(|error| panic!("{error}\n{uncommented}"));
    assert!(settings.config.endpoints["try-out"].simulator.is_some());
    assert_eq!(settings.config.endpoints["awq"].timeouts, crate::model::config::Timeouts::default());
    assert!(settings.config.endpoints["awq"].tls.client_key_file.is_some());
}
