//! A file that was made just now is opened again before anybody relies on it: a layout that its readers take otherwise
//! than its writer is found here, and not when the plaintext is gone.

use super::create::read_out;
use super::metadata::Metadata;
use super::open::{Held, Open};
use super::tree::{Kind, Tree};
use super::value::Cipher;
use crate::error::{Error, Result};
use crate::secret::SecretValue;

impl Open {
    /// Refuses `sealed`, made of this, unless it opens, says the same, and would say the same once it was shown.
    pub(super) fn prove(&self, sealed: &[u8]) -> Result<()> {
        let odd = || {
            Error::failed("the file is laid out so that it would not say the same once it was sealed")
                .note("no sealed file was made")
                .hint("lay it out more plainly: a value on a line of its own, comments on lines between them")
        };
        let store = self.format.store();
        let tree = store.read(sealed).map_err(|_| odd())?;
        let fields = tree.metadata.as_ref().map(|found| &found.fields).ok_or_else(odd)?;
        let metadata = Metadata::parse(fields)?;
        let key = SecretValue::concat(&[self.cipher.key().expose()]);
        let cipher = Cipher::new(key).ok_or_else(odd)?;
        let again = Open::check(sealed.to_vec(), self.format, tree, metadata, cipher).map_err(|_| odd())?;
        let shown = again.plain_as_it_is_sealed()?;
        let tree = store.read(shown.expose()).map_err(|_| odd())?;
        let read = read_out(self.format, &tree, shown.expose());
        let ours = Said { file: &self.file, tree: &self.tree, held: &self.held };
        let opened = Said { file: &again.file, tree: &again.tree, held: &again.held };
        let read = Said { file: shown.expose(), tree: &tree, held: &read };
        if ours.is(&opened) && ours.is(&read) { Ok(()) } else { Err(odd()) }
    }
}

/// A file and what it says.
struct Said<'a> {
    file: &'a [u8],
    tree: &'a Tree,
    held: &'a [Held],
}

impl Said<'_> {
    fn is(&self, other: &Said<'_>) -> bool {
        let name = |said: &Said<'_>, at: usize| said.tree.name(said.file, &said.tree.leaves[at]).to_vec();
        let same = |at: usize| {
            let (a, b) = (&self.held[at].plain, &other.held[at].plain);
            (a.kind == Kind::Comment, a.kind.is_value()) == (b.kind == Kind::Comment, b.kind.is_value())
                && a.text.same_as(&b.text)
                && name(self, at) == name(other, at)
        };
        self.held.len() == other.held.len() && (0..self.held.len()).all(same)
    }
}
