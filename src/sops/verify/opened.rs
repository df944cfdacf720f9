//! What a key shows beyond what opening checks: whether every wrapped data key is the same, comments that do not
//! authenticate, and values that no environment carries or that lie in clear elsewhere.

use std::collections::HashMap;

use crate::error::Kind as Failure;
use crate::keys::{Keyring, Wrapped};
use crate::secret::{SecretValue, looks_like_a_value};
use crate::sops::metadata::Stanza;
use crate::sops::open::{Held, Open};
use crate::sops::tree::{Kind, Leaf};
use crate::sops::value::Cipher;
use crate::sops::{Sealed, shamir};

use super::clear::is_named_secret;
use super::metadata::place;
use super::{Finding, Look, Mend};

impl Sealed {
    /// Opens what is wrapped for each recipient that an identity at hand stands for. Opening the file asks for one.
    pub(crate) fn findings(&self, keyring: &Keyring) -> Vec<Finding> {
        let mut look = Look::new(&self.file, self.format, &self.tree);
        let groups = &self.metadata.groups;
        let mut shares = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            let way = if groups.len() == 1 { String::new() } else { format!("key_groups__list_{at}__map_") };
            let mut opened = Vec::new();
            for (n, stanza) in group.age.iter().enumerate() {
                let field = format!("{way}age__list_{n}__map_enc");
                match keyring.unwrap(&[Wrapped { recipient: &stanza.recipient, enc: &stanza.enc }]) {
                    Ok(found) => opened.push((field, stanza, found.payload)),
                    Err(e) if e.kind() == Failure::Integrity => {
                        self.differs(&mut look, &field, stanza, FORGED);
                    }
                    Err(_) => {}
                }
            }
            let of_the_file = opened.iter().find(|(_, _, payload)| groups.len() == 1 && self.fits(payload));
            if let Some((_, _, right)) = of_the_file.or(opened.first()) {
                for (field, stanza, _) in opened.iter().filter(|(_, _, payload)| !payload.same_as(right)) {
                    self.differs(&mut look, field, stanza, OTHER);
                }
                shares.push(copy(right));
            }
        }
        if groups.len() > 1 {
            self.shares(&mut look, &shares);
        }
        look.findings()
    }

    /// Whether the MAC was sealed with a data key.
    fn fits(&self, payload: &SecretValue) -> bool {
        let cipher = Cipher::new(copy(payload));
        let stored = self.metadata.mac.as_deref().unwrap_or_default().as_bytes();
        cipher.is_some_and(|cipher| cipher.open(stored, self.metadata.modified.as_bytes()).is_ok())
    }

    fn differs(&self, look: &mut Look<'_>, field: &str, stanza: &Stanza, what: &str) {
        let Some(found) = &self.tree.metadata else { return };
        let who: String = stanza.recipient.chars().take(72).collect();
        let at = place(look, found, Some(field));
        look.at("stanza-differs", at, format!("what is wrapped for {who:?} {what}"), Mend::rekey());
    }

    /// With more shares than are needed, each must lead to the same key.
    fn shares(&self, look: &mut Look<'_>, shares: &[SecretValue]) {
        let (groups, threshold) = (self.metadata.groups.len(), self.metadata.threshold);
        let needed = if threshold == 0 { groups } else { threshold };
        if needed < 2 || shares.len() <= needed {
            return;
        }
        let key = |last: &SecretValue| {
            let all: Vec<SecretValue> = shares[..needed - 1].iter().chain([last]).map(copy).collect();
            shamir::combine(&all)
        };
        let first = key(&shares[needed - 1]);
        let same = |last: &SecretValue| match (&first, &key(last)) {
            (Some(one), Some(other)) => one.same_as(other),
            _ => false,
        };
        if !shares[needed..].iter().all(same)
            && let Some(found) = &self.tree.metadata
        {
            let what = "the shares of the groups lead to different data keys: one was changed, or is of another version of the file";
            look.at("share-differs", place(look, found, Some("key_groups")), what, Mend::LAST_GOOD);
        }
    }
}

const FORGED: &str = "does not authenticate: it was changed";
const OTHER: &str =
    "is another data key than that of the file: it was forged, or is of another version of the file";

fn copy(value: &SecretValue) -> SecretValue {
    SecretValue::concat(&[value.expose()])
}

impl Open {
    /// What the opened values and comments show.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut look = Look::new(&self.file, self.format, &self.tree);
        for (leaf, held) in self.tree.leaves.iter().zip(&self.held) {
            let text = leaf.text.bytes(&self.file);
            if leaf.kind == Kind::Comment
                && held.encrypted
                && Cipher::looks_sealed(text)
                && held.plain.text.expose() == text
            {
                let what =
                    "the comment does not authenticate: it was changed, or moved here from another place";
                look.leaf("comment-forged", leaf, what, Mend::edit());
            } else if self.tree.flat && held.plain.kind.is_value() {
                carried(&mut look, leaf, &held.plain.text);
            }
        }
        self.copies(&mut look);
        look.findings()
    }

    /// The lines of [`Open::entries`].
    pub(crate) fn lines(&self) -> Vec<usize> {
        let look = Look::new(&self.file, self.format, &self.tree);
        self.filled().map(|(_, leaf, _)| look.line(leaf.span.start)).collect()
    }

    /// Values that lie encrypted, and once more in clear.
    fn copies(&self, look: &mut Look<'_>) {
        let mut sealed: HashMap<&[u8], &Leaf> = HashMap::new();
        let told = |held: &Held| held.plain.kind == Kind::Str && held.plain.text.len() >= 6;
        if self.filled().all(|(_, _, held)| held.encrypted || !told(held)) {
            return;
        }
        for (_, leaf, held) in self.filled().filter(|(_, _, held)| held.encrypted && told(held)) {
            // hosts and addresses may well stand there twice
            let value = held.plain.text.expose();
            if is_named_secret(self.tree.name(&self.file, leaf)) || looks_like_a_value(value) {
                sealed.insert(value, leaf);
            }
        }
        for (_, leaf, held) in self.filled().filter(|(_, _, held)| !held.encrypted && told(held)) {
            if let Some(twin) = sealed.get(held.plain.text.expose()) {
                let line = look.line(twin.span.start);
                let what =
                    format!("the value lies in clear, and on line {line} the same value lies encrypted");
                let mend = look.rewrite(leaf);
                look.leaf("value-known", leaf, what, mend);
            }
        }
    }
}

/// Whether an environment carries a value as somebody meant it.
fn carried(look: &mut Look<'_>, leaf: &Leaf, value: &SecretValue) {
    let value = value.expose();
    if value.contains(&0) {
        let mend = look.rewrite(leaf);
        look.leaf("value-odd", leaf, "the value holds a NUL, which no environment can carry", mend);
    } else if value.ends_with(b"\r") {
        let mend = look.rewrite(leaf);
        look.leaf(
            "value-odd",
            leaf,
            "the value ends in a carriage return: its line once ended in CR LF",
            mend,
        );
    }
}
