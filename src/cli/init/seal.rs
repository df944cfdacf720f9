//! The sealed file: made from the plaintext, with a key that is made where there is none; and the end of the plaintext.

use std::path::{Path, PathBuf};

use crate::audit::Act;
use crate::cli::args::{Global, InitArgs};
use crate::cli::change::record;
use crate::cli::container::{Container, format_of};
use crate::cli::encrypt::{new_file, no_broken_value};
use crate::cli::identity;
use crate::cli::report::{Report, count};
use crate::cli::session::{self, Session};
use crate::cli::terminal::Terminal;
use crate::disk::{self, Attributes, Lock, Owner, Project};
use crate::error::{Error, Kind, Result};
use crate::keys::{self, Recipient};
use crate::secret::SecretValue;
use crate::sops::{Format, NewFile, Open, Rule, Sealed};

/// The plaintext file, which must not be sealed yet.
pub(super) fn plaintext(args: &InitArgs) -> Result<SecretValue> {
    let plain = disk::read_secret(&args.env)
        .map_err(|e| e.hint("name the plaintext file: `reseal init ENV-FILE`"))?;
    if Sealed::is_sealed(plain.expose()) {
        return Err(Error::failed(format!("{:?} is sealed already", args.env))
            .hint(format!("propose a policy for it: `reseal -f {} init`", disk::quoted(&args.env))));
    }
    if format_of(&args.env) == Format::Dotenv {
        no_broken_value(plain.expose()).map_err(|e| e.context(format!("{:?}", args.env)))?;
    }
    Ok(plain)
}

/// The plaintext's keys, before anything is made: sealed for a key that nobody keeps.
pub(super) fn glance(session: &Session, args: &InitArgs, plain: &SecretValue) -> Result<Open> {
    let (_, nobody) = keys::generate(&session::now());
    let new = match new_file(session, &args.env, &args.age) {
        Ok(new) => NewFile { recipients: vec![nobody], ..new },
        Err(error) if error.kind() == Kind::NoIdentity && args.age.is_empty() => {
            NewFile { recipients: vec![nobody], rule: Rule::default(), mac_only_encrypted: false }
        }
        Err(error) => return Err(error),
    };
    let format = format_of(&args.env);
    let opened = new.open(format, plain, &mut *session::random(), &session.prompt);
    opened.map(|(open, _)| open).map_err(|e| e.context(format!("{:?}", args.env)))
}

/// What [`Project::lock`] gives; held to the end.
type Locks = (Lock, Option<Lock>);

/// Seals it, with a new key if there is none.
pub(super) fn seal(
    global: &Global,
    args: &InitArgs,
    mut session: Session,
    plain: &SecretValue,
    report: &Report,
) -> Result<(Project, Locks, Vec<Recipient>)> {
    let new = match new_file(&session, &args.env, &args.age) {
        Err(error) if error.kind() == Kind::NoIdentity && args.age.is_empty() => {
            let (path, made) = make_key(global, &session, args.post_quantum)?;
            if made {
                report.say(&format!("made a key: {}", path.display()));
                report.note(
                    "whoever has this key has the secrets; without it they are lost: keep a copy elsewhere",
                );
            }
            let label = session.project.label();
            session = Session::new(global)?;
            session.turn_to(&label)?;
            new_file(&session, &args.env, &args.age).map_err(|e| match e.kind() {
                Kind::NoIdentity => {
                    Error::new(Kind::NoIdentity, format!("{path:?} is there, but holds no identity of use"))
                }
                _ => e,
            })?
        }
        Ok(_) if args.post_quantum => return Err(no_key_is_made()),
        other => other?,
    };
    let project = &session.project;
    let lock = project.lock()?;
    // another init may have been faster
    if disk::stat(&project.sealed).is_some() {
        return Err(Error::failed(format!("{:?} is there already", project.sealed))
            .note("nothing was changed")
            .hint("see what it holds with `reseal list`"));
    }
    let (open, remarks) = container(args, &project.sealed)?
        .open(&new, format_of(&args.env), plain, &session.prompt)
        .map_err(|e| e.context(format!("{:?}", args.env)))?;
    for remark in remarks {
        report.note(&remark);
    }
    let (names, keys) = (open.names_to_record(), open.entries().count());
    let sealed = open.seal(&session::now(), &mut *session::random())?;
    disk::replace(&project.sealed, &sealed, project.attributes)?;
    record(&session, Act::Sealed, &names, None)?;
    report.say(&format!("sealed {} of {} in {}", count(keys, "key"), args.env.display(), project.label()));
    // a SOPS file names its recipients itself
    let unnamed = if container(args, &session.project.sealed)? == Container::Sops {
        Vec::new()
    } else {
        new.recipients
    };
    Ok((session.project, lock, unnamed))
}

/// What the sealed file becomes.
pub(super) fn container(args: &InitArgs, sealed: &Path) -> Result<Container> {
    let Some(word) = &args.format else { return Ok(Container::of_name(sealed)) };
    Container::of_word(word).ok_or_else(|| {
        Error::usage(format!("there is no format {word:?}")).hint("one of: sops, age, age-binary")
    })
}

/// Where `--post-quantum` is asked for in vain.
pub(super) fn no_key_is_made() -> Error {
    Error::usage("`--post-quantum` makes a key, and there is one already")
        .note("nothing was changed")
        .hint("leave it out, or name a key file that is not there yet with `--age-key-file`")
}

/// The plaintext goes only once somebody at hand has opened what replaces it, with what is on the disk now, not with the
/// key that this process remembers.
pub(super) fn remove_plaintext(
    global: &Global,
    args: &InitArgs,
    terminal: &Terminal,
    report: &Report,
) -> Result<()> {
    let proven = Session::new(global).and_then(|fresh| fresh.open(report));
    let env = args.env.display();
    let remove = args.delete_plaintext
        || (proven.is_ok()
            && !disk::is_link(&args.env)
            && terminal.answers(&format!("the sealed file opens. remove {env}?"), false).unwrap_or(false));
    match (remove, proven) {
        (false, Ok(_)) => {
            report.note(&format!(
                "{env} still holds everything in plain; remove it once you trust the sealed file"
            ));
        }
        (false, Err(error)) if error.kind() == Kind::NoIdentity => {
            report.note("no identity at hand opens the sealed file; its recipients can");
        }
        (false, Err(error)) => report.note(&format!("that the sealed file opens was not proven: {error}")),
        (true, Ok(_)) => {
            disk::remove(&args.env)?;
            report.say(&format!("removed {env}"));
        }
        (true, Err(error)) => return Err(error.note(format!("{env} was not removed"))),
    }
    Ok(())
}

/// A key where `--age-key-file` or `SOPS_AGE_KEY_FILE` says, or where sops keeps its own, so that sops finds it too.
/// Answers whether it was made; one that is there, perhaps since a moment ago, stays.
fn make_key(global: &Global, session: &Session, post_quantum: bool) -> Result<(PathBuf, bool)> {
    let configured = session.config.age_key_file.as_ref().map(|p| session.project.root.join(p));
    let path =
        global.age_key_file.clone().or(configured).or_else(identity::new_key_file).ok_or_else(|| {
            Error::failed("there is no home folder to keep a key in").hint("say where with `--age-key-file`")
        })?;
    let owner = Owner::of_this_process();
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        disk::make_folder(folder, owner)?;
    }
    let generate = if post_quantum { keys::generate_hybrid } else { keys::generate };
    let (text, _) = generate(&session::now());
    let made = disk::create(&path, text.expose(), Attributes { mode: 0o600, owner })?;
    Ok((path, made))
}
