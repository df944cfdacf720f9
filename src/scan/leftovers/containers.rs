//! What docker tells of containers to everybody who may ask it: their environments, their command lines, their logs.

use std::io::{self, PipeReader, Read};
use std::process::Child;
use std::sync::Mutex;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::super::{Item, Place};
use super::{Leftover, Origin, Service};
use crate::error::Result;
use crate::process::{Deadline, Program, Site, ask, overhear, program, tell};
use crate::secret::SecretValue;

/// How long the engine may take to answer.
const ANSWER: Duration = Duration::from_secs(20);

/// One container a line: id, state, name, and what compose says of it.
const LISTED: &str = "{{.ID}}\t{{.State}}\t{{.Names}}\t{{.Label \"com.docker.compose.project.working_dir\"}}\t{{.Label \"com.docker.compose.service\"}}";

/// One variable a line, then the command line, a word a line.
const TOLD: &str =
    "{{range .Config.Env}}{{println .}}{{end}}{{println .Path}}{{range .Args}}{{println .}}{{end}}";

/// How many of the last lines of a log are looked at.
const LINES: &str = "50000";

/// All containers of the engine; none where there is no docker.
pub fn containers(site: &Site) -> Result<(Vec<Leftover>, Vec<String>)> {
    let Ok(docker) = program("docker", site) else { return Ok((Vec::new(), Vec::new())) };
    let listed = match ask(
        site,
        &docker,
        &["ps", "--all", "--no-trunc", "--format", LISTED],
        &Deadline::new(ANSWER),
    ) {
        Ok(listed) => listed,
        Err(error) => return Ok((Vec::new(), vec![format!("containers were not looked at: {error}")])),
    };
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    for line in listed.lines() {
        let mut words = line.split('\t');
        let (Some(id), Some(state), Some(names)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        // links of old give it several
        let name = names.split(',').find(|name| !name.contains('/')).unwrap_or(id);
        let service = match (words.next(), words.next()) {
            (Some(folder), Some(service)) if !folder.is_empty() && !service.is_empty() => {
                Some(Service { folder: folder.to_owned(), name: service.to_owned() })
            }
            _ => None,
        };
        let origin = match state {
            "running" | "paused" | "restarting" => Origin::Running(name.to_owned(), service),
            _ => Origin::Stopped(name.to_owned()),
        };
        let told = ["inspect", "--type", "container", "--format", TOLD, id];
        match answer(site, &docker, &told) {
            Some(bytes) => {
                found.push(Leftover { item: item(name, "environment", Place::Held(bytes)), origin });
            }
            None => notes.push(format!("docker:{name}/environment was not looked at")),
        }
        let log = Log { site: site.clone(), docker: docker.clone(), id: id.to_owned(), open: None };
        let place = Place::Stream(Mutex::new(Box::new(log)));
        found.push(Leftover { item: item(name, "logs", place), origin: Origin::Logged(name.to_owned()) });
    }
    Ok((found, notes))
}

fn item(name: &str, what: &str, place: Place) -> Item {
    Item::new(format!("docker:{name}/{what}").as_bytes(), place)
}

/// What a container has printed, to either of its outputs. It may be long: it is read piece by piece, once somebody does.
struct Log {
    site: Site,
    docker: Program,
    id: String,
    open: Option<(Child, PipeReader)>,
}

impl Read for Log {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (child, from) = match &mut self.open {
            Some(open) => open,
            none => {
                let args = ["logs", "--tail", LINES, &self.id];
                let started = overhear(&self.site, &self.docker, &args);
                none.insert(started.map_err(|_| io::Error::from(io::ErrorKind::Other))?)
            }
        };
        // an engine that says nothing is not waited for
        let limit = Timespec { tv_sec: ANSWER.as_secs() as i64, tv_nsec: 0 };
        if poll(&mut [PollFd::new(from, PollFlags::IN)], Some(&limit))? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match from.read(buffer)? {
            0 if !buffer.is_empty() && !child.wait()?.success() => Err(io::ErrorKind::UnexpectedEof.into()),
            n => Ok(n),
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.open {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What docker prints; nothing where it fails.
fn answer(site: &Site, docker: &Program, args: &[&str]) -> Option<SecretValue> {
    let mut bytes = Vec::new();
    let nothing = SecretValue::new(Vec::new());
    let code = tell(site, docker, args, &nothing, &Deadline::new(ANSWER), &|_| {}, Some(&mut bytes)).ok()?;
    let bytes = SecretValue::new(bytes);
    (code == 0).then_some(bytes)
}
