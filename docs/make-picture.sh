#!/usr/bin/env bash
# Makes docs/bench.svg, the README's picture, from a real run of the command that it shows.
set -euo pipefail
cd "$(dirname "$0")/.."

command=(bench --team quant --promptset quant-quality --compare-baseline)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The drawing needs no optimisation, and as an example it shares its dependencies with the tests.
cargo build --release --locked
cargo build --locked --example terminal_picture
target=${CARGO_TARGET_DIR:-target}

# No CI: there the simulator is refused unless it is asked for.
env -u CI COLUMNS=110 "$target/release/labctl" "${command[@]}" \
    --color always --no-progress --results-dir "$scratch/results" >"$scratch/output"

# Files are named by the time and the scratch folder; a reader's would be in results/.
sed "s|$scratch/||g" "$scratch/output" |
    "$target/debug/examples/terminal_picture" labctl "${command[@]}" >docs/bench.svg
echo "wrote docs/bench.svg: look at it before committing"
