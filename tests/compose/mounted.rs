//! A plaintext file that the policy asks for, or a mirror, mounted in a container: it is replaced by another file, which
//! the container sees only once it is made anew.

use super::shop::{Shop, Who};
use super::stack::{Version, docker};
use crate::harness::have;

const SERVICES: &str = r#"services:
  api: { image: "reseal-test:1", command: [sleep, "600"], stop_signal: SIGKILL, network_mode: none, secrets: [jwt] }
  rest: { image: "reseal-test:1", command: [sleep, "600"], stop_signal: SIGKILL, network_mode: none }
secrets: { jwt: { file: ./secrets/jwt } }
"#;

#[test]
fn who_mounts_a_secret_file_gets_the_new_one() {
    if !have("compose::mounted", &["docker", "compose", "image"]) {
        return;
    }
    let shop = Shop::new(Version::Two, Who::Root, "kind = \"compose\"");
    shop.project.write("docker-compose.yml", SERVICES);
    shop.project.write("secrets/jwt", &shop.old);
    let policy = shop.project.text("reseal.toml");
    shop.project.write("reseal.toml", format!("{policy}files = [{{ path = \"secrets/jwt\" }}]\n"));
    shop.up();
    let rest = shop.container("rest");
    let seen = || docker(&["exec", &shop.container("api"), "cat", "/run/secrets/jwt"]);
    assert_eq!(seen(), shop.old);
    shop.run(&["rotate", "JWT_SECRET", "--yes"]).ok().says("--force-recreate api");
    assert_eq!(seen(), shop.get("JWT_SECRET"));
    assert_ne!(seen(), shop.old);
    assert_eq!(shop.container("rest"), rest);
}

#[test]
fn who_mounts_a_mirror_gets_the_new_one() {
    if !have("compose::mounted_mirror", &["docker", "compose", "image"]) {
        return;
    }
    let shop = Shop::new(Version::Two, Who::Root, "kind = \"compose\"");
    shop.project.write("docker-compose.yml", SERVICES);
    crate::mirror::seal(&shop.project, "secrets/jwt", &format!("auth.jwt={}\n", shop.old));
    let policy = shop.project.text("reseal.toml");
    shop.project.write(
        "reseal.toml",
        format!("{policy}feeds = [{{ file = \"secrets/jwt\", key = \"auth.jwt\" }}]\n"),
    );
    shop.up();
    let rest = shop.container("rest");
    let seen = || docker(&["exec", &shop.container("api"), "cat", "/run/secrets/jwt"]);
    let before = seen();
    shop.run(&["rotate", "JWT_SECRET", "--yes"]).ok().says("--force-recreate api");
    assert_ne!(seen(), before);
    assert_eq!(seen().trim_end(), shop.project.text("secrets/jwt").trim_end());
    assert_eq!(shop.container("rest"), rest);
}
