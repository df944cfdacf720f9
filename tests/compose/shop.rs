//! A project as people have it: an `env_file`, `${NAME}` in the compose file, and with version 2 a secret made of a
//! variable. It is deployed without a policy's help or with it, by root or by somebody who may only use the engine; and
//! somebody watches whether a value ever lies in a file.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::stack::{Environment, Version, docker, remove_project};
use crate::harness::{Output, Project};

/// `api` has all values by a file, `web` some by name, `rest` none.
const SERVICES: &str = r#"version: "3.9"
services:
  api: { image: "reseal-test:1", command: [sleep, "600"], stop_signal: SIGKILL, network_mode: none, env_file: .env SECRETS }
  web:
    image: reseal-test:1
    command: [sh, -c, "exec sleep 600 ${PORT}"]
    stop_signal: SIGKILL
    network_mode: none
    environment: { LINK: "pg://app:${JWT_SECRET}@db", DOLLAR: "${DOLLAR}", HASH: , QUOTES: "$QUOTES", BCRYPT: }
  rest: { image: "reseal-test:1", command: [sleep, "600"], stop_signal: SIGKILL, network_mode: none, environment: [PORT] }
TOP
"#;

/// What some reader of env files would change.
pub const HARD: [(&str, &str); 4] = [
    ("DOLLAR", "abc$def"),
    ("HASH", "ab #cd"),
    ("BCRYPT", "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"),
    ("QUOTES", "it's \"quoted\" \\"),
];

/// Who runs reseal and compose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Root,
    /// Nobody in particular, with the group that may use the engine.
    User,
}

pub struct Shop {
    pub project: Project,
    pub name: String,
    /// The first value of JWT_SECRET, and a value that stays; no other project on this engine has the same.
    pub old: String,
    pub stays: String,
    version: Version,
    who: Who,
}

impl Shop {
    /// Sealed, and nothing runs yet.
    pub fn new(version: Version, who: Who, deploy: &str) -> Self {
        let project = Project::empty();
        let name = project.root.file_name().unwrap().to_str().unwrap().to_owned();
        let (old, stays) = (format!("first-{name}"), format!("stays-{name}"));
        project.write("plain", format!("JWT_SECRET={old}\nSTAYS={stays}\nPORT=8080\n"));
        project.run(&["encrypt", "plain", "-o", ".env.enc"]).ok();
        project.remove("plain");
        for (key, value) in HARD {
            project.pipe(&["set", key], value).ok();
        }
        let (secrets, top) = match version {
            Version::One => ("", ""),
            Version::Two => (", secrets: [jwt]", "secrets: { jwt: { environment: JWT_SECRET } }"),
        };
        project.write("docker-compose.yml", SERVICES.replace("SECRETS", secrets).replace("TOP", top));
        project
            .script("scripts/docker-compose-sops.sh", include_str!("../../scripts/docker-compose-sops.sh"));
        let shop = Shop { project, name, old, stays, version, who };
        shop.policy(deploy);
        fs::create_dir(shop.project.path("tmp")).unwrap();
        if who == Who::User {
            let chown = Command::new("chown").args(["-R", "65534:65534"]).arg(&shop.project.root).status();
            assert!(chown.unwrap().success());
        }
        shop
    }

    pub fn policy(&self, deploy: &str) {
        let secret = "[secret.JWT_SECRET]\ngenerate = \"alnum:32\"\n";
        self.project.write("reseal.toml", format!("[deploy]\n{deploy}\n{secret}"));
        self.project.chmod("reseal.toml", 0o644);
    }

    /// A program as the shop's owner runs it. Its own temporary files are where they are looked for.
    pub fn command(&self, program: &str, args: &[&str]) -> Command {
        let group = fs::metadata("/var/run/docker.sock").unwrap().gid();
        let as_user = [
            "--reuid=65534".to_owned(),
            "--regid=65534".to_owned(),
            format!("--groups={group}"),
            program.to_owned(),
        ];
        let mut command = match self.who {
            Who::Root => self.project.around(program, args),
            Who::User => {
                let mut command = self.project.around("setpriv", &as_user);
                command.args(args);
                command
            }
        };
        let (compose, format) = match self.version {
            Version::One => ("docker-compose", "compose-v1"),
            Version::Two => ("docker compose", "compose-v2"),
        };
        command.env("COMPOSE", compose).env("ENV_FORMAT", format).env("RESEAL", env!("CARGO_BIN_EXE_reseal"));
        command.env("TMPDIR", self.project.path("tmp"));
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        Output::of(&mut self.command(env!("CARGO_BIN_EXE_reseal"), args))
    }

    pub fn up(&self) {
        Output::of(&mut self.command("./scripts/docker-compose-sops.sh", &["up", "-d"])).ok();
    }

    pub fn get(&self, key: &str) -> String {
        self.run(&["get", "-n", key]).ok().stdout
    }

    #[track_caller]
    pub fn container(&self, service: &str) -> String {
        let project = format!("label=com.docker.compose.project={}", self.name);
        let service = format!("label=com.docker.compose.service={service}");
        let listed = docker(&["ps", "-q", "--no-trunc", "--filter", &project, "--filter", &service]);
        assert_eq!(listed.lines().count(), 1, "containers of {service}: {listed}");
        listed.trim().to_owned()
    }

    /// Every container sees exactly what the file has.
    #[track_caller]
    pub fn all_see_the_file(&self) {
        let jwt = self.get("JWT_SECRET");
        let (api, web) = (Environment::of(&self.container("api")), Environment::of(&self.container("web")));
        for (key, value) in HARD {
            assert_eq!((api.value(key), web.value(key)), (value, value), "{key}");
        }
        assert_eq!(api.value("JWT_SECRET"), jwt);
        assert_eq!(web.value("LINK"), format!("pg://app:{jwt}@db"));
        if self.version == Version::Two {
            assert_eq!(docker(&["exec", &self.container("api"), "cat", "/run/secrets/jwt"]), jwt);
        }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        remove_project(&self.name);
    }
}

/// Looks again and again whether a value lies in a file of the project, or loose in a folder for temporary files.
pub struct Watcher {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Watcher {
    pub fn of(shop: &Shop) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (root, value, until) = (shop.project.root.clone(), shop.stays.clone(), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut looks = 0;
            while !until.load(Ordering::Relaxed) {
                assert_eq!(holding(&root, &[&value]), [""; 0], "a value lies in a file");
                looks += 1;
                // the machine has other things to do too
                std::thread::sleep(Duration::from_millis(10));
            }
            looks
        });
        Watcher { stop, thread }
    }

    /// It has looked often, and found nothing.
    #[track_caller]
    pub fn ends(self) {
        self.stop.store(true, Ordering::Relaxed);
        let looks = self.thread.join().expect("nothing lies in a file");
        assert!(looks > 50, "it has looked {looks} times only");
    }
}

/// The files of the project, and loose ones in folders for temporary files, that hold one of the values.
pub fn holding(root: &Path, values: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    below(root, usize::MAX, &mut files);
    for folder in ["/tmp", "/var/tmp", "/dev/shm", "/run"] {
        below(Path::new(folder), 0, &mut files);
    }
    let holds = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        values.iter().any(|value| memchr::memmem::find(&bytes, value.as_bytes()).is_some())
    };
    files.iter().filter(|path| holds(path)).map(|path| path.display().to_string()).collect()
}

fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            // the engine's own: for each `docker exec` it writes down the environment that the container has
            Ok(_) if entry.file_name().to_string_lossy().starts_with("runc-process") => {}
            Ok(kind) if kind.is_file() && entry.metadata().is_ok_and(|m| m.len() < 1 << 20) => {
                files.push(entry.path());
            }
            Ok(kind) if kind.is_dir() && depth > 0 => below(&entry.path(), depth - 1, files),
            _ => {}
        }
    }
}
