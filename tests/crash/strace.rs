//! System calls of the program: counted, killed before, or made to fail. Its children run free.
//!
//! strace counts each call by its own name and process, so a point is a name and a number.

use std::fs;
use std::process::Command;

use super::case::Case;

/// Everything with an effect on files, locks and processes. Those with `?` exist on some machines only.
const EFFECTS: &str = "openat,write,pwrite64,fsync,fdatasync,?rename,renameat,renameat2,?unlink,unlinkat,?mkdir,\
mkdirat,?rmdir,ftruncate,fallocate,?chmod,fchmod,fchmodat,?chown,fchown,fchownat,flock,?fork,?vfork,clone,clone3";

/// One call of a run.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    /// Counted from one, among those of its name.
    pub nth: usize,
    /// As strace shows it.
    pub shown: String,
}

impl Call {
    /// Whether it only opens something to read, or speaks to a person.
    pub fn harmless(&self) -> bool {
        let reads = self.name == "openat" && self.shown.contains("O_RDONLY");
        reads || self.shown.starts_with("write(2") || self.shown.starts_with("write(1")
    }

    pub fn kill(&self) -> Vec<String> {
        vec![format!("inject={}:signal=SIGKILL:when={}", self.name, self.nth)]
    }

    pub fn send(&self, signal: &str) -> Vec<String> {
        vec![format!("inject={}:signal={signal}:when={}", self.name, self.nth)]
    }

    pub fn fail(&self) -> Vec<String> {
        vec![format!("inject={}:error={}:when={}", self.name, error(&self.name), self.nth)]
    }
}

/// What a full or broken disk, or a full process table, says to such a call.
fn error(name: &str) -> &'static str {
    match name {
        "clone" | "clone3" | "fork" | "vfork" => "EAGAIN",
        "openat" | "write" | "pwrite64" | "mkdir" | "mkdirat" | "fallocate" => "ENOSPC",
        "rename" | "renameat" | "renameat2" => "ENOSPC",
        "flock" => "ENOLCK",
        _ => "EIO",
    }
}

/// From the call with this place in the run on, the disk is gone for good.
pub fn fail_from(calls: &[Call], place: usize) -> Vec<String> {
    let mut names: Vec<&str> = calls.iter().map(|c| c.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    // locks and processes are not the disk, and what is said to a person may still be heard
    names.retain(|n| !["flock", "clone", "clone3", "fork", "vfork"].contains(n));
    let rule = |name: &str| {
        let before = calls[..place].iter().filter(|c| c.name == name).count();
        format!("inject={name}:error={}:when={}+", error(name), before + 1)
    };
    names.into_iter().map(rule).collect()
}

/// Runs the program under rules for its system calls. `None`: it was killed.
pub fn run(case: &Case, rules: &[String], args: &[&str]) -> Option<i32> {
    case.spawn(command(case, rules, "/dev/null", args))
}

/// Runs the program without a fault, in this case, and gives its calls in order.
pub fn calls(case: &Case, args: &[&str]) -> (Option<i32>, Vec<Call>) {
    let log = case.project.path("calls");
    let code = case.spawn(command(case, &[], log.to_str().unwrap(), args));
    let text = fs::read_to_string(&log).unwrap();
    fs::remove_file(log).unwrap();
    let mut calls: Vec<Call> = Vec::new();
    for line in text.lines() {
        let Some((name, _)) = line.split_once('(') else { continue };
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let nth = calls.iter().filter(|c| c.name == name).count() + 1;
        calls.push(Call { name: name.to_owned(), nth, shown: line.to_owned() });
    }
    (code, calls)
}

/// The place of the first call that belongs to the command and not to the start of the process.
pub fn start(calls: &[Call]) -> usize {
    calls.iter().position(|c| c.name.starts_with("mkdir") || c.name == "flock").unwrap()
}

fn command(case: &Case, rules: &[String], log: &str, args: &[&str]) -> Command {
    let mut words = vec!["-qq".to_owned(), "-y".into(), "-o".into(), log.into()];
    words.extend(["-e".into(), format!("trace={EFFECTS}")]);
    for rule in rules {
        words.extend(["-e".into(), rule.clone()]);
    }
    words.push(env!("CARGO_BIN_EXE_reseal").into());
    words.extend(args.iter().map(|a| (*a).to_owned()));
    case.project.around("strace", &words)
}
