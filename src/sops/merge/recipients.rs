//! Who can open the result, and with which data key.
//!
//! Whom either side added is there, and whom either side took away is not. If one side has made a new data key, it is
//! the key of the result: whoever was taken away with the old one must not come to know the values of the other side. If
//! both have, it is one that nobody knows who was taken away, a third one if need be.

use std::collections::BTreeSet;

use super::build::{Build, copy_of};
use super::settings::fields;
use super::{Side, Tools};
use crate::error::{Error, Result};
use crate::keys::Recipient;
use crate::secret::SecretValue;
use crate::sops::meta::Meta;
use crate::sops::open::Open;
use crate::sops::value::Cipher;

/// The lists of recipients besides age, which nothing here can wrap a key for.
const FOREIGN: [&str; 6] = ["pgp", "kms", "gcp_kms", "hckms", "azure_kv", "hc_vault"];

/// Whether a field of the metadata is about recipients.
pub(super) fn is_one(field: &str) -> bool {
    matches!(field, "age" | "key_groups" | "shamir_threshold") || FOREIGN.contains(&field)
}

/// Chooses a side by whether both say the same, and whether the base says what ours and theirs say.
type Choose<'a> = &'a mut dyn FnMut(&str, bool, [bool; 2]) -> Side;

pub(super) fn merge(
    base: Option<&Open>,
    build: &mut Build<'_>,
    merged: &mut Meta,
    choose: Choose<'_>,
    tools: &mut Tools<'_>,
) -> Result<()> {
    let mut grouped = false;
    for open in [Some(&build.open), Some(build.theirs), base].into_iter().flatten() {
        grouped |= !fields(open)?.list("key_groups").is_empty();
    }
    if grouped {
        return in_groups(base, build, merged, choose);
    }
    let theirs = fields(build.theirs)?;
    let from = match base {
        Some(base) => Some(fields(base)?),
        None => None,
    };
    let kinds = || ["age"].into_iter().chain(FOREIGN);
    let lists: Vec<(&str, Vec<Meta>)> =
        kinds().map(|kind| (kind, three_way(kind, from, merged, theirs))).collect();
    if lists.iter().all(|(_, list)| list.is_empty()) {
        return Err(Error::failed("together the two sides took everybody away who can open the file"));
    }
    let knows_none_besides = |fields: &Meta| {
        lists.iter().all(|(kind, list)| {
            let there: BTreeSet<String> = list.iter().map(identity).collect();
            listed(fields, kind).iter().all(|member| there.contains(&identity(member)))
        })
    };
    let our_key = copy_of(&build.open.cipher)?;
    match newer(base, build) {
        Newer::Neither | Newer::Ours => {}
        Newer::Theirs => build.turn_to_their_key()?,
        Newer::Both if knows_none_besides(merged) => {}
        Newer::Both if knows_none_besides(theirs) => build.turn_to_their_key()?,
        Newer::Both => {
            let mut new = vec![0; 32];
            tools.random.fill_bytes(&mut new);
            let cipher =
                Cipher::new(SecretValue::new(new)).unwrap_or_else(|| unreachable!("the key has 32 bytes"));
            build.turn_to(cipher);
        }
    }
    // whose stanzas hold the key of the result
    let ours_fit = build.open.cipher.key().same_as(our_key.key());
    let theirs_fit = build.one_key;
    for (kind, list) in lists {
        let (old, new) = (listed(merged, kind).to_vec(), listed(theirs, kind));
        let mut members = Vec::new();
        for member in list {
            let of = |side: &[Meta], fit: bool| {
                side.iter().filter(|_| fit).find(|m| identity(m) == identity(&member)).cloned()
            };
            members.push(match of(&old, ours_fit).or_else(|| of(new, theirs_fit)) {
                Some(stanza) => stanza,
                None => wrapped(kind, &member, build, tools)?,
            });
        }
        if members != old {
            match members.is_empty() {
                true => merged.drop(kind),
                false => merged.put(kind, Meta::List(members)),
            }
        }
    }
    Ok(())
}

/// Who has a data key that the base had not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Newer {
    Neither,
    Ours,
    Theirs,
    Both,
}

fn newer(base: Option<&Open>, build: &Build<'_>) -> Newer {
    let is_base = |open: &Open| base.is_some_and(|base| base.cipher.key().same_as(open.cipher.key()));
    match (build.one_key, is_base(&build.open), is_base(build.theirs)) {
        (true, ..) => Newer::Neither,
        (_, true, _) => Newer::Theirs,
        (_, _, true) => Newer::Ours,
        _ => Newer::Both,
    }
}

/// Where the key is shared among groups, only one side can have changed anything about it: a share is nothing without the
/// others.
fn in_groups(
    base: Option<&Open>,
    build: &mut Build<'_>,
    merged: &mut Meta,
    choose: Choose<'_>,
) -> Result<()> {
    let members = |fields: &Meta| -> Vec<String> {
        let named = |name| fields.get(name).map(identity).unwrap_or_default();
        let mut all: Vec<String> = ["age"].into_iter().chain(FOREIGN).map(named).collect();
        all.extend([named("key_groups"), fields.text("shamir_threshold").unwrap_or_default().to_owned()]);
        all
    };
    let theirs = fields(build.theirs)?;
    let (o, t) = (members(merged), members(theirs));
    let b = match base {
        Some(base) => Some(members(fields(base)?)),
        None => None,
    };
    let newer = newer(base, build);
    let side = match newer {
        Newer::Theirs if o == t => Side::Theirs,
        _ => choose("recipients", o == t, [b.as_ref() == Some(&o), b.as_ref() == Some(&t)]),
    };
    let fits = match side {
        Side::Ours => newer != Newer::Theirs,
        Side::Theirs => newer != Newer::Ours,
    };
    if !fits {
        return Err(Error::failed(
            "one side changed the groups that share the data key, and the other made a new data key",
        )
        .hint("take one version whole, and make the other's change again with `reseal rekey`"));
    }
    if side == Side::Theirs {
        for name in ["age", "key_groups", "shamir_threshold"].into_iter().chain(FOREIGN) {
            match theirs.get(name) {
                Some(meta) => merged.put(name, meta.clone()),
                None => merged.drop(name),
            }
        }
        if !build.one_key {
            build.turn_to_their_key()?;
        }
    }
    Ok(())
}

/// The list of a kind after both sides: ours first.
fn three_way(kind: &str, base: Option<&Meta>, ours: &Meta, theirs: &Meta) -> Vec<Meta> {
    let set = |fields: Option<&Meta>| -> BTreeSet<String> {
        fields.into_iter().flat_map(|fields| listed(fields, kind)).map(identity).collect()
    };
    let (b, o, t) = (set(base), set(Some(ours)), set(Some(theirs)));
    let stays = |member: &&Meta| t.contains(&identity(member)) || !b.contains(&identity(member));
    let comes = |member: &&Meta| !o.contains(&identity(member)) && !b.contains(&identity(member));
    let ours = listed(ours, kind).iter().filter(stays);
    ours.chain(listed(theirs, kind).iter().filter(comes)).cloned().collect()
}

fn listed<'a>(fields: &'a Meta, kind: &str) -> &'a [Meta] {
    fields.list(kind)
}

/// What a recipient is, without what is wrapped for it and when.
fn identity(member: &Meta) -> String {
    let lines = member.flatten();
    let own = lines.iter().filter(|(name, _)| {
        let last = name.rsplit("__").next().unwrap_or(name).trim_start_matches("map_");
        !matches!(last, "enc" | "created_at")
    });
    own.map(|(name, text)| format!("{name}={}\n", text.trim())).collect()
}

fn wrapped(kind: &str, member: &Meta, build: &Build<'_>, tools: &mut Tools<'_>) -> Result<Meta> {
    if kind != "age" {
        return Err(Error::failed(format!(
            "the data key is to be wrapped for a recipient of kind {kind}, which only sops can do"
        ))
        .hint("make the change of recipients, or of the data key, again with sops after the merge"));
    }
    let text = member.text("recipient").unwrap_or_default().trim();
    let enc = Recipient::parse(text)?.wrap(build.open.cipher.key().expose(), tools.prompt)?;
    Ok(Meta::Map(vec![("enc".into(), Meta::Text(enc)), ("recipient".into(), Meta::Text(text.to_owned()))]))
}
