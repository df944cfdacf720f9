//! systemd units: their values lie in files on a RAM file system, for `EnvironmentFile=` and `LoadCredential=`, and the
//! units are restarted.
//!
//! The files are plaintext, but never on a disk: what is not tmpfs or ramfs is refused, and a restart of the machine
//! takes them away (I3). They are a function of the sealed file, so to write them twice is to write them once. It waits
//! until each unit has been active for a while without having been restarted by systemd.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use super::{Intent, Release, Values};
use crate::config::DeployConfig;
use crate::dialect;
use crate::disk::{self, Attributes, Owner};
use crate::error::{Error, Result};
use crate::process::{self, Deadline, Program, Site, withhold_keys};
use crate::secret::SecretValue;

/// How long systemd may take to answer.
const ANSWER: Duration = Duration::from_secs(20);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// How many looks in a row must find a unit active, and not restarted.
const TIMES: u32 = 8;

/// A file in a folder of credentials that says whose folder it is; no key is called so.
const MARK: &str = ".reseal";

/// The most that systemd takes as a credential.
const LARGEST: usize = 1024 * 1024;

/// Checks that systemd runs and knows the units, and that the files would lie in RAM.
pub(super) fn preflight(config: &DeployConfig, site: &Site) -> Result<()> {
    in_ram(config, site)?;
    let systemctl = Systemctl::new(config, site)?;
    systemctl
        .ask(&["show", "--property=Version"])
        .map_err(|e| e.context("systemd does not answer").hint("run `systemctl status` to see why"))?;
    for unit in &config.units {
        let state = systemctl.ask(&["show", "--property=LoadState", "--", unit])?;
        if state.trim() != "LoadState=loaded" {
            return Err(Error::failed(format!("systemd does not know the unit {unit:?}")).hint(format!(
                "see `systemctl cat {unit}`, and check `units` under [deploy] in reseal.toml"
            )));
        }
    }
    Ok(())
}

/// Checks that each value can be a credential.
pub(super) fn carries(config: &DeployConfig, values: Values<'_>) -> Result<()> {
    if config.credentials.is_some() {
        for (name, value) in values {
            credential(name)?;
            if value.len() > LARGEST {
                let name = String::from_utf8_lossy(name);
                return Err(Error::failed(format!("key {name:?} is too large for a credential of systemd"))
                    .hint("it takes 1 MiB at most"));
            }
        }
    }
    Ok(())
}

/// Writes the files, restarts the units in order, and waits until they are active.
pub(super) fn redeploy(config: &DeployConfig, site: &Site, release: &Release<'_>) -> Result<()> {
    write(config, site, release.values)?;
    let systemctl = Systemctl::new(config, site)?;
    let deadline = Deadline::new(config.timeout);
    for unit in &config.units {
        // systemd starts a unit no more that failed too often in a short time, as it may have on values that are gone; of
        // one that is not loaded there is nothing to reset
        let _ = systemctl.ask(&["reset-failed", "--", unit]);
        let args = systemctl.words(&["restart", "--", unit]);
        process::run(site, &systemctl.program, &args, &deadline, &|command| withhold_keys(command, site))
            .map_err(|e| e.context(format!("unit {unit:?}")).hint(see(unit)))?;
    }
    for unit in &config.units {
        systemctl.wait(unit, &deadline)?;
    }
    Ok(())
}

/// What is called.
pub(super) fn intent(config: &DeployConfig) -> Intent {
    Intent { lines: vec![format!("systemctl restart {}", config.units.join(" "))], ..Intent::default() }
}

/// Writes the files and starts nothing: for a unit that does so before others start, since RAM is empty after a boot.
pub(super) fn write(config: &DeployConfig, site: &Site, values: Values<'_>) -> Result<()> {
    in_ram(config, site)?;
    let mine = Owner::of_this_process();
    if !config.env_files.is_empty() {
        let text = dialect::render(&config.env_format, values.iter().copied())?;
        for path in &config.env_files {
            let path = site.root.join(path);
            if let Some(folder) = path.parent() {
                make_folder(folder)?;
            }
            put(&path, &text)?;
        }
    }
    let Some(folder) = &config.credentials else { return Ok(()) };
    let folder = site.root.join(folder);
    make_folder(&folder)?;
    if disk::stat(&folder).is_some_and(|stat| stat.open_to_others()) {
        return Err(Error::failed(format!("the folder of credentials {folder:?} is open to others"))
            .hint("name one of its own, which reseal makes; what is no key is removed from it"));
    }
    // what is no key goes from it, and so it must hold nothing of anybody else
    let there = disk::names(&folder)?;
    if there.is_empty() {
        put(&folder.join(MARK), &SecretValue::new(Vec::new()))?;
    } else if !there.iter().any(|name| name == MARK) {
        return Err(Error::failed(format!(
            "the folder of credentials {folder:?} holds files that reseal did not make"
        ))
        .hint("name a folder of its own, which reseal makes"));
    }
    for (name, value) in values {
        put(&folder.join(credential(name)?), value)?;
    }
    for name in disk::names(&folder)? {
        let path = folder.join(&name);
        let ours = disk::lstat(&path).is_some_and(|s| s.is_file && s.mode == 0o600 && s.owner == mine)
            && (credential(name.as_bytes()).is_ok() || name.ends_with(".reseal-tmp"));
        if ours && !values.iter().any(|(key, _)| *key == name.as_bytes()) {
            disk::remove(&path)?;
        }
    }
    Ok(())
}

/// Makes a folder that is in RAM: with `..` or links on its way that shows only once it is there.
fn make_folder(folder: &Path) -> Result<()> {
    disk::make_folder(folder, Owner::of_this_process())?;
    if disk::in_ram(folder)? { Ok(()) } else { Err(on_disk(folder)) }
}

fn on_disk(path: &Path) -> Error {
    Error::failed(format!("{path:?} is on a disk, and plaintext must not be"))
        .note("nothing was written")
        .hint("name a path below /run in reseal.toml")
}

/// A link would be followed, out of RAM too.
fn no_link(path: &Path) -> Result<()> {
    match disk::lstat(path) {
        Some(stat) if !stat.is_file => Err(Error::failed(format!("{path:?} is no regular file"))
            .note("it is written in RAM only, and not through links")
            .hint("remove it, or name another path below /run in reseal.toml")),
        _ => Ok(()),
    }
}

/// Puts the file there unless it is so already: a unit may be reading it.
fn put(path: &Path, text: &SecretValue) -> Result<()> {
    no_link(path)?;
    if disk::stat(path).is_some_and(|stat| stat.is_file && !stat.open_to_others())
        && disk::read_secret(path)?.same_as(text)
    {
        return Ok(());
    }
    disk::replace(path, text.expose(), Attributes { mode: 0o600, owner: Owner::of_this_process() })
}

/// A key as the name of a file, with the characters that systemd takes too. What a policy may name can hold more.
fn credential(name: &[u8]) -> Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let fits = |text: &&str| {
        !text.is_empty() && text.len() <= 255 && text.chars().all(plain) && !text.starts_with('.')
    };
    std::str::from_utf8(name).ok().filter(fits).ok_or_else(|| {
        let name = String::from_utf8_lossy(name);
        Error::failed(format!("key {name:?} cannot be the name of a credential"))
    })
}

/// Whether all files would lie on a RAM file system.
fn in_ram(config: &DeployConfig, site: &Site) -> Result<()> {
    let files = config.env_files.iter().map(|path| path.parent().unwrap_or(path));
    for path in files.chain(config.credentials.as_deref()) {
        let path: PathBuf = site.root.join(path);
        if !disk::in_ram(&path)? {
            return Err(on_disk(&path));
        }
    }
    config.env_files.iter().try_for_each(|path| no_link(&site.root.join(path)))
}

/// The service manager, as the policy names it.
struct Systemctl<'a> {
    site: &'a Site,
    program: Program,
    words: &'a [String],
}

impl<'a> Systemctl<'a> {
    fn new(config: &'a DeployConfig, site: &'a Site) -> Result<Self> {
        let program = match config.command.first() {
            Some(word) => super::configured(word, site)?,
            None => process::program("systemctl", site)?,
        };
        Ok(Systemctl { site, program, words: config.command.get(1..).unwrap_or_default() })
    }

    fn words<'w>(&'w self, args: &[&'w str]) -> Vec<&'w str> {
        self.words.iter().map(String::as_str).chain(args.iter().copied()).collect()
    }

    fn ask(&self, args: &[&str]) -> Result<String> {
        process::ask(self.site, &self.program, &self.words(args), &Deadline::new(ANSWER))
    }

    /// Waits until the unit has been active for a while.
    fn wait(&self, unit: &str, deadline: &Deadline) -> Result<()> {
        let (mut well, mut restarts) = (0, String::new());
        loop {
            let answer =
                self.ask(&["show", "--property=ActiveState,SubState,Type,Result,NRestarts", "--", unit])?;
            let seen = Seen::of(&answer);
            match seen.judge() {
                Some(true) if seen.restarts == restarts => well += 1,
                Some(true) => well = 1,
                None => well = 0,
                Some(false) => {
                    return Err(
                        Error::failed(format!("unit {unit:?} failed ({})", seen.result)).hint(see(unit))
                    );
                }
            }
            restarts = seen.restarts.to_owned();
            if well >= TIMES {
                return Ok(());
            }
            if deadline.left().is_zero() {
                return Err(Error::failed(format!("unit {unit:?} is {} ({})", seen.active, seen.sub))
                    .note("it must be active, and not restarted by systemd, for two seconds")
                    .hint(see(unit)));
            }
            sleep(PAUSE.min(deadline.left()));
        }
    }
}

fn see(unit: &str) -> String {
    format!("see `journalctl -u {unit} -n 50`")
}

/// What systemd says of a unit.
#[derive(Default)]
struct Seen<'a> {
    active: &'a str,
    sub: &'a str,
    kind: &'a str,
    result: &'a str,
    restarts: &'a str,
}

impl<'a> Seen<'a> {
    fn of(answer: &'a str) -> Self {
        let mut seen = Seen::default();
        for (name, value) in answer.lines().filter_map(|line| line.split_once('=')) {
            match name {
                "ActiveState" => seen.active = value,
                "SubState" => seen.sub = value,
                "Type" => seen.kind = value,
                "Result" => seen.result = value,
                "NRestarts" => seen.restarts = value,
                _ => {}
            }
        }
        seen
    }

    /// Active; failed for good; or neither yet.
    fn judge(&self) -> Option<bool> {
        match self.active {
            "active" => Some(true),
            // it did its work and ended
            "inactive" if self.kind == "oneshot" && self.result == "success" => Some(true),
            "failed" | "inactive" => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Folder, deploy};
    use super::*;
    use crate::config::DeployKind;

    #[test]
    fn a_unit_is_active_failed_or_on_its_way() {
        for (answer, judged) in [
            ("Type=simple\nResult=success\nNRestarts=0\nActiveState=active\nSubState=running\n", Some(true)),
            ("Type=oneshot\nResult=success\nActiveState=inactive\nSubState=dead\n", Some(true)),
            ("Type=simple\nResult=success\nActiveState=inactive\nSubState=dead\n", Some(false)),
            ("Type=simple\nResult=exit-code\nActiveState=failed\nSubState=failed\n", Some(false)),
            ("Type=simple\nResult=exit-code\nActiveState=activating\nSubState=auto-restart\n", None),
            ("", None),
        ] {
            assert_eq!(Seen::of(answer).judge(), judged, "{answer}");
        }
    }

    #[test]
    fn nothing_is_written_through_a_link_out_of_ram() {
        let folder = Folder::new();
        folder.file("target", "before");
        // a folder that is in RAM on every machine
        let ram = PathBuf::from(format!("/dev/shm/reseal-links-{}", std::process::id()));
        let value = SecretValue::new(b"s3cret".to_vec());
        let values: [(&[u8], &SecretValue); 1] = [(b"KEY", &value)];
        let mut config = deploy(DeployKind::Systemd, &[]);
        config.credentials = Some(ram.clone());
        write(&config, &folder.site(), &values).unwrap();
        let key = ram.join("KEY");
        disk::remove(&key).unwrap();
        rustix::fs::symlink(folder.root.join("target"), &key).unwrap();
        let by_credential = write(&config, &folder.site(), &values);
        config.credentials = None;
        config.env_format = vec![dialect::Dialect::Systemd];
        config.env_files = vec![key.clone()];
        let by_env_file = (write(&config, &folder.site(), &values), in_ram(&config, &folder.site()));
        disk::remove(&key).unwrap();
        // the same by a way through a folder that is not there yet
        config.env_files =
            vec![ram.join("new/../../../../").join(folder.root.join("env").strip_prefix("/").unwrap())];
        let by_way = write(&config, &folder.site(), &values);
        disk::remove_folder(&ram).unwrap();
        assert!(by_credential.is_err() && by_env_file.0.is_err() && by_env_file.1.is_err());
        // unless that is in RAM as well
        assert!(disk::in_ram(&folder.root).unwrap() || by_way.is_err() && !folder.has("env"));
        assert_eq!(folder.read("target"), "before");
    }

    #[test]
    fn a_folder_that_others_use_is_no_folder_of_credentials() {
        let ram = PathBuf::from(format!("/dev/shm/reseal-others-{}", std::process::id()));
        let mine = Owner::of_this_process();
        disk::make_folder(&ram, mine).unwrap();
        disk::replace(&ram.join("OTHER"), b"kept", Attributes { mode: 0o600, owner: mine }).unwrap();
        let (folder, value) = (Folder::new(), SecretValue::new(b"s3cret".to_vec()));
        let mut config = deploy(DeployKind::Systemd, &[]);
        config.credentials = Some(ram.clone());
        let refused = write(&config, &folder.site(), &[(b"KEY", &value)]);
        let there = disk::names(&ram).unwrap();
        disk::remove(&ram.join("OTHER")).unwrap();
        // an empty one is taken, and from then on only keys stay in it
        let taken = write(&config, &folder.site(), &[(b"KEY", &value)]);
        let again = write(&config, &folder.site(), &[(b"NEW", &value)]);
        let left = disk::names(&ram).unwrap();
        disk::remove_folder(&ram).unwrap();
        assert!(refused.is_err_and(|e| e.to_string().contains("files that reseal did not make")));
        assert_eq!(there, ["OTHER"]);
        assert!(taken.is_ok() && again.is_ok());
        assert_eq!(left, [MARK, "NEW"]);
    }

    #[test]
    fn a_credential_is_called_like_a_key() {
        assert_eq!(credential(b"JWT_SECRET").unwrap(), "JWT_SECRET");
        for name in [&b"../x"[..], b"a/b", b"", b".", b"..", b".a", b"a:b", b"a b", b"\xff"] {
            assert!(credential(name).is_err(), "{name:?}");
        }
    }
}
