//! `labctl plan`: how many prompts a gate takes, and what it would say, before anything is sent.

use serde::Serialize;

use crate::cli::args::PlanArgs;
use crate::cli::args::values::OutputFormat;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::table;
use crate::model::comparison::GateMode;
use crate::stats::detectable::{Chances, Rule};
use crate::stats::power::{Needed, Question};

/// Numbers of prompts that are always shown.
const SHOWN: [u64; 9] = [30, 50, 100, 150, 200, 250, 300, 400, 500];

/// Further ones, where so many are needed.
const LARGE: [u64; 2] = [1_000, 2_000];

/// What is planned and what comes of it; shares are 0 to 1.
#[derive(Debug, Serialize)]
struct Plan {
    mode: &'static str,
    margin_pp: f64,
    alpha: f64,
    flip_rate: f64,
    loss_pp: f64,
    /// Whether that loss was chosen for want of `--loss`.
    loss_chosen: bool,
    power: f64,
    /// Absent where no number of prompts is enough.
    prompts: Option<Needed>,
    by_prompts: Vec<At>,
}

/// What the gate says at a number of prompts.
#[derive(Debug, Serialize)]
struct At {
    prompts: u64,
    /// Of the loss that is planned for.
    #[serde(rename = "at_loss")]
    chances: Chances,
    /// How often equal models fail.
    false_alarm: f64,
    /// How often a loss as large as the margin passes.
    passes_at_margin: f64,
}

/// Runs `labctl plan`.
pub fn run(args: &PlanArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let plan = plan(args)?;
    let ui = context.ui;
    match args.format {
        OutputFormat::Json => ui.print_json(&plan)?,
        OutputFormat::Markdown => ui.print(&markdown(&plan))?,
        OutputFormat::Text => {
            let rows = plan.by_prompts.iter().map(|at| cells(at).to_vec());
            ui.print(&format!("{}\n\n{}\n\n", headline(&plan), answer(&plan)))?;
            ui.print(&table::list(ui, &headings(), rows))?;
        }
    }
    Ok(ExitStatus::Success)
}

fn plan(args: &PlanArgs) -> Result<Plan, CliError> {
    let mode = GateMode::from(args.mode);
    let loss_pp = args.loss.unwrap_or(match mode {
        GateMode::Prove => 0.0,
        // No more can be lost than flips.
        GateMode::Detect | GateMode::Harm | GateMode::Point => (2.0 * args.margin).min(100.0 * args.flips),
    });
    if loss_pp > 100.0 * args.flips {
        return Err(CliError::usage(format!(
            "a loss of {loss_pp} points takes at least as many flips, and `--flips` says {:.6}%",
            100.0 * args.flips
        ))
        .with_hint("raise `--flips`, or lower `--loss`"));
    }
    let rule = Rule { mode, margin: args.margin / 100.0, alpha: args.alpha };
    let question = Question { rule, flip_rate: args.flips, loss: loss_pp / 100.0, power: args.power };
    let prompts = question.needed();
    let mut shown = SHOWN.to_vec();
    if let Some(exact) = prompts.map(|needed| needed.exact) {
        shown.extend(exact);
        shown.extend(LARGE.into_iter().filter(|_| exact.is_none_or(|exact| exact > 500)));
    }
    shown.sort_unstable();
    shown.dedup();
    let at = |prompts: u64| {
        let of = |loss| rule.chances(prompts, args.flips, loss);
        Some(At {
            prompts,
            chances: of(question.loss)?,
            false_alarm: of(0.0)?.fail,
            passes_at_margin: of(rule.margin)?.pass,
        })
    };
    Ok(Plan {
        mode: mode.name(),
        margin_pp: args.margin,
        alpha: args.alpha,
        flip_rate: args.flips,
        loss_pp,
        loss_chosen: args.loss.is_none(),
        power: args.power,
        prompts,
        by_prompts: shown.into_iter().filter_map(at).collect(),
    })
}

/// A share in percent, without digits that say nothing.
fn percent(share: f64) -> String {
    let text = format!("{:.3}", 100.0 * share);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

fn headline(plan: &Plan) -> String {
    format!(
        "{} with a margin of {} pp at {} flips, \u{3b1} {}; the true loss is {} pp{}",
        plan.mode,
        plan.margin_pp,
        percent(plan.flip_rate),
        percent(plan.alpha),
        plan.loss_pp,
        match (plan.loss_chosen, plan.mode) {
            (true, mode) if mode != GateMode::Prove.name() => {
                " (twice the margin, at most the flips: `--loss` plans for another)"
            }
            _ => "",
        }
    )
}

fn answer(plan: &Plan) -> String {
    let verdict = if plan.mode == GateMode::Prove.name() { "PASS" } else { "FAIL" };
    let power = percent(plan.power);
    match plan.prompts {
        None => format!(
            "no number of prompts gives {verdict} in {power} of the runs: the loss lies on the other side of the margin, or at it"
        ),
        Some(Needed { approximate, exact: Some(exact) }) => format!(
            "{exact} prompts give {verdict} in {power} of the runs (exact; {approximate} by the normal approximation)"
        ),
        Some(Needed { approximate, exact: None }) => {
            format!(
                "about {approximate} prompts give {verdict} in {power} of the runs (normal approximation)"
            )
        }
    }
}

const fn headings() -> [&'static str; 6] {
    ["prompts", "PASS", "INCONCLUSIVE", "FAIL", "FAIL of equal models", "PASS at a loss of the margin"]
}

fn cells(at: &At) -> [String; 6] {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    [
        at.prompts.to_string(),
        percent(at.chances.pass),
        percent(at.chances.inconclusive),
        percent(at.chances.fail),
        percent(at.false_alarm),
        percent(at.passes_at_margin),
    ]
}

fn markdown(plan: &Plan) -> String {
    let line = |cells: &[&str]| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("**{}**\n\n{}\n\n{}", headline(plan), answer(plan), line(&headings()));
    text += &line(&["--:"; 6]);
    for at in &plan.by_prompts {
        let cells = cells(at);
        text += &line(&cells.each_ref().map(String::as_str));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::GateModeArg;

    fn args(mode: GateModeArg, loss: Option<f64>) -> PlanArgs {
        let format = OutputFormat::Text;
        PlanArgs { margin: 5.0, flips: 0.08, mode, power: 0.8, alpha: 0.05, loss, format }
    }

    /// 198 by the normal approximation, about 222 exactly; `prove` passes a loss of the margin in 5 % of runs at most
    /// but for what discreteness adds.
    #[test]
    fn proving_is_planned_as_stated() {
        let plan = plan(&args(GateModeArg::Prove, None)).unwrap();
        assert_eq!(
            answer(&plan),
            "221 prompts give PASS in 80 % of the runs (exact; 198 by the normal approximation)"
        );
        assert_eq!(headline(&plan), "prove with a margin of 5 pp at 8 % flips, α 5 %; the true loss is 0 pp");
        let at = plan.by_prompts.iter().find(|at| at.prompts == 221).unwrap();
        assert!(at.chances.pass >= 0.8 && at.passes_at_margin < 0.06, "{at:?}");
        assert!(markdown(&plan).contains("| 221 | 80.5 % |"), "{}", markdown(&plan));
    }

    /// The table of gates: at 8 % flips equal models fail `detect` in 3.8 % of runs of 30, 0.3 % of 250.
    #[test]
    fn false_alarms_are_those_stated() {
        let plan = plan(&args(GateModeArg::Detect, Some(8.0))).unwrap();
        let alarm =
            |prompts| cells(plan.by_prompts.iter().find(|at| at.prompts == prompts).unwrap())[4].clone();
        assert_eq!((alarm(30).as_str(), alarm(250).as_str()), ("3.8 %", "0.3 %"));
    }

    #[test]
    fn what_can_not_be_is_told() {
        let error = plan(&args(GateModeArg::Detect, Some(10.0))).unwrap_err();
        assert!(error.to_string().contains("a loss of 10 points takes at least as many flips"), "{error}");
        let usual = plan(&args(GateModeArg::Detect, None)).unwrap();
        assert!(headline(&usual).contains("the true loss is 8 pp (twice the margin"), "{}", headline(&usual));
        let never = plan(&args(GateModeArg::Detect, Some(5.0))).unwrap();
        assert!(answer(&never).starts_with("no number of prompts gives FAIL"), "{}", answer(&never));
    }
}
