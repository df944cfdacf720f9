//! Which `.sops.yaml` speaks of a file, and what it says.
//!
//! sops looks for it from the current folder upwards; here the search begins where the file lies, so that a command
//! means the same wherever it is run (decision 0044). `SOPS_CONFIG` names one outright, as with sops.
#![expect(clippy::disallowed_methods, reason = "cli reads the environment")]

use std::path::{Path, PathBuf};

use crate::config::Creation;
use crate::disk;
use crate::error::{Error, Result};
use crate::sops::fits;

/// The creation rule for a file, with the `.sops.yaml` that it stands in. Nothing where there is none, or it has no
/// creation rules at all.
pub(super) fn creation(file: &Path) -> Result<Option<(PathBuf, Creation)>> {
    let here =
        std::env::current_dir().map_err(|e| Error::failed(format!("cannot tell the current folder: {e}")))?;
    let full = disk::direct(&here.join(file));
    let named = std::env::var_os("SOPS_CONFIG").filter(|path| !path.is_empty());
    let yaml = match named {
        Some(path) => Some(disk::direct(&here.join(path))),
        None => full.parent().and_then(|folder| disk::find_upwards(folder, ".sops.yaml")),
    };
    let Some(yaml) = yaml else { return Ok(None) };
    let text =
        String::from_utf8(disk::read(&yaml)?).map_err(|_| Error::usage(format!("{yaml:?} is not UTF-8")))?;
    // a file that does not lie below it goes by its whole path
    let below = yaml.parent().and_then(|folder| full.strip_prefix(folder).ok()).unwrap_or(&full);
    let found = Creation::find(&text, &below.to_string_lossy(), fits)?;
    Ok(found.map(|creation| (yaml, creation)))
}
