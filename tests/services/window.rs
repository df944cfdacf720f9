//! Windows in which a service accepts two values, and what comes in between: going back, a policy that changes, a lost
//! memory.

use std::time::Duration;

use super::case::{Case, NEEDS, OLD, OLD_CACHE, Servers, Strategy};
use crate::harness::have;

fn case(servers: &Servers, keep: &str) -> Case {
    let case = Case::new(servers, Strategy::Alternating);
    let policy = case
        .project
        .text("reseal.toml")
        .replace("timeout = \"2s\"", &format!("timeout = \"2s\", keep-for = \"{keep}\""));
    case.project.write("reseal.toml", policy);
    case
}

#[test]
fn going_back_that_fails_leaves_the_window_open() {
    if !have("services::window", &NEEDS) {
        return;
    }
    let servers = &*Servers::shared();
    let case = case(servers, "1h");
    case.project.run(&["rotate", "--group", "data", "-y"]).ok();
    let accepted = || servers.database(&case.role, OLD) && servers.cache(&case.cache_user, OLD_CACHE);
    assert!(accepted());
    // fails once, so that it can be taken back
    case.project.write("before-up", "rm before-up; exit 1\n");
    case.project.run(&["rollback", "-y"]).code(10).says("run `reseal rollback` again");
    assert!(accepted(), "it is promised for an hour");
    let (user, password) = case.database();
    assert!(servers.database(&user, &password) && servers.cache(&case.cache_user, &case.cache()));
    // what is taken away before its time is proven to be
    let said = case.project.run(&["retire", "DB_PASSWORD", "CACHE_PASSWORD", "-y"]).ok();
    said.says("proven: a fresh login with the old DB_PASSWORD was refused");
    assert!(!servers.database(&case.role, OLD) && !servers.cache(&case.cache_user, OLD_CACHE));
}

#[test]
fn a_window_ends_though_policy_or_memory_are_others() {
    if !have("services::window", &NEEDS) {
        return;
    }
    let servers = &*Servers::shared();
    let case = case(servers, "1s");
    case.project.run(&["rotate", "--group", "data", "-y"]).ok();
    std::thread::sleep(Duration::from_millis(1100));
    // the user that is done with is no longer in the policy
    let users = format!("users = [\"{0}_b\", \"{0}_c\"]", case.role);
    let before = format!("users = [\"{0}\", \"{0}_b\"]", case.role);
    case.project.write("reseal.toml", case.project.text("reseal.toml").replace(&before, &users));
    case.project.run(&["rotate", "DB_PASSWORD", "-y"]).ok();
    assert!(!servers.database(&case.role, OLD));
    std::fs::remove_dir_all(case.project.path(".reseal/grace")).unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    let said = case.project.run(&["retire", "--due", "-y"]).ok();
    said.says("is lost; see that it is taken away there").says("not proven: the old CACHE_PASSWORD");
    case.project.run(&["rotate", "--group", "data", "-y"]).ok();
}

#[test]
fn who_has_a_window_open_is_told_or_the_window_is_closed_first() {
    if !have("services::window", &NEEDS) {
        return;
    }
    let servers = &*Servers::shared();
    let case = case(servers, "1s");
    case.project.run(&["rotate", "CACHE_PASSWORD", "-y"]).ok();
    std::thread::sleep(Duration::from_millis(1100));
    // the secret is in the policy no more, and so its service would not be told
    case.project.write("reseal.toml", "");
    let value = case.cache();
    case.project.run(&["rotate", "CACHE_PASSWORD", "-y"]).code(1).says("would not be told").says("retire");
    assert!(value == case.cache() && servers.cache(&case.cache_user, &value));
    case.project.run(&["retire", "CACHE_PASSWORD", "-y"]).ok();
    assert!(!servers.cache(&case.cache_user, OLD_CACHE) && servers.cache(&case.cache_user, &value));
}
