//! Which lines of a file are new.

use std::collections::HashSet;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// The lines of a file, by digests that stay in memory. How they end does not count.
#[derive(Default)]
pub(in crate::scan) struct Lines {
    digests: HashSet<[u8; 16]>,
}

impl Lines {
    /// Takes in the lines of an earlier version.
    pub(in crate::scan) fn add(&mut self, from: &mut dyn Read) -> io::Result<()> {
        each(from, &mut |_, digest| {
            self.digests.insert(digest);
        })
    }

    /// The numbers of the lines, from 1, that no earlier version has.
    pub(in crate::scan) fn new_in(&self, from: &mut dyn Read) -> io::Result<HashSet<usize>> {
        let mut new = HashSet::new();
        each(from, &mut |number, digest| {
            if !self.digests.contains(&digest) {
                new.insert(number);
            }
        })?;
        Ok(new)
    }
}

/// Calls with each line's number and digest; a line may be as long as it likes.
fn each(from: &mut dyn Read, line: &mut dyn FnMut(usize, [u8; 16])) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    let (mut number, mut digest, mut open) = (1, Sha256::new(), false);
    let mut close = |number: &mut usize, digest: &mut Sha256| {
        let full = digest.finalize_reset();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        line(*number, short);
        *number += 1;
    };
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        let mut rest = &buffer[..n];
        while let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
            digest.update(&rest[..at]);
            if rest[at] == b'\n' {
                close(&mut number, &mut digest);
                open = false;
            }
            rest = &rest[at + 1..];
        }
        digest.update(rest);
        open |= !rest.is_empty();
    }
    if open {
        close(&mut number, &mut digest);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_lines_are_those_that_no_version_has() {
        let mut lines = Lines::default();
        lines.add(&mut b"one\ntwo\n".as_slice()).unwrap();
        lines.add(&mut b"three".as_slice()).unwrap();
        let new = |text: &str| {
            let mut new: Vec<usize> = lines.new_in(&mut text.as_bytes()).unwrap().into_iter().collect();
            new.sort_unstable();
            new
        };
        assert!(new("two\r\none\r\nthree\n").is_empty());
        assert_eq!(new("one\n\ntwo\nfour"), [2, 4]);
        let long = format!("{}\ntwo\n{}", "x".repeat(1 << 17), "y".repeat(1 << 16));
        assert_eq!(new(&long), [1, 3]);
    }
}
