//! `reseal edit`: what is said at its end. What it does stands in `tests/private/edit.rs`.

use super::{ENV, Transcript, VALUES};
use crate::harness::{Output, Project};

fn edit(transcript: &mut Transcript<'_>, project: &Project, editor: &str) -> Output {
    project.script("ed", &format!("#!/bin/sh\n{editor}\n"));
    let mut command = project.command(&["edit"]);
    transcript.other(&format!("({editor}) reseal edit"), command.env("EDITOR", "./ed"))
}

#[test]
fn what_was_changed_is_named() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    for editor in [":", "echo NEW=1 >> $1", "sed -i '/NEW/d; s/^DB_HOST=.*/DB_HOST=web/' $1", "sed -i 1d $1"]
    {
        edit(&mut transcript, &project, editor).ok();
    }
    transcript.told("edit");
}

#[test]
fn what_cannot_be_stored_is_named_by_its_line() {
    let project = Project::sealed(ENV);
    let mut transcript = Transcript::of(&project);
    for editor in ["echo mistake >> $1", "echo DB_HOST=web >> $1", "echo =x >> $1", "exit 1", ": > $1"] {
        let output = edit(&mut transcript, &project, editor).code(1);
        VALUES.into_iter().fold(output, Output::hides);
    }
    let mut command = project.command(&["edit"]);
    transcript.other("(no editor) reseal edit", command.env("EDITOR", "no-such-editor")).code(1);
    transcript.told("edit-refused");
}
