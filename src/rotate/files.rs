//! Files: plaintext files that containers read get the new value, or on the way back the old one. They are the one
//! exception to I3, asked for by the policy, and each has the mode and the owner that the container needs.

use super::context::Context;
use super::request::Change;
use super::service::copy;
use crate::config::SecretFile;
use crate::disk::{self, Attributes, Owner, Project};
use crate::error::{Error, Result};
use crate::saga::{Note, Step};
use crate::sops::Open;

pub(super) struct Files;

impl Step<Context<'_>> for Files {
    fn name(&self) -> String {
        "files".into()
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let pending = cx.world.open(&cx.pending())?;
        for (change, file) in all(cx) {
            write(cx, change, file, &pending)?;
        }
        Ok(Note::Nothing)
    }

    fn undo(&self, cx: &Context<'_>) -> Result<()> {
        let previous = cx.world.open(&cx.previous())?;
        for (change, file) in all(cx) {
            if change.new_files.contains(&file.path) {
                disk::remove(&cx.world.project.resolve(&file.path))?;
            } else {
                write(cx, change, file, &previous)?;
            }
        }
        Ok(())
    }
}

fn all<'a>(cx: &'a Context<'_>) -> impl Iterator<Item = (&'a Change, &'a SecretFile)> {
    cx.request.secrets.iter().flat_map(|change| change.policy.files.iter().map(move |file| (change, file)))
}

fn write(cx: &Context<'_>, change: &Change, file: &SecretFile, open: &Open) -> Result<()> {
    let path = cx.world.project.resolve(&file.path);
    let value = copy(open, file.key.as_ref().unwrap_or(&change.name))?;
    disk::replace(&path, value.expose(), attributes(cx.world.project, file)?)
}

/// Mode and owner of a secret file: those of the policy, else the owner that it has, else that of the sealed file.
pub fn attributes(project: &Project, file: &SecretFile) -> Result<Attributes> {
    let owner = match &file.owner {
        Some(owner) => Owner::parse(owner)?,
        None => disk::stat(&project.resolve(&file.path)).map_or(project.attributes.owner, |stat| stat.owner),
    };
    Ok(Attributes { mode: file.mode, owner })
}

/// Whether it can be written, found out without writing.
pub(super) fn writable(project: &Project, file: &SecretFile) -> Result<()> {
    let path = project.resolve(&file.path);
    let wanted = attributes(project, file)?.owner;
    let me = Owner::of_this_process();
    if me.uid != 0 && me != wanted {
        return Err(Error::failed(format!("secret file {path:?} shall belong to {wanted}"))
            .hint("run as root, or set `owner` of the file to yourself"));
    }
    if disk::stat(&path).is_some_and(|s| !s.is_file) {
        return Err(Error::failed(format!("secret file {path:?} is not a regular file"))
            .hint("docker makes a folder where a file to mount was missing: remove it"));
    }
    if disk::stat(&path).is_some() { disk::replaceable(&path) } else { disk::creatable(&path) }
}
