//! A first `reseal.toml`, guessed from the names and the shapes of what is there. It holds no value, and what is only
//! likely stands in it as a comment: the operator decides.

use super::{Config, init_only, longest};
use crate::secret::url::{self, Part};
use crate::secret::{SecretName, SecretValue, looks_like_a_value};

/// What the folder holds besides the env file.
pub struct Surroundings {
    /// A wrapper script, relative to the folder.
    pub wrapper: Option<String>,
    /// A compose file.
    pub compose: bool,
}

/// The text of a policy for these entries. Where their names make one that would be refused, it has no secrets.
pub fn propose(file: &str, entries: &[(&[u8], &SecretValue)], around: &Surroundings) -> String {
    let text = guess(file, entries, around);
    if Config::parse(&text).is_ok() { text } else { guess(file, &[], around) }
}

fn guess(file: &str, entries: &[(&[u8], &SecretValue)], around: &Surroundings) -> String {
    let mut text = format!("# Proposed by `reseal init`; no secret belongs in here.\nfile = {file:?}\n\n");
    match (&around.wrapper, around.compose) {
        (Some(wrapper), _) => {
            text += &format!(
                "[deploy]\nkind = \"wrapper\"\ncommand = [{wrapper:?}]\nsteps = [[\"up\", \"-d\"]]\ntimeout = \"120s\"\n\n"
            );
        }
        (None, true) => text += "[deploy]\nkind = \"compose\"\ntimeout = \"120s\"\n\n",
        (None, false) => {
            text +=
                "# [deploy]\n# kind = \"wrapper\"\n# command = [\"./scripts/docker-compose-sops.sh\"]\n\n";
        }
    }
    text += "# [[probe]]\n# http = \"http://127.0.0.1:8000/health\"\n# within = \"60s\"\n\n";
    let named: Vec<(&str, &SecretValue)> =
        entries.iter().filter_map(|(n, v)| Some((is_name(n)?, *v))).collect();
    let mut fed = Vec::new();
    for (name, value) in &named {
        if value.is_empty()
            || !looks_secret(name)
            || named.iter().any(|(other, _)| keeps_previous_of(name, other))
        {
            continue;
        }
        let Some(kind) = looks_generated(name) else {
            text += &format!(
                "# \"{name}\" comes from elsewhere. To be asked for a new one by `reseal rotate {name}`:\n# [secret.{name}]\n# generate = \"prompt\"\n\n"
            );
            continue;
        };
        let holds = |url: &SecretValue| url::check(url, Part::Password, value).is_ok();
        let kept = named.iter().find(|(other, url)| other != name && url::names_database(url) && holds(url));
        if let Some((other, url)) = kept {
            text += &match target(url) {
                Some(target) => format!(
                    "# The database of {other:?} keeps \"{name}\" too. If that is where it is, both change together:\n\
                     # [secret.{name}]\n# generate = \"alnum:32\"\n# every = \"90d\"\n# group = \"database\"\n\
                     # target = {{ {target} }}\n# feeds = [{{ key = {other:?}, part = \"password\" }}]\n\n"
                ),
                None => format!(
                    "# \"{name}\" is a password that the database of \"{other}\" keeps: change it there, then `reseal set {name}`\n\n"
                ),
            };
            continue;
        }
        if kind == Origin::InitOnly {
            text += &format!("# \"{name}\" is read only when its service is first set up; ");
            text += &match init_only(name).and_then(|known| known.target) {
                Some(target) => format!(
                    "say who is to be told:\n# [secret.{name}]\n# every = \"90d\"\n# target = {{ {target} }}\n\n"
                ),
                None => format!("change it there, then `reseal set {name}`\n\n"),
            };
            continue;
        }
        text += &match longest(name) {
            // its reader takes no more; what fits is weaker than the floor asks for
            Some((_, most)) if most < 16 => {
                format!(
                    "[secret.{name}]\ngenerate = \"password:{most}\"\nentropy-floor = 40\nevery = \"90d\"\n"
                )
            }
            _ => format!("[secret.{name}]\ngenerate = \"{}\"\nevery = \"90d\"\n", shape(value)),
        };
        if let Some((previous, _)) = named.iter().find(|(other, _)| keeps_previous_of(other, name)) {
            text += &format!("previous = {{ key = {previous:?}, keep-for = \"24h\" }}\n");
        }
        for (other, value_of_other) in &named {
            let fits = url::check(value_of_other, Part::Password, value).is_ok();
            if other != name && fits && !fed.contains(other) {
                fed.push(*other);
                text += &format!("feeds = [{{ key = {other:?}, part = \"password\" }}]\n");
                if let Some(target) = target(value_of_other) {
                    text += "# if its server is to be told while it runs:\n";
                    text += &format!("# target = {{ {target} }}\n");
                }
                break;
            }
        }
        text.push('\n');
    }
    text.trim_end().to_owned() + "\n"
}

/// The server that a URL leads to, as a target. A guess, and so only ever part of a comment.
fn target(url: &SecretValue) -> Option<String> {
    const KNOWN: [(&str, &str); 5] = [
        ("postgres", "postgres"),
        ("mysql", "mysql"),
        ("mariadb", "mysql"),
        ("redis://", "redis"),
        ("valkey://", "redis"),
    ];
    let (_, kind) = KNOWN.iter().find(|(start, _)| url.expose().starts_with(start.as_bytes()))?;
    let part = |part: Part, otherwise: &str| -> String {
        let found = url::extract(url, part).ok().flatten();
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.".contains(b);
        let found = found.filter(|text| {
            !text.is_empty() && text.expose().iter().all(plain) && !looks_like_a_value(text.expose())
        });
        found.and_then(|text| text.expose_str().map(str::to_owned)).unwrap_or_else(|| otherwise.to_owned())
    };
    let (host, user) = (part(Part::Host, "SERVICE"), part(Part::User, "default"));
    let at = if host == "localhost" || host.starts_with("127.") { host } else { format!("compose:{host}") };
    Some(format!("{kind} = {{ at = {at:?}, user = {user:?} }}"))
}

/// A name as programs ask for it. The rest of a torn value is none, and must not get into a file that is committed.
fn is_name(name: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(name).ok().filter(|_| !looks_like_a_value(name))?;
    let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (SecretName::parse(text).is_ok()
        && text.chars().all(named)
        && !text.starts_with(|c: char| c.is_ascii_digit()))
    .then_some(text)
}

#[derive(PartialEq, Eq)]
enum Origin {
    Generated,
    InitOnly,
}

fn looks_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "_KEY", "ENCRYPTION_KEY", "SALT", "PEPPER"]
        .iter()
        .any(|word| upper.contains(word))
        && !upper.contains("PUBLIC")
}

/// `None`: a third party hands it out, so that a new one cannot be made up here.
fn looks_generated(name: &str) -> Option<Origin> {
    if init_only(name).is_some() {
        return Some(Origin::InitOnly);
    }
    let upper = name.to_ascii_uppercase();
    const OTHERS: [&str; 16] = [
        "AWS",
        "STRIPE",
        "GITHUB",
        "GITLAB",
        "OPENAI",
        "ANTHROPIC",
        "SENDGRID",
        "TWILIO",
        "SLACK",
        "GOOGLE",
        "SENTRY",
        "API_KEY",
        "CLIENT_SECRET",
        "SMTP",
        "WEBHOOK",
        "ACCESS_KEY",
    ];
    (!OTHERS.iter().any(|word| upper.contains(word))).then_some(Origin::Generated)
}

fn keeps_previous_of(name: &str, current: &str) -> bool {
    name != current
        && (name.strip_suffix("_PREVIOUS") == Some(current)
            || name.strip_suffix("_OLD") == Some(current)
            || name.strip_prefix("OLD_") == Some(current))
}

/// The spec that makes values like this one, never weaker than 128 bits.
fn shape(value: &SecretValue) -> String {
    let bytes = value.expose();
    let all = |test: fn(&u8) -> bool| bytes.iter().all(test);
    if all(u8::is_ascii_hexdigit) && bytes.len() >= 32 && bytes.len().is_multiple_of(2) {
        format!("hex:{}", (bytes.len() / 2).min(64))
    } else if bytes.len() >= 40 && all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b)) {
        format!("base64url:{}", (bytes.len() * 3 / 4).clamp(32, 64))
    } else {
        "alnum:32".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposed(values: &[(&str, &str)]) -> String {
        let values: Vec<(&[u8], SecretValue)> =
            values.iter().map(|(n, v)| (n.as_bytes(), SecretValue::new(v.as_bytes().to_vec()))).collect();
        let entries: Vec<(&[u8], &SecretValue)> = values.iter().map(|(n, v)| (*n, v)).collect();
        propose(".env.enc", &entries, &Surroundings { wrapper: None, compose: true })
    }

    #[test]
    fn parts_of_values_do_not_get_into_a_proposal() {
        for part in ["q8Zk3mTOKENVb0xYt7LrW2nPd", "x/TOKEN+y", "TOKEN x", "9TOKEN", "größe_TOKEN"] {
            assert!(!proposed(&[(part, "abcdef")]).contains("TOKEN"), "{part}");
        }
    }

    #[test]
    fn names_that_make_no_policy_leave_one_without_secrets() {
        // the URL would be fed and be a secret of its own
        let text = proposed(&[("REDIS_PASSWORD", "hunter2"), ("TOKEN_URL", "redis://:hunter2@redis/0")]);
        let config = Config::parse(&text).unwrap();
        assert!(config.secrets.is_empty() && text.contains("[deploy]"), "{text}");
        // one of two with the same value feeds
        let url = ("REDIS_URL", "redis://:hunter2@redis/0");
        let text = proposed(&[("A_PASSWORD", "hunter2"), ("B_PASSWORD", "hunter2"), url]);
        let feeds = Config::parse(&text).unwrap().secrets.into_values().map(|p| p.feeds.len());
        assert_eq!(feeds.collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn a_proposal_is_a_policy() {
        let values = [
            ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
            ("JWT_SECRET_PREVIOUS", "x"),
            ("REDIS_PASSWORD", "hunter2hunter2"),
            ("REDIS_URL", "redis://:hunter2hunter2@redis/0"),
            ("APP_DB_PASSWORD", "hunter3hunter3"),
            ("DATABASE_URL", "postgres://app:hunter3hunter3@db/app"),
            ("POSTGRES_PASSWORD", "hunter2hunter2"),
            ("STRIPE_SECRET_KEY", "sk_live_x"),
            ("DB_HOST", "db"),
            ("VNC_PASSWORD", "12345678"),
        ];
        let text = proposed(&values);
        let config = Config::parse(&text).unwrap();
        let names: Vec<&str> = config.secrets.keys().map(SecretName::as_str).collect();
        assert_eq!(names, ["JWT_SECRET", "REDIS_PASSWORD", "VNC_PASSWORD"]);
        assert_eq!(config.secrets.values().nth(1).unwrap().feeds.len(), 1);
        let target = "# target = { postgres = { at = \"compose:db\", user = \"app\" } }";
        assert!(text.contains("# [secret.APP_DB_PASSWORD]") && text.contains(target), "{text}");
        assert!(
            text.contains("# target = { redis = { at = \"compose:redis\", user = \"default\" } }"),
            "{text}"
        );
        // whoever takes the marks away has a policy
        let taken = |line: &&str| line.contains(" = ") || line.starts_with('[');
        let bare: Vec<&str> = text.lines().map(|l| l.strip_prefix("# ").filter(taken).unwrap_or(l)).collect();
        let config = Config::parse(&bare.join("\n")).unwrap_or_else(|e| panic!("{e}\n{}", bare.join("\n")));
        assert_eq!(config.secrets.values().filter(|p| p.target.is_some()).count(), 3);
        assert!(!text.contains("hunter") && !text.contains("sk_live"));
        assert!(text.contains("STRIPE_SECRET_KEY") && text.contains("POSTGRES_PASSWORD"));
    }
}
