//! One `git cat-file --batch`, asked for one object after the other.

use std::io::{self, BufRead, BufReader, Read, Take, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use super::Repository;
use crate::error::{Error, Result};
use crate::process::{Program, Site, converse};

/// The process.
pub struct Objects {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    /// What of the last object was not read yet, with the line feed behind it.
    left: u64,
}

/// The bytes of one object.
pub struct Blob<'a> {
    objects: &'a mut Objects,
    pub size: u64,
}

impl Objects {
    pub(super) fn start(site: &Site, git: &Program) -> Result<Self> {
        let mut child = converse(site, git, &["cat-file", "--batch"])?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(to), Some(from)) => {
                Ok(Objects { child, to: Some(to), from: BufReader::with_capacity(1 << 16, from), left: 0 })
            }
            _ => Err(Repository::failed("be talked to")),
        }
    }

    /// An object by its name: a hash, `HEAD:reseal.toml`, `:path`. An error where there is none.
    pub fn blob(&mut self, name: &str) -> Result<Blob<'_>> {
        self.find(name)?.ok_or_else(|| Error::failed(format!("git has no object {name:?}")))
    }

    /// Whether there is an object of that name, of whatever kind.
    pub fn has(&mut self, name: &str) -> Result<bool> {
        Ok(self.head(name)?.is_some())
    }

    /// The same; `None` where there is none.
    pub fn find(&mut self, name: &str) -> Result<Option<Blob<'_>>> {
        match self.head(name)? {
            Some((kind, size)) if kind == "blob" => Ok(Some(Blob { objects: self, size })),
            _ => Ok(None),
        }
    }

    /// Asks for an object: its kind and its size. Its bytes are what comes next.
    fn head(&mut self, name: &str) -> Result<Option<(String, u64)>> {
        let failed = |_| Repository::failed("hand out an object");
        let rest = self.left;
        io::copy(&mut self.from.by_ref().take(rest), &mut io::sink()).map_err(failed)?;
        self.left = 0;
        if name.contains('\n') {
            return Ok(None);
        }
        let to = self.to.as_mut().ok_or_else(|| Repository::failed("be talked to"))?;
        to.write_all(format!("{name}\n").as_bytes()).and_then(|()| to.flush()).map_err(failed)?;
        let mut head = Vec::new();
        self.from.read_until(b'\n', &mut head).map_err(failed)?;
        let head = String::from_utf8_lossy(&head);
        // a hash, a kind and a size; anything else says why there is none
        let mut words = head.trim_end().rsplit(' ');
        let size = words.next().and_then(|size| size.parse::<u64>().ok());
        let (Some(size), Some(kind)) = (size, words.next()) else { return Ok(None) };
        self.left = size + 1;
        Ok(Some((kind.to_owned(), size)))
    }
}

impl Read for Blob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.objects.left - 1;
        let mut rest: Take<_> = self.objects.from.by_ref().take(left);
        let n = rest.read(buffer)?;
        if n == 0 && left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.objects.left -= n as u64;
        Ok(n)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // it ends when nobody asks any more
        drop(self.to.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
