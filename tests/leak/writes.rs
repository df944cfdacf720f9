//! Every byte that is written while a command runs, as strace sees it, so that a file that is there for a moment only is
//! seen as well.

use super::watched::Watched;
use crate::harness::have;

const CALLS: &str =
    "trace=write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendfile,splice,copy_file_range";

/// A wrapper that needs the values and passes none on, and fails when it is told to.
const UP: &str = "#!/bin/sh\n\"$RESEAL\" exec -- sh -c '[ -n \"$A\" ]' || exit 9\n\
                  [ -e fails ] || exit 0\n[ -e seen.enc ] && exit 0\ncp .env.enc seen.enc\nexit 7\n";

#[test]
fn no_byte_that_is_written_belongs_to_a_value() {
    if !have("leak::writes", &["root", "strace"]) {
        return;
    }
    let w = Watched::empty();
    let value = w.canary();
    w.plant(".env", &format!("A={value}\nB=x\n"));
    w.plant("trace", "");
    w.plant("value", &w.canary());
    w.project.script("up", UP);
    w.project.write("reseal.toml", "[deploy]\nkind = \"wrapper\"\ncommand = [\"./up\"]\n");

    sealed_only(&w, &["encrypt", ".env", "-o", "copy.enc"]);
    sealed_only(&w, &["init", "--delete-plaintext"]);
    sealed_only(&w, &["set", "B", "--value-file", "value"]);
    sealed_only(&w, &["set", "C", "--generate", "alnum:32"]);
    sealed_only(&w, &["rotate", "A", "--yes"]);
    let rotated = w.project.text("trace");
    w.expect(".env.enc", "A");
    w.search("the trace of the rotation", &rotated);
    w.project.write("fails", "");
    let failed = trace(&w, &["rotate", "A", "--yes"], 10);
    w.expect("seen.enc", "A");
    w.search("the trace of the rotation that failed", &failed);
    let id = w.silent(&["backup", "create"]).ok().stdout;
    sealed_only(&w, &["backup", "restore", id.trim(), "--yes"]);

    // and the one descriptor that values do go to, which shows that they would be seen
    let printed = trace(&w, &["get", "A"], 0);
    let a = w.project.get("A");
    let holding: Vec<&str> = printed.lines().filter(|l| l.contains(&a)).collect();
    assert!(!holding.is_empty() && holding.iter().all(|l| l.contains("write(1<pipe:")), "{holding:?}");
}

/// The command writes ciphertext to a file, and nothing that belongs to a value anywhere.
fn sealed_only(w: &Watched, args: &[&str]) {
    let trace = trace(w, args, 0);
    w.search(&format!("the trace of {args:?}"), &trace);
    let files = trace.lines().filter(|l| l.contains("reseal-tmp>") && l.contains("ENC[AES256_GCM,data:"));
    assert!(files.count() > 0, "{args:?} wrote no sealed file, or strace did not see it:\n{trace}");
}

fn trace(w: &Watched, args: &[&str], code: i32) -> String {
    let strace =
        ["-f", "-y", "-qq", "-s", "100000", "-e", CALLS, "-o", "trace", env!("CARGO_BIN_EXE_reseal")];
    let mut command = w.project.around("strace", &[&strace[..], args].concat());
    command.env("TMPDIR", w.project.path("tmp"));
    let output = crate::harness::Output::of(&mut command);
    assert_eq!(output.code, Some(code), "{args:?}: {}", output.stderr);
    w.project.text("trace")
}
