//! `reseal exec` becomes the command: nothing of reseal stays beside it, and it gets the values but no key.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use crate::harness::{IDENTITY, Output, Project};

fn exec(project: &Project, args: &[&str]) -> Command {
    project.command(&[&["exec"], args].concat())
}

#[test]
fn the_command_has_the_process_of_reseal_and_no_parent_of_its_own() {
    let project = Project::sealed("A=x\n");
    let mut command = exec(&project, &["--", "sh", "-c", "echo $$ $PPID; readlink /proc/$$/exe"]);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let (pid, parent) = (child.id(), std::process::id());
    let output = Output::from(child.wait_with_output().unwrap()).ok();
    let (numbers, program) = output.stdout.split_once('\n').unwrap();
    assert_eq!(numbers, format!("{pid} {parent}"));
    assert!(!program.contains("reseal"), "{program}");
}

#[test]
fn no_variable_leads_to_the_age_key() {
    let project = Project::sealed("A=x\n");
    for named in ["SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD", "RESEAL_AGE_KEY_FILE"] {
        let mut command = exec(&project, &["--", "sh", "-c", "tr '\\0' '\\n' </proc/$$/environ"]);
        command.env_remove("SOPS_AGE_KEY_FILE").env("STAYS", "yes").env("SOPS_AGE_RECIPIENTS", "age1");
        let key_file = project.path("age.key").into_os_string().into_string().unwrap();
        let command_line = format!("cat {key_file}");
        // all at once, of which one opens the file
        for (name, value) in [
            ("SOPS_AGE_KEY", IDENTITY),
            ("SOPS_AGE_KEY_FILE", key_file.as_str()),
            ("SOPS_AGE_KEY_CMD", &command_line),
            ("RESEAL_AGE_KEY_FILE", &key_file),
            ("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "/no/such/file"),
            ("SOPS_AGE_SSH_PRIVATE_KEY_CMD", "false"),
        ] {
            if name == named || name.contains("SSH") {
                command.env(name, value);
            }
        }
        let seen = Output::of(&mut command).ok().hides("AGE-SECRET-KEY").stdout;
        let names: BTreeSet<&str> = seen.lines().filter_map(|l| Some(l.split_once('=')?.0)).collect();
        assert!(
            names.contains("A") && names.contains("STAYS") && names.contains("SOPS_AGE_RECIPIENTS"),
            "{seen}"
        );
        let leading = |name: &&&str| name.starts_with("SOPS_AGE") && **name != "SOPS_AGE_RECIPIENTS";
        assert_eq!(names.iter().find(leading), None, "{named}");
        assert!(!names.iter().any(|name| name.starts_with("RESEAL")), "{named}: {seen}");
    }
}

#[test]
fn pristine_leaves_nothing_else() {
    let project = Project::sealed("A=x\nB=y\n");
    let mut command = exec(&project, &["--pristine", "--", "env"]);
    command.env("OTHER", "no").env("TERM", "dumb");
    let seen = Output::of(&mut command).ok().stdout;
    let names: BTreeSet<&str> = seen.lines().filter_map(|l| Some(l.split_once('=')?.0)).collect();
    assert_eq!(names, BTreeSet::from(["A", "B", "HOME", "PATH", "TERM"]));
}

#[test]
fn no_descriptor_of_reseal_stays_open() {
    let project = Project::sealed("A=x\n");
    let list = "for fd in /proc/$$/fd/*; do readlink $fd; done; true";
    let open = |command: &mut Command| {
        let listed = Output::of(command.stdin(Stdio::null())).ok().stdout;
        // the two pipes of this test have other numbers each time
        let targets = listed.lines().map(|l| l.split(":[").next().unwrap().to_owned());
        targets.collect::<BTreeSet<_>>()
    };
    let without = open(&mut project.around("sh", &["-c", list]));
    let with = open(&mut exec(&project, &["--", "sh", "-c", list]));
    assert!(without.contains("/dev/null") && without.contains("pipe"), "{without:?}");
    assert_eq!(with.difference(&without).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn signals_and_the_limit_on_core_files_are_as_they_were() {
    let project = Project::sealed("A=x\n");
    let state = "ulimit -Sc; ulimit -Hc; exec grep -E '^Sig(Ign|Blk|Cgt)' /proc/self/status";
    for soft in ["0", "16"] {
        let run = |with: &str| {
            let script = format!("ulimit -Sc {soft} && exec {with} sh -c \"$1\"");
            let reseal = env!("CARGO_BIN_EXE_reseal");
            Output::of(&mut project.around("sh", &["-c", &script, reseal, state])).ok().stdout
        };
        let (without, with) = (run(""), run("\"$0\" exec --"));
        assert!(without.starts_with(&format!("{soft}\n")), "{without}");
        assert_eq!(with, without);
    }
}
