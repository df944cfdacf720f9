//! Two who take turns, and the sessions that end.

use super::*;

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
    server.sql("CREATE DATABASE \"Shop's\"");
    server.sql("CREATE ROLE readers; GRANT readers TO app; CREATE SCHEMA app AUTHORIZATION app");
    server.sql("ALTER ROLE app SET search_path = \"$user\", public, \"odd, name\"; ALTER ROLE app SET work_mem = '5MB'");
    server.sql("ALTER ROLE app IN DATABASE \"Shop's\" SET application_name = 'it''s \\ odd = \u{1f}'");
    server.sql("ALTER ROLE app SET log_min_duration_statement = 5000; ALTER ROLE app SET custom.thing = 'x'");
    let two = wanted(&server, &[a, b]);
    assert_eq!(two.lines(a, "old-value"), ["role \"app_b\" will be made, like \"app\""]);
    two.set(b, "new-value", &[]).unwrap();
    let roles = |what: &str| {
        server.sql(&format!("SELECT DISTINCT {what} FROM pg_roles WHERE rolname IN ('app', 'app_b')"))
    };
    let alike = "rolinherit, rolconnlimit, rolvaliduntil, rolcreatedb, rolbypassrls, rolreplication, rolsuper, rolcreaterole, rolcanlogin";
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
    // as some pools do between two users of a session
    let mut pooled = server.client(b, Some("new-value"), "postgres");
    let pooled = pooled.args(["-c", "DISCARD ALL", "-c", "SELECT current_user"]).output().unwrap();
    assert_eq!(pooled.stdout, b"app\n");
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
    // rights of the first that came later are given to the second too, and membership has one direction only
    role(&server, "upside", "x", "");
    server.sql("GRANT upside TO app");
    says(&wanted(&server, &[a, "upside"]).trouble(a, "third-value"), "REVOKE \"upside\" FROM \"app\"");
    server.sql("ALTER ROLE app CREATEROLE");
    two.set(b, "new-value", &[]).unwrap();
    assert_eq!(roles(alike).lines().count(), 1);
    // who may make roles, but not such
    role(&server, "clerk", "clerk", "CREATEROLE");
    role(&server, "plain", "x", "");
    let clerk = |users: &[&str]| wanted(&server, users).admin("clerk", &["clerk"]);
    says(&clerk(&["mighty", "c"]).trouble("mighty", "x"), "may not make a second role like \"mighty\"");
    assert!(clerk(&["plain", "plain_b"]).set("plain_b", "y", &[]).is_ok());
    assert!(clerk(&["plain", "plain_b"]).test("plain_b", "y").unwrap());
    // a rule that names the first only
    says(&wanted(&server, &["plain", "unlisted"]).trouble("plain", "x"), "lets role \"unlisted\" not in");

    let error = wanted(&server, &[a, b]).alone().opened(&site(), |target| target.map(drop)).unwrap_err();
    says(&error, "need `admin-user`");
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
