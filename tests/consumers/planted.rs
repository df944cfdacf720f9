//! Containers that nobody would start anew: of a second project, and started by hand.

use std::process::{Command, Stdio};

use crate::compose::shop::{Shop, Who};
use crate::compose::stack::{Version, docker, remove_project};
use crate::harness::{Output, Project, have};

const COMPOSE: &str = "kind = \"compose\"\nenv-files = [\".env\"]\nenv-format = \"compose-v2\"";
const WRAPPER: &str = "kind = \"wrapper\"\ncommand = [\"./scripts/docker-compose-sops.sh\"]\nsteps = [[\"up\", \"-d\", \"--force-recreate\"]]";

/// Three of them, taken away at the end.
struct Planted {
    _other: Project,
    name: String,
}

const OTHER: &str = r#"services:
  worker: { image: "reseal-test:1", command: [sleep, "600"], stop_signal: SIGKILL, network_mode: none, environment: [SIGNING_KEY] }
"#;

impl Planted {
    fn beside(shop: &Shop) -> Self {
        let other = Project::empty();
        let name = other.root.file_name().unwrap().to_str().unwrap().to_owned();
        other.write("docker-compose.yml", OTHER);
        let mut up = other.around("docker", &["compose", "up", "-d"]);
        Output::of(up.env("SIGNING_KEY", &shop.old)).ok();
        let planted = Planted { _other: other, name };
        planted.by_hand("hand", &["-e", &format!("TOKEN={}", shop.old)], &[]);
        planted.by_hand("url", &[], &[&format!("--db=pg://app:{}@db/shop", shop.old)]);
        // a value that stays is nobody's fault
        planted.by_hand("fine", &["-e", &format!("STAYS={}", shop.stays)], &[]);
        planted
    }

    fn by_hand(&self, name: &str, options: &[&str], words: &[&str]) {
        let name = format!("{}-{name}", self.name);
        let run = ["run", "-d", "--rm", "--network", "none", "--stop-signal", "KILL", "--name", &name];
        let words = [&["reseal-test:1", "sh", "-c", "sleep 600"], words].concat();
        docker(&[&run[..], options, &words].concat());
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        remove_project(&self.name);
        for name in ["hand", "url", "fine"] {
            let name = format!("{}-{name}", self.name);
            let mut remove = Command::new("docker");
            let _ = remove.args(["rm", "-f", &name]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

fn have_all(test: &str) -> bool {
    have(test, &["docker", "compose", "image", "mounts"])
}

#[test]
fn all_are_named_and_nothing_is_begun_until_they_are_left_to_themselves() {
    if !have_all("consumers::planted::all_are_named") {
        return;
    }
    let shop = Shop::new(Version::Two, Who::Root, COMPOSE);
    shop.up();
    let planted = Planted::beside(&shop);
    let (before, name) = (shop.project.read(".env.enc"), &planted.name);
    let refused = shop.run(&["rotate", "JWT_SECRET", "--yes"]).code(1).says("nothing was changed");
    let refused = refused
        .says(&format!("container \"{name}-worker-1\" ({name}/worker) holds the present value of \"JWT_SECRET\" in variable SIGNING_KEY"))
        .says(&format!("container \"{name}-hand\" holds the present value of \"JWT_SECRET\" in variable TOKEN"))
        .says(&format!("container \"{name}-url\" holds the present value of \"JWT_SECRET\" in its command line"))
        .says("`leave`");
    assert!(!refused.shown().contains(&format!("{name}-fine")), "{}", refused.shown());
    refused.hides(&shop.old);
    assert_eq!(shop.project.read(".env.enc"), before);
    assert!(!shop.project.exists(".reseal/rotations"));

    shop.policy(&format!("{COMPOSE}\nleave = [\"{name}-hand\", \"{name}-url\", \"{name}/worker\"]"));
    shop.run(&["rotate", "JWT_SECRET", "--yes"]).ok();
    shop.all_see_the_file();
}

#[test]
fn a_command_that_could_have_started_them_anew_is_tried_and_taken_back() {
    if !have_all("consumers::planted::a_command") {
        return;
    }
    let shop = Shop::new(Version::Two, Who::Root, WRAPPER);
    shop.up();
    let planted = Planted::beside(&shop);
    let name = &planted.name;
    let plan = shop.run(&["rotate", "JWT_SECRET", "--dry-run"]).ok().stdout;
    assert!(plan.contains("the rotation fails unless the command starts it anew"), "{plan}");
    let said = shop.run(&["rotate", "JWT_SECRET", "--yes"]).code(10);
    said.says(&format!(
        "container \"{name}-hand\" still holds the old value of \"JWT_SECRET\" in variable TOKEN"
    ))
    .says("rolled back")
    .hides(&shop.old);
    assert_eq!(shop.get("JWT_SECRET"), shop.old);
    shop.all_see_the_file();
}
