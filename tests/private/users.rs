//! An ordinary user: who they are in the namespace, what they may do there, and where they get none.

use super::{ENV, Running, USER, VALUE, WAITS, as_user, no_file_holds_the_value, nothing_stays};
use crate::harness::{Output, Project, have};

#[test]
fn an_ordinary_user_stays_who_they_are_and_gains_no_right() {
    if !have("private::an_ordinary_user", &["other-user"]) {
        return;
    }
    let project = Project::sealed(ENV);
    let script = "cat .env; id -u; id -g; sed -n 's/^Cap\\(Inh\\|Prm\\|Eff\\|Amb\\):.0*$/none/p' /proc/self/status; \
                  mount -t tmpfs none . 2>/dev/null || echo no mount; (echo x > .env) 2>/dev/null || echo read-only";
    let mut command = as_user(&project, "", &["exec", "--env-file", ".env", "--", "sh", "-c", script]);
    let expected = format!("{ENV}{USER}\n{USER}\n{}no mount\nread-only\n", "none\n".repeat(4));
    assert_eq!(Output::of(&mut command).ok().stdout, expected);
    nothing_stays(&project, ".env");
}

#[test]
fn a_root_that_may_not_mount_gains_no_right_either() {
    if !have("private::a_root_that_may_not_mount", &["root", "setpriv"]) {
        return;
    }
    let project = Project::sealed(ENV);
    let bounds = "--bounding-set=-sys_admin,-net_raw";
    let show = ["sh", "-c", "grep ^Cap /proc/self/status"];
    let before = Output::of(&mut project.around("setpriv", &[&[bounds], &show[..]].concat())).ok().stdout;
    let exec = [bounds, env!("CARGO_BIN_EXE_reseal"), "exec", "--env-file", ".env", "--"];
    let within = Output::of(&mut project.around("setpriv", &[&exec, &show[..]].concat())).ok().stdout;
    assert_eq!(within, before);
    let cat = Output::of(&mut project.around("setpriv", &[&exec[..], &["cat", ".env"]].concat()));
    assert_eq!(cat.ok().stdout, ENV);
    nothing_stays(&project, ".env");
}

#[test]
fn of_an_ordinary_user_too_nobody_else_sees_a_value() {
    if !have("private::of_an_ordinary_user_too", &["other-user"]) {
        return;
    }
    let project = Project::sealed(ENV);
    let command = as_user(&project, "", &["exec", "--env-file", ".env", "--", "sh", "-c", WAITS]);
    let running = Running::start(&project, command);
    assert_eq!((project.read(".env"), project.mode(".env")), (Vec::new(), 0o600));
    no_file_holds_the_value(&project);
    let same = ["--reuid=12345", "--regid=12345", "--clear-groups", "cat", ".env"];
    assert_eq!(Output::of(&mut project.around("setpriv", &same)).ok().stdout, "");
    running.end(&project);
    nothing_stays(&project, ".env");
}

#[test]
fn a_folder_that_may_not_be_written_to_is_refused() {
    if !have("private::a_folder_that_may_not", &["other-user"]) {
        return;
    }
    let project = Project::sealed(ENV);
    project.write("closed/note", "");
    project.chmod("closed", 0o755);
    let args = ["exec", "--env-file", "closed/.env", "--", "touch", "started"];
    let mut command = as_user(&project, "", &args);
    Output::of(&mut command).code(1).says("none can be made").says("permission denied").hides(VALUE);
    assert!(!project.exists("started") && !project.exists("closed/.env"));
    // with something to lie over, nothing needs to be made
    let args = ["exec", "--env-file", "closed/note", "--", "cat", "closed/note"];
    assert_eq!(Output::of(&mut as_user(&project, "", &args)).ok().stdout, ENV);
}

#[test]
fn the_empty_file_of_another_user_is_not_built_upon() {
    if !have("private::the_empty_file_of_another_user", &["other-user"]) {
        return;
    }
    let project = Project::sealed(ENV);
    let mut command = as_user(&project, "", &["exec", "--env-file", ".env", "--", "touch", "started"]);
    // as a keeper of root leaves it when the machine loses power
    project.write(".env", "");
    Output::of(&mut project.around("touch", &["-d", "@0", ".env"])).ok();
    Output::of(&mut command).code(1).says("the empty file of another user's reseal").says("can be removed");
    assert!(!project.exists("started"));
    project.run(&["exec", "--env-file", ".env", "--", "true"]).ok();
    nothing_stays(&project, ".env");
}

#[test]
fn where_there_are_no_namespaces_the_reason_is_told_and_nothing_is_started() {
    if !have("private::where_there_are_no_namespaces", &["mounts"]) {
        return;
    }
    let project = Project::sealed(ENV);
    for (limit, before) in
        [("max_mnt_namespaces", ""), ("max_user_namespaces", "setpriv --bounding-set=-all")]
    {
        let script = format!("echo 0 > /proc/sys/user/{limit} && exec {before} \"$0\" \"$@\"");
        for args in [&["exec", "--env-file", ".env", "--", "touch", "started"][..], &["edit"]] {
            let head = ["-U", "--map-root-user", "sh", "-c", &script, env!("CARGO_BIN_EXE_reseal")];
            let all: Vec<&str> = head.iter().chain(args).copied().collect();
            let output = Output::of(project.around("unshare", &all).env("EDITOR", "touch started"));
            output
                .code(1)
                .says(&format!("switched off (user.{limit})"))
                .says(&format!("sysctl -w user.{limit}="));
            assert!(!project.exists("started"));
        }
    }
    nothing_stays(&project, ".env");
}
