//! One user of MariaDB, whose password changes.

use super::super::super::conformance::AWKWARD;
use super::*;

fn reset(server: &Server) {
    server.sql("ALTER USER app@'%' IDENTIFIED BY 'old-value', app@localhost IDENTIFIED BY 'old-value'");
}

#[test]
fn it_conforms_by_tcp_and_socket_by_an_admin_and_by_the_user() {
    if !have("it_conforms_by_tcp_and_socket_by_an_admin_and_by_the_user", &["mariadbd"]) {
        return;
    }
    let server = Server::mariadb(&[]);
    server.sql(SET_UP);
    let service =
        Service { user: "app", value: "old-value", next_user: "app", provable: true, overlap: false };
    let (tcp, socket) = (Case::tcp(&server).admin(), Case::socket(&server).admin());
    for (case, other) in [(&tcp, Some(&socket)), (&socket, Some(&tcp)), (&Case::tcp(&server), None)] {
        for new in AWKWARD {
            reset(&server);
            case.with(|target| conform(target, &service, new));
            // the account for the other way in has it too, if there was an admin
            if let Some(other) = other {
                assert!(other.test("app", new).unwrap() && !other.test("app", "old-value").unwrap());
            }
        }
    }
    // and a login that opens a database
    reset(&server);
    let case = Case::tcp(&server).admin().service(|db| db.database = Some("shop".into()));
    case.with(|target| conform(target, &service, "new"));
}

#[test]
fn the_user_alone_changes_the_account_they_are_in() {
    if !have("the_user_alone_changes_the_account_they_are_in", &["mariadbd"]) {
        return;
    }
    let server = Server::mariadb(&[]);
    server.sql(SET_UP);
    let case = Case::tcp(&server);
    let lines = case.examine("app", "old-value").unwrap();
    assert_eq!(lines, ["only account 'app'@'%' changes: its user sees no other"]);
    case.apply("app", "new", ("app", "old-value")).unwrap();
    assert!(case.test("app", "new").unwrap() && Case::socket(&server).test("app", "old-value").unwrap());
    // somebody who only sees more is not taken for somebody who may do more
    server.sql("GRANT SELECT ON mysql.* TO app@'%'");
    case.apply("app", "new", ("app", "new")).unwrap();
    assert!(Case::socket(&server).test("app", "old-value").unwrap());
    server.sql("GRANT CREATE USER ON *.* TO app@'%'");
    let lines = case.examine("app", "new").unwrap();
    assert_eq!(lines, ["\"app\" has accounts for %, localhost; all get the value"]);
    case.apply("app", "newer", ("app", "new")).unwrap();
    assert!(case.test("app", "newer").unwrap() && Case::socket(&server).test("app", "newer").unwrap());
}

#[test]
fn no_file_of_the_server_gets_the_value() {
    if !have("no_file_of_the_server_gets_the_value", &["mariadbd"]) {
        return;
    }
    let server = Server::mariadb(&[
        "--general-log=ON",
        "--general-log-file=general",
        "--log-bin=binlog",
        "--slow-query-log=ON",
        "--long-query-time=0",
        "--performance-schema=ON",
        "--performance-schema-consumer-events-statements-current=ON",
        "--performance-schema-consumer-events-statements-history-long=ON",
    ]);
    server.sql(SET_UP);
    let awkward = "swept-0123456789'\\\"abcdef";
    for case in [Case::tcp(&server).admin(), Case::tcp(&server)] {
        case.apply("app", awkward, ("app", "old-value")).unwrap();
        case.revoke(("app", "old-value"), ("app", awkward)).unwrap();
        case.sessions("app", ("app", awkward));
        server.sql("ALTER USER app@'%' IDENTIFIED BY 'old-value', app@localhost IDENTIFIED BY 'old-value'");
    }
    let case = Case::tcp(&server).admin().users("app", "app_b");
    case.apply("app_b", awkward, ("app", "old-value")).unwrap();
    case.revoke(("app", "old-value"), ("app_b", awkward)).unwrap();
    let texts = server.sql("SELECT SQL_TEXT FROM performance_schema.events_statements_history_long");
    assert!(texts.contains("ALTER USER 'app_b'@'%'") && !texts.contains("swept-0123"), "{texts}");
    nowhere(&server, &[awkward]);
    // what the sweep would have found
    let logged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| nowhere(&server, &["old-value"])));
    assert!(logged.is_err());
}

#[test]
fn sessions_are_ended() {
    if !have("sessions_are_ended", &["mariadbd"]) {
        return;
    }
    use ::mysql::prelude::Queryable as _;
    let server = Server::mariadb(&[]);
    server.sql(SET_UP);
    server.sql("CREATE USER App@'%' IDENTIFIED BY 'other'");
    let mut other_case = session(&server, "App", "other");
    for case in [Case::tcp(&server).admin(), Case::tcp(&server)] {
        let mut open = [session(&server, "app", "old-value"), session(&server, "app", "old-value")];
        let mut other = session(&server, "adm", "admin-value");
        assert_eq!(case.sessions("app", ("app", "old-value")), 2);
        for conn in &mut open {
            assert!(conn.query_drop("SELECT 1").is_err());
        }
        other.query_drop("SELECT 1").unwrap();
        // one that was ended stands in the list until its thread is gone
        let gone = (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            case.sessions("app", ("app", "old-value")) == 0
        });
        assert!(gone);
        other_case.query_drop("SELECT 1").unwrap();
    }
}

#[test]
fn names_cannot_break_out() {
    if !have("names_cannot_break_out", &["mariadbd"]) {
        return;
    }
    // and the server's own mode does not change how they are read
    let server = Server::mariadb(&["--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES"]);
    server.sql(
        "CREATE USER adm@'%' IDENTIFIED BY 'admin-value'; GRANT ALL ON *.* TO adm@'%' WITH GRANT OPTION",
    );
    for name in ["a'b", "a\\", "a`b\"c", "a'@'%' IDENTIFIED BY 'x'; -- ", "o\u{f6}@home", "%", "_"] {
        let quoted = name.replace('\'', "''");
        server.sql(&format!(
            "CREATE USER '{quoted}'@'%' IDENTIFIED BY 'old-value'; CREATE DATABASE IF NOT EXISTS shop;
            GRANT SELECT ON shop.* TO '{quoted}'@'%'"
        ));
        let service = |next| Service {
            user: name,
            value: "old-value",
            next_user: next,
            provable: true,
            overlap: next != name,
        };
        Case::tcp(&server).admin().user(name).with(|target| conform(target, &service(name), "new"));
        server.sql(&format!("ALTER USER '{quoted}'@'%' IDENTIFIED BY 'old-value'"));
        Case::tcp(&server).user(name).with(|target| conform(target, &service(name), "new"));
        server.sql(&format!("ALTER USER '{quoted}'@'%' IDENTIFIED BY 'old-value'"));
        let second = format!("{name}2");
        let both = Case::tcp(&server).admin().users(name, &second);
        both.with(|target| conform(target, &service(&second), "new"));
    }
    assert_eq!(server.sql("SELECT COUNT(*) FROM mysql.user WHERE User = 'app' OR User = ''"), "0\n");
}

#[test]
fn a_server_that_lets_everybody_in_proves_nothing() {
    if !have("a_server_that_lets_everybody_in_proves_nothing", &["mariadbd"]) {
        return;
    }
    let mut server = Server::mariadb(&[]);
    server.sql(SET_UP);
    server.stop();
    server.start(&["--skip-grant-tables"]);
    let case = Case::tcp(&server).admin();
    let nobodys = value("nobodys");
    assert!(matches!(case.with(|target| target.proof("app", &nobodys)).unwrap(), Proof::Unprovable(_)));
    let error = case.examine("app", "old-value").unwrap_err();
    assert!(error.to_string().contains("without its grant tables"), "{error}");
    let error = case.apply("app", "new", ("app", "old-value")).unwrap_err();
    assert!(error.to_string().contains("(error 1290)"), "{error}");
}

#[test]
fn a_lock_is_not_waited_for_and_the_statement_does_not_go_through_later() {
    if !have("a_lock_is_not_waited_for_and_the_statement_does_not_go_through_later", &["mariadbd"]) {
        return;
    }
    use ::mysql::prelude::Queryable as _;
    let server = Server::mariadb(&[]);
    server.sql(SET_UP);
    let mut case = Case::tcp(&server).admin();
    case.config.timeout = Duration::from_secs(3);
    let mut backup = session(&server, "adm", "admin-value");
    backup.query_drop("FLUSH TABLES WITH READ LOCK").unwrap();
    let error = case.apply("app", "new", ("app", "old-value")).unwrap_err();
    assert!(error.to_string().contains("(error 1969)"), "{error}");
    backup.query_drop("UNLOCK TABLES").unwrap();
    std::thread::sleep(Duration::from_secs(1));
    assert!(case.test("app", "old-value").unwrap() && !case.test("app", "new").unwrap());
}
