//! Killed at any moment of a rotation that tells two real servers, and resumed: the file's logins are accepted, the
//! others refused, and nobody is locked out.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use super::case::{Case, NEEDS, OLD, Servers, Strategy};
use crate::harness::have;

/// Everything with an effect on the disk, on a server, or on a child.
const EFFECTS: &str = "write,writev,pwrite64,sendto,sendmsg,connect,fsync,?rename,renameat,renameat2,?unlink,unlinkat,\
?mkdir,mkdirat,ftruncate,clone,clone3,?vfork,shutdown,close";

const ROTATE: [&str; 4] = ["rotate", "--group", "data", "--yes"];

/// Calls of one undisturbed run: name, and number among those of its name.
fn calls(case: &Case) -> Vec<(String, usize)> {
    let log = case.project.path("calls");
    assert_eq!(strace(case, &["-o", log.to_str().unwrap()], &ROTATE), Some(0), "{}", said(case));
    let text = std::fs::read_to_string(&log).unwrap();
    let begun = text.lines().position(|l| l.contains(".reseal/rotations/")).unwrap_or(0);
    let mut found: Vec<(String, usize)> = Vec::new();
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for (i, line) in text.lines().enumerate() {
        let Some((name, _)) = line.split_once('(') else { continue };
        let nth = counts.entry(name.to_owned()).or_default();
        *nth += 1;
        if i >= begun && name != "close" {
            found.push((name.to_owned(), *nth));
        }
    }
    found
}

fn strace(case: &Case, options: &[&str], args: &[&str]) -> Option<i32> {
    let trace = format!("trace={EFFECTS}");
    let mut words = vec!["-qq", "-e", &trace];
    words.extend(options);
    words.push(env!("CARGO_BIN_EXE_reseal"));
    words.extend(args);
    run(case, case.project.around("strace", &words))
}

/// `None`: killed.
fn run(case: &Case, mut command: Command) -> Option<i32> {
    let said = std::fs::OpenOptions::new().create(true).append(true).open(case.project.path("said")).unwrap();
    let status =
        command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said).status().unwrap();
    match status.signal() {
        Some(9) => None,
        Some(signal) => panic!("ended by signal {signal}"),
        None => status.code(),
    }
}

fn said(case: &Case) -> String {
    case.project.text("said")
}

/// The event that the journal ends with.
fn last_event(case: &Case) -> String {
    let folder = case.project.path(".reseal/rotations");
    let folders = std::fs::read_dir(folder).into_iter().flatten().map(|e| e.unwrap().path());
    let journal = folders.filter_map(|f| std::fs::read_to_string(f.join("journal.jsonl")).ok()).next();
    let journal = journal.unwrap_or_default();
    let lines: Vec<serde_json::Value> =
        journal.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
    let Some(last) = lines.last() else { return "nothing".into() };
    let Some(event) = last.get("event") else { return "begun".into() };
    let Some((word, step)) = event.as_object().and_then(|o| o.iter().next()) else {
        return event.as_str().unwrap_or_default().to_owned();
    };
    let step = step.as_array().map_or(step, |pair| &pair[0]).as_u64().unwrap();
    format!("{word} {}", lines[0]["open"]["steps"][usize::try_from(step).unwrap()].as_str().unwrap())
}

fn sweep(test: &str, strategy: Strategy, keep: bool, resume: &[&str], step: usize) -> BTreeSet<String> {
    if !have(test, &[&NEEDS[..], &["strace"]].concat()) {
        return BTreeSet::new();
    }
    let servers = &*Servers::shared();
    let step = if std::env::var_os("RESEAL_TEST_CRASH").is_some_and(|v| v == "all") { 1 } else { step };
    // with `keep` both values are accepted until they are retired
    let case = || {
        let case = Case::new(servers, strategy);
        if keep {
            let policy = case
                .project
                .text("reseal.toml")
                .replace("timeout = \"2s\" }", "timeout = \"2s\", keep-for = \"1h\" }");
            case.project.write("reseal.toml", policy);
        }
        case
    };
    let points = calls(&case());
    assert!(points.len() > 60, "only {} points", points.len());
    let points: Vec<_> = points
        .into_iter()
        .enumerate()
        // each line of the journal, and a part of the rest
        .filter(|(i, (name, _))| i % step == 0 || name == "pwrite64")
        .map(|(_, point)| point)
        .collect();
    let (next, met) = (Mutex::new(points.iter()), Mutex::new(BTreeSet::new()));
    let worlds = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let Some((name, nth)) = next.lock().unwrap().next() else { return };
                    let case = case();
                    let rule = format!("inject={name}:signal=SIGKILL:when={nth}");
                    let code = strace(&case, &["-e", &rule], &ROTATE);
                    assert!(code.is_none() || code == Some(0), "{rule} gives {code:?}: {}", said(&case));
                    met.lock().unwrap().insert(last_event(&case));
                    let code = run(&case, case.project.command(resume));
                    // going back is refused once it is committed; then it is finished
                    let code =
                        if code == Some(1) { run(&case, case.project.command(&["resume"])) } else { code };
                    assert!(
                        matches!(code, Some(0 | 10)),
                        "resume gives {code:?} after {rule}: {}",
                        said(&case)
                    );
                    if keep && case.project.get("DB_PASSWORD") != OLD {
                        assert!(servers.database(&case.role, OLD), "the old value is not accepted any more");
                        case.project.run(&["retire", "DB_PASSWORD", "CACHE_PASSWORD", "-y"]).ok();
                    }
                    let new = case.consistent(servers);
                    worlds.lock().unwrap().insert(new);
                    case.project.run(&["resume"]).ok().says("there is nothing to resume");
                }
            });
        }
    });
    let worlds = worlds.into_inner().unwrap();
    assert!(worlds.contains(&true), "no rotation was ever committed");
    assert!(resume.len() == 1 || worlds.contains(&false), "no rotation was ever taken back");
    met.into_inner().unwrap()
}

#[test]
fn a_rotation_that_tells_servers_is_finished_after_a_kill_anywhere() {
    let met = sweep("services::finished_after_a_kill", Strategy::Single, false, &["resume"], 3);
    if met.is_empty() {
        return;
    }
    for step in ["apply:DB_PASSWORD", "apply:CACHE_PASSWORD", "revoke:DB_PASSWORD", "revoke:CACHE_PASSWORD"] {
        assert!(met.contains(&format!("started {step}")), "no kill fell into {step}: {met:?}");
    }
}

#[test]
fn a_rotation_that_tells_servers_is_taken_back_after_a_kill_anywhere() {
    let met = sweep("services::taken_back_after_a_kill", Strategy::Single, false, &["resume", "--back"], 3);
    assert!(met.is_empty() || met.contains("started apply:CACHE_PASSWORD"), "{met:?}");
}

#[test]
fn two_users_who_take_turns_survive_a_kill_anywhere() {
    sweep("services::alternating_after_a_kill", Strategy::Alternating, true, &["resume"], 4);
    sweep("services::alternating_after_a_kill", Strategy::Alternating, false, &["resume", "--back"], 4);
}
