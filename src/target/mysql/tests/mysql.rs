//! MySQL: two passwords for one user, and hashes with a salt.

use super::super::super::conformance::AWKWARD;
use super::*;

fn server(test: &str, options: &[&str]) -> Option<Server> {
    have(test, &[MYSQLD, "mariadb"]).then(|| {
        let server = Server::mysql(options);
        server.sql(SET_UP);
        server
    })
}

fn reset(server: &Server) {
    server.sql("ALTER USER app@'%' IDENTIFIED BY 'old-value', app@localhost IDENTIFIED BY 'old-value' ACCOUNT UNLOCK");
    server.sql("ALTER USER app@'%' DISCARD OLD PASSWORD, app@localhost DISCARD OLD PASSWORD");
}

#[test]
fn it_conforms_and_leaves_nothing_behind() {
    let logs =
        ["--general-log=ON", "--general-log-file=general", "--slow-query-log=ON", "--long-query-time=0"];
    let Some(server) = server("MySQL conforms", &logs) else { return };
    // by the admin, with an overlap
    for case in [Case::tcp(&server).admin().keep_for(), Case::socket(&server).admin()] {
        for new in AWKWARD {
            reset(&server);
            let service =
                Service { user: "app", value: "old-value", next_user: "app", provable: true, overlap: true };
            case.with(|target| conform(target, &service, new));
        }
    }
    assert!(Case::tcp(&server).test("app", AWKWARD[7]).unwrap());
    // two users
    for new in AWKWARD {
        reset(&server);
        server.sql("DROP USER IF EXISTS bee@'%', bee@localhost");
        let service =
            Service { user: "app", value: "old-value", next_user: "bee", provable: true, overlap: true };
        Case::tcp(&server).admin().users("app", "bee").with(|target| conform(target, &service, new));
    }
    // somebody without rights would have to send the value in clear
    reset(&server);
    let error = Case::tcp(&server).examine("app", "old-value").unwrap_err();
    assert!(all(&error).contains("would travel in clear"), "{}", all(&error));
    assert!(Case::tcp(&server).apply("app", "new", ("app", "old-value")).is_err());
    assert!(Case::tcp(&server).test("app", "old-value").unwrap());
    // and somebody with them does not
    server.sql("GRANT CREATE USER ON *.* TO app@'%'; GRANT SELECT ON mysql.* TO app@'%'");
    let service =
        Service { user: "app", value: "old-value", next_user: "app", provable: true, overlap: true };
    Case::tcp(&server).with(|target| conform(target, &service, "swept-0123456789'\\\"abcdef"));
    nowhere(&server, &["swept-0123456789'\\\"abcdef", AWKWARD[0], AWKWARD[7]]);
}

#[test]
fn it_is_known_for_what_it_is() {
    let Some(server) = server("MySQL is known", &[]) else { return };
    use ::mysql::prelude::Queryable as _;
    let admin = || Case::tcp(&server).admin();
    for (set_up, user, wants) in [
        (
            "CREATE USER sha@'%' IDENTIFIED WITH sha256_password BY 'old-value'",
            "sha",
            "logs in by sha256_password",
        ),
        ("CREATE USER tls@'%' IDENTIFIED BY 'old-value' REQUIRE SSL", "tls", "requires TLS"),
        ("CREATE USER locked@'%' IDENTIFIED BY 'old-value' ACCOUNT LOCK", "locked", "is locked"),
        (
            "CREATE USER few@'%' IDENTIFIED BY 'old-value' FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME 1",
            "few",
            "after one or two failed",
        ),
        ("CREATE USER exp@'%' IDENTIFIED BY 'old-value' PASSWORD EXPIRE", "exp", "has expired"),
        ("SET GLOBAL super_read_only = ON", "app", "the server is read-only"),
    ] {
        server.sql(set_up);
        let error = admin().user(user).examine(user, "old-value").unwrap_err();
        assert!(all(&error).contains(wants), "{wants}: {}", all(&error));
    }
    server.sql("SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF");
    assert!(!admin().test("locked", "old-value").unwrap() && !admin().test("exp", "wrong").unwrap());
    for n in 0..8 {
        assert!(!admin().test(&format!("nobody{n}"), "old-value").unwrap());
    }
    let mut open = session(&server, "app", "old-value");
    assert_eq!(admin().sessions("app", ("app", "old-value")), 1);
    assert!(open.query_drop("SELECT 1").is_err());

    // rights, roles and limits of the first
    server.sql(
        "CREATE ROLE reader; GRANT reader TO adm@'%' WITH ADMIN OPTION; GRANT reader TO app@'%'; SET DEFAULT ROLE reader TO app@'%';
        GRANT ROLE_ADMIN, PROCESS ON *.* TO app@'%'; GRANT SELECT (a, `b, on`) ON shop.t TO app@'%' WITH GRANT OPTION;
        ALTER USER app@'%' WITH MAX_QUERIES_PER_HOUR 5000",
    );
    let both = admin().users("app", "bee");
    let same = || {
        for what in ["SHOW GRANTS FOR", "SHOW CREATE USER"] {
            let said = |user: &str| {
                let text = server.sql(&format!("SET print_identified_with_as_hex = ON; {what} {user}@'%'"));
                let words: Vec<String> = text.replace(user, "USER").split(' ').map(str::to_owned).collect();
                words
                    .into_iter()
                    .filter(|word| !word.starts_with("0x") && !word.starts_with("'$A$"))
                    .collect::<Vec<_>>()
            };
            assert_eq!(said("app"), said("bee"));
        }
    };
    both.apply("bee", "v1", ("app", "old-value")).unwrap();
    same();
    server.sql(
        "REVOKE reader FROM app@'%'; REVOKE ROLE_ADMIN ON *.* FROM app@'%'; REVOKE SELECT (a) ON shop.t FROM app@'%';
        ALTER USER app@'%' WITH MAX_QUERIES_PER_HOUR 0",
    );
    both.apply("bee", "v2", ("app", "old-value")).unwrap();
    same();
}

#[test]
fn a_second_password_is_not_lost_by_a_crash() {
    let Some(server) = server("MySQL keeps two passwords", &[]) else { return };
    let case = Case::tcp(&server).admin();
    // set, and set again after a crash, however often
    for _ in 0..3 {
        case.apply("app", "new", ("app", "old-value")).unwrap();
        assert!(case.test("app", "old-value").unwrap() && case.test("app", "new").unwrap());
    }
    // cut off between the two statements of taking the old one away
    server.sql("ALTER USER app@'%' DISCARD OLD PASSWORD, app@localhost DISCARD OLD PASSWORD");
    case.revoke(("app", "old-value"), ("app", "new")).unwrap();
    assert!(Case::socket(&server).test("app", "new").unwrap());
    assert!(!Case::socket(&server).test("app", "old-value").unwrap());
    // a rotation that is undone
    case.apply("app", "newer", ("app", "new")).unwrap();
    case.apply("app", "new", ("app", "newer")).unwrap();
    case.revoke(("app", "newer"), ("app", "new")).unwrap();
    assert!(case.test("app", "new").unwrap() && !case.test("app", "newer").unwrap());
    // a lock is not waited for, and what was told does not go through later
    use ::mysql::prelude::Queryable as _;
    let mut impatient = Case::tcp(&server).admin();
    impatient.config.timeout = Duration::from_secs(3);
    let mut backup = session(&server, "adm", "admin-value");
    backup.query_drop("FLUSH TABLES WITH READ LOCK").unwrap();
    let error = impatient.apply("app", "late", ("app", "new")).unwrap_err();
    assert!(error.to_string().contains("(error 1205)"), "{error}");
    backup.query_drop("UNLOCK TABLES").unwrap();
    std::thread::sleep(Duration::from_secs(1));
    assert!(case.test("app", "new").unwrap() && !case.test("app", "late").unwrap());
}
