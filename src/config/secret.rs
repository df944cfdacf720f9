//! `[secret.NAME]`: what is known of one secret.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::feed::Feed;
use super::fields::Fields;
use super::target::{TargetConfig, Users};
use crate::error::{Error, Result};
use crate::secret::url::Part;
use crate::secret::{FLOOR_BITS, Origin, SecretName};

/// The policy of one secret. A rotation keeps the one that it was begun with in its journal.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Policy {
    /// How new values are made.
    pub generate: Origin,
    /// How old the value may become.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,
    /// Secrets of one group are rotated together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Where the replaced value stays valid for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// Keys that hold this value too, or a URL with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<Feed>,
    /// Keys that belong to a key pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair: Option<PairKeys>,
    /// The live service that keeps the credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetConfig>,
    /// Plaintext files that containers read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<SecretFile>,
    /// What brings stored data from the old value to the new one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub migrate: Vec<String>,
    /// What a value that a person brings looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// What tries a value that a person brings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verify: Vec<String>,
    /// Whether a service reads the value only when it is first set up; unset: by the table of known names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_only: Option<bool>,
}

/// `previous = { key, keep-for }`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Previous {
    /// The key that gets the replaced value; of a key pair, its public half.
    pub key: SecretName,
    /// How long consumers accept it.
    pub keep: Keep,
    /// Whether the key holds a list, separated by commas, newest first.
    #[serde(default)]
    pub list: bool,
}

/// How long a replaced value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// So many seconds from the commit.
    For(u64),
    /// Until `migrate` has brought all data to the new one.
    Migrated,
}

/// `pair = { public, key-id, jwks }`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PairKeys {
    /// The key that holds the public half.
    pub public: SecretName,
    /// The key that holds the name of the pair.
    pub key_id: Option<SecretName>,
    /// The key that holds the public halves in use as a JSON Web Key Set.
    pub jwks: Option<SecretName>,
}

/// One entry of `files`: the value alone, as a container reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SecretFile {
    /// Where, from the project folder.
    pub path: PathBuf,
    /// The key whose value it holds, if not the secret's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<SecretName>,
    /// Permission bits.
    pub mode: u32,
    /// `user:group`; unset: as the file is now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
}

impl Policy {
    pub(super) fn parse(mut fields: Fields<'_>) -> Result<Self> {
        let mut policy = Policy::default();
        let floor = fields.number("entropy-floor", 0, 1024)?;
        if let Some((at, text)) = fields.string_at("generate")? {
            let checked = Origin::parse(&text)
                .and_then(|origin| origin.demand(floor.map_or(FLOOR_BITS, |f| f as f64)).map(|()| origin));
            policy.generate = checked.map_err(|e| {
                let wrong = fields.wrong(at, &e);
                e.advice().map_or_else(|| fields.wrong(at, &e), |hint| wrong.hint(hint))
            })?;
        }
        policy.every = fields.duration("every")?;
        policy.group = fields.string("group")?;
        policy.init_only = fields.boolean("init-only")?;
        policy.pair = fields.table("pair")?.map(PairKeys::parse).transpose()?;
        policy.migrate = fields.strings("migrate")?.unwrap_or_default();
        policy.previous = previous(&mut fields, &policy)?;
        for feed in fields.tables("feeds")? {
            policy.feeds.push(Feed::parse(feed)?);
        }
        policy.target = fields.table("target")?.map(TargetConfig::parse).transpose()?;
        for file in fields.tables("files")? {
            policy.files.push(SecretFile::parse(file)?);
        }
        brought(&mut fields, &mut policy)?;
        policy.fits(&fields)?;
        fields.later(&["confirm", "remind"])?;
        fields.finish()?;
        Ok(policy)
    }

    /// The keys of the sealed file that follow this secret: those that are written with it, beside its own.
    pub fn follows(&self) -> impl Iterator<Item = &SecretName> {
        let user = match self.target.as_ref().map(|target| &target.users) {
            Some(Users::Alternating { key, .. }) => key.as_ref(),
            _ => None,
        };
        let fed = self.fed().map(|feed| &feed.key);
        let kept = self.previous.iter().map(|kept| &kept.key);
        fed.chain(kept).chain(self.pair.iter().flat_map(|pair| pair.keys())).chain(user)
    }

    /// The feeds within the sealed file.
    pub fn fed(&self) -> impl Iterator<Item = &Feed> {
        self.feeds.iter().filter(|feed| feed.file.is_none())
    }

    /// The feeds of mirrors, with the mirror.
    pub fn mirrored(&self) -> impl Iterator<Item = (&Path, &Feed)> {
        self.feeds.iter().filter_map(|feed| Some((feed.file.as_deref()?, feed)))
    }

    /// Refuses what contradicts itself.
    fn fits(&self, fields: &Fields<'_>) -> Result<()> {
        match (&self.generate, &self.pair) {
            (Origin::Pair(_), None) => {
                return Err(fields
                    .lacks("\"pair\" is missing: the key that gets the public half")
                    .hint("say e.g. pair = { public = \"JWT_PUBLIC_KEY\", key-id = \"JWT_KEY_ID\" }"));
            }
            (Origin::Made(_), Some(_)) => {
                return Err(
                    fields.lacks("\"pair\" needs generate = \"rsa:3072\", \"ec:p256\" or \"ed25519\"")
                );
            }
            _ => {}
        }
        if let (Origin::Made(spec), Some(Previous { list: true, .. })) = (&self.generate, &self.previous)
            && spec.to_string().starts_with("password:")
        {
            return Err(fields
                .lacks(
                    "\"previous\" is a list, separated by commas, and generate = \"password:N\" makes commas",
                )
                .hint("use alnum:N or base64:N"));
        }
        if let Some(TargetConfig { users: Users::Alternating { key: None, .. }, .. }) = &self.target
            && !self.fed().any(|f| f.is_of(Part::Password))
        {
            return Err(fields.lacks("two users take turns, and nothing says which one is in use").hint(
                "name the key that holds the user by `user-key`, or the URL that holds both under `feeds`",
            ));
        }
        if let Some(TargetConfig { users: Users::Alternating { .. }, .. }) = &self.target
            && let Some((file, _)) = self.mirrored().find(|(_, feed)| feed.part.is_none())
        {
            return Err(fields
                .lacks(format!("two users take turns, and nothing says in {file:?} which one is in use"))
                .hint("feed a URL there that holds both, with part = \"password\""));
        }
        if !self.migrate.is_empty() && !self.previous.as_ref().is_some_and(|p| p.keep == Keep::Migrated) {
            return Err(fields.lacks("\"migrate\" needs previous = { key, keep-for = \"migrated\" }"));
        }
        Ok(())
    }
}

/// `previous`: where the replaced value goes, and for how long.
fn previous(fields: &mut Fields<'_>, policy: &Policy) -> Result<Option<Previous>> {
    let Some(mut table) = fields.table("previous")? else { return Ok(None) };
    let key = match (&policy.pair, table.string_at("public")?) {
        (None, None) => name(&mut table, "key")?,
        (Some(_), Some((at, text))) => SecretName::parse(&text).map_err(|e| table.wrong(at, e))?,
        (Some(_), None) => return Err(table.lacks("\"public\" is missing: the key for the old public half")),
        (None, Some((at, _))) => return Err(table.wrong(at, "\"public\" is for key pairs; write \"key\"")),
    };
    let keep = match table.string_at("keep-for")? {
        None => return Err(table.lacks("\"keep-for\" is missing from previous")),
        Some((at, text)) if text == "migrated" => {
            if policy.migrate.is_empty() {
                return Err(table.wrong(at, "\"keep-for\" is \"migrated\", and there is no \"migrate\" command"));
            }
            Keep::Migrated
        }
        Some((at, text)) => Keep::For(
            super::fields::duration(&text)
                .ok_or_else(|| {
                    table.wrong(at, "\"keep-for\" is no time span such as \"90d\", \"24h\", \"30m\", \"120s\", nor \"migrated\"")
                })?
                .as_secs(),
        ),
    };
    let list = table.boolean("list")?.unwrap_or(false);
    if list && policy.pair.is_some() {
        return Err(table.lacks("several public halves belong into `jwks` of `pair`, not into a list"));
    }
    table.finish()?;
    Ok(Some(Previous { key, keep, list }))
}

/// `matches` and `verify`, for a value that a person brings.
fn brought(fields: &mut Fields<'_>, policy: &mut Policy) -> Result<()> {
    let matches = fields.string_at("matches")?;
    let verify = fields.strings("verify")?;
    if policy.generate != Origin::Brought && (matches.is_some() || verify.is_some()) {
        return Err(fields.lacks("\"matches\" and \"verify\" are for generate = \"prompt\""));
    }
    if let Some((at, text)) = &matches
        && regex::bytes::Regex::new(text).is_err()
    {
        return Err(fields.wrong(*at, "\"matches\" is no regular expression"));
    }
    policy.matches = matches.map(|(_, text)| text);
    policy.verify = verify.unwrap_or_default();
    Ok(())
}

impl PairKeys {
    fn parse(mut fields: Fields<'_>) -> Result<Self> {
        let public = name(&mut fields, "public")?;
        let mut optional = |key: &'static str| -> Result<Option<SecretName>> {
            let Some((at, text)) = fields.string_at(key)? else { return Ok(None) };
            SecretName::parse(&text).map(Some).map_err(|e| fields.wrong(at, e))
        };
        let (key_id, jwks) = (optional("key-id")?, optional("jwks")?);
        fields.finish()?;
        Ok(PairKeys { public, key_id, jwks })
    }

    /// Every key that belongs to the pair beside its private half.
    pub fn keys(&self) -> impl Iterator<Item = &SecretName> {
        [Some(&self.public), self.key_id.as_ref(), self.jwks.as_ref()].into_iter().flatten()
    }
}

impl SecretFile {
    fn parse(mut fields: Fields<'_>) -> Result<Self> {
        let path = fields.string("path")?.ok_or_else(|| fields.lacks("\"path\" is missing from files"))?;
        let key = match fields.string_at("key")? {
            None => None,
            Some((at, text)) => Some(SecretName::parse(&text).map_err(|e| fields.wrong(at, e))?),
        };
        let mode = fields.mode("mode")?.unwrap_or(0o400);
        let owner = fields.string("owner")?;
        fields.finish()?;
        Ok(SecretFile { path: path.into(), key, mode, owner })
    }
}

pub(super) fn name(fields: &mut Fields<'_>, key: &'static str) -> Result<SecretName> {
    let (at, text) = fields.string_at(key)?.ok_or_else(|| fields.lacks(format!("{key:?} is missing")))?;
    SecretName::parse(&text).map_err(|e| fields.wrong(at, e))
}

/// A key of a file; without a file, of the sealed one.
type Place<'a> = (Option<&'a Path>, &'a SecretName);

fn shown((file, key): Place<'_>) -> String {
    match file {
        None => format!("\"{key}\""),
        Some(file) => format!("\"{key}\" of {file:?}"),
    }
}

/// A key may be written by one secret only: as itself, as its previous value, as a half of its pair, as the name of its
/// user, as a copy, or as a part of a URL that it feeds.
pub(super) fn check_references(secrets: &BTreeMap<SecretName, Policy>) -> Result<()> {
    // what is written whole, by whom
    let mut whole: BTreeMap<Place<'_>, (&SecretName, &str)> =
        secrets.keys().map(|name| ((None, name), (name, "itself"))).collect();
    for (owner, policy) in secrets {
        let user = match policy.target.as_ref().map(|t| &t.users) {
            Some(Users::Alternating { key, .. }) => key.as_ref(),
            _ => None,
        };
        let written = policy.previous.iter().map(|p| (&p.key, "its previous value"));
        let written =
            written.chain(policy.pair.iter().flat_map(|p| p.keys().map(|k| (k, "a part of its pair"))));
        let written = written.chain(user.map(|k| (k, "its user"))).map(|(key, what)| ((None, key), what));
        let copies = policy.feeds.iter().filter(|feed| feed.part.is_none());
        let copies = copies.map(|feed| ((feed.file.as_deref(), &feed.key), "its copy"));
        for (place, as_what) in written.chain(copies) {
            if let Some((other, before)) = whole.insert(place, (owner, as_what)) {
                return Err(Error::usage(format!(
                    "reseal.toml: {} is written by \"{owner}\" as {as_what} and by \"{other}\" as {before}",
                    shown(place)
                )));
            }
        }
    }
    let mut fed: Vec<(Place<'_>, Part, &SecretName)> = Vec::new();
    for (owner, policy) in secrets {
        let alternates = matches!(policy.target.as_ref().map(|t| &t.users), Some(Users::Alternating { .. }));
        for feed in &policy.feeds {
            let (place, Some(fed_part)) = ((feed.file.as_deref(), &feed.key), feed.part) else { continue };
            if let Some((other, _)) = whole.get(&place) {
                return Err(Error::usage(format!(
                    "reseal.toml: \"{owner}\" feeds {}, which \"{other}\" writes whole",
                    shown(place)
                )));
            }
            let user = (alternates && fed_part == Part::Password).then_some(Part::User);
            for part in [Some(fed_part), user].into_iter().flatten() {
                if let Some((_, _, other)) = fed.iter().find(|(known, p, _)| *known == place && *p == part) {
                    return Err(Error::usage(format!(
                        "reseal.toml: \"{other}\" and \"{owner}\" feed the same part of {}",
                        shown(place)
                    )));
                }
                fed.push((place, part, owner));
            }
        }
    }
    check_targets(secrets)?;
    for (owner, policy) in secrets {
        for (i, file) in policy.files.iter().enumerate() {
            let others =
                secrets.iter().flat_map(|(n, p)| p.files.iter().enumerate().map(move |(j, f)| (n, j, f)));
            for (other, j, twin) in others {
                let same = twin
                    .path
                    .components()
                    .filter(|c| *c != Component::CurDir)
                    .eq(file.path.components().filter(|c| *c != Component::CurDir));
                if same && (other, j) != (owner, i) {
                    return Err(Error::usage(format!(
                        "reseal.toml: \"{owner}\" and \"{other}\" write the same file {:?}",
                        file.path
                    )));
                }
            }
        }
    }
    Ok(())
}

/// A credential of a service belongs to one secret, and an admin is one user, whose password one key holds.
fn check_targets(secrets: &BTreeMap<SecretName, Policy>) -> Result<()> {
    let told = || secrets.iter().filter_map(|(name, policy)| Some((name, policy.target.as_ref()?)));
    for (i, (owner, target)) in told().enumerate() {
        if let Some((other, _)) = told().take(i).find(|(_, other)| other.shares_a_user_with(target)) {
            return Err(Error::usage(format!(
                "reseal.toml: \"{other}\" and \"{owner}\" are the password of the same user of the same service"
            ))
            .hint("keep one of the keys; a URL that holds the password can be fed by it"));
        }
        for key in target.needs() {
            if let Some((_, admin)) = told().find(|(name, _)| *name == key)
                && matches!(admin.users, Users::Alternating { .. })
            {
                return Err(Error::usage(format!(
                    "reseal.toml: the admin of \"{owner}\" has the password \"{key}\", whose users take turns"
                ))
                .hint("an admin is one user: give that secret one `user`, or the target another admin"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_credential_belongs_to_one_secret_and_an_admin_is_one_user() {
        let target = |name: &str, target: &str| format!("[secret.{name}]\ntarget = {{ {target} }}\n");
        let app = "postgres = { at = \"db\", user = \"app\", database = \"one\" }";
        let error = |text: String| Config::parse(&text).err().unwrap().to_string();
        let twins = error(target("A", app) + &target("B", "postgres = { at = \"db:5432\", user = \"app\" }"));
        assert!(twins.contains("\"A\" and \"B\" are the password of the same user"), "{twins}");
        let turns = "postgres = { at = \"db\", users = [\"x\", \"app\"], user-key = \"U\" }";
        assert!(error(target("A", app) + &target("B", turns)).contains("the same user"));
        for other in
            ["postgres = { at = \"db\", user = \"b\" }", "mysql = { at = \"db:5432\", user = \"app\" }"]
        {
            assert!(Config::parse(&(target("A", app) + &target("B", other))).is_ok(), "{other}");
        }
        let helped = "redis = { at = \"r\", user = \"app\", admin-user = \"x\", admin-password = \"B\" }";
        assert!(error(target("A", helped) + &target("B", turns)).contains("whose users take turns"));
        assert!(Config::parse(&(target("A", helped) + &target("B", app))).is_ok());
    }

    #[test]
    fn a_part_of_a_url_is_fed_by_one_secret() {
        let feed = |name: &str, part: &str| {
            format!("[secret.{name}]\nfeeds = [{{ key = \"URL\", part = \"{part}\" }}]\n")
        };
        assert!(Config::parse(&(feed("A", "user") + &feed("B", "password"))).is_ok());
        let error = Config::parse(&(feed("A", "password") + &feed("B", "password"))).err().unwrap();
        assert!(error.to_string().contains("\"A\" and \"B\" feed the same part of \"URL\""), "{error}");
    }
}
