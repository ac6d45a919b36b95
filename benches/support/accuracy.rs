//! The table of how far labctl's stamps, TTFT, ITL and E2E lie from what really happened, by the number of streams.
//!
//! Every stream gets a token every 20 ms, all of them in one burst: the worst that a client of so many streams has to
//! take. The simulator runs in a process of its own; what is compared with what, `labctl::bench::accuracy` says.
//! `labctl calibrate` measures the same with less effort, on the machine of whoever asks.

use std::path::Path;

use labctl::bench::accuracy::spread;
use labctl::bench::calibrate::STREAMS;
use labctl::bench::paced::PacedLoad;
use labctl::model::config::TransportChoice;
use labctl::simulator::Pacing;
use tokio_util::sync::CancellationToken;

/// Quantiles in milliseconds, to a tenth of a microsecond.
fn quantiles(values: &mut [f64], with_p99_9: bool) -> String {
    let Some(spread) = spread(values) else { return "–".to_owned() };
    let mut shown = vec![spread.p50_ms, spread.p99_ms];
    shown.extend(with_p99_9.then_some(spread.p99_9_ms));
    shown.iter().map(|ms| format!("{ms:.4}")).collect::<Vec<_>>().join(" / ")
}

/// Measures and prints it.
pub(crate) fn print(quick: bool) {
    let (tokens, answers) = if quick { (10, 1) } else { (100, 6) };
    println!(
        "labctl's times against the simulator's ground truth in milliseconds; |Δ| is the absolute difference of"
    );
    println!("one request's (or gap's) value. Simulator and labctl on one machine.\n");
    println!(
        "| streams | requests | tokens/s | exact stamps | stamp lag p50 / p99 / p99.9 | TTFT \\|Δ\\| p50 / p99 | ITL \\|Δ\\| p50 / p99 | E2E \\|Δ\\| p50 / p99 | send lag p50 / p99 | server's write p50 / p99 | server late p50 / p99 |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (program, never) = (Path::new(env!("CARGO_BIN_EXE_labctl")), CancellationToken::new());
    for streams in STREAMS {
        let pacing = Pacing { tokens: Some(tokens), in_step: true, ..Pacing::default() };
        let load = PacedLoad { streams, answers, pacing };
        let measured = runtime.block_on(load.measure(program, TransportChoice::Auto, &never)).unwrap();
        let mut all = measured.differences;
        assert_eq!(all.failed, 0);
        println!(
            "| {streams} | {} | {:.0} | {:.1} % | {} | {} | {} | {} | {} | {} | {} |",
            measured.requests,
            all.tokens_per_s().unwrap(),
            all.exact_share().unwrap() * 100.0,
            quantiles(&mut all.stamp_lag, true),
            quantiles(&mut all.ttft, false),
            quantiles(&mut all.itl, false),
            quantiles(&mut all.e2e, false),
            quantiles(&mut all.send_lag, false),
            quantiles(&mut all.write, false),
            quantiles(&mut all.server_late, false),
        );
    }
}
