//! Counts the vectors of each protocol, for `plomb protocols`: the lines of `vectors/*/NAME.jsonl` and
//! `vectors/*/NAME-*.jsonl`.

use std::path::Path;
use std::{env, fs};

fn main() {
    let vectors = Path::new("../../vectors");
    println!("cargo::rerun-if-changed={}", vectors.display());
    let mut files = Vec::new();
    for folder in fs::read_dir(vectors).into_iter().flatten().flatten() {
        println!("cargo::rerun-if-changed={}", folder.path().display());
        for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if let Some(stem) = name.strip_suffix(".jsonl") {
                println!("cargo::rerun-if-changed={}", file.path().display());
                let text = fs::read_to_string(file.path()).unwrap_or_default();
                files.push((stem.to_owned(), text.lines().filter(|line| !line.trim().is_empty()).count()));
            }
        }
    }
    files.sort();
    let out = Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("vectors.rs");
    if let Err(error) = fs::write(&out, format!("&{files:?}")) {
        println!("cargo::error=writing {}: {error}", out.display());
    }
}
