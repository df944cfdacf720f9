//! Changing who can open a file, and the data key itself.
//!
//! As long as the data key stays, only the list of recipients is written: whoever stays keeps the very stanza that is
//! there, and values, time and MAC are those of before. Where the key is shared, a new member of a group gets the
//! group's share if somebody at hand can open it; if not, or where the groups themselves change, the key is split anew
//! and wrapped for everybody. A new data key is wrapped for everybody too, and every value is encrypted with it.
//! Recipients that only sops can ask keep what they hold, and stand in the way of everything that they would have to be
//! asked for.

use std::sync::Arc;

use super::meta::Meta;
use super::metadata::damaged;
use super::open::Open;
use super::readers::{Readers, is_same};
use super::store::weave;
use super::value::Cipher;
use super::{Sealed, Tools, shamir};
use crate::error::{Error, Kind as Failure, Result};
use crate::keys::{Keyring, Prompt, Recipient};
use crate::secret::{Random, SecretValue};

impl Sealed {
    /// Who can open the file.
    pub(crate) fn readers(&self) -> Readers {
        let texts = |group: &super::metadata::Group| group.age.iter().map(|s| s.recipient.clone()).collect();
        Readers::found(self.metadata.groups.iter().map(texts).collect(), self.metadata.threshold)
    }

    /// The kinds of recipients that only sops can ask, once each.
    pub(crate) fn foreign(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = Vec::new();
        for kind in self.metadata.groups.iter().flat_map(|g| &g.foreign) {
            if !kinds.contains(&kind.as_str()) {
                kinds.push(kind);
            }
        }
        kinds
    }

    /// The same file for other readers, and, where that is wanted, with a new data key. The result was opened again
    /// with its data key, and says what the file said.
    pub(crate) fn rekey(
        self,
        wanted: &Readers,
        new_data_key: bool,
        keyring: &Keyring,
        tools: &mut Tools<'_>,
    ) -> Result<Vec<u8>> {
        if wanted.all().next().is_none() {
            return Err(Error::failed("nobody would be left who could open the file"));
        }
        let present = self.readers();
        let shared = wanted.groups().len() > 1;
        let regrouped =
            wanted.groups().len() != present.groups().len() || wanted.threshold() != present.threshold();
        let shares = if shared && !regrouped && !new_data_key {
            self.shares_for_new(&present, wanted, keyring)?
        } else {
            None
        };
        // without shares to pass on, a shared key is split anew
        let everybody = regrouped || new_data_key || shared && shares.is_none();
        if everybody {
            self.needs_nobody_else(new_data_key)?;
        }
        let open = self.open(keyring)?;
        let cipher = if new_data_key { new_cipher(tools.random) } else { copy(&open.cipher) };
        let payloads = match shares {
            Some(shares) => shares,
            None if shared => {
                let all = (wanted.groups().len(), wanted.threshold());
                let split = shamir::split(cipher.key(), all.1, all.0, tools.random);
                let split = split.ok_or_else(|| Error::usage("no such split of the data key exists"))?;
                split.into_iter().map(Some).collect()
            }
            None => vec![Some(SecretValue::concat(&[cipher.key().expose()]))],
        };
        let fields = fields(&open, wanted, everybody, &payloads, tools.prompt)?;
        let file = open.with_metadata(&fields)?;
        finish(&open, (file, &fields), cipher, new_data_key, tools)
    }

    /// For each group the share that its new members get; none for one that gains nobody. `None` altogether where a
    /// share is needed that nobody at hand can open.
    fn shares_for_new(
        &self,
        present: &Readers,
        wanted: &Readers,
        keyring: &Keyring,
    ) -> Result<Option<Vec<Option<SecretValue>>>> {
        let mut shares = Vec::new();
        for (at, (had, has)) in present.groups().iter().zip(wanted.groups()).enumerate() {
            if has.iter().all(|text| had.iter().any(|known| is_same(known, text))) {
                shares.push(None);
                continue;
            }
            match keyring.unwrap(&self.wrapped(at)) {
                Ok(found) => shares.push(Some(found.payload)),
                Err(error) if error.kind() == Failure::NoIdentity => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(shares))
    }

    /// Refuses where somebody would have to be asked whom only sops can ask.
    fn needs_nobody_else(&self, new_data_key: bool) -> Result<()> {
        let foreign = self.foreign();
        if foreign.is_empty() {
            return Ok(());
        }
        let what = if new_data_key { "a new data key" } else { "a new split of the data key" };
        Err(Error::failed(format!("{what} cannot be wrapped for recipients of the kind {}", foreign.join(", ")))
            .note("nothing was changed; only sops can ask such recipients")
            .hint(
                "let sops do it with `sops rotate -i`, or first take them out there, with `sops rotate -i --rm-pgp` and its like",
            ))
    }
}

fn new_cipher(random: &mut dyn Random) -> Cipher {
    let mut key = vec![0; 32];
    random.fill_bytes(&mut key);
    Cipher::new(SecretValue::new(key)).unwrap_or_else(|| unreachable!("the key has 32 bytes"))
}

fn copy(cipher: &Cipher) -> Cipher {
    let key = SecretValue::concat(&[cipher.key().expose()]);
    Cipher::new(key).unwrap_or_else(|| unreachable!("it was a key before"))
}

/// The metadata with its recipients exchanged; all else stays as it is.
fn fields(
    open: &Open,
    wanted: &Readers,
    everybody: bool,
    payloads: &[Option<SecretValue>],
    prompt: &Arc<dyn Prompt>,
) -> Result<Meta> {
    let found = open.tree.metadata.as_ref().map(|found| found.fields.clone());
    let mut fields = found.unwrap_or_else(|| Meta::Map(Vec::new()));
    let was_sorted = fields.is_sorted();
    let was_shared = open.metadata.groups.len() > 1;
    let same_layout = open.metadata.groups.len() == wanted.groups().len();
    let groups: Vec<Meta> =
        if was_shared { fields.list("key_groups").to_vec() } else { vec![fields.clone()] };
    // in which order the fields of a stanza stand in this file
    let like = groups.iter().flat_map(|group| group.list("age")).next().cloned();
    let mut lists = Vec::new();
    for (at, texts) in wanted.groups().iter().enumerate() {
        let known = groups.get(at).map_or(&[][..], |group| group.list("age"));
        let mut list = if everybody { Vec::new() } else { staying(known, texts) };
        for text in texts {
            let is_there = |m: &Meta| m.text("recipient").is_some_and(|known| is_same(known, text));
            if list.iter().any(is_there) {
                continue;
            }
            let payload = payloads.get(at).and_then(Option::as_ref);
            let payload = payload.ok_or_else(|| damaged("the share of a key group is not at hand"))?;
            let enc = Recipient::parse(text)?.wrap(payload.expose(), prompt)?;
            list.push(stanza(text, enc, like.as_ref()));
        }
        lists.push(Meta::List(list));
    }
    if wanted.groups().len() == 1 {
        fields.put("age", lists.remove(0));
        if was_shared {
            fields.drop("key_groups");
            fields.drop("shamir_threshold");
        }
    } else {
        fields.drop("age");
        let members = |(at, list): (usize, Meta)| {
            let known = groups.get(at).filter(|_| same_layout && was_shared);
            let mut group = known.cloned().unwrap_or_else(|| Meta::Map(Vec::new()));
            group.put("age", list);
            group
        };
        fields.put("key_groups", Meta::List(lists.into_iter().enumerate().map(members).collect()));
        if open.metadata.threshold != wanted.threshold() {
            fields.put("shamir_threshold", Meta::Bare(wanted.threshold().to_string()));
        }
    }
    if was_sorted {
        fields.sort();
    }
    Ok(fields)
}

/// The stanzas of those who stay, as they are. Where only the comment of an SSH key is another, it is exchanged.
fn staying(known: &[Meta], texts: &[String]) -> Vec<Meta> {
    let stays = |m: &Meta| {
        let name = m.text("recipient")?;
        let text = texts
            .iter()
            .find(|t| t.as_str() == name.trim())
            .or_else(|| texts.iter().find(|t| is_same(t, name)))?;
        let mut stanza = m.clone();
        if text != name.trim() {
            stanza.put("recipient", Meta::Text(text.clone()));
        }
        Some(stanza)
    };
    known.iter().filter_map(stays).collect()
}

/// A new stanza, in the order of the ones that are there.
pub(super) fn stanza(text: &str, enc: String, like: Option<&Meta>) -> Meta {
    let mut entries =
        vec![("enc".to_owned(), Meta::Text(enc)), ("recipient".into(), Meta::Text(text.into()))];
    if let Some(Meta::Map(known)) = like
        && known.first().is_some_and(|(name, _)| name == "recipient")
    {
        entries.reverse();
    }
    Meta::Map(entries)
}

/// Encrypts the values anew where the data key is another, and proves that the result says what the file said, to the
/// readers that were wanted.
fn finish(
    before: &Open,
    (file, fields): (Vec<u8>, &Meta),
    cipher: Cipher,
    new_data_key: bool,
    tools: &mut Tools<'_>,
) -> Result<Vec<u8>> {
    let check = copy(&cipher);
    let file = if new_data_key { before.under(cipher, file)?.seal(tools.now, tools.random)? } else { file };
    let read = Sealed::parse_as(file.clone(), before.format)?;
    let written = read.tree.metadata.as_ref().is_some_and(|found| lasting(&found.fields) == lasting(fields));
    let after = Open::check(read.file, read.format, read.tree, read.metadata, check)?;
    let same = written
        && before.entries().count() == after.entries().count()
        && before
            .entries()
            .zip(after.entries())
            .all(|(was, is)| was.name == is.name && was.value.same_as(is.value));
    if !same {
        return Err(
            damaged("the file cannot be written so that it would say the same").note("nothing was changed")
        );
    }
    Ok(file)
}

/// All that a sealing does not write over.
fn lasting(fields: &Meta) -> Vec<(String, &str)> {
    let mut lines = fields.flatten();
    lines.retain(|(name, _)| !matches!(name.as_str(), "mac" | "lastmodified"));
    lines.sort_unstable();
    lines
}

impl Open {
    /// The file with other metadata. Time and MAC are written as `fields` has them.
    fn with_metadata(&self, fields: &Meta) -> Result<Vec<u8>> {
        let store = self.format.store();
        let block = store.metadata(&self.file, &self.tree, fields);
        let mut file = weave(&self.file, store.attach(&self.file, &self.tree, &block)?);
        store.end(&mut file);
        Ok(file)
    }

    /// What this file says, to be encrypted with another data key and written over `file`, which has the same leaves.
    fn under(&self, cipher: Cipher, file: Vec<u8>) -> Result<Open> {
        let read = Sealed::parse_as(file, self.format)?;
        if read.tree.leaves.len() != self.held.len() {
            return Err(damaged("the file cannot be written so that it would be read again as it is"));
        }
        let held = self.held.iter().map(|held| held.anew()).collect();
        Ok(Open::unsealed((read.file, read.format, read.tree), held, read.metadata, cipher))
    }
}
