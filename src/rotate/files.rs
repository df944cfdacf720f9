//! Files: plaintext files that containers read get the new value, or on the way back the old one. They are the one
//! exception to I3, asked for by the policy, and each has the mode and the owner that the container needs.

use super::context::{Context, World};
use super::request::{Change, PlainFile};
use crate::audit::Grace;
use crate::config::SecretFile;
use crate::disk::{self, Attributes, Owner, Project};
use crate::error::{Error, Result};
use crate::saga::{Note, Step};
use crate::secret::SecretName;
use crate::sops::Open;

pub(super) struct Files;

impl Step<Context<'_>> for Files {
    fn name(&self) -> String {
        "files".into()
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let pending = cx.world.open(&cx.pending())?;
        for plain in &cx.request.files {
            write(cx, plain, &pending, attributes(cx.world.project, &plain.file)?)?;
        }
        Ok(Note::Nothing)
    }

    fn undo(&self, cx: &Context<'_>) -> Result<()> {
        let previous = cx.world.open(&cx.previous())?;
        for plain in &cx.request.files {
            let Some((mode, uid, gid)) = plain.before else {
                disk::remove(&cx.world.project.resolve(&plain.file.path))?;
                continue;
            };
            let (owner, me) = (Owner { uid, gid }, Owner::of_this_process());
            // who is not root can give a file to nobody else
            let owner = if me.uid == 0 || me == owner { owner } else { me };
            write(cx, plain, &previous, Attributes { mode, owner })?;
        }
        Ok(())
    }
}

/// Writes the value that a version has; where it has none, the file goes.
fn write(cx: &Context<'_>, plain: &PlainFile, open: &Open, attributes: Attributes) -> Result<()> {
    let path = cx.world.project.resolve(&plain.file.path);
    match open.get(plain.key.as_bytes()) {
        Some(value) => disk::replace(&path, value.expose(), attributes),
        None => disk::remove(&path),
    }
}

/// The files that change: those of the secrets that do, and those of others that hold a key which does. Each can be
/// written, and put back.
pub(super) fn plain<'a>(
    world: &World<'_>,
    open: &Open,
    changes: impl Iterator<Item = &'a Change>,
    ends: impl Iterator<Item = &'a Grace>,
) -> Result<Vec<PlainFile>> {
    let secrets = &world.config.secrets;
    let (mut own, mut written): (Vec<&SecretName>, Vec<&str>) = Default::default();
    for Change { name, policy, .. } in changes {
        own.push(name);
        written.push(name.as_str());
        written.extend(policy.follows().map(SecretName::as_str));
    }
    for end in ends {
        let Some(key) = &end.key else { continue };
        written.push(key);
        let policy = secrets.iter().find(|(name, _)| name.as_str() == end.secret).map(|(_, policy)| policy);
        let pair = policy.and_then(|policy| policy.pair.as_ref());
        written.extend(pair.iter().flat_map(|pair| pair.keys()).map(SecretName::as_str));
    }
    let mut plain = Vec::new();
    for (name, file) in secrets.iter().flat_map(|(name, p)| p.files.iter().map(move |file| (name, file))) {
        let key = file.key.as_ref().unwrap_or(name);
        let changes = written.contains(&key.as_str());
        if !changes && !own.contains(&name) {
            continue;
        }
        writable(world, file)?;
        let path = world.project.resolve(&file.path);
        let there = disk::stat(&path);
        if open.get(key.as_bytes()).is_none() {
            if !changes {
                return Err(Error::failed(format!(
                    "secret file {path:?} holds \"{key}\", which is not in the file"
                ))
                .note("nothing was changed"));
            }
            // going back could not put it there again
            if there.is_some() {
                return Err(Error::failed(format!(
                    "{path:?} is there, and \"{key}\" is not in the file yet"
                ))
                .note("nothing was changed")
                .hint("remove it: it is written with the value"));
            }
        }
        let before = there.map(|stat| (stat.mode, stat.owner.uid, stat.owner.gid));
        plain.push(PlainFile { key: key.clone(), file: file.clone(), before });
    }
    Ok(plain)
}

/// Mode and owner of a secret file: those of the policy, else the owner that it has, else that of the sealed file.
pub fn attributes(project: &Project, file: &SecretFile) -> Result<Attributes> {
    let owner = match &file.owner {
        Some(owner) => Owner::parse(owner)?,
        None => disk::stat(&project.resolve(&file.path)).map_or(project.attributes.owner, |stat| stat.owner),
    };
    Ok(Attributes { mode: file.mode, owner })
}

/// Whether it can be written, found out without writing, and is none of the files that reseal itself needs.
fn writable(world: &World<'_>, file: &SecretFile) -> Result<()> {
    let (project, config) = (world.project, world.config);
    let path = project.resolve(&file.path);
    let real = disk::real(&path);
    let ours = [Some(project.sealed.clone()), Some(project.root.join("reseal.toml"))];
    let key = config.age_key_file.as_ref().map(|key| project.resolve(key));
    let folders = [project.state(), project.resolve(&config.backup.dir)];
    if ours.into_iter().chain([key]).flatten().any(|ours| disk::real(&ours) == real)
        || folders.iter().any(|folder| real.starts_with(disk::real(folder)))
        || config.mirrors().iter().any(|mirror| disk::real(&project.resolve(mirror)) == real)
    {
        return Err(Error::usage(format!("secret file {path:?} is one that reseal itself needs"))
            .note("nothing was changed")
            .hint("give it another `path`"));
    }
    let wanted = attributes(project, file)?.owner;
    let me = Owner::of_this_process();
    if me.uid != 0 && me != wanted {
        return Err(Error::failed(format!("secret file {path:?} shall belong to {wanted}"))
            .hint("run as root, or set `owner` of the file to yourself"));
    }
    match disk::stat(&path) {
        Some(stat) if stat.is_file => disk::replaceable(&path),
        Some(_) => Err(Error::failed(format!("secret file {path:?} is not a regular file"))
            .hint("docker makes a folder where a file to mount was missing: remove it")),
        None if disk::is_link(&path) => {
            Err(Error::failed(format!("secret file {path:?} is a symbolic link that leads nowhere")))
        }
        None => disk::creatable(&path),
    }
}
