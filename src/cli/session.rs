//! What most commands begin with: the policy, the project, the keyring.
#![expect(
    clippy::disallowed_methods,
    reason = "cli reads the environment, the clock and the system's randomness"
)]

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Global;
use super::identity;
use super::report::Report;
use super::terminal::Terminal;
use crate::audit::Who;
use crate::config::{Config, DeployConfig, DeployKind};
use crate::disk::{self, Backup, Backups, Owner, Project};
use crate::error::{Error, Kind, Result};
use crate::keys::{Keyring, Prompt, Recipient};
use crate::process::Site;
use crate::rotate::World;
use crate::secret::Random;
use crate::sops::{Format, Open, Sealed};

/// A whole age file that is found where nothing says otherwise.
pub(super) const WHOLE: &str = ".env.age";
/// The wrapper that is used where no policy names another.
const WRAPPER: &str = "scripts/docker-compose-sops.sh";

/// Policy, project and keyring of one command.
pub(super) struct Session {
    pub(super) config: Config,
    pub(super) project: Project,
    /// Whether there is a reseal.toml.
    pub(super) has_policy: bool,
    pub(super) keyring: Keyring,
    pub(super) prompt: Arc<dyn Prompt>,
    /// The key file that was named outright, for children that open the file themselves.
    key_file: Option<PathBuf>,
}

/// Goes to the folder of `--directory`.
pub(super) fn enter(global: &Global) -> Result<()> {
    let Some(folder) = &global.directory else { return Ok(()) };
    std::env::set_current_dir(folder).map_err(|e| disk::failed("enter", folder, &e))
}

fn here() -> Result<PathBuf> {
    std::env::current_dir().map_err(|e| Error::failed(format!("cannot tell the current folder: {e}")))
}

impl Session {
    pub(super) fn new(global: &Global) -> Result<Self> {
        Session::about(global, global.file.as_deref())
    }

    /// For a command that names its sealed file itself: policy and project are those around that file.
    pub(super) fn about(global: &Global, file: Option<&Path>) -> Result<Self> {
        let here = here()?;
        let file = file.map(|file| disk::direct(&here.join(file)));
        let start = file.as_deref().map_or_else(|| here.clone(), folder_of);
        Session::begin(global, &here, file, start)
    }

    /// For a command that is about a folder: policy and project are those around it.
    pub(super) fn around(global: &Global, folder: &Path) -> Result<Self> {
        Session::begin(global, &here()?, None, folder.to_path_buf())
    }

    fn begin(global: &Global, here: &Path, file: Option<PathBuf>, start: PathBuf) -> Result<Self> {
        let policy = match &global.config {
            Some(path) => Some(disk::direct(&here.join(path))),
            None => disk::find_upwards(&start, "reseal.toml"),
        };
        let (config, root) = match &policy {
            Some(path) => {
                let text = disk::read(path)?;
                let text =
                    String::from_utf8(text).map_err(|_| Error::usage(format!("{path:?} is not UTF-8")))?;
                (Config::parse(&text)?, folder_of(path))
            }
            None => (without_policy(&start), start),
        };
        let has_policy = policy.is_some();
        let sealed = file.unwrap_or_else(|| root.join(&config.file));
        let owner = config.owner.as_deref().map(Owner::parse).transpose()?;
        let prompt: Arc<dyn Prompt> = Arc::new(Terminal::new(global.no_input));
        let configured = config.age_key_file.as_ref().map(|p| root.join(p));
        let sources = identity::sources(global.age_key_file.as_deref(), configured.as_deref());
        let key_file = global.age_key_file.as_ref().map(|p| here.join(p)).or(configured);
        let readers = config.recipients.iter().map(|text| Recipient::parse(text)).collect::<Result<_>>();
        let readers = readers.map_err(|e| e.context("reseal.toml, recipients"))?;
        let keyring = Keyring::new(sources, Arc::clone(&prompt)).for_readers(readers);
        let project = Project::new(root, sealed, owner, config.mode);
        Ok(Session { config, project, has_policy, keyring, prompt, key_file })
    }

    /// Makes another sealed file of the same project the one that this session is about.
    pub(super) fn turn_to(&mut self, label: &str) -> Result<()> {
        let owner = self.config.owner.as_deref().map(Owner::parse).transpose()?;
        let root = self.project.root.clone();
        let sealed = root.join(label);
        self.project = Project::new(root, sealed, owner, self.config.mode);
        Ok(())
    }

    /// The sealed file, parsed.
    pub(super) fn sealed(&self) -> Result<Sealed> {
        match disk::read_if_there(&self.project.sealed)? {
            Some(bytes) => self.parse(bytes),
            None => Err(self.absent()),
        }
    }

    /// The sealed file, read as what it is said to be.
    pub(super) fn sealed_as(&self, format: Option<Format>) -> Result<Sealed> {
        let bytes = disk::read_if_there(&self.project.sealed)?.ok_or_else(|| self.absent())?;
        match format {
            Some(format) => Sealed::parse_as(bytes, format).map_err(|e| self.unreadable(e)),
            None => self.parse(bytes),
        }
    }

    /// Bytes of the sealed file that were read already, parsed.
    pub(super) fn parse(&self, bytes: Vec<u8>) -> Result<Sealed> {
        let sealed = Sealed::is_sealed(&bytes);
        let name = self.project.sealed.file_name().unwrap_or_default().to_string_lossy();
        Sealed::parse_named(bytes, &name).map_err(|e| {
            let error = self.unreadable(e);
            match (self.has_backups(), sealed, error.advice()) {
                (true, ..) => error.note("there are backups of it: see `reseal backup list`"),
                (_, false, None) => {
                    error.hint("seal a plaintext file with `reseal init` or `reseal encrypt`")
                }
                _ => error,
            }
        })
    }

    /// The error where there is no sealed file: in the wrong folder, or after an accident.
    pub(super) fn absent(&self) -> Error {
        let error = Error::failed(format!("there is no sealed file {:?}", self.project.sealed));
        if self.has_backups() {
            return error.hint("put one of its backups in its place: see `reseal backup list`");
        }
        error.hint("make one with `reseal init`, or name one with `--file`")
    }

    fn has_backups(&self) -> bool {
        Backups::new(&self.project, &self.config.backup.dir).list().is_ok_and(|all| !all.is_empty())
    }

    /// The sealed file, opened and verified.
    pub(super) fn open(&self, report: &Report) -> Result<Open> {
        self.opened(self.sealed()?, report)
    }

    /// The same of bytes that were read already.
    pub(super) fn open_bytes(&self, bytes: Vec<u8>, report: &Report) -> Result<Open> {
        self.opened(self.parse(bytes)?, report)
    }

    /// The same of a file that was parsed already.
    pub(super) fn opened(&self, sealed: Sealed, report: &Report) -> Result<Open> {
        let open = sealed.open(&self.keyring).map_err(|e| self.unreadable(e))?;
        if let Some(source) = self.keyring.used() {
            report.detail(&format!("opened with {source}"));
        }
        for warning in open.warnings() {
            report.note(&format!("{:?}, {warning}", self.project.sealed));
        }
        Ok(open)
    }

    /// An error of the sealed file, with its name, and with the way out where there is one.
    pub(super) fn unreadable(&self, error: Error) -> Error {
        let error = error.context(format!("{:?}", self.project.sealed));
        if error.kind() != Kind::Integrity || error.advice().is_some() {
            return error;
        }
        let sealed = &self.project.sealed;
        if disk::read(sealed).is_ok_and(|bytes| bytes.starts_with(b"\xef\xbb\xbf")) {
            return error.hint(format!(
                "the file starts with a byte order mark; if an editor put it there, `sed -i '1s/^\\xEF\\xBB\\xBF//' {}`",
                disk::quoted(sealed)
            ));
        }
        if self.has_backups() {
            return error.hint("there are backups of it: see `reseal backup list`");
        }
        error
    }

    /// Removes the backups that the policy does not keep.
    pub(super) fn prune(&self, backups: &Backups<'_>) -> Result<Vec<Backup>> {
        let policy = &self.config.backup;
        backups.prune(policy.keep, policy.oldest(timestamp()))
    }

    /// The world that a rotation needs.
    pub(super) fn world(&self, report: &Report) -> World<'_> {
        World {
            project: &self.project,
            config: &self.config,
            keyring: &self.keyring,
            site: Site {
                root: self.project.root.clone(),
                env: environment(&self.project, self.key_file.as_deref()),
                quiet: report.is_quiet(),
            },
            random: RefCell::new(random()),
            clock: jiff::Timestamp::now,
            who: who(),
            stop: Arc::default(),
        }
    }
}

/// The system's random source.
pub(super) fn random() -> Box<dyn Random> {
    Box::new(rand::rngs::OsRng)
}

/// Now, as SOPS metadata and the audit log have it.
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The clock.
pub(super) fn timestamp() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Who runs this command.
pub(super) fn who() -> Who {
    let name = nix::unistd::User::from_uid(nix::unistd::Uid::effective()).ok().flatten();
    Who {
        user: name.map_or_else(|| nix::unistd::Uid::effective().to_string(), |u| u.name),
        sudo: std::env::var("SUDO_USER").ok(),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        tty: std::io::stderr().is_terminal(),
    }
}

/// The children's environment: ours, and which file they are about, so that a wrapper opens the same one.
fn environment(project: &Project, key_file: Option<&Path>) -> Vec<(OsString, OsString)> {
    let mut env: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    env.push(("SOPS_ENV_FILE".into(), project.sealed.clone().into()));
    if let Some(key) = key_file {
        env.push(("RESEAL_AGE_KEY_FILE".into(), key.into()));
    }
    if let Ok(exe) = std::env::current_exe() {
        env.push(("RESEAL".into(), exe.into()));
    }
    env
}

/// Without a policy a wrapper in the usual place is used, and named in the plan.
fn without_policy(root: &Path) -> Config {
    let mut config = Config::default();
    if disk::stat(&root.join(WRAPPER)).is_some_and(|s| s.is_file) {
        config.deploy = DeployConfig {
            kind: DeployKind::Wrapper,
            command: vec![format!("./{WRAPPER}")],
            ..DeployConfig::default()
        };
    }
    // made with `init --format age`, where no policy was wanted
    let there = |name: &Path| disk::stat(&root.join(name)).is_some();
    if !there(&config.file) && there(Path::new(WHOLE)) {
        config.file = WHOLE.into();
    }
    config
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map_or_else(|| PathBuf::from("/"), Path::to_path_buf)
}
