//! Which files, which project and which profiles: compose's own variables say it, wherever they stand.

use super::shop::{Shop, Who};
use super::stack::{Environment, Version, docker, remove_project};
use crate::harness::{Output, have};

const BASE: &str = r#"services:
  api: { image: "reseal-test:1", command: [sleep, "600"], stop_signal: SIGKILL, network_mode: none, environment: [JWT_SECRET] }
"#;

const MORE: &str = r#"services:
  side: { extends: { file: base.yml, service: api }, profiles: [extra] }
  off: { extends: { file: base.yml, service: api }, profiles: [other] }
  rest: { image: "reseal-test:1", command: [sleep, "600"], stop_signal: SIGKILL, network_mode: none }
"#;

/// A compose project that goes with the test.
struct Named(String);

impl Drop for Named {
    fn drop(&mut self) {
        remove_project(&self.0);
    }
}

#[test]
fn files_project_and_profiles_are_those_of_compose() {
    if !have("compose::named", &["docker", "compose", "image"]) {
        return;
    }
    let shop = Shop::new(Version::Two, Who::Root, "kind = \"compose\"");
    shop.project.remove("docker-compose.yml");
    shop.project.write("base.yml", BASE);
    shop.project.write("more.yml", MORE);
    // two of them from the sealed file, the third from the environment
    shop.project.pipe(&["set", "COMPOSE_FILE"], "base.yml:more.yml").ok();
    shop.project.pipe(&["set", "COMPOSE_PROFILES"], "extra").ok();
    let named = Named(format!("{}-elsewhere", shop.name));
    let run = |args: &[&str]| {
        let mut command = shop.command(env!("CARGO_BIN_EXE_reseal"), args);
        Output::of(command.env("COMPOSE_PROJECT_NAME", &named.0))
    };
    let containers = || {
        let project = format!("label=com.docker.compose.project={}", named.0);
        let format = "{{.Label \"com.docker.compose.service\"}} {{.ID}}";
        let listed = docker(&["ps", "--no-trunc", "--filter", &project, "--format", format]);
        let mut all: Vec<(String, String)> =
            listed.lines().filter_map(|l| l.split_once(' ')).map(|(s, i)| (s.into(), i.into())).collect();
        all.sort();
        all
    };
    run(&["deploy"]).ok();
    let before = containers();
    let services = |all: &[(String, String)]| all.iter().map(|(s, _)| s.clone()).collect::<Vec<_>>();
    assert_eq!(services(&before), ["api", "rest", "side"]);
    run(&["rotate", "JWT_SECRET", "--yes"]).ok().says("--no-deps --force-recreate api side");
    let after = containers();
    assert_eq!(services(&after), ["api", "rest", "side"]);
    let new = shop.get("JWT_SECRET");
    for (n, changed) in [(0, true), (1, false), (2, true)] {
        assert_eq!(before[n].1 != after[n].1, changed, "{}", after[n].0);
        assert!(!changed || Environment::of(&after[n].1).value("JWT_SECRET") == new);
    }
}
