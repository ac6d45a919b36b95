//! The examples that end each command's help. A test parses every one of them.

pub(super) const MAIN: &str = "\
EXAMPLES:
  Is the quantized model still good enough, and how much faster? (no configuration: simulated)
      labctl bench --team quant --promptset quant-quality --compare-baseline
  The same on two servers of yours
      labctl bench --promptset canary --url http://awq:8000/v1 --baseline-url http://fp16:8000/v1
  How fast is this server?
      labctl run --url http://localhost:8000/v1 --concurrency 32
  How many requests per second does it carry within its objectives?
      labctl run --url http://localhost:8000/v1 --find max-rate --slo 'ttft_p95_ms<=500'
  Did it get worse since last week? (exit code 1 if it did)
      labctl compare 0198f2a1 latest --max-pass-rate-drop 5

EXIT CODES:
    0  done; gates passed, or none asked for
    1  a gate failed
    2  usage, configuration, prompt set or input file invalid
    3  nothing valid was measured, or results not comparable
    4  inconclusive, where the policy says that this fails
    5  the result could not be written (what was measured stays in the journal)
   70  internal error (a bug)
  130  interrupted (what was measured is kept)";

pub(super) const BENCH: &str = "\
EXAMPLES:
  Candidate against baseline, paired prompt by prompt
      labctl bench --team quant --promptset quant-quality --compare-baseline
  Two servers without a configuration file
      labctl bench --promptset canary --url http://awq:8000/v1 --baseline-url http://fp16:8000/v1
  In a pipeline: exit code 1 when 5 percentage points or more are lost
      labctl bench --team quant --compare-baseline --max-pass-rate-drop 5 --ci
  How much differs where nothing does, and a comparison held against that
      labctl bench --aa --url http://fp16:8000/v1 --promptset quant-quality
      labctl bench --team quant --compare-baseline --noise 0198f2a1
  Held to the gates of the configuration, or of a file
      labctl bench --team quant --compare-baseline --gate
      labctl bench --team quant --compare-baseline --gates gates.yaml --on-inconclusive fail
  The same where the service has to be named, with a report of every prompt
      labctl bench --team quant --compare-baseline --simulate --ci github --junit junit.xml
  With speed intervals that include the drift between rounds
      labctl bench --team quant --compare-baseline --rounds 3
  Against a blessed baseline, which is not run again
      labctl bench --team quant --against fp16-march
  Quality under load: the pass rate at every number of requests in flight
      labctl bench --team quant --compare-baseline --sweep concurrency=1..64
  Long answers scored by another model, three times each
      labctl bench --team quant --judge-endpoint http://judge:8000/v1 --judge-repeats 3
  A small loss on few prompts, by how likely both sides find the reference answers
      labctl bench --team quant --compare-baseline --reference-logprobs
  A judge model in both orders of each pair, and every prompt three times
      labctl bench --team eval --promptset eval-calibration --swap --repeats 3
  With confidential prompts: the result file keeps all texts, the reports and what CI reads none
      labctl bench --team quant --compare-baseline --ci github --redact all
  As a file says, with a flag on top; what would be done, and nothing sent
      labctl bench experiments/quality-under-load.yaml --sweep concurrency=4,16 --dry-run";

pub(super) const RUN: &str = "\
EXAMPLES:
  labctl run --url http://localhost:8000/v1 --concurrency 32 --requests 500
  labctl run --endpoint awq --promptset quant-quality
  labctl run --url https://api.example.com/v1 --model my-model --api-key-env MY_API_KEY
  labctl run --url http://localhost:8000/v1 --definitions vllm
  labctl run --url http://localhost:8000/v1 --api completions
  labctl run --url http://localhost:8000/v1 --format json --quiet
  An experiment from a file, and what it would do
      labctl run experiments/open-loop.yaml --rate 16 --duration 2m
      labctl run experiments/open-loop.yaml --dry-run
  Made-up prompts at a rate, whatever the server does; the first ten seconds don't count
      labctl run --endpoint awq --input-tokens 512 --output-tokens 64..256 --rate 8 --duration 90s
      labctl run --endpoint awq --rate 8 --burstiness 0.25 --duration 5m --warmup-time 10
      labctl run --endpoint awq --stages 2:30,2..10:60,10:30 --max-in-flight 64
  A point a load: 1, 2, 4, …, 256 requests in flight; five rates from 1 to 16
      labctl run --endpoint awq --sweep concurrency=1..256 --duration 30
      labctl run --endpoint awq --sweep rate=1..16:5 --duration 60
  The highest load within objectives, given one by one or as MLPerf's limits
      labctl run --endpoint awq --find max-concurrency --slo 'ttft_p95_ms<=500,tpot_p95_ms<=50'
      labctl run --endpoint awq --find max-rate --slo mlperf-llama3.1-8b-server
  Conversations, prompts that begin alike, a recorded trace twice as fast
      labctl run --endpoint awq --input-tokens 64 --output-tokens 64 --turns 2..6 --think-time 2
      labctl run --endpoint awq --input-tokens 128 --output-tokens 32 --shared-prefix 4x1024
      labctl run --endpoint awq --workload trace.jsonl --trace-speed 2
  A paid endpoint: no more tokens than this, and polite where it asks for it
      labctl run --endpoint awq --max-output-tokens-total 100000 --retry 429,503
  Go on with what was interrupted
      labctl run --endpoint awq --resume latest

OBJECTIVES (--slo), a metric and its bound:
  <=  ttft_ms, tpot_ms, max_stall_ms (longest gap between chunks), e2e_ms, latency_from_schedule_ms
      of every request, or with mean, p50, p90, p95, p99 or max (ttft_p95_ms); error_rate (0 to 1)
  >=  pass_rate (0 to 1), request_throughput_per_s, output_tokens_per_s
  or MLPerf's limits on TTFT and TPOT at p99:
      mlperf-llama2-70b-server, mlperf-llama3.1-8b-server, mlperf-llama3.1-405b-server,
      mlperf-deepseek-r1-server (all also with -interactive), mlperf-mixtral-8x7b-server

WORKLOAD FILES (--workload), told apart by their content:
  jsonl      a JSON object a line: prompt, messages or turns; max_tokens; and where wanted system,
             id, category, checks with pass_when, model, start_s, and think_s before a turn
  sharegpt   a JSON list of {conversations: [{from, value}, …]}
  mooncake   a JSON object a line: timestamp (ms), input_length, output_length, hash_ids
  azure      CSV: TIMESTAMP, ContextTokens, GeneratedTokens
  burstgpt   CSV: Timestamp, Model, Request tokens, Response tokens, Total tokens, Log Type
  (labctl)   a result of this program: the lengths and moments of its requests";

pub(super) const COMPARE: &str = "\
EXAMPLES:
  The two sides of a run with `--compare-baseline`
      labctl compare latest
  Two runs, the baseline first, which may be a blessed one
      labctl compare 0198f2a1 latest
      labctl compare fp16 latest --max-age 90
      labctl compare baseline.json candidate.json --max-pass-rate-drop 5
      labctl compare baseline.json candidate.json --max-pass-rate-drop 3 --gate-mode prove
      labctl compare baseline.json candidate.json --gates gates.yaml
      labctl compare 0198f2a1 latest --noise 0198f2b7
  Three and more: each against the first, and head to head
      labctl compare fp16.json awq.json gptq.json
  Runs of two versions of a prompt set, by the prompts that are the same in both
      labctl compare old.json new.json --intersect
  In a pipeline: what GitLab reads is written to labctl-junit.xml and labctl-metrics.txt
      labctl compare baseline.json candidate.json --max-pass-rate-drop 5 --ci gitlab
      labctl compare baseline.json candidate.json --junit junit.xml --summary summary.md
  For people and for programs
      labctl compare 0198f2a1 latest --output comparison.html
      labctl compare 0198f2a1 latest --format markdown --output comparison.md
      labctl compare 0198f2a1 latest --format json";

pub(super) const BASELINE: &str = "\
EXAMPLES:
  labctl baseline bless latest --name fp16
  labctl baseline list
  labctl baseline show fp16
  labctl baseline remove fp16";

pub(super) const BASELINE_BLESS: &str = "\
EXAMPLES:
  labctl baseline bless latest --name fp16 --note vLLM-0.11
  The baseline's side of a run with `--compare-baseline`
      labctl baseline bless 0198f2a1 --side baseline --name fp16
  Another in its place
      labctl baseline bless latest --name fp16 --replace";

pub(super) const BASELINE_LIST: &str = "\
EXAMPLES:
  labctl baseline list
  labctl baseline list --max-age 7 --format json";

pub(super) const BASELINE_SHOW: &str = "\
EXAMPLES:
  labctl baseline show fp16
  labctl baseline show fp16 --format json";

pub(super) const BASELINE_REMOVE: &str = "\
EXAMPLES:
  labctl baseline remove fp16";

pub(super) const GATE: &str = "\
EXAMPLES:
  labctl gate latest
  labctl gate latest --gates gates.yaml
  labctl gate 0198f2a1 --max-pass-rate-drop 3 --gate-mode prove --format json
  For a pipeline that others can read: no text of any answer in what is written for it
      labctl gate latest --ci gitlab --redact answers
  What would be asked of the team, presets written out (a beginning for a gates.yaml)
      labctl gate --show --team quant

WHICH EXIT CODE:
  Sides that can't be compared, or a gate that can't be evaluated, come first (3), then any gate
  that failed (1), then any that is inconclusive where its policy is `fail` (4); else 0. A policy
  of `warn` warns, one of `pass` is silent. `--on-inconclusive` is the policy of every gate.";

pub(super) const PLAN: &str = "\
EXAMPLES:
  How many prompts does it take to prove a loss below 5 points where 8 % of the verdicts flip?
      labctl plan --margin 5pp --flips 8%
  How often does a pull request's gate find a loss of 10 points?
      labctl plan --mode detect --margin 5pp --loss 10pp --flips 14%
  For a program, or a note
      labctl plan --margin 3pp --flips 6% --power 90% --alpha 2.5% --format json
      labctl plan --margin 3pp --flips 6% --format markdown";

pub(super) const REPORT: &str = "\
EXAMPLES:
  The summary, and RUN.html and RUN.md beside the result
      labctl report latest
  One file; its form is that of its ending
      labctl report 0198f2a1 -o report.html
      labctl report results/0198f2a1.json --format markdown
  A run beside one that was measured before, as `bench --against` would have shown it
      labctl report latest --baseline fp16 -o report.html
  The last five runs of a team: what became of its model
      labctl report latest:5 --team quant
      labctl report latest:5 --team quant -o history.html
      labctl report latest:30 --label night=yes --format json
  Three models that answered the same prompts, head to head
      labctl report fp16.json awq.json gptq.json -o models.html
  With a lab's own templates in place of the shipped ones
      labctl report latest --template-dir lab/templates -o report.html
  To be shared: how long texts are in place of texts, or no texts at all
      labctl report latest -o shared.html --redact answers
      labctl report latest -o shared.html --no-text
  Why does another tool print another number?
      labctl report latest --why-different
  The same requests under the formulas of vLLM's benchmark
      labctl report latest --definitions vllm";

pub(super) const RESCORE: &str = "\
EXAMPLES:
  By the prompt set's checks as they are now
      labctl rescore latest
  By a copy of the set that is being worked on
      labctl rescore 0198f2a1 --promptset ./promptsets/quant-quality
  With scores of another model for the answers that have a rubric
      labctl rescore latest --judge-endpoint judge --judge-repeats 3
      labctl rescore latest --judge-endpoint http://localhost:8001/v1 --judge-model my-judge";

pub(super) const RESULTS: &str = "\
EXAMPLES:
  labctl results list
  labctl results show latest
  labctl results export latest --format csv --output rows.csv
  labctl results import vllm-result.json benchmarks.json
  labctl results merge 0198f2a1 0198f2a3
  labctl results recover latest";

pub(super) const RESULTS_LIST: &str = "\
EXAMPLES:
  labctl results list
  labctl results list --limit 10 --format json";

pub(super) const RESULTS_SHOW: &str = "\
EXAMPLES:
  labctl results show latest
  labctl results show 0198f2a1 --format json
  For others to see: no text of any answer
      labctl results show latest --redact answers";

pub(super) const RESULTS_EXPORT: &str = "\
EXAMPLES:
  labctl results export latest --output rows.csv
  labctl results export 0198f2a1 --format json
  For what reads the JSON of `vllm bench serve`
      labctl results export latest --format vllm-bench --output vllm.json
  Without a word of prompts, answers and errors
      labctl results export latest --output rows.csv --redact all
  With every request, and more percentiles
      labctl results export latest --format vllm-bench --detail --metric-percentiles 50,90,99
  One level of a sweep
      labctl results export latest --format vllm-bench --level 2";

pub(super) const RESULTS_IMPORT: &str = "\
EXAMPLES:
  What `vllm bench serve --save-result --save-detailed` wrote
      labctl results import openai-chat-infqps-concurrency32-llama.json
  GuideLLM's report, a result for each of its benchmarks
      labctl results import benchmarks.json --label night=monday
  AIPerf's records, with the summary beside them
      labctl results import artifacts/run-1/profile_export.jsonl";

pub(super) const RESULTS_MERGE: &str = "\
EXAMPLES:
  The shards of one run, measured from two machines at one time
      labctl results merge machine-a/0198f2a1.json machine-b/0198f2a3.json
  Into a folder of its own
      labctl results merge 0198f2a1 0198f2a3 --output-dir merged";

pub(super) const RESULTS_RECOVER: &str = "\
EXAMPLES:
  labctl results recover latest
  labctl results recover results/0198f2a1.journal.jsonl";

pub(super) const MOCK: &str = "\
EXAMPLES:
  labctl mock --profile awq --port 8001
  labctl mock --profile fp16 --port 0 --speed 10 --ground-truth truth.jsonl
  labctl mock --profile awq --print-truth quant-quality
  labctl mock --profile paced --first-token-ms 50 --inter-token-ms 20 --tokens 100
  labctl mock --fault status:status=503,probability=0.1 --fault die_after=100";

pub(super) const INIT: &str = "\
EXAMPLES:
  labctl init
  labctl init --output lab/labctl.yaml --force";

pub(super) const CONFIG: &str = "\
EXAMPLES:
  labctl config show
  labctl config path
  labctl config schema";

pub(super) const CONFIG_SHOW: &str = "\
EXAMPLES:
  labctl config show
  labctl config show --set defaults.concurrency=32
  labctl config show --format json";

pub(super) const CONFIG_PATH: &str = "\
EXAMPLES:
  labctl config path
  labctl config path --config lab/labctl.yaml";

pub(super) const CONFIG_SCHEMA: &str = "\
EXAMPLES:
  labctl config schema
  labctl config schema experiment
  labctl config schema gates";

pub(super) const PROMPTSET: &str = "\
EXAMPLES:
  labctl promptset list
  labctl promptset show canary
  labctl promptset manifest promptsets/my-set
  labctl promptset selftest my-set";

pub(super) const PROMPTSET_LIST: &str = "\
EXAMPLES:
  labctl promptset list
  labctl promptset list --promptset-dir lab/promptsets --format json";

pub(super) const PROMPTSET_SHOW: &str = "\
EXAMPLES:
  labctl promptset show canary
  labctl promptset show promptsets/my-set --format json";

pub(super) const PROMPTSET_MANIFEST: &str = "\
EXAMPLES:
  labctl promptset manifest promptsets/my-set";

pub(super) const PROMPTSET_LINT: &str = "\
EXAMPLES:
  labctl promptset lint
  labctl promptset lint promptsets/my-set";

pub(super) const PROMPTSET_STATS: &str = "\
EXAMPLES:
  labctl promptset stats benchmark-quant
  labctl promptset stats benchmark-quant --from latest";

pub(super) const PROMPTSET_GENERATE: &str = "\
EXAMPLES:
  labctl promptset generate promptsets/quant-quality
  labctl promptset generate promptsets/quant-quality --check";

pub(super) const PROMPTSET_IMPORT: &str = "\
EXAMPLES:
  labctl promptset import cases.jsonl --out promptsets/my-set
  labctl promptset import samples_gsm8k.jsonl --out promptsets --name gsm --category math
  labctl promptset import promptfooconfig.yaml --out promptsets/support --format promptfoo --strict
  labctl promptset import prompts.jsonl --out promptsets/soak --keep-unchecked --max-tokens 256";

pub(super) const PROMPTSET_SELFTEST: &str = "\
EXAMPLES:
  labctl promptset selftest
  labctl promptset selftest quant-quality
  labctl promptset selftest promptsets/my-set";

pub(super) const CHECK: &str = "\
EXAMPLES:
  labctl check explain latest quant-quality-math-003";

pub(super) const CHECK_EXPLAIN: &str = "\
EXAMPLES:
  labctl check explain latest quant-quality-math-003
  labctl check explain results/RUN.json benchmark-quant-code-012 --format json";

pub(super) const DOCTOR: &str = "\
EXAMPLES:
  labctl doctor
  labctl doctor http://localhost:8000/v1
  labctl doctor http://localhost:8000/v1 --api completions
  labctl doctor --endpoint awq --format json";

pub(super) const CALIBRATE: &str = "\
EXAMPLES:
  labctl calibrate
  labctl calibrate --quick
  labctl calibrate --transport reqwest
  labctl calibrate --format json";

pub(super) const COMPLETIONS: &str = "\
EXAMPLES:
  labctl completions bash
  labctl completions zsh
  labctl completions fish";

pub(super) const MAN: &str = "\
EXAMPLES:
  labctl man
  labctl man --output man";
