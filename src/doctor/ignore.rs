//! Ignore rules: plaintext env files and our own state must not be committed.

use std::path::Path;

use crate::disk::{self, Attributes, Owner};
use crate::error::Result;

const RULES: [&str; 5] = [".env", ".env.bak", ".env.backup.*", ".env~", ".reseal/"];

/// The rules that a git repository around `root` lacks; none where there is no repository. `files` are plaintext files
/// below `root` that the policy asks for.
pub(super) fn missing(root: &Path, files: &[&Path]) -> Result<Vec<String>> {
    if !root.ancestors().any(|folder| disk::stat(&folder.join(".git")).is_some()) {
        return Ok(Vec::new());
    }
    let mut present = Vec::new();
    for folder in root.ancestors() {
        if let Some(bytes) = disk::read_if_there(&folder.join(".gitignore"))? {
            present.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        if disk::stat(&folder.join(".git")).is_some() {
            break;
        }
    }
    let covered =
        |rule: &str| present.iter().flat_map(|text| text.lines()).any(|line| covers(line.trim(), rule));
    let within = |file: &Path| {
        let folders = file.ancestors().skip(1).filter(|f| !f.as_os_str().is_empty());
        let whole = folders.flat_map(|f| [format!("{}/", f.display()), format!("{}/*", f.display())]);
        whole.into_iter().any(|rule| covered(&rule))
    };
    let files = files.iter().filter(|f| f.is_relative() && !within(f)).map(|f| f.display().to_string());
    let rules = RULES.into_iter().map(str::to_owned).chain(files);
    Ok(rules.filter(|rule| !covered(rule)).collect())
}

/// Adds the rules that are missing, and says which.
pub fn ignore(root: &Path, files: &[&Path], owner: Owner) -> Result<Vec<String>> {
    let missing = missing(root, files)?;
    if missing.is_empty() {
        return Ok(missing);
    }
    let path = root.join(".gitignore");
    let mut text = disk::read_if_there(&path)?.unwrap_or_default();
    if !text.is_empty() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    for rule in &missing {
        text.extend_from_slice(rule.as_bytes());
        text.push(b'\n');
    }
    let kept = disk::stat(&path).map(|s| Attributes { mode: s.mode, owner: s.owner });
    disk::replace(&path, &text, kept.unwrap_or(Attributes { mode: 0o644, owner }))?;
    Ok(missing)
}

/// Whether a line of `.gitignore` covers a rule; the spellings that people use for these.
fn covers(line: &str, rule: &str) -> bool {
    let line = line.strip_prefix("**/").or_else(|| line.strip_prefix('/')).unwrap_or(line);
    if line == rule || line.trim_end_matches('/') == rule.trim_end_matches('/') {
        return true;
    }
    match line {
        ".env*" => rule.starts_with(".env"),
        ".env.*" => rule.starts_with(".env."),
        ".env.backup*" => rule == ".env.backup.*",
        "*~" => rule == ".env~",
        "*.bak" => rule == ".env.bak",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn usual_spellings_cover() {
        for (line, rule, want) in [
            (".env", ".env", true),
            ("/.env", ".env", true),
            (".env*", ".env.bak", true),
            (".env.*", ".env", false),
            (".reseal", ".reseal/", true),
            ("env", ".env", false),
            ("# .env", ".env", false),
        ] {
            assert_eq!(covers(line, rule), want, "{line} {rule}");
        }
    }
}
