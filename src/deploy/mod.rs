//! Starts the services again on what the sealed file holds now, and looks whether they are well.
//!
//! It knows the policy and hands values on; it does not know what a rotation is, why it is called, or where values
//! come from. Values reach a child in its environment, on its standard input or as a file in RAM, never in its arguments
//! (I3); what a child prints goes to standard error, and no error quotes it. Every child has a deadline and ends with it,
//! its own children included, so no call waits for ever. A call changes nothing that a second call would not: `up -d`
//! twice is `up -d` once (I5). There is a file or folder for each kind of deployment, and one for who still has what.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::{DeployConfig, DeployKind};
use crate::dialect;
use crate::error::{Error, Result};
use crate::process::{self, Deadline, Prepare, Program, Site};
use crate::secret::SecretValue;

mod compose;
mod consumers;
mod handed;
mod health;
mod http;
mod probe;
mod swarm;
mod systemd;
mod tcp;
#[cfg(test)]
mod testing;

pub use consumers::{Compared, beforehand, still_old};
pub use probe::{check, glance, name, wait};

/// Plaintext values with their names.
pub type Values<'a> = &'a [(&'a [u8], &'a SecretValue)];

/// What services are started on.
pub struct Release<'a> {
    /// All values of the sealed file.
    pub values: Values<'a>,
    /// For each name, a name of its present value that tells nothing of it, and changes with it.
    pub versions: &'a BTreeMap<Vec<u8>, String>,
    /// The names whose values may differ from those that the services run on; `None`: all.
    pub changed: Option<&'a [String]>,
    /// Files of the project that hold such a value in plain, and were put in the place of others.
    pub files: &'a [PathBuf],
}

/// What a redeploy will do, in words.
#[derive(Debug, Default)]
pub struct Intent {
    /// What will be called.
    pub lines: Vec<String>,
    /// What is to be known of it.
    pub remarks: Vec<String>,
    /// The compose project, where compose tells it.
    pub project: Option<String>,
    /// The services of it that are made anew, where that is known.
    pub anew: Option<Vec<String>>,
}

/// What both kinds of command are called with where `steps` names nothing.
const UP: [&str; 2] = ["up", "-d"];

/// Checks, without any effect, that a redeploy can be started: the command is there and may be executed, and for
/// compose without a command that some compose and the engine answer.
pub fn preflight(config: &DeployConfig, site: &Site) -> Result<()> {
    match config.kind {
        DeployKind::None => Ok(()),
        DeployKind::Wrapper => wrapper(config, site).map(drop),
        DeployKind::Compose => compose::preflight(config, site),
        DeployKind::Swarm => swarm::preflight(config, site),
        DeployKind::Systemd => systemd::preflight(config, site),
    }
}

/// Checks that the values can get to the services unchanged, as far as it is reseal that hands them over (I9).
pub fn carries(config: &DeployConfig, site: &Site, values: Values<'_>) -> Result<()> {
    if !config.env_files.is_empty() {
        dialect::render(&config.env_format, values.iter().copied())?;
    }
    match config.kind {
        DeployKind::None | DeployKind::Wrapper => Ok(()),
        DeployKind::Compose => handed::fits_environment(values),
        DeployKind::Swarm => swarm::carries(config, site, values),
        DeployKind::Systemd => systemd::carries(config, values),
    }
}

/// What a redeploy will call, found out without effect.
pub fn intent(config: &DeployConfig, site: &Site, release: &Release<'_>) -> Result<Intent> {
    match config.kind {
        DeployKind::None => Ok(Intent::default()),
        DeployKind::Compose => compose::intent(config, site, release),
        DeployKind::Wrapper => {
            let mut intent = Intent::default();
            each_step(config, |step| {
                intent.lines.push(format!("{} {}", config.command.join(" "), step.join(" ")));
                Ok(())
            })?;
            Ok(intent)
        }
        DeployKind::Swarm => swarm::intent(config, site, release),
        DeployKind::Systemd => Ok(systemd::intent(config)),
    }
}

/// Starts what the policy names and waits until it has ended, all steps within one deadline.
///
/// A wrapper opens the sealed file itself: it gets the environment as it is, age key variables included, and no
/// values. Compose gets the values and no age key. Whether the services then are well is for [`glance`] and [`wait`].
pub fn redeploy(config: &DeployConfig, site: &Site, release: &Release<'_>) -> Result<()> {
    match config.kind {
        DeployKind::None => Ok(()),
        DeployKind::Wrapper => {
            let program = wrapper(config, site)?;
            let words = config.command.get(1..).unwrap_or_default();
            run_steps(config, site, &program, words, &|_| {})
        }
        DeployKind::Compose => compose::redeploy(config, site, release),
        DeployKind::Swarm => swarm::redeploy(config, site, release),
        DeployKind::Systemd => systemd::redeploy(config, site, release),
    }
}

/// Writes what services read when they start, where that is lost with the machine's RAM, and starts nothing. `false`:
/// services of this kind read nothing of the sort.
pub fn prepare(config: &DeployConfig, site: &Site, values: Values<'_>) -> Result<bool> {
    match config.kind {
        DeployKind::Systemd => systemd::write(config, site, values).map(|()| true),
        DeployKind::None | DeployKind::Wrapper | DeployKind::Compose | DeployKind::Swarm => Ok(false),
    }
}

/// Takes away what the services were given of the replaced values of these keys, once nobody needs it any more.
/// `versions` is of what they run on now.
pub fn tidy(
    config: &DeployConfig,
    site: &Site,
    versions: &BTreeMap<Vec<u8>, String>,
    keys: &[String],
) -> Result<()> {
    match config.kind {
        DeployKind::Swarm => swarm::tidy(config, site, versions, keys),
        DeployKind::None | DeployKind::Wrapper | DeployKind::Compose | DeployKind::Systemd => Ok(()),
    }
}

/// The wrapper that the policy names.
fn wrapper(config: &DeployConfig, site: &Site) -> Result<Program> {
    let Some(word) = config.command.first() else {
        return Err(Error::usage("[deploy] has kind \"wrapper\" and no command")
            .hint("set `command = [\"./scripts/docker-compose-sops.sh\"]` under [deploy] in reseal.toml"));
    };
    configured(word, site)
}

/// The program of `command` under `[deploy]`.
fn configured(word: &str, site: &Site) -> Result<Program> {
    process::program(word, site).map_err(|error| match error.advice() {
        Some(_) => error,
        None => error.hint("check `command` under [deploy] in reseal.toml"),
    })
}

/// Calls the program once for each step, in order; the first that fails ends it.
fn run_steps(
    config: &DeployConfig,
    site: &Site,
    program: &Program,
    words: &[String],
    prepare: Prepare<'_>,
) -> Result<()> {
    let deadline = Deadline::new(config.timeout);
    each_step(config, |step| {
        let args: Vec<&str> = words.iter().map(String::as_str).chain(step.iter().copied()).collect();
        process::run(site, program, &args, &deadline, prepare)
    })
}

/// Does something for the arguments of each step, in order; the first that fails ends it.
fn each_step(config: &DeployConfig, mut call: impl FnMut(&[&str]) -> Result<()>) -> Result<()> {
    if config.steps.is_empty() {
        return call(&UP);
    }
    let count = config.steps.len();
    for (index, step) in config.steps.iter().enumerate() {
        let step: Vec<&str> = step.iter().map(String::as_str).collect();
        call(&step).map_err(|error| match count {
            1 => error,
            // the step's number and not its words: arguments may hold anything
            count => error.context(format!("step {} of {count} under [deploy]", index + 1)),
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::testing::{Folder, deploy, release, words};
    use super::*;

    #[test]
    fn a_wrapper_runs_each_step_in_the_project_folder() {
        let folder = Folder::new();
        folder.link("wrapper", "/bin/sh");
        let mut config = deploy(DeployKind::Wrapper, &["./wrapper", "-c", "echo \"$0 $1\" >>said"]);
        config.steps = vec![words(&["down", "x"]), words(&["up", "-d"])];
        preflight(&config, &folder.site()).unwrap();
        redeploy(&config, &folder.site(), &release(&[])).unwrap();
        assert_eq!(folder.read("said"), "down x\nup -d\n");
    }

    #[test]
    fn without_steps_it_is_up_d() {
        let folder = Folder::new();
        let config = deploy(DeployKind::Wrapper, &["sh", "-c", "echo \"$0 $1\" >>said"]);
        redeploy(&config, &folder.site(), &release(&[])).unwrap();
        assert_eq!(folder.read("said"), "up -d\n");
    }

    #[test]
    fn the_first_step_that_fails_ends_it_and_is_named_by_number() {
        let folder = Folder::new();
        let mut config = deploy(DeployKind::Wrapper, &["sh", "-c"]);
        config.steps = vec![words(&["exit 3; s3cret"]), words(&["echo >said"])];
        let error = redeploy(&config, &folder.site(), &release(&[])).unwrap_err();
        assert_eq!(error.to_string(), "step 1 of 2 under [deploy]: \"sh\" ended with exit code 3");
        assert!(!folder.has("said"));
    }

    #[test]
    fn the_steps_share_one_deadline() {
        let folder = Folder::new();
        let mut config = deploy(DeployKind::Wrapper, &["sh", "-c", "sleep 0.3"]);
        config.steps = vec![words(&["a"]), words(&["b"]), words(&["c"])];
        config.timeout = std::time::Duration::from_millis(500);
        let error = redeploy(&config, &folder.site(), &release(&[])).unwrap_err().to_string();
        assert_eq!(error, "step 2 of 3 under [deploy]: \"sh\" was still running after 500ms and was stopped");
    }

    #[test]
    fn a_wrapper_keeps_the_age_key_and_gets_no_values() {
        let folder = Folder::new();
        let mut site = folder.site();
        site.env.push(("SOPS_AGE_KEY_FILE".into(), "/k".into()));
        let value = SecretValue::new(b"v".to_vec());
        let config = deploy(
            DeployKind::Wrapper,
            &["sh", "-c", "test \"$SOPS_AGE_KEY_FILE\" = /k && test -z \"$NEW\""],
        );
        redeploy(&config, &site, &release(&[(b"NEW", &value)])).unwrap();
    }

    #[test]
    fn kind_none_starts_nothing() {
        let folder = Folder::new();
        let config = deploy(DeployKind::None, &["./missing"]);
        preflight(&config, &folder.site()).unwrap();
        redeploy(&config, &folder.site(), &release(&[])).unwrap();
    }

    #[test]
    fn a_wrapper_without_a_command_is_a_usage_error() {
        let folder = Folder::new();
        let error = preflight(&deploy(DeployKind::Wrapper, &[]), &folder.site()).unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::Usage);
    }

    #[test]
    fn a_wrapper_must_be_a_file_that_may_be_executed() {
        let folder = Folder::new();
        folder.file("plain", "#!/bin/sh\n");
        let refused = |word| preflight(&deploy(DeployKind::Wrapper, &[word]), &folder.site()).unwrap_err();

        let error = refused("./missing");
        assert_eq!(error.to_string(), "command \"./missing\" does not exist");
        assert_eq!(error.advice(), Some("check `command` under [deploy] in reseal.toml"));

        let error = refused("./plain");
        assert_eq!(error.to_string(), "command \"./plain\" may not be executed");
        assert_eq!(error.advice(), Some("run `chmod +x ./plain`"));

        assert_eq!(refused("./").to_string(), "command \"./\" is not a regular file");
        assert_eq!(refused("").to_string(), "command \"\" is not found in PATH");
        assert_eq!(
            refused("no-such-program").to_string(),
            "command \"no-such-program\" is not found in PATH"
        );
    }
}
