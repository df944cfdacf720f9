//! Containers of the project itself: one that was not made anew, and one that got something else.

use crate::compose::shop::{Shop, Who};
use crate::compose::stack::{Version, docker};
use crate::harness::have;

const COMPOSE: &str = "kind = \"compose\"\nenv-files = [\".env\"]\nenv-format = \"compose-v2\"";

#[test]
fn a_restart_keeps_the_old_value_and_is_caught() {
    if !have("consumers::inside::a_restart", &["docker", "compose", "image", "mounts"]) {
        return;
    }
    let shop =
        Shop::new(Version::Two, Who::Root, &format!("{COMPOSE}\nsteps = [[\"restart\", \"-t\", \"0\"]]"));
    shop.up();
    let plan = shop.run(&["rotate", "JWT_SECRET", "--dry-run"]).ok().stdout;
    assert!(plan.contains("`restart` does not read values again"), "{plan}");
    let name = &shop.name;
    shop.run(&["rotate", "JWT_SECRET", "--yes"])
        .code(10)
        .says(&format!("container \"{name}-web-1\" ({name}/web) still holds the old value of \"JWT_SECRET\" in variable LINK"))
        .says("variable JWT_SECRET, file /run/secrets/jwt")
        .says("rolled back")
        .hides(&shop.old);
    assert_eq!(shop.get("JWT_SECRET"), shop.old);
    shop.all_see_the_file();
}

#[test]
fn a_secret_that_compose_would_not_notice_is_caught_too() {
    if !have("consumers::inside::a_secret", &["docker", "compose", "image", "mounts"]) {
        return;
    }
    let shop = Shop::new(Version::Two, Who::Root, COMPOSE);
    let services = "services:\n  api: { image: \"reseal-test:1\", command: [sleep, \"600\"], stop_signal: SIGKILL, network_mode: none, secrets: [jwt] }\nsecrets: { jwt: { environment: JWT_SECRET } }\n";
    shop.project.write("docker-compose.yml", services);
    shop.up();
    let before = shop.container("api");
    // by itself compose leaves the container as it is, with the old value
    shop.policy("kind = \"compose\"\nsteps = [[\"up\", \"-d\"]]");
    shop.run(&["rotate", "JWT_SECRET", "--yes"]).code(10).says("in file /run/secrets/jwt");
    assert_eq!(shop.container("api"), before, "compose notices it now, and need not be forced any more");
    shop.policy("kind = \"compose\"");
    let remark = "what does not run now is started: api";
    docker(&["stop", "-t", "0", &before]);
    let plan = shop.run(&["rotate", "JWT_SECRET", "--dry-run"]).ok().stdout;
    assert!(plan.contains(remark), "{plan}");
    docker(&["start", &before]);
    let plan = shop.run(&["rotate", "JWT_SECRET", "--dry-run"]).ok().stdout;
    assert!(!plan.contains(remark), "{plan}");
    shop.run(&["rotate", "JWT_SECRET", "--yes"]).ok();
    assert_ne!(shop.container("api"), before);
}

#[test]
fn a_value_that_changed_on_its_way_is_no_success() {
    if !have("consumers::inside::a_value", &["docker", "compose", "image", "mounts"]) {
        return;
    }
    let shop = Shop::new(Version::Two, Who::Root, COMPOSE);
    shop.up();
    let twist = "#!/bin/sh\n[ -e straight ] || export HASH=ab\nexec docker compose \"$@\"\n";
    shop.project.script("twist", twist);
    shop.policy(
        "kind = \"compose\"\ncommand = [\"./twist\"]\nenv-files = [\".env\"]\nenv-format = \"compose-v2\"",
    );
    let said = shop.run(&["rotate", "JWT_SECRET", "--yes"]).code(10);
    said.says(&format!(
        "({}/web) sees another value than the file has for \"HASH\" in variable HASH",
        shop.name
    ));
    assert_eq!(shop.get("JWT_SECRET"), shop.old);
    shop.project.write("straight", "");
    shop.run(&["rotate", "JWT_SECRET", "--yes"]).ok();
    shop.all_see_the_file();
}

#[test]
fn a_deploy_brings_what_compose_would_not_notice() {
    if !have("consumers::inside::a_deploy", &["docker", "compose", "image"]) {
        return;
    }
    let shop = Shop::new(Version::Two, Who::Root, "kind = \"compose\"");
    let service =
        "image: \"reseal-test:1\", command: [sleep, \"600\"], stop_signal: SIGKILL, network_mode: none";
    let top = "secrets: { jwt: { environment: JWT_SECRET } }";
    let services =
        format!("services:\n  api: {{ {service}, secrets: [jwt] }}\n  rest: {{ {service} }}\n{top}\n");
    shop.project.write("docker-compose.yml", services);
    shop.run(&["deploy"]).ok();
    let seen = || docker(&["exec", &shop.container("api"), "cat", "/run/secrets/jwt"]);
    assert_eq!(seen(), shop.old);
    let rest = shop.container("rest");
    shop.project.pipe(&["set", "JWT_SECRET"], "set-by-hand").ok();
    shop.run(&["deploy"]).ok();
    assert_eq!(seen(), "set-by-hand");
    assert_eq!(shop.container("rest"), rest);
}

#[test]
fn what_up_would_not_make_anew_is_told_beforehand() {
    if !have("consumers::inside::what_up", &["docker", "compose", "image"]) {
        return;
    }
    let shop = Shop::new(Version::Two, Who::Root, "kind = \"compose\"");
    let service =
        "image: \"reseal-test:1\", command: [sleep, \"600\"], stop_signal: SIGKILL, network_mode: none";
    let services = format!(
        "services:\n  api: {{ {service}, environment: [JWT_SECRET] }}\n  debug: {{ {service}, profiles: [debug], environment: [JWT_SECRET] }}\n"
    );
    shop.project.write("docker-compose.yml", services);
    let up = ["exec", "--", "docker", "compose", "--profile", "debug", "up", "-d"];
    shop.run(&up).ok();
    let (api, name) = (shop.container("api"), &shop.name);
    shop.run(&["rotate", "JWT_SECRET", "--yes"])
        .code(1)
        .says(&format!(
            "container \"{name}-debug-1\" ({name}/debug) holds the present value of \"JWT_SECRET\""
        ))
        .says("nothing was changed");
    assert_eq!((shop.container("api"), shop.get("JWT_SECRET")), (api, shop.old.clone()));
    docker(&["rm", "-f", &shop.container("debug")]);
    shop.run(&["rotate", "JWT_SECRET", "--yes"]).ok();
}

#[test]
fn a_container_that_fills_its_secrets_holds_nobody_up() {
    if !have("consumers::inside::a_container", &["docker", "compose", "image"]) {
        return;
    }
    let shop = Shop::new(Version::Two, Who::Root, "kind = \"compose\"");
    let service =
        "image: \"reseal-test:1\", command: [sleep, \"600\"], stop_signal: SIGKILL, network_mode: none";
    let services =
        format!("services:\n  api: {{ {service}, environment: [JWT_SECRET] }}\n  other: {{ {service} }}\n");
    shop.project.write("docker-compose.yml", services);
    shop.up();
    // a terabyte that takes no room
    let fill = "mkdir -p /run/secrets && dd if=/dev/zero of=/run/secrets/all bs=1 count=0 seek=900G";
    docker(&["exec", &shop.container("other"), "sh", "-c", fill]);
    shop.run(&["rotate", "JWT_SECRET", "--yes"]).ok();
}

#[test]
fn a_project_that_compose_refuses_is_told_beforehand_and_without_a_value() {
    if !have("consumers::inside::a_project", &["docker", "compose", "image"]) {
        return;
    }
    let shop = Shop::new(Version::Two, Who::Root, "kind = \"compose\"");
    let service = "image: \"reseal-test:1\", network_mode: none, mem_limit: \"${JWT_SECRET}\"";
    shop.project.write("docker-compose.yml", format!("services:\n  api: {{ {service} }}\n"));
    let refused = shop.run(&["rotate", "JWT_SECRET", "--yes"]).code(1);
    refused.says("compose does not accept the project").says("nothing was changed").hides(&shop.old);
    assert!(!shop.project.exists(".reseal/rotations"));
}
