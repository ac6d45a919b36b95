//! `labctl report`: a saved result as HTML, Markdown or terminal text, or its speed under other tools' formulas.

use crate::cli::args::ReportArgs;
use crate::cli::args::values::OutputFormat;
use crate::cli::commands::{definitions, measure, store};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::model::definitions::Definitions;
use crate::report::terminal::summary;

/// Runs `labctl report`. Without a file named it writes both reports beside the result.
pub fn run(args: &ReportArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let store = store::open(&args.store, context)?;
    let tools: &[Definitions] = match args.definitions {
        Some(tool) => &[tool.into()],
        None if args.why_different => &Definitions::ALL,
        None => &[],
    };
    if !tools.is_empty() {
        return definitions::print(&store::load(&store, &args.run)?, tools, args.format, context.ui);
    }
    let result = match args.format {
        OutputFormat::Json => store::load(&store, &args.run)?,
        OutputFormat::Markdown | OutputFormat::Text => store::load_without_chunks(&store, &args.run)?,
    };
    let mut files = Vec::new();
    if let Some(path) = &args.html {
        measure::write_file(path, &measure::render_html(&result)?)?;
        files.push(("report".to_owned(), path.clone()));
    }
    if let Some(path) = &args.markdown {
        measure::write_file(path, &measure::render_markdown(&result)?)?;
        files.push(("report".to_owned(), path.clone()));
    }
    if args.html.is_none() && args.markdown.is_none() && args.format == OutputFormat::Text {
        let path = store.resolve(&args.run).map_err(|error| CliError::usage(error.to_string()))?;
        files = measure::write_reports(&result, &path)?;
    }
    let ui = context.ui;
    match args.format {
        OutputFormat::Json => measure::print_document(&result, context.ui)?,
        OutputFormat::Markdown => ui.print(&measure::render_markdown(&result)?)?,
        OutputFormat::Text => {
            let options = ui.terminal(files);
            ui.print(&summary(&result, &options))?;
        }
    }
    Ok(ExitStatus::Success)
}
