//! What is found out before anything happens: wrong passwords, missing roles, replicas, servers that let anybody in.

use super::case::{Case, NEEDS, OLD, OLD_CACHE, Servers, Strategy};
use crate::harness::have;
use crate::harness::servers::postgres::Postgres;

/// The rotation is refused with 1, and nothing was changed anywhere.
fn refused(case: &Case, servers: &Servers, wants: &str) {
    let before = case.project.read(".env.enc");
    let output = case.project.run(&["rotate", "--group", "data", "--yes"]).code(1).says(wants);
    output.says("nothing was changed").hides(OLD).hides(OLD_CACHE);
    assert!(before == case.project.read(".env.enc"));
    assert!(servers.database(&case.role, OLD) && servers.cache(&case.cache_user, OLD_CACHE));
    assert!(!case.project.exists("runs"), "the wrapper was started");
    case.project.run(&["resume"]).ok().says("there is nothing to resume");
}

#[test]
fn what_cannot_work_is_refused_before_anything_happens() {
    if !have("services::refused", &NEEDS) {
        return;
    }
    let servers = &*Servers::shared();
    let admin = Case::new(servers, Strategy::Single);
    admin.project.pipe(&["set", "ADMIN_PASSWORD"], "not-the-password").ok();
    refused(&admin, servers, "admin");

    let missing = Case::new(servers, Strategy::Single);
    let policy = missing.project.text("reseal.toml");
    let role = format!("user = \"{}\"", missing.role);
    missing.project.write("reseal.toml", policy.replace(&role, "user = \"nobody_here\""));
    refused(&missing, servers, "nobody_here");

    let drifted = Case::new(servers, Strategy::Single);
    drifted.project.pipe(&["set", "CACHE_PASSWORD"], "somebody-changed-it").ok();
    drifted
        .project
        .pipe(&["set", "CACHE_URL"], format!("redis://{}:somebody-changed-it@h/0", drifted.cache_user))
        .ok();
    refused(&drifted, servers, "refuses the present value of \"CACHE_PASSWORD\"");
    // whoever is locked out gets in again
    let said = drifted.project.run(&["rotate", "--group", "data", "--yes", "--emergency"]).ok();
    said.says("is set anew").says("committed");
    assert!(servers.cache(&drifted.cache_user, &drifted.cache()));
    // a password that nobody here knew is not ours to take away; the plan has counted it
    assert!(servers.cache(&drifted.cache_user, OLD_CACHE));
}

#[test]
fn a_server_that_lets_anybody_in_is_told_and_said_to_prove_nothing() {
    if !have("services::a_server_that_lets_anybody_in", &NEEDS) {
        return;
    }
    let servers = &*Servers::shared();
    let case = Case::new(servers, Strategy::Single);
    let trusting = Postgres::start(&["host all all all trust"], &[]);
    trusting
        .sql(&format!("CREATE ROLE {} LOGIN PASSWORD '{OLD}'; CREATE ROLE admin SUPERUSER LOGIN", case.role));
    let policy = case.project.text("reseal.toml");
    let (here, there) = (servers.postgres.port.to_string(), trusting.port.to_string());
    case.project
        .write("reseal.toml", policy.replace(&format!("127.0.0.1:{here}"), &format!("127.0.0.1:{there}")));
    let plan = case.project.run(&["rotate", "DB_PASSWORD", "-n"]).ok().stdout;
    assert!(plan.contains("no login proves the change"), "{plan}");
    let said = case.project.run(&["rotate", "DB_PASSWORD", "-y"]).ok();
    said.says("not proven: DB_PASSWORD was told");
    let stored =
        trusting.sql(&format!("SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = '{}'", case.role));
    assert_eq!(stored, "SCRAM-SHA-256");
    let history = case.project.run(&["history", "--json"]).ok().stdout;
    assert!(history.contains("\"unprovable\":"), "{history}");
}
