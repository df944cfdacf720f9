//! Where the editor of `reseal edit` works: a process of its own, in a namespace in which only RAM can be written to.
//!
//! The text comes over a socket on standard input and goes back the same way; the editor gets the terminal in its
//! place. The namespace lasts as long as this process, so that a text with a mistake can be edited again. Both ends of
//! the talk are here: [`Desk`] for who asks for it, [`run`] for the process itself.
#![expect(
    clippy::disallowed_methods,
    reason = "starts this very program and the editor, and uses its own streams"
)]

use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags};
use signal_hook::consts::{SIGINT, SIGQUIT};

use super::args::DeskArgs;
use super::hold::THIS;
use crate::disk::{self, Namespace};
use crate::error::{Error, Result};
use crate::process::is_key_variable;
use crate::secret::SecretValue;

const TEXT: u8 = b't';
const AGAIN: u8 = b'a';
const FAILED: u8 = b'f';

/// No env file is longer; what claims to be is no message of ours.
const LONGEST: u64 = 64 << 20;

/// The process that the editor runs under, as who has started it sees it.
pub(super) struct Desk {
    talk: Option<UnixStream>,
    child: Child,
}

impl Desk {
    pub(super) fn open(name: &OsStr, editor: &[OsString]) -> Result<Self> {
        let failed = |e: &std::io::Error| Error::failed(format!("cannot prepare a place to edit in: {e}"));
        ignore_interrupts()?;
        let (talk, theirs) = UnixStream::pair().map_err(|e| failed(&e))?;
        let mut command = Command::new(THIS);
        command.arg0("reseal").arg("desk").arg("--").arg(name).args(editor).stdin(OwnedFd::from(theirs));
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_key_variable(name)) {
            command.env_remove(name);
        }
        let child = command.spawn().map_err(|e| failed(&e))?;
        Ok(Desk { talk: Some(talk), child })
    }

    /// Has `text` edited.
    pub(super) fn edit(&mut self, text: &SecretValue) -> Result<SecretValue> {
        self.ask(TEXT, text.expose())
    }

    /// Has the text of before edited once more.
    pub(super) fn again(&mut self) -> Result<SecretValue> {
        self.ask(AGAIN, b"")
    }

    fn ask(&mut self, kind: u8, body: &[u8]) -> Result<SecretValue> {
        let gone =
            || Error::failed("the process that the editor runs under has ended").note("nothing was changed");
        let talk = self.talk.as_mut().ok_or_else(gone)?;
        // a process that could not prepare itself has answered, and gone, before it was asked
        let sent = send(talk, kind, body);
        let answer = receive(talk).map_err(|_| gone())?;
        match answer.filter(|(kind, _)| *kind == FAILED || sent.is_ok()) {
            Some((TEXT, text)) => Ok(text),
            Some((FAILED, why)) => Err(unpack(&why).note("nothing was changed")),
            _ => Err(gone()),
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // the end of the talk is the end of that process, and with it of the namespace
        self.talk = None;
        let _ = self.child.wait();
    }
}

/// The process itself.
pub(super) fn run(args: &DeskArgs) -> Result<()> {
    ignore_interrupts()?;
    let talk = std::io::stdin().as_fd().try_clone_to_owned().map(UnixStream::from);
    let mut talk = talk.map_err(|e| Error::failed(format!("cannot use standard input: {e}")))?;
    let gone = |e: std::io::Error| {
        Error::failed(format!("who asked for the editor has gone away: {e}")).note("nothing was changed")
    };
    let file = match prepare(&args.name) {
        Ok(file) => file,
        Err(error) => return send(&mut talk, FAILED, &pack(&error)).map_err(gone),
    };
    while let Some((kind, text)) = receive(&mut talk).map_err(gone)? {
        let edited = if kind == TEXT { disk::write_private(&file, &text) } else { Ok(()) };
        drop(text);
        match edited.and_then(|()| edit(&args.editor, &file)).and_then(|()| taken(&file)) {
            Ok(text) => send(&mut talk, TEXT, text.expose()),
            Err(error) => send(&mut talk, FAILED, &pack(&error)),
        }
        .map_err(gone)?;
    }
    Ok(())
}

fn prepare(name: &Path) -> Result<PathBuf> {
    let namespace = Namespace::enter()?;
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let folder = namespace.close(home.as_deref())?;
    namespace.settle();
    Ok(folder.join(name))
}

/// What the editor left. Anything but a file could keep whoever reads it waiting for ever.
fn taken(file: &Path) -> Result<SecretValue> {
    match disk::stat(file) {
        Some(stat) if stat.is_file => disk::read_secret(file),
        Some(_) => Err(Error::failed("the editor left something that is no regular file")),
        None => Err(Error::failed("the editor left no file")),
    }
}

fn edit(editor: &[OsString], file: &Path) -> Result<()> {
    let [program, args @ ..] = editor else { return Err(Error::usage("there is no editor")) };
    let failed = |how: String| Error::failed(format!("the editor {program:?} {how}"));
    let status = Command::new(program).args(args).arg(file).stdin(terminal()).status();
    let status = status.map_err(|e| {
        let why =
            if e.kind() == ErrorKind::NotFound { "there is no such program".into() } else { e.to_string() };
        failed(format!("cannot be started: {why}")).hint("set SOPS_EDITOR or EDITOR to one that is installed")
    })?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(failed(format!("ended with exit code {code}"))),
        None => Err(failed("was killed".to_owned())),
    }
}

/// The terminal, where there is one: standard input is the socket.
fn terminal() -> Stdio {
    if !std::io::stderr().is_terminal() && !std::io::stdout().is_terminal() {
        return Stdio::null();
    }
    rustix::fs::open("/dev/tty", OFlags::RDWR, Mode::empty()).map_or_else(|_| Stdio::null(), Stdio::from)
}

/// An interrupt at the terminal is for the editor.
fn ignore_interrupts() -> Result<()> {
    for signal in [SIGINT, SIGQUIT] {
        signal_hook::flag::register(signal, Arc::default())
            .map_err(|e| Error::failed(format!("cannot pass over signals: {e}")))?;
    }
    Ok(())
}

fn send(talk: &mut UnixStream, kind: u8, body: &[u8]) -> std::io::Result<()> {
    talk.write_all(&[kind])?;
    talk.write_all(&(body.len() as u64).to_be_bytes())?;
    talk.write_all(body)
}

/// The next message, or `None` at the end of the talk.
fn receive(talk: &mut UnixStream) -> std::io::Result<Option<(u8, SecretValue)>> {
    let mut kind = [0];
    if talk.read(&mut kind)? == 0 {
        return Ok(None);
    }
    let mut length = [0; 8];
    talk.read_exact(&mut length)?;
    let length = u64::from_be_bytes(length);
    if length > LONGEST {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; usize::try_from(length).unwrap_or_default()];
    talk.read_exact(&mut body)?;
    Ok(Some((kind[0], SecretValue::new(body))))
}

/// An error as it goes over the socket: message, hint, notes.
fn pack(error: &Error) -> Vec<u8> {
    let mut parts = vec![error.to_string(), error.advice().unwrap_or_default().to_owned()];
    parts.extend(error.notes().iter().cloned());
    parts.join("\0").into_bytes()
}

fn unpack(packed: &SecretValue) -> Error {
    let mut parts = packed.expose_str().unwrap_or_default().split('\0');
    let mut error = Error::failed(parts.next().unwrap_or_default());
    if let Some(hint) = parts.next().filter(|hint| !hint.is_empty()) {
        error = error.hint(hint);
    }
    parts.fold(error, Error::note)
}
