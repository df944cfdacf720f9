//! Which earlier values a rollback means.

use super::choose::{Wanted, changeable};
use super::context::World;
use super::service::copy;
use crate::audit::{Act, Entry};
use crate::disk::{self, Backups};
use crate::error::{Error, Result};
use crate::secret::{SecretName, SecretValue};
use crate::sops::{Open, Sealed};

/// The values of `names` in the backup `to`; without names those of the last rotation, without a backup the newest one
/// in which one of them is another than now.
pub fn earlier(world: &World<'_>, log: &[Entry], names: &[SecretName], to: Option<&str>) -> Result<Wanted> {
    let live = world.open(&world.project.sealed)?;
    let mut names = names.to_vec();
    if names.is_empty() {
        names = last_rotated(log, &world.project.label())?;
    }
    for name in &names {
        changeable(&live, name)?;
    }
    let backups = Backups::new(world.project, &world.config.backup.dir);
    let candidates = match to {
        Some(id) => vec![backups.find(id)?],
        None => backups.list()?.into_iter().rev().collect(),
    };
    for backup in candidates {
        let open = Sealed::parse(backup.read()?).and_then(|s| s.open(world.keyring));
        // one that does not open is passed over, unless it is the one that was asked for
        let open = match (open, to) {
            (Ok(open), _) => open,
            (Err(error), Some(_)) => return Err(error.context(format!("backup {:?}", backup.id))),
            (Err(_), None) => continue,
        };
        let other: Vec<SecretName> =
            names.iter().filter(|name| differs(&open, &live, name)).cloned().collect();
        if !other.is_empty() {
            return Ok(Wanted::Earlier { names: other, from: backup.id });
        }
    }
    let listed = names.iter().map(SecretName::as_str).collect::<Vec<_>>().join(", ");
    Err(Error::failed(match to {
        Some(id) => format!("{listed} has in backup {id:?} the value that it has now, or none"),
        None => format!("no backup has another value of {listed}"),
    })
    .note("nothing was changed")
    .hint("see `reseal backup list`"))
}

/// The value of a key in a backup.
pub(super) fn value_in(world: &World<'_>, id: &str, name: &SecretName) -> Result<SecretValue> {
    let backup = Backups::new(world.project, &world.config.backup.dir).find(id)?;
    let open = Sealed::parse(backup.read()?).and_then(|s| s.open(world.keyring));
    copy(&open.map_err(|e| e.context(format!("backup {id:?}")))?, name)
}

/// Whether the backup has the key, with another value.
fn differs(backup: &Open, live: &Open, name: &SecretName) -> bool {
    match (backup.get(name.as_bytes()), live.get(name.as_bytes())) {
        (Some(then), Some(now)) => !then.same_as(now),
        _ => false,
    }
}

fn last_rotated(log: &[Entry], file: &str) -> Result<Vec<SecretName>> {
    let committed = |e: &&Entry| e.event.act == Act::Committed && e.event.file == file;
    let Some(entry) = log.iter().rev().find(committed) else {
        return Err(Error::usage(format!("{} was never rotated", disk::quoted(file.as_ref())))
            .hint("name the keys, e.g. `reseal rollback JWT_SECRET --to ID`"));
    };
    entry.event.secrets.iter().map(|name| SecretName::parse(name)).collect()
}
