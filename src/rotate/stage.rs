//! Stage: makes the new values and seals them to `pending.enc`, before anybody is told (I1).
//!
//! A `pending.enc` that is there and opens is kept: a service may already have its values.

use super::context::{Context, digest};
use super::request::Change;
use crate::disk;
use crate::error::{Error, Result};
use crate::saga::{Note, Step};
use crate::secret::url::{self, Part};
use crate::secret::{SecretName, SecretValue, Spec};
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
            return Ok(Note::Digest(digest(&bytes)));
        }
        let mut open = world.open(&cx.previous())?;
        for change in &cx.request.secrets {
            renew(cx, &mut open, change)?;
        }
        let bytes = open.seal(&world.now(), &mut **world.random.borrow_mut())?;
        disk::replace(&cx.pending(), &bytes, world.project.private())?;
        // proof that what was sealed opens, before anything depends on it
        world.open(&cx.pending())?;
        Ok(Note::Digest(digest(&bytes)))
    }

    fn undo(&self, cx: &Context<'_>) -> Result<()> {
        disk::remove(&cx.pending())
    }
}

/// A new value for one secret, for what contains it, and the old one where it is to be kept.
fn renew(cx: &Context<'_>, open: &mut Open, change: &Change) -> Result<()> {
    let name = SecretName::parse(&change.name)?;
    let gone = || Error::failed(format!("key {:?} is not in the file", change.name));
    let new = Spec::parse(&change.generate)?.generate(&mut **cx.world.random.borrow_mut());
    let old = SecretValue::new(open.get(name.as_bytes()).ok_or_else(gone)?.expose().to_vec());
    if new.same_as(&old) {
        return Err(Error::failed(format!("the new value of {:?} is the old one", change.name)));
    }
    for fed in &change.feeds {
        let key = SecretName::parse(&fed.key)?;
        let part = Part::parse(&fed.part)?;
        let old = open.get(key.as_bytes()).ok_or_else(gone)?;
        let value = url::replace(old, part, &new).map_err(|e| e.context(format!("key {:?}", fed.key)))?;
        open.set(&key, value)?;
    }
    open.set(&name, new)?;
    if let Some(previous) = &change.previous {
        open.set(&SecretName::parse(&previous.key)?, old)?;
    }
    Ok(())
}
