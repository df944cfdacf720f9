//! Stage: makes the new values and seals them to `pending.enc`, before anybody is told (I1); then the mirrors follow.
//!
//! A `pending.enc` that is there and opens is kept: a service may already have its values.

use super::context::{Context, digest};
use super::earlier::value_in;
use super::mirror;
use super::pair::halves;
use super::request::Change;
use super::service::{self, Login, copy, other};
use crate::audit::Grace;
use crate::config::{Policy, Previous, Users};
use crate::disk;
use crate::error::{Error, Result};
use crate::saga::{Note, Step};
use crate::secret::{Origin, SecretName, SecretValue, public_of};
use crate::sops::Open;

pub(super) struct Stage;

impl Step<Context<'_>> for Stage {
    fn name(&self) -> String {
        "stage".into()
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        let world = cx.world;
        if let Some(bytes) = disk::read_if_there(&cx.pending())? {
            world.open(&cx.pending())?;
            mirror::stage(cx)?;
            return Ok(Note::Digest(digest(&bytes)));
        }
        let mut open = world.open(&cx.previous())?;
        let written = |key: &String| {
            let kept = cx.request.secrets.iter().filter_map(|c| c.keeps(cx.request.emergency));
            kept.into_iter().any(|kept| !kept.list && kept.key.as_str() == key)
        };
        for end in cx.request.ends.iter().filter(|end| !end.key.as_ref().is_some_and(written)) {
            end_grace(cx, &mut open, end)?;
        }
        for change in &cx.request.secrets {
            renew(cx, &mut open, change)?;
        }
        let bytes = open.seal(&world.now(), &mut **world.random.borrow_mut())?;
        disk::replace(&cx.pending(), &bytes, world.project.private())?;
        // proof that what was sealed opens, before anything depends on it
        world.open(&cx.pending())?;
        mirror::stage(cx)?;
        Ok(Note::Digest(digest(&bytes)))
    }

    fn undo(&self, cx: &Context<'_>) -> Result<()> {
        // the main one last: the others follow from it
        cx.sealed().iter().rev().try_for_each(|file| disk::remove(&file.pending))
    }
}

/// A new value for one secret, for what contains it, and the old one where it is to be kept.
fn renew(cx: &Context<'_>, open: &mut Open, change: &Change) -> Result<()> {
    let (name, policy) = (&change.name, &change.policy);
    let before = Login::of(open, name, policy)?;
    let new = value(cx, change)?;
    if new.same_as(&before.value) {
        return Err(Error::failed(format!("the new value of \"{name}\" is the old one")));
    }
    let turn = match policy.target.as_ref().map(|t| &t.users) {
        Some(Users::Alternating { users, key }) => Some((other(users, &before.user), key)),
        _ => None,
    };
    if let Some((user, Some(key))) = turn {
        open.set(key, SecretValue::new(user.as_bytes().to_vec()))?;
    }
    for fed in policy.fed() {
        let after = fed.write(&copy(open, &fed.key)?, &new, turn.map(|(user, _)| user));
        open.set(&fed.key, after.map_err(|e| e.context(format!("key \"{}\"", fed.key)))?)?;
    }
    let replaced = match &policy.pair {
        None => before.value,
        Some(pair) => {
            let half = public_of(&before.value).map_err(|e| e.context(format!("key \"{name}\"")))?;
            let kept = change.keeps(cx.request.emergency).map(|_| &half);
            halves(open, pair, &new, kept)?;
            half
        }
    };
    open.set(name, new)?;
    match (&policy.previous, change.keeps(cx.request.emergency)) {
        (_, Some(kept)) => keep(open, kept, replaced)?,
        // a value that was still kept counts no more either
        (Some(dropped), None) => {
            open.unset(dropped.key.as_bytes())?;
        }
        (None, None) => {}
    }
    Ok(())
}

/// The new value: made, brought, or taken from a backup.
fn value(cx: &Context<'_>, change: &Change) -> Result<SecretValue> {
    if let Some(id) = &change.from {
        return value_in(cx.world, id, &change.name);
    }
    match &change.policy.generate {
        Origin::Pair(spec) => Ok(spec.generate(&mut **cx.world.random.borrow_mut())?.private),
        Origin::Made(spec) => Ok(spec.generate(&mut **cx.world.random.borrow_mut())),
        Origin::Brought => match cx.brought.get(&change.name) {
            Some(value) => Ok(SecretValue::new(value.expose().to_vec())),
            None => Err(Error::failed(format!("the value that was brought for \"{}\" is lost", change.name))
                .note("it was in memory only, and the process that had it is gone")),
        },
    }
}

/// Puts a replaced value where it is still read: as the key's value, or at the head of its list.
fn keep(open: &mut Open, kept: &Previous, replaced: SecretValue) -> Result<()> {
    let list = open.get(kept.key.as_bytes()).filter(|list| kept.list && !list.is_empty());
    let value = match list {
        None => replaced,
        Some(list) => SecretValue::concat(&[replaced.expose(), b",", list.expose()]),
    };
    open.set(&kept.key, value).map(drop)
}

/// Takes a value out of the key where it was kept.
fn end_grace(cx: &Context<'_>, open: &mut Open, end: &Grace) -> Result<()> {
    let Some(key) = &end.key else { return Ok(()) };
    let key = SecretName::parse(key)?;
    let folder = cx.world.project.grace().join(&end.rotation);
    let secret = SecretName::parse(&end.secret)?;
    let list = |policy: &Policy| policy.previous.as_ref().is_some_and(|p| p.key == key && p.list);
    let known = service::replaced(cx.world, &folder, &end.secret)?;
    let Some((change, before)) = known.filter(|(change, _)| list(&change.policy)) else {
        if cx.world.config.secrets.get(&secret).is_some_and(list) {
            // nothing says which entry it is, and the others still count
            return Ok(());
        }
        open.unset(key.as_bytes())?;
        if let Some(pair) = cx.world.config.secrets.get(&secret).and_then(|policy| policy.pair.as_ref()) {
            halves(open, pair, &copy(open, &secret)?, None)?;
        }
        return Ok(());
    };
    let ended = copy(&before, &change.name)?;
    let Some(now) = open.get(key.as_bytes()) else { return Ok(()) };
    let left = now.expose().split(|b| *b == b',').filter(|entry| *entry != ended.expose());
    let mut parts: Vec<&[u8]> = Vec::new();
    for entry in left {
        if !parts.is_empty() {
            parts.push(b",");
        }
        parts.push(entry);
    }
    let left = SecretValue::concat(&parts);
    if left.is_empty() {
        open.unset(key.as_bytes())?;
    } else {
        open.set(&key, left)?;
    }
    Ok(())
}
