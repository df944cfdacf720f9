//! Two users of MariaDB who take turns.

use super::super::super::conformance::AWKWARD;
use super::*;

/// The rights of both users, with the second's name made the first's.
fn rights(server: &Server, user: &str, host: &str) -> Vec<String> {
    let lines = server.sql(&format!("SHOW GRANTS FOR {user}@'{host}'"));
    let mut lines: Vec<String> = lines
        .lines()
        .map(|line| {
            // the hash differs
            let (start, end) = line.split_once(" IDENTIFIED BY PASSWORD '").unwrap_or((line, ""));
            format!("{start}{}", end.split_once('\'').map_or("", |(_, rest)| rest)).replace(user, "USER")
        })
        .collect();
    // MariaDB remembers a default role that was taken away
    let roles: Vec<String> =
        lines.iter().filter(|line| !line.contains(" ON ")).map(|line| word(line, 1)).collect();
    lines.retain(|line| !line.starts_with("SET DEFAULT ROLE ") || roles.contains(&word(line, 3)));
    lines.sort();
    lines
}

fn word(line: &str, at: usize) -> String {
    line.split(' ').nth(at).unwrap().to_owned()
}

#[test]
fn it_conforms() {
    if !have("two users of MariaDB", &["mariadbd"]) {
        return;
    }
    let server = Server::mariadb(&[]);
    server.sql(SET_UP);
    for new in AWKWARD {
        for case in [Case::tcp(&server).admin(), Case::socket(&server).admin()] {
            server.sql("DROP USER IF EXISTS bee@'%', bee@localhost");
            server.sql("ALTER USER app@'%' IDENTIFIED BY 'old-value', app@localhost IDENTIFIED BY 'old-value' ACCOUNT UNLOCK");
            let service =
                Service { user: "app", value: "old-value", next_user: "bee", provable: true, overlap: true };
            case.users("app", "bee").with(|target| conform(target, &service, new));
            assert_eq!(
                server.sql("SELECT Host FROM mysql.user WHERE User = 'bee' ORDER BY Host"),
                "%\nlocalhost\n"
            );
        }
    }
}

#[test]
fn the_second_has_what_the_first_has_at_each_rotation() {
    if !have("the_second_has_what_the_first_has_at_each_rotation", &["mariadbd"]) {
        return;
    }
    let server = Server::mariadb(&[]);
    server.sql(SET_UP);
    server.sql(
        "CREATE ROLE reader; CREATE ROLE writer; GRANT reader TO adm@'%' WITH ADMIN OPTION; GRANT writer TO adm@'%' WITH ADMIN OPTION;
        GRANT PROXY ON ''@'%' TO adm@'%' WITH GRANT OPTION;
        GRANT reader TO app@'%'; SET DEFAULT ROLE reader FOR app@'%';
        GRANT SELECT (a, `b, on`), UPDATE (a) ON shop.t TO app@'%' WITH GRANT OPTION; GRANT PROCESS ON *.* TO app@'%';
        CREATE DATABASE `o'dd ON TO``x`; GRANT ALL ON `o'dd ON TO``x`.* TO app@localhost;
        CREATE FUNCTION shop.f() RETURNS INT RETURN 1; GRANT EXECUTE ON FUNCTION shop.f TO app@'%';
        GRANT PROXY ON reporter@'%' TO app@'%';
        ALTER USER app@'%' WITH MAX_QUERIES_PER_HOUR 5000 MAX_STATEMENT_TIME 1.5",
    );
    let case = Case::tcp(&server).admin().users("app", "bee");
    assert!(
        case.examine("app", "old-value")
            .unwrap()
            .iter()
            .any(|l| l.contains("\"bee\" is made with the rights"))
    );
    assert_eq!(server.sql("SELECT COUNT(*) FROM mysql.user WHERE User = 'bee'"), "0\n");
    let same = || {
        for host in ["%", "localhost"] {
            assert_eq!(rights(&server, "app", host), rights(&server, "bee", host));
        }
    };
    case.apply("bee", "v1", ("app", "old-value")).unwrap();
    same();
    case.revoke(("app", "old-value"), ("bee", "v1")).unwrap();
    let shut = server.sql("SHOW CREATE USER app@'%'");
    assert!(
        shut.contains("'*0000000000000000000000000000000000000000'") && shut.contains("ACCOUNT LOCK"),
        "{shut}"
    );

    // back to the first, whose rights change then; the second is shut meanwhile
    case.apply("app", "v2", ("bee", "v1")).unwrap();
    case.revoke(("bee", "v1"), ("app", "v2")).unwrap();
    server.sql(
        "GRANT DELETE ON shop.* TO app@'%'; REVOKE INSERT ON shop.* FROM app@'%'; REVOKE UPDATE (a), SELECT (`b, on`) ON shop.t FROM app@'%';
        REVOKE GRANT OPTION ON shop.t FROM app@'%'; REVOKE PROXY ON reporter@'%' FROM app@'%'; REVOKE reader FROM app@'%';
        GRANT writer TO app@'%' WITH ADMIN OPTION; ALTER USER app@'%' WITH MAX_QUERIES_PER_HOUR 0 MAX_USER_CONNECTIONS 9 MAX_STATEMENT_TIME 0;
        CREATE USER app@'10.%' IDENTIFIED BY 'other'; GRANT SELECT ON shop.* TO app@'10.%'; GRANT ALL ON shop.* TO bee@localhost WITH GRANT OPTION;
        REVOKE ALL PRIVILEGES, GRANT OPTION FROM app@localhost",
    );
    case.apply("bee", "v3", ("app", "v2")).unwrap();
    same();
    assert_eq!(rights(&server, "app", "10.%"), rights(&server, "bee", "10.%"));
    assert!(server.sql("SHOW CREATE USER bee@'%'").contains("MAX_USER_CONNECTIONS 9"));

    // nothing to change: nobody's rights are touched
    server.sql("SET GLOBAL general_log_file = 'touched'; SET GLOBAL general_log = ON");
    case.apply("bee", "v3", ("app", "v2")).unwrap();
    server.sql("SET GLOBAL general_log = OFF");
    #[expect(clippy::disallowed_methods, reason = "the test reads the log of its server")]
    let log = std::fs::read_to_string(server.data().join("touched")).unwrap();
    assert!(log.contains("SHOW GRANTS FOR 'bee'@'%'"), "{log}");
    assert!(!log.contains("\tGRANT ") && !log.contains("REVOKE") && !log.contains("WITH MAX_"), "{log}");
}

#[test]
fn a_first_change_that_was_cut_off_is_carried_on() {
    if !have("a_first_change_that_was_cut_off_is_carried_on", &["mariadbd"]) {
        return;
    }
    let server = Server::mariadb(&[]);
    server.sql(SET_UP);
    server.sql(
        "CREATE USER bee@'%' IDENTIFIED BY PASSWORD '*0000000000000000000000000000000000000000' ACCOUNT LOCK",
    );
    let case = Case::tcp(&server).admin().users("app", "bee");
    case.examine("app", "old-value").unwrap();
    // undone before the second was ever ready
    case.revoke(("bee", "v1"), ("app", "old-value")).unwrap();
    case.apply("bee", "v1", ("app", "old-value")).unwrap();
    assert_eq!(rights(&server, "app", "localhost"), rights(&server, "bee", "localhost"));
    assert!(case.test("app", "old-value").unwrap());
}

#[test]
fn what_cannot_take_turns_is_refused() {
    if !have("what_cannot_take_turns_is_refused", &["mariadbd"]) {
        return;
    }
    let server = Server::mariadb(&[]);
    server.sql(SET_UP);
    let refused = |case: &Case, user: &str, wants: &str| {
        let error = case.examine(user, "old-value").unwrap_err();
        assert!(all(&error).contains(wants), "{}", all(&error));
    };
    refused(&Case::tcp(&server).users("app", "bee"), "app", "need an admin");
    refused(&Case::tcp(&server).admin().users("app", "adm"), "app", "is one of the two");
    let case = Case::tcp(&server).admin().users("app", "bee");
    server.sql("CREATE USER bee@'192.168.%'");
    refused(&case, "app", "\"app\" has no account for the host of 'bee'@'192.168.%'");
    let error = case.apply("bee", "v1", ("app", "old-value")).unwrap_err();
    assert!(error.to_string().contains("has no account for the host"), "{error}");
    server.sql("DROP USER bee@'192.168.%'");
    refused(&Case::tcp(&server).admin().users("none", "bee"), "none", "there is no user \"none\"");
    // rights that the admin may not give
    server.sql("REVOKE GRANT OPTION ON *.* FROM adm@'%'");
    let error = case.apply("bee", "v1", ("app", "old-value")).unwrap_err();
    assert!(error.to_string().contains("does not give the second user the rights of the first"), "{error}");
    assert!(!case.test("bee", "v1").unwrap());
}
