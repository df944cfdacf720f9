//! A mirror whose readers log in to a real server: it has the login that is in force, also where two users take turns,
//! and has the old one back where the rotation is taken back.

use super::case::{Case, NEEDS, OLD, Servers, Strategy};
use crate::harness::have;
use crate::mirror::{seal, value};

const APP: &str = "config/app.env.enc";

fn with_mirror(servers: &Servers, strategy: Strategy) -> Case {
    let case = Case::new(servers, strategy);
    let url = case.project.get("DATABASE_URL");
    seal(&case.project, APP, &format!("db.url={url}\n"));
    let policy = case.project.text("reseal.toml").replace(
        "feeds = [{ key = \"DATABASE_URL\", part = \"password\" }]",
        &format!("feeds = [{{ key = \"DATABASE_URL\", part = \"password\" }}, {{ file = \"{APP}\", key = \"db.url\", part = \"password\" }}]"),
    );
    case.project.write("reseal.toml", policy);
    case
}

/// The mirror has the login of the file itself.
fn same_login(case: &Case) {
    assert_eq!(value(&case.project, APP, "db.url"), case.project.get("DATABASE_URL"));
}

#[test]
fn a_mirror_has_the_login_that_is_in_force() {
    if !have("services::a_mirror_has_the_login_that_is_in_force", &NEEDS) {
        return;
    }
    let servers = &*Servers::shared();
    for strategy in [Strategy::Single, Strategy::Alternating] {
        let case = with_mirror(servers, strategy);
        for _ in 0..2 {
            case.project.run(&["rotate", "--group", "data", "--yes"]).ok().hides(OLD);
            same_login(&case);
        }
        let (user, password) = case.database();
        assert!(servers.database(&user, &password), "{strategy:?}");
        case.project.run(&["rollback", "DB_PASSWORD", "--yes"]).ok();
        same_login(&case);
        let (user, password) = case.database();
        assert!(servers.database(&user, &password), "{strategy:?}");
    }
}

#[test]
fn where_the_deployment_fails_the_mirror_and_the_server_are_as_before() {
    if !have("services::where_the_deployment_fails_the_mirror_and_the_server_are_as_before", &NEEDS) {
        return;
    }
    let servers = &*Servers::shared();
    for strategy in [Strategy::Single, Strategy::Alternating] {
        let case = with_mirror(servers, strategy);
        let before = case.project.read(APP);
        // on the way up the first time only
        case.project.write("before-up", "rm before-up; exit 1");
        case.project.run(&["rotate", "--group", "data", "--yes"]).code(10).hides(OLD);
        assert!(case.project.read(APP) == before);
        assert!(!case.consistent(servers));
    }
}
