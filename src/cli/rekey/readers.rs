//! Which readers are wanted: those of the command line, or those of `.sops.yaml`.

use crate::cli::args::RekeyArgs;
use crate::cli::report::Report;
use crate::cli::sops_yaml::creation;
use crate::disk::Project;
use crate::error::{Error, Kind, Result};
use crate::keys::{Recipient, short};
use crate::secret::nearest;
use crate::sops::{Readers, Sealed};

/// Whether `.sops.yaml` is asked: where nothing else is said, or where that is said outright.
pub(super) fn are_of_config(args: &RekeyArgs) -> bool {
    args.from_config || (args.add.is_empty() && args.remove.is_empty() && !args.new_data_key)
}

/// The readers that a file shall have.
pub(super) fn wanted(
    args: &RekeyArgs,
    project: &Project,
    sealed: &Sealed,
    report: &Report,
) -> Result<Readers> {
    let present = sealed.readers();
    if args.key_group.is_some() && args.add.is_empty() && args.remove.is_empty() {
        return Err(Error::usage("--key-group belongs to --add and --remove"));
    }
    if are_of_config(args) {
        of_config(project, sealed, &present, report)
    } else {
        by_hand(args, &present, report)
    }
}

fn by_hand(args: &RekeyArgs, present: &Readers, report: &Report) -> Result<Readers> {
    let mut wanted = present.clone();
    let groups = present.groups().len();
    if let Some(group) = args.key_group.filter(|group| *group >= groups) {
        return Err(Error::usage(format!("there is no key group {group}"))
            .note(format!("the file has {groups}, counted from 0")));
    }
    let listed = |all: &[String]| -> Vec<String> {
        all.iter().flat_map(|text| text.split(',')).map(|text| text.trim().to_owned()).collect()
    };
    // a comment of an SSH key may hold a comma
    let mut rest = args.remove.clone();
    rest.retain(|text| wanted.remove(args.key_group, text) == 0);
    for text in listed(&rest) {
        if wanted.remove(args.key_group, &text) == 0 {
            return Err(not_there(present, &text));
        }
    }
    for text in listed(&args.add) {
        let recipient = Recipient::parse(&text)?;
        let group = match args.key_group {
            Some(group) => group,
            None if groups == 1 => 0,
            None => {
                return Err(Error::usage(format!(
                    "the data key is shared among {groups} key groups, and none is named"
                ))
                .hint(format!("say which with `--key-group`, 0 to {}", groups - 1)));
            }
        };
        if !wanted.add(group, recipient.text()) {
            report.note(&format!("{} is a reader already", short(recipient.text())));
        }
    }
    match wanted.groups().iter().zip(present.groups()).position(|(now, before)| now.is_empty() && !before.is_empty()) {
        None => Ok(wanted),
        Some(_) if groups == 1 => Err(Error::failed("no age recipient would be left, and nobody here could open the file")
            .note("nothing was changed")
            .hint("add another one with `--add` in the same command")),
        Some(group) => Err(Error::failed(format!("key group {group} would be empty"))
            .note("nothing was changed")
            .hint("add another member with `--add` and `--key-group` in the same command, or change the groups in .sops.yaml and run `reseal rekey --from-config`")),
    }
}

/// The error for a recipient that is not among them. What is no recipient may be a secret, and is not repeated.
fn not_there(present: &Readers, text: &str) -> Error {
    let error = match Recipient::parse(text) {
        Ok(_) => Error::failed(format!("{} is not a reader of the file", short(text))),
        Err(error) => error,
    };
    let error = error.note("nothing was changed");
    match nearest(present.all(), text) {
        Some(near) if error.advice().is_none() => error.hint(format!("did you mean {:?}?", short(near))),
        _ => {
            error.note(format!("its readers are {}", present.all().map(short).collect::<Vec<_>>().join(", ")))
        }
    }
}

fn of_config(project: &Project, sealed: &Sealed, present: &Readers, report: &Report) -> Result<Readers> {
    let Some((yaml, creation)) = creation(&project.sealed)? else {
        return Err(Error::usage("there is no .sops.yaml with creation rules where the file lies, or above")
            .hint("name who comes and goes with `--add` and `--remove`"));
    };
    report.detail(&format!("the readers are those of {}", yaml.display()));
    if creation.groups.iter().all(Vec::is_empty) {
        return Err(Error::usage(format!("{yaml:?}: the rule for this file names no age recipient"))
            .note("nothing was changed")
            .hint("recipients of other kinds are changed by `sops updatekeys`"));
    }
    let mut others: Vec<&str> = sealed.foreign();
    others.extend(creation.foreign.iter().copied());
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        report.note(&format!(
            "recipients of other kinds ({}) stay as the file has them; `sops updatekeys` changes those",
            others.join(", ")
        ));
    }
    for text in creation.groups.iter().flatten().filter(|text| !present.all().any(|known| known == *text)) {
        Recipient::parse(text).map_err(|e| e.context(format!("{yaml:?}")))?;
    }
    let groups = creation.groups.len();
    let kept = Some(present.threshold()).filter(|n| (2..=groups).contains(n));
    Readers::new(creation.groups, creation.threshold.or(kept))
        .map_err(|e| e.context(format!("{yaml:?}")).of_kind(Kind::Usage))
}
