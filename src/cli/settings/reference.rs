//! The reference lab: what labctl works on where there is no configuration file. Every endpoint is the simulator.

use serde_json::{Value, json};

/// Profiles of the simulator.
pub(super) const SIMULATOR_PROFILES: [&str; 4] = ["awq", "fp16", "judge", "lora"];

/// The reference lab as a layer of the configuration.
pub(super) fn reference_lab() -> Value {
    let endpoint =
        |profile: &str| json!({"model": format!("mistral-7b-{profile}"), "simulator": {"profile": profile}});
    json!({
        "endpoints": {
            "awq": endpoint("awq"),
            "fp16": endpoint("fp16"),
            "judge": endpoint("judge"),
            "lora": endpoint("lora"),
        },
        "teams": {
            "eval": {"endpoint": "judge", "prompt_sets": ["eval-calibration"], "battery": "benchmark-eval"},
            "finetune": {"endpoint": "lora", "baseline": "fp16", "prompt_sets": ["finetune-domain", "canary"], "battery": "benchmark-finetune"},
            "quant": {"endpoint": "awq", "baseline": "fp16", "prompt_sets": ["quant-quality", "canary"], "battery": "benchmark-quant"},
        },
    })
}
