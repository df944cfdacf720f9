//! A panic prints a backtrace and unwinds past everything that holds a value.
//!
//! The program has no panic to order, so the system call for random bytes is made to fail: at different moments this
//! comes in the middle of the plan, of new values and of their sealing.

use super::watched::Watched;
use crate::harness::have;

#[test]
fn a_panic_shows_no_value_and_loses_none() {
    if !have("leak::panics", &["strace"]) {
        return;
    }
    // the first is too early for a journal, the others are not
    for (call, journal) in [(3, false), (5, true), (12, true), (24, true), (36, true)] {
        let w = Watched::empty();
        let value = w.canary();
        w.plant("plain", &format!("A={value}\nB=x\n"));
        w.silent(&["encrypt", "plain", "-o", ".env.enc"]).ok();
        w.project.remove("plain");
        let before = w.project.read(".env.enc");

        let inject = format!("inject=getrandom:error=EIO:when={call}+");
        let reseal = env!("CARGO_BIN_EXE_reseal");
        let args = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=getrandom", "-e", &inject, reseal];
        let mut command = w.project.around("strace", &[&args[..], &["-v", "rotate", "A", "--yes"]].concat());
        command.env("RUST_BACKTRACE", "full");
        let output = w.watch(command, &["rotate", "A"]).code(101).says("panicked at");
        // a frame of ours, however much the build knows of names
        output.says("src/rotate/");

        assert_eq!(w.project.read(".env.enc"), before);
        w.prints(&value, &["get", "A"]);
        assert_eq!(w.silent(&["status"]).code, Some(if journal { 13 } else { 0 }), "call {call}");
        let pending = w.project.files().into_iter().find(|file| file.ends_with("pending.enc"));
        assert!(pending.is_none(), "what was not sealed whole does not count");
        w.silent(&["resume"]).ok();
        assert_eq!(w.expect(".env.enc", "A") == value, !journal);
    }
}
