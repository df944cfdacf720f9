//! Tells each step of a rotation as it happens, and listens for the wish to stop.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::report::Report;
use super::session;
use crate::disk;
use crate::error::{Error, Result};
use crate::saga::{Event, Note, Watch};

/// Tells each step as it happens, and listens for Ctrl-C.
pub(super) struct Progress<'a> {
    report: &'a Report,
    stop: Arc<AtomicBool>,
}

impl<'a> Progress<'a> {
    /// From now on signals that ask to end are looked at between steps only.
    pub(super) fn new(report: &'a Report, stop: &Arc<AtomicBool>) -> Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        for signal in [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|s| !ignored(*s)) {
            signal_hook::flag::register(signal, Arc::clone(stop))
                .map_err(|e| Error::failed(format!("cannot listen for signals: {e}")))?;
        }
        Ok(Progress { report, stop: Arc::clone(stop) })
    }
}

/// Whether the signal was switched off by whoever started us, as `nohup` does; then it stays so.
fn ignored(signal: i32) -> bool {
    let status = disk::read_if_there(Path::new("/proc/self/status")).ok().flatten().unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|m| u64::from_str_radix(m.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}

impl Watch for Progress<'_> {
    fn now(&self) -> String {
        session::now()
    }

    fn saw(&mut self, step: Option<&str>, event: &Event) {
        let step = step.unwrap_or_default();
        match event {
            Event::Succeeded(_, Note::Skipped) => {}
            Event::Succeeded(..) => self.report.say(&format!("{step:<9} done")),
            Event::Failed(_, why) => self.report.say(&format!("{step:<9} failed: {why}")),
            // the undo of these three does nothing: a copy is kept, and services are baseline's
            Event::Undone(_) if matches!(step, "backup" | "redeploy" | "probe") => {}
            Event::Undone(_) => self.report.say(&format!("{step:<9} taken back")),
            Event::UndoFailed(_, why) => self.report.say(&format!("{step:<9} cannot be taken back: {why}")),
            Event::TurnedBack => self.report.say("going back"),
            Event::Started(_) | Event::UndoStarted(_) | Event::Committed => {}
        }
    }

    fn interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
