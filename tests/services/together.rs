//! Secrets that depend on each other, emergencies, and ways back, with real servers.

use super::case::{ADMIN, Case, NEEDS, OLD, OLD_CACHE, Servers, Strategy};
use crate::harness::have;

/// The policy with the admin's own password in it, which changes the others.
fn with_admin(case: &Case, servers: &Servers) {
    let policy = case.project.text("reseal.toml");
    case.project.write(
        "reseal.toml",
        format!(
            "{policy}\n[secret.ADMIN_PASSWORD]\n\
             target = {{ postgres = {{ at = \"127.0.0.1:{}\", user = \"admin\", database = \"postgres\" }} }}\n\
             [secret.CACHE_ADMIN]\n\
             target = {{ redis = {{ at = \"127.0.0.1:{}\", user = \"default\" }} }}\n",
            servers.postgres.port, servers.redis.port
        )
        .replace(
            "admin-user = \"default\", admin-password = \"ADMIN_PASSWORD\"",
            "admin-user = \"default\", admin-password = \"CACHE_ADMIN\"",
        ),
    );
    case.project.pipe(&["set", "CACHE_ADMIN"], ADMIN).ok();
}

#[test]
fn the_password_that_changes_others_changes_with_them() {
    if !have("services::the_password_that_changes_others", &NEEDS) {
        return;
    }
    let servers = Servers::start();
    let case = Case::new(&servers, Strategy::Alternating);
    with_admin(&case, &servers);
    // named first, and applied last all the same: it is needed until then
    case.project.run(&["rotate", "ADMIN_PASSWORD", "CACHE_ADMIN", "--group", "data", "-y"]).ok();
    assert!(case.consistent(&servers));
    let (admin, cache) = (case.project.get("ADMIN_PASSWORD"), case.project.get("CACHE_ADMIN"));
    assert!(servers.database("admin", &admin) && !servers.database("admin", ADMIN));
    assert!(servers.cache("default", &cache) && !servers.cache("default", ADMIN));

    // all of it taken back, by an admin whose own password has changed meanwhile
    let (user, password) = case.database();
    case.project.write("broken", "");
    case.project.run(&["rotate", "--all", "-y"]).code(14);
    case.project.remove("broken");
    case.project.run(&["resume"]).code(10);
    assert_eq!(case.database(), (user.clone(), password.clone()));
    assert!(servers.database(&user, &password) && servers.database("admin", &admin));
    assert!(servers.cache("default", &cache) && servers.cache(&case.cache_user, &case.cache()));
    case.project.run(&["rotate", "--all", "-y"]).ok();

    // and back to the first of all
    let first = case.project.run(&["backup", "list"]).ok().stdout;
    let first = first.lines().nth(1).unwrap().split_whitespace().next().unwrap();
    let all = ["DB_PASSWORD", "CACHE_PASSWORD", "ADMIN_PASSWORD", "CACHE_ADMIN"];
    case.project.run(&[&["rollback"], &all[..], &["--to", first, "-y"]].concat()).ok();
    assert!(servers.database("admin", ADMIN) && !servers.database("admin", &admin));
    assert!(servers.cache("default", ADMIN) && !servers.cache("default", &cache));
    let (user, password) = case.database();
    assert!(password == OLD && servers.database(&user, OLD) && servers.cache(&case.cache_user, OLD_CACHE));
}

#[test]
fn an_emergency_ends_what_the_old_password_has_opened() {
    if !have("services::an_emergency_ends", &NEEDS) {
        return;
    }
    let servers = Servers::start();
    let case = Case::new(&servers, Strategy::Single);
    let mut session = servers.redis.session(&case.cache_user, OLD_CACHE);
    assert_eq!(session.ask("PING"), "PONG");
    let mut client = servers.postgres.client(&case.role, Some(OLD), "postgres");
    let mut sleeper = client.args(["-c", "SELECT pg_sleep(100)"]).spawn().unwrap();
    let backends = || {
        let count = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'", case.role);
        servers.postgres.sql(&count)
    };
    crate::harness::servers::wait_until("the session", || backends() == "1");
    // an ordinary rotation leaves them alone
    case.project.run(&["rotate", "--group", "data", "-y"]).ok();
    assert_eq!((session.ask("PING"), backends()), ("PONG".into(), "1".into()));
    case.project.run(&["rotate", "--group", "data", "-y", "--emergency"]).ok();
    assert_eq!(backends(), "0");
    assert!(!sleeper.wait().unwrap().success());
    let listed = servers.redis.cli("default", ADMIN, &["CLIENT", "LIST"]);
    assert!(!listed.contains(&format!("user={}", case.cache_user)), "{listed}");
    assert!(case.consistent(&servers));
}

#[test]
fn an_old_password_that_is_accepted_for_a_while_ends_with_retire() {
    if !have("services::an_old_password_that_is_accepted_for_a_while", &NEEDS) {
        return;
    }
    let servers = Servers::start();
    let case = Case::new(&servers, Strategy::Alternating);
    let policy = case
        .project
        .text("reseal.toml")
        .replace("timeout = \"2s\" }", "timeout = \"2s\", keep-for = \"4s\" }");
    case.project.write("reseal.toml", &policy);
    case.project
        .run(&["rotate", "--group", "data", "-y"])
        .ok()
        .says("the value before is still accepted: postgres");
    let (old, new) = ((case.role.clone(), OLD.to_owned()), case.database());
    let accepts = |login: &(String, String)| servers.database(&login.0, &login.1);
    assert!(accepts(&old) && accepts(&new) && servers.cache(&case.cache_user, OLD_CACHE));
    case.project.run(&["rotate", "DB_PASSWORD", "-y"]).code(1).says("it is still accepted: postgres");
    std::thread::sleep(std::time::Duration::from_millis(4100));
    // the policy may have forgotten the service meanwhile; the rotation has not
    case.project.write("reseal.toml", &policy[..policy.find("[secret").unwrap()]);
    let sealed = case.project.read(".env.enc");
    case.project.run(&["retire", "--due", "-y"]).ok().says("retired");
    assert!(sealed == case.project.read(".env.enc"), "the file has nothing to do with it");
    assert!(!accepts(&old) && accepts(&new) && !servers.cache(&case.cache_user, OLD_CACHE));
    assert!(case.project.path(".reseal/grace").read_dir().unwrap().next().is_none());
    // the next one may come, and in an emergency nothing is left at all
    case.project.write("reseal.toml", &policy);
    case.project.run(&["rotate", "--group", "data", "-y"]).ok();
    let third = case.database();
    case.project.run(&["rotate", "--group", "data", "-y", "--emergency"]).ok();
    assert!(!accepts(&new) && !accepts(&third) && accepts(&case.database()));
    assert!(case.project.path(".reseal/grace").read_dir().unwrap().next().is_none());
}

#[test]
fn a_retirement_that_finds_the_server_gone_is_resumed() {
    if !have("services::a_retirement_that_finds_the_server_gone", &NEEDS) {
        return;
    }
    let mut servers = Servers::start();
    let case = Case::new(&servers, Strategy::Alternating);
    let policy = case
        .project
        .text("reseal.toml")
        .replace("timeout = \"2s\" }", "timeout = \"2s\", keep-for = \"1h\" }");
    case.project.write("reseal.toml", &policy);
    case.project.run(&["rotate", "DB_PASSWORD", "-y"]).ok();
    servers.postgres.stop();
    case.project.run(&["retire", "DB_PASSWORD", "-y"]).code(1).says("nobody answers");
    servers.postgres.up();
    case.project.run(&["retire", "DB_PASSWORD", "-y"]).ok();
    assert!(!servers.database(&case.role, OLD));
}

/// With `keep-for` of an hour, and one rotation done.
fn counting(servers: &Servers) -> Case {
    let case = Case::new(servers, Strategy::Alternating);
    let policy = case
        .project
        .text("reseal.toml")
        .replace("timeout = \"2s\" }", "timeout = \"2s\", keep-for = \"1h\" }");
    case.project.write("reseal.toml", policy);
    case.project.run(&["rotate", "--group", "data", "-y"]).ok();
    case
}

#[test]
fn what_counted_before_an_emergency_counts_again_when_that_is_taken_back() {
    if !have("services::what_counted_before_an_emergency", &NEEDS) {
        return;
    }
    let servers = &*Servers::shared();
    let case = counting(servers);
    let present = case.database();
    case.project.write("before-up", "if test -e second; then rm -f broken; else touch second broken; fi");
    case.project.run(&["rotate", "--group", "data", "-y", "--emergency"]).code(10);
    assert_eq!(case.database(), present);
    assert!(servers.database(&present.0, &present.1));
    assert!(
        servers.database(&case.role, OLD) && servers.cache(&case.cache_user, OLD_CACHE),
        "it is not as before"
    );
    case.project.remove("before-up");
    let said = case.project.run(&["retire", "DB_PASSWORD", "CACHE_PASSWORD", "-y"]).ok();
    said.says("proven: a fresh login with the old DB_PASSWORD was refused");
    assert!(case.consistent(servers));
}

#[test]
fn what_nobody_knows_any_more_is_ended_by_a_person() {
    if !have("services::what_nobody_knows_any_more", &NEEDS) {
        return;
    }
    let servers = &*Servers::shared();
    let case = counting(servers);
    // nor does anybody take the key away under it
    case.project.run(&["unset", "DB_PASSWORD"]).code(1).says("run `reseal retire DB_PASSWORD` first");
    std::fs::remove_dir_all(case.project.path(".reseal/grace")).unwrap();
    let said = case.project.run(&["retire", "DB_PASSWORD", "-y"]).ok();
    said.says("see that it is taken away there").says("not proven");
    assert!(!case.project.run(&["status"]).ok().stdout.contains("app_"));
    // and an emergency does not stop at it
    case.project
        .run(&["rotate", "CACHE_PASSWORD", "-y", "--emergency"])
        .ok()
        .says("see that it is taken away there");
    case.project.run(&["resume"]).ok().says("there is nothing to resume");
}

#[test]
fn a_service_that_forgets_at_the_redeploy_what_it_was_told_is_found_out() {
    if !have("services::a_service_that_forgets", &NEEDS) {
        return;
    }
    let servers = &*Servers::shared();
    let case = Case::new(servers, Strategy::Single);
    // as a restart from its own environment would, which still has the old value
    let forget = format!(
        "REDISCLI_AUTH={ADMIN} redis-cli -p {} ACL SETUSER {} resetpass '>{OLD_CACHE}' >said",
        servers.redis.port, case.cache_user
    );
    case.project.write("before-up", forget);
    let said = case.project.run(&["rotate", "--group", "data", "-y"]).code(10);
    said.says("since the redeploy the service of \"CACHE_PASSWORD\" refuses the new value");
    assert_eq!(case.project.text("said"), "OK\n");
    assert!(!case.consistent(servers));
}
