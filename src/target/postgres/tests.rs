//! Against real servers. One is shared by the checks of a test, since starting it takes most of the time.

use std::time::Duration;

use super::*;
use crate::config::{AdminConfig, Service};
use crate::process::Site;
use crate::target::conformance::{AWKWARD, Service as Known, conform, value};
use crate::target::programs::have;
use crate::target::servers::postgres::Postgres as Server;
use crate::target::{apply, open, revoke};

const PROGRAMS: [&str; 3] = ["initdb", "postgres", "psql"];
const ADMIN: &str = "admin-password-0";

/// Databases by which pg_hba.conf tells methods apart.
const RULES: [&str; 7] = [
    "host trusting all 127.0.0.1/32 trust",
    "host hashed all 127.0.0.1/32 md5",
    "host clear all 127.0.0.1/32 password",
    "host forbidden all 127.0.0.1/32 reject",
    "host all unlisted 127.0.0.1/32 reject",
    "host all all 127.0.0.1/32 scram-sha-256",
    "local all all scram-sha-256",
];

/// What a test says of its target.
#[derive(Clone)]
struct Wanted {
    at: Address,
    users: Vec<String>,
    admin: Option<(String, Vec<String>)>,
    database: Option<String>,
    exec: bool,
    timeout: u64,
}

fn wanted(server: &Server, users: &[&str]) -> Wanted {
    Wanted {
        at: Address::Tcp { host: "127.0.0.1".into(), port: server.port },
        users: users.iter().map(|&user| user.to_owned()).collect(),
        admin: Some(("boss".into(), vec![ADMIN.into()])),
        database: None,
        exec: false,
        timeout: 10,
    }
}

impl Wanted {
    fn alone(mut self) -> Self {
        self.admin = None;
        self
    }

    fn admin(mut self, user: &str, passwords: &[&str]) -> Self {
        self.admin = Some((user.into(), passwords.iter().map(|&p| p.to_owned()).collect()));
        self
    }

    fn database(mut self, name: &str) -> Self {
        self.database = Some(name.into());
        self
    }

    fn with<R>(&self, run: impl FnOnce(&dyn Target) -> R) -> R {
        self.at_site(&site(), run)
    }

    fn at_site<R>(&self, site: &Site, run: impl FnOnce(&dyn Target) -> R) -> R {
        let users = match self.users.as_slice() {
            [one] => Users::Single(one.clone()),
            [one, two] => Users::Alternating { users: [one.clone(), two.clone()], key: None },
            other => panic!("{} users", other.len()),
        };
        let config = TargetConfig {
            service: Service::Postgres(Database {
                at: self.at.clone(),
                database: self.database.clone(),
                exec: self.exec,
            }),
            users,
            admin: self.admin.as_ref().map(|(user, _)| AdminConfig { user: user.clone(), password: None }),
            keep_for: Duration::ZERO,
            timeout: Duration::from_secs(self.timeout),
        };
        let admin = self.admin.as_ref().map(|(user, passwords)| crate::target::Admin {
            user: user.clone(),
            passwords: passwords.iter().map(|p| value(p)).collect(),
        });
        let target = open(&config, Reach { site, project: None, admin }).unwrap();
        run(target.as_ref())
    }

    /// The error of looking.
    fn trouble(&self, user: &str, old: &str) -> Error {
        let old = value(old);
        self.with(|target| target.examine(&Credential { user, value: &old })).unwrap_err()
    }

    /// What looking says.
    fn lines(&self, user: &str, old: &str) -> Vec<String> {
        let old = value(old);
        self.with(|target| target.examine(&Credential { user, value: &old })).unwrap()
    }

    fn set(&self, user: &str, new: &str, known: &[&str]) -> Result<()> {
        let (new, known): (_, Vec<_>) = (value(new), known.iter().map(|&k| value(k)).collect());
        let known: Vec<_> = known.iter().map(|value| Credential { user, value }).collect();
        self.with(|target| target.set(&Credential { user, value: &new }, &known))
    }

    fn test(&self, user: &str, text: &str) -> Result<bool> {
        let text = value(text);
        self.with(|target| target.test(&Credential { user, value: &text }))
    }

    fn proof(&self, user: &str) -> Result<Proof> {
        self.with(|target| target.proof(user, &value("nobody-has-this-value-0")))
    }
}

fn site() -> Site {
    let path = std::env::var_os("PATH").unwrap();
    Site { root: std::env::temp_dir(), env: vec![("PATH".into(), path)], quiet: true }
}

/// A server with the rules above, the admin `boss`, and the databases.
fn server(settings: &[&str]) -> Server {
    let server = Server::start(&RULES, settings);
    for database in ["trusting", "hashed", "clear", "forbidden"] {
        server.sql(&format!("CREATE DATABASE {database}"));
    }
    server.sql(&format!("CREATE ROLE boss SUPERUSER LOGIN PASSWORD '{ADMIN}'"));
    server
}

fn role(server: &Server, name: &str, password: &str, more: &str) {
    server.sql(&format!("CREATE ROLE {} LOGIN PASSWORD {} {more}", ident(name), literal(password)));
}

fn says(error: &Error, wants: &str) {
    let all = format!("{error} | {:?} | {:?}", error.notes(), error.advice());
    assert!(all.contains(wants), "{all}");
}

#[test]
fn it_conforms_whatever_the_method_the_way_and_the_teller() {
    if !have("it_conforms_whatever_the_method_the_way_and_the_teller", &PROGRAMS) {
        return;
    }
    let server = server(&[]);
    let socket = Address::Socket(server.socket());
    let mut count = 0;
    for (i, new) in AWKWARD.into_iter().enumerate() {
        // all ways with one value, all values in two ways
        let ways = if i == 0 { (0..12).collect() } else { vec![0, i + 3] };
        for way in ways {
            count += 1;
            let (one, two) = (format!("a\"; DROP ROLE boss; -- {count}"), format!("b' \\ $$ {count}"));
            role(&server, &one, "old-value", "");
            let database = ["postgres", "hashed", "trusting", "postgres"][way / 3];
            let mut wanted = match way % 3 {
                0 => wanted(&server, &[&one]),
                1 => wanted(&server, &[&one]).alone(),
                _ => wanted(&server, &[&one, &two]),
            }
            .database(database);
            if way / 3 == 3 {
                wanted.at = socket.clone();
            }
            let next = wanted.users.last().unwrap().clone();
            let known = Known {
                user: &one,
                value: "old-value",
                next_user: &next,
                provable: database != "trusting",
                overlap: wanted.users.len() == 2,
            };
            wanted.with(|target| conform(target, &known, new));
            // and the most used client of all is let in with it
            server.psql(&next, Some(new), "SELECT 1").unwrap_or_else(|e| panic!("{new}: {e}"));
        }
    }
    assert_eq!(server.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'boss'"), "1");
}

#[test]
fn what_stands_in_the_way_is_said_before_anything_is_done() {
    if !have("what_stands_in_the_way_is_said_before_anything_is_done", &PROGRAMS) {
        return;
    }
    let mut server = server(&[]);
    let (old, new) = ("old-value", "new-value");
    for (name, more) in [
        ("app", ""),
        ("unlisted", ""),
        ("locked", "NOLOGIN"),
        ("late", "VALID UNTIL '2001-01-01'"),
        ("crowded", "CONNECTION LIMIT 0"),
        ("root", "SUPERUSER"),
        ("repl", "REPLICATION"),
        ("clerk", "CREATEROLE"),
        ("nobody", ""),
    ] {
        role(&server, name, old, more);
    }
    let app = wanted(&server, &["app"]);

    // who tells it
    let trouble = |wanted: &Wanted, text: &str| {
        says(&wanted.trouble("app", old), text);
        says(&wanted.set("app", new, &[old]).unwrap_err(), text);
        assert!(app.test("app", old).unwrap() && !app.test("app", new).unwrap(), "{text}");
    };
    trouble(
        &app.clone().admin("boss", &["wrong", "wrong too"]),
        "\"boss\" is refused with every known password",
    );
    trouble(&app.clone().admin("boss", &[]), "\"boss\" is asked for a password");
    trouble(&app.clone().admin("locked", &[old]), "\"locked\" may not log in (NOLOGIN)");
    trouble(&app.clone().admin("unlisted", &[old]), "pg_hba.conf lets role \"unlisted\" not in");
    trouble(&app.clone().admin("nobody", &[old]), "may not change role \"app\"");
    trouble(&app.clone().admin("crowded", &[old]), "\"crowded\" gets no session (SQLSTATE 53300)");
    trouble(&app.clone().database("clear"), "asks for the password in clear");
    let unknown = app.clone().alone().set("app", new, &["wrong", "wrong too"]).unwrap_err();
    says(&unknown, "\"app\" is refused with every known value");
    says(&app.clone().alone().trouble("app", "wrong"), "refused with the present value");
    // any of those that may be in force will do, and an admin needs none
    app.clone().admin("boss", &["wrong", ADMIN]).set("app", new, &[]).unwrap();
    app.clone().alone().set("app", old, &["wrong", new]).unwrap();
    app.clone().admin("clerk", &[old]).set("app", new, &[]).unwrap();
    app.clone().alone().set("app", old, &["wrong", old, new]).unwrap();
    assert_eq!(app.lines("app", "wrong"), ["role \"app\" is refused with the present value"]);
    assert_eq!(app.lines("app", old), Vec::<String>::new());

    // whose it is
    for (name, text) in [
        ("unlisted", "pg_hba.conf lets role \"unlisted\" not in"),
        ("locked", "ALTER ROLE \"locked\" LOGIN"),
        ("late", "has expired (VALID UNTIL)"),
        ("missing", "there is no role \"missing\""),
    ] {
        says(&wanted(&server, &[name]).trouble(name, old), text);
        assert!(wanted(&server, &[name]).set(name, new, &[old]).is_err() || name == "unlisted");
        assert!(!wanted(&server, &[name]).test(name, old).unwrap(), "{name}");
    }
    says(
        &wanted(&server, &["root"]).admin("clerk", &[old]).trouble("root", old),
        "only a superuser may change",
    );
    says(&wanted(&server, &["repl"]).admin("clerk", &[old]).trouble("repl", old), "has REPLICATION");
    let repl = wanted(&server, &["repl"]).alone();
    says(&repl.trouble("repl", old), "has REPLICATION");
    // as the server itself says
    let told = server.psql("repl", Some(old), "ALTER ROLE repl PASSWORD 'x'").unwrap_err();
    assert!(told.contains("must be superuser"), "{told}");

    // what is wrong with the database says nothing against the value
    for (wanted, user) in
        [(app.clone().database("no-such-database"), "app"), (wanted(&server, &["crowded"]), "crowded")]
    {
        assert!(wanted.test(user, old).unwrap() && !wanted.test(user, "wrong").unwrap(), "{user}");
        assert_eq!(wanted.proof(user).unwrap(), Proof::Proven);
        assert!(wanted.lines(user, old)[0].contains("logs in, but gets no session"));
    }
    server.sql("REVOKE CONNECT ON DATABASE hashed FROM PUBLIC");
    assert!(app.clone().database("hashed").test("app", old).unwrap());
    assert!(!app.clone().database("hashed").test("app", "wrong").unwrap());
    says(&app.clone().database("forbidden").trouble("app", old), "SQLSTATE 28000");

    // where everybody is let in
    let proof = app.clone().database("trusting").proof("app").unwrap();
    assert_eq!(proof, Proof::Unprovable("pg_hba.conf trusts connections from here".into()));

    // a verifier of the old kind is replaced, where the server makes new ones
    server.sql("SET password_encryption = 'md5'; ALTER ROLE app PASSWORD 'old-value'");
    let hashed = app.clone().database("hashed");
    server.sql("GRANT CONNECT ON DATABASE hashed TO PUBLIC");
    assert!(hashed.test("app", old).unwrap() && !hashed.test("app", "wrong").unwrap());
    hashed.clone().alone().set("app", new, &[old]).unwrap();
    assert!(app.test("app", new).unwrap());

    server.sql("ALTER SYSTEM SET password_encryption = 'md5'");
    server.sql("SELECT pg_reload_conf()");
    says(&app.set("app", old, &[new]).unwrap_err(), "password_encryption is md5");
    says(&app.trouble("app", new), "ALTER SYSTEM SET password_encryption = 'scram-sha-256'");
    server.sql("ALTER SYSTEM RESET password_encryption");

    // settings of the database and the role are not in the way
    server.sql("ALTER SYSTEM SET synchronous_commit = off");
    for setting in [
        "default_transaction_read_only = on",
        "search_path = nowhere",
        "role = nobody",
        "statement_timeout = 1",
    ] {
        server.sql(&format!("ALTER ROLE app SET {setting}"));
    }
    server.sql("GRANT nobody TO app");
    app.clone().alone().set("app", old, &[new]).unwrap();
    assert!(app.test("app", old).unwrap());

    server.demote();
    let app = wanted(&server, &["app"]);
    says(&app.trouble("app", old), "read-only replica");
    says(&app.set("app", new, &[old]).unwrap_err(), "read-only replica");
    assert!(app.test("app", old).unwrap());
}

#[test]
fn a_server_that_does_not_answer_is_no_refusal() {
    if !have("a_server_that_does_not_answer_is_no_refusal", &PROGRAMS) {
        return;
    }
    let mut server = Server::start(
        &RULES,
        &["max_connections = 5", "superuser_reserved_connections = 0", "max_wal_senders = 0", "fsync = on"],
    );
    server.sql(&format!("CREATE ROLE boss SUPERUSER LOGIN PASSWORD '{ADMIN}'"));
    role(&server, "app", "old-value", "");
    let mut app = wanted(&server, &["app"]);
    let mut socket = app.clone();
    socket.at = Address::Socket(server.socket());
    assert!(socket.test("app", "old-value").unwrap());

    // before the value is looked at, nothing is known of it
    let crowd: Vec<_> = (0..5)
        .map(|_| {
            let mut sleeper = server.client(crate::target::servers::postgres::OWNER, None, "postgres");
            crate::target::servers::Running(sleeper.args(["-c", "SELECT pg_sleep(60)"]).spawn().unwrap())
        })
        .collect();
    crate::target::servers::wait_until("the crowd", || app.test("app", "old-value").is_err());
    says(&app.test("app", "old-value").unwrap_err(), "no connection to spare (SQLSTATE 53300)");
    drop(crowd);
    crate::target::servers::wait_until("room", || app.test("app", "old-value").is_ok());

    app.timeout = 1;
    server.signal("STOP");
    says(&app.test("app", "old-value").unwrap_err(), "did not answer within 1s");
    says(&app.set("app", "new-value", &["old-value"]).unwrap_err(), "did not answer within 1s");
    server.signal("CONT");
    assert!(app.test("app", "old-value").unwrap());

    server.crash();
    let port = server.port;
    says(&app.test("app", "old-value").unwrap_err(), &format!("nobody answers at 127.0.0.1:{port}"));
    says(&socket.test("app", "old-value").unwrap_err(), "nobody answers at /");
    says(&app.trouble("app", "old-value"), "nobody answers");
    says(&app.set("app", "new-value", &["old-value"]).unwrap_err(), "nobody answers");
    assert!(app.proof("app").is_err());
    server.up();
    app.at = Address::Tcp { host: "127.0.0.1".into(), port: server.port };
    assert!(app.test("app", "old-value").unwrap());
}

#[test]
fn a_stranger_at_the_port_learns_nothing() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // asks for the password in clear; lets in without showing what it knows; speaks otherwise
    let sasl: &[u8] = b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0R\0\0\0\x08\0\0\0\0";
    let answers = [&b"R\0\0\0\x08\0\0\0\x03"[..], sasl, b"HTTP/1.1 400 Bad Request\r\n\r\n", b""];
    let heard = std::thread::spawn(move || {
        answers.map(|answer| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut first = [0; 8];
            stream.read_exact(&mut first).unwrap();
            stream.write_all(answer).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut heard = Vec::new();
            let _ = stream.read_to_end(&mut heard);
            heard
        })
    });
    let stranger = Wanted {
        at: Address::Tcp { host: "127.0.0.1".into(), port },
        users: vec!["app".into()],
        admin: None,
        database: Some("app".into()),
        exec: false,
        timeout: 5,
    };
    for wants in [
        "asks for the password in clear",
        "does not show that it knows",
        "does not speak as postgres",
        "ended the conversation",
    ] {
        says(&stranger.test("app", "the-very-value").unwrap_err(), wants);
    }
    for heard in heard.join().unwrap() {
        assert!(!String::from_utf8_lossy(&heard).contains("the-very-value"));
    }
}

#[test]
fn the_servers_log_of_everything_holds_no_value() {
    if !have("the_servers_log_of_everything_holds_no_value", &PROGRAMS) {
        return;
    }
    use base64::Engine;
    let server = server(&[
        "log_statement = 'all'",
        "log_min_messages = debug1",
        "log_connections = on",
        "log_min_error_statement = debug5",
    ]);
    role(&server, "app", "first-value-0", "");
    let values = ["old-value-4711-aa", "new-value-0815-bb", "lost-value-1234-c"];
    let app = wanted(&server, &["app", "app_b"]);
    app.set("app", values[0], &[]).unwrap();
    let [old, new, lost] = values.map(value);
    let nobodys = value("nobodys-value-9999");
    let (old, new) = (Credential { user: "app", value: &old }, Credential { user: "app_b", value: &new });
    app.with(|target| {
        target.examine(&old).unwrap();
        apply(target, &new, &[old, new], &nobodys).unwrap();
        revoke(target, &old, &new, &nobodys).unwrap();
        target.sessions(&old, &new).unwrap();
    });
    wanted(&server, &["app_b"]).alone().set("app_b", values[2], &[values[1]]).unwrap();
    // and where it fails
    wanted(&server, &["boss"]).admin("app_b", &[values[2]]).set("boss", values[2], &[]).unwrap_err();
    assert!(wanted(&server, &["app_b"]).test("app_b", lost.expose_str().unwrap()).unwrap());

    let log = server.log();
    assert!(log.contains("ALTER ROLE \"app_b\" PASSWORD 'SCRAM-SHA-256$4096:"), "{log}");
    for text in values.into_iter().chain(["nobodys-value-9999", ADMIN]) {
        // the harness made this one in clear
        if text != ADMIN {
            assert!(!log.contains(text));
        }
        let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
        let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(text);
        assert!(!log.to_lowercase().contains(&hex) && !log.contains(&encoded[..encoded.len() - 2]), "{text}");
    }
}

#[test]
fn two_who_take_turns_own_everything_together() {
    if !have("two_who_take_turns_own_everything_together", &PROGRAMS) {
        return;
    }
    let server = server(&[]);
    let (a, b) = ("app", "app_b");
    role(
        &server,
        a,
        "old-value",
        "NOINHERIT CONNECTION LIMIT 7 VALID UNTIL '2999-01-01' CREATEDB BYPASSRLS REPLICATION",
    );
    server.sql("CREATE ROLE readers; GRANT readers TO app; CREATE DATABASE \"Shop's\"; CREATE SCHEMA app AUTHORIZATION app");
    server.sql("ALTER ROLE app SET search_path = \"$user\", public, \"odd, name\"; ALTER ROLE app SET work_mem = '5MB'");
    server.sql("ALTER ROLE app IN DATABASE \"Shop's\" SET application_name = 'it''s \\ odd = \u{1f}'");
    server.sql("ALTER ROLE app SET log_min_duration_statement = 5000; ALTER ROLE app SET custom.thing = 'x'");
    let two = wanted(&server, &[a, b]);
    assert_eq!(two.lines(a, "old-value"), ["role \"app_b\" will be made, like \"app\""]);
    two.set(b, "new-value", &[]).unwrap();
    let roles = |what: &str| {
        server.sql(&format!("SELECT DISTINCT {what} FROM pg_roles WHERE rolname IN ('app', 'app_b')"))
    };
    let alike = "rolinherit, rolconnlimit, rolvaliduntil, rolcreatedb, rolbypassrls, rolreplication, rolsuper, rolcanlogin";
    assert_eq!(roles(alike).lines().count(), 1, "{}", roles(alike));
    let settings = |user: &str| {
        server.sql(&format!(
            "SELECT coalesce(datname, ''), c FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase, \
             unnest(setconfig) c WHERE setrole = '{user}'::regrole AND c <> 'role=app' ORDER BY 1, 2"
        ))
    };
    assert_eq!(settings(b), settings(a));
    assert!(settings(a).contains("odd = \u{1f}") && settings(a).contains("\"$user\", public, \"odd, name\""));

    let as_a = |sql: &str| server.psql(a, Some("old-value"), sql);
    let as_b = |sql: &str| server.psql(b, Some("new-value"), sql);
    assert_eq!(as_b("SELECT session_user, current_user, current_schema").unwrap(), "app_b|app|app");
    as_a("CREATE TABLE of_a (x int)").unwrap();
    as_b("CREATE TABLE of_b (x int)").unwrap();
    as_b("ALTER TABLE of_a ADD y int; INSERT INTO of_a VALUES (1, 2)").unwrap();
    as_a("ALTER TABLE of_b ADD y int; DROP TABLE of_b").unwrap();
    assert_eq!(server.sql("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'app'"), "app");

    // again, and changed by the first in the meantime
    server.sql(
        "ALTER ROLE app CONNECTION LIMIT -1 VALID UNTIL 'infinity'; ALTER ROLE app SET work_mem = '6MB'",
    );
    two.set(b, "new-value", &[]).unwrap();
    assert_eq!(roles(alike).lines().count(), 1, "{}", roles(alike));
    assert_eq!(settings(b), settings(a));
    assert!(two.lines(b, "new-value").is_empty());

    // the other way round, and the role stays when its password goes
    let (old, new, nobodys) = (value("new-value"), value("third-value"), value("nobodys"));
    let (old, new) = (Credential { user: b, value: &old }, Credential { user: a, value: &new });
    two.with(|target| {
        apply(target, &new, &[old, new], &nobodys).unwrap();
        revoke(target, &old, &new, &nobodys).unwrap();
    });
    assert_eq!(
        server.sql("SELECT count(*) FROM pg_authid WHERE rolname = 'app_b' AND rolpassword IS NULL"),
        "1"
    );

    // a role that is nobody's second
    role(&server, "mighty", "x", "SUPERUSER");
    says(&wanted(&server, &[a, "mighty"]).trouble(a, "third-value"), "has SUPERUSER, which \"app\" has not");
    wanted(&server, &[a, "mighty"]).set("mighty", "y", &[]).unwrap_err();
    wanted(&server, &["mighty", "mighty_b"]).set("mighty_b", "y", &[]).unwrap();
    assert_eq!(server.psql("mighty_b", Some("y"), "SHOW is_superuser").unwrap(), "on");
    // who may make roles, but not such
    role(&server, "clerk", "clerk", "CREATEROLE");
    role(&server, "plain", "x", "");
    let clerk = |users: &[&str]| wanted(&server, users).admin("clerk", &["clerk"]);
    says(&clerk(&["mighty", "c"]).trouble("mighty", "x"), "may not make a second role like \"mighty\"");
    assert!(clerk(&["plain", "plain_b"]).set("plain_b", "y", &[]).is_ok());
    assert!(clerk(&["plain", "plain_b"]).test("plain_b", "y").unwrap());
    // a rule that names the first only
    says(&wanted(&server, &["plain", "unlisted"]).trouble("plain", "x"), "lets role \"unlisted\" not in");

    let two = wanted(&server, &[a, b]).alone();
    let result = std::panic::catch_unwind(|| two.lines(a, "third-value"));
    assert!(result.is_err(), "two need an admin");
}

#[test]
fn old_sessions_end_and_no_others() {
    if !have("old_sessions_end_and_no_others", &PROGRAMS) {
        return;
    }
    let server = server(&[]);
    for name in ["app", "other", "clerk"] {
        role(&server, name, "old-value", if name == "clerk" { "CREATEROLE" } else { "" });
    }
    let sleep = |user: &str, password: &str| {
        let mut client = server.client(user, Some(password), "postgres");
        let client = client.args(["-c", "SELECT pg_sleep(60)"]).stderr(std::process::Stdio::null());
        crate::target::servers::Running(client.spawn().unwrap())
    };
    let open_of =
        |user: &str| server.sql(&format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{user}'"));
    let wait = |user: &str, count: &str| {
        crate::target::servers::wait_until(user, || open_of(user) == count);
    };
    let (text, new) = (value("old-value"), value("new-value"));
    let old = Credential { user: "app", value: &text };
    let _other = sleep("other", "old-value");
    wait("other", "1");
    // by a superuser, by the role itself, and by an admin who may not, with the role's help
    for wanted in [
        wanted(&server, &["app"]),
        wanted(&server, &["app"]).alone(),
        wanted(&server, &["app"]).admin("clerk", &["old-value"]),
    ] {
        let _sleepers = [sleep("app", "old-value"), sleep("app", "old-value")];
        wait("app", "2");
        wanted.with(|target| assert_eq!(target.sessions(&old, &old).unwrap(), Some(2)));
        assert_eq!((open_of("app").as_str(), open_of("other").as_str()), ("0", "1"));
        wanted.with(|target| assert_eq!(target.sessions(&old, &old).unwrap(), Some(0)));
    }
    let two = wanted(&server, &["app", "app_b"]);
    two.set("app_b", "new-value", &[]).unwrap();
    let (_one, _two) = (sleep("app", "old-value"), sleep("app_b", "new-value"));
    wait("app", "1");
    wait("app_b", "1");
    let new = Credential { user: "app_b", value: &new };
    two.with(|target| assert_eq!(target.sessions(&old, &new).unwrap(), Some(1)));
    assert_eq!((open_of("app").as_str(), open_of("app_b").as_str()), ("0", "1"));
    // nobody may
    let clerk = wanted(&server, &["other"]).admin("clerk", &["old-value"]);
    let (other, wrong) = (Credential { user: "other", value: &text }, value("wrong"));
    let error = clerk
        .with(|target| target.sessions(&other, &Credential { user: "other", value: &wrong }))
        .unwrap_err();
    says(&error, "GRANT pg_signal_backend TO \"clerk\"");
}
