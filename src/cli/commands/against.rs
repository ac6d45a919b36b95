//! A blessed baseline in place of one that runs too: `bench --against NAME`, and `--baseline NAME` where no endpoint has
//! that name.

use std::sync::Arc;

use crate::bench::against::Against;
use crate::cli::args::BenchArgs;
use crate::cli::commands::{baseline, contender};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::settings::NoFlags;
use crate::results::baselines::Baselines;
use crate::results::store::Store;

/// The blessed baseline that these flags name, where they name one; they then ask for no other baseline any more.
pub(super) fn take(args: &mut BenchArgs, context: &Context) -> Result<Option<Against>, CliError> {
    let Some(name) = args.against.clone().or_else(|| args.baseline.clone()) else { return Ok(None) };
    let config = context.settings(&NoFlags)?.config;
    let results_dir = args.load.results_dir.as_ref().unwrap_or(&config.defaults.results_dir);
    let baselines = Baselines::of(results_dir);
    if args.against.is_none() {
        let found = baselines.find(&name).map_err(baseline::failed)?;
        if config.endpoints.contains_key(&name) {
            if found.is_some() {
                context.ui.note(&format!(
                    "`{name}` is an endpoint and a blessed baseline: the endpoint is run; `--against {name}` compares with what was blessed"
                ));
            }
            return Ok(None);
        }
        if found.is_none() {
            let blessed = baselines.names().map_err(baseline::failed)?;
            if blessed.is_empty() {
                // That it is no endpoint is the configuration's to say.
                return Ok(None);
            }
            let endpoints: Vec<&str> = config.endpoints.keys().map(String::as_str).collect();
            return Err(CliError::usage(format!(
                "`{name}` is neither an endpoint (there are `{}`) nor a blessed baseline (there are `{}`)",
                endpoints.join("`, `"),
                blessed.join("`, `")
            )));
        }
    }
    let of_endpoint =
        args.baseline_url.is_some() || args.baseline_model.is_some() || args.baseline_api_key_env.is_some();
    if args.aa || of_endpoint {
        return Err(CliError::usage(format!("`{name}` is a blessed baseline, which is not run"))
            .with_hint("leave out `--aa` and the other flags of a baseline that is"));
    }
    // The prefix keeps a run's id from being taken for it.
    let named = contender::load(&Store::new(results_dir), &format!("{}{name}", contender::PREFIX))?;
    let Some(blessed) = named.blessed else { return Ok(None) };
    if let Some(old) = baseline::old(&blessed, baseline::max_age(args.max_age, context)?) {
        context.ui.warn(&old);
    }
    (args.against, args.baseline, args.compare_baseline) = (Some(name), None, false);
    Ok(Some(Against::of(Arc::new(named.result), Some(&blessed))))
}
