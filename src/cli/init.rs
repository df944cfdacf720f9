//! `reseal init`: from a plaintext `.env` to a sealed project. It removes nothing unless it is told to.

use std::path::{Path, PathBuf};

use super::args::{Global, InitArgs};
use super::change::record;
use super::encrypt::{new_file, no_broken_value};
use super::identity;
use super::report::{Report, count};
use super::session::{self, Session};
use crate::audit::Act;
use crate::config::{Config, Surroundings, propose};
use crate::disk::{self, Attributes, Owner, Project};
use crate::doctor;
use crate::error::{Error, Kind, Result};
use crate::keys;
use crate::sops::Sealed;

const COMPOSE_FILES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

pub(super) fn run(global: &Global, args: &InitArgs, report: &Report) -> Result<()> {
    let mut session = Session::new(global)?;
    if args.delete_plaintext && disk::is_link(&args.env) {
        return Err(Error::usage(format!(
            "{:?} is a symbolic link: removing it would leave the plaintext",
            args.env
        ))
        .note("nothing was changed")
        .hint("name the file that it leads to, or leave `--delete-plaintext` out"));
    }
    let project = &session.project;
    still_to_be_made(global, project)?;
    let plain = disk::read_secret(&args.env)
        .map_err(|e| e.hint("name the plaintext file: `reseal init ENV-FILE`"))?;
    if Sealed::is_sealed(plain.expose()) {
        return Err(Error::failed(format!("{:?} is sealed already", args.env))
            .hint(format!("use it as it is: `reseal -f {} list`", disk::quoted(&args.env))));
    }
    no_broken_value(plain.expose()).map_err(|e| e.context(format!("{:?}", args.env)))?;
    let new = match new_file(&session, &args.env, &args.age) {
        Err(error) if error.kind() == Kind::NoIdentity && args.age.is_empty() => {
            let (path, made) = make_key(global, &session)?;
            if made {
                report.say(&format!("made a key: {}", path.display()));
                report.note(
                    "whoever has this key has the secrets; without it they are lost: keep a copy elsewhere",
                );
            }
            session = Session::new(global)?;
            new_file(&session, &args.env, &args.age).map_err(|e| match e.kind() {
                Kind::NoIdentity => {
                    Error::new(Kind::NoIdentity, format!("{path:?} is there, but holds no identity of use"))
                }
                _ => e,
            })?
        }
        other => other?,
    };
    let project = &session.project;
    let _lock = project.lock()?;
    // another init may have been faster
    still_to_be_made(global, project)?;
    let (open, remarks) = new
        .open(&plain, &mut *session::random(), &session.prompt)
        .map_err(|e| e.context(format!("{:?}", args.env)))?;
    for remark in remarks {
        report.note(&remark);
    }
    let entries: Vec<_> = open.entries().map(|e| (e.name, e.value)).collect();
    let policy = propose(&project.label(), &entries, &surroundings(&project.root));
    let (names, keys) = (open.names_to_record(), entries.len());
    let sealed = open.seal(&session::now(), &mut *session::random())?;
    disk::replace(&project.sealed, &sealed, project.attributes)?;
    record(&session, Act::Sealed, &names, None)?;
    report.say(&format!("sealed {} of {} in {}", count(keys, "key"), args.env.display(), project.label()));

    // the sealed file is made: what fails from here on does not undo that
    match write_policy(project, &policy) {
        Ok(true) => report.say("proposed a policy: reseal.toml"),
        Ok(false) => {}
        Err(error) => report.note(&format!("no policy was proposed: {error}")),
    }
    match doctor::ignore(&project.root, &[], project.attributes.owner) {
        Ok(added) if added.is_empty() => {}
        Ok(added) => report.say(&format!("added to .gitignore: {}", added.join(", "))),
        Err(error) => report.note(&format!("no ignore rules were added: {error}")),
    }
    // the plaintext goes only once somebody at hand has opened what replaces it
    // with what is on the disk now, not with the key that this process remembers
    let proven = Session::new(global).and_then(|fresh| fresh.open(report));
    match (args.delete_plaintext, proven) {
        (false, Ok(_)) => {
            report.note(&format!(
                "{} still holds everything in plain; remove it once you trust the sealed file",
                args.env.display()
            ));
        }
        (false, Err(error)) if error.kind() == Kind::NoIdentity => {
            report.note("no identity at hand opens the sealed file; its recipients can");
        }
        (false, Err(error)) => report.note(&format!("that the sealed file opens was not proven: {error}")),
        (true, Ok(_)) => {
            disk::remove(&args.env)?;
            report.say(&format!("removed {}", args.env.display()));
        }
        (true, Err(error)) => return Err(error.note(format!("{} was not removed", args.env.display()))),
    }
    Ok(())
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

fn still_to_be_made(global: &Global, project: &Project) -> Result<()> {
    if disk::stat(&project.sealed).is_none() {
        return Ok(());
    }
    Err(Error::failed(format!("{:?} is there already", project.sealed)).note("nothing was changed").hint(
        match &global.file {
            None => "see what it holds with `reseal list`".to_owned(),
            Some(file) => format!("see what it holds with `reseal -f {} list`", disk::quoted(file)),
        },
    ))
}

/// A key where `--age-key-file` or `SOPS_AGE_KEY_FILE` says, or where sops keeps its own, so that sops finds it too.
/// Answers whether it was made; one that is there, perhaps since a moment ago, stays.
fn make_key(global: &Global, session: &Session) -> Result<(PathBuf, bool)> {
    let configured = session.config.age_key_file.as_ref().map(|p| session.project.root.join(p));
    let path =
        global.age_key_file.clone().or(configured).or_else(identity::new_key_file).ok_or_else(|| {
            Error::failed("there is no home folder to keep a key in").hint("say where with `--age-key-file`")
        })?;
    let owner = Owner::of_this_process();
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        disk::make_folder(folder, owner)?;
    }
    let (text, _) = keys::generate(&session::now());
    let made = disk::create(&path, text.expose(), Attributes { mode: 0o600, owner })?;
    Ok((path, made))
}

fn surroundings(root: &Path) -> Surroundings {
    let there = |name: &str| disk::stat(&root.join(name)).is_some_and(|s| s.is_file);
    let wrapper = "scripts/docker-compose-sops.sh";
    Surroundings {
        wrapper: there(wrapper).then(|| format!("./{wrapper}")),
        compose: COMPOSE_FILES.iter().any(|name| there(name)),
    }
}
