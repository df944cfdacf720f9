//! `edit`: what a person changes is changed and nothing else, and what the editor leaves behind is gone with it.

use std::fs;
use std::process::Stdio;

use super::{VALUE, as_user, holds, no_file_holds_the_value, not_mounted, until};
use crate::harness::{Output, Project, have};

const ENV: &str = "# the application\nTOKEN=zebra-7f3c-quagga\nHOST=db\n\n# lines\nPEM=one\\ntwo\nLAST=\n";

/// The editor is a program `ed` of the project, of this text; the file is `$1`.
fn edited(project: &Project, script: &str) -> Output {
    project.script("ed", &format!("#!/bin/sh\n{script}\n"));
    Output::of(project.command(&["edit"]).env("EDITOR", "./ed"))
}

/// The line of a key in the sealed file.
fn line(project: &Project, key: &str) -> String {
    let text = project.text(".env.enc");
    text.lines().find(|l| l.starts_with(&format!("{key}="))).unwrap().to_owned()
}

#[track_caller]
fn unchanged(project: &Project, sealed: &[u8]) {
    assert_eq!(project.read(".env.enc"), sealed);
    assert!(!project.exists(".reseal/audit.jsonl") && !project.exists(".reseal/backups"));
}

#[test]
fn what_was_changed_is_changed_and_the_rest_keeps_its_ciphertext() {
    let project = Project::sealed(ENV);
    let kept = ["TOKEN", "PEM"].map(|key| line(&project, key));
    let output = edited(&project, "sed -i 's/^HOST=.*/HOST=web/; /^LAST/d' $1; echo 'NEW=a=b #c' >> $1").ok();
    assert_eq!(output.stderr, "HOST, NEW are set in .env.enc\nLAST taken out of .env.enc\n");
    assert_eq!(
        project.run(&["decrypt"]).ok().stdout,
        ENV.replace("=db", "=web").replace("LAST=", "NEW=a=b #c")
    );
    assert_eq!(kept, ["TOKEN", "PEM"].map(|key| line(&project, key)));
    let audit = project.text(".reseal/audit.jsonl");
    assert!(audit.contains(r#""act":"set","file":".env.enc","secrets":["HOST","NEW"]"#), "{audit}");
    assert!(audit.contains(r#""act":"unset","file":".env.enc","secrets":["LAST"]"#), "{audit}");
    assert_eq!(project.run(&["backup", "list"]).ok().stdout.lines().count(), 1);
    if have("private::edit: a second opinion", &["sops"]) {
        let text = String::from_utf8(project.sops_decrypt(".env.enc")).unwrap();
        assert!(text.contains("HOST=web\n") && text.contains("PEM=one\\ntwo\n"), "{text}");
    }
}

#[test]
fn unchanged_is_unchanged_to_the_byte() {
    let project = Project::sealed(ENV);
    // a literal backslash before an n, which the text cannot tell from a line feed
    project.pipe(&["set", "PATHS"], "C:\\new").ok();
    fs::remove_dir_all(project.path(".reseal")).unwrap();
    let sealed = project.read(".env.enc");
    for script in
        [":", "sed -i p $1; sed -i 'n;d' $1", "printf %s \"$(cat $1)\" > t 2>/dev/null; truncate -s -1 $1"]
    {
        edited(&project, script).ok().says("nothing was changed");
        unchanged(&project, &sealed);
    }
    let before = line(&project, "PATHS");
    edited(&project, "echo MORE=1 >> $1").ok();
    assert_eq!((line(&project, "PATHS"), project.get("PATHS")), (before, "C:\\new".to_owned()));
}

#[test]
fn what_is_edited_is_recorded_and_warned_of_as_if_it_was_set() {
    let project = Project::sealed("A=1\nA=2\nHOST=db\n");
    project.write("reseal.toml", "file = \".env.enc\"\nconsumers = [\"compose-v2\"]\n");
    // of a key that stands there twice the other line comes last
    let output = edited(&project, "sed -i '1{h;d};2G' $1; sed -i 's/^HOST=.*/HOST=a$b/' $1").ok();
    assert_eq!(project.run(&["decrypt"]).ok().stdout, "A=2\nA=1\nHOST=a$b\n");
    assert!(output.stderr.contains("docker compose 2 reads the plain line of \"HOST\""), "{}", output.stderr);
    assert!(output.stderr.ends_with("HOST, A are set in .env.enc\n"), "{}", output.stderr);
    let audit = project.text(".reseal/audit.jsonl");
    assert!(audit.contains(r#""act":"set","file":".env.enc","secrets":["HOST","A"]"#), "{audit}");
}

#[test]
fn order_and_comments_are_written_as_edited() {
    let project = Project::sealed(ENV);
    let kept = ["TOKEN", "HOST", "PEM"].map(|key| line(&project, key));
    let output = edited(
        &project,
        "{ echo '# first'; grep HOST $1; echo; grep -v -e HOST -e application $1; } > /tmp/x; cp /tmp/x $1",
    );
    assert_eq!(output.ok().stderr, "comments or the order of lines changed in .env.enc\n");
    let text = "# first\nHOST=db\n\nTOKEN=zebra-7f3c-quagga\n\n# lines\nPEM=one\\ntwo\nLAST=\n";
    assert_eq!(project.run(&["decrypt"]).ok().stdout, text);
    assert_eq!(kept, ["TOKEN", "HOST", "PEM"].map(|key| line(&project, key)));
    if have("private::edit: a second opinion", &["sops"]) {
        let read = String::from_utf8(project.sops_decrypt(".env.enc")).unwrap();
        assert_eq!(read, text.replace("\n\n", "\n"));
    }
}

#[test]
fn a_line_that_cannot_be_stored_is_named_and_nothing_is_changed() {
    let project = Project::sealed(ENV);
    let sealed = project.read(".env.enc");
    for (script, message) in [
        ("echo hush-hush >> $1", "line 8 has no \"=\""),
        ("echo HOST=hush-hush >> $1", "line 8: key \"HOST\" stands on line 3 already"),
        ("echo =hush-hush >> $1", "line 8: there is no key before \"=\""),
        ("echo sops_mac=hush-hush >> $1", "line 8: names that start with \"sops_\" are reserved"),
        ("echo ' # hush-hush' >> $1", "line 8 is an indented comment"),
        ("echo 'export A=hush-hush' >> $1", "line 8: the word \"export\""),
        ("echo 'aGFsZiBvZiBhIHZhbHVl/+hush-hush=1' >> $1", "line 8: what stands before \"=\" is no name"),
        ("printf 'A=hush-hush\\r\\n' >> $1", "line 8: it ends in CR LF"),
        ("printf 'A=hush\\0hush\\n' >> $1", "line 8: the value holds a NUL"),
        ("printf '\\357\\273\\277A=hush-hush\\n' > $1", "line 1 starts with a byte order mark"),
        ("printf 'A=%064d\\nHUSHab==\\n' 0 > $1", "line 2 looks like the rest of the value on line 1"),
        (": > $1", "no key is left in the text"),
        ("rm $1", "the editor left no file"),
        ("rm $1; mkfifo $1", "the editor left something that is no regular file"),
        ("exit 3", "ended with exit code 3"),
    ] {
        let output = edited(&project, script).code(1).says(message).says("nothing was changed");
        output.hides("hush-hush").hides(VALUE);
        unchanged(&project, &sealed);
    }
}

#[test]
fn the_editor_is_found_as_sops_finds_it_and_gets_no_key() {
    let project = Project::sealed(ENV);
    project.script("named", "#!/bin/sh\necho \"$0 $1 $2\" \"${SOPS_AGE_KEY_FILE-no key}\"; basename $3\n");
    let run = |variables: &[(&str, &str)]| {
        let mut command = project.command(&["edit"]);
        Output::of(command.envs(variables.iter().copied()))
    };
    let all = [("VISUAL", "./named v"), ("EDITOR", "./named 'e e' x"), ("SOPS_EDITOR", "./named s \"t u\"")];
    assert_eq!(run(&all).ok().stdout, "./named s t u no key\n.env\n");
    assert_eq!(run(&all[..2]).ok().stdout, "./named e e x no key\n.env\n");
    run(&[("EDITOR", "no-such-editor")]).code(1).says("cannot be started").says("set SOPS_EDITOR");
    run(&[("EDITOR", "'unbalanced")]).code(2).says("no command line that can be split");
    // one that was not asked for would draw the values into a log
    run(&[]).code(2).says("there is no terminal for an editor");
}

#[test]
fn what_a_real_vim_leaves_behind_stays_in_ram() {
    if !have("private::what_a_real_vim", &["vim"]) {
        return;
    }
    let project = Project::sealed(ENV);
    project.write(".vimrc", "let g:rc = 'read'\n");
    let before = project.files();
    let vim = "vim -es -u .vimrc -i ~/.viminfo \
               -c 'set backup backupdir=~ directory=/var/tmp undofile undodir=~ nocompatible' \
               -c '%s/^HOST=.*/\\=\"HOST=\" . g:rc/' -c 'silent! w! stolen' -c 'silent! w! ~/copy' -c wq";
    Output::of(project.command(&["edit"]).env("SOPS_EDITOR", vim)).ok();
    assert_eq!(project.get("HOST"), "read");
    let after: Vec<_> =
        project.files().into_iter().filter(|f| !f.to_string_lossy().contains("/.reseal/")).collect();
    assert_eq!(after, before);
    no_file_holds_the_value(&project);
}

/// Says that it has begun, and waits to be let go: by pipes, because it can write to no file that others see.
const WAITS: &str = "cp $1 ~/swap; cp $1 /tmp/backup; cp $1 /var/tmp/undo; (cp $1 stolen) 2>/dev/null && exit 9; \
                     (cp $1 /usr/stolen) 2>/dev/null && exit 9; (cp $1 /dev/shm/stolen) 2>/dev/null && exit 9; \
                     grep -q zebra ~/swap /tmp/backup /var/tmp/undo || exit 9; echo > ready; read go < go; \
                     sed -i 's/^HOST=.*/HOST=late/' $1";

fn observed(project: &Project, mut command: std::process::Command) -> std::process::Child {
    project.script("ed", &format!("#!/bin/sh\n{WAITS}\n"));
    for pipe in ["ready", "go"] {
        let made = std::process::Command::new("mkfifo").args(["-m", "666"]).arg(project.path(pipe)).status();
        assert!(made.unwrap().success());
    }
    let child = command.env("EDITOR", "./ed").stdout(Stdio::null()).spawn().unwrap();
    // opens once the editor writes
    fs::read(project.path("ready")).unwrap();
    not_mounted(project);
    no_file_holds_the_value(project);
    child
}

#[test]
fn while_it_is_edited_nobody_else_sees_a_value_and_nobody_else_changes_the_file() {
    let project = Project::sealed(ENV);
    let mut child = observed(&project, project.command(&["edit"]));
    project.pipe(&["set", "HOST"], "other").code(11);
    fs::write(project.path("go"), "\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(project.get("HOST"), "late");
    no_file_holds_the_value(&project);
}

#[test]
fn an_ordinary_user_edits_in_ram_too() {
    if !have("private::an_ordinary_user_edits", &["other-user"]) {
        return;
    }
    let project = Project::sealed(ENV);
    project.script("ed", "");
    let mut child = observed(&project, as_user(&project, "", &["edit"]));
    fs::write(project.path("go"), "\n").unwrap();
    assert!(child.wait().unwrap().success());
    no_file_holds_the_value(&project);
    assert_eq!(project.get("HOST"), "late");
}

#[test]
fn killed_while_it_is_edited_nothing_stays() {
    let project = Project::sealed(ENV);
    let sealed = project.read(".env.enc");
    let mut child = observed(&project, project.command(&["edit"]));
    child.kill().unwrap();
    child.wait().unwrap();
    // the lock has gone with it
    project.pipe(&["set", "OTHER"], "x").ok();
    let live = project.read(".env.enc");
    assert_ne!(live, sealed);
    fs::write(project.path("go"), "\n").unwrap();
    until("the editor's process has ended", || desks(&project).is_empty());
    assert_eq!(project.read(".env.enc"), live);
    no_file_holds_the_value(&project);
    assert!(!holds(&project.path("swap")));
}

#[test]
fn an_editor_whose_process_is_killed_changes_nothing() {
    let project = Project::sealed(ENV);
    let sealed = project.read(".env.enc");
    let mut child = observed(&project, project.command(&["edit"]));
    for desk in desks(&project) {
        let killed = std::process::Command::new("kill").args(["-KILL", &desk]).status();
        assert!(killed.unwrap().success());
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    unchanged(&project, &sealed);
    // the editor itself lives on with its text in RAM, until it is closed
    fs::write(project.path("go"), "\n").unwrap();
    no_file_holds_the_value(&project);
    assert_eq!(project.read(".env.enc"), sealed);
}

/// The processes that editors of this project run under.
fn desks(project: &Project) -> Vec<String> {
    let here = |pid: &str| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == project.root);
    let names = fs::read_dir("/proc").unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    names
        .filter(|pid| pid.bytes().all(|b| b.is_ascii_digit()) && here(pid))
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|l| l.starts_with(b"reseal\0desk\0"))
        })
        .collect()
}

#[test]
fn at_a_terminal_a_mistake_opens_the_editor_again() {
    if !have("private::at_a_terminal", &["script"]) {
        return;
    }
    let project = Project::sealed(ENV);
    let sealed = project.read(".env.enc");
    // what it has written stays for the second time, mistake included
    let script = "#!/bin/sh\ntest -t 0 || exit 9\n\
                  if [ -e /tmp/again ]; then sed -i 's/^mistake$/HOST2=mended/' $1; else : > /tmp/again; echo mistake >> $1; fi\n";
    project.script("ed", script);
    let at_terminal = |answer: &str| {
        let command = format!("{} edit", env!("CARGO_BIN_EXE_reseal"));
        let mut child = project
            .around("script", &["-qefc", &command, "/dev/null"])
            .env("EDITOR", "./ed")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut input, answer.as_bytes()).unwrap();
        let output = Output::from(child.wait_with_output().unwrap());
        drop(input);
        output
    };
    let given_up = at_terminal("no\n").code(1).stdout;
    assert!(
        given_up.contains("line 8 has no \"=\"") && given_up.contains("the editing was given up"),
        "{given_up}"
    );
    unchanged(&project, &sealed);
    let mended = at_terminal("\n").ok().stdout;
    assert!(mended.contains("line 8 has no \"=\"") && mended.contains("HOST2 is set in"), "{mended}");
    assert_eq!(project.get("HOST2"), "mended");
}
