//! Licences of everything that is built in.

use serde_json::Value;

/// Licences that may be combined with ours and shipped.
const ALLOWED: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "0BSD",
    "MIT-0",
];

/// Packages that name a file instead, with what is in that file, read by us.
const READ_BY_US: &[(&str, &str)] = &[("forust-ml", "Apache-2.0")];

/// Packages whose licence does not allow what we do.
pub(crate) fn check(metadata: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let read = READ_BY_US.iter().find(|(read, _)| *read == name).map(|(_, licence)| *licence);
        match package["license"].as_str().or(read) {
            Some(expression) if is_allowed(expression) => {}
            Some(expression) => faults.push(format!("{name}: licence {expression} is not on our list")),
            None => faults.push(format!("{name}: declares no licence")),
        }
    }
    faults
}

/// An SPDX expression of `OR` and `AND`: one alternative must hold, with all its parts.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain
        .split(" OR ")
        .any(|alternative| alternative.split(" AND ").all(|part| ALLOWED.contains(&part.trim())))
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn alternatives_and_conjunctions() {
        assert!(is_allowed("MIT OR Apache-2.0"));
        assert!(is_allowed("GPL-3.0 OR MIT"));
        assert!(is_allowed("MIT/Apache-2.0"));
        assert!(!is_allowed("GPL-3.0"));
        assert!(!is_allowed("MIT AND GPL-3.0"));
    }
}
