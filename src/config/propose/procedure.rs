//! What a rotation that somebody wrote down does: which keys it changes, how their values are made, how often, and whom
//! it tells. A script is read, never run. Of its text only names of keys and numbers are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::compose::Keys;
use super::names::{Kind, is_name, is_plain};
use super::period;
use super::server::Engine;
use super::shell::{self, Line, Made, Pattern, captures, matches};
use crate::secret::looks_like_a_value;

/// One script or page.
#[derive(Default)]
pub(super) struct Procedure {
    pub(super) name: String,
    /// The keys that it changes.
    pub(super) rotates: BTreeMap<String, Rotated>,
    /// Keys that it changes and that the env file does not have.
    pub(super) absent: BTreeSet<String>,
    /// Days, for a key, for a kind, and for all others.
    pub(super) periods: BTreeMap<String, u32>,
    pub(super) tiers: BTreeMap<Kind, u32>,
    pub(super) period: Option<u32>,
    /// The services that it tells a new value.
    pub(super) tells: BTreeSet<Engine>,
    /// How it calls scripts that start the services: the script, and its arguments.
    pub(super) starts: Vec<(String, Vec<String>)>,
    /// Health pages that it asks.
    pub(super) probes: Vec<String>,
    /// The command that brings stored data to a new key.
    pub(super) migrate: Option<Vec<String>>,
    /// What is wrong with it, and where.
    pub(super) faults: Vec<(usize, String)>,
}

/// How a key is changed.
pub(super) struct Rotated {
    pub(super) line: usize,
    pub(super) made: Option<Made>,
    /// By a command, not by prose.
    pub(super) by_code: bool,
}

impl Procedure {
    pub(super) fn read(name: &str, text: &str, keys: &Keys<'_>) -> Self {
        let lines = shell::lines(name, text);
        let mut read = Procedure { name: name.to_owned(), ..Procedure::default() };
        let mut made = BTreeMap::new();
        for line in &lines {
            if line.code { read.command(line, keys, &mut made) } else { read.prose(line, keys) }
        }
        read.faults = super::faults::of(&lines, keys, &made);
        read
    }

    fn rotate(&mut self, key: &str, line: usize, made: Option<Made>, by_code: bool, keys: &Keys<'_>) {
        if !keys.have(key) {
            self.absent.extend(is_name(key.as_bytes()).map(str::to_owned));
            return;
        }
        let rotated = self.rotates.entry(key.to_owned()).or_insert(Rotated { line, made, by_code });
        if by_code && !rotated.by_code {
            (rotated.line, rotated.by_code) = (line, true);
        }
        rotated.made = rotated.made.or(made);
    }

    fn command(&mut self, line: &Line, keys: &Keys<'_>, made: &mut BTreeMap<String, Made>) {
        static GIVEN: Pattern = LazyLock::new(|| Regex::new(r"(?:^|[\s;])([A-Za-z_][A-Za-z0-9_]*)=").ok());
        let generator = Made::on(&line.text);
        if let Some(generator) = generator {
            if let Some(given) = captures(&GIVEN, &line.text) {
                made.insert(given[1].to_owned(), generator);
                let upper = given[1].to_ascii_uppercase();
                let bare = upper.strip_prefix("NEW_").or(upper.strip_suffix("_NEW")).unwrap_or(&upper);
                if keys.have(bare) {
                    self.rotate(bare, line.number, Some(generator), true, keys);
                }
            }
            for key in words(&line.text).filter(|word| keys.have(word)) {
                self.rotate(key, line.number, Some(generator), true, keys);
            }
        }
        for found in shell::substitutions(&line.text) {
            let Some(key) = found.key else { continue };
            let inline = generator.filter(|_| found.replacement.contains("$("));
            let by_name = shell::variables(found.replacement).into_iter().find_map(|v| made.get(v).copied());
            self.rotate(key, line.number, inline.or(by_name), true, keys);
        }
        self.tell(&line.text);
        let called: Vec<&str> = line.text.split_whitespace().collect();
        if let Some((script, rest)) = called.split_first()
            && rest.contains(&"up")
            && is_plain(script)
            && rest.iter().all(|word| is_of_compose(word))
        {
            let rest = rest.iter().map(|word| (*word).to_owned()).collect();
            self.starts.push((script.trim_start_matches("./").to_owned(), rest));
        }
        static HEALTH: Pattern = LazyLock::new(|| {
            Regex::new(r#"curl\b.*?(http://(?:localhost|127\.0\.0\.1)(?::\d{1,5})?/[A-Za-z0-9/_.-]*)(?:["'\s;|)]|$)"#).ok()
        });
        if let Some(found) = captures(&HEALTH, &line.text)
            && !self.probes.iter().any(|probe| *probe == found[1])
            && !found[1].split('/').any(|part| looks_like_a_value(part.as_bytes()))
        {
            self.probes.push(found[1].to_owned());
        }
        static MIGRATE: Pattern = LazyLock::new(|| {
            Regex::new(r"(?i)(re-?encrypt|migrate[-_](keys?|secrets?|encryption)|rewrap)").ok()
        });
        if matches(&MIGRATE, &line.text) {
            // up to the program: what follows may be a value
            let words: Vec<&str> = line.text.split_whitespace().take_while(|w| is_plain(w)).collect();
            let program = words.iter().position(|word| matches(&MIGRATE, word));
            self.migrate = program.map(|at| words[..=at].iter().map(|w| (*w).to_owned()).collect());
        }
    }

    fn tell(&mut self, text: &str) {
        let lower = text.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if has(&["alter user", "alter role", "set password"]) {
            let mysql = has(&["identified", "mysql", "mariadb"]);
            self.tells.insert(if mysql { Engine::Mysql } else { Engine::Postgres });
        }
        if has(&["acl setuser", "config set requirepass"]) {
            self.tells.insert(Engine::Redis);
        }
        if has(&["reset-admin-password", "/api/admin/users"]) {
            self.tells.insert(Engine::Grafana);
        }
    }

    fn prose(&mut self, line: &Line, keys: &Keys<'_>) {
        static ROTATION: Pattern = LazyLock::new(|| {
            Regex::new(r"(?i)rotat|renew|replac|chang|regenerat|renouvel|tourne|remplac|\[[ x]\]").ok()
        });
        let named: Vec<&str> = words(&line.text).filter(|word| keys.have(word)).collect();
        let days = period::days(&line.text, false);
        if named.is_empty() {
            match (Kind::spoken(&line.text), days, period::days(&line.text, true)) {
                (Some(kind), Some(days), _) => drop(self.tiers.entry(kind).or_insert(days)),
                (None, _, Some(days)) => drop(self.period.get_or_insert(days)),
                _ => {}
            }
            return;
        }
        for key in named {
            if let Some(days) = days {
                self.periods.insert(key.to_owned(), days);
            }
            if days.is_some() || matches(&ROTATION, &line.text) {
                self.rotate(key, line.number, None, false, keys);
            }
        }
    }
}

/// A word of a call of compose that can be no value.
fn is_of_compose(word: &str) -> bool {
    let file = [".yml", ".yaml"].iter().any(|end| word.ends_with(end)) && is_plain(word);
    file || ["up", "-d", "-f", "--detach", "--wait", "--build", "--force-recreate", "--remove-orphans"]
        .contains(&word)
}

/// The words of a text that may be names of keys; those behind a `$` are what a variable holds.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(move |c: char| !inside(c)).filter(move |word| {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        !word.is_empty() && !text[..at].ends_with(['$', '{'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_procedure_says_what_how_and_how_often() {
        let text = "Rotate every 90 days.\nEncryption keys: 180 days\n- `API_TOKEN` is renewed yearly\n\
            ```sh\nNEW=$(openssl rand -base64 32)\nsed -i \"s/^A_SECRET=.*/A_SECRET=$NEW/\" .env\n\
            NEW_B=$(openssl rand -hex 32)\necho \"GONE_KEY=$(openssl rand -hex 16)\" >> .env\n\
            python3 bin/reencrypt.py --old $OLD\ncurl -fsS http://localhost:8000/health\n\
            psql -c \"ALTER USER x PASSWORD 'y'\"\n```\n";
        let keys = Keys { file: ".env", names: vec!["A_SECRET", "B", "API_TOKEN"] };
        let read = Procedure::read("p.md", text, &keys);
        let rotates: Vec<_> = read
            .rotates
            .iter()
            .map(|(k, r)| (k.as_str(), r.line, r.made.map(Made::spec), r.by_code))
            .collect();
        let spec = |text: &str| Some(text.to_owned());
        let wants = [
            ("API_TOKEN", 3, None, false),
            ("A_SECRET", 6, spec("base64url:32"), true),
            ("B", 7, spec("hex:32"), true),
        ];
        assert_eq!(rotates, wants);
        assert_eq!(
            (read.period, read.tiers[&Kind::Encryption], read.periods["API_TOKEN"]),
            (Some(90), 180, 365)
        );
        assert_eq!(read.migrate.unwrap(), ["python3", "bin/reencrypt.py"]);
        assert_eq!(read.probes, ["http://localhost:8000/health"]);
        assert!(read.tells.contains(&Engine::Postgres));
    }
}
