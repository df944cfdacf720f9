//! How well findings fit the labels.
//!
//! - A label of one line is found by a finding in that line; one of several lines (a private key) by one in any of them.
//! - A label of line 0, the file as a whole, is found by any finding in the file, and each of them is right.
//! - A finding of line 0 is right in every file that has labels. It finds all labels of an `env`, `leftover` or `sealed`
//!   file: who is told that the file must not be there is told of its lines.
//! - What is marked as allowed is neither: an id that says something only beside the secret that belongs to it.
//! - Any other finding is false. Several in one line count once.
//! - Precision is the share of found labels among these and the false findings; recall that among all labels. A label
//!   belongs to its own kind, a false finding to the section of its file. A file without labels is clean; one with a
//!   finding in it is stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use super::Corpus;

/// A path in the corpus, and a line from 1, or 0.
pub type Place = (String, usize);

#[derive(Clone, Copy, Default)]
pub struct Count {
    pub labels: usize,
    pub found: usize,
    pub wrong: usize,
}

impl Count {
    pub fn precision(self) -> f64 {
        ratio(self.found, self.found + self.wrong)
    }

    pub fn recall(self) -> f64 {
        ratio(self.found, self.labels)
    }

    pub fn f1(self) -> f64 {
        ratio(2 * self.found, self.labels + self.found + self.wrong)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

pub struct Score {
    pub all: Count,
    pub kinds: BTreeMap<String, Count>,
    pub clean: usize,
    pub stopped: usize,
    pub misses: Vec<String>,
    pub wrong: Vec<String>,
}

impl Score {
    pub fn kind(&self, kind: &str) -> Count {
        self.kinds.get(kind).copied().unwrap_or_default()
    }
}

pub fn score(corpus: &Corpus, findings: &BTreeSet<Place>) -> Score {
    let mut kinds: BTreeMap<String, Count> = BTreeMap::new();
    let mut score = Score {
        all: Count::default(),
        kinds: BTreeMap::new(),
        clean: 0,
        stopped: 0,
        misses: Vec::new(),
        wrong: Vec::new(),
    };
    let paths: BTreeSet<&str> = corpus.files.iter().map(|file| file.path.as_str()).collect();
    for file in &corpus.files {
        let lines: BTreeSet<usize> = findings
            .range((file.path.clone(), 0)..=(file.path.clone(), usize::MAX))
            .map(|(_, line)| *line)
            .collect();
        let whole = file.wanted().any(|label| label.first == 0);
        for label in file.wanted() {
            let covers = lines.contains(&0) && ["env", "leftover", "sealed"].contains(&label.kind.as_str());
            let found = covers
                || whole && !lines.is_empty()
                || lines.range(label.first..=label.last).next().is_some();
            let count = kinds.entry(label.kind.clone()).or_default();
            count.labels += 1;
            count.found += usize::from(found);
            if !found {
                score.misses.push(format!("{}:{}: {}", file.path, label.first, label.kind));
            }
        }
        let mut stopped = false;
        for line in &lines {
            let right = whole
                || *line == 0 && !file.is_clean()
                || file.labels.iter().any(|label| (label.first..=label.last).contains(line));
            if !right {
                stopped = true;
                kinds.entry(file.section.clone()).or_default().wrong += 1;
                score.wrong.push(format!("{}:{line}: {}", file.path, file.section));
            }
        }
        if file.is_clean() {
            score.clean += 1;
            score.stopped += usize::from(stopped);
        }
    }
    // a finding in a file that the corpus does not know is false too
    for (path, line) in findings.iter().filter(|(path, _)| !paths.contains(path.as_str())) {
        kinds.entry("unknown".to_owned()).or_default().wrong += 1;
        score.wrong.push(format!("{path}:{line}: unknown"));
    }
    for count in kinds.values() {
        score.all.labels += count.labels;
        score.all.found += count.found;
        score.all.wrong += count.wrong;
    }
    score.kinds = kinds;
    score
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<10} {:>7} {:>6} {:>6} {:>10} {:>7} {:>6}",
            "kind", "labels", "found", "false", "precision", "recall", "F1"
        )?;
        let all = [("all".to_owned(), self.all)];
        for (kind, c) in self.kinds.iter().map(|(k, c)| (k.clone(), *c)).chain(all) {
            let mut line = String::new();
            write!(line, "{kind:<10} {:>7} {:>6} {:>6}", c.labels, c.found, c.wrong)?;
            write!(line, " {:>10.3} {:>7.3} {:>6.3}", c.precision(), c.recall(), c.f1())?;
            writeln!(f, "{line}")?;
        }
        let share = 100.0 * ratio(self.stopped, self.clean);
        writeln!(f, "clean files stopped: {} of {} ({share:.1} %)", self.stopped, self.clean)
    }
}
