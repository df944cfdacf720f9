//! What the steps share: the world outside, the request, and the folder where the ciphertexts before and after lie.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::request::Request;
use super::sealed::{self, SealedFile};
use crate::audit::Who;
use crate::config::Config;
use crate::deploy;
use crate::disk::{self, Project, Shared};
use crate::error::Result;
use crate::keys::Keyring;
use crate::process::Site;
use crate::secret::{Random, SecretName, SecretValue};
use crate::sops::{Open, Sealed};

/// Everything outside of a rotation that it needs. The command line puts it together.
pub struct World<'a> {
    /// Where the files lie.
    pub project: &'a Project,
    /// The policy.
    pub config: &'a Config,
    /// Who can open the file.
    pub keyring: &'a Keyring,
    /// Where children run.
    pub site: Site,
    /// New values, nonces and ids.
    pub random: RefCell<Box<dyn Random>>,
    /// The clock.
    pub clock: fn() -> jiff::Timestamp,
    /// Who acts.
    pub who: Who,
    /// Set when the user wants to stop; looked at by work that may take long.
    pub stop: Arc<AtomicBool>,
}

impl World<'_> {
    /// Now, in whole seconds, as SOPS metadata, journal and audit have it.
    pub fn now(&self) -> String {
        stamp((self.clock)())
    }

    /// Opens a ciphertext of this project.
    pub(super) fn open(&self, path: &std::path::Path) -> Result<Open> {
        let sealed = Sealed::parse(disk::read(path)?).map_err(|e| e.context(format!("{path:?}")))?;
        sealed.open(self.keyring).map_err(|e| e.context(format!("{path:?}")))
    }
}

/// A time as it is written everywhere: UTC, whole seconds.
fn stamp(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// For each key, a name of its present value that tells nothing of it.
pub fn versions(open: &Open) -> BTreeMap<Vec<u8>, String> {
    open.entries().filter_map(|e| Some((e.name.to_vec(), open.version(e.name)?))).collect()
}

/// The only thing that a journal keeps of a file.
pub(super) fn digest(ciphertext: &[u8]) -> String {
    Sha256::digest(ciphertext).iter().map(|b| format!("{b:02x}")).collect()
}

/// Values that a person brought, by key.
pub type Brought = BTreeMap<SecretName, SecretValue>;

/// What each step gets.
pub(super) struct Context<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) request: Request,
    pub(super) folder: PathBuf,
    /// Values that a person brought; gone with the process.
    pub(super) brought: Brought,
    /// Whether services may run on the new values; then going back must bring them up again.
    pub(super) redeployed: Cell<bool>,
    /// Whether a deploy command of this run failed; what it started may then go on behind our back.
    failed: Cell<bool>,
    children: RefCell<Option<Shared>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        world: &'a World<'a>,
        request: Request,
        brought: Brought,
        folder: PathBuf,
        redeployed: bool,
    ) -> Self {
        Context {
            world,
            request,
            folder,
            brought,
            redeployed: Cell::new(redeployed),
            failed: Cell::new(false),
            children: RefCell::new(None),
        }
    }

    pub(super) fn previous(&self) -> PathBuf {
        self.folder.join("previous.enc")
    }

    pub(super) fn pending(&self) -> PathBuf {
        self.folder.join("pending.enc")
    }

    /// The sealed files that change, the main one first.
    pub(super) fn sealed(&self) -> Vec<SealedFile> {
        sealed::all(self.world, &self.request, &self.folder)
    }

    pub(super) fn live(&self) -> &PathBuf {
        &self.world.project.sealed
    }

    /// Brings the services up on what is live.
    pub(super) fn bring_up(&self) -> Result<()> {
        let world = self.world;
        self.redeployed.set(true);
        self.wait_for_leftovers()?;
        let open = world.open(self.live())?;
        let values: Vec<_> = open.entries().map(|e| (e.name, e.value)).collect();
        let versions = versions(&open);
        let changed = self.request.keys();
        let files = self.request.written(world.project);
        let release =
            deploy::Release { values: &values, versions: &versions, changed: Some(&changed), files: &files };
        let done = deploy::redeploy(&world.config.deploy, &world.site, &release);
        self.failed.set(done.is_err());
        done
    }

    /// Takes away what services were given of values that are not live.
    pub(super) fn tidy(&self) -> Result<()> {
        let world = self.world;
        let versions = versions(&world.open(self.live())?);
        deploy::tidy(&world.config.deploy, &world.site, &versions, &self.request.keys())
    }

    /// A deploy command that a killed run has left behind, or that failed and left children of its own, would finish
    /// after the next one, with the values of another version. So each run holds a lock that its children inherit, and
    /// waits for it here. After a failure of its own the wait has an end: what holds on longer is taken for a service.
    fn wait_for_leftovers(&self) -> Result<()> {
        let (path, owner) = (self.folder.join("deploying"), self.world.project.attributes.owner);
        let limit = self.world.config.deploy.timeout + Duration::from_secs(10);
        let mut children = self.children.borrow_mut();
        if children.is_some() {
            if !self.failed.get() {
                return Ok(());
            }
            *children = None;
            if let Ok(lock) = Shared::take(&path, owner, limit) {
                *children = Some(lock);
                return Ok(());
            }
            disk::remove(&path)?;
        }
        *children = Some(Shared::take(&path, owner, limit)?);
        Ok(())
    }

    /// Waits until the services are well.
    pub(super) fn wait_until_well(&self) -> Result<()> {
        let config = self.world.config;
        for probe in &config.probes {
            deploy::wait(probe, &self.world.site, config.deploy.project.as_deref())?;
        }
        Ok(())
    }
}
