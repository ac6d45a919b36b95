//! `labctl promptset selftest`: whether the checks of every row say what they should.

use serde_json::{Value, json};

use super::{named_sets, prompts};
use crate::check::{SelfTest, selftest};
use crate::cli::args::PromptSetLintArgs;
use crate::cli::args::values::PlainFormat;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::table;
use crate::model::prompt::PromptSet;

/// Tests the sets that are named, or all.
pub(super) fn run(args: &PromptSetLintArgs, context: &Context) -> Result<(), CliError> {
    let tested: Vec<(PromptSet, SelfTest)> = named_sets(args, context)?
        .into_iter()
        .map(|set| {
            let test = selftest(&set.prompts);
            (set, test)
        })
        .collect();
    match args.format {
        PlainFormat::Json => {
            context
                .ui
                .print_json(&tested.iter().map(|(set, test)| as_json(set, test)).collect::<Vec<_>>())?;
        }
        PlainFormat::Text => {
            for (set, test) in &tested {
                print(set, test, context)?;
            }
        }
    }
    let failures: usize = tested.iter().map(|(_, test)| test.failures.len()).sum();
    if failures > 0 {
        let total = tested.iter().map(|(_, test)| test.prompts).sum();
        return Err(CliError::usage(format!("{failures} of the self-tests of {} fail", prompts(total))));
    }
    if args.format == PlainFormat::Text {
        context.ui.print_line(
            "nothing wrong: references pass; near misses, echoes, refusals, loops and other rows' answers fail",
        )?;
    }
    Ok(())
}

fn as_json(set: &PromptSet, test: &SelfTest) -> Value {
    let failures: Vec<Value> = test
        .failures
        .iter()
        .map(
            |failure| json!({"prompt_id": failure.prompt_id, "what": failure.what, "detail": failure.detail}),
        )
        .collect();
    json!({
        "name": set.manifest.name,
        "prompts": test.prompts,
        "references": test.references,
        "near_misses": test.near_misses,
        "near_misses_in_every_dress": test.transforms,
        "caught": test.caught,
        "failures": failures,
    })
}

fn print(set: &PromptSet, test: &SelfTest, context: &Context) -> Result<(), CliError> {
    let ui = context.ui;
    let SelfTest { prompts: tested, references, near_misses, transforms, caught, failures } = test;
    ui.print_line(&format!(
        "{}: {}, {near_misses} near misses; {caught} of {transforms} (near miss × transform) caught, {}; {references} references in every dress",
        set.manifest.name,
        prompts(*tested),
        share(*caught, *transforms),
    ))?;
    if failures.is_empty() {
        return Ok(());
    }
    let rows = failures.iter().map(|f| vec![f.prompt_id.clone(), f.what.clone(), f.detail.clone()]);
    ui.print(&table::list(ui, &["prompt", "what", "why"], rows))
}

/// A share in per cent, never rounded up to all of it.
fn share(part: usize, whole: usize) -> String {
    if part == whole {
        return "100 %".to_owned();
    }
    let tenths = (1000 * part).checked_div(whole).unwrap_or(0);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn only_all_is_all() {
        for (part, whole, expected) in
            [(0, 0, "100 %"), (3, 3, "100 %"), (9999, 10_000, "99.9 %"), (0, 7, "0.0 %")]
        {
            assert_eq!(share(part, whole), expected);
        }
    }
}
