//! What is said to the person: what was understood, what was not, and what is wrong with the scripts. Names, numbers and
//! places only.

use super::Around;
use super::block::Block;
use super::names::{Kind, kind};
use super::server::Engine;
use super::shape::looks_random;
use crate::config::longest;
use crate::secret::SecretValue;
use crate::secret::url::{self, Part};

/// What was understood, and what was not.
pub(super) fn understood(around: &Around<'_>, blocks: &[Block]) -> (Vec<String>, Vec<String>) {
    let (mut understood, mut unclear) = (Vec::new(), Vec::new());
    for (name, service) in &around.stack.services {
        let mut facts: Vec<String> =
            Engine::of(service).map(|engine| engine.name().to_owned()).into_iter().collect();
        let kept = around.keepers.iter().filter(|keeper| keeper.service == *name);
        facts.extend(kept.map(|keeper| format!("keeps {}", keeper.key)));
        if service.env_files.iter().any(|file| file == around.folder.plain) {
            facts.push(format!("reads {}", around.folder.plain));
        }
        let have = |key: &&str| around.named.iter().any(|(other, _)| other == key);
        let asks: Vec<&str> = service.asks.iter().map(String::as_str).filter(have).collect();
        if !asks.is_empty() {
            facts.push(format!("asks for {}", asks.join(", ")));
        }
        let keys = service.secrets.iter().filter(|secret| around.stack.secrets.contains_key(*secret));
        facts.extend(keys.map(|secret| format!("mounts the secret {secret:?}")));
        if service.has_health {
            facts.push("has a health check".into());
        }
        if service.mounts.iter().any(|file| file == around.folder.plain) {
            unclear.push(format!(
                "service {name} mounts {}: name its reader under `consumers`",
                around.folder.plain
            ));
        }
        if !facts.is_empty() {
            understood.push(format!("service {name}: {}", facts.join(", ")));
        }
    }
    if let Some((wrapper, _)) = &around.folder.wrapper {
        understood.push(format!("{wrapper}: starts the services"));
    }
    for procedure in &around.procedures {
        let keys: Vec<&str> = procedure.rotates.keys().map(String::as_str).collect();
        if keys.is_empty() {
            unclear.push(format!("{}: no key of the env file is changed by it", procedure.name));
        } else {
            let days = procedure.period.map_or_else(String::new, |days| format!(", every {days} days"));
            understood.push(format!("{}: changes {}{days}", procedure.name, keys.join(", ")));
        }
        for key in &procedure.absent {
            unclear.push(format!("{}: changes {key}, which the env file does not have", procedure.name));
        }
    }
    let live = blocks.iter().filter(|block| block.live).count();
    let comments = blocks.len() - live;
    let settings = around.named.iter().filter(|(name, _)| !blocks.iter().any(|block| block.name == *name));
    let rest = settings.clone().count();
    understood.push(format!(
        "{}: {live} proposed, {comments} as a comment, {rest} left alone",
        super::counted(around.named.len())
    ));
    for (name, value) in settings {
        if kind(name, value) == Kind::Setting && looks_random(value) {
            unclear.push(format!("{name}: its value looks like a secret, its name does not"));
        }
        let password = url::extract(value, Part::Password).ok().flatten().filter(|p| !p.is_empty());
        let own = password.is_none_or(|p| around.named.iter().any(|(n, v)| n != name && v.same_as(&p)));
        if !own {
            unclear.push(format!(
                "{name}: it holds a password that no key holds alone: give it one, and feed this"
            ));
        }
    }
    (understood, unclear)
}

/// What is wrong with the procedures, those that are alike in one line.
pub(super) fn faults(around: &Around<'_>) -> Vec<String> {
    let mut told = Vec::new();
    for procedure in around.procedures.iter().chain(&around.wrapper) {
        let mut all = procedure.faults.clone();
        for (key, rotated) in procedure.rotates.iter().filter(|(_, r)| r.by_code) {
            let most = longest(key)
                .filter(|(_, most)| rotated.made.is_some_and(|m| m.characters() as usize > *most));
            all.extend(most.map(|(what, most)| {
                (rotated.line, format!("{key}: {what} reads the first {most} characters only"))
            }));
            for url in holders(around, key).filter(|url| !procedure.rotates.contains_key(*url)) {
                all.push((rotated.line, format!("{key}: {url} holds the same value, and stays as it is")));
            }
            if let Some((service, engine)) =
                first_start(around, key).filter(|(_, e)| !procedure.tells.contains(e))
            {
                let name = engine.name();
                all.push((rotated.line, format!("{key}: {service} read it when its volume was empty, and keeps the old one; nothing here tells {name} the new one: whoever uses it is locked out")));
            }
        }
        all.sort_by_key(|(line, _)| *line);
        let mut texts: Vec<(Vec<usize>, String)> = Vec::new();
        for (line, text) in all {
            match texts.iter_mut().find(|(_, other)| *other == text) {
                Some((lines, _)) => lines.push(line),
                None => texts.push((vec![line], text)),
            }
        }
        for (mut lines, text) in texts {
            lines.dedup();
            let noun = if lines.len() == 1 { "line" } else { "lines" };
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            told.push(format!("{}, {noun} {}: {text}", procedure.name, lines.join(", ")));
        }
    }
    told
}

/// The URLs whose password is the value of the key.
fn holders<'a>(around: &'a Around<'_>, key: &str) -> impl Iterator<Item = &'a str> {
    let value = around.named.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let holds = move |url: &SecretValue| value.is_some_and(|v| url::check(url, Part::Password, v).is_ok());
    around.named.iter().filter(move |(_, url)| holds(url)).map(|(name, _)| *name)
}

/// The service that reads the key at its first start only.
fn first_start(around: &Around<'_>, key: &str) -> Option<(String, Engine)> {
    let keeper = around.keepers.iter().find(|keeper| keeper.key == key && keeper.first_start);
    if let Some(keeper) = keeper {
        return Some((format!("service {}", keeper.service), keeper.engine));
    }
    let known = crate::config::init_only(key)?;
    let engine = match known.service {
        "postgres" | "postgresql" => Engine::Postgres,
        "mysql" | "mariadb" => Engine::Mysql,
        "grafana" => Engine::Grafana,
        other => Engine::Other(other),
    };
    Some((known.service.to_owned(), engine))
}
