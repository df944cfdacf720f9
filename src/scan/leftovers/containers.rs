//! What docker tells of containers to everybody who may ask it: their environments, their command lines, their logs.

use std::time::Duration;

use super::super::{Item, Place};
use super::{Leftover, Origin};
use crate::error::Result;
use crate::process::{Deadline, Program, Site, ask, program, tell};
use crate::secret::SecretValue;

/// How long the engine may take to answer.
const ANSWER: Duration = Duration::from_secs(20);

/// One container a line: id, state, name.
const LISTED: &str = "{{.ID}}\t{{.State}}\t{{.Names}}";

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
        let mut words = line.splitn(3, '\t');
        let (Some(id), Some(state), Some(name)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let origin = match state {
            "running" | "paused" | "restarting" => Origin::Running(name.to_owned()),
            _ => Origin::Stopped(name.to_owned()),
        };
        let told = ["inspect", "--type", "container", "--format", TOLD, id];
        let logged = ["logs", "--tail", LINES, id];
        let what =
            [("environment", origin, &told[..]), ("logs", Origin::Logged(name.to_owned()), &logged[..])];
        for (what, origin, args) in what {
            match answer(site, &docker, args) {
                Some(bytes) => found.push(Leftover {
                    item: Item::new(format!("docker:{name}/{what}").as_bytes(), Place::Held(bytes)),
                    origin,
                }),
                None => notes.push(format!("docker:{name}/{what} was not looked at")),
            }
        }
    }
    Ok((found, notes))
}

/// What docker prints; nothing where it fails.
fn answer(site: &Site, docker: &Program, args: &[&str]) -> Option<SecretValue> {
    let mut bytes = Vec::new();
    let nothing = SecretValue::new(Vec::new());
    let code = tell(site, docker, args, &nothing, &Deadline::new(ANSWER), &|_| {}, Some(&mut bytes)).ok()?;
    let bytes = SecretValue::new(bytes);
    (code == 0).then_some(bytes)
}
