//! `labctl config`: what is configured, and where each value comes from.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::cli::args::values::PlainFormat;
use crate::cli::args::{ConfigArgs, ConfigCommand, SchemaArg};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::settings::{self, NoFlags};
use crate::cli::ui::printable;
use crate::model::compared::ComparisonReport;
use crate::model::head_to_head::HeadToHeadReport;

/// Shows the configuration, the path of its file, or its schema.
pub fn run(args: &ConfigArgs, context: &Context) -> Result<ExitStatus, CliError> {
    match &args.command {
        ConfigCommand::Show(show) => {
            let settings = context.settings(&NoFlags)?;
            match show.format {
                PlainFormat::Text => context.ui.print(&printable(&settings::to_yaml(&settings)))?,
                PlainFormat::Json => context.ui.print_json(&settings::to_json(&settings))?,
            }
        }
        ConfigCommand::Path => match context.loader.find()? {
            Some(path) => {
                // Checked first, so that the path that is printed is one that works.
                context.settings(&NoFlags)?;
                let path = context.loader.working_dir.join(path);
                let path = path.canonicalize().unwrap_or(path);
                context.ui.print_line(&path.display().to_string())?;
            }
            None => {
                return Err(CliError::usage(
                    "no configuration file here or above: the simulated reference lab is used",
                )
                .with_hint("`labctl init` writes one"));
            }
        },
        ConfigCommand::Schema(schema) => context.ui.print_json(&match schema.of {
            SchemaArg::Config => settings::json_schema(),
            SchemaArg::Experiment => settings::experiment::json_schema(),
            SchemaArg::Gates => settings::gates::json_schema(),
            SchemaArg::Comparison => schema_of_output::<ComparisonReport>(),
            SchemaArg::HeadToHead => schema_of_output::<HeadToHeadReport>(),
        })?,
    }
    Ok(ExitStatus::Success)
}

/// The schema of what labctl writes: a field is required where it is always written.
fn schema_of_output<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}
