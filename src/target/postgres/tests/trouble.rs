//! What stands in the way, and servers that do not answer.

use super::*;

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
        ("locked", ""),
        ("late", "VALID UNTIL '2001-01-01'"),
        ("crowded", "CONNECTION LIMIT 0"),
        ("root", "SUPERUSER"),
        ("repl", "REPLICATION"),
        ("clerk", "CREATEROLE"),
        ("nobody", ""),
    ] {
        role(&server, name, old, more);
    }
    server.sql("ALTER ROLE locked NOLOGIN");
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
    server.sql("SELECT pg_reload_conf()");

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
        &[
            "max_connections = 5",
            "client_connection_check_interval = 100",
            "superuser_reserved_connections = 0",
            "max_wal_senders = 0",
            "fsync = on",
        ],
    );
    server.sql(&format!("CREATE ROLE boss SUPERUSER LOGIN PASSWORD '{ADMIN}'"));
    role(&server, "app", "old-value", "");
    let mut app = wanted(&server, &["app"]);
    let mut socket = app.clone();
    socket.at = Address::Socket(server.socket());
    assert!(socket.test("app", "old-value").unwrap());
    // the folder stands for the socket of the usual port
    std::os::unix::fs::symlink(server.socket(), server.folder().join(".s.PGSQL.5432")).unwrap();
    let mut folder = app.clone();
    folder.at = Address::Socket(server.folder());
    assert!(folder.test("app", "old-value").unwrap() && !folder.test("app", "wrong").unwrap());

    // before the value is looked at, nothing is known of it
    // more than there is room for, because the login that is tried meanwhile may take a place of theirs
    let crowd: Vec<_> = (0..12)
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

    // it waits for a session to end, and takes no new one
    let mut sleeper = server.client(crate::target::servers::postgres::OWNER, None, "postgres");
    let _sleeper =
        crate::target::servers::Running(sleeper.args(["-c", "SELECT pg_sleep(60)"]).spawn().unwrap());
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'";
    crate::target::servers::wait_until("a session", || server.sql(asleep) == "1");
    server.signal("TERM");
    crate::target::servers::wait_until("its end", || app.test("app", "old-value").is_err());
    says(&app.test("app", "old-value").unwrap_err(), "is starting or stopping");
}
