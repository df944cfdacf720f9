//! `exec --env-file` and `within`: the command reads the values at the path, and outside of its namespace nothing is
//! there.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::{Command, Stdio};

use super::{
    ENV, Running, VALUE, WAITS, keepers, no_file_holds_the_value, not_mounted, nothing_stays, until,
};
use crate::harness::{Output, Project, have};

const EXEC: [&str; 6] = ["exec", "--env-file", ".env", "--", "sh", "-c"];

fn exec(script: &str) -> Vec<&str> {
    EXEC.into_iter().chain([script]).collect()
}

#[test]
fn the_command_reads_the_values_and_nobody_else_does() {
    let project = Project::sealed(ENV);
    let read = project.run(&exec("cat .env; cat \"$PWD/.env\"; echo $TOKEN; stat -c %a .env")).ok();
    assert_eq!(read.stdout, format!("{ENV}{ENV}{VALUE}\n600\n"));
    nothing_stays(&project, ".env");
    let running = Running::start(&project, project.command(&exec(WAITS)));
    assert_eq!((project.read(".env"), project.mode(".env")), (Vec::new(), 0o600));
    not_mounted(&project);
    no_file_holds_the_value(&project);
    if have("private::nobody_else", &["other-user"]) {
        for path in [
            project.path(".env"),
            format!("/proc/{}/root{}", running.0.id(), project.path(".env").display()).into(),
        ] {
            let mut other = Command::new("setpriv");
            other.args(["--reuid=65534", "--regid=65534", "--clear-groups", "cat"]).arg(path);
            let output = Output::of(other.stdin(Stdio::null()));
            assert_ne!(output.code, Some(0));
            output.hides(VALUE);
        }
    }
    running.end(&project);
    nothing_stays(&project, ".env");
    no_file_holds_the_value(&project);
}

#[test]
fn the_command_can_change_neither_the_file_nor_what_lies_under_it() {
    let project = Project::sealed(ENV);
    let script = "(echo x > .env) || (rm -f .env) || (mv .env other) || echo none";
    assert_eq!(project.run(&exec(script)).ok().stdout, "none\n");
    nothing_stays(&project, ".env");
}

#[test]
fn the_ram_is_of_a_kind_that_is_never_swapped() {
    let project = Project::sealed(ENV);
    let mounts = project.run(&exec("grep '/\\.env ' /proc/self/mountinfo")).ok().stdout;
    assert!(mounts.contains(" - ramfs ") || mounts.contains("noswap"), "{mounts}");
}

#[test]
fn what_lies_there_is_covered_and_never_touched() {
    let project = Project::sealed(ENV);
    for content in ["MINE=1\n", ""] {
        project.write(".env", content);
        let before = fs::metadata(project.path(".env")).unwrap();
        assert_eq!(project.run(&exec("cat .env")).ok().stdout, ENV);
        assert!(keepers(&project).is_empty());
        let after = fs::metadata(project.path(".env")).unwrap();
        assert_eq!(project.text(".env"), content);
        assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    }
}

#[test]
fn several_at_once_share_the_empty_file_and_the_last_removes_it() {
    let project = Project::sealed(ENV);
    let first = Running::start(&project, project.command(&exec(WAITS)));
    project.run(&exec("grep -q zebra .env")).ok();
    until("one keeper is left", || keepers(&project).len() == 1);
    assert_eq!(project.read(".env"), b"");
    first.end(&project);
    nothing_stays(&project, ".env");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (0..4).for_each(|_| drop(project.run(&exec("grep -q zebra .env && sleep 0.02")).ok()));
            });
        }
    });
    nothing_stays(&project, ".env");
}

#[test]
fn a_link_stays_and_where_it_leads_is_covered() {
    let project = Project::sealed(ENV);
    project.write("deep/real.env", "MINE=1\n");
    symlink("deep/real.env", project.path(".env")).unwrap();
    assert_eq!(project.run(&exec("cat .env deep/real.env")).ok().stdout, format!("{ENV}{ENV}"));
    assert!(project.path(".env").is_symlink());
    assert_eq!(project.text("deep/real.env"), "MINE=1\n");
}

#[test]
fn several_paths_and_another_folder() {
    let project = Project::sealed(ENV);
    project.write("app/.env.enc", project.read(".env.enc"));
    let script = "cat .env conf.env ../up.env; test ! -e ../.env";
    let args = ["-C", "app", "exec", "--env-file", ".env", "--env-file=conf.env", "--env-file", "../up.env"];
    let args: Vec<&str> =
        args.into_iter().chain(["--env-file", "./.env", "--", "sh", "-c", script]).collect();
    assert_eq!(project.run(&args).ok().stdout, ENV.repeat(3));
    for name in ["app/.env", "app/conf.env", "up.env"] {
        nothing_stays(&project, name);
    }
}

#[test]
fn the_keeper_is_no_child_of_the_command_and_outlives_signals() {
    let project = Project::sealed(ENV);
    // one word: the program that prints it
    let children = project.run(&exec("cat /proc/$$/task/$$/children")).ok().stdout;
    assert_eq!(children.split_whitespace().count(), 1, "{children}");
    let running = Running::start(&project, project.command(&exec(WAITS)));
    let keeper = keepers(&project);
    assert_eq!(keeper.len(), 1);
    for signal in ["HUP", "INT", "QUIT", "TERM"] {
        let sent = Command::new("kill").args(["-s", signal, &keeper[0].to_string()]).status();
        assert!(sent.unwrap().success());
    }
    let environment = fs::read(format!("/proc/{}/environ", keeper[0])).unwrap();
    assert!(environment.is_empty(), "{}", String::from_utf8_lossy(&environment));
    project.run(&exec("grep -q zebra .env")).ok();
    until("that of the other has ended", || keepers(&project) == keeper);
    running.end(&project);
    nothing_stays(&project, ".env");
}

#[test]
fn within_shows_its_standard_input_and_passes_everything_else_through() {
    let project = Project::empty();
    let script = "cat; cat .env two.env; echo $SOPS_AGE_KEY_FILE; exit 7";
    let args = ["within", "--env-file", ".env", "--env-file", "two.env", "--", "sh", "-c", script];
    let output = project.pipe(&args, "A=$x\nB='\n").code(7);
    let expected = format!("A=$x\nB='\nA=$x\nB='\n{}\n", project.path("age.key").display());
    assert_eq!(output.stdout, expected);
    nothing_stays(&project, ".env");
    nothing_stays(&project, "two.env");
    project.pipe(&["within", "--env-file", ".env", "--", "no-such-program"], "A=1\n").code(127);
    nothing_stays(&project, ".env");
    let large = format!("A={}\n", "x".repeat(3 << 20));
    let args = ["within", "--env-file", ".env", "--", "wc", "-c", ".env"];
    assert_eq!(project.pipe(&args, &large).ok().stdout, format!("{} .env\n", large.len()));
}

#[test]
fn the_value_is_written_to_ram_and_nowhere_else() {
    if !have("private::the_value_is_written_to_ram", &["strace"]) {
        return;
    }
    let project = Project::sealed(ENV);
    let log = project.path("calls");
    let options = ["-f", "-y", "-s", "9999", "-e", "trace=write,pwrite64,writev,sendto,sendmsg,execve", "-o"];
    let mut args: Vec<&str> = options.to_vec();
    args.extend([
        log.to_str().unwrap(),
        env!("CARGO_BIN_EXE_reseal"),
        "exec",
        "--env-file",
        ".env",
        "--",
        "true",
    ]);
    Output::of(&mut project.around("strace", &args)).ok();
    let calls = fs::read_to_string(&log).unwrap();
    let said: Vec<&str> = calls.lines().filter(|line| line.contains(VALUE)).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    // the folder that the file system in RAM lies over for a moment
    let to = said[0].split_once("write(").unwrap().1.split_once('>').unwrap().0;
    assert!(["/dev/shm/file", "/run/file", "/tmp/file"].iter().any(|ram| to.ends_with(ram)), "{to}");
    assert!(
        ["/dev/shm/file", "/run/file", "/tmp/file"].iter().all(|path| !std::path::Path::new(path).exists())
    );
    project.remove("calls");
    nothing_stays(&project, ".env");
}
