//! Which containers hold a value that changes: beforehand those that nobody would start anew, afterwards all that still
//! have the old one.

use super::context::{Context, World};
use super::request::Request;
use crate::config::{DeployKind, Users};
use crate::deploy::{self, Compared, Intent};
use crate::error::Result;
use crate::secret::{Fingerprints, SecretValue};
use crate::sops::Open;

/// Fails where a container still holds a replaced value, or did not get the new one as it is.
pub(super) fn have_the_new(cx: &Context<'_>) -> Result<()> {
    if cx.world.config.deploy.kind == DeployKind::None {
        return Ok(());
    }
    let (previous, pending) = (cx.world.open(&cx.previous())?, cx.world.open(&cx.pending())?);
    let before: Vec<_> = previous.entries().map(|e| (e.name, e.value)).collect();
    let now: Vec<_> = pending.entries().map(|e| (e.name, e.value)).collect();
    let (changed, plain) = (cx.request.keys(), plain(&cx.request));
    let compared =
        Compared { before: &before, now: &now, changed: &changed, plain: &plain, prints: &prints(cx.world) };
    deploy::still_old(&cx.world.config.deploy, &cx.world.site, &compared)
}

/// Refuses, or remarks on, containers that hold a present value and would keep it.
pub(super) fn would_keep(
    world: &World<'_>,
    open: &Open,
    request: &Request,
    intent: &Intent,
) -> Result<Vec<String>> {
    if world.config.deploy.kind == DeployKind::None {
        return Ok(Vec::new());
    }
    let (changed, plain) = (request.keys(), plain(request));
    let before: Vec<_> = open.entries().map(|e| (e.name, e.value)).collect();
    let stays = |name: &[u8]| !changed.iter().any(|key| key.as_bytes() == name);
    let now: Vec<_> = before.iter().copied().filter(|(name, _)| stays(name)).collect();
    let compared =
        Compared { before: &before, now: &now, changed: &changed, plain: &plain, prints: &prints(world) };
    deploy::beforehand(&world.config.deploy, &world.site, &compared, intent)
}

/// The keys that change and hold no secret: names of users that take turns.
fn plain(request: &Request) -> Vec<String> {
    let targets = request.secrets.iter().filter_map(|change| change.policy.target.as_ref());
    let user = |users: &Users| match users {
        Users::Alternating { key, .. } => key.as_ref().map(ToString::to_string),
        _ => None,
    };
    targets.filter_map(|target| user(&target.users)).collect()
}

/// Under a key that is gone with this run.
fn prints(world: &World<'_>) -> Fingerprints {
    let mut key = vec![0; 32];
    world.random.borrow_mut().fill_bytes(&mut key);
    Fingerprints::keyed(&SecretValue::new(key))
}
