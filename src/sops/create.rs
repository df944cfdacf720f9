//! A new sealed file: a plaintext, recipients, a rule.
//!
//! The layout of the plaintext stays: its values and comments give way to sealed ones, and the metadata comes behind.

use std::sync::Arc;

use super::judge;
use super::lint;
use super::meta::Meta;
use super::metadata::{Metadata, damaged};
use super::open::{Held, Open};
use super::readers::Readers;
use super::rekey::stanza;
use super::rule::Rule;
use super::shamir;
use super::store::{Format, Patch, Place, line_of, weave};
use super::tree::{Kind, Leaf, Tree};
use super::value::{Cipher, Plain};
use crate::error::{Error, Kind as Failure, Result};
use crate::keys::{Prompt, Recipient};
use crate::secret::{Random, SecretValue};

/// The version of the format that is written; every sops since reads it.
const VERSION: &str = "3.11.0";

/// What a new file needs to know.
pub struct NewFile {
    /// Who can open it.
    pub recipients: Readers,
    /// Which values are encrypted.
    pub rule: Rule,
    /// Whether the MAC covers encrypted values only.
    pub mac_only_encrypted: bool,
}

impl NewFile {
    /// Makes `plain` an open file with a new data key, ready to be sealed. With it come remarks for the user.
    pub fn open(
        &self,
        format: Format,
        plain: &SecretValue,
        random: &mut dyn Random,
        prompt: &Arc<dyn Prompt>,
    ) -> Result<(Open, Vec<String>)> {
        self.rule.compiles()?;
        if self.recipients.all().next().is_none() {
            return Err(Error::new(Failure::NoIdentity, "there is nobody to seal the file for"));
        }
        let store = format.store();
        let wrapped = store.wrap(plain.expose()).map(SecretValue::new);
        let plain = wrapped.as_ref().unwrap_or(plain);
        lint::start(plain.expose())?;
        let prepared = store.prepare(plain.expose())?.map(SecretValue::new);
        let plain = prepared.as_ref().unwrap_or(plain);
        let none = Rule::default();
        let rule = self.rule_for(format)?.unwrap_or(&none);
        let tree = store.read(plain.expose())?;
        let remarks = lint::look(format, &tree, plain.expose())?;
        let mut key = vec![0; 32];
        random.fill_bytes(&mut key);
        let cipher =
            Cipher::new(SecretValue::new(key)).unwrap_or_else(|| unreachable!("the key has 32 bytes"));
        let fields = self.fields(self.wrapped(&cipher, random, prompt)?, format);
        let verdicts =
            judge::verdicts(&tree, plain.expose(), rule, |at| tree.leaves[at].text.bytes(plain.expose()));
        let mut held = hold(format, &tree, plain.expose(), &verdicts)?;
        let (file, tree) = skeleton(
            format,
            plain.expose(),
            &tree,
            |at| (held[at].encrypted && !held[at].plain.text.is_empty()).then_some(&b"ENC[]"[..]),
            &store.metadata(plain.expose(), &tree, &fields),
        )?;
        let verdicts = judge::verdicts(&tree, &file, rule, |at| held[at].plain.text.expose());
        judge_comments_again(&mut held, &verdicts)?;
        let metadata = Metadata::parse(&with_time(&fields))?;
        let open = Open::unsealed((file, format, tree), held, metadata, cipher);
        self.hides_something(&open)?;
        Ok((open, remarks))
    }

    /// A binary file is one value, and is sealed without a rule, as sops has it.
    fn rule_for(&self, format: Format) -> Result<Option<&Rule>> {
        if format == Format::Ini && self.rule.reads_comments() {
            return Err(Error::failed("the rule looks at comments, and in an INI file sops gives a comment to the key below the one under it")
                .note("no sealed file was made")
                .hint("choose values by their names, e.g. with `encrypted_regex`"));
        }
        Ok((format != Format::Binary).then_some(&self.rule))
    }

    /// sops would write the whole file in clear and not say so.
    fn hides_something(&self, open: &Open) -> Result<()> {
        if open.entries().next().is_none() || open.entries().any(|e| e.encrypted) {
            return Ok(());
        }
        Err(Error::failed(format!("nothing would be encrypted: the rule is {}", self.rule))
            .note("no sealed file was made")
            .hint("the rule is that of `.sops.yaml`, or the one on the command line"))
    }

    /// The stanzas of each group: of the data key, or of its share.
    fn wrapped(
        &self,
        cipher: &Cipher,
        random: &mut dyn Random,
        prompt: &Arc<dyn Prompt>,
    ) -> Result<Vec<Meta>> {
        let groups = self.recipients.groups();
        let shares = match groups.len() {
            1 => vec![SecretValue::concat(&[cipher.key().expose()])],
            n => shamir::split(cipher.key(), self.recipients.threshold(), n, random)
                .ok_or_else(|| Error::usage("no such split of the data key exists"))?,
        };
        let mut lists = Vec::new();
        for (group, share) in groups.iter().zip(shares) {
            let mut list = Vec::new();
            for text in group {
                list.push(stanza(text, Recipient::parse(text)?.wrap(share.expose(), prompt)?, None));
            }
            lists.push(Meta::List(list));
        }
        Ok(lists)
    }

    /// Sorted as sops 3.13 sorts them. Time and MAC are filled in by sealing.
    fn fields(&self, mut lists: Vec<Meta>, format: Format) -> Meta {
        let text = |text: &str| Meta::Text(text.to_owned());
        let (rule, said) = self.rule.field();
        let mut fields = Meta::Map(vec![
            ("lastmodified".into(), text("")),
            ("mac".into(), text("")),
            ("version".into(), text(VERSION)),
        ]);
        if lists.len() == 1 {
            fields.put("age", lists.remove(0));
        } else {
            let group = |list| Meta::Map(vec![("age".into(), list)]);
            fields.put("key_groups", Meta::List(lists.into_iter().map(group).collect()));
            fields.put("shamir_threshold", Meta::Bare(self.recipients.threshold().to_string()));
        }
        if format != Format::Binary {
            fields.put(rule, text(said));
        }
        if self.mac_only_encrypted {
            fields.put("mac_only_encrypted", Meta::Bare("true".into()));
        }
        fields.sort();
        fields
    }
}

/// With the metadata behind it, the last comment of a file may belong to another map than before, and come under the
/// rule for that one.
fn judge_comments_again(held: &mut [Held], verdicts: &[bool]) -> Result<()> {
    for (held, encrypted) in held.iter_mut().zip(verdicts) {
        if held.encrypted == *encrypted {
            continue;
        }
        if held.plain.kind != Kind::Comment || !encrypted {
            return Err(Error::failed(
                "the rule would leave a line in clear once the metadata stands behind it",
            )
            .note("no sealed file was made")
            .hint("move the comment at the end of the file above a key"));
        }
        held.encrypted = true;
        held.fresh = true;
    }
    Ok(())
}

/// The metadata of a file that was never sealed has no time yet.
fn with_time(fields: &Meta) -> Meta {
    let mut fields = fields.clone();
    fields.put("lastmodified", Meta::Text("1970-01-01T00:00:00Z".into()));
    fields
}

/// What the leaves of a plaintext file say. Refuses what this kind of file would not give back as it is.
pub(super) fn hold(format: Format, tree: &Tree, plain: &[u8], verdicts: &[bool]) -> Result<Vec<Held>> {
    for (leaf, encrypted) in tree.leaves.iter().zip(verdicts) {
        let is_text = matches!(leaf.kind, Kind::Str | Kind::Comment);
        let said = if is_text { leaf.text.bytes(plain) } else { &plain[leaf.span.clone()] };
        let taken = format.store().takes(leaf.kind, said, *encrypted);
        taken.map_err(|e| e.context(format!("line {}", line_of(plain, leaf.span.start))))?;
    }
    let all = read_out(format, tree, plain).into_iter().zip(verdicts);
    Ok(all.map(|(held, encrypted)| Held { encrypted: *encrypted, fresh: *encrypted, ..held }).collect())
}

/// What they say, whoever may read it.
pub(super) fn read_out(format: Format, tree: &Tree, plain: &[u8]) -> Vec<Held> {
    let held = |leaf: &Leaf| {
        let text = SecretValue::new(leaf.text.bytes(plain).to_vec());
        let shown = text.expose_str().and_then(|text| format.store().shown(leaf.kind, text));
        let typed = matches!(leaf.kind, Kind::Int | Kind::Float | Kind::Bool | Kind::Time);
        let plain = match shown.filter(|_| typed) {
            Some(shown) => {
                Plain { kind: leaf.kind, text: SecretValue::new(shown.into_bytes()), hashed: Some(text) }
            }
            None => Plain { kind: leaf.kind, text, hashed: None },
        };
        Held { plain, encrypted: false, fresh: false }
    };
    tree.leaves.iter().map(held).collect()
}

/// The file that a plaintext becomes, before anything is sealed: with `instead` in the place of a leaf, and
/// the metadata `block`.
pub(super) fn skeleton<'a>(
    format: Format,
    plain: &[u8],
    tree: &Tree,
    instead: impl Fn(usize) -> Option<&'a [u8]>,
    block: &[u8],
) -> Result<(Vec<u8>, Tree)> {
    let store = format.store();
    let mut patches = Vec::new();
    for (at, leaf) in tree.leaves.iter().enumerate() {
        let Some(text) = instead(at) else { continue };
        let mut token = Vec::new();
        let kind = if leaf.kind == Kind::Comment { Kind::Comment } else { Kind::Str };
        store.token(Place { file: plain, tree, leaf }, kind, text, &mut token)?;
        patches.push(Patch { range: leaf.span.clone(), text: token });
    }
    let mut file = weave(plain, patches);
    store.end(&mut file);
    let bare = store.read(&file)?;
    let file = if block.is_empty() { file } else { weave(&file, store.attach(&file, &bare, block)?) };
    let read = store.read(&file)?;
    if read.leaves.len() != tree.leaves.len() {
        return Err(damaged("the file cannot be written so that it would be read again as it is"));
    }
    Ok((file, read))
}
