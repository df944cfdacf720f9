//! One `git cat-file --batch`, asked for one object after the other.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Take, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use super::{ALWAYS, Repository};
use crate::error::{Error, Result};
use crate::process::{Program, Site, converse};

/// The process.
pub struct Objects {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    /// What of the last object was not read yet, with the line feed behind it.
    left: u64,
    /// What was asked for and not answered yet.
    asked: VecDeque<String>,
}

/// The bytes of one object.
pub struct Blob<'a> {
    objects: &'a mut Objects,
    pub size: u64,
}

impl Objects {
    pub(super) fn start(site: &Site, git: &Program) -> Result<Self> {
        let words = ALWAYS.into_iter().chain(["cat-file", "--batch"]);
        let mut child = converse(site, git, &words.collect::<Vec<_>>())?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(to), Some(from)) => {
                let (from, asked) = (BufReader::with_capacity(1 << 16, from), VecDeque::new());
                Ok(Objects { child, to: Some(to), from, left: 0, asked })
            }
            _ => Err(Repository::failed("be talked to")),
        }
    }

    /// An object by its name: a hash, `HEAD:reseal.toml`, `:path`. An error where there is none.
    pub fn blob(&mut self, name: &str) -> Result<Blob<'_>> {
        self.find(name)?.ok_or_else(|| Error::failed(format!("git has no object {name:?}")))
    }

    /// Says which objects will be asked for next, in this order: git fetches them meanwhile. A few only, since nobody
    /// reads what it answers before.
    pub fn announce<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> Result<()> {
        let mut text = String::new();
        for name in names.filter(|name| !name.contains('\n')) {
            text += name;
            text.push('\n');
            self.asked.push_back(name.to_owned());
        }
        self.write(&text)
    }

    /// Whether there is an object of that name, of whatever kind.
    pub fn has(&mut self, name: &str) -> Result<bool> {
        Ok(self.answer(name)?.is_some())
    }

    /// The same; `None` where there is none.
    pub fn find(&mut self, name: &str) -> Result<Option<Blob<'_>>> {
        match self.answer(name)? {
            Some((true, size)) => Ok(Some(Blob { objects: self, size })),
            _ => Ok(None),
        }
    }

    /// Asks for one object: whether it is a blob, and its size.
    fn answer(&mut self, name: &str) -> Result<Option<(bool, u64)>> {
        self.skip()?;
        if name.contains('\n') {
            return Ok(None);
        }
        // what was announced and is not wanted any more
        while self.asked.front().is_some_and(|asked| asked != name) {
            self.head()?;
            self.skip()?;
        }
        if self.asked.is_empty() {
            self.asked.push_back(name.to_owned());
            self.write(&format!("{name}\n"))?;
        }
        self.head()
    }

    fn write(&mut self, text: &str) -> Result<()> {
        let to = self.to.as_mut().ok_or_else(|| Repository::failed("be talked to"))?;
        to.write_all(text.as_bytes()).map_err(|_| Repository::failed("hand out an object"))
    }

    /// The rest of an object that nobody wants to read.
    fn skip(&mut self) -> Result<()> {
        let rest = std::mem::take(&mut self.left);
        let skipped = io::copy(&mut self.from.by_ref().take(rest), &mut io::sink());
        skipped.map(drop).map_err(|_| Repository::failed("hand out an object"))
    }

    /// The head of the next answer; `None`: there is no such object.
    fn head(&mut self) -> Result<Option<(bool, u64)>> {
        self.asked.pop_front();
        let mut head = Vec::new();
        match self.from.read_until(b'\n', &mut head) {
            Ok(n) if n > 0 && head.ends_with(b"\n") => {}
            _ => return Err(Repository::failed("hand out an object")),
        }
        let head = String::from_utf8_lossy(&head);
        // a hash, a kind and a size; anything else says why there is none
        let mut words = head.trim_end().rsplit(' ');
        let size = words.next().and_then(|size| size.parse::<u64>().ok());
        let kind = words.next().filter(|kind| ["blob", "tree", "commit", "tag"].contains(kind));
        let (Some(size), Some(kind)) = (size, kind) else { return Ok(None) };
        self.left = size + 1;
        Ok(Some((kind == "blob", size)))
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
