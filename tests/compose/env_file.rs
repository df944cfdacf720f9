//! A project with `env_file: .env`, `${NAME}` and a secret of a variable deploys and rotates as it is, and no value ever
//! lies in a file: with either version of compose, in either way, as root and as somebody else.

use super::shop::{Shop, Watcher, Who, holding};
use super::stack::Version::{self, One, Two};
use super::stack::until;
use crate::harness::have;

#[test]
fn by_the_wrapper_with_compose_v2() {
    rotates(Two, Who::Root, Kind::Wrapper);
}

#[test]
fn by_the_wrapper_with_compose_v1() {
    rotates(One, Who::Root, Kind::Wrapper);
}

#[test]
fn by_the_wrapper_as_a_user() {
    rotates(Two, Who::User, Kind::Wrapper);
    rotates(One, Who::User, Kind::Wrapper);
}

#[test]
fn from_reseal_itself_with_compose_v2() {
    rotates(Two, Who::Root, Kind::Compose);
}

#[test]
fn from_reseal_itself_with_compose_v1() {
    rotates(One, Who::Root, Kind::Compose);
}

#[test]
fn from_reseal_itself_as_a_user() {
    rotates(Two, Who::User, Kind::Compose);
    rotates(One, Who::User, Kind::Compose);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Wrapper,
    Compose,
}

fn rotates(version: Version, who: Who, kind: Kind) {
    let compose = if version == One { "compose-v1" } else { "compose" };
    let user: &[&str] = if who == Who::User { &["other-user"] } else { &[] };
    if !have("compose::env_file", &[&["docker", compose, "image", "mounts"], user].concat()) {
        return;
    }
    let deploy = match (kind, version) {
        // compose notices what a container got by its environment, and a secret only by force
        (Kind::Wrapper, Two) => {
            "kind = \"wrapper\"\ncommand = [\"./scripts/docker-compose-sops.sh\"]\nsteps = [[\"up\", \"-d\", \"--force-recreate\"]]"
        }
        (Kind::Wrapper, One) => "kind = \"wrapper\"\ncommand = [\"./scripts/docker-compose-sops.sh\"]",
        (Kind::Compose, Two) => "kind = \"compose\"\nenv-files = [\".env\"]\nenv-format = \"compose-v2\"",
        (Kind::Compose, One) => {
            "kind = \"compose\"\ncommand = [\"docker-compose\"]\nenv-files = [\".env\"]\nenv-format = \"compose-v1\""
        }
    };
    let shop = Shop::new(version, who, deploy);
    let watcher = Watcher::of(&shop);
    shop.up();
    shop.all_see_the_file();
    let (api, web, rest) = (shop.container("api"), shop.container("web"), shop.container("rest"));

    let plan = shop.run(&["rotate", "JWT_SECRET", "--dry-run"]).ok().stdout;
    if (kind, version) == (Kind::Compose, Two) {
        let line = "  run docker compose up -d --no-deps --force-recreate api web";
        assert!(plan.lines().any(|l| l == line), "{plan}");
    }
    let said = shop.run(&["rotate", "JWT_SECRET", "--yes"]).ok().says("committed: JWT_SECRET");

    let new = shop.get("JWT_SECRET");
    assert_ne!(new, shop.old);
    said.hides(&new).hides(&shop.old).hides(&shop.stays);
    shop.all_see_the_file();
    assert_ne!((shop.container("api"), shop.container("web")), (api, web));
    if kind == Kind::Compose {
        assert_eq!(shop.container("rest"), rest, "a service that does not use the key was made anew");
    }
    watcher.ends();
    assert_eq!(holding(&shop.project.root, &[&new, &shop.old, &shop.stays]), [""; 0]);
    until("no mount point is left", || !shop.project.exists(".env"));
}
