//! One git process that answers with fields between zero bytes.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout};

use super::Repository;
use crate::error::Result;
use crate::process::{Program, Site, converse};

/// The process, and what of its answer was not read yet.
pub(super) struct Answer {
    child: Child,
    from: BufReader<ChildStdout>,
    doing: &'static str,
}

impl Answer {
    pub(super) fn start(site: &Site, git: &Program, doing: &'static str, args: &[OsString]) -> Result<Self> {
        let mut child = converse(site, git, args)?;
        drop(child.stdin.take());
        match child.stdout.take() {
            Some(from) => Ok(Answer { child, from: BufReader::with_capacity(1 << 16, from), doing }),
            None => Err(Repository::failed(doing)),
        }
    }

    /// The next field, without its end; `None` behind the last.
    pub(super) fn field(&mut self) -> Result<Option<Vec<u8>>> {
        let mut field = Vec::new();
        match self.from.read_until(0, &mut field) {
            Ok(0) => Ok(None),
            // a field without an end is one that git did not finish
            Ok(_) if field.pop() == Some(0) => Ok(Some(field)),
            _ => Err(Repository::failed(self.doing)),
        }
    }

    /// An answer is one only if the process ended well.
    pub(super) fn end(mut self) -> Result<()> {
        if self.ended_well() { Ok(()) } else { Err(Repository::failed(self.doing)) }
    }

    /// The same, where a failure is an answer too.
    pub(super) fn ended_well(&mut self) -> bool {
        self.child.wait().is_ok_and(|status| status.success())
    }

    /// All fields.
    pub(super) fn fields(mut self) -> Result<Vec<Vec<u8>>> {
        let mut fields = Vec::new();
        while let Some(field) = self.field()? {
            fields.push(field);
        }
        self.end()?;
        Ok(fields)
    }

    /// That this cannot be understood.
    pub(super) fn confusing(&self) -> crate::error::Error {
        Repository::failed(self.doing).note("its answer has a form that is not known here")
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
