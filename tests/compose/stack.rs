//! One compose project for one test: a folder, a sealed file made by the real sops, two services. All that Docker made
//! for it is removed at the end, also after a panic.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Output, Project, RECIPIENT};

/// Which compose is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `docker-compose`, the program of its own.
    One,
    /// `docker compose`, the plugin.
    Two,
}
use Version::{One, Two};

/// How the values get to compose.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Through `scripts/docker-compose-sops.sh`.
    Wrapper,
    /// From reseal itself.
    Compose,
}

/// `api` has a health check and no network; `web` serves a page. The health check passes unless `pin/expected` is there
/// and is not the chemd5sum of the secret, so that a test can make the service ill from any new value.
const SERVICES: &str = r#"services:
  api:
    image: reseal-test:1
    command: ["sleep", "600"]
    network_mode: none
    stop_signal: SIGKILL
    environment: [KEYS]
    volumes: ["./pin:/pin:ro"]
    healthcheck:
      test: ["CMD-SHELL", "! [ -e /pin/expected ] || [ \"$$(printf %s \"$$JWT_SECRET\" | md5sum)\" = \"$$(cat /pin/expected)\" ]"]
      interval: 200ms
      timeout: 5s
      retries: 2
  web:
    image: reseal-test:1
    command: ["sh", "-c", "echo ok >/www/index.html; exec httpd -f -p 8080 -h /www"]
    stop_signal: SIGKILL
    environment: [KEYS]
    ports: ["127.0.0.1:PORT:8080"]
"#;

pub struct Stack {
    pub project: Project,
    version: Version,
    /// The compose project: the folder's name, as compose itself makes it.
    pub name: String,
    /// What `old-and-known` in the env file stands for: no other project on this engine has the same value.
    pub old: String,
    port: u16,
}

impl Stack {
    /// The project folder, with `env` sealed by the real sops; nothing runs yet. The plaintext file is removed.
    pub fn new(version: Version, env: &str) -> Self {
        let project = Project::empty();
        let name = project.root.file_name().unwrap().to_str().unwrap().to_owned();
        let old = format!("old-and-known-{name}");
        project.write(".env", env.replace("old-and-known", &old));
        let sealed = project.sops(&["encrypt", "--age", RECIPIENT, ".env"]).ok();
        project.write(".env.enc", sealed.stdout);
        project.remove(".env");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let keys: Vec<&str> = env.lines().filter_map(|l| l.split_once('=')).map(|(key, _)| key).collect();
        let services = SERVICES.replace("KEYS", &keys.join(", ")).replace("PORT", &port.to_string());
        project.write("docker-compose.yml", services);
        fs::create_dir(project.path("pin")).unwrap();
        project.chmod("pin", 0o755);
        project
            .script("scripts/docker-compose-sops.sh", include_str!("../../scripts/docker-compose-sops.sh"));
        Stack { project, version, name, old, port }
    }

    /// With the policy of its kind, and both services running on the values of the sealed file.
    pub fn running(version: Version, kind: Kind, env: &str) -> Self {
        let stack = Stack::new(version, env);
        let deploy = match (kind, version) {
            (Kind::Wrapper, _) => "kind = \"wrapper\"\ncommand = [\"./scripts/docker-compose-sops.sh\"]",
            (Kind::Compose, One) => "kind = \"compose\"\ncommand = [\"docker-compose\"]",
            (Kind::Compose, Two) => "kind = \"compose\"",
        };
        stack.policy(deploy, "20s");
        stack.up();
        stack
    }

    /// Writes `reseal.toml` with this `[deploy]`, both kinds of probe, and `within` for the probe of health.
    pub fn policy(&self, deploy: &str, within: &str) {
        let page = self.page();
        self.project.write(
            "reseal.toml",
            format!(
                "[deploy]\n{deploy}\n[[probe]]\ncompose = [\"api\", \"web\"]\nwithin = \"{within}\"\n\
                 [[probe]]\nhttp = \"{page}\"\nwithin = \"20s\"\n[secret.JWT_SECRET]\ngenerate = \"base64url:32\"\n"
            ),
        );
    }

    pub fn page(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// A program in the project, for which the wrapper finds this reseal and the compose that is meant.
    pub fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = self.project.around(program, args);
        command.env("RESEAL", env!("CARGO_BIN_EXE_reseal"));
        if self.version == One {
            command.env("COMPOSE", "docker-compose");
        }
        command
    }

    pub fn reseal(&self, args: &[&str]) -> Output {
        Output::of(&mut self.command(env!("CARGO_BIN_EXE_reseal"), args))
    }

    pub fn rotate(&self, key: &str) -> Output {
        self.reseal(&["rotate", key, "--yes"])
    }

    /// Starts the services as an operator does, and waits until the health check has passed once.
    pub fn up(&self) {
        Output::of(&mut self.command("./scripts/docker-compose-sops.sh", &["up", "-d"])).ok();
        let health = ["inspect", "--format", "{{.State.Health.Status}}", &self.container("api")];
        until("api is healthy", || docker(&health).trim() == "healthy");
        until("web answers", || std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    /// The id of the service's container, of which there is exactly one.
    #[track_caller]
    pub fn container(&self, service: &str) -> String {
        let all = self.containers(Some(service));
        assert_eq!(all.len(), 1, "containers of {service}: {all:?}");
        all[0].clone()
    }

    /// All containers of the project, or of one service, running or not.
    pub fn containers(&self, service: Option<&str>) -> Vec<String> {
        let project = format!("label=com.docker.compose.project={}", self.name);
        let service = service.map(|s| format!("label=com.docker.compose.service={s}"));
        let mut args = vec!["ps", "-aq", "--no-trunc", "--filter", &project];
        args.extend(service.iter().flat_map(|s| ["--filter", s]));
        docker(&args).lines().map(str::to_owned).collect()
    }

    /// The environment of the first process of the service's container, byte for byte.
    #[track_caller]
    pub fn environment(&self, service: &str) -> Environment {
        let container = self.container(service);
        Environment::of(&container)
    }

    /// What the service has for a key.
    #[track_caller]
    pub fn seen(&self, service: &str, key: &str) -> String {
        self.environment(service).value(key).to_owned()
    }

    /// A value of the sealed file, as the real sops reads it; reseal must say the same.
    #[track_caller]
    pub fn sealed(&self, key: &str) -> String {
        let plain = String::from_utf8(self.project.sops_decrypt(".env.enc")).unwrap();
        let line = plain.lines().find_map(|l| l.strip_prefix(&format!("{key}=")));
        let value = line.unwrap_or_else(|| panic!("{key} is not in the file")).to_owned();
        assert_eq!(self.project.get(key), value, "sops and reseal disagree");
        value
    }

    /// From now on the health check passes only with the value that `api` has now.
    pub fn pin(&self) {
        let sum = "printf %s \"$JWT_SECRET\" | md5sum";
        let expected = docker(&["exec", &self.container("api"), "sh", "-c", sum]);
        self.project.write("pin/expected", expected);
        self.project.chmod("pin/expected", 0o644);
    }
}

impl Stack {
    /// After a test that failed, a deploy command of a killed run may be under way, and would make everything anew.
    fn await_orphans(&self) {
        for _ in 0..500 {
            let calls = fs::read_to_string(self.project.path("calls")).unwrap_or_default();
            if calls.matches("begin").count() <= calls.matches("end").count() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Stack {
    /// As `down -v` does it, but by what Docker has: it works for both versions and whatever became of the files.
    fn drop(&mut self) {
        self.await_orphans();
        remove_project(&self.name);
    }
}

/// Takes away all that Docker made for a compose project.
pub fn remove_project(name: &str) {
    let label = format!("label=com.docker.compose.project={name}");
    for (list, remove) in [
        (vec!["ps", "-aq"], vec!["rm", "-fv"]),
        (vec!["network", "ls", "-q"], vec!["network", "rm"]),
        (vec!["volume", "ls", "-q"], vec!["volume", "rm", "-f"]),
    ] {
        let listed = Command::new("docker").args(list).args(["--filter", &label]).output();
        let listed = listed.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
        if !listed.is_empty() {
            let mut command = Command::new("docker");
            command.args(remove).args(listed.lines()).stdout(Stdio::null()).stderr(Stdio::null());
            let _ = command.status();
        }
    }
}

/// The variables of one process.
pub struct Environment(Vec<String>);

impl Environment {
    /// The variables of the first process of a container.
    #[track_caller]
    pub fn of(container: &str) -> Self {
        let output = Command::new("docker").args(["exec", container, "cat", "/proc/1/environ"]).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = output.stdout.split(|b| *b == 0).filter(|line| !line.is_empty());
        Environment(lines.map(|line| String::from_utf8(line.to_vec()).unwrap()).collect())
    }

    /// The value of a variable that is there once.
    #[track_caller]
    pub fn value(&self, key: &str) -> &str {
        let mut values = self.pairs().filter(|(name, _)| *name == key);
        let (_, value) = values.next().unwrap_or_else(|| panic!("there is no {key}"));
        assert!(values.next().is_none(), "{key} is there twice");
        value
    }

    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.pairs().map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|line| line.split_once('='))
    }
}

/// What docker answers.
#[track_caller]
pub fn docker(args: &[&str]) -> String {
    Output::of(Command::new("docker").args(args)).ok().stdout
}

/// Waits for something that must come.
#[track_caller]
pub fn until(what: &str, mut there: impl FnMut() -> bool) {
    let began = Instant::now();
    while !there() {
        assert!(began.elapsed() < Duration::from_secs(30), "waited 30 s in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
