//! Which crate may use which: the arrows of ARCHITECTURE.md, and what the core may take from outside.

use serde_json::Value;

/// Every crate of the house and those of the house that it may use. A crate that is missing here is a fault.
const ARROWS: &[(&str, &[&str])] = &[
    ("plomb-model", &[]),
    ("plomb-wire", &[]),
    ("plomb-constrained", &[]),
    ("plomb-session", &["plomb-model", "plomb-wire"]),
    ("plomb-semiactive", &["plomb-model", "plomb-wire", "plomb-session"]),
    ("plomb-passive", &["plomb-model", "plomb-wire", "plomb-session"]),
    ("plomb-profile", &["plomb-model", "plomb-wire", "plomb-session", "plomb-constrained"]),
    (
        "plomb-devices",
        &["plomb-model", "plomb-wire", "plomb-session", "plomb-passive", "plomb-semiactive", "plomb-profile"],
    ),
    ("plomb-movements", &["plomb-model", "plomb-passive"]),
    ("plomb-cases", &["plomb-model", "plomb-movements"]),
    ("plomb-places", &[]),
    ("plomb-risk", &[]),
    ("plomb-rules", &["plomb-model", "plomb-movements", "plomb-cases", "plomb-places"]),
    ("plomb-evidence", &["plomb-model"]),
    (
        "plomb-flow",
        &["plomb-model", "plomb-devices", "plomb-movements", "plomb-cases", "plomb-rules", "plomb-evidence"],
    ),
    ("plomb-ingest", &["plomb-model", "plomb-devices", "plomb-evidence"]),
    ("plomb-store", &["plomb-model", "plomb-evidence"]),
    ("plomb-registry", &["plomb-model", "plomb-wire", "plomb-session", "plomb-passive"]),
    ("plomb-report", &["plomb-model", "plomb-evidence"]),
    ("plomb-xml", &[]),
    ("plomb-customs", &["plomb-xml", "plomb-model", "plomb-movements"]),
    ("plomb-epcis", &["plomb-xml", "plomb-passive"]),
    (
        "plomb-api",
        &[
            "plomb-model",
            "plomb-wire",
            "plomb-passive",
            "plomb-devices",
            "plomb-movements",
            "plomb-cases",
            "plomb-places",
            "plomb-risk",
            "plomb-rules",
            "plomb-evidence",
            "plomb-flow",
            "plomb-registry",
            "plomb-epcis",
            "plomb-customs",
            "plomb-report",
        ],
    ),
    (
        "plomb-server",
        &[
            "plomb-model",
            "plomb-wire",
            "plomb-passive",
            "plomb-devices",
            "plomb-movements",
            "plomb-cases",
            "plomb-places",
            "plomb-risk",
            "plomb-rules",
            "plomb-evidence",
            "plomb-flow",
            "plomb-ingest",
            "plomb-store",
            "plomb-registry",
            "plomb-epcis",
            "plomb-report",
            "plomb-api",
        ],
    ),
    ("plomb-device", &["plomb-constrained"]),
    ("plomb-simulator", &["plomb-model", "plomb-wire", "plomb-device"]),
    ("plomb-xtask", &[]),
];

/// What the core may take from outside: nothing that does I/O, reads a clock or serialises domain types.
const CORE_FROM_OUTSIDE: &[&str] = &[
    "aes",
    "ccm",
    "base64ct",
    "ed25519-dalek",
    "encoding_rs",
    "hashbrown",
    "hkdf",
    "hmac",
    "httparse",
    "jiff",
    "p256",
    "quick-xml",
    "rustc-hash",
    "serde_json",
    "sha2",
    "thiserror",
    "zeroize",
];

/// What one crate of the core may take besides: models are files (docs/decisions/0006).
const CORE_BESIDES: &[(&str, &str)] =
    &[("plomb-risk", "csv"), ("plomb-risk", "forust-ml"), ("plomb-risk", "serde")];

/// Faults in the arrows between crates.
pub(crate) fn check(metadata: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let members = metadata["workspace_members"].as_array().cloned().unwrap_or_default();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        if !members.contains(&package["id"]) {
            continue;
        }
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == name) else {
            faults.push(format!("{name}: not in the list of arrows (tools/xtask/src/arrows.rs)"));
            continue;
        };
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let in_core = manifest.contains("/core/") || manifest.contains("/device/");
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["kind"].as_str() == Some("dev") {
                continue;
            }
            let used = dependency["name"].as_str().unwrap_or_default();
            let ours = used.starts_with("plomb-");
            if ours && !allowed.contains(&used) {
                faults.push(format!("{name} -> {used}: this arrow is not drawn in ARCHITECTURE.md"));
            }
            let taken = CORE_FROM_OUTSIDE.contains(&used) || CORE_BESIDES.contains(&(name, used));
            if in_core && !ours && !taken {
                faults.push(format!("{name} -> {used}: the core takes nothing else from outside"));
            }
        }
    }
    faults
}
