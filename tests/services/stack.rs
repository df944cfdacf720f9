//! A whole compose project: an application, its Postgres and its Redis, each in a container. The database reads its
//! password once, at its first start, as the official image does; Redis forgets what it was told with each restart.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::compose::stack::remove_project;
use crate::harness::{Output, Project, have};
use crate::leak::canary::Canary;

const NEEDS: [&str; 3] = ["docker", "compose", "stack"];

/// The superuser `app` is made with the password of the environment when the volume is empty, and never changed again.
const DB: &str = r#"#!/bin/sh
export PGDATA=/data/pg
if [ ! -s $PGDATA/PG_VERSION ]; then
  mkdir -p $PGDATA && chown -R postgres /data
  printf %s "$POSTGRES_PASSWORD" >/tmp/password && chown postgres /tmp/password
  su postgres -c "initdb -N -A scram-sha-256 --auth-local=trust --pwfile=/tmp/password -U app -E UTF8 --locale=C" || exit 1
  rm /tmp/password
  echo "host all all all scram-sha-256" >>$PGDATA/pg_hba.conf
fi
exec su postgres -c "exec postgres -D $PGDATA -c listen_addresses='*' -c fsync=off"
"#;

/// Serves a page that says whether both logins work now.
const APP: &str = r#"#!/bin/sh
mkdir -p /www/cgi-bin
cat >/www/cgi-bin/health <<'END'
#!/bin/sh
if psql "$DATABASE_URL" -c 'SELECT 1' >/dev/null 2>&1 && [ "$(redis-cli -u "$REDIS_URL" --no-auth-warning PING)" = PONG ] && ! [ -e /pin/ill ]
then printf 'Status: 200 OK\r\n\r\nok\n'
else printf 'Status: 503 Service Unavailable\r\n\r\nill\n'
fi
END
chmod 755 /www/cgi-bin/health
exec httpd -f -p 8080 -h /www
"#;

const SERVICES: &str = r#"services:
  db:
    image: reseal-test-stack:3
    command: ["/start/db"]
    stop_signal: SIGINT
    environment: [POSTGRES_PASSWORD]
    volumes: ["./start:/start:ro", "data:/data"]
    healthcheck: { test: ["CMD-SHELL", "psql -U app -d postgres -c 'SELECT 1'"], interval: 300ms, timeout: 5s, retries: 60 }
  cache:
    image: reseal-test-stack:3
    command: ["sh", "-c", "exec redis-server --save '' --requirepass \"$$REDIS_PASSWORD\""]
    environment: [REDIS_PASSWORD]
  app:
    image: reseal-test-stack:3
    command: ["/start/app"]
    stop_signal: SIGKILL
    environment: [DATABASE_URL, REDIS_URL]
    volumes: ["./start:/start:ro", "./pin:/pin:ro"]
    ports: ["127.0.0.1:PORT:8080"]
    depends_on: { db: { condition: service_healthy }, cache: { condition: service_started } }
volumes:
  data:
"#;

struct Stack {
    project: Project,
    /// The first passwords; no other project on this engine has the same.
    old: String,
    old_cache: String,
    name: String,
    port: u16,
}

impl Stack {
    fn running() -> Self {
        let project = Project::empty();
        let name = project.root.file_name().unwrap().to_str().unwrap().to_owned();
        let (old, old_cache) =
            (format!("first-of-the-database-{name}"), format!("first-of-the-cache-{name}"));
        project.write(
            "plain",
            format!(
                "POSTGRES_PASSWORD={old}\nDATABASE_URL=postgres://app:{old}@db:5432/postgres\n\
                 REDIS_PASSWORD={old_cache}\nREDIS_URL=redis://default:{old_cache}@cache:6379/0\n"
            ),
        );
        project.run(&["encrypt", "plain", "-o", ".env.enc"]).ok();
        project.remove("plain");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        project.write("docker-compose.yml", SERVICES.replace("PORT", &port.to_string()));
        project.script("start/db", DB);
        project.script("start/app", APP);
        project.write("pin/readme", "");
        for folder in ["start", "pin"] {
            project.chmod(folder, 0o755);
        }
        project.write(
            "reseal.toml",
            format!(
                "[deploy]\nkind = \"compose\"\ntimeout = \"90s\"\n\
                 [[probe]]\nhttp = \"http://127.0.0.1:{port}/cgi-bin/health\"\nwithin = \"8s\"\n\
                 [secret.POSTGRES_PASSWORD]\ngroup = \"database\"\n\
                 target = {{ postgres = {{ at = \"compose:db\", user = \"app\", database = \"postgres\" }} }}\n\
                 feeds = [{{ key = \"DATABASE_URL\", part = \"password\" }}]\n\
                 [secret.REDIS_PASSWORD]\n\
                 target = {{ redis = {{ at = \"compose:cache\" }} }}\n\
                 feeds = [{{ key = \"REDIS_URL\", part = \"password\" }}]\n"
            ),
        );
        let stack = Stack { project, old, old_cache, name, port };
        let up = ["exec", "--", "docker", "compose", "up", "-d"];
        stack.project.run(&up).ok();
        stack.until_it_serves();
        stack
    }

    /// From now on this script stands between reseal and compose; `OLD` in it is the first password.
    fn deployed_by(&self, script: &str) {
        self.project.script("compose", &script.replace("OLD", &self.old));
        let policy = self.project.text("reseal.toml");
        let named = policy.replace("kind = \"compose\"", "kind = \"compose\"\ncommand = [\"./compose\"]");
        self.project.write("reseal.toml", named);
    }

    /// The status of the application's page; 0 where nobody answers.
    fn page(&self) -> u16 {
        let mut answer = String::new();
        let asked = TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /cgi-bin/health HTTP/1.0\r\n\r\n")?;
            stream.read_to_string(&mut answer)
        });
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        asked.ok().and(status).unwrap_or(0)
    }

    fn until_it_serves(&self) {
        let began = Instant::now();
        while self.page() != 200 {
            assert!(began.elapsed() < Duration::from_secs(60), "the application does not serve");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn container(&self, service: &str) -> String {
        let project = format!("label=com.docker.compose.project={}", self.name);
        let service = format!("label=com.docker.compose.service={service}");
        let listed = docker(&["ps", "-q", "--filter", &project, "--filter", &service]).ok().stdout;
        assert_eq!(listed.lines().count(), 1, "containers of {service}");
        listed.trim().to_owned()
    }

    /// Whether the database lets `app` in with this, asked from another container, where the password counts.
    fn database(&self, password: &str) -> bool {
        let url = format!("postgres://app:{password}@db:5432/postgres");
        docker(&["exec", &self.container("app"), "psql", &url, "-c", "SELECT 1"]).code == Some(0)
    }

    fn cache(&self, password: &str) -> bool {
        let ask = [
            "exec",
            &self.container("app"),
            "redis-cli",
            "-h",
            "cache",
            "--no-auth-warning",
            "-a",
            password,
            "PING",
        ];
        docker(&ask).stdout.contains("PONG")
    }

    /// The application serves, on what the file has; what it had before is refused. Answers whether the new world is in
    /// force.
    fn consistent(&self) -> bool {
        self.until_it_serves();
        let (database, cache) = (self.project.get("POSTGRES_PASSWORD"), self.project.get("REDIS_PASSWORD"));
        assert!(self.database(&database) && self.cache(&cache), "the file's values are refused");
        for (key, service) in [("DATABASE_URL", "app"), ("POSTGRES_PASSWORD", "db")] {
            let show = format!("printf %s \"${key}\"");
            let has = docker(&["exec", &self.container(service), "sh", "-c", &show]).ok().stdout;
            assert_eq!(has, self.project.get(key), "{service} runs on another {key}");
        }
        if database != self.old {
            assert!(!self.database(&self.old), "the old password of the database is accepted");
        }
        assert_eq!(
            cache == self.old_cache,
            self.cache(&self.old_cache),
            "the old password of redis is accepted"
        );
        database != self.old
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        remove_project(&self.name);
    }
}

fn docker(args: &[&str]) -> Output {
    Output::of(Command::new("docker").args(args).stdin(Stdio::null()))
}

#[test]
fn everything_changes_and_the_application_serves() {
    if !have("services::stack::everything_changes", &NEEDS) {
        return;
    }
    let stack = Stack::running();
    let since = docker(&["system", "info", "--format", "{{.SystemTime}}"]).ok().stdout;
    let plan = stack.project.run(&["rotate", "--all", "-n"]).ok().stdout;
    assert!(plan.contains("a restart would lose"), "{plan}");
    let said = stack.project.run(&["rotate", "--all", "--yes"]).ok();
    let said = said.says("proven: a fresh login with the new POSTGRES_PASSWORD was accepted");
    said.says("proven: a fresh login with the old POSTGRES_PASSWORD was refused")
        .says("proven: a fresh login with the old REDIS_PASSWORD was refused");
    assert!(stack.consistent());
    // the engine's own record holds none of it
    let until = docker(&["system", "info", "--format", "{{.SystemTime}}"]).ok().stdout;
    let filter = format!("label=com.docker.compose.project={}", stack.name);
    let ours = [
        "events",
        "--since",
        since.trim(),
        "--until",
        until.trim(),
        "--filter",
        &filter,
        "--format",
        "{{json .}}",
    ];
    let events = docker(&ours).ok().stdout;
    assert!(events.contains("create"), "{events}");
    let events: Vec<&str> = events
        .lines()
        .filter(|l| {
            !l.contains("exec_create: psql") && !l.contains("exec_start: psql") && !l.contains("redis-cli")
        })
        .collect();
    for key in ["POSTGRES_PASSWORD", "REDIS_PASSWORD"] {
        let canary = Canary::of(stack.project.get(key));
        assert_eq!(canary.found(events.join("\n").as_bytes()), None, "{key} in docker's events");
    }
    stack.project.run(&["rollback", "--yes"]).ok();
    assert!(!stack.consistent() && stack.database(&stack.old));
}

#[test]
fn an_application_that_falls_ill_gets_everything_back() {
    if !have("services::stack::an_application_that_falls_ill", &NEEDS) {
        return;
    }
    let stack = Stack::running();
    // ill on any container that is made from now on, until the old values are back
    let compose = "#!/bin/sh\n[ \"$1\" != config ] || exec docker compose \"$@\"\ntest \"$POSTGRES_PASSWORD\" = OLD && rm -f pin/ill || touch pin/ill\nexec docker compose \"$@\"\n";
    stack.deployed_by(compose);
    stack.project.run(&["rotate", "--all", "--yes"]).code(10).says("rolled back");
    assert!(!stack.consistent());
}

#[test]
fn a_deployment_that_leaves_the_database_down_is_taken_back() {
    if !have("services::stack::a_deployment_that_leaves_the_database_down", &NEEDS) {
        return;
    }
    let stack = Stack::running();
    let compose = "#!/bin/sh\n[ \"$1\" != config ] || exec docker compose \"$@\"\nif test \"$POSTGRES_PASSWORD\" != OLD; then docker compose down; exit 1; fi\nexec docker compose \"$@\"\n";
    stack.deployed_by(compose);
    stack.project.run(&["rotate", "--all", "--yes"]).code(10).says("rolled back");
    assert!(!stack.consistent());
}

#[test]
fn killed_at_any_time_it_ends_in_one_of_two_worlds() {
    if !have("services::stack::killed_at_any_time", &NEEDS) {
        return;
    }
    let stack = Stack::running();
    let rotate = || {
        let mut command = stack.project.command(&["rotate", "--group", "database", "--yes"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let began = Instant::now();
    assert!(rotate().wait().unwrap().success());
    let whole = began.elapsed();
    let mut before = stack.project.get("POSTGRES_PASSWORD");
    let mut worlds = [0, 0];
    for n in 0..8_u32 {
        let mut child = rotate();
        std::thread::sleep(whole * (2 * n + 1) / 16);
        let _ = child.kill();
        child.wait().unwrap();
        let back = n % 2 == 1;
        let resumed = stack.project.run(if back { &["resume", "--back"][..] } else { &["resume"] });
        // what is committed is not taken back, but finished
        let resumed = if resumed.code == Some(1) { stack.project.run(&["resume"]) } else { resumed };
        resumed.ok();
        stack.consistent();
        let now = stack.project.get("POSTGRES_PASSWORD");
        worlds[usize::from(now != before)] += 1;
        if now != before {
            assert!(!stack.database(&before), "the password before is accepted");
        }
        before = now;
        stack.project.run(&["resume"]).ok().says("there is nothing to resume");
    }
    assert!(worlds[0] > 0 && worlds[1] > 0, "{worlds:?}");
}
