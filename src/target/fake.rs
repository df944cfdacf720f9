//! A service in memory, and services that lie: what the proofs are tried on.

use std::cell::RefCell;

use super::{Credential, Target};
use crate::error::{Error, Result};

/// How a service behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// One value at a time.
    Single,
    /// A new value beside the old one, until that is taken away.
    Overlap,
    /// Says yes and does nothing.
    SetsNothing,
    /// Takes nothing away.
    RetiresNothing,
    /// Takes everything away.
    RetiresAll,
    /// Lets everybody in.
    Trusts,
    /// Sets a value cut short.
    Truncates,
}

/// A service with one user.
pub(super) struct Fake {
    manner: Manner,
    accepted: RefCell<Vec<Vec<u8>>>,
}

impl Fake {
    pub(super) fn new(manner: Manner, value: &[u8]) -> Self {
        Fake { manner, accepted: RefCell::new(vec![value.to_vec()]) }
    }
}

impl Target for Fake {
    fn name(&self) -> String {
        "fake".into()
    }

    fn examine(&self, current: &Credential<'_>) -> Result<Vec<String>> {
        self.test(current)?.then(Vec::new).ok_or_else(|| Error::failed("the present value is refused"))
    }

    fn test(&self, credential: &Credential<'_>) -> Result<bool> {
        let accepted = self.accepted.borrow();
        Ok(self.manner == Manner::Trusts || accepted.iter().any(|v| v == credential.value.expose()))
    }

    fn set(&self, want: &Credential<'_>, _: &[Credential<'_>]) -> Result<()> {
        let mut accepted = self.accepted.borrow_mut();
        let value = want.value.expose();
        match self.manner {
            Manner::SetsNothing => {}
            Manner::Truncates => *accepted = vec![value[..8.min(value.len())].to_vec()],
            Manner::Single | Manner::Trusts => *accepted = vec![value.to_vec()],
            Manner::Overlap | Manner::RetiresNothing | Manner::RetiresAll => {
                accepted.retain(|v| v != value);
                accepted.push(value.to_vec());
            }
        }
        Ok(())
    }

    fn retire(&self, old: &Credential<'_>, _: &Credential<'_>) -> Result<()> {
        match self.manner {
            Manner::RetiresNothing => {}
            Manner::RetiresAll => self.accepted.borrow_mut().clear(),
            _ => self.accepted.borrow_mut().retain(|v| v != old.value.expose()),
        }
        Ok(())
    }

    fn sessions(&self, _: &Credential<'_>, _: &Credential<'_>) -> Result<Option<usize>> {
        Ok(Some(0))
    }
}
