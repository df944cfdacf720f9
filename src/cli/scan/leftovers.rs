//! `reseal scan --leftovers`: what this host keeps of values that were typed, edited, copied or logged.
#![expect(clippy::disallowed_methods, reason = "cli reads the environment")]

use std::path::{Path, PathBuf};

use super::outcome::Outcome;
use super::tell::{self, Lies, Mending};
use crate::cli::report::count;
use crate::cli::session::Session;
use crate::disk;
use crate::error::Result;
use crate::process::Site;
use crate::scan::{Guard, Host, Item, Leftover, Place, containers, files, sweep};

/// Folders for what is not to stay, besides what TMPDIR says.
const TEMPORARY: [&str; 4] = ["/tmp", "/var/tmp", "/dev/shm", "/var/backups"];

/// All places of this host where such things lie, and what kept others from being looked at.
pub(super) fn places(session: &Session) -> Result<(Vec<Leftover>, Vec<String>)> {
    let root = disk::real(&session.project.root);
    let host = Host { homes: homes(), temporary: temporary(), root: root.clone() };
    let (mut leftovers, mut notes) = files(&host);
    let site = Site { root, env: std::env::vars_os().collect(), quiet: true };
    let (more, others) = containers(&site)?;
    leftovers.extend(more);
    notes.extend(others);
    Ok((leftovers, notes))
}

/// Looks at them.
pub(super) fn look<'l>(
    guard: &Guard,
    leftovers: &'l [Leftover],
    mut notes: Vec<String>,
    mending: Mending,
) -> Outcome<'l> {
    let items: Vec<&Item> = leftovers.iter().map(|leftover| &leftover.item).collect();
    let swept = sweep(guard, &items, None);
    let findings = swept.findings.into_iter();
    let findings = findings.filter_map(|(i, f)| Some((items[i], leftovers[i].judge(f)?))).collect();
    // what is gone by now is nothing; what belongs to others is theirs to look at
    let there = |i: usize| matches!(&items[i].place, Place::Disk(path) if disk::stat(path).is_some());
    let shut = swept.failures.iter().filter(|(i, _)| there(*i)).count();
    if shut > 0 {
        notes.push(format!("{} could not be read", count(shut, "file")));
    }
    for (i, _) in &swept.failures {
        if let Place::Stream(_) = items[*i].place {
            notes.push(format!("{} was not looked at", tell::shown(items[*i].path())));
        }
    }
    Outcome {
        findings,
        failures: Vec::new(),
        files: swept.files,
        bytes: swept.bytes,
        accepted: 0,
        excluded: 0,
        stale: Vec::new(),
        notes,
        mending: Mending { lies: Lies::LeftOver, ..mending },
    }
}

/// The homes on this host that may be read: of all people for root, else one's own.
fn homes() -> Vec<PathBuf> {
    let own = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let mut homes: Vec<PathBuf> = own.into_iter().collect();
    if rustix::process::getuid().is_root() {
        let accounts = disk::read_if_there(Path::new("/etc/passwd")).ok().flatten().unwrap_or_default();
        for line in String::from_utf8_lossy(&accounts).lines() {
            let Some(home) = line.split(':').nth(5).map(PathBuf::from) else { continue };
            let is_home = home.starts_with("/home") || home.starts_with("/root");
            if is_home && !homes.contains(&home) {
                homes.push(home);
            }
        }
    }
    homes
}

fn temporary() -> Vec<PathBuf> {
    let own = std::env::var_os("TMPDIR").map(PathBuf::from).filter(|folder| folder.is_absolute());
    // who says where temporary files go means all of them
    match own {
        Some(folder) => vec![folder],
        None => TEMPORARY.iter().map(PathBuf::from).collect(),
    }
}
