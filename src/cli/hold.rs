//! The keeper of empty files: where `exec --env-file` and `within` show a file that is not there, an empty one must
//! lie, and go when the command has ended. The command takes the place of the process that could see to it, so another
//! one does: it lives outside of the namespace, holds no value, is nobody's child, and ends with the command.
//!
//! What it watches is handed to it as its standard input, a handle on the process, which no number of a process that
//! comes later can be mistaken for. That the files are there it says on its standard output.
#![expect(clippy::disallowed_methods, reason = "starts this very program, and uses its own streams")]

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{PidfdFlags, getpid, pidfd_open, setsid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::args::HoldArgs;
use crate::disk::{Held, MountPoint};
use crate::error::{Error, Result};

/// This program, also when it was exchanged or removed on the disk since it was started.
pub(super) const THIS: &str = "/proc/self/exe";
const READY: &[u8] = b"ready";

/// Where files shall be seen: one place for each path, all of them held until this process, or what it becomes, ends.
/// To be called before any value is in memory and before the namespace is left.
pub(super) fn places(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut places: Vec<MountPoint> = Vec::new();
    for path in paths {
        let here = std::env::current_dir()
            .map_err(|e| Error::failed(format!("cannot tell the current folder: {e}")))?;
        let place = MountPoint::at(&here.join(path))?;
        if !places.iter().any(|p| p.path == place.path) {
            places.push(place);
        }
    }
    let to_hold: Vec<&Path> = places.iter().filter(|p| p.to_hold).map(|p| p.path.as_path()).collect();
    if !to_hold.is_empty() {
        start(&to_hold)?;
    }
    Ok(places.into_iter().map(|p| p.path).collect())
}

fn start(paths: &[&Path]) -> Result<()> {
    let failed = |what: &dyn std::fmt::Display| {
        Error::failed(format!("cannot start the keeper of the mount point: {what}"))
    };
    let me = pidfd_open(getpid(), PidfdFlags::empty()).map_err(|e| failed(&e))?;
    let mut child = command(paths).stdin(me).spawn().map_err(|e| failed(&e.kind()))?;
    let mut said = Vec::new();
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_end(&mut said).map_err(|e| failed(&e))?;
    }
    // the first of its two processes is gone by now
    child.wait().map_err(|e| failed(&e))?;
    if said == READY {
        return Ok(());
    }
    let said = String::from_utf8(said).unwrap_or_default();
    Err(failed(&if said.is_empty() { "it ended" } else { &said }))
}

fn command(paths: &[&Path]) -> Command {
    let mut command = Command::new(THIS);
    command
        .arg0("reseal")
        .arg("hold")
        .env_clear()
        .current_dir("/")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.arg("--").args(paths);
    command
}

/// The keeper itself.
pub(super) fn run(args: &HoldArgs) -> Result<()> {
    if !args.apart {
        // away from the terminal, whose signals are for the command, and from the process that becomes the command,
        // which may wait for all its children
        setsid().map_err(|e| Error::failed(format!("cannot leave the terminal: {e}")))?;
        let again: [&OsStr; 3] = ["hold".as_ref(), "--apart".as_ref(), "--".as_ref()];
        let mut command = Command::new(THIS);
        let child = command.arg0("reseal").args(again).args(&args.paths).spawn();
        return child.map(drop).map_err(|e| Error::failed(format!("cannot start: {}", e.kind())));
    }
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::default())
            .map_err(|e| Error::failed(format!("cannot pass over signals: {e}")))?;
    }
    let mut held = Vec::new();
    let mut failure = None;
    for path in &args.paths {
        match Held::take(path) {
            Ok(one) => held.extend(one),
            Err(error) => failure = Some(error.to_string()),
        }
    }
    let answer = failure.as_ref().map_or(READY, |text| text.as_bytes());
    let told = rustix::io::write(rustix::stdio::stdout(), answer);
    // whoever reads to the end of the command's output shall not wait for this process
    let silent = rustix::fs::open("/dev/null", rustix::fs::OFlags::WRONLY, rustix::fs::Mode::empty())
        .and_then(|null| rustix::stdio::dup2_stdout(&null));
    if told.is_ok() && silent.is_ok() && failure.is_none() {
        wait();
    }
    held.into_iter().for_each(Held::release);
    Ok(())
}

/// Until the process behind standard input has ended.
fn wait() {
    let watched = rustix::stdio::stdin();
    loop {
        let mut fds = [PollFd::new(&watched, PollFlags::IN)];
        match poll(&mut fds, None) {
            Err(rustix::io::Errno::INTR) => {}
            _ => return,
        }
    }
}
