//! What sops does not look at: a sealed file held against what a file of sops looks like, with a key and without.
//!
//! Each theme has a file here: `metadata`, `recipients`, `texts` (what lies encrypted), `clear` (what does not) and
//! `opened` (what a key shows). They say where and what; who prints it, and which command mends it in full, is not
//! known here. A finding never holds a value.

mod clear;
mod metadata;
mod opened;
mod recipients;
mod texts;

use std::cell::OnceCell;

use super::Sealed;
use super::judge;
use super::metadata::Metadata;
use super::open::showable;
use super::store::Format;
use super::tree::{Leaf, Tree};
use super::whole::is_age;
use crate::error::Result;

/// Something that is wrong in a sealed file.
pub struct Finding {
    /// Its kind. The words are stable: scripts may look for them.
    pub rule: &'static str,
    /// Where.
    pub line: usize,
    /// The key, where it is about one whose name can be shown.
    pub key: Option<String>,
    /// What, and what it means.
    pub what: String,
    /// What to do.
    pub mend: Mend,
}

/// What mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mend {
    /// A command of this program, and its argument besides the file.
    Reseal(&'static str, Option<String>),
    /// A command of the shell; the file follows.
    Shell(&'static str),
    /// What no command does.
    ByHand(&'static str),
}

impl Mend {
    /// For what was changed by somebody without the key: nothing here knows what was there before.
    const LAST_GOOD: Mend = Mend::ByHand("compare with the last good version, e.g. `git log -p`");

    fn edit() -> Mend {
        Mend::Reseal("edit", None)
    }

    fn rekey() -> Mend {
        Mend::Reseal("rekey", None)
    }
}

/// A file that was looked at without a key.
pub struct Examined {
    /// None: it is not sealed.
    pub format: Option<Format>,
    pub findings: Vec<Finding>,
    /// What is worth knowing and nothing wrong.
    pub notes: Vec<String>,
    /// The file, for a look with a key. None where its metadata is too damaged for that.
    pub sealed: Option<Sealed>,
}

impl Sealed {
    /// Looks at everything that shows without a key. The error is for what cannot be read as a file of its kind at
    /// all. `now` is RFC 3339, UTC, whole seconds.
    pub(crate) fn examine(file: Vec<u8>, now: &str) -> Result<Examined> {
        let unsealed = || Examined {
            format: None,
            findings: vec![Finding {
                rule: "not-sealed",
                line: 1,
                key: None,
                what: "the file has no sops metadata: all of it lies in clear".to_owned(),
                mend: Mend::Shell("reseal encrypt"),
            }],
            notes: Vec::new(),
            sealed: None,
        };
        let format = match Format::of_sealed(&file) {
            Some(format) => format,
            // what opens it authenticates all of it
            None if is_age(&file) => {
                return Sealed::parse(file).map(|sealed| Examined {
                    format: Some(sealed.format),
                    findings: Vec::new(),
                    notes: Vec::new(),
                    sealed: Some(sealed),
                });
            }
            None => return Ok(unsealed()),
        };
        let tree = format.store().read(&file)?;
        let Some(found) = &tree.metadata else { return Ok(unsealed()) };
        let parsed = Metadata::parse(&found.fields);
        let mut look = Look::new(&file, format, &tree);
        metadata::look(&mut look, found, parsed.as_ref(), now);
        recipients::look(&mut look, &found.fields);
        let flags = parsed.as_ref().ok().map(|metadata| {
            judge::verdicts(&tree, &file, &metadata.rule, |at| tree.leaves[at].text.bytes(&file))
        });
        texts::look(&mut look, found, flags.as_deref());
        if let (Ok(metadata), Some(flags)) = (&parsed, &flags) {
            clear::look(&mut look, &metadata.rule, flags);
        }
        clear::names(&mut look);
        clear::bytes(&mut look);
        let mut notes = recipients::notes(&found.fields);
        notes.extend(flags.iter().flat_map(|flags| clear::notes(&tree, flags)));
        if parsed.is_err() {
            notes.push("nothing was opened: the metadata does not say how".to_owned());
        }
        let findings = look.findings();
        let sealed = parsed.ok().map(|metadata| Sealed { file, format, tree, metadata });
        Ok(Examined { format: Some(format), findings, notes, sealed })
    }
}

/// A look at a file, and what it has found.
struct Look<'a> {
    file: &'a [u8],
    format: Format,
    tree: &'a Tree,
    /// Where lines end. A file may have as many findings as lines, so that counting for each would never end.
    ends: OnceCell<Vec<usize>>,
    found: Vec<Finding>,
}

impl<'a> Look<'a> {
    fn new(file: &'a [u8], format: Format, tree: &'a Tree) -> Self {
        Look { file, format, tree, ends: OnceCell::new(), found: Vec::new() }
    }

    /// The findings in the order of the file.
    fn findings(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|finding| finding.line);
        self.found
    }

    fn line(&self, at: usize) -> usize {
        let ends = self.ends.get_or_init(|| memchr::memchr_iter(b'\n', self.file).collect());
        1 + ends.partition_point(|end| *end < at)
    }

    /// Something at a place.
    fn at(&mut self, rule: &'static str, at: usize, what: impl Into<String>, mend: Mend) {
        let line = self.line(at);
        self.found.push(Finding { rule, line, key: None, what: what.into(), mend });
    }

    /// Something about a value or comment.
    fn leaf(&mut self, rule: &'static str, leaf: &Leaf, what: impl Into<String>, mend: Mend) {
        let line = self.line(leaf.span.start);
        let key = self.key(leaf);
        self.found.push(Finding { rule, line, key, what: what.into(), mend });
    }

    fn key(&self, leaf: &Leaf) -> Option<String> {
        leaf.step.as_ref()?;
        showable(self.tree, self.tree.name(self.file, leaf)).map(str::to_owned)
    }

    /// The command that writes a value anew; for a comment an editor.
    fn rewrite(&self, leaf: &Leaf) -> Mend {
        self.with_key(leaf, "set")
    }

    /// A command about a key. What has no name that can be shown is for an editor.
    fn with_key(&self, leaf: &Leaf, command: &'static str) -> Mend {
        self.key(leaf).map_or_else(Mend::edit, |key| Mend::Reseal(command, Some(key)))
    }
}
