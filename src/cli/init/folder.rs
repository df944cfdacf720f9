//! What lies around the env file: compose files, a wrapper, and the scripts that the user named. It reads, and judges
//! nothing but names.

use std::path::Path;

use crate::cli::args::InitArgs;
use crate::cli::report::Report;
use crate::config::Folder;
use crate::disk::{self, Project};
use crate::error::{Error, Result};

/// Of the first line compose takes one; of the second too.
const COMPOSE_FILES: [&[&str]; 2] = [
    &["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"],
    &[
        "compose.override.yaml",
        "compose.override.yml",
        "docker-compose.override.yml",
        "docker-compose.override.yaml",
    ],
];
/// The wrapper that comes with this program.
const WRAPPER: &str = "scripts/docker-compose-sops.sh";
/// Larger files are neither wrappers nor scripts of people.
const LARGEST: u64 = 1024 * 1024;

/// Names and texts.
pub(super) struct Found {
    sealed: String,
    plain: String,
    wrapper: Option<(String, String)>,
    compose: Vec<(String, String)>,
    scripts: Vec<(String, String)>,
}

impl Found {
    pub(super) fn folder(&self) -> Folder<'_> {
        Folder {
            sealed: &self.sealed,
            plain: &self.plain,
            wrapper: self.wrapper.clone(),
            compose: self.compose.clone(),
            scripts: self.scripts.clone(),
        }
    }
}

pub(super) fn look(project: &Project, args: &InitArgs, report: &Report) -> Result<Found> {
    let root = &project.root;
    let mut scripts = Vec::new();
    for path in &args.script {
        let text = disk::read(path)?;
        let text = String::from_utf8(text).map_err(|_| Error::usage(format!("{path:?} is not text")))?;
        scripts.push((path.display().to_string(), text));
    }
    let mut compose = Vec::new();
    for names in COMPOSE_FILES {
        let Some(name) = names.iter().find(|name| is_file(&root.join(name))) else { continue };
        match disk::read(&root.join(name)) {
            Ok(bytes) => compose.push(((*name).to_owned(), String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) => report.note(&format!("not understood: {error}")),
        }
    }
    let plain = disk::real(&args.env);
    let plain = plain.strip_prefix(disk::real(root)).unwrap_or(&args.env);
    let plain = plain.strip_prefix(".").unwrap_or(plain).display().to_string();
    Ok(Found { sealed: project.label(), plain, wrapper: wrapper(root, args), compose, scripts })
}

/// The script that starts compose on the sealed file: the usual one, else one that is seen to do so.
fn wrapper(root: &Path, args: &InitArgs) -> Option<(String, String)> {
    let listed = |folder: &str| disk::names(&root.join(folder)).unwrap_or_default();
    let scripts = listed("scripts").into_iter().map(|name| format!("scripts/{name}"));
    let usual = std::iter::once(WRAPPER.to_owned());
    let others = scripts.chain(listed("")).filter(|name| name.ends_with(".sh") || !name.contains('.'));
    usual.chain(others).find_map(|name| {
        let path = root.join(&name);
        let named = args.script.iter().any(|script| disk::real(script) == disk::real(&path));
        let read = || String::from_utf8(disk::read_if_there(&path).ok()??).ok();
        let text = Some(path.as_path()).filter(|path| !named && is_file(path)).and_then(|_| read())?;
        // it hands its arguments on, as compose takes them
        let hands_on = text.contains("\"$@\"") && (text.contains("compose") || text.contains("COMPOSE"));
        let opens = text.contains("sops") || text.contains("reseal");
        (name == WRAPPER || hands_on && opens).then(|| (format!("./{name}"), text))
    })
}

fn is_file(path: &Path) -> bool {
    disk::stat(path).is_some_and(|s| s.is_file && s.size <= LARGEST)
}
