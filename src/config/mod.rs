//! `reseal.toml`: policy without secrets. Parsed once into what the program needs; a [`Config`] that exists is sound.
//!
//! An unknown key is an error with a suggestion, because a policy that silently does less than it says is worse than
//! none. Keys that belong to the contract but not to this version are refused as such, for the same reason.

mod deploy;
mod feed;
mod fields;
mod init_only;
mod limits;
mod propose;
mod scan;
mod secret;
mod sops_yaml;
mod target;

pub use deploy::{After, Check, DeployConfig, DeployKind, Page, ProbeConfig};
pub use feed::Feed;
pub use init_only::{InitOnly, init_only};
pub use limits::longest;
pub use propose::{Folder, Proposal, propose};
pub use scan::ScanConfig;
pub use secret::{Keep, PairKeys, Policy, Previous, SecretFile};
pub use sops_yaml::Creation;
#[cfg(test)]
pub use target::AdminConfig;
pub use target::{Address, Database, HttpCall, HttpConfig, HttpLogin, Service, TargetConfig, Users};

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use crate::dialect::{self, Dialect};
use crate::error::{Error, Result};
use crate::secret::SecretName;
use fields::Fields;

/// The whole policy of a project.
#[derive(Debug)]
pub struct Config {
    /// The sealed file, relative to the policy's folder.
    pub file: PathBuf,
    /// A key file to look at before those that sops knows.
    pub age_key_file: Option<PathBuf>,
    /// Who a whole age file is sealed for: texts of recipients. Such a file does not name them itself.
    pub recipients: Vec<String>,
    /// `user:group` that the sealed file and all of ours shall have.
    pub owner: Option<String>,
    /// The mode of the sealed file.
    pub mode: u32,
    /// Where encrypted backups go.
    pub backup: BackupConfig,
    /// How the new values reach the services.
    pub deploy: DeployConfig,
    /// How it is seen that the services are well.
    pub probes: Vec<ProbeConfig>,
    /// Who reads the text of the env file, rendered or decrypted; each must read every value as it is (I9).
    pub consumers: Vec<Dialect>,
    /// What the guard looks for and leaves alone.
    pub scan: ScanConfig,
    /// What is known of each secret.
    pub secrets: BTreeMap<SecretName, Policy>,
}

/// `[backup]`
#[derive(Debug)]
pub struct BackupConfig {
    /// The folder.
    pub dir: PathBuf,
    /// How many are kept.
    pub keep: usize,
    /// How long they are kept.
    pub keep_for: Option<Duration>,
}

impl BackupConfig {
    /// The time before which backups are not kept any more.
    pub fn oldest(&self, now: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let span = jiff::SignedDuration::try_from(self.keep_for?).ok()?;
        now.checked_sub(span).ok()
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            file: PathBuf::from(".env.enc"),
            age_key_file: None,
            recipients: Vec::new(),
            owner: None,
            mode: 0o600,
            backup: BackupConfig {
                dir: PathBuf::from(".reseal/backups"),
                keep: 30,
                keep_for: Some(Duration::from_secs(365 * 86_400)),
            },
            deploy: DeployConfig::default(),
            probes: Vec::new(),
            consumers: Vec::new(),
            scan: ScanConfig::default(),
            secrets: BTreeMap::new(),
        }
    }
}

impl Config {
    /// The other sealed files in which secrets feed keys, each once.
    pub fn mirrors(&self) -> BTreeSet<&Path> {
        self.secrets.values().flat_map(|policy| policy.mirrored().map(|(file, _)| file)).collect()
    }

    /// Reads the text of a `reseal.toml`; errors name line and key.
    pub fn parse(text: &str) -> Result<Self> {
        let mut config = Config::default();
        let mut top = Fields::parse(text)?;
        if let Some(file) = top.string("file")? {
            config.file = file.into();
        }
        config.age_key_file = top.string("age-key-file")?.map(PathBuf::from);
        config.recipients = top.strings("recipients")?.unwrap_or_default();
        config.owner = top.string("owner")?;
        if let Some(mode) = top.mode("mode")? {
            config.mode = mode;
        }
        for name in top.strings("consumers")?.unwrap_or_default() {
            let readers = Dialect::named(&name)
                .ok_or_else(|| top.lacks(format!("consumer {name:?} is none of {}", dialect::NAMES)))?;
            config.consumers.extend(readers);
        }
        config.consumers.sort_unstable();
        config.consumers.dedup();
        if let Some(mut backup) = top.table("backup")? {
            if let Some(dir) = backup.string("dir")? {
                config.backup.dir = dir.into();
            }
            if let Some(keep) = backup.number("keep", 1, 100_000)? {
                config.backup.keep = keep;
            }
            if let Some(keep_for) = backup.duration("keep-for")? {
                config.backup.keep_for = Some(keep_for);
            }
            backup.finish()?;
        }
        if let Some(deploy) = top.table("deploy")? {
            config.deploy = DeployConfig::parse(deploy)?;
        }
        config.scan = ScanConfig::parse(&mut top)?;
        for probe in top.tables("probe")? {
            config.probes.push(ProbeConfig::parse(probe)?);
        }
        for (name, at, policy) in top.named_tables("secret")? {
            let name = SecretName::parse(&name).map_err(|e| top.wrong(at, e.to_string()))?;
            config.secrets.insert(name, Policy::parse(policy)?);
        }
        top.later(&["notify", "metrics", "schedule", "audit"])?;
        top.finish()?;
        secret::check_references(&config.secrets)?;
        let own =
            |file: &Path| file.components().eq(config.file.components().filter(|c| *c != Component::CurDir));
        for (owner, policy) in &config.secrets {
            if let Some((file, _)) = policy.mirrored().find(|(file, _)| own(file)) {
                return Err(Error::usage(format!(
                    "reseal.toml: \"{owner}\" feeds {file:?}, which is the sealed file itself"
                ))
                .hint("leave `file` out of that feed"));
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_policy_is_read() {
        let config = Config::parse(
            r#"
            file = "prod.env.enc"
            age-key-file = "secrets/age.key"
            owner = "root:root"
            mode = "0640"
            [backup]
            keep = 3
            keep-for = "90d"
            [deploy]
            kind = "wrapper"
            command = ["./up"]
            steps = [["down"], ["up", "-d"]]
            timeout = "2m"
            [[probe]]
            http = "http://127.0.0.1:8000/health"
            within = "10s"
            [[probe]]
            compose = ["api", "db"]
            [secret.JWT_SECRET]
            generate = "base64url:64"
            every = "90d"
            group = "jwt"
            previous = { key = "JWT_SECRET_PREVIOUS", keep-for = "30m" }
            [secret.DB]
            feeds = [{ key = "DATABASE_URL", part = "password" }]
            "#,
        )
        .unwrap();
        assert_eq!(config.file, PathBuf::from("prod.env.enc"));
        assert_eq!((config.mode, config.backup.keep), (0o640, 3));
        assert_eq!(config.backup.keep_for, Some(Duration::from_secs(90 * 86_400)));
        assert_eq!(config.deploy.steps.len(), 2);
        assert_eq!(config.probes.len(), 2);
        let jwt = &config.secrets[&SecretName::parse("JWT_SECRET").unwrap()];
        assert_eq!(jwt.previous.as_ref().unwrap().keep, Keep::For(1800));
    }

    #[test]
    fn mistakes_are_named_with_line_and_suggestion() {
        for (text, wants) in [
            ("fiel = \"x\"", "line 1: unknown key \"fiel\"; did you mean \"file\"?"),
            ("\n[deploy]\nkind = \"wraper\"", "line 3: \"kind\" is none of"),
            ("[deploy]\nkind = \"wrapper\"", "line 1: \"command\" is missing"),
            ("[secret.A]\ngenerate = \"hex\"", "line 2:"),
            ("[secret.A]\ngenerate = \"hex:4\"", "line 2: hex:4"),
            ("[secret.A]\nremind = \"5d\"", "line 2: \"remind\" is not supported by this version"),
            ("[secret.A]\nprevious = { key = \"A\", keep-for = \"1h\" }", "\"A\""),
            ("[[probe]]\nwithin = \"1s\"", "line 1: a probe needs"),
            ("mode = 600", "line 1: \"mode\" must be text"),
            ("mode = \"0644x\"", "line 1: \"mode\""),
            ("[backup]\nkeep-for = \"soon\"", "line 2: \"keep-for\""),
            ("a = ", "line 1"),
        ] {
            let error = Config::parse(text).unwrap_err();
            assert!(error.to_string().contains(wants), "{text:?} gives {error:?}");
            assert_eq!(error.kind(), crate::error::Kind::Usage);
        }
    }
}
