//! What `.sops.yaml` says must be sealed: every `path_regex` names files that are worth sealing, and one that is not
//! sealed was forgotten.
//!
//! A rule without an expression, or one that fits everything, says for whom and not what. One that fits every file of an
//! ending (`\.yaml$`) means the secrets among them, so that there a value must be one.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{cipher, values, worth};
use crate::scan::finding::{Class, Hit, Mend};
use crate::scan::kind::Kind;
use crate::scan::text::Text;
use crate::sops::{Exposed, Format, Pattern};

/// Which files must be sealed besides those that their names and content show.
#[derive(Default)]
pub struct Rules {
    /// What `HEAD` says, what the index says: both count. In each the nearest file does.
    versions: Vec<Vec<Place>>,
}

/// One `.sops.yaml`.
struct Place {
    /// Its folder, from the top.
    folder: Vec<u8>,
    /// What a path from the top must be preceded by, where the file lies above it.
    above: Vec<u8>,
    rules: Vec<Rule>,
}

struct Rule {
    path: Option<String>,
    pattern: OnceLock<Option<Pattern>>,
    /// Which values it seals: a field of the metadata, and its text.
    chosen: Option<(&'static str, String)>,
}

/// Only what is needed: whether the rest makes sense is for those who seal by it.
#[derive(Deserialize)]
struct File {
    creation_rules: Option<Vec<Creation>>,
}

#[derive(Deserialize)]
struct Creation {
    path_regex: Option<String>,
    unencrypted_suffix: Option<String>,
    encrypted_suffix: Option<String>,
    unencrypted_regex: Option<String>,
    encrypted_regex: Option<String>,
    unencrypted_comment_regex: Option<String>,
    encrypted_comment_regex: Option<String>,
}

impl From<Creation> for Rule {
    fn from(said: Creation) -> Self {
        let chosen = [
            ("unencrypted_suffix", said.unencrypted_suffix),
            ("encrypted_suffix", said.encrypted_suffix),
            ("unencrypted_regex", said.unencrypted_regex),
            ("encrypted_regex", said.encrypted_regex),
            ("unencrypted_comment_regex", said.unencrypted_comment_regex),
            ("encrypted_comment_regex", said.encrypted_comment_regex),
        ];
        let chosen =
            chosen.into_iter().find_map(|(field, text)| Some((field, text.filter(|text| !text.is_empty())?)));
        Rule { path: said.path_regex.filter(|path| !path.is_empty()), pattern: OnceLock::new(), chosen }
    }
}

/// Names that no expression about secrets means.
const ANY: [&str; 2] = ["wkpyh", "qzxjv/wkpyh"];

impl Rule {
    fn fits(&self, path: &[u8]) -> bool {
        let Some(text) = &self.path else { return true };
        self.pattern
            .get_or_init(|| Pattern::compile(text))
            .as_ref()
            .is_some_and(|pattern| pattern.matches(path))
    }

    fn fits_any(&self, ending: &str) -> bool {
        ANY.iter().any(|name| self.fits(format!("{name}.{ending}").as_bytes()))
    }
}

impl Rules {
    /// Adds the text of a `.sops.yaml`; false where it cannot be read. `version` keeps apart what was said at different
    /// times. `folder` is where it lies, from the top; `above` what stands between it and the top where it lies above.
    pub fn add(&mut self, version: usize, folder: &[u8], above: &[u8], text: &str) -> bool {
        let Ok(file) = serde_saphyr::from_str::<File>(text) else { return false };
        let rules = file.creation_rules.unwrap_or_default().into_iter().map(Rule::from).collect();
        while self.versions.len() <= version {
            self.versions.push(Vec::new());
        }
        self.versions[version].push(Place { folder: folder.to_vec(), above: above.to_vec(), rules });
        true
    }

    pub(super) fn look(&self, text: &Text<'_>, hits: &mut Vec<Hit>) {
        if self.versions.is_empty() || !can_be_meant(text) {
            return;
        }
        let wanting = self.speaking(&text.name.path).any(|rule| holds(rule, text));
        if wanting {
            let what = "a creation rule of .sops.yaml says that it is sealed, and it is not".to_owned();
            hits.push(Hit { class: Class::Plain, rule: "must-be-sealed", at: 0..0, what, mend: Mend::Seal });
        }
    }

    /// The rules that say of a path that it is sealed; of each version the first that fits.
    fn speaking<'r>(&'r self, path: &'r [u8]) -> impl Iterator<Item = &'r Rule> {
        self.versions.iter().filter_map(move |places| {
            let below = |place: &'r Place| {
                // what lies elsewhere has a name that does not begin at the top
                if place.folder.is_empty() && (path.starts_with(b"/") || path.starts_with(b"../")) {
                    return None;
                }
                let rest = path.strip_prefix(place.folder.as_slice())?;
                let rest = if place.folder.is_empty() { rest } else { rest.strip_prefix(b"/")? };
                Some((place, rest))
            };
            let near = |(place, _): &(&Place, &[u8])| (place.folder.len(), usize::MAX - place.above.len());
            let (place, rest) = places.iter().filter_map(below).max_by_key(near)?;
            let path = [place.above.as_slice(), rest].concat();
            let rule = place.rules.iter().find(|rule| rule.fits(&path))?;
            (rule.path.is_some() && !rule.fits_any("qqq")).then_some(rule)
        })
    }
}

/// Whether somebody could want such a file sealed.
fn can_be_meant(text: &Text<'_>) -> bool {
    let base = text.name.base();
    let about_files = base.starts_with(".git") || base == ".sops.yaml" || base == ".sops.yml";
    let of_tools = ["kustomization.yaml", "kustomization.yml", "chart.yaml"].contains(&base.as_str());
    let kind = !matches!(text.name.kind, Kind::Template | Kind::Doc | Kind::Source | Kind::Made);
    kind && !about_files && !of_tools && !text.bytes.is_empty() && !cipher::is_one(text.bytes)
}

/// Whether a file holds a value that the rule would seal.
fn holds(rule: &Rule, text: &Text<'_>) -> bool {
    let base = text.name.base();
    let format = values::format(&base);
    let ending = base.rsplit_once('.').map_or("", |(_, ending)| ending);
    // nobody calls an env file what is none, and such a file of Kubernetes says itself what it holds
    let by_name =
        !rule.fits_any(ending) || format == Some(Format::Dotenv) || is_kubernetes_secret(text.bytes);
    let counts = |name: &[u8], value: &[u8]| {
        if by_name { worth::says_something(value) } else { worth::is_real(name, value, false) }
    };
    let Some(format) = format else {
        // sops would seal it as one piece
        let one_line = !text.bytes.trim_ascii().contains(&b'\n');
        let mut found = one_line && worth::is_rare(text.bytes.trim_ascii());
        values::by_lines(text.bytes, &mut |value| {
            found |= !value.commented && worth::is_real(value.name, value.text, false);
        });
        return found;
    };
    let chosen = rule.chosen.as_ref().map(|(field, text)| (*field, text.as_str()));
    if let Some(read) = Exposed::of_plain(text.bytes, format, chosen) {
        return read.shown().any(|s| !s.comment && s.meant == Some(true) && counts(s.name, s.text));
    }
    let mut found = false;
    values::by_lines(text.bytes, &mut |value| {
        found |= !value.commented && worth::is_real(value.name, value.text, false);
    });
    found
}

fn is_kubernetes_secret(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|b| *b == b'\n');
    lines.any(|line| line.trim_ascii_end() == b"kind: Secret")
}
