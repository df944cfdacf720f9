//! A file that was made just now is opened again before anybody relies on it: a layout that its readers take otherwise
//! than its writer is found here, and not when the plaintext is gone.

use super::create::read_out;
use super::metadata::Metadata;
use super::open::{Held, Open};
use super::tree::Kind;
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
        if says_the_same(&self.held, &again.held) && says_the_same(&self.held, &read) {
            Ok(())
        } else {
            Err(odd())
        }
    }
}

fn says_the_same(one: &[Held], other: &[Held]) -> bool {
    let is_comment = |held: &Held| held.plain.kind == Kind::Comment;
    let same = |(a, b): (&Held, &Held)| is_comment(a) == is_comment(b) && a.plain.text.same_as(&b.plain.text);
    one.len() == other.len() && one.iter().zip(other).all(same)
}
