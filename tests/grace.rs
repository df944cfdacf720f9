//! Replaced values that count for a while: in a key, in a list, until data is migrated, until somebody says so; and what
//! ends them.

use std::thread::sleep;
use std::time::Duration;

use crate::harness::servers::wait_until;
use crate::harness::{Output, Project, have};

fn over() {
    sleep(Duration::from_millis(1100));
}

#[test]
fn retire_due_takes_away_what_is_over_and_nothing_else() {
    let project = Project::sealed("A=first-a\nB=first-b\n");
    project.write(
        "reseal.toml",
        "[secret.A]\nprevious = { key = \"A_OLD\", keep-for = \"1s\" }\n[secret.B]\nprevious = { key = \"B_OLD\", keep-for = \"1h\" }\n",
    );
    project.run(&["retire", "--due"]).ok().says("no replaced value is due");
    project.run(&["retire"]).code(2);
    project.run(&["rotate", "--all", "-y"]).ok();
    assert_eq!((project.get("A_OLD"), project.get("B_OLD")), ("first-a".into(), "first-b".into()));
    over();
    let status = project.run(&["status"]).ok().stdout;
    assert!(
        status.contains("A_OLD: old value over since") && status.contains("B_OLD: old value counts until"),
        "{status}"
    );
    let plan = project.run(&["retire", "--due", "-n"]).ok().stdout;
    assert!(plan.contains("- A_OLD=") && !plan.contains("B_OLD="), "{plan}");
    project.run(&["retire", "--due", "-y"]).ok().says("retired: the replaced values of A");
    project.run(&["get", "A_OLD"]).code(1);
    assert_eq!(project.get("B_OLD"), "first-b");
    project.run(&["retire", "--due", "-y"]).ok().says("no replaced value is due");
    // what is named ends before its time
    project.run(&["retire", "B", "-y"]).ok();
    project.run(&["get", "B_OLD"]).code(1);
    project.run(&["retire", "B", "-y"]).code(1).says("no replaced value of \"B\" still counts");
    project.run(&["rotate", "B", "-y"]).ok();
    assert!(project.run(&["history"]).ok().stdout.contains("retired"));
}

#[test]
fn retiring_reaches_the_services_or_is_taken_back() {
    let project = Project::sealed("A=first-a\n");
    project.script("up", "#!/bin/sh\n\"$RESEAL\" decrypt >seen\ntest ! -e broken\n");
    project.write(
        "reseal.toml",
        "[deploy]\nkind = \"wrapper\"\ncommand = [\"./up\"]\n[secret.A]\nprevious = { key = \"A_OLD\", keep-for = \"1s\" }\n",
    );
    project.run(&["rotate", "A", "-y"]).ok();
    assert!(project.text("seen").contains("A_OLD=first-a"));
    over();
    project.write("broken", "");
    project.run(&["retire", "--due", "-y"]).code(14);
    project.remove("broken");
    project.run(&["resume"]).code(10);
    assert_eq!(project.get("A_OLD"), "first-a");
    project.run(&["retire", "--due", "-y"]).ok();
    assert!(!project.text("seen").contains("A_OLD"));
}

#[test]
fn a_list_of_previous_keys_takes_the_newest_first_and_loses_each_at_its_time() {
    let project = Project::sealed("APP_KEY=key-one\nAPP_PREVIOUS_KEYS=key-zero\n");
    project.write(
        "reseal.toml",
        "[secret.APP_KEY]\nprevious = { key = \"APP_PREVIOUS_KEYS\", keep-for = \"1s\", list = true }\n",
    );
    project.run(&["rotate", "APP_KEY", "-y"]).ok();
    let second = project.get("APP_KEY");
    assert_eq!(project.get("APP_PREVIOUS_KEYS"), "key-one,key-zero");
    // a list has room: the window does not forbid another rotation
    project.run(&["rotate", "APP_KEY", "-y"]).ok();
    let third = project.get("APP_KEY");
    assert_eq!(project.get("APP_PREVIOUS_KEYS"), format!("{second},key-one,key-zero"));
    over();
    // over, and so gone with the next rotation; what nobody knows the age of stays
    project.run(&["rotate", "APP_KEY", "-y"]).ok();
    assert_eq!(project.get("APP_PREVIOUS_KEYS"), format!("{third},key-zero"));
    over();
    project.run(&["retire", "--due", "-y"]).ok();
    assert_eq!(project.get("APP_PREVIOUS_KEYS"), "key-zero");
    assert!(
        !project.exists(".reseal/grace") || project.path(".reseal/grace").read_dir().unwrap().count() == 0
    );
}

#[test]
fn an_emergency_leaves_nothing_to_count() {
    let project = Project::sealed("A=first-a\n");
    project.write("reseal.toml", "[secret.A]\nprevious = { key = \"A_OLD\", keep-for = \"1h\" }\n");
    project.run(&["rotate", "A", "-y"]).ok();
    project.run(&["rotate", "A", "-y"]).code(1).says("counts until").says("--emergency");
    project.run(&["rotate", "A", "-y", "--emergency"]).ok();
    project.run(&["get", "A_OLD"]).code(1);
    assert!(!project.run(&["status"]).ok().stdout.contains("counts until"));
    project.run(&["rotate", "A", "-y"]).ok();
}

#[test]
fn a_value_from_elsewhere_is_asked_for_checked_tried_and_remembered() {
    let project = Project::sealed("STRIPE=sk_live_aaaaaaaaaaaaaaaaaaaaaaaa\nOTHER=x\n");
    project.script("try", "#!/bin/sh\nread -r key\ncase $key in *bad*) exit 7;; esac\necho \"$#\" >tried\n");
    project.write(
        "reseal.toml",
        "[secret.STRIPE]\ngenerate = \"prompt\"\nmatches = \"sk_live_[a-z0-9]{24,}\"\nverify = [\"./try\"]\n",
    );
    let rotate = ["rotate", "STRIPE", "--yes"];
    let before = project.read(".env.enc");
    project.pipe(&rotate, "").code(2).says("nobody is there to bring a value");
    project
        .pipe(&rotate, "pk_live_aaaaaaaaaaaaaaaaaaaaaaaa\n")
        .code(1)
        .says("does not look like")
        .hides("pk_live");
    project.pipe(&rotate, "sk_live_badbadbadbadbadbadbadbad\n").code(1).says("exit code 7").hides("badbad");
    // part of a line that fits is not enough
    project.pipe(&rotate, "x sk_live_cccccccccccccccccccccccc").code(1).says("does not look like");
    assert!(before == project.read(".env.enc"), "nothing was stored");
    project.pipe(&rotate, "sk_live_bbbbbbbbbbbbbbbbbbbbbbbb\n").ok().says("revoked by whoever issued it");
    assert_eq!(project.get("STRIPE"), "sk_live_bbbbbbbbbbbbbbbbbbbbbbbb");
    assert_eq!(project.text("tried"), "0\n", "the value is no argument");
    let status = project.run(&["status"]).ok().stdout;
    assert!(status.contains("old value to be revoked"), "{status}");
    // time does not end it, a person does
    project.run(&["retire", "--due", "-y"]).ok().says("no replaced value is due");
    let sealed = project.read(".env.enc");
    project.run(&["retire", "STRIPE", "-y"]).ok();
    assert!(sealed == project.read(".env.enc"), "the file has nothing to do with it");
    assert!(!project.run(&["status"]).ok().stdout.contains("to be revoked"));
    // a plan asks for nothing
    project.run(&["rotate", "STRIPE", "-n"]).ok();
}

#[test]
fn data_is_migrated_with_both_values_as_often_as_it_takes() {
    let project = Project::sealed("KEY=old-key\nDATABASE=rows\n");
    // four rows, one at a time; it dies after two, and its second run finds them done
    project.script(
        "migrate",
        "#!/bin/sh\ntest -z \"$SOPS_AGE_KEY_FILE\" || exit 9\nfor row in 1 2 3 4; do\n  grep -qx \"$OLD\" $DATABASE/$row || continue\n  \
         printf '%s\\n' \"$NEW\" >$DATABASE/$row\n  echo \"row $row of 4\"\n  test $row != 2 -o -e go-on || exit 5\ndone\n",
    );
    for row in 1..=4 {
        project.write(&format!("rows/{row}"), "old-key\n");
    }
    project.write(
        "reseal.toml",
        "[secret.KEY]\nprevious = { key = \"OLD_KEY\", keep-for = \"migrated\" }\nmigrate = [\"./migrate\"]\n",
    );
    let said = project.run(&["rotate", "KEY", "-y"]).code(13).says("row 2 of 4").says("run `reseal resume`");
    let new = project.get("KEY");
    said.hides(&new).hides("old-key");
    assert_eq!(project.get("OLD_KEY"), "old-key", "data that is not migrated yet needs it");
    // from here there is only forward
    project.run(&["resume", "--back"]).code(1).says("cannot be taken back");
    project.write("go-on", "");
    project.run(&["resume"]).ok().says("row 4 of 4");
    for row in 1..=4 {
        assert_eq!(project.text(&format!("rows/{row}")), format!("{new}\n"));
    }
    project.run(&["retire", "--due", "-y"]).ok();
    project.run(&["get", "OLD_KEY"]).code(1);
    // going back is a migration too: the data is under the new key
    project.run(&["rollback", "KEY", "-y"]).ok();
    assert_eq!((project.get("KEY"), project.get("OLD_KEY")), ("old-key".into(), new));
    assert!((1..=4).all(|row| project.text(&format!("rows/{row}")) == "old-key\n"));
}

#[test]
fn going_back_migrates_the_data_back() {
    let project = Project::sealed("KEY=old-key\n");
    project.script("migrate", "#!/bin/sh\ntest \"$(cat data)\" = \"$OLD\" && printf %s \"$NEW\" >data\n");
    project.write("data", "old-key");
    project.write(
        "reseal.toml",
        "[secret.KEY]\nprevious = { key = \"OLD_KEY\", keep-for = \"migrated\" }\nmigrate = [\"./migrate\"]\n",
    );
    project.run(&["rotate", "KEY", "-y"]).ok();
    assert_eq!(project.text("data"), project.get("KEY"));
    project.run(&["rollback", "-y"]).ok();
    assert_eq!((project.get("KEY"), project.text("data")), ("old-key".into(), "old-key".into()));
    // what ends now is a value that no data needs
    project.run(&["retire", "--due", "-y"]).ok();
    assert_eq!(project.text("data"), project.get("KEY"));
}

#[test]
fn going_back_takes_from_a_list_only_what_comes_back() {
    let project = Project::sealed("APP_KEY=key-one\n");
    project.write(
        "reseal.toml",
        "[secret.APP_KEY]\nprevious = { key = \"KEYS\", keep-for = \"1h\", list = true }\n",
    );
    project.run(&["rotate", "APP_KEY", "-y"]).ok();
    let second = project.get("APP_KEY");
    project.run(&["rotate", "APP_KEY", "-y"]).ok();
    let third = project.get("APP_KEY");
    project.run(&["rollback", "-y"]).ok();
    assert_eq!(project.get("APP_KEY"), second);
    assert_eq!(project.get("KEYS"), format!("{third},key-one"), "its hour is not over");
}

#[test]
fn an_emergency_leaves_no_folder_behind() {
    let project = Project::sealed("APP_KEY=key-one\n");
    project.write(
        "reseal.toml",
        "[secret.APP_KEY]\nprevious = { key = \"KEYS\", keep-for = \"1h\", list = true }\n",
    );
    project.run(&["rotate", "APP_KEY", "-y"]).ok();
    project.run(&["rotate", "APP_KEY", "-y", "--emergency"]).ok();
    assert_eq!(project.path(".reseal/grace").read_dir().unwrap().count(), 0);
}

#[test]
fn a_list_keeps_its_entries_when_nothing_says_which_one_is_over() {
    let project = Project::sealed("APP_KEY=key-one\nKEYS=key-zero\n");
    project.write(
        "reseal.toml",
        "[secret.APP_KEY]\nprevious = { key = \"KEYS\", keep-for = \"1s\", list = true }\n",
    );
    project.run(&["rotate", "APP_KEY", "-y"]).ok();
    over();
    std::fs::remove_dir_all(project.path(".reseal/grace")).unwrap();
    project.run(&["retire", "--due", "-y"]).ok().says("take it out of KEYS with `reseal set KEYS`");
    assert_eq!(project.get("KEYS"), "key-one,key-zero");
    project.run(&["retire", "--due", "-y"]).ok().says("no replaced value is due");
}

#[test]
fn a_list_is_not_broken_by_a_comma() {
    let project = Project::sealed("APP_KEY=key,one\n");
    let list = "previous = { key = \"KEYS\", keep-for = \"1h\", list = true }\n";
    project.write("reseal.toml", format!("[secret.APP_KEY]\ngenerate = \"password:32\"\n{list}"));
    project.run(&["rotate", "APP_KEY", "-y"]).code(2).says("makes commas");
    project.write("reseal.toml", format!("[secret.APP_KEY]\n{list}"));
    project.run(&["rotate", "APP_KEY", "-y"]).code(1).says("holds a comma");
}

#[test]
fn a_value_that_comes_back_is_not_to_be_revoked() {
    let project = Project::sealed("STRIPE=first\n");
    project.write("reseal.toml", "[secret.STRIPE]\ngenerate = \"prompt\"\n");
    let rotate = ["rotate", "STRIPE", "--yes"];
    project.pipe(&rotate, b"sec\0ond").code(1).says("holds a NUL");
    project.pipe(&rotate, "first").code(1).says("is the present one");
    project.pipe(&rotate, "second").ok();
    project.run(&["rollback", "-y"]).ok().says("of STRIPE before is to be revoked");
    let folders = project.path(".reseal/grace").read_dir().unwrap().count();
    assert_eq!(folders, 1, "of two values one is in use again");
}

#[test]
fn an_emergency_says_when_sessions_go_on() {
    let project = Project::sealed("P=first-p\n");
    project.write("pw", "first-p");
    // takes `"value":"…"` or `"new":"…"` out of the one line
    project.script(
        "tell",
        "#!/bin/sh\nread -r line || true\nfield() { printf %s \"$line\" | sed \"s/.*\\\"$1\\\":\\\"\\([^\\\"]*\\)\\\".*/\\1/\"; }\n\
         case $1 in\n  test) test \"$(cat pw)\" = \"$(field value)\" || exit 1;;\n  set) field new >pw;;\n  *) exit 4;;\nesac\n",
    );
    project.write("reseal.toml", "[secret.P]\ntarget = { command = { run = [\"./tell\"] } }\n");
    project.run(&["rotate", "P", "-y"]).ok().says("proven: a fresh login with the old P was refused");
    let said = project.run(&["rotate", "P", "-y", "--emergency"]).ok();
    said.says("the old P was taken away, but sessions that it opened go on");
    assert_eq!(project.text("pw"), project.get("P"));
}

#[test]
fn a_key_that_follows_another_is_not_changed_alone() {
    let project =
        Project::sealed("P=first-p\nURL=postgres://app:first-p@db/app\nP_OLD=zero\nKEY=x\nPUB=y\nUSER_B=b\n");
    project.write(
        "reseal.toml",
        "[secret.P]\nfeeds = [{ key = \"URL\", part = \"password\" }]\nprevious = { key = \"P_OLD\", keep-for = \"1h\" }\n\
         [secret.KEY]\ngenerate = \"ed25519\"\npair = { public = \"PUB\" }\n",
    );
    for (key, owner) in [("URL", "P"), ("P_OLD", "P"), ("PUB", "KEY")] {
        let hint = format!("run `reseal rotate {owner}`");
        project.run(&["rotate", key, "-y"]).code(1).says("has no value of its own").says(&hint);
    }
    project.run(&["rotate", "P", "-y"]).ok();
    project.run(&["rollback", "URL", "-y"]).code(1).says("run `reseal rollback P`");
}

#[test]
fn a_long_migration_can_be_interrupted_and_goes_on_with_resume() {
    let project = Project::sealed("KEY=old-key\n");
    project.script("migrate", "#!/bin/sh\n: >slowly\nexec sleep 60\n");
    project.write(
        "reseal.toml",
        "[secret.KEY]\nprevious = { key = \"OLD_KEY\", keep-for = \"migrated\" }\nmigrate = [\"./migrate\"]\n",
    );
    let mut rotation = project.command(&["rotate", "KEY", "-y", "-q"]);
    let mut rotation = rotation.stderr(std::process::Stdio::null()).spawn().unwrap();
    wait_until("the migration", || project.exists("slowly"));
    let interrupted = std::process::Command::new("kill").args(["-INT", &rotation.id().to_string()]).status();
    assert!(interrupted.unwrap().success());
    assert_eq!(rotation.wait().unwrap().code(), Some(130));
    assert_eq!(project.get("OLD_KEY"), "old-key");
    project.script("migrate", "#!/bin/sh\ntest \"$OLD\" = old-key -a \"$NEW\" = \"$KEY\"\n");
    project.run(&["resume"]).ok().says("committed: KEY");
}

/// A service that accepts every value that it was told, until it is told to forget one.
const SERVICE: &str = r#"#!/bin/sh
input=$(cat)
field() { printf '%s' "$input" | jq -r "$1"; }
case $1 in
test) field .value | grep -Fxq -f - accepted ;;
set) field .new >>accepted ;;
retire) field .old | grep -Fxv -f - accepted >left; mv left accepted ;;
*) exit 4 ;;
esac
"#;

#[test]
fn a_key_whose_old_value_a_service_accepts_is_not_taken_away() {
    if !have("grace::a_key_whose_old_value", &["jq", "mounts"]) {
        return;
    }
    let project = Project::sealed("P=correct-horse-battery\nB=1\n");
    project.script("tell", SERVICE);
    project.write("accepted", "correct-horse-battery\n");
    let target = "command = { run = [\"./tell\"], keep-for = \"1h\" }";
    project.write("reseal.toml", format!("[secret.P]\ntarget = {{ {target} }}\n"));
    project.run(&["rotate", "P", "--yes"]).ok().says("is still accepted");
    let sealed = project.read(".env.enc");
    project.script("ed", "#!/bin/sh\nsed -i /^P=/d $1\n");
    let edit = || {
        let mut command = project.command(&["edit"]);
        Output::of(command.env("EDITOR", "./ed"))
    };
    let refusals = [project.run(&["unset", "P"]), edit()];
    for refused in refusals {
        refused.code(1).says("the value before is still accepted").says("run `reseal retire P` first");
        assert!(project.read(".env.enc") == sealed);
    }
    project.run(&["retire", "P", "--yes"]).ok();
    edit().ok();
    assert_eq!(project.run(&["list"]).ok().stdout, "B\n");
}
