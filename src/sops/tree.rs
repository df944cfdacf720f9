//! What a store reads out of a file: the maps and lists, and in the order of the file every value and comment in
//! them, each with its place in the bytes.
//!
//! Only what is touched is written again, at its place; the rest of the file is copied. So the tree holds no layout:
//! the bytes do. Paths are those of sops: of the names of maps alone, since a list adds nothing to the associated data.

use std::ops::Range;

use super::meta::Meta;
use super::path;
use crate::secret::SecretValue;

/// A text of the file: as it stands in the bytes, or decoded.
pub(super) enum Text {
    At(Range<usize>),
    Own(SecretValue),
}

impl Text {
    pub(super) fn bytes<'a>(&'a self, file: &'a [u8]) -> &'a [u8] {
        match self {
            Text::At(range) => &file[range.clone()],
            Text::Own(text) => text.expose(),
        }
    }
}

impl From<Vec<u8>> for Text {
    fn from(text: Vec<u8>) -> Self {
        Text::Own(SecretValue::new(text))
    }
}

/// What a leaf is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Comment,
    Str,
    Int,
    Float,
    Bool,
    /// RFC 3339
    Time,
    Null,
    /// A map or list that holds nothing: it takes part in no MAC and is never encrypted.
    Empty,
}

impl Kind {
    /// Whether it is a value that can be encrypted and counts in the MAC.
    pub(super) fn is_value(self) -> bool {
        !matches!(self, Kind::Comment | Kind::Null | Kind::Empty)
    }
}

/// One step down from a map or a list.
pub(super) enum Step {
    Key(Text),
    Index(usize),
}

/// A map or a list. The first one is the root of the first document.
pub(super) struct Branch {
    /// None for the root of a document.
    pub(super) parent: Option<usize>,
    pub(super) step: Option<Step>,
    pub(super) list: bool,
    /// Where it stands: its value without the key.
    pub(super) span: Range<usize>,
    /// What goes when it is taken out: key, value, and what only served them.
    pub(super) entry: Range<usize>,
    /// The text of an alias: what stands below lies elsewhere in the file and cannot be written here.
    pub(super) fixed: bool,
    name: Range<usize>,
    aad: Vec<u8>,
}

/// A value or a comment.
pub(super) struct Leaf {
    pub(super) branch: usize,
    /// None for a comment, unless it belongs to an empty map or list.
    pub(super) step: Option<Step>,
    pub(super) kind: Kind,
    /// What it says, decoded. A number, a boolean or a time as it enters the MAC: decimal, `True`, RFC 3339.
    pub(super) text: Text,
    /// What is replaced when it changes: the token of a value, what follows the mark of a comment.
    pub(super) span: Range<usize>,
    /// What goes when it is taken out.
    pub(super) entry: Range<usize>,
    /// The text of an alias, or below one: it cannot be written here. Of a comment: its list holds nothing else.
    pub(super) fixed: bool,
    name: Name,
}

enum Name {
    None,
    InFile(Range<usize>),
    Written(Range<usize>),
}

/// The metadata, and where it stands.
pub(super) struct Found {
    /// A map.
    pub(super) fields: Meta,
    /// The tokens of the time and of the MAC, in each document.
    pub(super) modified: Vec<Range<usize>>,
    pub(super) mac: Vec<Range<usize>>,
    /// All of it: for each document the pieces, in order.
    pub(super) blocks: Vec<Vec<Range<usize>>>,
}

/// A file, read.
pub(super) struct Tree {
    pub(super) branches: Vec<Branch>,
    /// In the order of the file.
    pub(super) leaves: Vec<Leaf>,
    pub(super) metadata: Option<Found>,
    /// Names are keys as they are, and no paths.
    pub(super) flat: bool,
    documents: usize,
    names: Vec<u8>,
}

impl Tree {
    /// A tree of one empty map. `flat`: it will hold values only, under keys that are no paths.
    pub(super) fn new(flat: bool) -> Self {
        let mut tree = Tree {
            branches: Vec::new(),
            leaves: Vec::new(),
            metadata: None,
            flat,
            documents: 0,
            names: Vec::new(),
        };
        tree.document();
        tree
    }

    /// The root of one more document. Its names start with its number in brackets.
    pub(super) fn document(&mut self) -> usize {
        let start = self.names.len();
        if self.documents > 0 {
            self.names.extend_from_slice(format!("[{}]", self.documents).as_bytes());
        }
        self.documents += 1;
        self.branches.push(Branch {
            parent: None,
            step: None,
            list: false,
            span: 0..0,
            entry: 0..0,
            fixed: false,
            name: start..self.names.len(),
            aad: Vec::new(),
        });
        self.branches.len() - 1
    }

    /// A map or list below `parent`. Its places are filled in when it ends.
    pub(super) fn branch(&mut self, file: &[u8], parent: usize, step: Step, list: bool) -> usize {
        let name = self.write_name(file, parent, &step);
        let above = &self.branches[parent];
        let mut aad = above.aad.clone();
        if let Step::Key(key) = &step {
            aad.extend_from_slice(key.bytes(file));
            aad.push(b':');
        }
        let fixed = above.fixed;
        self.branches.push(Branch {
            parent: Some(parent),
            step: Some(step),
            list,
            span: 0..0,
            entry: 0..0,
            fixed,
            name,
            aad,
        });
        self.branches.len() - 1
    }

    /// A value.
    pub(super) fn leaf(
        &mut self,
        file: &[u8],
        branch: usize,
        step: Step,
        (kind, text): (Kind, Text),
        span: Range<usize>,
        entry: Range<usize>,
    ) {
        let name = match &step {
            Step::Key(Text::At(range)) if self.flat => Name::InFile(range.clone()),
            _ => Name::Written(self.write_name(file, branch, &step)),
        };
        let fixed = self.branches[branch].fixed;
        self.leaves.push(Leaf { branch, step: Some(step), kind, text, span, entry, fixed, name });
    }

    /// A comment; `text` is what follows its mark.
    pub(super) fn comment(&mut self, branch: usize, text: Text, span: Range<usize>, entry: Range<usize>) {
        let kind = Kind::Comment;
        let name = Name::None;
        self.leaves.push(Leaf { branch, step: None, kind, text, span, entry, fixed: false, name });
    }

    fn write_name(&mut self, file: &[u8], parent: usize, step: &Step) -> Range<usize> {
        let start = self.names.len();
        if self.flat {
            if let Step::Key(key) = step {
                self.names.extend_from_slice(key.bytes(file));
            }
        } else {
            self.names.extend_from_within(self.branches[parent].name.clone());
            match step {
                Step::Key(key) => path::push_key(&mut self.names, start, key.bytes(file)),
                Step::Index(at) => path::push_index(&mut self.names, *at),
            }
        }
        start..self.names.len()
    }

    /// The name of a value as people and policies write it: `database.password`, `servers[0].key`.
    pub(super) fn name<'a>(&'a self, file: &'a [u8], leaf: &'a Leaf) -> &'a [u8] {
        match &leaf.name {
            Name::None => &[],
            Name::InFile(range) => &file[range.clone()],
            Name::Written(range) => &self.names[range.clone()],
        }
    }

    /// The same of a map or list; nothing for the root.
    pub(super) fn branch_name(&self, branch: usize) -> &[u8] {
        &self.names[self.branches[branch].name.clone()]
    }

    /// How long all names are together.
    pub(super) fn length_of_names(&self) -> usize {
        self.names.len()
    }

    /// The associated data of a leaf.
    pub(super) fn aad(&self, file: &[u8], leaf: &Leaf) -> Vec<u8> {
        match &leaf.step {
            None => self.aad_within(leaf.branch),
            Some(Step::Index(_)) => self.branches[leaf.branch].aad.clone(),
            Some(Step::Key(key)) => [&self.branches[leaf.branch].aad[..], key.bytes(file), b":"].concat(),
        }
    }

    /// That of a comment in a map or list; what stands at the top belongs to nothing.
    pub(super) fn aad_within(&self, branch: usize) -> Vec<u8> {
        let aad = &self.branches[branch].aad;
        if aad.is_empty() { b":".to_vec() } else { aad.clone() }
    }

    /// The branches from the root down to this one.
    pub(super) fn chain(&self, branch: usize) -> Vec<usize> {
        let mut chain = vec![branch];
        while let Some(parent) = self.branches[chain[chain.len() - 1]].parent {
            chain.push(parent);
        }
        chain.reverse();
        chain
    }
}

/// The key of a step into a map.
pub(super) fn key_of<'a>(step: &'a Step, file: &'a [u8]) -> Option<&'a [u8]> {
    match step {
        Step::Key(key) => Some(key.bytes(file)),
        Step::Index(_) => None,
    }
}
