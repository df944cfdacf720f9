//! One entry of `feeds`: a key that holds a secret's value, or a URL with it, in the sealed file or in a mirror, which is
//! another sealed file of the project.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::fields::Fields;
use crate::error::{Error, Result};
use crate::secret::url::{self, Part};
use crate::secret::{SecretName, SecretValue};

/// One entry of `feeds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// The mirror that holds the key, from the project folder; unset: the sealed file itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<PathBuf>,
    /// The key.
    pub key: SecretName,
    /// The part of the URL in it that is this secret; unset: its value is this secret as it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub part: Option<Part>,
}

impl Feed {
    pub(super) fn parse(mut fields: Fields<'_>) -> Result<Self> {
        let file = match fields.string_at("file")? {
            None => None,
            Some((at, text)) => Some(below(&text).ok_or_else(|| {
                fields
                    .wrong(at, format!("\"file\" of feeds is {text:?}, which is no path below this folder"))
                    .note("the lock of a project covers its folder and nothing else")
            })?),
        };
        let key = super::secret::name(&mut fields, "key")?;
        let part = match fields.string_at("part")? {
            None => None,
            Some((at, text)) => Some(Part::parse(&text).map_err(|e| fields.wrong(at, e))?),
        };
        fields.finish()?;
        Ok(Feed { file, key, part })
    }

    /// Whether the key holds a URL with this part.
    pub fn is_of(&self, part: Part) -> bool {
        self.part == Some(part)
    }

    /// What of the key is the secret, in a word.
    pub fn what(&self) -> &'static str {
        self.part.map_or("value", Part::as_str)
    }

    /// Refuses unless `held` has the present value of the secret where this feed would write a new one.
    pub fn check(&self, held: &SecretValue, current: &SecretValue) -> Result<()> {
        match self.part {
            Some(part) => url::check(held, part, current),
            None if held.same_as(current) => Ok(()),
            None => Err(Error::failed("it is not the current value")),
        }
    }

    /// What the key holds once the secret is `new`; `user` is whose password that is, where two take turns.
    pub fn write(&self, held: &SecretValue, new: &SecretValue, user: Option<&str>) -> Result<SecretValue> {
        let Some(part) = self.part else { return Ok(SecretValue::new(new.expose().to_vec())) };
        match user {
            Some(user) if part == Part::Password => {
                let user = SecretValue::new(user.as_bytes().to_vec());
                url::replace(&url::replace(held, Part::User, &user)?, part, new)
            }
            _ => url::replace(held, part, new),
        }
    }
}

/// The path without what means nothing; `None` where it leads elsewhere.
fn below(text: &str) -> Option<PathBuf> {
    let path: PathBuf = Path::new(text).components().filter(|part| *part != Component::CurDir).collect();
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    (plain && path.file_name().is_some()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn error(text: &str) -> String {
        Config::parse(text).err().unwrap().to_string()
    }

    #[test]
    fn a_mirror_lies_below_the_folder_and_is_not_the_file_itself() {
        for path in ["/etc/x.enc", "../x.enc", "a/../../x.enc", "", "."] {
            let text = format!("[secret.A]\nfeeds = [{{ file = {path:?}, key = \"a.b\" }}]\n");
            assert!(error(&text).contains("line 2: \"file\" of feeds"), "{path}");
        }
        let own = error("file = \"x/y.enc\"\n[secret.A]\nfeeds = [{ file = \"./x//y.enc\", key = \"K\" }]\n");
        assert!(own.contains("which is the sealed file itself"), "{own}");
        let config =
            Config::parse("[secret.A]\nfeeds = [{ file = \"./x/./y.enc\", key = \"a.b\" }]\n").unwrap();
        let feed = &config.secrets.values().next().unwrap().feeds[0];
        assert_eq!((feed.file.as_deref(), feed.part), (Some(Path::new("x/y.enc")), None));
    }

    #[test]
    fn a_key_has_one_writer_in_each_file() {
        let feed = |name: &str, rest: &str| format!("[secret.{name}]\nfeeds = [{{ {rest} }}]\n");
        let whole = "file = \"m\", key = \"K\"";
        let part = |part: &str| format!("{whole}, part = \"{part}\"");
        assert!(error(&(feed("A", whole) + &feed("B", whole))).contains("\"K\" of \"m\" is written by"));
        assert!(error(&(feed("A", whole) + &feed("B", &part("user")))).contains("which \"A\" writes whole"));
        let twice = error(&(feed("A", &part("user")) + &feed("B", &part("user"))));
        assert!(twice.contains("feed the same part of \"K\" of \"m\""), "{twice}");
        for other in [part("user") + " }, { " + &part("password"), "file = \"n\", key = \"K\"".to_owned()] {
            assert!(Config::parse(&(feed("A", &other) + "[secret.K]\n")).is_ok(), "{other}");
        }
        assert!(error(&(feed("A", "key = \"B\"") + "[secret.B]\n")).contains("is written by"));
    }

    #[test]
    fn a_password_in_a_mirror_has_its_user_beside_it_where_two_take_turns() {
        let target = "target = { postgres = { at = \"db\", users = [\"x\", \"y\"], user-key = \"U\" } }";
        let text = |feed: &str| format!("[secret.A]\nfeeds = [{{ {feed} }}]\n{target}\n");
        let refused = error(&text("file = \"m\", key = \"K\""));
        assert!(refused.contains("nothing says in \"m\" which one is in use"), "{refused}");
        assert!(Config::parse(&text("file = \"m\", key = \"K\", part = \"password\"")).is_ok());
        // a URL in a mirror does not tell the file itself who is in use
        let without =
            text("file = \"m\", key = \"K\", part = \"password\"").replace(", user-key = \"U\"", "");
        assert!(error(&without).contains("nothing says which one is in use"));
    }

    #[test]
    fn what_is_written_is_what_the_check_finds() {
        let value = |text: &str| SecretValue::new(text.as_bytes().to_vec());
        let feed = |part| Feed { file: None, key: SecretName::parse("K").unwrap(), part };
        let (old, new) = (value("o"), value("n/1"));
        for (feed, held) in [(feed(None), "o"), (feed(Some(Part::Password)), "x://u:o@h/")] {
            feed.check(&value(held), &old).unwrap();
            let written = feed.write(&value(held), &new, Some("w")).unwrap();
            feed.check(&written, &new).unwrap();
            assert!(feed.check(&written, &old).is_err());
        }
        let url = feed(Some(Part::Password)).write(&value("x://u:o@h/"), &new, Some("w")).unwrap();
        assert_eq!(url.expose(), b"x://w:n%2F1@h/");
    }
}
