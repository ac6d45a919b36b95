//! The progress bar: a live subscriber of the engine's events, on standard error.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use super::ui::Ui;
use crate::model::event::{LogLevel, Phase, RunEvent};
use crate::model::record::Record;
use crate::model::units::ratio;

/// How often the bar is drawn, per second.
const FRAMES_PER_SECOND: u8 = 10;

/// Latencies are kept from 1 µs to 1 h, to three significant digits.
const LONGEST_US: u64 = 3_600_000_000;

/// The bar before anything is measured: there is nothing to extrapolate from yet.
const BEFORE: &str = "{prefix:>13}  {msg}";

/// The bar while requests end.
const MEASURING: &str = "{prefix:>13} {wide_bar:.cyan/dim} {pos}/{len}  {msg}  ETA {eta}";

/// The same where it is a time that ends them, and not their number.
const UNBOUNDED: &str = "{prefix:>13} {spinner:.cyan} {pos} requests  {msg}  {elapsed}";

/// Shows what happens until the run's last event; without a terminal only warnings are told.
#[must_use]
pub(super) fn follow(mut events: Receiver<Arc<RunEvent>>, ui: Ui, visible: bool) -> JoinHandle<()> {
    let bar = bar(visible);
    tokio::spawn(async move {
        let mut tally = Tally::default();
        loop {
            match events.recv().await {
                Ok(event) => {
                    if let RunEvent::Log { level, message, .. } = &*event {
                        bar.suspend(|| tell(ui, *level, message));
                    }
                    tally.add(&event, &bar);
                }
                // A slow terminal loses events, not the run.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            }
        }
        bar.finish_and_clear();
    })
}

fn bar(visible: bool) -> ProgressBar {
    let target = if visible {
        ProgressDrawTarget::stderr_with_hz(FRAMES_PER_SECOND)
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    style(&bar, BEFORE);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// The templates are constants; were one invalid, the bar would keep its look.
fn style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

fn tell(ui: Ui, level: LogLevel, message: &str) {
    match level {
        LogLevel::Info => ui.note(message),
        LogLevel::Warning | LogLevel::Error => ui.warn(message),
    }
}

/// What the bar tells, from the events alone.
struct Tally {
    started: Instant,
    done: u64,
    tokens: u64,
    judged: u64,
    passed: u64,
    errors: u64,
    ttft_us: Option<Histogram<u64>>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            done: 0,
            tokens: 0,
            judged: 0,
            passed: 0,
            errors: 0,
            ttft_us: Histogram::new_with_bounds(1, LONGEST_US, 3).ok(),
        }
    }
}

impl Tally {
    fn add(&mut self, event: &RunEvent, bar: &ProgressBar) {
        match event {
            RunEvent::Phase { phase, side, level, data, .. } => {
                bar.set_prefix(level.map_or_else(
                    || phase.name().to_owned(),
                    |level| format!("{} {}", level.axis.name(), level.value),
                ));
                if matches!(phase, Phase::Execution | Phase::SweepIteration) {
                    *self = Self::default();
                    bar.set_position(0);
                    match data.get("total_requests").and_then(serde_json::Value::as_u64) {
                        Some(total) => {
                            bar.set_length(total);
                            style(bar, MEASURING);
                        }
                        None => style(bar, UNBOUNDED),
                    }
                    bar.reset_eta();
                    bar.reset_elapsed();
                }
                if let Some(side) = side {
                    bar.set_message(side.name());
                }
            }
            RunEvent::RequestComplete { record } => {
                self.record(record);
                bar.set_position(self.done);
                bar.set_message(self.message());
            }
            RunEvent::RequestStarted { .. }
            | RunEvent::RequestNotCounted { .. }
            | RunEvent::Block { .. }
            | RunEvent::Log { .. }
            | RunEvent::Summary { .. } => {}
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a latency, not negative and under an hour"
    )]
    fn record(&mut self, record: &Record) {
        self.done += 1;
        let attempt = &record.attempt;
        self.tokens += attempt.metrics.output_tokens.unwrap_or(0);
        self.errors += u64::from(!attempt.exchange.outcome.is_success());
        if let Some(passed) = attempt.judgement.verdict.passed() {
            self.judged += 1;
            self.passed += u64::from(passed);
        }
        if let (Some(ttft_ms), Some(histogram)) = (attempt.metrics.ttft_ms, &mut self.ttft_us) {
            histogram.saturating_record(((ttft_ms * 1e3) as u64).max(1));
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts and microseconds far below 2^53")]
    fn message(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-3);
        let ttft_ms =
            self.ttft_us.as_ref().filter(|h| !h.is_empty()).map(|h| h.value_at_quantile(0.5) as f64 / 1e3);
        let ttft = ttft_ms.map_or_else(|| "n/a".to_owned(), |ms| format!("{ms:.0} ms"));
        let passing = ratio(self.passed, self.judged)
            .map_or_else(|| "n/a".to_owned(), |rate| format!("{:.0} %", rate * 100.0));
        format!(
            "{:.1} req/s  {:.0} tok/s  TTFT p50 {ttft}  pass {passing}  errors {}",
            self.done as f64 / seconds,
            self.tokens as f64 / seconds,
            self.errors
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_not_zero() {
        let message = Tally::default().message();
        assert!(message.contains("TTFT p50 n/a") && message.contains("pass n/a"), "{message}");
    }
}
