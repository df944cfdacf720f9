//! Real children of `sh`: how they end, what they get, and that nothing of them outlives the deadline.

use super::super::find;
use super::super::testing::Folder;
use super::*;

fn sh(folder: &Folder, script: &str, limit: Duration) -> Result<()> {
    let site = folder.site();
    let program = find::program("sh", &site).unwrap();
    run(&site, &program, &["-c", script], &Deadline::new(limit), &|_| {})
}

const LONG: Duration = Duration::from_secs(30);

#[test]
fn an_error_says_how_the_child_ended_and_not_what_it_was_told() {
    let folder = Folder::new();
    sh(&folder, "exit 0", LONG).unwrap();
    assert_eq!(
        sh(&folder, "exit 7 # s3cret", LONG).unwrap_err().to_string(),
        "\"sh\" ended with exit code 7"
    );
    assert_eq!(sh(&folder, "kill -9 $$", LONG).unwrap_err().to_string(), "\"sh\" was killed by signal 9");
}

#[test]
fn a_child_gets_the_sites_environment_and_folder_and_an_empty_input() {
    let folder = Folder::new();
    folder.file("here", "");
    sh(&folder, "test -e here && test \"$SITE\" = yes && test -z \"$CARGO_MANIFEST_DIR\" && ! read x", LONG)
        .unwrap();
}

#[test]
fn at_the_deadline_the_childs_children_end_too() {
    let folder = Folder::new();
    // the child waits for a child in the background that would leave a trace
    let error = sh(&folder, "(sleep 1; echo >trace) & wait", Duration::from_millis(200)).unwrap_err();
    assert_eq!(error.to_string(), "\"sh\" was still running after 200ms and was stopped");
    sleep(Duration::from_millis(1300));
    assert!(!folder.has("trace"));
}

#[test]
fn who_ignores_the_polite_signal_is_killed() {
    let folder = Folder::new();
    let began = Instant::now();
    sh(&folder, "trap '' TERM; while :; do sleep 0.1; done", Duration::from_millis(100)).unwrap_err();
    let took = began.elapsed();
    assert!(took >= GRACE, "{took:?}");
}

#[test]
fn a_stopped_child_ends_at_the_deadline() {
    let folder = Folder::new();
    sh(&folder, "kill -STOP $$", Duration::from_millis(200)).unwrap_err();
}

#[test]
fn a_deadline_may_be_as_long_as_it_likes() {
    sh(&Folder::new(), "exit 0", Duration::MAX).unwrap();
}

#[test]
fn a_long_answer_is_read_whole() {
    let folder = Folder::new();
    let site = folder.site();
    let program = find::program("sh", &site).unwrap();
    let script = "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done; echo noise >&2";
    let answer = ask(&site, &program, &["-c", script], &Deadline::new(LONG)).unwrap();
    assert_eq!(answer.len(), 220_000);
}

#[test]
fn an_answer_does_not_wait_for_who_keeps_the_pipe_open() {
    let folder = Folder::new();
    let site = folder.site();
    let program = find::program("sh", &site).unwrap();
    let began = Instant::now();
    let answer = ask(&site, &program, &["-c", "sleep 600 & echo done"], &Deadline::new(LONG)).unwrap();
    assert_eq!(answer, "done\n");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_script_whose_interpreter_is_missing_says_so() {
    let folder = Folder::new();
    folder.file("script", "#!/no/such/interpreter\n");
    folder.may_execute("script");
    let site = folder.site();
    let program = find::program("./script", &site).unwrap();
    let error = run(&site, &program, &[], &Deadline::new(LONG), &|_| {}).unwrap_err();
    assert!(error.to_string().starts_with("cannot start \"./script\": "), "{error}");
}

#[test]
fn who_is_only_asked_gets_no_age_key() {
    let folder = Folder::new();
    let mut site = folder.site();
    site.env.push(("SOPS_AGE_KEY".into(), "AGE-SECRET-KEY-1".into()));
    let program = find::program("sh", &site).unwrap();
    let answer = ask(&site, &program, &["-c", "echo \"$SITE$SOPS_AGE_KEY\""], &Deadline::new(LONG)).unwrap();
    assert_eq!(answer.trim(), "yes");
}

#[test]
fn what_is_handed_over_is_whole_before_the_child_starts() {
    let folder = Folder::new();
    let (site, nothing) = (folder.site(), |_: &mut Command| {});
    let cat = find::program("sh", &site).unwrap();
    // more than a pipe holds by itself
    for length in [0, 1, 65_536, 511_999] {
        let value = SecretValue::new(vec![b'x'; length]);
        hand(&site, &cat, &["-c", "cat >got"], &value, &Deadline::new(LONG), &nothing, false).unwrap();
        assert_eq!(folder.bytes("got"), value.expose());
    }
    // who does not read it does not matter, and who fails is an error
    let value = SecretValue::new(b"s3cret".to_vec());
    hand(&site, &cat, &["-c", "exit 0"], &value, &Deadline::new(LONG), &nothing, false).unwrap();
    let error =
        hand(&site, &cat, &["-c", "exit 4"], &value, &Deadline::new(LONG), &nothing, false).unwrap_err();
    assert_eq!(error.to_string(), "\"sh\" ended with exit code 4");
}

#[test]
fn an_answer_without_end_ends() {
    let folder = Folder::new();
    let site = folder.site();
    let yes = crate::process::program("yes", &site).unwrap();
    let (silent, mut answer) = (SecretValue::new(Vec::new()), Vec::new());
    let deadline = Deadline::new(LONG);
    let error = tell(&site, &yes, &[], &silent, &deadline, &|_| {}, Some(&mut answer)).unwrap_err();
    assert_eq!(error.to_string(), "\"yes\" answered with more than 64 MiB");
    assert_eq!(answer.len(), LARGEST);
    assert!(!deadline.left().is_zero());
}
