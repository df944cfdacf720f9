//! Files of any size, in little memory.

use std::process::{Command, Stdio};

use super::repo::{Repo, key};
use crate::harness::{Output, have};

/// The most memory that a program had, in KiB, beside what it answered.
fn measured(command: &mut Command) -> (u64, Output) {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let watch = std::thread::spawn(move || {
        let mut most = 0;
        // it is a zombie without these lines before it is waited for
        while let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let Some(line) = line else { break };
            most = line.trim().trim_end_matches(" kB").parse::<u64>().unwrap().max(most);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        most
    });
    let output = Output::from(child.wait_with_output().unwrap());
    (watch.join().unwrap(), output)
}

#[test]
fn a_gigabyte_passes_through_little_memory() {
    if !have("scan::large::a_gigabyte_passes_through_little_memory", &["git"]) {
        return;
    }
    use std::os::unix::fs::FileExt;
    let repo = Repo::guarded();
    let sparse = |name: &str, size: u64, text: &str| {
        let file = std::fs::File::create(repo.path(name)).unwrap();
        file.set_len(size).unwrap();
        file.write_all_at(text.as_bytes(), size - 70_000).unwrap();
    };
    sparse("big", 1 << 30, &key(1));
    let (most, output) = measured(&mut repo.command("", env!("CARGO_BIN_EXE_reseal"), &["scan", "big"]));
    assert!(output.code(3).stdout.starts_with("big:"));
    assert!(most > 0 && most <= 60 << 10, "{most} KiB");
    // through git it takes longer, because git packs it
    sparse("big", 200 << 20, &key(2));
    repo.git(&["config", "core.bigFileThreshold", "10m"]).ok();
    repo.git(&["config", "core.compression", "1"]).ok();
    repo.git(&["add", "-A"]).ok();
    let (most, output) = measured(&mut repo.command("", env!("CARGO_BIN_EXE_reseal"), &["scan", "--staged"]));
    assert!(output.code(3).stdout.starts_with("big:"));
    assert!(most > 0 && most <= 60 << 10, "{most} KiB");
}
