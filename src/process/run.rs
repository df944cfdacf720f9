//! Starts one child, waits for it with a deadline, and stops it with all its descendants when that is over.
//!
//! A child leads a process group of its own, so that a signal reaches what a script has started too, and so that an
//! interrupt at the terminal does not tear a half-made deployment down behind the caller's back. Its standard input is
//! empty or what [`tell`] hands over: nothing here can wait for a person. What it prints goes to standard error, because standard output is for
//! reseal's own data. Messages name a child by its first word only, since arguments and output may hold anything.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use super::find::Program;
use super::{Site, withhold_keys};
use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// The last word on a child's environment, after the site's is set.
pub(crate) type Prepare<'a> = &'a dyn Fn(&mut Command);

/// How long a process group may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 5 });

/// A time that several calls may share.
pub(crate) struct Deadline {
    start: Instant,
    limit: Duration,
    stop: Option<Arc<AtomicBool>>,
}

impl Deadline {
    pub(crate) fn new(limit: Duration) -> Self {
        Deadline { start: Instant::now(), limit, stop: None }
    }

    /// One that is over, too, once `stop` is set.
    pub(crate) fn or_when(limit: Duration, stop: &Arc<AtomicBool>) -> Self {
        Deadline { stop: Some(Arc::clone(stop)), ..Deadline::new(limit) }
    }

    fn stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// What is left; nothing is added to a clock, so that no limit is too large.
    pub(crate) fn left(&self) -> Duration {
        if self.stopped() { Duration::ZERO } else { self.limit.saturating_sub(self.start.elapsed()) }
    }
}

/// Where a child's standard output goes: to standard error, which is for people.
fn out(site: &Site) -> Stdio {
    #[expect(
        clippy::disallowed_methods,
        reason = "only handed to the child as its stdout; nothing is written here"
    )]
    let stderr = std::io::stderr;
    if site.quiet { Stdio::null() } else { Stdio::from(stderr()) }
}

/// Where its standard error goes.
fn err(site: &Site) -> Stdio {
    if site.quiet { Stdio::null() } else { Stdio::inherit() }
}

/// Runs a child to its end; anything but exit code 0 is an error.
pub(crate) fn run(
    site: &Site,
    program: &Program,
    args: &[&str],
    deadline: &Deadline,
    prepare: Prepare<'_>,
) -> Result<()> {
    let mut child = start(site, program, args, (Stdio::null(), out(site), err(site)), prepare)?;
    finish(&mut child, program, deadline, &mut || Moved::Nothing)
}

/// Runs a child to its end whose standard input is whole before it starts: were this process killed while it writes, the
/// child would take what it has got for all there is. What the child prints goes to standard error where it is `aloud`;
/// anything but exit code 0 is an error.
pub(crate) fn hand(
    site: &Site,
    program: &Program,
    args: &[&str],
    input: &SecretValue,
    deadline: &Deadline,
    prepare: Prepare<'_>,
    aloud: bool,
) -> Result<()> {
    let pipe = filled(input.expose())
        .map_err(|e| Error::failed(format!("cannot hand over to {:?}: {}", program.word, e.kind())))?;
    let out = if aloud { out(site) } else { Stdio::null() };
    let mut child = start(site, program, args, (Stdio::from(pipe), out, err(site)), prepare)?;
    finish(&mut child, program, deadline, &mut || Moved::Nothing)
}

/// Starts a child that is asked and answers through its standard input and output for as long as the caller has questions;
/// the caller ends it. It gets no age key, and what it prints besides is dropped.
pub(crate) fn converse(site: &Site, program: &Program, args: &[impl AsRef<OsStr>]) -> Result<Child> {
    let keyless = |command: &mut Command| withhold_keys(command, site);
    start(site, program, args, (Stdio::piped(), Stdio::piped(), Stdio::null()), &keyless)
}

/// Starts a child of which both outputs are read, as one; the caller waits for it, or ends it. It gets no age key.
pub(crate) fn overhear(
    site: &Site,
    program: &Program,
    args: &[impl AsRef<OsStr>],
) -> Result<(Child, std::io::PipeReader)> {
    let failed =
        |e: std::io::Error| Error::failed(format!("cannot listen to {:?}: {}", program.word, e.kind()));
    let (from, to) = std::io::pipe().map_err(failed)?;
    let again = to.try_clone().map_err(failed)?;
    let keyless = |command: &mut Command| withhold_keys(command, site);
    let child = start(site, program, args, (Stdio::null(), to.into(), again.into()), &keyless)?;
    Ok((child, from))
}

/// A pipe that holds the bytes, with nobody left to write more.
fn filled(bytes: &[u8]) -> std::io::Result<std::io::PipeReader> {
    let (reader, mut writer) = std::io::pipe()?;
    if rustix::pipe::fcntl_getpipe_size(&writer)? < bytes.len() {
        rustix::pipe::fcntl_setpipe_size(&writer, bytes.len())?;
    }
    rustix::fs::fcntl_setfl(&writer, OFlags::NONBLOCK)?;
    writer.write_all(bytes)?;
    Ok(reader)
}

/// More than this is no answer: a container decides how large an archive of its files is.
const LARGEST: usize = 64 << 20;

/// Runs a child that gets `input` on its standard input, and gives its exit code. What it prints goes to standard
/// error, or into `answer` where one is wanted; one that is too large ends there, and is an error.
pub(crate) fn tell(
    site: &Site,
    program: &Program,
    args: &[&str],
    input: &SecretValue,
    deadline: &Deadline,
    prepare: Prepare<'_>,
    mut answer: Option<&mut Vec<u8>>,
) -> Result<i32> {
    let (out, err) = match answer {
        Some(_) => (Stdio::piped(), Stdio::null()),
        None => (out(site), err(site)),
    };
    let mut child = start(site, program, args, (Stdio::piped(), out, err), prepare)?;
    let (mut to, mut from) = (child.stdin.take(), child.stdout.take());
    let unusable = |e: Errno| Error::failed(format!("cannot talk to {:?}: {e}", program.word));
    if let Some(pipe) = &to {
        rustix::fs::fcntl_setfl(pipe, OFlags::NONBLOCK).map_err(unusable)?;
    }
    if let Some(pipe) = &from {
        rustix::fs::fcntl_setfl(pipe, OFlags::NONBLOCK).map_err(unusable)?;
        // a long answer takes fewer looks; without it, it comes too
        let _ = rustix::pipe::fcntl_setpipe_size(pipe, 1 << 20);
    }
    let mut left = input.expose();
    let status = end(&mut child, program, deadline, &mut || {
        while let Some(pipe) = &mut to {
            match pipe.write(left) {
                Ok(n) if n < left.len() => left = &left[n..],
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                // all of it is written, or the child does not want it: its exit code tells
                _ => to = None,
            }
        }
        let (Some(pipe), Some(answer)) = (&mut from, &mut answer) else { return Moved::Nothing };
        let before = answer.len();
        let _ = pipe.take((LARGEST - before) as u64).read_to_end(answer);
        Moved::since(before, answer)
    })?;
    status.code().ok_or_else(|| {
        let how = judge(status).err().unwrap_or_default();
        Error::failed(format!("{:?} {how}", program.word))
    })
}

/// Runs a child and takes what it prints. Only for questions whose answer holds no value; no age key reaches it.
pub(crate) fn ask(site: &Site, program: &Program, args: &[&str], deadline: &Deadline) -> Result<String> {
    let prepare = |command: &mut Command| withhold_keys(command, site);
    let mut child = start(site, program, args, (Stdio::null(), Stdio::piped(), Stdio::null()), &prepare)?;
    let mut answer = Vec::new();
    let mut pipe = child.stdout.take();
    if let Some(pipe) = &pipe {
        // read between two looks at the child: a full pipe cannot block it, and no thread outlives it
        rustix::fs::fcntl_setfl(pipe, OFlags::NONBLOCK)
            .map_err(|e| Error::failed(format!("cannot read from {:?}: {e}", program.word)))?;
    }
    finish(&mut child, program, deadline, &mut || {
        let before = answer.len();
        if let Some(pipe) = &mut pipe {
            // ends with "would block" or at the end; what was read until then stays in `answer`
            let _ = pipe.take((LARGEST - before) as u64).read_to_end(&mut answer);
        }
        Moved::since(before, &answer)
    })?;
    String::from_utf8(answer).map_err(|_| Error::failed(format!("{:?} answered with no text", program.word)))
}

fn start(
    site: &Site,
    program: &Program,
    args: &[impl AsRef<OsStr>],
    (input, out, err): (Stdio, Stdio, Stdio),
    prepare: Prepare<'_>,
) -> Result<Child> {
    #[expect(clippy::disallowed_methods, reason = "this is where programs are started")]
    let mut command = Command::new(&program.path);
    command.args(args).current_dir(&site.root).env_clear().envs(site.env.iter().map(|(n, v)| (n, v)));
    command.stdin(input).stdout(out).stderr(err).process_group(0);
    prepare(&mut command);
    command.spawn().map_err(|error| {
        let word = &program.word;
        let failed = Error::failed(format!("cannot start {word:?}: {}", error.kind()));
        match error.kind() {
            // `find` saw the file, so it is what the file needs that is missing
            ErrorKind::NotFound => {
                failed.hint(format!("check the project folder and the first line of {word}"))
            }
            ErrorKind::ArgumentListTooLong => failed.hint("one environment variable holds 128 KiB at most"),
            // a script without `#!` ends here; the kind of that error has no name
            _ if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => {
                Error::failed(format!("cannot start {word:?}: it is neither a program nor a script"))
                    .hint(format!("begin {word} with the line `#!/bin/sh`"))
            }
            _ => failed,
        }
    })
}

/// Waits for the child's end, which must be a success.
fn finish(
    child: &mut Child,
    program: &Program,
    deadline: &Deadline,
    meanwhile: &mut dyn FnMut() -> Moved,
) -> Result<()> {
    let status = end(child, program, deadline, meanwhile)?;
    judge(status).map_err(|how| Error::failed(format!("{:?} {how}", program.word)))
}

/// What came while a child was waited for.
enum Moved {
    Nothing,
    Something,
    TooMuch,
}

impl Moved {
    /// After an answer that had so many bytes.
    fn since(before: usize, answer: &[u8]) -> Moved {
        match answer.len() {
            LARGEST.. => Moved::TooMuch,
            now if now > before => Moved::Something,
            _ => Moved::Nothing,
        }
    }
}

/// Waits for the child's end or the deadline, and calls `meanwhile` all along and once after the end.
fn end(
    child: &mut Child,
    program: &Program,
    deadline: &Deadline,
    meanwhile: &mut dyn FnMut() -> Moved,
) -> Result<ExitStatus> {
    let word = &program.word;
    let mut pause = Duration::from_millis(1);
    loop {
        let ended =
            child.try_wait().map_err(|e| Error::failed(format!("cannot wait for {word:?}: {}", e.kind())))?;
        match meanwhile() {
            Moved::TooMuch => {
                kill(child);
                let most = LARGEST >> 20;
                return Err(Error::failed(format!("{word:?} answered with more than {most} MiB")));
            }
            // a pipe holds little: who waits to write more is not kept waiting
            Moved::Something => pause = Duration::from_millis(1),
            Moved::Nothing => {}
        }
        if let Some(status) = ended {
            return Ok(status);
        }
        let left = deadline.left();
        if left.is_zero() {
            stop(child);
            if deadline.stopped() {
                return Err(Error::failed(format!("{word:?} was stopped on request")));
            }
            let limit = deadline.limit;
            return Err(Error::failed(format!("{word:?} was still running after {limit:?} and was stopped")));
        }
        sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

fn judge(status: ExitStatus) -> Result<(), String> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(format!("ended with exit code {code}")),
        (None, Some(signal)) => Err(format!("was killed by signal {signal}")),
        (None, None) => Err("ended without an exit code".to_owned()),
    }
}

/// Ends the whole group: politely, then not. A signal that fails has nobody left to reach, or nobody it may reach.
fn stop(child: &mut Child) {
    let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    let _ = kill_process_group(group, Signal::TERM);
    // a process that was stopped, say by reading from the terminal, sees the signal only once it goes on
    let _ = kill_process_group(group, Signal::CONT);
    if !gone(child, group, GRACE) {
        kill(child);
    }
}

/// Ends the whole group at once.
fn kill(child: &mut Child) {
    let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    let _ = kill_process_group(group, Signal::KILL);
    // bounded as well: a child under another user (sudo) may not be ours to kill
    gone(child, group, Duration::from_secs(1));
}

/// Whether the child and its group end within the limit.
fn gone(child: &mut Child, group: Pid, limit: Duration) -> bool {
    let deadline = Deadline::new(limit);
    loop {
        let reaped = matches!(child.try_wait(), Ok(Some(_)));
        if reaped && test_kill_process_group(group) == Err(Errno::SRCH) {
            return true;
        }
        if deadline.left().is_zero() {
            return false;
        }
        sleep(Duration::from_millis(10));
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
