//! Compose as a user in the docker group, who is not root: a project that names `env_file: .env` gets its values, and
//! no such file is ever on the disk.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use super::{ENV, VALUE, as_user, no_file_holds_the_value, nothing_stays};
use crate::harness::{Output, Project, have};

const SERVICES: &str = "services:
  app:
    image: reseal-test:1
    network_mode: none
    stop_signal: SIGKILL
    command: [\"sleep\", \"600\"]
    env_file: .env
    environment: [\"GREETING=hello ${HOST}\"]
";

#[test]
fn with_compose_v2() {
    if have("private::compose", &["docker", "compose", "image", "other-user"]) {
        deploys(&["docker", "compose"]);
    }
}

#[test]
fn with_compose_v1() {
    if have("private::compose", &["docker", "compose-v1", "image", "other-user"]) {
        deploys(&["docker-compose"]);
    }
}

/// Takes the containers away, also after a panic.
struct Down<'a>(&'a Project);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        for id in containers(self.0) {
            let _ = Command::new("docker").args(["rm", "-f", &id]).stdout(Stdio::null()).status();
        }
    }
}

fn containers(project: &Project) -> Vec<String> {
    let name = project.root.file_name().unwrap().to_str().unwrap();
    let label = format!("label=com.docker.compose.project={name}");
    let ids = Output::of(Command::new("docker").args(["ps", "-aq", "--filter", &label])).ok().stdout;
    ids.lines().map(str::to_owned).collect()
}

fn deploys(compose: &[&str]) {
    let project = Project::sealed(ENV);
    let text = if compose.len() == 1 { format!("version: \"2.4\"\n{SERVICES}") } else { SERVICES.to_owned() };
    project.write("docker-compose.yml", text);
    let group = fs::metadata("/var/run/docker.sock").unwrap().gid().to_string();
    let _down = Down(&project);
    let run = |args: &[&str]| {
        let all: Vec<&str> =
            ["exec", "--env-file", ".env", "--"].iter().chain(compose).chain(args).copied().collect();
        Output::of(&mut as_user(&project, &group, &all)).ok()
    };
    run(&["up", "-d"]);
    nothing_stays(&project, ".env");
    no_file_holds_the_value(&project);
    let [id] = &containers(&project)[..] else { panic!("not one container") };
    let environment =
        Output::of(Command::new("docker").args(["exec", id, "cat", "/proc/1/environ"])).ok().stdout;
    for entry in [format!("TOKEN={VALUE}"), "HOST=db".into(), "GREETING=hello db".into()] {
        assert!(environment.split('\0').any(|e| e == entry), "{entry} is not in the container");
    }
    // read once more, as often as it likes
    assert!(run(&["config"]).stdout.contains(VALUE));
    nothing_stays(&project, ".env");
}
