//! Which files git tracks.

use std::io::Read;

use super::Repository;
use crate::error::Result;
use crate::process::converse;

impl Repository {
    /// Their paths from the top, as the index has them.
    pub fn tracked(&self) -> Result<Vec<Vec<u8>>> {
        let args = ["ls-files", "-z", "--full-name", "--", ":/"];
        let mut child = converse(&self.site, &self.git, &args)?;
        drop(child.stdin.take());
        let mut all = Vec::new();
        let read = child.stdout.take().map(|mut out| out.read_to_end(&mut all));
        let ended = child.wait();
        if !matches!(read, Some(Ok(_))) || !ended.is_ok_and(|status| status.success()) {
            return Err(Repository::failed("list the tracked files"));
        }
        let paths = all.split(|b| *b == 0).filter(|path| !path.is_empty());
        Ok(paths.map(<[u8]>::to_vec).collect())
    }
}
