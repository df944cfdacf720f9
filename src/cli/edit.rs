//! `reseal edit`: the sealed file in an editor that can write to RAM only. This process keeps the lock and the key and
//! never enters the editor's namespace; what comes back is read line by line, and lines that nobody touched keep their
//! ciphertext.
#![expect(clippy::disallowed_methods, reason = "cli reads the environment and asks at the terminal")]

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use super::args::{EditArgs, Global};
use super::change::{can_go, change_and_tell, follow};
use super::desk::Desk;
use super::encrypt::no_broken_value;
use super::report::Report;
use super::session::Session;
use super::terminal::Terminal;
use crate::audit::Act;
use crate::dialect;
use crate::disk;
use crate::error::{Error, Result};
use crate::secret::{SecretName, SecretValue, public_of};
use crate::sops::{Edited, Open};

/// An editor that is back sooner has hardly shown anything to a person.
const AT_ONCE: Duration = Duration::from_millis(500);

pub(super) fn run(global: &Global, args: &EditArgs, report: &Report) -> Result<()> {
    let session = Session::about(global, args.input.as_deref().or(global.file.as_deref()))?;
    session.sealed()?;
    let editor = editor()?;
    let terminal = Terminal::new(global.no_input);
    let mut told = Vec::new();
    let changed = change_and_tell(&session, report, args.reason.as_deref(), |open| {
        let name = session.project.sealed.file_name().unwrap_or_default().to_string_lossy();
        let name = OsString::from(name.strip_suffix(".enc").unwrap_or(&name));
        let mut desk = Desk::open(&name, &editor)?;
        let plain = open.plain()?;
        let start = Instant::now();
        let mut text = desk.edit(&plain)?;
        let at_once = start.elapsed() < AT_ONCE && std::io::stdin().is_terminal();
        let edited = loop {
            match read(&session, open, &plain, &text) {
                Ok(edited) => break edited,
                Err(error) => {
                    let again = "press Enter to go on editing, or write \"no\" to give up: ";
                    if !terminal.is_there() {
                        return Err(error.note("nothing was changed"));
                    }
                    report.error(&error);
                    if terminal.line(again).is_none_or(|answer| answer.trim().starts_with('n')) {
                        return Err(Error::failed("the editing was given up").note("nothing was changed"));
                    }
                    text = desk.again()?;
                }
            }
        };
        if !edited.changed {
            report.note("nothing was changed");
            if at_once {
                report.note("the editor was back at once: one that hands the file to a window elsewhere cannot show it; set SOPS_EDITOR to one that runs in this terminal");
            }
            return Ok(Vec::new());
        }
        let (set, unset) = (edited.set.clone(), edited.unset.clone());
        let private = |name: &SecretName| {
            session.config.secrets.get(name)?.pair.as_ref()?;
            Some((name.clone(), SecretValue::concat(&[edited.value(name)?.expose()])))
        };
        let private: Vec<_> = set.iter().filter_map(private).collect();
        for name in &set {
            let faults =
                edited.value(name).map(|v| dialect::faults(&session.config.consumers, name.as_bytes(), v));
            told.extend(faults.iter().flatten().map(dialect::Fault::told));
        }
        open.apply(edited)?;
        for (name, value) in private {
            follow(&session, open, &name, &value)?;
        }
        let in_clear: HashSet<&[u8]> = open.entries().filter(|e| !e.encrypted).map(|e| e.name).collect();
        for name in set.iter().filter(|name| in_clear.contains(name.as_bytes())) {
            told.push(format!("\"{name}\" lies in the file unencrypted: its rule is {}", open.rule()));
        }
        let set: Vec<String> = set.iter().map(ToString::to_string).collect();
        let mut acts = Vec::new();
        // a change of order or comments alone is a change of the file, and of no secret
        if !set.is_empty() || unset.is_empty() {
            acts.push((Act::Set, set));
        }
        if !unset.is_empty() {
            acts.push((Act::Unset, unset));
        }
        Ok(acts)
    })?;
    for note in told {
        report.note(&note);
    }
    let label = session.project.label();
    for (act, names) in &changed {
        let what = match (act, names.len()) {
            (Act::Set, 0) => "comments or the order of lines changed in",
            (Act::Set, 1) => "is set in",
            (Act::Set, _) => "are set in",
            _ => "taken out of",
        };
        let names = names.join(", ");
        report.say(format!("{names} {what} {label}").trim_start());
    }
    Ok(())
}

/// Everything about an edited text that may be wrong.
fn read(session: &Session, open: &Open, before: &SecretValue, text: &SecretValue) -> Result<Edited> {
    let edited = open.read_edited(text)?;
    if no_broken_value(before.expose()).is_ok() {
        no_broken_value(text.expose())?;
    }
    for name in &edited.set {
        let pair = session.config.secrets.get(name).and_then(|policy| policy.pair.as_ref());
        if let (Some(_), Some(value)) = (pair, edited.value(name)) {
            public_of(value).map_err(|e| e.context(format!("\"{name}\"")))?;
        }
    }
    if !edited.unset.is_empty() {
        can_go(session, &edited.unset)?;
    }
    Ok(edited)
}

/// As sops finds it, and VISUAL besides.
fn editor() -> Result<Vec<OsString>> {
    for variable in ["SOPS_EDITOR", "EDITOR", "VISUAL"] {
        let Some(value) = std::env::var_os(variable).filter(|v| !v.is_empty()) else { continue };
        let words = value.to_str().and_then(shlex::split).filter(|words| !words.is_empty());
        let words = words.ok_or_else(|| {
            Error::usage(format!("{variable} is no command line that can be split"))
                .hint("is a quote in it open?")
        })?;
        return Ok(words.into_iter().map(OsString::from).collect());
    }
    // these would draw the values into whatever stands in the terminal's place
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Error::usage("there is no terminal for an editor")
            .note("nothing was changed")
            .hint("set EDITOR to a program that edits the file by itself, or use `reseal set`"));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = ["vim", "nano", "vi"].into_iter().find(|name| {
        std::env::split_paths(&path).any(|folder| disk::stat(&folder.join(name)).is_some_and(|s| s.is_file))
    });
    found.map(|name| vec![name.into()]).ok_or_else(|| {
        Error::failed("there is no editor: neither vim nor nano nor vi")
            .hint("set EDITOR to the one that you use")
    })
}
