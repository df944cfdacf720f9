//! Who keeps the value of a key: the service that is told, the URLs that hold it, the files that are written.

use super::Around;
use super::block::Block;
use super::names::{Kind, kind};
use super::server::{Engine, Lead, lead};
use crate::config::init_only;
use crate::secret::SecretValue;
use crate::secret::url::{self, Part};

/// Adds who keeps the value: the service that is told, the URLs that hold it, the files that are written.
pub(super) fn served(
    around: &Around<'_>,
    mut block: Block,
    value: &SecretValue,
    fed: &mut Vec<String>,
) -> Block {
    let name = block.name.clone();
    let keeper = around.keepers.iter().find(|keeper| keeper.key == name);
    let holds = |url: &SecretValue| url::check(url, Part::Password, value).is_ok();
    let mut urls: Vec<(&str, Option<Lead>)> = around
        .named
        .iter()
        .filter(|(other, url)| *other != name && holds(url) && !fed.iter().any(|f| f == other))
        .map(|(other, url)| (*other, lead(url, around.stack)))
        .collect();
    if let Some(keeper) = keeper.filter(|k| !k.user.is_empty()) {
        // the same password of another user is another password
        urls.retain(|(_, lead)| lead.as_ref().is_none_or(|lead| lead.user == keeper.user));
    }
    let stored =
        around.named.iter().any(|(other, url)| *other != name && url::names_database(url) && holds(url));
    let led = urls.iter().find_map(|(other, lead)| Some((*other, lead.as_ref()?)));
    let told = keeper.map(|k| k.engine).or(led.map(|(_, lead)| lead.engine));
    if let Some(engine) = told {
        let group =
            if matches!(engine, Engine::Postgres | Engine::Mysql) { "database" } else { engine.name() };
        block.group = Some(group);
    }
    let target = match (keeper, led) {
        (Some(keeper), _) => {
            if keeper.target.is_none() && keeper.first_start {
                let service = keeper.engine.name();
                block.live = false;
                block.remarks.push(match keeper.engine {
                    Engine::Other(_) => format!("\"{name}\" is kept by {service}, to which no target of this version speaks: change it there, then `reseal set {name}`"),
                    _ => format!("\"{name}\" is kept by {service}; who is to be told is not clear from the compose file"),
                });
                if matches!(keeper.engine, Engine::Other(_)) {
                    block.lines.clear();
                }
            }
            keeper.target.clone()
        }
        (None, Some((_, lead))) if lead.proven => Some(lead.target.clone()),
        (None, Some((other, lead))) if stored => {
            block.live = false;
            block.remarks.push(format!("The database of {other:?} keeps \"{name}\" too. If that is where it is, both change together:"));
            let (user, host) = (&lead.user, &lead.host);
            block.question = Some(format!(
                "{name} is the password of \"{user}\" at \"{host}\": tell it there when it changes?"
            ));
            Some(lead.target.clone())
        }
        (None, Some((_, lead))) => {
            block.lines.push("# if its server is to be told while it runs:".into());
            block.lines.push(format!("# target = {{ {} }}", lead.target));
            None
        }
        (None, None) if stored => {
            block.live = false;
            block.remarks.push(format!("\"{name}\" is a password that a database keeps, and the URL does not say whose: change it there, then `reseal set {name}`"));
            block.lines.clear();
            None
        }
        (None, None) => {
            match init_only(&name) {
                Some(known) => {
                    block.live = false;
                    block.remarks.push(format!(
                        "\"{name}\" is read only when its service is first set up; {}",
                        match known.target {
                            Some(_) => "say who is to be told:".to_owned(),
                            None => {
                                block.lines.clear();
                                format!("change it there, then `reseal set {name}`")
                            }
                        }
                    ));
                    known.target.map(str::to_owned)
                }
                None => match kept_by_name(&name) {
                    Some(target) => {
                        block.live = false;
                        block.remarks.push(format!("\"{name}\" looks like a password that a database keeps; say which one is to be told:"));
                        Some(target.to_owned())
                    }
                    None if kept_elsewhere(&name) => {
                        block.live = false;
                        block.remarks.push(format!("\"{name}\" looks like a password that a server keeps, to which no target of this version speaks: change it there, then `reseal set {name}`"));
                        block.lines.clear();
                        None
                    }
                    None => None,
                },
            }
        }
    };
    let twin = around
        .named
        .iter()
        .find(|(other, twin)| *other != name && twin.same_as(value) && kind(other, twin) != Kind::Setting);
    if let (Some(target), Some((other, _))) = (&target, twin) {
        block.remarks.push(format!("\"{name}\" and \"{other}\" hold one value: let all services read one of the keys, then take the marks away"));
        (block.live, block.question) = (false, None);
        block.lines.push(format!("target = {{ {target} }}"));
    } else if let Some(target) = &target {
        block.lines.push(format!("target = {{ {target} }}"));
    }
    let fits = !block.lines.is_empty();
    let feeds: Vec<String> = urls
        .iter()
        .filter(|_| fits)
        .map(|(url, _)| format!("{{ key = {url:?}, part = \"password\" }}"))
        .collect();
    if !feeds.is_empty() {
        if block.live {
            fed.extend(urls.iter().map(|(url, _)| (*url).to_owned()));
        }
        block.lines.push(format!("feeds = [{}]", feeds.join(", ")));
    }
    let files: Vec<String> = around
        .files
        .iter()
        .filter(|(key, _)| *key == name && fits)
        .map(|(_, path)| format!("{{ path = {path:?} }}"))
        .collect();
    if !files.is_empty() {
        block.lines.push(format!("files = [{}]", files.join(", ")));
        block.remarks.push(
            "the file keeps the owner and mode that it has; the container's user must be able to read it"
                .into(),
        );
    }
    block
}

/// The target to be filled in for a key that is a database's password by its name.
fn kept_by_name(name: &str) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    let word = |words: &[&str]| upper.split('_').any(|part| words.contains(&part));
    if !word(&["PASSWORD", "PASS", "PWD", "PASSWD", "PGPASSWORD"]) {
        return None;
    }
    if word(&["MYSQL", "MARIADB"]) {
        return Some("mysql = { at = \"compose:SERVICE\", user = \"USER\" }");
    }
    (word(&["DB", "DATABASE", "PG", "POSTGRES"]) || upper.ends_with("PGPASSWORD"))
        .then_some("postgres = { at = \"compose:SERVICE\", user = \"USER\" }")
}

/// Whether it is, by its name, the password of an account at a server that keeps it itself.
fn kept_elsewhere(name: &str) -> bool {
    const SERVERS: [&str; 17] = [
        "RABBITMQ",
        "AMQP",
        "MONGO",
        "MONGODB",
        "LDAP",
        "KAFKA",
        "MQTT",
        "NEO4J",
        "CASSANDRA",
        "MSSQL",
        "SQLSERVER",
        "ORACLE",
        "IMAP",
        "FTP",
        "SFTP",
        "SSH",
        "SMB",
    ];
    let upper = name.to_ascii_uppercase();
    let word = |words: &[&str]| upper.split('_').any(|part| words.contains(&part));
    word(&SERVERS) && word(&["PASSWORD", "PASS", "PWD", "PASSWD"])
}
