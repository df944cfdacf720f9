//! The running containers, as the engine tells them: variables, command, labels, health check, mounts.
//!
//! The answer holds values and stays in wiped memory. Secrets that compose makes of a variable lie in the container
//! itself and are copied out of it as an archive; those that are files on this host are read there. The secrets of
//! Docker Swarm can be read by nobody but the container.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::config::init_only;
use crate::disk;
use crate::docker::{docker, same_folder};
use crate::error::{Error, Result};
use crate::process::{Deadline, Site, ask, tell, withhold_keys};
use crate::secret::SecretValue;

/// Containers come and go; that often the list is made anew when one has gone since.
const TRIES: usize = 5;

/// A larger file is no secret.
const LARGEST: u64 = 64 * 1024;

/// Where compose puts its secrets.
const SECRETS: &str = "/run/secrets";

/// One running container.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Container {
    id: String,
    name: String,
    config: Config,
    #[serde(default)]
    mounts: Vec<Mount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    image: String,
    env: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    labels: Option<BTreeMap<String, String>>,
    healthcheck: Option<HealthCheck>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HealthCheck {
    test: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(default)]
    source: String,
    destination: String,
}

/// A place in a container where a value may be.
pub(super) struct Held<'a> {
    /// The variable's name, where it is one.
    pub(super) variable: Option<&'a str>,
    /// Whether it is a file.
    pub(super) is_file: bool,
    /// What it is called in messages.
    pub(super) place: String,
    /// What stands there.
    pub(super) text: &'a [u8],
}

/// The engine's account of all running containers.
pub(super) fn running(site: &Site, deadline: &Deadline) -> Result<SecretValue> {
    let docker = docker(site)?;
    let silent = SecretValue::new(Vec::new());
    for _ in 0..TRIES {
        let listed = ask(site, &docker, &["ps", "--quiet", "--no-trunc"], deadline)
            .map_err(|e| e.context("cannot ask docker for its containers"))?;
        if listed.trim().is_empty() {
            return Ok(SecretValue::new(b"[]".to_vec()));
        }
        let mut args = vec!["inspect", "--type", "container"];
        args.extend(listed.lines());
        let mut answer = Vec::new();
        let code =
            tell(site, &docker, &args, &silent, deadline, &|c| withhold_keys(c, site), Some(&mut answer))?;
        let answer = SecretValue::new(answer);
        if code == 0 {
            return Ok(answer);
        }
    }
    Err(Error::failed("docker does not tell what the running containers are")
        .hint("run `docker ps` to see what the engine answers"))
}

impl Container {
    pub(super) fn all(answer: &SecretValue) -> Result<Vec<Container>> {
        // serde's own message may quote what it has read
        serde_json::from_slice(answer.expose())
            .map_err(|_| Error::failed("docker tells of its containers in a way that is not known here"))
    }

    pub(super) fn name(&self) -> &str {
        self.name.trim_start_matches('/')
    }

    fn label(&self, name: &str) -> Option<&str> {
        self.config.labels.as_ref()?.get(name).map(String::as_str)
    }

    pub(super) fn service(&self) -> Option<&str> {
        self.label("com.docker.compose.service")
    }

    pub(super) fn is_one_off(&self) -> bool {
        self.label("com.docker.compose.oneoff").is_some_and(|one| one.eq_ignore_ascii_case("true"))
    }

    /// `project/service`, or `stack/service`; a container that was started by hand has none.
    pub(super) fn place(&self) -> Option<String> {
        if let (Some(project), Some(service)) = (self.label("com.docker.compose.project"), self.service()) {
            return Some(format!("{project}/{service}"));
        }
        let service = self.label("com.docker.swarm.service.name")?;
        let stack = self.label("com.docker.stack.namespace");
        let short =
            stack.and_then(|stack| service.strip_prefix(stack)?.strip_prefix('_').map(|s| (stack, s)));
        Some(short.map_or_else(|| service.to_owned(), |(stack, service)| format!("{stack}/{service}")))
    }

    /// Whether the policy lets it keep a replaced value.
    pub(super) fn is_left(&self, leave: &[String]) -> bool {
        let place = self.place();
        leave.iter().any(|name| name == self.name() || Some(name) == place.as_ref())
    }

    /// Whether it is of the project: by its name, or where there is none by the folder.
    pub(super) fn is_of(&self, project: Option<&str>, stack: Option<&str>, site: &Site) -> bool {
        if stack.is_some() && self.label("com.docker.stack.namespace") == stack {
            return true;
        }
        let named = project.or_else(|| site.var("COMPOSE_PROJECT_NAME").and_then(|name| name.to_str()));
        match named {
            Some(project) => self.label("com.docker.compose.project") == Some(project),
            None => self
                .label("com.docker.compose.project.working_dir")
                .is_some_and(|folder| same_folder(folder, site)),
        }
    }

    /// Whether one of the project is made anew: of these services, or where they are not known, whatever it is.
    pub(super) fn goes(&self, anew: Option<&[String]>) -> bool {
        let named = |all: &[String]| all.iter().any(|name| Some(name.as_str()) == self.service());
        anew.is_none_or(|all| named(all) && !self.is_one_off())
    }

    /// Whether a variable counted at the first start only: a database was told the new password while it ran.
    fn has_read(&self, variable: &str) -> bool {
        let image = self.config.image.rsplit('/').next().unwrap_or_default();
        init_only(variable).is_some_and(|only| image.contains(only.service))
    }

    /// What a variable of the container holds.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let mut all = self.config.env.iter().flatten();
        all.find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='))
    }

    /// The secrets that it has as files, with their paths in the container.
    pub(super) fn files(&self, site: &Site, deadline: &Deadline) -> Result<Vec<(String, SecretValue)>> {
        let mut found = Vec::new();
        for mount in self.mounts.iter().filter(|mount| mount.kind == "bind") {
            let path = Path::new(&mount.source);
            // what this user may not read, or what lies on another host, is not known
            if disk::stat(path).is_some_and(|stat| stat.is_file && stat.size <= LARGEST)
                && let Ok(bytes) = disk::read(path)
            {
                found.push((mount.destination.clone(), SecretValue::new(bytes)));
            }
        }
        if self.service().is_some() {
            let source = format!("{}:{SECRETS}", self.id);
            let (docker, silent, mut archive) = (docker(site)?, SecretValue::new(Vec::new()), Vec::new());
            let args = ["cp", &source, "-"];
            let prepare = |command: &mut std::process::Command| withhold_keys(command, site);
            let told = tell(site, &docker, &args, &silent, deadline, &prepare, Some(&mut archive));
            // most containers have no such folder, and one may have gone meanwhile; of one that fills it without end, what
            // came counts, or a container could keep its values from being rotated
            let there = match told {
                Err(error) if deadline.left().is_zero() => return Err(error),
                Ok(code) => code == 0,
                Err(_) => true,
            };
            if there {
                found.extend(archived(&SecretValue::new(archive)));
            }
        }
        Ok(found)
    }

    /// Every place where a value may be.
    pub(super) fn texts<'a>(&'a self, files: &'a [(String, SecretValue)]) -> Vec<Held<'a>> {
        let config = &self.config;
        let held = |place: &str, text: &'a str| Held {
            variable: None,
            is_file: false,
            place: place.to_owned(),
            text: text.as_bytes(),
        };
        let mut all: Vec<Held<'a>> = Vec::new();
        let variables = config.env.iter().flatten().filter_map(|entry| entry.split_once('='));
        for (name, value) in variables.filter(|(name, _)| !self.has_read(name)) {
            all.push(Held { variable: Some(name), ..held(&format!("variable {name}"), value) });
        }
        let words = config.entrypoint.iter().chain(&config.cmd).flatten();
        all.extend(words.map(|word| held("its command line", word)));
        all.extend(
            config.labels.iter().flatten().map(|(name, value)| held(&format!("label {name:?}"), value)),
        );
        let test = config.healthcheck.iter().flat_map(|check| &check.test).flatten();
        all.extend(test.map(|word| held("its health check", word)));
        for (path, value) in files {
            let place = format!("file {path}");
            all.push(Held { variable: None, is_file: true, place, text: value.expose() });
        }
        all
    }
}

/// The regular files of a tar archive; it ends where the archive does, or where it cannot be read.
fn archived(archive: &SecretValue) -> Vec<(String, SecretValue)> {
    let mut archive = tar::Archive::new(archive.expose());
    let Ok(entries) = archive.entries() else { return Vec::new() };
    let file = |mut entry: tar::Entry<'_, &[u8]>| {
        let plain = entry.header().entry_type().is_file() && entry.size() <= LARGEST;
        let path = format!("/run/{}", String::from_utf8_lossy(&entry.path_bytes()));
        let value = plain.then(|| SecretValue::read_from(&mut entry).ok()).flatten();
        value.filter(|value| value.len() as u64 == entry.size()).map(|value| (path, value))
    };
    entries.map_while(std::result::Result::ok).filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::Folder;

    const ANSWER: &str = r#"[
        {"Id":"1","Name":"/shop-api-1","Config":{"Env":["A=1","B=x=y"],"Cmd":null,"Entrypoint":["run"],
         "Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"api","com.docker.compose.oneoff":"False"},
         "Healthcheck":{"Test":["CMD","true"],"Retries":3}},"Mounts":[]},
        {"Id":"2","Name":"/hand","Config":{"Env":null,"Cmd":["sleep"],"Entrypoint":null,"Labels":{}}},
        {"Id":"3","Name":"/x_web.1.abc","Config":{"Env":[],"Cmd":null,"Entrypoint":null,
         "Labels":{"com.docker.swarm.service.name":"x_web","com.docker.stack.namespace":"x"}},"Mounts":[]}
    ]"#;

    #[test]
    fn containers_are_called_as_people_call_them() {
        let all = Container::all(&SecretValue::new(ANSWER.into())).unwrap();
        let places: Vec<_> = all.iter().map(|c| (c.name(), c.place())).collect();
        let place = |place: &str| Some(place.to_owned());
        assert_eq!(
            places,
            [("shop-api-1", place("shop/api")), ("hand", None), ("x_web.1.abc", place("x/web"))]
        );
        assert!(all[0].is_left(&["shop/api".to_owned()]) && all[0].is_left(&["shop-api-1".to_owned()]));
        assert!(!all[1].is_left(&["shop/api".to_owned(), "han".to_owned()]));
        let folder = Folder::new();
        let ours =
            |project| all.iter().map(|c| c.is_of(project, Some("x"), &folder.site())).collect::<Vec<_>>();
        assert_eq!(ours(Some("shop")), [true, false, true]);
        assert_eq!(ours(None), [false, false, true]);
        assert_eq!(all[0].variable("B"), Some("x=y"));
        let places: Vec<String> = all[0].texts(&[]).into_iter().map(|held| held.place).collect();
        assert_eq!(places[..3], ["variable A", "variable B", "its command line"]);
    }

    #[test]
    fn what_a_database_read_at_its_first_start_is_nobodys_value_now() {
        let seen = |image: &str| {
            let answer = r#"[{"Id":"1","Name":"/a","Config":{"Image":"IMAGE","Env":["POSTGRES_PASSWORD=x","PW=x"],
                "Cmd":null,"Entrypoint":null,"Labels":null}}]"#;
            let all = Container::all(&SecretValue::new(answer.replace("IMAGE", image).into())).unwrap();
            all[0].texts(&[]).len()
        };
        assert_eq!(seen("docker.io/library/postgres:16"), 1);
        // an application reads it at every start
        assert_eq!(seen("registry:5000/postgres/app:1"), 2);
    }

    #[test]
    fn an_answer_that_is_not_understood_is_an_error_without_its_words() {
        let error = Container::all(&SecretValue::new(b"[{\"Id\":\"s3cret\"}]".to_vec())).err().unwrap();
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    #[test]
    fn files_of_an_archive_are_found_and_the_rest_is_passed_over() {
        let mut archive = tar::Builder::new(Vec::new());
        let mut add = |name: &str, kind: tar::EntryType, content: &[u8]| {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(kind);
            header.set_size(content.len() as u64);
            header.set_mode(0o400);
            archive.append_data(&mut header, name, content).unwrap();
        };
        add("secrets/", tar::EntryType::Directory, b"");
        add("secrets/jwt", tar::EntryType::Regular, b"value");
        add("secrets/huge", tar::EntryType::Regular, &[b'x'; LARGEST as usize + 1]);
        add("secrets/last", tar::EntryType::Regular, b"");
        let whole = archive.into_inner().unwrap();
        let names = |bytes: &[u8]| -> Vec<String> {
            archived(&SecretValue::new(bytes.to_vec())).into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(&whole), ["/run/secrets/jwt", "/run/secrets/last"]);
        // a torn one ends early, and does not end the program
        for cut in [0, 100, 512, 1024, 1026] {
            assert!(names(&whole[..cut]).is_empty(), "{cut}");
        }
        assert!(names(&[0xff; 1024]).is_empty());
    }
}
