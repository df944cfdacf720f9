//! Whether a container on this host still holds a value that was replaced, whoever started it, and whether those of the
//! project got the values unchanged (I8, I9).
//!
//! It looks at what the engine knows of every running container and at the secrets mounted in it. All of that is read
//! into wiped memory, compared and dropped; what leaves this folder are names: of containers, services, variables and
//! keys. It changes nothing and reads no memory of another process (decision 0033).

mod engine;
mod matching;

use std::fmt;
use std::time::Duration;

use super::{Intent, Values, compose};
use crate::config::{DeployConfig, DeployKind};
use crate::docker;
use crate::error::{Error, Result};
use crate::process::{Deadline, Site};
use crate::secret::Fingerprints;
use engine::Container;
use matching::{Match, Replaced};

/// How long the engine may take for all of it.
const ANSWER: Duration = Duration::from_secs(60);

/// How long a container that is being replaced may go on to run, where the engine does not wait for it itself.
const SETTLES: Duration = Duration::from_secs(20);

/// How many are named; the rest is counted.
const NAMED: usize = 5;

/// Two versions of the file, and what is different.
pub struct Compared<'a> {
    /// The values before.
    pub before: Values<'a>,
    /// The values now; beforehand those that stay.
    pub now: Values<'a>,
    /// The keys that change.
    pub changed: &'a [String],
    /// Those of them that hold no secret, such as a user's name: they count in variables of the same name only.
    pub plain: &'a [String],
    /// Under a key of this run: by them, values are compared.
    pub prints: &'a Fingerprints,
}

/// Fails where a running container still holds a replaced value, or where one of the project did not get the file's.
pub fn still_old(config: &DeployConfig, site: &Site, compared: &Compared<'_>) -> Result<()> {
    let settles = Deadline::new(SETTLES);
    loop {
        let found = look(config, site, compared, &Stage::After)?;
        if found.is_empty() {
            return Ok(());
        }
        if config.kind == DeployKind::Swarm && !settles.left().is_zero() {
            std::thread::sleep(Duration::from_millis(500));
            continue;
        }
        let stale = found.iter().any(|finding| matches!(finding.what, What::Holds { .. }));
        return Err(Error::failed(listed(&found)).hint(match stale {
            true if config.steps.iter().flatten().any(|word| word == "restart") => {
                "a restart keeps the values of before: say `up -d` in `steps` of [deploy], or leave `steps` out"
            }
            true => {
                "redeploy what is named with the same value from one place, stop it, or name it under `leave` of [deploy]"
            }
            false => "see what the compose file and the command of [deploy] make of it on its way",
        }));
    }
}

/// Looks who else holds the present values. Where only the project's own services will be started anew, that makes the
/// rotation fail, and so it is refused; a command that may start anything gets the benefit of the doubt, and a remark.
pub fn beforehand(
    config: &DeployConfig,
    site: &Site,
    compared: &Compared<'_>,
    intent: &Intent,
) -> Result<Vec<String>> {
    let found = look(config, site, compared, &Stage::Before(intent))?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let told = listed(&found);
    if config.kind == DeployKind::Compose {
        return Err(Error::failed(told).note("it would keep the old value; nothing was changed").hint(
            "redeploy it with the same value from one place, stop it, or name it under `leave` of [deploy] in reseal.toml",
        ));
    }
    Ok(vec![format!("{told}; the rotation fails unless the command starts it anew")])
}

/// What was found of one container.
struct Finding {
    container: String,
    place: Option<String>,
    what: What,
}

enum What {
    Holds { key: String, places: Vec<String>, now: bool },
    Differs { key: String, variable: String },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "container {:?}", self.container)?;
        if let Some(place) = &self.place {
            write!(f, " ({})", shown(place))?;
        }
        match &self.what {
            What::Holds { key, places, now } => {
                let which = if *now { "holds the present" } else { "still holds the old" };
                write!(f, " {which} value of \"{key}\" in {}", shown(&places.join(", ")))
            }
            What::Differs { key, variable } => {
                write!(f, " sees another value than the file has for \"{key}\" in variable {variable}")
            }
        }
    }
}

/// Without control characters: whoever starts a container says what its labels and variables are called.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn listed(found: &[Finding]) -> String {
    let mut text: Vec<String> = found.iter().take(NAMED).map(ToString::to_string).collect();
    if found.len() > NAMED {
        text.push(format!("and {} more", found.len() - NAMED));
    }
    text.join("; ")
}

/// When it is looked.
enum Stage<'a> {
    /// Before anything is begun: those that will be made anew do not count.
    Before(&'a Intent),
    /// After the redeploy.
    After,
}

/// All running containers against the two versions.
fn look(
    config: &DeployConfig,
    site: &Site,
    compared: &Compared<'_>,
    stage: &Stage<'_>,
) -> Result<Vec<Finding>> {
    if docker::docker(site).is_err() {
        return Ok(Vec::new());
    }
    let (after, model) = match (stage, config.kind) {
        (Stage::After, DeployKind::Compose) => (true, compose::model(config, site, compared.now)?),
        (Stage::After, _) => (true, None),
        (Stage::Before(_), _) => (false, None),
    };
    let deadline = Deadline::new(ANSWER);
    let answer = match engine::running(site, &deadline) {
        Ok(answer) => answer,
        // preflight has had an answer from it where docker is what reseal calls
        Err(error)
            if matches!(config.kind, DeployKind::Compose | DeployKind::Swarm)
                && config.command.is_empty() =>
        {
            return Err(error);
        }
        Err(_) => return Ok(Vec::new()),
    };
    let told = match stage {
        Stage::Before(intent) => intent.project.as_deref(),
        Stage::After => model.as_ref().map(|model| model.name.as_str()),
    };
    let named = config.project.as_deref().or(told);
    let replaced = Replaced::new(compared);
    let mut found = Vec::new();
    for container in Container::all(&answer)? {
        let ours = container.is_of(named, config.stack.as_deref(), site);
        let goes = matches!(stage, Stage::Before(intent) if ours && container.goes(intent.anew.as_deref()));
        if container.is_left(&config.leave) || goes {
            continue;
        }
        let files = container.files(site, &deadline)?;
        let finding =
            |what| Finding { container: container.name().to_owned(), place: container.place(), what };
        let held: Vec<Match> = replaced.held_by(&container.texts(&files));
        let stale: Vec<String> = held.iter().map(|held| held.key.clone()).collect();
        found.extend(
            held.into_iter()
                .map(|held| finding(What::Holds { key: held.key, places: held.places, now: !after })),
        );
        if after && ours && config.kind == DeployKind::Compose && !container.is_one_off() {
            let service = container.service().unwrap_or_default();
            for (variable, key) in expected(model.as_ref(), service, compared) {
                let seen = container.variable(&variable);
                // without an account of the project it is not known who should have one
                let misses = seen.is_none() && model.is_some();
                if !stale.contains(&key) && (misses || seen.is_some_and(|seen| !replaced.is_now(seen, &key)))
                {
                    found.push(finding(What::Differs { key, variable }));
                }
            }
        }
    }
    Ok(found)
}

/// The variables of a service that must hold exactly a value of the file, and its key. Without an account of the
/// project it is those that are called as a key that has changed.
fn expected(model: Option<&compose::Model>, service: &str, compared: &Compared<'_>) -> Vec<(String, String)> {
    let Some(model) = model else {
        return compared.changed.iter().map(|key| (key.clone(), key.clone())).collect();
    };
    // one that was not made anew may run on what an earlier file had
    if !model.consumers(compared.changed).contains(&service) {
        return Vec::new();
    }
    let keys: Vec<&str> = compared.now.iter().filter_map(|(key, _)| std::str::from_utf8(key).ok()).collect();
    let exact = model.services.get(service).map(|service| service.exact(&keys)).unwrap_or_default();
    exact.into_iter().map(|(variable, key)| (variable.to_owned(), key.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_call_their_things_moves_no_cursor() {
        let what =
            What::Holds { key: "A".to_owned(), places: vec!["variable \u{1b}[2J".to_owned()], now: true };
        let finding = Finding { container: "c\r".to_owned(), place: Some("p/\u{9b}1m".to_owned()), what };
        let told = finding.to_string();
        assert!(!told.contains(char::is_control), "{told:?}");
    }
}
