//! One project that is about to be rotated, its service, and what can be seen of both from outside.
//!
//! The service is a file with the fingerprint of the values it was started with. The wrapper starts it, notes when two
//! of its kind run at once, and, where the service is ill, refuses every value but the old.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::harness::Project;

/// The value before the rotation. It stands nowhere but in the sealed file.
pub const OLD: &str = "old-password-canary";
/// What every clear form of the fed URL begins with, old or new.
pub const URL: &str = "postgres://app:";
/// The one rotation of these tests.
pub const ROTATE: &[&str] = &["rotate", "DB_PASSWORD", "--yes", "--reason", "a test"];
pub const RESUME: &[&str] = &["resume"];
pub const BACK: &[&str] = &["resume", "--back"];

const POLICY: &str = r#"
[deploy]
kind = "wrapper"
command = ["./wrapper"]
steps = [["down"], ["up", "-d"]]
timeout = "20s"

[[probe]]
command = ["./probe"]
within = "1s"

[secret.DB_PASSWORD]
generate = "alnum:32"
previous = { key = "DB_PASSWORD_PREVIOUS", keep-for = "30m" }
feeds = [{ key = "DATABASE_URL", part = "password" }]
"#;

/// Another sealed file of the project, which the same secret feeds.
pub const MIRROR: &str = "conf/mirror.env.enc";
const FEEDS: &str = "feeds = [
    { key = \"DATABASE_URL\", part = \"password\" },
    { file = \"conf/mirror.env.enc\", key = \"db.password\" },
    { file = \"conf/mirror.env.enc\", key = \"db.url\", part = \"password\" },
]
";

const WRAPPER: &str = r#"#!/bin/sh
mkdir busy || : >overlapped
if [ "$1" = up ]; then
    if [ -e before-up ]; then . ./before-up; fi
    "$RESEAL" exec -- sh -c 'printf "%s %s %s" "$DB_PASSWORD" "$DATABASE_URL" "$DB_PASSWORD_PREVIOUS" | sha256sum' >service.new
    mv service.new service.running
    if [ -e service.accepts ] && ! cmp -s service.running service.accepts; then rmdir busy; exit 1; fi
fi
rmdir busy
"#;

/// What becomes of the service on new values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// It comes up, so that the rotation commits.
    Well,
    /// It does not, so that the rotation is taken back.
    Ill,
}

/// What the sealed file holds in plain.
pub type Values = BTreeMap<String, String>;

/// Every file and folder with its mode and, for a file, its bytes.
pub type Snapshot = BTreeMap<PathBuf, (u32, Option<Vec<u8>>)>;

pub struct Case {
    pub project: Project,
    pub service: Service,
    /// Whether the mirror is a file of YAML.
    yaml: bool,
}

impl Case {
    pub fn new(service: Service) -> Self {
        let project = Project::empty();
        project.write(".env.enc", sealed());
        project.write("reseal.toml", POLICY);
        project.script("wrapper", WRAPPER);
        project.script("probe", "#!/bin/sh\ntest -s service.running\n");
        project.write("service.running", fingerprint(&old_values()));
        if service == Service::Ill {
            project.write("service.accepts", fingerprint(&old_values()));
        }
        Case { project, service, yaml: false }
    }

    /// A project with a mirror.
    pub fn mirrored(service: Service) -> Self {
        let case = Case::new(service);
        case.project.write(MIRROR, case.old_mirror());
        let policy = POLICY.lines().filter(|line| !line.starts_with("feeds")).collect::<Vec<_>>().join("\n");
        case.project.write("reseal.toml", format!("{policy}\n{FEEDS}"));
        case
    }

    /// The same with a mirror that is another kind of file.
    pub fn mirrored_in_yaml(service: Service) -> Self {
        let case = Case { yaml: true, ..Case::mirrored(service) };
        case.project.write(MIRROR, case.old_mirror());
        case
    }

    /// The mirror before every rotation.
    pub fn old_mirror(&self) -> &'static [u8] {
        static SEALED: [OnceLock<Vec<u8>>; 2] = [OnceLock::new(), OnceLock::new()];
        SEALED[usize::from(self.yaml)].get_or_init(|| {
            let project = Project::empty();
            let name = if self.yaml { "plain.yaml" } else { "plain.env" };
            project.write(name, self.mirror_of(OLD));
            project.run(&["encrypt", name]).ok().stdout.into_bytes()
        })
    }

    /// What the mirror says once the password is this one.
    pub fn mirror_of(&self, password: &str) -> String {
        let url = format!("{URL}{password}@db:5432/app");
        match self.yaml {
            false => format!("level=debug\ndb.password={password}\ndb.url={url}\n"),
            true => format!(
                "# the app\nlevel: 5\ndb:\n    # of the database\n    password: {password} # beside it\n    url: {url}\nhosts:\n    - one\n"
            ),
        }
    }

    /// The mirror as it is; `None` where the project has none.
    pub fn mirror(&self) -> Option<Vec<u8>> {
        fs::read(self.project.path(MIRROR)).ok()
    }

    /// What the mirror says.
    pub fn mirror_text(&self) -> String {
        self.project.run(&["-f", MIRROR, "decrypt"]).ok().stdout
    }

    /// The password that it holds.
    pub fn mirror_password(&self) -> String {
        self.project.run(&["-f", MIRROR, "get", "-n", "db.password"]).ok().stdout
    }

    /// A project that belongs to somebody else than root, who runs the program.
    pub fn of_another_owner(service: Service) -> Self {
        Case::new(service).given_away()
    }

    /// The same with a mirror.
    pub fn mirrored_of_another_owner(service: Service) -> Self {
        Case::mirrored(service).given_away()
    }

    fn given_away(self) -> Self {
        let nobody = Some(65_534);
        for path in self.project.files().iter().chain([&self.project.root]) {
            std::os::unix::fs::chown(path, nobody, nobody).unwrap();
        }
        self
    }

    /// The same in another folder, once nothing runs in it any more.
    pub fn copy(&self) -> Self {
        self.wait_for_orphans();
        let project = Project::empty();
        for (path, (mode, bytes)) in self.snapshot() {
            let to = project.path(&path);
            match bytes {
                Some(bytes) => fs::write(&to, bytes).unwrap(),
                None => fs::create_dir_all(&to).unwrap(),
            }
            fs::set_permissions(&to, fs::Permissions::from_mode(mode)).unwrap();
        }
        Case { project, service: self.service, yaml: self.yaml }
    }

    /// A killed run leaves its wrapper behind; it holds the lock until it has ended.
    pub fn wait_for_orphans(&self) {
        let began = Instant::now();
        let Some(folder) = self.rotation() else { return };
        while fs::File::open(folder.join("deploying")).is_ok_and(|f| f.try_lock().is_err()) {
            assert!(began.elapsed() < Duration::from_secs(30), "a wrapper does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Runs the program; what it says is added to a file, which no child can hold up. `None`: ended by a signal.
    pub fn run(&self, args: &[&str]) -> Option<i32> {
        self.spawn(self.project.command(args))
    }

    pub fn spawn(&self, mut command: Command) -> Option<i32> {
        let said = fs::OpenOptions::new().create(true).append(true).open(self.project.path("said")).unwrap();
        // the containers of other tests on this machine would make two runs differ
        command.env("DOCKER_HOST", "unix:///nowhere");
        let status = command.stdout(said.try_clone().unwrap()).stderr(said).status().unwrap();
        match status.signal() {
            None => status.code(),
            Some(9) => None,
            Some(signal) => panic!("ended by signal {signal}: {}", self.said()),
        }
    }

    /// All that was said so far.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.project.path("said")).unwrap_or_default()).into_owned()
    }

    pub fn live(&self) -> Vec<u8> {
        self.project.read(".env.enc")
    }

    /// What the service was started with.
    pub fn running(&self) -> String {
        self.project.text("service.running")
    }

    /// What the sealed file holds.
    pub fn values(&self) -> Values {
        parse(&self.project.run(&["decrypt"]).ok().stdout)
    }

    /// The folder of the unfinished rotation.
    pub fn rotation(&self) -> Option<PathBuf> {
        let entries = fs::read_dir(self.project.path(".reseal/rotations")).ok()?;
        // a folder on its way out has ended
        entries.map(|e| e.unwrap().path()).find(|p| p.extension().is_none_or(|e| e != "gone"))
    }

    /// The journal of the unfinished rotation, if its first line is whole.
    pub fn journal(&self) -> Option<Journal> {
        let text = fs::read_to_string(self.rotation()?.join("journal.jsonl")).ok()?;
        let whole = text.rfind('\n')? + 1;
        let lines = text[..whole].lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        Some(Journal { lines })
    }

    /// Everything below the project.
    pub fn snapshot(&self) -> Snapshot {
        let mut found = Snapshot::new();
        let mut folders = vec![self.project.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                // what runs beside may rename a file away
                let Ok(meta) = fs::metadata(&path) else { continue };
                let bytes = if meta.is_dir() { None } else { Some(fs::read(&path).unwrap_or_default()) };
                if meta.is_dir() {
                    folders.push(path.clone());
                }
                let name = path.strip_prefix(&self.project.root).unwrap().to_path_buf();
                found.insert(name, (meta.permissions().mode() & 0o7777, bytes));
            }
        }
        found
    }
}

/// What a journal says.
pub struct Journal {
    lines: Vec<serde_json::Value>,
}

impl Journal {
    /// Its last event with the name of the step, as in `started swap`; `begun` where there is none yet.
    pub fn last(&self) -> String {
        self.events().pop().unwrap_or_else(|| "begun".to_owned())
    }

    pub fn events(&self) -> Vec<String> {
        let steps = &self.lines[0]["open"]["steps"];
        let name = |i: &serde_json::Value| {
            let i = i.as_array().map_or(i, |pair| &pair[0]).as_u64().unwrap();
            steps[usize::try_from(i).unwrap()].as_str().unwrap().to_owned()
        };
        let event = |line: &serde_json::Value| match &line["event"] {
            serde_json::Value::String(word) => word.clone(),
            event => {
                let (word, step) = event.as_object().unwrap().iter().next().unwrap();
                format!("{word} {}", name(step))
            }
        };
        self.lines[1..].iter().map(event).collect()
    }

    pub fn committed(&self) -> bool {
        self.events().iter().any(|e| e == "committed")
    }
}

/// The ciphertext before every rotation; made once.
pub fn sealed() -> &'static [u8] {
    static SEALED: OnceLock<Vec<u8>> = OnceLock::new();
    SEALED.get_or_init(|| {
        let env = old_values().iter().map(|(name, value)| format!("{name}={value}\n")).collect::<String>();
        Project::sealed(&env).read(".env.enc")
    })
}

pub fn old_values() -> Values {
    parse(&format!("DB_PASSWORD={OLD}\nDATABASE_URL={URL}{OLD}@db:5432/app\nOTHER=untouched\n"))
}

pub fn parse(text: &str) -> Values {
    let pairs = text.lines().map(|line| line.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What a service is that runs on these values.
pub fn fingerprint(values: &Values) -> String {
    let value = |name| values.get(name).map_or("", String::as_str);
    let text =
        format!("{} {} {}", value("DB_PASSWORD"), value("DATABASE_URL"), value("DB_PASSWORD_PREVIOUS"));
    let hex: String = Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect();
    format!("{hex}  -\n")
}

/// Whether the bytes hold the text.
pub fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

pub fn relative<'a>(case: &Case, path: &'a Path) -> &'a Path {
    path.strip_prefix(&case.project.root).unwrap()
}
