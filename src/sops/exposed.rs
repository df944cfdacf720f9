//! What of a file lies in clear, for the guard, which has no key: of a sealed file and of one that should be sealed.
//!
//! [`Sealed::examine`](super::Sealed) tells all that is odd. Here only that counts which shows a value to whoever has the
//! file, or lets it be exchanged unseen.

use std::ops::Range;

use super::judge;
use super::metadata::Metadata;
use super::rule::Rule;
use super::store::Format;
use super::tree::{Kind, Leaf, Step, Tree, key_of};
use super::value::Cipher;

/// A file that could be read as one of its kind.
pub(crate) struct Exposed<'f> {
    file: &'f [u8],
    tree: Tree,
    format: Format,
    /// The rule by which it is sealed, or is to be. None: the metadata does not say.
    rule: Option<Rule>,
    mac: bool,
    recipients: bool,
    /// For each leaf, whether the rule wants it encrypted.
    meant: Option<Vec<bool>>,
}

/// A value or comment that lies in clear.
pub(crate) struct Shown<'e> {
    /// The last name on the way to it. Nothing for a comment.
    pub(crate) name: &'e [u8],
    pub(crate) text: &'e [u8],
    /// Where it stands, without quotes.
    pub(crate) at: Range<usize>,
    pub(crate) comment: bool,
    /// Whether the rule wants it encrypted. None: no rule is known.
    pub(crate) meant: Option<bool>,
}

/// What is wrong with a sealed file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Values can be added, removed and exchanged.
    NoMac,
    /// It says of nobody that he can open it.
    NoRecipients,
    /// The expression of the rule is none, so that it matches nothing.
    RuleBroken,
    /// No value of the file is one that the rule means.
    RuleEmpty,
}

impl<'f> Exposed<'f> {
    /// A sealed file. `None`: it is not sealed, or cannot be read.
    pub(crate) fn of_sealed(file: &'f [u8]) -> Option<Self> {
        let format = Format::of_sealed(file)?;
        let tree = format.store().read(file).ok()?;
        let fields = &tree.metadata.as_ref()?.fields;
        let mac = fields.text("mac").is_some_and(|mac| !mac.is_empty());
        // other things are called "sops" too
        let said = ["lastmodified", "version"].iter().filter(|name| fields.text(name).is_some()).count();
        let kinds = ["age", "pgp", "kms", "gcp_kms", "hckms", "azure_kv", "hc_vault", "key_groups"];
        let recipients = kinds.iter().any(|kind| !fields.list(kind).is_empty());
        if said + usize::from(recipients) + usize::from(mac) < 2 {
            return None;
        }
        let rule = Metadata::parse(fields).ok().map(|metadata| metadata.rule);
        let meant = rule
            .as_ref()
            .map(|rule| judge::verdicts(&tree, file, rule, |at| tree.leaves[at].text.bytes(file)));
        Some(Exposed { file, tree, format, rule, mac, recipients, meant })
    }

    /// A plaintext of a kind that sops seals, and which of its values a rule means. `None`: it cannot be read.
    pub(crate) fn of_plain(file: &'f [u8], format: Format, rule: Option<(&str, &str)>) -> Option<Self> {
        let tree = format.store().read(file).ok()?;
        let rule = match rule {
            Some((field, text)) => Rule::parse(field, text)?,
            None => Rule::default(),
        };
        let meant = judge::verdicts(&tree, file, &rule, |at| tree.leaves[at].text.bytes(file));
        Some(Exposed {
            file,
            tree,
            format,
            rule: Some(rule),
            mac: false,
            recipients: false,
            meant: Some(meant),
        })
    }

    /// What is wrong with a sealed file as a whole.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !self.mac {
            faults.push(Fault::NoMac);
        }
        if !self.recipients {
            faults.push(Fault::NoRecipients);
        }
        if let (Some(rule), Some(meant)) = (&self.rule, &self.meant) {
            let filled = |leaf: &Leaf| leaf.kind.is_value() && !leaf.text.bytes(self.file).is_empty();
            let mut values = self.tree.leaves.iter().zip(meant).filter(|(leaf, _)| filled(leaf)).peekable();
            if rule.compiles().is_err() {
                faults.push(Fault::RuleBroken);
            } else if values.peek().is_some() && !values.any(|(_, meant)| *meant) {
                faults.push(Fault::RuleEmpty);
            }
        }
        faults
    }

    /// What the rule says, for people.
    pub(crate) fn rule(&self) -> String {
        self.rule.as_ref().map_or_else(String::new, Rule::to_string)
    }

    /// Whether the rule names what is encrypted, so that what is new is easily forgotten.
    pub(crate) fn is_opt_in(&self) -> bool {
        self.rule.as_ref().is_some_and(Rule::is_opt_in)
    }

    /// Every value and comment that lies in clear and says something.
    pub(crate) fn shown(&self) -> impl Iterator<Item = Shown<'_>> {
        let leaves = self.tree.leaves.iter().enumerate();
        leaves.filter_map(|(i, leaf)| {
            let text = leaf.text.bytes(self.file);
            let says = !matches!(leaf.kind, Kind::Null | Kind::Empty) && !text.trim_ascii().is_empty();
            // its only text is all of a file, and is there also where the file is empty
            let is_text = matches!(leaf.kind, Kind::Str | Kind::Comment);
            if !says || is_text && Cipher::looks_sealed(text) || self.is_name_of_binary(leaf) {
                return None;
            }
            let comment = leaf.kind == Kind::Comment;
            let name = if comment { &[] } else { self.name(leaf) };
            let meant = self.meant.as_ref().map(|meant| meant[i]);
            Some(Shown { name, text, at: self.inner(&leaf.span), comment, meant })
        })
    }

    fn is_name_of_binary(&self, leaf: &Leaf) -> bool {
        self.format == Format::Binary && leaf.kind != Kind::Str
    }

    /// The key of a leaf; in a list that of the list.
    fn name<'e>(&'e self, leaf: &'e Leaf) -> &'e [u8] {
        if let Some(key) = leaf.step.as_ref().and_then(|step| key_of(step, self.file)) {
            return key;
        }
        let mut branch = Some(leaf.branch);
        while let Some(at) = branch {
            let found = &self.tree.branches[at];
            match &found.step {
                Some(Step::Key(key)) => return key.bytes(self.file),
                _ => branch = found.parent,
            }
        }
        &[]
    }

    /// A token without its quotes.
    fn inner(&self, span: &Range<usize>) -> Range<usize> {
        let token = &self.file[span.clone()];
        let trimmed = span.start + (token.len() - token.trim_ascii_start().len())
            ..span.end - (token.len() - token.trim_ascii_end().len());
        if trimmed.start >= trimmed.end {
            return span.clone();
        }
        match &self.file[trimmed.clone()] {
            [b'"', .., b'"'] | [b'\'', .., b'\''] if trimmed.len() > 2 => trimmed.start + 1..trimmed.end - 1,
            _ => trimmed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(exposed: &Exposed<'_>) -> Vec<(String, Option<bool>)> {
        exposed.shown().map(|s| (String::from_utf8_lossy(s.name).into_owned(), s.meant)).collect()
    }

    #[test]
    fn what_lies_in_clear_is_told_with_what_the_rule_says_of_it() {
        let file = include_bytes!("../../fixtures/sops/enc/073-t-plain-value.enc.env");
        let exposed = Exposed::of_sealed(file).unwrap();
        assert_eq!(exposed.faults(), []);
        let told = shown(&exposed);
        assert!(told.contains(&("FOO".into(), Some(true))), "{told:?}");
        assert!(told.contains(&("P_unencrypted".into(), Some(false))), "{told:?}");
        assert!(!told.iter().any(|(name, _)| name == "BAZ" || name == "EMPTY"), "{told:?}");
    }

    #[test]
    fn faults_of_the_whole() {
        let fault = |file: &[u8]| Exposed::of_sealed(file).unwrap().faults();
        let no_mac = include_bytes!("../../fixtures/sops/enc/070-t-mac-missing.enc.env");
        assert_eq!(fault(no_mac), [Fault::NoMac]);
        let whole =
            String::from_utf8(include_bytes!("../../fixtures/sops/enc/001-basic.enc.env").to_vec()).unwrap();
        let for_nobody: String =
            whole.lines().filter(|l| !l.starts_with("sops_age")).map(|l| format!("{l}\n")).collect();
        assert_eq!(fault(for_nobody.as_bytes()), [Fault::NoRecipients]);
        let nothing = include_bytes!("../../fixtures/sops/enc/037-regex-matches-nothing.enc.env");
        assert_eq!(fault(nothing), [Fault::RuleEmpty]);
        let broken = include_bytes!("../../fixtures/sops/enc/038-regex-invalid.enc.env");
        assert_eq!(fault(broken), [Fault::RuleBroken]);
    }

    #[test]
    fn what_is_only_called_sops_is_not_sealed() {
        for file in [
            "sops:\n  enabled: true\n",
            "sops_path=/usr/bin/sops\nA=1\n",
            "{\"sops\": {\"version\": 1}}",
            "[sops]\nage = x\n",
        ] {
            assert!(Exposed::of_sealed(file.as_bytes()).is_none(), "{file}");
        }
    }

    #[test]
    fn values_of_a_plaintext_have_their_last_name_and_their_place() {
        let file = b"data:\n  password: \"p w\"\n  list: [a, b]\nkind: Secret\n";
        let exposed = Exposed::of_plain(file, Format::Yaml, Some(("encrypted_regex", "^data$"))).unwrap();
        let all: Vec<_> = exposed.shown().map(|s| (s.name.to_vec(), file[s.at].to_vec(), s.meant)).collect();
        assert_eq!(all[0], (b"password".to_vec(), b"p w".to_vec(), Some(true)));
        assert_eq!(all[1], (b"list".to_vec(), b"a".to_vec(), Some(true)));
        assert_eq!(all[3], (b"kind".to_vec(), b"Secret".to_vec(), Some(false)));
    }
}
