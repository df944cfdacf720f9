//! Between the versions of the sealed file and a live service: who logs in there with what, as each version says.

use std::path::Path;

use super::context::World;
use super::request::{Change, Request};
use super::unfinished;
use crate::config::{Policy, TargetConfig, Users};
use crate::disk;
use crate::error::{Error, Result};
use crate::saga::Journal;
use crate::secret::url::{self, Part};
use crate::secret::{SecretName, SecretValue, Spec};
use crate::sops::Open;
use crate::target::{self, Admin, Credential, Reach, Target};

/// A user and a value of one version of the sealed file.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) value: SecretValue,
}

impl Login {
    /// What `open` says of the secret.
    pub(super) fn of(open: &Open, name: &SecretName, policy: &Policy) -> Result<Self> {
        let value = copy(open, name)?;
        let user = match policy.target.as_ref().map(|t| &t.users) {
            Some(users) => user(open, name, policy, users)?,
            None => String::new(),
        };
        Ok(Login { user, value })
    }

    pub(super) fn credential(&self) -> Credential<'_> {
        Credential { user: &self.user, value: &self.value }
    }
}

/// The user in use: the one, or of two that which the file names.
fn user(open: &Open, name: &SecretName, policy: &Policy, users: &Users) -> Result<String> {
    let (users, key) = match users {
        Users::Single(user) => return Ok(user.clone()),
        Users::Alternating { users, key } => (users, key),
    };
    let (key, found) = match key {
        Some(key) => (key, copy(open, key)?),
        None => {
            let feed = policy.fed().find(|f| f.is_of(Part::Password));
            let key = feed
                .map(|f| &f.key)
                .ok_or_else(|| Error::failed(format!("nothing says which user of \"{name}\" is in use")))?;
            let url = copy(open, key)?;
            (key, url::extract(&url, Part::User)?.unwrap_or_else(|| SecretValue::new(Vec::new())))
        }
    };
    users.iter().find(|user| user.as_bytes() == found.expose()).cloned().ok_or_else(|| {
        Error::failed(format!("the user in \"{key}\" is neither {:?} nor {:?}", users[0], users[1]))
            .hint(format!("name the user in use first under `users` of [secret.{name}]"))
    })
}

/// The other one of two who take turns.
pub(super) fn other<'a>(users: &'a [String; 2], user: &str) -> &'a str {
    if users[0] == user { &users[1] } else { &users[0] }
}

/// A value of a version.
pub(super) fn copy(open: &Open, name: &SecretName) -> Result<SecretValue> {
    let value = open.get(name.as_bytes());
    let value = value.ok_or_else(|| Error::failed(format!("key \"{name}\" is not in the file")))?;
    Ok(SecretValue::new(value.expose().to_vec()))
}

/// The target, with every password of its admin that one of `versions` knows, in their order.
pub(super) fn open<'a>(
    world: &'a World<'_>,
    config: &'a TargetConfig,
    versions: &[&Open],
) -> Result<Box<dyn Target + 'a>> {
    let admin = match &config.admin {
        None => None,
        Some(admin) => {
            let mut passwords: Vec<SecretValue> = Vec::new();
            for version in admin.password.iter().flat_map(|key| versions.iter().map(move |v| copy(v, key))) {
                let version = version?;
                if !passwords.iter().any(|known| known.same_as(&version)) {
                    passwords.push(version);
                }
            }
            Some(Admin { user: admin.user.clone(), passwords })
        }
    };
    let project = world.config.deploy.project.as_deref();
    target::open(config, Reach { site: &world.site, project, admin })
}

/// A value that nobody has: who accepts it accepts any.
pub(super) fn nobodys(world: &World<'_>) -> SecretValue {
    Spec::DEFAULT.generate(&mut **world.random.borrow_mut())
}

/// What the rotation that replaced a value knows of it: the change, and the file before. `None` where the folder is gone:
/// then a person has seen to it.
pub(super) fn replaced(world: &World<'_>, folder: &Path, secret: &str) -> Result<Option<(Change, Open)>> {
    if disk::stat(folder).is_none() {
        return Ok(None);
    }
    let lost =
        || Error::failed(format!("what is known of the value of \"{secret}\" before is lost: {folder:?}"));
    let (header, _) = Journal::peek(&folder.join("journal.jsonl"))?.ok_or_else(lost)?;
    let request: Request = unfinished::request(header.request)?;
    let change =
        request.secrets.into_iter().find(|change| change.name.as_str() == secret).ok_or_else(lost)?;
    Ok(Some((change, world.open(&folder.join("previous.enc"))?)))
}

/// The login of now to the service of then: where the policy of then does not know the user any more, that of now does.
pub(super) fn login_of_now(open: &Open, then: &Change, now: Option<&Policy>) -> Result<Login> {
    Login::of(open, &then.name, &then.policy).or_else(|error| match now {
        Some(now) if now.target.is_some() => Login::of(open, &then.name, now),
        _ => Err(error),
    })
}
