//! What people and accidents put in: each is refused with a clear error, the right code, the file as it was, nothing
//! half-written beside it, and no content in any message.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use crate::cmd::ENV;
use crate::cmd::rotate::{POLICY, deployed};
use crate::harness::{Output, Project, have};

/// A value of [`ENV`] that stands in it twice.
const VALUE: &str = "correct-horse-battery";
const RESEAL: &str = env!("CARGO_BIN_EXE_reseal");

/// Everything in the project but the lock, which holds the number of the last process.
fn everything(project: &Project) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let read = |path: PathBuf| {
        let mode = path.metadata().unwrap().permissions().mode();
        let bytes = std::fs::read(&path).unwrap();
        (path, (mode, bytes))
    };
    project.files().into_iter().filter(|p| !p.ends_with(".reseal/lock")).map(read).collect()
}

/// Runs it, and demands the code, an error in our form, and that no file has changed.
#[track_caller]
fn refused(project: &Project, args: &[&str], code: i32) -> Output {
    let before = everything(project);
    let output = project.pipe(args, "a-new-value\n");
    assert_eq!(output.code, Some(code), "{args:?}\nstdout:\n{}\nstderr:\n{}", output.stdout, output.stderr);
    assert!(everything(project) == before, "{args:?} changed a file");
    assert!(
        output.stdout.is_empty() && output.stderr.contains("reseal: error: "),
        "{args:?}: {}",
        output.stderr
    );
    output.hides(VALUE).hides("a-new-value").hides("0123456789abcdef")
}

/// The three ways to use a sealed file, all refused alike.
#[track_caller]
fn unusable(project: &Project, code: i32, says: &str) {
    for args in [&["get", "DB_HOST"][..], &["set", "DB_HOST"], &["rotate", "JWT_SECRET", "-y"]] {
        refused(project, args, code).says(says);
    }
}

#[test]
fn a_line_that_is_none_is_named_by_its_number() {
    let project = Project::sealed(ENV);
    let text = project.text(".env.enc");
    project.write(".env.enc", format!("{text}{VALUE}\n"));
    let line = text.lines().count() + 1;
    unusable(&project, 1, &format!("line {line} has no \"=\""));
    refused(&project, &["list"], 1);
    refused(&project, &["doctor"], 1);
}

#[test]
fn conflict_markers_are_called_so() {
    let project = Project::sealed(ENV);
    let text = project.text(".env.enc");
    project.write(".env.enc", format!("<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> other\n"));
    unusable(&project, 1, "line 1 is a conflict marker");
}

#[test]
fn a_file_that_was_cut_off_anywhere_gives_nothing_or_the_truth() {
    let project = Project::sealed(ENV);
    let whole = project.read(".env.enc");
    for at in (0..whole.len()).step_by(37) {
        project.write(".env.enc", &whole[..at]);
        let output = project.run(&["get", "APP_DB_PASSWORD"]);
        match output.code {
            // only lines that say nothing of the values are gone
            Some(0) => assert_eq!(output.stdout, format!("{VALUE}\n"), "cut at {at}"),
            Some(1 | 12 | 15) => assert_eq!(output.stdout, "", "cut at {at}"),
            code => panic!("cut at {at}: {code:?}\n{}", output.stderr),
        }
        assert!(!output.stderr.contains("panicked") && !output.stderr.contains(VALUE), "cut at {at}");
        if output.code != Some(0) {
            refused(&project, &["set", "DB_HOST"], output.code.unwrap());
        }
    }
}

#[test]
fn a_key_that_stands_twice_is_read_by_nobody_and_mended_by_set() {
    let project = Project::sealed("A=correct-horse-battery\nB=1\nA=other\n");
    refused(&project, &["get", "A"], 1).says("more than once");
    refused(&project, &["rotate", "A", "-y"], 1).says("lines 1 and 3");
    project.pipe(&["set", "A"], "one").ok();
    assert_eq!(project.get("A"), "one");
    assert_eq!(project.run(&["list"]).ok().stdout.matches("A\n").count(), 1);
    project.run(&["rotate", "A", "-y"]).ok();
}

#[test]
fn line_ends_and_marks_of_other_systems_are_called_so() {
    let project = Project::sealed(ENV);
    let text = project.text(".env.enc");
    project.write(".env.enc", text.replace('\n', "\r\n"));
    unusable(&project, 1, "CRLF");
    project.write(".env.enc", format!("\u{feff}{text}"));
    refused(&project, &["get", "DB_HOST"], 15).says("byte order mark");
    refused(&project, &["set", "DB_HOST"], 15).says("byte order mark");
    refused(&project, &["rotate", "JWT_SECRET", "-y"], 15);
    // the hint mends it
    let hint = project.run(&["get", "DB_HOST"]).stderr;
    let command = hint.split('`').nth(1).unwrap();
    Output::of(&mut project.around("sh", &["-c", command])).ok();
    assert_eq!(project.get("DB_HOST"), "db");
}

#[test]
fn a_missing_or_a_foreign_key_is_told() {
    let project = Project::sealed(ENV);
    let key = project.text("age.key");
    project.remove("age.key");
    unusable(&project, 12, "no identity at hand opens the file");
    project.write("age.key", include_str!("../fixtures/sops/keys/bob.txt"));
    unusable(&project, 12, "1 identity, which does not fit");
    project.write("age.key", "");
    unusable(&project, 12, "no identity in it");
    project.write("age.key", &key[..40]);
    for args in [&["get", "DB_HOST"][..], &["set", "DB_HOST"]] {
        refused(&project, args, 12).says("line 1").hides(&key[16..40]);
    }
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let project = Project::sealed(ENV);
    for mode in [0o644, 0o640, 0o604, 0o660] {
        project.chmod("age.key", mode);
        unusable(&project, 1, &format!("can be read by others (mode {mode:04o})"));
        refused(&project, &["exec", "--", "true"], 1);
    }
    let hint = project.run(&["get", "DB_HOST"]).stderr;
    let command = hint.lines().find_map(|l| l.strip_prefix("reseal: hint: ")).unwrap();
    assert_eq!(command, format!("chmod 600 {}", project.path("age.key").display()));
    Output::of(&mut project.around("sh", &["-c", command])).ok();
    project.run(&["get", "DB_HOST"]).ok();
}

#[test]
fn what_is_no_sealed_env_file_is_told_by_what_it_is() {
    let project = Project::sealed(ENV);
    project.remove(".env.enc");
    unusable(&project, 1, "there is no sealed file");
    assert!(!project.exists(".reseal"), "a folder was made for a file that is not there");
    project.write(".env.enc", ENV);
    unusable(&project, 1, "is not sealed");
    project.write(".env.enc", "");
    unusable(&project, 1, "is not sealed");
    project.write(".env.enc", "age-encryption.org/v1\n-> X25519 x\n");
    unusable(&project, 15, "the header of the age file is damaged");
    for (bytes, what) in [
        (b"{\"sops\": {\"mac\": 1".as_slice(), "line 1: a comma is missing in the metadata"),
        (b"[a]\nk = 1\n[sops]\nmac = 1\n", "\"sops_lastmodified\" is missing"),
    ] {
        project.write(".env.enc", bytes);
        unusable(&project, 1, what);
    }
    project.remove(".env.enc");
    std::fs::create_dir(project.path(".env.enc")).unwrap();
    unusable(&project, 1, "it is a folder");
}

#[test]
fn a_policy_with_a_slip_stops_everything_with_the_word_that_was_meant() {
    let project = Project::sealed(ENV);
    for (text, says) in [
        ("[backup]\nkep = 3\n", "line 2: unknown key \"kep\"; did you mean \"keep\"?"),
        (
            "[secret.JWT_SECRET]\ngenerte = \"hex:32\"\n",
            "line 2: unknown key \"generte\"; did you mean \"generate\"?",
        ),
        ("[secrets.JWT_SECRET]\n", "unknown key \"secrets\"; did you mean \"secret\"?"),
        ("mode = \"0644\"\n", "line 1: \"mode\" must be octal"),
        ("[deploy\n", "line 1"),
    ] {
        project.write("reseal.toml", text);
        unusable(&project, 2, says);
    }
    project.write("reseal.toml", b"file = \"\xff\"\n");
    unusable(&project, 2, "is not UTF-8");
}

#[test]
fn a_pipe_whose_first_command_failed_changes_nothing() {
    let project = Project::sealed(ENV);
    let before = everything(&project);
    let script = "false | \"$0\" set DB_HOST";
    Output::of(&mut project.around("sh", &["-c", script, RESEAL])).code(1).says("is empty");
    assert!(everything(&project) == before);
}

#[test]
fn values_in_arguments_are_refused_and_in_no_message() {
    let project = Project::sealed(ENV);
    let pair = format!("DB_HOST={VALUE}");
    let flag = format!("--{VALUE}");
    for args in [
        &["set", "DB_HOST", VALUE][..],
        &["set", &pair],
        &["set", &flag],
        &["set", "DB_HOST", &flag],
        &["set", "DB_HOST", "--value", VALUE],
        &["get", &pair],
        &["unset", &pair],
        &["rotate", &pair, "-y"],
    ] {
        refused(&project, args, 2);
    }
}

#[test]
fn bytes_that_no_environment_can_carry_are_refused() {
    let project = Project::sealed(ENV);
    let before = everything(&project);
    project.pipe(&["set", "DB_HOST"], b"a\0b").code(1).says("NUL");
    project.write("value", b"a\0b");
    project.run(&["set", "DB_HOST", "--value-file", "value"]).code(1).says("NUL");
    project.remove("value");
    assert!(everything(&project) == before);
    // whatever else a value is made of comes back as it went in
    for value in [&b"\xff\xfe"[..], b"a=b#c 'd' \"e\" $F `g`", b" x ", "größe ✓".as_bytes()] {
        project.pipe(&["set", "DB_HOST"], value).ok();
        let output = project.command(&["get", "-n", "DB_HOST"]).output().unwrap();
        assert_eq!(output.stdout, value);
    }
}

#[test]
fn a_wrapper_that_cannot_be_started_stops_the_rotation_before_it_begins() {
    let project = deployed();
    let rotate = ["rotate", "JWT_SECRET", "-y"];
    project.chmod("up", 0o644);
    refused(&project, &rotate, 1).says("may not be executed").says("chmod +x ./up");
    project.remove("up");
    refused(&project, &rotate, 1).says("does not exist");
    std::fs::create_dir(project.path("up")).unwrap();
    refused(&project, &rotate, 1).says("is not a regular file");
    project.write("reseal.toml", "[deploy]\nkind = \"wrapper\"\ncommand = [\"no-such-program\"]\n");
    refused(&project, &rotate, 1).says("is not found in PATH");
}

#[test]
fn a_wrapper_that_vanishes_in_the_middle_leaves_instructions() {
    let project = deployed();
    let before = project.read(".env.enc");
    project.script("up", "#!/bin/sh\nrm ./up\nexit 1\n");
    let output = project.run(&["rotate", "JWT_SECRET", "-y"]).code(14).hides("0123456789abcdef");
    output.says("command \"./up\" does not exist").says("reseal resume");
    assert!(project.read(".env.enc") == before);
    project.script("up", "#!/bin/sh\n");
    project.run(&["resume"]).code(10);
    assert!(project.read(".env.enc") == before);
}

#[test]
fn a_link_stays_a_link_and_its_target_changes() {
    let project = Project::sealed(ENV);
    std::fs::create_dir(project.path("real")).unwrap();
    std::fs::rename(project.path(".env.enc"), project.path("real/env")).unwrap();
    symlink("real/env", project.path(".env.enc")).unwrap();
    let before = project.read("real/env");
    project.pipe(&["set", "DB_HOST"], "web").ok();
    project.run(&["rotate", "JWT_SECRET", "-y"]).ok();
    assert!(project.path(".env.enc").symlink_metadata().unwrap().is_symlink());
    assert!(project.read("real/env") != before);
    assert_eq!(project.get("DB_HOST"), "web");
    let left: Vec<_> = std::fs::read_dir(project.path("real")).unwrap().collect();
    assert_eq!(left.len(), 1, "something was left beside the target");
}

#[test]
fn links_that_lead_nowhere_or_in_a_circle_are_refused() {
    let project = Project::sealed(ENV);
    project.remove(".env.enc");
    symlink("nowhere", project.path(".env.enc")).unwrap();
    unusable(&project, 1, "there is no sealed file");
    project.remove(".env.enc");
    symlink(".env.enc", project.path(".env.enc")).unwrap();
    refused(&project, &["get", "DB_HOST"], 1);
    refused(&project, &["set", "DB_HOST"], 1);
}

/// Runs a shell script in a mount namespace of its own; `$0` is the program.
fn mounted(project: &Project, script: &str) -> Output {
    Output::of(&mut project.around("unshare", &["-m", "sh", "-c", script, RESEAL]))
}

#[test]
fn a_file_that_is_a_mount_point_is_refused_before_anything_happens() {
    if !have("a_file_that_is_a_mount_point", &["mounts"]) {
        return;
    }
    let project = Project::sealed(ENV);
    let before = everything(&project);
    for command in ["printf x | \"$0\" set DB_HOST", "\"$0\" unset DB_HOST", "\"$0\" rotate JWT_SECRET -y"] {
        let output = mounted(&project, &format!("mount --bind .env.enc .env.enc && {command}")).code(1);
        output.says("is a mount point").says("hint: mount the folder").hides(VALUE);
        assert!(everything(&project) == before, "{command}");
    }
    mounted(&project, "mount --bind .env.enc .env.enc && \"$0\" get DB_HOST").ok();
}

#[test]
fn a_read_only_file_system_can_be_read_and_not_changed() {
    if !have("a_read_only_file_system", &["mounts"]) {
        return;
    }
    let project = Project::sealed(ENV);
    let before = everything(&project);
    let read_only = "mount --bind . . && cd . && cd \"$PWD\" && mount -o remount,ro,bind .";
    for command in ["printf x | \"$0\" set DB_HOST", "\"$0\" rotate JWT_SECRET -y", "\"$0\" backup create"] {
        let output = mounted(&project, &format!("{read_only} && {command}")).code(1);
        output.says("the file system is read-only").hides(VALUE);
        assert!(everything(&project) == before, "{command}");
    }
    for command in [
        "get DB_HOST",
        "list",
        "status",
        "history",
        "exec -- true",
        "rotate JWT_SECRET --dry-run --no-deploy",
    ] {
        let output = mounted(&project, &format!("{read_only} && \"$0\" {command}"));
        // a plan looks whether the file could be exchanged, and it could not
        let code = if command.starts_with("rotate") { 1 } else { 0 };
        assert_eq!(output.code, Some(code), "{command}: {}", output.stderr);
    }
}

#[test]
fn a_folder_that_may_not_be_written_is_told() {
    if !have("a_folder_that_may_not_be_written", &["root", "other-user"]) {
        return;
    }
    let project = Project::sealed(ENV);
    project.run(&["backup", "create"]).ok();
    Output::of(&mut project.around("chown", &["-R", "65534:65534", "."])).ok();
    project.chmod("", 0o555);
    let before = everything(&project);
    let other = ["--reuid=65534", "--regid=65534", "--clear-groups", RESEAL];
    let nobody = |args: &[&str]| Output::of(&mut project.around("setpriv", &[&other, args].concat()));
    nobody(&["set", "DB_HOST", "--generate", "uuid"])
        .code(1)
        .says("cannot write in the folder")
        .says("permission denied");
    nobody(&["rotate", "JWT_SECRET", "-y"]).code(1).says("permission denied");
    nobody(&["get", "DB_HOST"]).ok();
    assert!(everything(&project) == before);
    // and where not even the lock can be made
    std::fs::remove_dir_all(project.path(".reseal")).unwrap();
    nobody(&["set", "DB_HOST", "--generate", "uuid"]).code(1).says("permission denied");
    // a file of somebody else is not taken over
    project.chmod("", 0o777);
    Output::of(&mut project.around("chown", &["0:0", ".env.enc"])).ok();
    project.chmod(".env.enc", 0o644);
    nobody(&["rotate", "JWT_SECRET", "-y"]).code(1).says("hint");
    nobody(&["set", "DB_HOST", "--generate", "uuid"]).code(1).says("hint");
    project.run(&["get", "DB_HOST"]).ok();
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    if !have("a_full_disk", &["mounts"]) {
        return;
    }
    let project = Project::sealed(ENV);
    std::fs::create_dir(project.path("disk")).unwrap();
    let script = r#"
        mount -t tmpfs -o size=1m none disk && cp .env.enc disk/ && cp .env.enc before && cd disk || exit 99
        dd if=/dev/zero of=fill bs=4k 2>/dev/null
        "$0" set DB_HOST --generate uuid; test $? = 1 || exit 98
        "$0" rotate JWT_SECRET -y; test $? = 1 || exit 97
        cmp .env.enc ../before || exit 96
        find . -name '*tmp*' | grep . && exit 95
        find . -name '*.enc' -size 0 | grep . && exit 94
        rm fill
        "$0" set DB_HOST --generate uuid && "$0" rotate JWT_SECRET -y && "$0" backup verify && "$0" doctor
    "#;
    mounted(&project, script).ok().says("the disk is full").says("too little room").hides(VALUE);
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_rotation_costs_no_value() {
    if !have("a_disk_that_fills_up_in_the_middle", &["mounts"]) {
        return;
    }
    let project = Project::sealed(ENV);
    std::fs::create_dir(project.path("disk")).unwrap();
    project.write(
        "reseal.toml",
        POLICY.replace("\n[[probe]]\ncommand = [\"./healthy\"]\nwithin = \"1s\"\n", ""),
    );
    project.script(
        "up",
        "#!/bin/sh\n[ -e tried ] && exit 0\n: >tried\ndd if=/dev/zero of=fill bs=4k 2>/dev/null\nexit 1\n",
    );
    let script = r#"
        mount -t tmpfs -o size=1m none disk && cp .env.enc up reseal.toml disk/ && cp .env.enc before && cd disk || exit 99
        "$0" rotate JWT_SECRET -y
        code=$?; test $code = 13 -o $code = 14 || exit 98
        "$0" get DB_HOST || exit 97
        rm fill
        "$0" resume; test $? = 10 || exit 96
        cmp .env.enc ../before && "$0" status
    "#;
    mounted(&project, script).ok().says("reseal resume").hides(VALUE);
}
