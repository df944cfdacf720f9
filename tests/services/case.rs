//! A project whose database role and Redis user are its own, on servers that several projects share.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::harness::Project;
use crate::harness::servers::postgres::Postgres;
use crate::harness::servers::redis::{Options, Redis};

/// What the role has before; it stands nowhere but in the sealed file and in the server.
pub const OLD: &str = "old-database-canary-1";
/// What the Redis user has before.
pub const OLD_CACHE: &str = "old-cache-canary-2";
/// The passwords of those who change the others.
pub const ADMIN: &str = "admin-password-canary-3";

/// The programs that these tests need.
pub const NEEDS: [&str; 3] = ["initdb", "psql", "redis-server"];

/// The two servers.
pub struct Servers {
    pub postgres: Postgres,
    pub redis: Redis,
}

impl Servers {
    pub fn start() -> Self {
        let postgres = Postgres::start(
            &["host all all all scram-sha-256"],
            &["log_statement = 'all'", "log_connections = on", "max_connections = 200"],
        );
        postgres.sql(&format!("CREATE ROLE admin SUPERUSER LOGIN PASSWORD '{ADMIN}'"));
        let conf = format!("requirepass {ADMIN}\n");
        let redis = Redis::start(&Options { conf: Some(&conf), ..Options::default() });
        Servers { postgres, redis }
    }

    /// Those that all tests share which do not stop them. They end with the last one.
    pub fn shared() -> Arc<Servers> {
        static SHARED: Mutex<Weak<Servers>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let servers = Arc::new(Servers::start());
            *shared = Arc::downgrade(&servers);
            servers
        })
    }

    /// Whether Postgres lets this login in.
    pub fn database(&self, user: &str, password: &str) -> bool {
        self.postgres.psql(user, Some(password), "SELECT 1").is_ok()
    }

    /// Whether Redis lets this login in.
    pub fn cache(&self, user: &str, password: &str) -> bool {
        auth(self.redis.port, user, password)
    }
}

/// Logs in to a Redis on a connection of its own.
pub fn auth(port: u16, user: &str, password: &str) -> bool {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let words = ["AUTH", user, password].map(|w| format!("${}\r\n{w}\r\n", w.len()));
    stream.write_all(format!("*3\r\n{}", words.concat()).as_bytes()).unwrap();
    let mut answer = [0; 64];
    let n = stream.read(&mut answer).unwrap();
    match &answer[..n] {
        b"+OK\r\n" => true,
        other if other.starts_with(b"-WRONGPASS") => false,
        other => panic!("redis says {}", String::from_utf8_lossy(other)),
    }
}

/// How the role gets its new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    Single,
    Alternating,
}

/// One project, with a role and a Redis user that no other project has.
pub struct Case {
    pub project: Project,
    pub role: String,
    pub cache_user: String,
    pub strategy: Strategy,
}

impl Case {
    pub fn new(servers: &Servers, strategy: Strategy) -> Self {
        Case::at(servers, strategy, servers.postgres.port, servers.redis.port)
    }

    /// The same, reached by other ports.
    pub fn at(servers: &Servers, strategy: Strategy, database: u16, cache: u16) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let (role, cache_user) = (format!("app_{n}"), format!("cache_{n}"));
        servers.postgres.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD '{OLD}'"));
        let rights = ["ACL", "SETUSER", &cache_user, "on", &format!(">{OLD_CACHE}"), "~*", "+@all"];
        assert!(servers.redis.cli("default", ADMIN, &rights).contains("OK"));
        let project = Project::sealed(&format!(
            "DB_PASSWORD={OLD}\nDATABASE_URL=postgres://{role}:{OLD}@127.0.0.1:{database}/postgres\n\
             CACHE_PASSWORD={OLD_CACHE}\nCACHE_URL=redis://{cache_user}:{OLD_CACHE}@127.0.0.1:{cache}/0\n\
             ADMIN_PASSWORD={ADMIN}\nOTHER=untouched\n"
        ));
        let users = match strategy {
            Strategy::Single => format!("user = \"{role}\""),
            Strategy::Alternating => format!("users = [\"{role}\", \"{role}_b\"]"),
        };
        project.write(
            "reseal.toml",
            format!(
                "[deploy]\nkind = \"wrapper\"\ncommand = [\"./wrapper\"]\ntimeout = \"30s\"\n\n\
                 [secret.DB_PASSWORD]\ngroup = \"data\"\n\
                 target = {{ postgres = {{ at = \"127.0.0.1:{database}\", {users}, admin-user = \"admin\", admin-password = \"ADMIN_PASSWORD\", database = \"postgres\", timeout = \"2s\" }} }}\n\
                 feeds = [{{ key = \"DATABASE_URL\", part = \"password\" }}]\n\n\
                 [secret.CACHE_PASSWORD]\ngroup = \"data\"\n\
                 target = {{ redis = {{ at = \"127.0.0.1:{cache}\", user = \"{cache_user}\", admin-user = \"default\", admin-password = \"ADMIN_PASSWORD\", timeout = \"2s\" }} }}\n\
                 feeds = [{{ key = \"CACHE_URL\", part = \"password\" }}]\n"
            ),
        );
        project.script(
            "wrapper",
            "#!/bin/sh\nif test -e before-up; then . ./before-up; fi\ntest ! -e broken || exit 1\n\
             \"$RESEAL\" exec -- sh -c 'printf \"%s %s\" \"$DATABASE_URL\" \"$CACHE_URL\" | sha256sum' >runs\n",
        );
        Case { project, role, cache_user, strategy }
    }

    /// The login of the database as the file has it.
    pub fn database(&self) -> (String, String) {
        let url = self.project.get("DATABASE_URL");
        let login = url.strip_prefix("postgres://").unwrap().split('@').next().unwrap();
        let (user, password) = login.split_once(':').unwrap();
        assert_eq!(password, self.project.get("DB_PASSWORD"), "the URL has another password");
        (user.to_owned(), password.to_owned())
    }

    pub fn cache(&self) -> String {
        let password = self.project.get("CACHE_PASSWORD");
        assert!(self.project.get("CACHE_URL").contains(&format!("{}:{password}@", self.cache_user)));
        password
    }

    /// What is in the file logs in (I1, I8), and the other is refused: nobody is locked out, and nobody left in. Answers
    /// whether the new world is in force.
    pub fn consistent(&self, servers: &Servers) -> bool {
        let (user, password) = self.database();
        let cache = self.cache();
        assert!(servers.database(&user, &password), "the file's login to the database is refused");
        assert!(servers.cache(&self.cache_user, &cache), "the file's login to redis is refused");
        let new = password != OLD;
        assert_eq!(new, cache != OLD_CACHE, "one of two secrets has changed");
        if new {
            assert!(!servers.database(&self.role, OLD), "the old password of the database is accepted");
            assert!(!servers.cache(&self.cache_user, OLD_CACHE), "the old password of redis is accepted");
            assert_eq!(user == self.role, self.strategy == Strategy::Single);
        } else {
            assert_eq!(user, self.role);
        }
        new
    }
}
