//! What the guard is told to leave alone, as it was before the change that is looked at: who commits a secret cannot
//! excuse it in the same commit.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::source::Source;
use crate::cli::args::Global;
use crate::config::{Config, ScanConfig};
use crate::disk;
use crate::error::{Error, Result};
use crate::scan::{BASELINE, Baseline, Objects};

/// The settings that count.
pub(super) struct Settings {
    pub(super) config: ScanConfig,
    pub(super) baseline: Baseline,
    /// Where the baseline is or will be.
    pub(super) baseline_path: PathBuf,
    /// What changes with the commit and does not count yet.
    pub(super) notes: Vec<String>,
}

/// One file of settings in its versions.
struct Versions {
    /// The one that counts.
    counts: Option<Vec<u8>>,
    /// The one that comes, where it is another.
    comes: Option<Option<Vec<u8>>>,
}

impl Settings {
    /// `is_edited`: the baseline is to be changed, so that the file on disk is meant.
    pub(super) fn of(
        global: &Global,
        source: &Source<'_>,
        objects: Option<&mut Objects>,
        is_edited: bool,
    ) -> Result<Self> {
        let here = source.folder;
        let mut reader = Reader { source, objects };
        let mut notes = Vec::new();
        let versions = match &global.config {
            Some(path) => Versions { counts: Some(disk::read(path)?), comes: None },
            None => {
                let found = disk::find_upwards(here, "reseal.toml");
                reader.versions(&found.unwrap_or_else(|| here.join("reseal.toml")))?
            }
        };
        let config = config(versions.counts)?;
        if let Some(comes) = versions.comes
            && self::config(comes).is_ok_and(|comes| comes != config)
        {
            notes.push(format!(
                "what reseal.toml says of scans changes; until it is committed, that of {} counts",
                source.base
            ));
        }
        let top = source.repository.map_or(here, |repository| &repository.top);
        let baseline_path = top.join(BASELINE);
        let versions = match is_edited {
            true => Versions { counts: disk::read_if_there(&baseline_path)?, comes: None },
            false => reader.versions(&baseline_path)?,
        };
        if versions.comes.is_some() {
            notes.push(format!("{BASELINE} changes; until it is committed, that of {} counts", source.base));
        }
        let baseline = Baseline::parse(&versions.counts.unwrap_or_default())?;
        Ok(Settings { config, baseline, baseline_path, notes })
    }
}

fn config(text: Option<Vec<u8>>) -> Result<ScanConfig> {
    let Some(text) = text else { return Ok(ScanConfig::default()) };
    let text = String::from_utf8(text).map_err(|_| Error::usage("reseal.toml is not UTF-8"))?;
    Ok(Config::parse(&text)?.scan)
}

struct Reader<'a> {
    source: &'a Source<'a>,
    objects: Option<&'a mut Objects>,
}

impl Reader<'_> {
    /// The version before the change counts. One that git does not know counts as it lies there, and so does the first
    /// one of a repository without a commit.
    fn versions(&mut self, path: &Path) -> Result<Versions> {
        let on_disk = || disk::read_if_there(path);
        let (Some(repository), Some(objects)) = (self.source.repository, &mut self.objects) else {
            return Ok(Versions { counts: on_disk()?, comes: None });
        };
        let Ok(inside) = path.strip_prefix(&repository.top) else {
            return Ok(Versions { counts: on_disk()?, comes: None });
        };
        let inside = inside.to_string_lossy();
        let base = &self.source.base;
        let staged = whole(objects, &format!(":{inside}"))?;
        let comes = if self.source.is_staged { staged.clone() } else { on_disk()? };
        if !objects.has(base)? {
            return Ok(Versions { counts: comes, comes: None });
        }
        match whole(objects, &format!("{base}:{inside}"))? {
            None if staged.is_none() => Ok(Versions { counts: on_disk()?, comes: None }),
            counts if counts == comes => Ok(Versions { counts, comes: None }),
            counts => Ok(Versions { counts, comes: Some(comes) }),
        }
    }
}

fn whole(objects: &mut Objects, name: &str) -> Result<Option<Vec<u8>>> {
    let Some(mut blob) = objects.find(name)? else { return Ok(None) };
    let mut bytes = Vec::new();
    blob.read_to_end(&mut bytes)
        .map_err(|e| Error::failed(format!("git stopped in {name}: {}", e.kind())))?;
    Ok(Some(bytes))
}
