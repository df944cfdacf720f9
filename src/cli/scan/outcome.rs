//! What came of a look, once what is accepted is taken out.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::source::Source;
use super::tell::{Lies, Mending};
use crate::error::{Error, Result};
use crate::scan::{BASELINE, Baseline, Class, Finding, Item, Place, Stale, Swept};

/// Findings that count, and what else there is to tell.
pub(super) struct Outcome<'s> {
    pub(super) findings: Vec<(&'s Item, Finding)>,
    pub(super) failures: Vec<(&'s Item, Error)>,
    pub(super) files: usize,
    pub(super) bytes: u64,
    /// How many findings the baseline has.
    pub(super) accepted: usize,
    /// How many are in files that the policy leaves out.
    pub(super) excluded: usize,
    /// Entries of the baseline that are of nothing any more, where everything was looked at.
    pub(super) stale: Vec<Stale>,
    pub(super) notes: Vec<String>,
    pub(super) mending: Mending,
}

impl<'s> Outcome<'s> {
    pub(super) fn of(source: &'s Source<'s>, swept: Swept, patterns: &GlobSet, baseline: &Baseline) -> Self {
        let mut check = baseline.check();
        let (mut accepted, mut excluded) = (0, 0);
        let mut findings = Vec::new();
        for (i, finding) in swept.findings {
            let item = &source.items[i];
            // what the repository's own files hold is looked for everywhere
            if finding.class != Class::Known && patterns.is_match(path(item)) {
                excluded += 1;
                continue;
            }
            match check.accepts(&item.name.path, &finding) {
                true => accepted += 1,
                false => findings.push((item, finding)),
            }
        }
        let is_on_disk = |(item, _): &(&Item, Finding)| matches!(item.place, Place::Disk(_) | Place::Held(_));
        let mut mending = source.mending();
        if let Some(repository) = source.repository.as_ref().filter(|_| mending.lies == Lies::OnDisk)
            && findings.iter().any(is_on_disk)
        {
            mending.tracked = repository.names().unwrap_or_default().into_iter().collect();
        }
        Outcome {
            findings,
            failures: swept.failures.into_iter().map(|(i, error)| (&source.items[i], error)).collect(),
            files: swept.files,
            bytes: swept.bytes,
            accepted,
            excluded,
            stale: if source.is_all { check.stale() } else { Vec::new() },
            notes: Vec::new(),
            mending,
        }
    }

    /// The baseline with everything that was found.
    pub(super) fn accept(&self, baseline: &mut Baseline, key: [u8; 16]) {
        for (item, finding) in &self.findings {
            baseline.accept(&item.name.path, finding, key);
        }
    }
}

fn path(item: &Item) -> &std::path::Path {
    use std::os::unix::ffi::OsStrExt;
    std::path::Path::new(std::ffi::OsStr::from_bytes(&item.name.path))
}

/// The patterns of `exclude`; a pattern without a slash fits names in every folder, and a folder stands for all in it.
pub(super) fn patterns(texts: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for text in texts {
        let bad = |_| Error::usage(format!("reseal.toml, scan.exclude: {text:?} is no pattern"));
        let trimmed = text.trim_matches('/');
        let anchored = text.trim_end_matches('/').contains('/');
        let start = if anchored { "" } else { "**/" };
        set.add(Glob::new(&format!("{start}{trimmed}")).map_err(bad)?);
        set.add(Glob::new(&format!("{start}{trimmed}/**")).map_err(bad)?);
    }
    set.build()
        .map_err(|_| Error::usage(format!("reseal.toml, scan.exclude: too many patterns beside {BASELINE}")))
}

#[cfg(test)]
mod tests {
    use super::patterns;

    #[test]
    fn patterns_are_as_in_ignore_files() {
        for (pattern, path, want) in [
            ("vectors", "vectors/a", true),
            ("vectors", "tests/vectors/a/b", true),
            ("*.snap", "a/b.snap", true),
            ("/docs/", "docs/a.md", true),
            ("/docs/", "x/docs/a.md", false),
            ("tests/**/*.pem", "tests/a/b.pem", true),
            ("tests/*.pem", "src/b.pem", false),
        ] {
            assert_eq!(patterns(&[pattern.to_owned()]).unwrap().is_match(path), want, "{pattern} {path}");
        }
    }
}
