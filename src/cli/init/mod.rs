//! `reseal init`: from a plaintext `.env` to a sealed project, or from a sealed file to its policy. It says first what it
//! understood. With a terminal it asks before each step; it removes nothing unless it is told to.

mod folder;
mod seal;

use std::path::Path;

use super::args::{Global, InitArgs};
use super::container::Container;
use super::report::{Report, count};
use super::session::{Session, WHOLE};
use super::terminal::Terminal;
use crate::config::{Config, Proposal, propose};
use crate::disk::{self, Attributes, Project};
use crate::doctor;
use crate::error::{Error, Result};
use crate::sops::Open;
use folder::Found;

pub(super) fn run(global: &Global, args: &InitArgs, report: &Report) -> Result<()> {
    let mut session = Session::new(global)?;
    // an age file says with its name that it is one; who named it has said so already
    let unnamed = global.file.is_none() && !session.has_policy;
    if unnamed && seal::container(args, &session.project.sealed)? != Container::Sops {
        session.turn_to(WHOLE)?;
    }
    if args.delete_plaintext && disk::is_link(&args.env) {
        return Err(Error::usage(format!(
            "{:?} is a symbolic link: removing it would leave the plaintext",
            args.env
        ))
        .note("nothing was changed")
        .hint("name the file that it leads to, or leave `--delete-plaintext` out"));
    }
    let terminal = Terminal::new(global.no_input || args.yes || args.dry_run);
    still_to_be_made(global, &session.project)?;
    let found = folder::look(&session.project, args, report)?;
    if disk::stat(&session.project.sealed).is_some() {
        return adopt(global, args, &session, &found, &terminal, report);
    }
    let plain = seal::plaintext(args)?;
    let open = seal::glance(&session, args, &plain)?;
    let proposal = understood(&open, &found, &terminal, report);
    if args.dry_run {
        return report.data(proposal.policy.as_bytes());
    }
    let keys = count(open.entries().count(), "key");
    let (from, to) = (args.env.display(), session.project.label());
    agreed(&terminal, &format!("seal {keys} of {from} in {to}?"))?;
    let policy = wanted(&session.project, &terminal).then_some(proposal.policy.as_str());
    let (project, _lock, readers) = seal::seal(global, args, session, &plain, report)?;
    let policy = policy.map(|policy| for_readers(policy, &readers));

    // the sealed file is made: what fails from here on does not undo that
    match policy.map_or(Ok(false), |policy| write_policy(&project, &policy)) {
        Ok(true) => report.say("proposed a policy: reseal.toml"),
        Ok(false) => {}
        Err(error) => report.note(&format!("no policy was proposed: {error}")),
    }
    ignore(&project, report);
    seal::remove_plaintext(global, args, &terminal, report)
}

/// A file that is sealed already, by sops perhaps, gets a policy.
fn adopt(
    global: &Global,
    args: &InitArgs,
    session: &Session,
    found: &Found,
    terminal: &Terminal,
    report: &Report,
) -> Result<()> {
    if args.delete_plaintext {
        return Err(Error::usage(format!(
            "{:?} is there already, and was not made from {:?} now",
            session.project.sealed, args.env
        ))
        .note("nothing was changed")
        .hint("leave `--delete-plaintext` out, and remove the plaintext once you have compared the two"));
    }
    if args.post_quantum {
        return Err(seal::no_key_is_made());
    }
    let open = session.open(report)?;
    let proposal = understood(&open, found, terminal, report);
    if args.dry_run {
        return report.data(proposal.policy.as_bytes());
    }
    agreed(terminal, "write reseal.toml?")?;
    let _lock = session.project.lock()?;
    still_to_be_made(global, &session.project)?;
    if write_policy(&session.project, &proposal.policy)? {
        report.say("proposed a policy: reseal.toml");
    }
    ignore(&session.project, report);
    if disk::stat(&args.env).is_some_and(|s| s.is_file) {
        report.note(&format!(
            "{} is there beside the sealed file, in plain; see `reseal doctor`",
            args.env.display()
        ));
    }
    Ok(())
}

/// Says what was understood and what is doubtful, asks about that, and answers with what is proposed then.
fn understood(open: &Open, found: &Found, terminal: &Terminal, report: &Report) -> Proposal {
    // in a file of lines a dot is what no program asks for, and may be of a torn value
    let is_meant = |name: &[u8]| !open.is_flat() || !name.iter().any(|b| matches!(b, b'.' | b'['));
    let entries: Vec<_> =
        open.entries().map(|e| (e.name, e.value)).filter(|(name, _)| is_meant(name)).collect();
    let folder = found.folder();
    let proposal = propose(&folder, &entries, &[]);
    for line in &proposal.understood {
        report.say(line);
    }
    for fault in &proposal.faults {
        report.note(fault);
    }
    for line in &proposal.unclear {
        report.note(&format!("not understood: {line}"));
    }
    let yes = |(key, question): &(String, String)| {
        terminal.answers(question, false).unwrap_or(false).then(|| key.clone())
    };
    let agreed: Vec<String> = proposal.doubts.iter().filter_map(yes).collect();
    if agreed.is_empty() { proposal } else { propose(&folder, &entries, &agreed) }
}

/// Where somebody sits, he is asked; who says no has changed nothing.
fn agreed(terminal: &Terminal, question: &str) -> Result<()> {
    match (terminal.answers(question, true), terminal.is_there()) {
        (Some(true), _) | (None, false) => Ok(()),
        _ => Err(Error::failed("not confirmed").note("nothing was changed")),
    }
}

/// Whether a policy is to be written: there is none, and nobody says no.
fn wanted(project: &Project, terminal: &Terminal) -> bool {
    disk::stat(&project.root.join("reseal.toml")).is_none()
        && terminal.answers("write reseal.toml?", true).unwrap_or(!terminal.is_there())
}

/// The policy of a file that does not say who can open it.
fn for_readers(policy: &str, readers: &[String]) -> String {
    if readers.is_empty() {
        return policy.to_owned();
    }
    let readers: Vec<String> = readers.iter().map(|text| format!("{text:?}")).collect();
    let line = format!("recipients = [{}]", readers.join(", "));
    // the head of a policy is a comment and the name of the file
    let mut lines: Vec<&str> = policy.lines().collect();
    lines.insert(2.min(lines.len()), &line);
    lines.join("\n") + "\n"
}

/// Answers whether it was written; one that is there stays.
fn write_policy(project: &Project, policy: &str) -> Result<bool> {
    let path = project.root.join("reseal.toml");
    if disk::stat(&path).is_some() {
        return Ok(false);
    }
    // one that cannot be read would stop every other command
    Config::parse(policy)?;
    disk::replace(&path, policy.as_bytes(), Attributes { mode: 0o644, ..project.attributes })?;
    Ok(true)
}

fn ignore(project: &Project, report: &Report) {
    match doctor::ignore(&project.root, &[], project.attributes.owner) {
        Ok(added) if added.is_empty() => {}
        Ok(added) => report.say(&format!("added to .gitignore: {}", added.join(", "))),
        Err(error) => report.note(&format!("no ignore rules were added: {error}")),
    }
}

/// There is something left to do while the sealed file or the policy is missing.
fn still_to_be_made(global: &Global, project: &Project) -> Result<()> {
    let there = |path: &Path| disk::stat(path).is_some();
    let policy = global.config.clone().unwrap_or_else(|| project.root.join("reseal.toml"));
    if !there(&project.sealed) || !there(&policy) {
        return Ok(());
    }
    Err(Error::failed(format!("{:?} is there already", project.sealed)).note("nothing was changed").hint(
        match &global.file {
            None => "see what it holds with `reseal list`".to_owned(),
            Some(file) => format!("see what it holds with `reseal -f {} list`", disk::quoted(file)),
        },
    ))
}
