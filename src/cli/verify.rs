//! `reseal verify [FILE…] [--no-key]`
//!
//! Every file is looked at, whatever is wrong with those before it. The worst code counts: a file that was changed
//! without the key (15), one that cannot be read (1), one that no key at hand opens (12), findings (3).

use std::path::{Path, PathBuf};

use super::args::{Global, VerifyArgs};
use super::report::{Report, count};
use super::session::{Session, now};
use crate::dialect::{Level, faults};
use crate::disk::{self, quoted};
use crate::error::{Error, Kind, Result};
use crate::keys::Keyring;
use crate::sops::{Finding, Format, Mend, Open, Sealed};

pub(super) fn run(global: &Global, args: &VerifyArgs, report: &Report) -> Result<()> {
    let named: Vec<Option<&Path>> = match args.files.as_slice() {
        [] => vec![global.file.as_deref()],
        files => files.iter().map(|file| Some(file.as_path())).collect(),
    };
    let mut sessions: Vec<Session> = Vec::new();
    let mut looked = Vec::new();
    for file in named {
        let session = Session::about(global, file)?;
        let path = file.map_or_else(|| label(&session), Path::to_path_buf);
        // so that one key file asks for its passphrase once
        let keyring = sessions.iter().find(|known| known.project.root == session.project.root);
        let keyring = keyring.map_or(&session.keyring, |known| &known.keyring);
        looked.push(look(&session, keyring, path, args.no_key));
        sessions.push(session);
    }
    if report.json {
        let files: Vec<_> = looked.iter().map(Looked::json).collect();
        report.json(&serde_json::json!({ "v": 1, "files": files }))?;
    } else {
        for looked in &looked {
            for finding in &looked.findings {
                report.line(&looked.told(finding))?;
            }
        }
    }
    end(looked, report)
}

/// The sealed file of a project, as the project names it where that is where we are.
fn label(session: &Session) -> PathBuf {
    let label = PathBuf::from(session.project.label());
    if disk::stat(&label).is_some() { label } else { session.project.sealed.clone() }
}

/// A file that was looked at.
struct Looked {
    path: PathBuf,
    format: Option<&'static str>,
    findings: Vec<Finding>,
    notes: Vec<String>,
    /// Whether the values were looked at too.
    opened: bool,
    /// What kept a part of it from being looked at.
    error: Option<Error>,
}

fn look(session: &Session, keyring: &Keyring, path: PathBuf, no_key: bool) -> Looked {
    let mut looked =
        Looked { path, format: None, findings: Vec::new(), notes: Vec::new(), opened: false, error: None };
    let fault = match examine(session, &mut looked) {
        Ok(Some(_)) if no_key => {
            looked.notes.push(
                "nothing was opened: whether values and MAC are as they were sealed is not known".into(),
            );
            None
        }
        Ok(Some(sealed)) => open(session, keyring, sealed, &mut looked).err().map(|error| {
            if error.kind() == Kind::Integrity {
                looked.findings.push(finding_of("integrity", &error));
            }
            let error = session.unreadable(error);
            match error.kind() {
                Kind::NoIdentity => {
                    error.note("what shows without a key was looked at; `--no-key` asks for no more")
                }
                _ => error,
            }
        }),
        Ok(None) => None,
        Err(error) => Some(error),
    };
    looked.error = fault;
    looked.findings.sort_by_key(|finding| finding.line);
    looked
}

/// What shows without a key. None: there is nothing that could be opened.
fn examine(session: &Session, looked: &mut Looked) -> Result<Option<Sealed>> {
    let Some(bytes) = disk::read_if_there(&session.project.sealed)? else {
        return Err(session.absent());
    };
    let seen = Sealed::examine(bytes, &now()).map_err(|error| {
        looked.findings.push(finding_of("unreadable", &error));
        session.unreadable(error)
    })?;
    looked.format = seen.format.map(Format::word);
    looked.findings = seen.findings;
    looked.notes = seen.notes;
    Ok(seen.sealed)
}

fn open(session: &Session, keyring: &Keyring, sealed: Sealed, looked: &mut Looked) -> Result<()> {
    // a wrapped key that differs may be why the file does not open
    looked.findings.extend(sealed.findings(keyring));
    let open = sealed.open(keyring)?;
    looked.opened = true;
    looked.findings.extend(open.findings());
    if open.format() == Format::Dotenv {
        consumers(session, &open, looked);
    }
    Ok(())
}

/// What the consumers of the policy would make of the values, as `doctor` says it.
fn consumers(session: &Session, open: &Open, looked: &mut Looked) {
    let readers = &session.config.consumers;
    if readers.is_empty() {
        return;
    }
    for (entry, line) in open.entries().zip(open.lines()) {
        for fault in faults(readers, entry.name, entry.value) {
            match fault.level {
                Level::Never => looked.findings.push(Finding {
                    rule: "value-lossy",
                    line,
                    key: None,
                    what: fault.to_string(),
                    // another value would not help a name
                    mend: match std::str::from_utf8(entry.name) {
                        Ok(key) if !fault.of_name => Mend::Reseal("set", Some(key.to_owned())),
                        _ => Mend::Reseal("edit", None),
                    },
                }),
                Level::Quoting => looked.notes.push(fault.told()),
            }
        }
    }
}

/// What an error says of a place, for those who read lines.
fn finding_of(rule: &'static str, error: &Error) -> Finding {
    let what = error.to_string();
    let digits = what.strip_prefix("line ").unwrap_or_default();
    let end = digits.bytes().take_while(u8::is_ascii_digit).count();
    let line = digits[..end].parse().unwrap_or(1);
    let what = match digits[end..].strip_prefix([',', ':']) {
        Some(rest) if end > 0 => rest.trim_start().to_owned(),
        _ => what,
    };
    let mend = Mend::ByHand("compare with the last good version, e.g. `git log -p`");
    Finding { rule, line, key: None, what, mend }
}

impl Looked {
    fn told(&self, finding: &Finding) -> String {
        let Finding { rule, line, key, what, .. } = finding;
        let key = key.as_ref().map_or(String::new(), |key| format!("key {key:?}: "));
        format!("{}:{line}: {rule}: {key}{what}; {}", self.path.display(), self.remedy(finding, "`"))
    }

    /// A command, in marks where it stands in a sentence, or what is to be done by hand.
    fn remedy(&self, finding: &Finding, mark: &str) -> String {
        let file = quoted(&self.path);
        match &finding.mend {
            Mend::Reseal(words, None) => format!("{mark}reseal -f {file} {words}{mark}"),
            Mend::Reseal(words, Some(word)) => {
                format!("{mark}reseal -f {file} {words} {}{mark}", quoted(Path::new(word)))
            }
            Mend::Shell(command) => format!("{mark}{command} {file}{mark}"),
            Mend::ByHand(text) => (*text).to_owned(),
        }
    }

    fn code(&self) -> u8 {
        match &self.error {
            Some(error) => error.kind().exit_code(),
            None if self.findings.is_empty() => 0,
            None => Kind::Found.exit_code(),
        }
    }

    fn json(&self) -> serde_json::Value {
        let findings: Vec<_> = self
            .findings
            .iter()
            .map(|f| {
                serde_json::json!({
                    "line": f.line, "key": f.key, "rule": f.rule, "what": f.what, "remedy": self.remedy(f, ""),
                })
            })
            .collect();
        serde_json::json!({
            "file": self.path,
            "format": self.format,
            "opened": self.opened,
            "code": self.code(),
            "findings": findings,
            "error": self.error.as_ref().map(ToString::to_string),
        })
    }
}

/// From the harmless to the worst.
const ORDER: [Kind; 4] = [Kind::Found, Kind::NoIdentity, Kind::Failed, Kind::Integrity];

fn end(looked: Vec<Looked>, report: &Report) -> Result<()> {
    let (files, findings) = (looked.len(), looked.iter().map(|l| l.findings.len()).sum::<usize>());
    let with = looked.iter().filter(|l| l.code() != 0).count();
    let opened = looked.iter().all(|l| l.opened);
    let mut worst: Option<Error> = None;
    for one in looked {
        for note in &one.notes {
            report.note(&format!("{}: {note}", one.path.display()));
        }
        let Some(error) = one.error else { continue };
        if files > 1 {
            report.error(&error);
        }
        let rank = |error: &Error| ORDER.iter().position(|kind| *kind == error.kind()).unwrap_or(ORDER.len());
        if worst.as_ref().is_none_or(|worst| rank(worst) < rank(&error)) {
            worst = Some(error);
        }
    }
    let summary = || match files {
        1 => count(findings, "finding"),
        _ => format!("{} in {with} of {files} files", count(findings, "finding")),
    };
    match worst {
        Some(error) if files == 1 => Err(error),
        Some(error) => Err(Error::new(error.kind(), summary())),
        None if findings > 0 => {
            Err(Error::new(Kind::Found, summary()).hint("each line ends with what mends it"))
        }
        None => {
            report.say(if opened { "nothing is wrong" } else { "nothing is wrong in what was looked at" });
            Ok(())
        }
    }
}
