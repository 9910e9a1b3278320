//! What every file must be: short enough, without unfinished words, machine paths or dead links; vectors with a source.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// Longest source file; a longer one holds two ideas.
const LINES_MAX: usize = 800;
/// Words that mean "not finished". Split, so that this file does not hold them.
const UNFINISHED: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("unimpl", "emented!(")];
/// Paths of one machine.
const MACHINE: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("../sha", "red")];

/// Faults in the files that git tracks.
pub(crate) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for name in tracked(root)? {
        let path = root.join(&name);
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if is_source(&name) {
            let lines = text.lines().count();
            if lines > LINES_MAX {
                faults.push(format!("{name}: {lines} lines, at most {LINES_MAX}"));
            }
            if name.ends_with("lib.rs") && !text.starts_with("//!") {
                faults.push(format!("{name}: begins without a module paragraph"));
            }
        }
        if is_source(&name) || is_prose(&name) {
            for (number, line) in text.lines().enumerate() {
                for word in UNFINISHED.iter().chain(MACHINE).filter(|word| line.contains(**word)) {
                    faults.push(format!("{name}:{}: {word}", number + 1));
                }
            }
        }
        if name.ends_with(".md") {
            faults.extend(dead_links(root, &name, &text));
        }
    }
    faults.extend(vectors_without_source(root)?);
    Ok(faults)
}

fn tracked(root: &Path) -> anyhow::Result<Vec<String>> {
    let output =
        Command::new("git").args(["ls-files"]).current_dir(root).output().context("running git ls-files")?;
    if !output.status.success() {
        bail!("git ls-files failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

fn is_source(name: &str) -> bool {
    [".rs", ".ts", ".svelte", ".mjs", ".css"].iter().any(|end| name.ends_with(end))
        && !name.contains("/generated/")
}

fn is_prose(name: &str) -> bool {
    name.ends_with(".md") || name.ends_with(".toml") || name.ends_with("Makefile")
}

/// Links to files of the repository that are not there.
fn dead_links(root: &Path, name: &str, text: &str) -> Vec<String> {
    let folder = root.join(name);
    let folder = folder.parent().unwrap_or(root);
    let mut faults = Vec::new();
    for part in text.split("](").skip(1) {
        let Some((target, _)) = part.split_once(')') else { continue };
        let file = target.split('#').next().unwrap_or_default();
        let outside = file.contains("://") || file.starts_with("mailto:") || file.starts_with('/');
        if !file.is_empty() && !outside && !folder.join(file).exists() {
            faults.push(format!("{name}: dead link {target}"));
        }
    }
    faults
}

fn vectors_without_source(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for folder in std::fs::read_dir(root.join("vectors")).context("reading vectors/")? {
        let folder = folder?.path();
        if folder.is_dir() && !folder.join("SOURCES.md").exists() {
            faults.push(format!("{}: no SOURCES.md with origin and licence", folder.display()));
        }
    }
    Ok(faults)
}
