//! Mirrors: other sealed files of the project, in which secrets feed keys. Here is what the plan asks of them, and how the
//! version after is made from the version before and the new version of the main file. So the main file stays the one
//! place where a value comes into being, and a mirror that a crash has cut off is made again from the same two.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::choose::changeable_in;
use super::context::{Context, World, digest};
use super::plan::writable;
use super::request::{Change, Mirror, Request};
use super::service::{Login, copy};
use super::unfinished::none_unfinished;
use crate::config::Feed;
use crate::disk::{self, Project, quoted};
use crate::error::{Error, Kind, Result};
use crate::secret::SecretName;
use crate::sops::{Open, Sealed};

/// A mirror as the plan finds it.
pub(super) struct Found {
    pub(super) mirror: Mirror,
    pub(super) open: Open,
    pub(super) size: u64,
    project: Project,
    real: PathBuf,
}

/// The mirrors that these changes feed, in the order of the changes: each can be opened and exchanged, and holds the
/// present value wherever it is to get the new one.
pub(super) fn find<'a>(
    world: &World<'_>,
    main: &Open,
    changes: impl Iterator<Item = &'a Change>,
) -> Result<Vec<Found>> {
    let mut all: Vec<Found> = Vec::new();
    for change in changes {
        for (file, feed) in change.policy.mirrored() {
            let at = match all.iter().position(|found| found.mirror.file == file) {
                Some(at) => at,
                None => {
                    let found = look(world, file, &change.name, &all)?;
                    none_unfinished(&found.project)?;
                    let named = |e: Error| e.context(format!("mirror {file:?}")).note("nothing was changed");
                    writable(&found.project).map_err(named)?;
                    all.push(found);
                    all.len() - 1
                }
            };
            holds(&all[at].open, file, &change.name, feed, main)?;
        }
    }
    Ok(all)
}

/// Opens one, and makes sure that it is a file of this project and of no other use.
fn look(world: &World<'_>, file: &Path, owner: impl std::fmt::Display, others: &[Found]) -> Result<Found> {
    let project = world.project.other(file, world.config.owner.is_some());
    let named = |e: Error| e.context(format!("mirror {file:?} of \"{owner}\"")).note("nothing was changed");
    let Some(bytes) = disk::read_if_there(&project.sealed).map_err(named)? else {
        return Err(named(Error::failed("there is no such file")).hint(format!(
            "seal one with `reseal encrypt -o {}`, or take it from the feeds of \"{owner}\"",
            quoted(file)
        )));
    };
    let real = belongs(world, &project).map_err(named)?;
    if let Some(twin) = others.iter().find(|other| other.real == real) {
        return Err(named(Error::usage(format!("it is the same file as {:?}", twin.mirror.file)))
            .hint("call it by one name in all feeds"));
    }
    if !Sealed::is_sealed(&bytes) {
        let file = quoted(file);
        return Err(named(Error::failed("it is not sealed"))
            .hint(format!("seal it with `reseal encrypt {file} -o {file}.enc`, and name that in the feed")));
    }
    let (live, size) = (digest(&bytes), bytes.len() as u64);
    let open = Sealed::parse(bytes).and_then(|sealed| sealed.open(world.keyring)).map_err(|e| {
        let damaged = e.kind() == Kind::Integrity && e.advice().is_none();
        let e = named(e);
        if damaged { e.hint(format!("see `reseal -f {} backup list`", quoted(file))) } else { e }
    })?;
    Ok(Found { mirror: Mirror { file: file.to_path_buf(), live }, open, size, project, real })
}

/// Where the mirror really lies. It must be below the project's folder, and in that of no other project, so that whoever
/// changes it by hand takes the same lock (I6).
fn belongs(world: &World<'_>, mirror: &Project) -> Result<PathBuf> {
    let (real, root) = (disk::real(&mirror.sealed), disk::real(&mirror.root));
    if real == disk::real(&world.project.sealed) {
        return Err(Error::usage("it is the sealed file itself").hint("leave `file` out of that feed"));
    }
    if !real.starts_with(&root) {
        return Err(Error::usage(format!("it leads to {real:?}, outside of the project's folder"))
            .hint("keep the file itself below the folder of reseal.toml"));
    }
    let ours = [mirror.state(), mirror.resolve(&world.config.backup.dir)];
    if ours.iter().any(|folder| real.starts_with(disk::real(folder))) {
        return Err(Error::usage("it is one that reseal itself keeps").hint("name another file"));
    }
    for (path, root) in [(&mirror.sealed, &mirror.root), (&real, &root)] {
        let between = path.ancestors().skip(1).take_while(|folder| folder != root);
        for policy in between.map(|folder| folder.join("reseal.toml")) {
            if disk::stat(&policy).is_some() {
                return Err(Error::usage(format!("it belongs to another project: {policy:?}"))
                    .hint("move that policy into this one, or the file out of its folder"));
            }
        }
    }
    Ok(real)
}

/// The key is there once, lies encrypted, and holds what the main file holds now.
fn holds(open: &Open, file: &Path, name: &SecretName, feed: &Feed, main: &Open) -> Result<()> {
    let key = &feed.key;
    if open.places(key.as_bytes()).is_empty() {
        return Err(Error::failed(format!("key \"{key}\", fed by \"{name}\", is not in {file:?}"))
            .note("nothing was changed")
            .hint(format!("put it there with `{}`", remedy(name.as_str(), file, feed))));
    }
    changeable_in(open, key, Some(file))
        .map_err(|e| e.context(format!("{file:?}")).note("nothing was changed"))?;
    feed.check(&copy(open, key)?, &copy(main, name)?).map_err(|e| {
        e.context(format!("the {} in \"{key}\" of {file:?}, fed by \"{name}\"", feed.what()))
            .note("nothing was changed")
            .hint(format!(
                "mend it with `{}`, or take it from the feeds of \"{name}\"",
                remedy(name.as_str(), file, feed)
            ))
    })
}

/// A mirror that does not hold what the main file holds, or of which that cannot be said.
pub struct Drift {
    /// The mirror, from the project's folder.
    pub file: PathBuf,
    /// What is wrong.
    pub what: String,
    /// The command that mends it.
    pub remedy: String,
}

/// Every place in a mirror that has drifted away from the main file, or every place that one secret feeds, found without
/// changing anything.
pub fn drift(world: &World<'_>, main: &Open, of: Option<&SecretName>) -> Vec<Drift> {
    let mut drifts = Vec::new();
    let mut all: BTreeMap<&Path, Option<Found>> = BTreeMap::new();
    let asked = |name: &SecretName| of.is_none_or(|of| of == name) && main.get(name.as_bytes()).is_some();
    for (name, policy) in world.config.secrets.iter().filter(|(name, _)| asked(name)) {
        for (file, feed) in policy.mirrored() {
            let drift = |what, remedy| Drift { file: file.to_path_buf(), what, remedy };
            if disk::real(&world.project.resolve(file)) == disk::real(&world.project.sealed) {
                // asked of a mirror as if it were the main file
                continue;
            }
            let found = all.entry(file).or_insert_with(|| match look(world, file, name, &[]) {
                Ok(found) => Some(found),
                Err(error) => {
                    drifts.push(drift(error.to_string(), error.advice().unwrap_or_default().to_owned()));
                    None
                }
            });
            let Some(found) = found else { continue };
            if holds(&found.open, file, name, feed, main).is_err() {
                let what = format!("\"{}\" does not hold the present {} of {name}", feed.key, feed.what());
                drifts.push(drift(what, remedy(name.as_str(), file, feed)));
            }
        }
    }
    drifts
}

/// The command that gives a key of a mirror what it shall hold.
fn remedy(name: &str, file: &Path, feed: &Feed) -> String {
    let set = format!("reseal -f {} set {}", quoted(file), quoted(Path::new(feed.key.as_str())));
    match feed.part {
        None => format!("reseal get {} | {set}", quoted(Path::new(name))),
        Some(_) => set,
    }
}

/// Makes the version after of each mirror, where there is none yet. That of the main file must be there.
pub(super) fn stage(cx: &Context<'_>) -> Result<()> {
    let world = cx.world;
    let main = world.open(&cx.pending())?;
    for file in cx.sealed() {
        let Some(mirror) = &file.mirror else { continue };
        if disk::stat(&file.pending).is_some() {
            world.open(&file.pending)?;
            continue;
        }
        let mut open = world.open(&file.previous)?;
        follow(&cx.request, mirror, &main, &mut open)?;
        let bytes = open.seal(&world.now(), &mut **world.random.borrow_mut())?;
        disk::replace(&file.pending, &bytes, world.project.private())?;
        // proof that what was sealed opens, before anything depends on it
        world.open(&file.pending)?;
    }
    Ok(())
}

/// Every key that is fed gets the value that the main file has.
fn follow(request: &Request, mirror: &Path, main: &Open, open: &mut Open) -> Result<()> {
    for (change, feed) in request.fed(mirror) {
        let now = Login::of(main, &change.name, &change.policy)?;
        let user = change.alternates().then_some(now.user.as_str());
        let named = |e: Error| e.context(format!("key \"{}\" of {mirror:?}", feed.key));
        let held = copy(open, &feed.key).map_err(named)?;
        let new = feed.write(&held, &now.value, user).map_err(named)?;
        open.set(&feed.key, new).map_err(named)?;
    }
    Ok(())
}
