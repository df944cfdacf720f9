//! `reseal hook install --git`: the attributes and the configuration by which git merges and shows sealed files with this
//! program. What is there stays; twice is once.

use std::path::Path;

use super::this_program;
use crate::cli::args::Global;
use crate::cli::git::Repository;
use crate::cli::report::Report;
use crate::cli::session::Session;
use crate::disk::{self, Attributes, Owner};
use crate::error::{Error, Result};
use crate::sops::Sealed;

/// The name of both drivers.
const DRIVER: &str = "reseal";

pub(super) fn install(
    global: &Global,
    repository: &Repository,
    pattern: &[String],
    report: &Report,
) -> Result<()> {
    let wanted = if pattern.is_empty() {
        found(global, repository)?
    } else {
        pattern.iter().map(|pattern| line(pattern)).collect::<Result<_>>()?
    };
    let path = repository.top.join(".gitattributes");
    let added = add_lines(&path, &wanted)?;
    let program = this_program()?.word();
    let settings = [
        ("merge.reseal.name", "sealed files, key by key".to_owned()),
        (
            "merge.reseal.driver",
            format!("{} merge --marker-size %L -- %O %A %B %P", program.replace('%', "%%")),
        ),
        ("diff.reseal.textconv", format!("{program} textconv")),
        // what is shown depends on who has a key, and is nothing to keep
        ("diff.reseal.cachetextconv", "false".to_owned()),
    ];
    let mut set = Vec::new();
    for (name, value) in &settings {
        if repository.config(name)?.as_deref() != Some(value) {
            repository.configure(name, value)?;
            set.push(*name);
        }
    }
    if report.json {
        let settings: serde_json::Map<_, _> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
        return report.json(&serde_json::json!({
            "v": 1, "attributes": path, "added": added, "config": settings, "changed": set,
        }));
    }
    for line in &added {
        report.say(&format!("{}: {line}", disk::quoted(&path)));
    }
    for (name, value) in settings.iter().filter(|(name, _)| set.contains(name)) {
        report.say(&format!("git config: {name} = {value}"));
    }
    if added.is_empty() && set.is_empty() {
        report.say("git knows the sealed files of this repository already");
    } else if !added.is_empty() {
        report.note("the attributes are for everybody once they are committed; the configuration is that of this clone: whoever clones runs this command once");
    }
    Ok(())
}

/// The attributes for the sealed files that are tracked and have them not yet. Without any: for the one of the project.
fn found(global: &Global, repository: &Repository) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for path in repository.sealed()? {
        let bytes = match disk::read_if_there(&repository.top.join(&path))? {
            Some(bytes) => bytes,
            None => repository.staged(&path)?,
        };
        if Sealed::is_sealed(&bytes) {
            files.push(path);
        }
    }
    if files.is_empty() {
        let sealed = disk::real(&Session::new(global)?.project.sealed);
        let inside = sealed.strip_prefix(disk::real(&repository.top)).map(Path::to_path_buf).ok();
        files.extend(inside.filter(|_| disk::stat(&sealed).is_some()));
    }
    if files.is_empty() {
        return Err(Error::failed("the repository has no sealed file")
            .note("nothing was changed")
            .hint("name which files are sealed: `reseal hook install --git --pattern '*.env.enc'`"));
    }
    let mut lines = Vec::new();
    for path in files {
        let has = |name| repository.attribute(name, &path).map(|value| value == DRIVER);
        if !has("merge")? || !has("diff")? {
            lines.push(line(&literal(&path))?);
        }
    }
    Ok(lines)
}

/// A pattern that fits this path only.
fn literal(path: &Path) -> String {
    let mut pattern = "/".to_owned();
    for c in path.display().to_string().chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// A line of `.gitattributes`.
fn line(pattern: &str) -> Result<String> {
    if pattern.is_empty() || pattern.starts_with('!') || pattern.contains(char::is_control) {
        return Err(Error::usage(format!("git takes no attributes for the pattern {pattern:?}"))
            .note("nothing was changed"));
    }
    let quote = pattern.contains([' ', '"']) || pattern.starts_with('#') || pattern.starts_with("[attr]");
    let pattern = if quote {
        format!("\"{}\"", pattern.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        pattern.to_owned()
    };
    Ok(format!("{pattern} merge={DRIVER} diff={DRIVER}"))
}

/// Adds the lines that are not there, and says which.
fn add_lines(path: &Path, wanted: &[String]) -> Result<Vec<String>> {
    let mut text = disk::read_if_there(path)?.unwrap_or_default();
    let there: Vec<String> = String::from_utf8_lossy(&text).lines().map(|l| l.trim().to_owned()).collect();
    let mut added: Vec<String> = Vec::new();
    for line in wanted {
        if !there.contains(line) && !added.contains(line) {
            added.push(line.clone());
        }
    }
    if added.is_empty() {
        return Ok(added);
    }
    if text.last().is_some_and(|last| *last != b'\n') {
        text.push(b'\n');
    }
    for line in &added {
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    let kept = disk::stat(path).map(|stat| Attributes { mode: stat.mode, owner: stat.owner });
    let owner = Owner::of_this_process();
    disk::replace(path, &text, kept.unwrap_or(Attributes { mode: 0o644, owner }))?;
    Ok(added)
}
