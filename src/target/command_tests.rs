//! Real programs: a script that keeps the credential in a file, and scripts that fail in every way they may.

use std::time::Duration;

use super::super::conformance::{AWKWARD, Service as Expected, conform, value};
use super::super::programs::have;
use super::super::{Admin, Reach, Target, apply, open};
use super::*;
use crate::config::Service;
use crate::process::Site;
use crate::process::testing::Folder;

/// A service in a file: each accepted value is a line. Every call leaves its arguments and its environment behind.
const SERVICE: &str = r#"
for last; do verb=$last; done
printf '%s\n' "$*" >>args
env >env
input=$(cat)
printf '%s\n' "$input" >"input-$verb"
field() { printf '%s' "$input" | jq -r "$1"; }
without() { grep -Fxv -f - accepted >left; mv left accepted; }
case $verb in
test) field .value | grep -Fxq -f - accepted ;;
set)
    case $1 in
    overlap) field .new | without; field .new >>accepted ;;
    *) field .new >accepted ;;
    esac
    ;;
retire) case $1 in overlap) field .old | without ;; *) exit 4 ;; esac ;;
sessions) case $1 in overlap) echo 2 ;; *) exit 4 ;; esac ;;
*) exit 4 ;;
esac
"#;

fn config(run: &[&str]) -> TargetConfig {
    TargetConfig {
        service: Service::Command { run: run.iter().map(|&word| word.to_owned()).collect() },
        users: Users::Single("app".into()),
        admin: None,
        keep_for: Duration::ZERO,
        timeout: Duration::from_secs(30),
    }
}

fn reach(site: &Site) -> Reach<'_> {
    Reach { site, project: None, admin: None }
}

#[test]
fn a_program_conforms() {
    if !have("a_program_conforms", &["jq"]) {
        return;
    }
    for (manner, overlap, new) in [("single", false, AWKWARD[0]), ("overlap", true, AWKWARD[1])] {
        let folder = Folder::new();
        folder.file("service", SERVICE);
        folder.file("accepted", "old-value\n");
        let (site, config) = (folder.site(), config(&["sh", "service", manner]));
        let target = open(&config, reach(&site)).unwrap();
        let service = Expected { user: "app", value: "old-value", next_user: "app", provable: true, overlap };
        conform(&*target, &service, new);
        assert!(!folder.read("args").contains(new) && !folder.read("env").contains(new), "{new}");
        assert_eq!(folder.read("accepted"), format!("{new}\n"));
    }
}

#[test]
fn every_awkward_value_arrives_as_it_is() {
    if !have("every_awkward_value_arrives_as_it_is", &["jq"]) {
        return;
    }
    let folder = Folder::new();
    folder.file("service", SERVICE);
    let (site, config) = (folder.site(), config(&["sh", "service", "single"]));
    let target = open(&config, reach(&site)).unwrap();
    for new in AWKWARD {
        let secret = value(new);
        target.set(&Credential { user: "app", value: &secret }, &[]).unwrap();
        assert_eq!(folder.read("accepted"), format!("{new}\n"));
    }
}

#[test]
fn each_verb_gets_its_object_and_no_age_key() {
    if !have("each_verb_gets_its_object_and_no_age_key", &["jq"]) {
        return;
    }
    let folder = Folder::new();
    folder.file("service", SERVICE);
    folder.file("accepted", "o\"1\n");
    let mut site = folder.site();
    site.env.push(("SOPS_AGE_KEY".into(), "AGE-SECRET-KEY-1".into()));
    let config = config(&["sh", "service", "overlap"]);
    let admin = Admin { user: "root".into(), passwords: vec![value("p\\1"), value("p2")] };
    let target = open(&config, Reach { site: &site, project: None, admin: Some(admin) }).unwrap();
    let (old, new) = (value("o\"1"), value("n1"));
    let old = Credential { user: "app", value: &old };
    let new = Credential { user: "app", value: &new };
    assert_eq!(target.name(), "command \"sh\", user \"app\"");
    assert!(target.examine(&old).unwrap().is_empty());
    assert_eq!(target.examine(&new).unwrap(), ["the present value is refused"]);
    target.set(&new, &[new, old]).unwrap();
    target.retire(&old, &new).unwrap();
    assert_eq!(target.sessions(&old, &new).unwrap(), Some(2));
    let admin = r#""admin":{"user":"root","passwords":["p\\1","p2"]}"#;
    for (verb, object) in [
        ("examine", format!(r#"{{"v":1,"user":"app","value":"n1",{admin}}}"#)),
        ("test", r#"{"v":1,"user":"app","value":"n1"}"#.to_owned()),
        ("set", format!(r#"{{"v":1,"user":"app","new":"n1","known":["n1","o\"1"],{admin}}}"#)),
        ("retire", format!(r#"{{"v":1,"user":"app","old":"o\"1","current":"n1",{admin}}}"#)),
        ("sessions", format!(r#"{{"v":1,"user":"app","old":"o\"1","current":"n1",{admin}}}"#)),
    ] {
        assert_eq!(folder.read(&format!("input-{verb}")), object + "\n", "{verb}");
    }
    assert!(folder.read("args").lines().all(|line| line.starts_with("overlap ")));
    assert!(folder.read("env").contains("SITE=yes") && !folder.read("env").contains("AGE-SECRET"));
}

/// Runs one verb of a program that is this script.
fn ended(script: &str, run: impl Fn(&dyn Target, &Credential<'_>) -> Result<String>) -> Result<String> {
    let folder = Folder::new();
    let (site, config) = (folder.site(), config(&["sh", "-c", script]));
    let secret = value("s3cret");
    run(&*open(&config, reach(&site)).unwrap(), &Credential { user: "app", value: &secret })
}

#[test]
fn exit_codes_mean_what_the_specification_says() {
    let test = |script: &str| ended(script, |t, c| t.test(c).map(|yes| yes.to_string()));
    assert_eq!(test("exit 0").unwrap(), "true");
    assert_eq!(test("exit 1").unwrap(), "false");
    assert_eq!(test("exit 3").unwrap(), "true");
    for code in ["2", "4", "64", "127"] {
        let error = test(&format!("exit {code}")).unwrap_err().to_string();
        assert_eq!(error, format!("\"sh\" ended \"test\" with exit code {code}"));
    }
    assert!(test("kill -9 $$").unwrap_err().to_string().contains("killed by signal 9"));

    let proof =
        |script: &str| ended(script, |t, c| t.proof(c.user, c.value).map(|proof| format!("{proof:?}")));
    assert_eq!(proof("exit 1").unwrap(), "Proven");
    assert!(proof("exit 0").unwrap().contains("lets a wrong value in"));
    assert!(proof("exit 3").unwrap().contains("cannot tell"));
    assert!(proof("exit 64").is_err());

    let done = |script: &str| {
        [
            ended(script, |t, c| t.set(c, &[*c]).map(|()| "done".into())).is_ok(),
            ended(script, |t, c| t.retire(c, c).map(|()| "done".into())).is_ok(),
            ended(script, |t, c| t.sessions(c, c).map(|n| format!("{n:?}"))).is_ok(),
        ]
    };
    assert_eq!(done("exit 1"), [false, false, false]);
    assert_eq!(done("exit 4"), [false, true, true]);
    assert_eq!(done("echo 1"), [true, true, true]);
    // the number is missing, and what was printed instead may hold anything
    assert_eq!(done("echo s3cret"), [true, true, false]);
    let error = ended("echo s3cret", |t, c| t.sessions(c, c).map(|_| String::new())).unwrap_err();
    assert!(!error.to_string().contains("s3cret"), "{error}");

    // a login that proves nothing is told as such, and not held against the service
    let nobodys = value("nobodys");
    let proof = ended("case $0 in test) exit 3 ;; esac", |t, c| {
        apply(t, c, &[*c], &nobodys).map(|proof| format!("{proof:?}"))
    });
    assert!(proof.unwrap().contains("Unprovable"));
}

#[test]
fn what_json_cannot_carry_is_refused_before_anything_runs() {
    let folder = Folder::new();
    let (site, config) = (folder.site(), config(&["sh", "-c", "echo >trace"]));
    let target = open(&config, reach(&site)).unwrap();
    let bytes = SecretValue::new(vec![b's', 0xff]);
    let binary = Credential { user: "app", value: &bytes };
    for error in [
        target.test(&binary).unwrap_err(),
        target.set(&binary, &[]).unwrap_err(),
        target.retire(&binary, &binary).unwrap_err(),
    ] {
        assert!(error.to_string().contains("not UTF-8"), "{error}");
    }
    assert!(!folder.has("trace"));
}

#[test]
fn a_program_that_is_not_there_or_never_ends_is_named() {
    let folder = Folder::new();
    let site = folder.site();
    let secret = value("s3cret");
    let credential = Credential { user: "app", value: &secret };
    let missing = config(&["./no-such"]);
    let error = open(&missing, reach(&site)).unwrap().test(&credential).unwrap_err();
    assert_eq!(error.to_string(), "command \"./no-such\" does not exist");

    let mut slow = config(&["sh", "-c", "sleep 60"]);
    slow.timeout = Duration::from_millis(200);
    let error = open(&slow, reach(&site)).unwrap().test(&credential).unwrap_err();
    assert!(error.to_string().contains("still running after 200ms"), "{error}");
}

#[test]
fn the_object_is_written_in_one_allocation() {
    let awkward = "\u{1}".repeat(5000);
    let input = Input {
        v: 1,
        user: &awkward,
        new: Some(&awkward),
        known: Some(vec![&awkward; 3]),
        admin: Some(AdminInput { user: &awkward, passwords: vec![&awkward; 2] }),
        ..Input::default()
    };
    let sealed = web::json(&input).unwrap();
    // it fits a room of its own length to the byte
    let mut exact = vec![0; sealed.len()];
    let mut room = exact.as_mut_slice();
    assert!(sealed.len() > 8 * 6 * 5000);
    assert!(serde_json::to_writer(&mut room, &input).is_ok() && room.is_empty());
    assert!(serde_json::from_slice::<serde_json::Value>(sealed.expose()).is_ok());
}
