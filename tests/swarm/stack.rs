//! One stack for one test: a folder, a sealed file, a name that no other has. All that the swarm has of it is removed at
//! the end, also after a panic.

use std::fs;
use std::process::{Command, Stdio};

use crate::compose::stack::{docker, until};
use crate::harness::{Output, Project};

/// Two tasks with a docker secret, and a value in the environment. The health check passes unless `pin/expected` is there
/// and this is the second task, and the secret's checksum is another: so a test can make one task ill from any new value.
pub const FILE: &str = r#"services:
  api:
    image: reseal-test:1
    command: ["sleep", "600"]
    stop_grace_period: 0s
    environment:
      DB_PASSWORD: ${DB_PASSWORD}
      SLOT: "{{.Task.Slot}}"
    secrets:
      - source: jwt
        target: signing
        uid: "1000"
        mode: 0440
    volumes: ["FOLDER/pin:/pin:ro"]
    healthcheck:
      test: ["CMD-SHELL", "[ $$SLOT = 1 ] || ! [ -e /pin/expected ] || [ \"$$(md5sum </run/secrets/signing)\" = \"$$(cat /pin/expected)\" ]"]
      interval: 200ms
      timeout: 5s
      retries: 1
    deploy:
      replicas: 2
      restart_policy: {delay: 100ms}
      update_config: {parallelism: 1, order: start-first, monitor: 300ms, failure_action: rollback}
      rollback_config: {parallelism: 2, monitor: 300ms}

secrets:
  jwt:
    environment: JWT_SECRET
"#;

/// Docker, which notes how it is called. With a file `slow` it takes its time before it deploys, once.
const DOCKER: &str = r#"#!/bin/sh
printf '%s\n' "$*" >>calls
if [ "$1 $2" = "stack deploy" ] && [ -e slow ]; then rm slow; : >in-the-middle; sleep 1; fi
exec docker "$@"
"#;

pub struct Stack {
    pub project: Project,
    pub name: String,
    /// The secret before any rotation. Each stack has its own: one that another has too would rightly be found there.
    pub jwt: String,
}

impl Stack {
    /// A project with a policy; nothing runs yet.
    pub fn new(deploy: &str) -> Self {
        let project = Project::empty();
        let name = project.root.file_name().unwrap().to_str().unwrap().to_owned();
        let jwt = format!("old-and-known-{name}");
        project.write("plain", format!("JWT_SECRET={jwt}\nDB_PASSWORD=password-of-{name}\n"));
        project.run(&["encrypt", "plain", "-o", ".env.enc"]).ok();
        project.remove("plain");
        fs::create_dir(project.path("pin")).unwrap();
        project.chmod("pin", 0o755);
        project.script("docker", DOCKER);
        project.write("stack.yml", FILE.replace("FOLDER", project.root.to_str().unwrap()));
        let stack = Stack { project, name, jwt };
        stack.policy(deploy);
        stack
    }

    /// With its services running on the values of the sealed file.
    pub fn running() -> Self {
        Stack::watched("300ms", "60s")
    }

    /// The same, where the engine watches new tasks for that long, and reseal waits for it for that long.
    pub fn watched(monitor: &str, timeout: &str) -> Self {
        let stack = Stack::new(&format!("files = [\"stack.yml\"]\ntimeout = \"{timeout}\""));
        let text = stack.project.text("stack.yml");
        let (kept, new) = ("order: start-first, monitor: ", "300ms");
        stack.project.write("stack.yml", text.replace(&format!("{kept}{new}"), &format!("{kept}{monitor}")));
        stack.reseal(&["deploy"]).ok().says("deployed: the services run on what .env.enc holds");
        stack
    }

    pub fn policy(&self, deploy: &str) {
        let name = &self.name;
        self.project.write(
            "reseal.toml",
            format!(
                "[deploy]\nkind = \"swarm\"\ncommand = [\"./docker\"]\nstack = \"{name}\"\n{deploy}\n\
                 [secret.JWT_SECRET]\ngenerate = \"base64url:32\"\n\
                 [secret.DB_PASSWORD]\ngenerate = \"alnum:32\"\ninit-only = false\n"
            ),
        );
    }

    pub fn reseal(&self, args: &[&str]) -> Output {
        self.project.run(args)
    }

    pub fn rotate(&self, key: &str) -> Output {
        self.reseal(&["rotate", key, "--yes"])
    }

    /// The containers of a service's tasks that run.
    pub fn containers(&self, service: &str) -> Vec<String> {
        let label = format!("label=com.docker.swarm.service.name={}_{service}", self.name);
        docker(&["ps", "--quiet", "--filter", &label]).lines().map(str::to_owned).collect()
    }

    /// What each of the tasks has in a file.
    pub fn seen(&self, service: &str, path: &str) -> Vec<String> {
        self.containers(service).iter().map(|id| docker(&["exec", id, "cat", path])).collect()
    }

    /// What each of the tasks has for a variable.
    pub fn environment(&self, service: &str, key: &str) -> Vec<String> {
        let print = format!("printf %s \"${key}\"");
        self.containers(service).iter().map(|id| docker(&["exec", id, "sh", "-c", &print])).collect()
    }

    /// Both tasks have this value as their secret.
    #[track_caller]
    pub fn both_have(&self, value: &str) {
        // a task that was replaced may take a moment to go
        until("two tasks run", || self.containers("api").len() == 2);
        assert_eq!(self.seen("api", "/run/secrets/signing"), [value, value]);
    }

    /// The docker secrets that were made for a key.
    pub fn secrets(&self, key: &str) -> Vec<String> {
        let (stack, key) = (format!("label=reseal.stack={}", self.name), format!("label=reseal.key={key}"));
        let listed = docker(&["secret", "ls", "--format", "{{.Name}}", "--filter", &stack, "--filter", &key]);
        listed.lines().map(str::to_owned).collect()
    }

    /// From now on the second task is healthy only with the value that the tasks have now.
    pub fn pin(&self) {
        let sum = docker(&["exec", &self.containers("api")[0], "sh", "-c", "md5sum </run/secrets/signing"]);
        self.project.write("pin/expected", sum);
        self.project.chmod("pin/expected", 0o644);
    }

    /// Nothing was left in the folder by a deploy.
    #[track_caller]
    pub fn nothing_is_left(&self) {
        let files = self.project.files();
        let left: Vec<_> = files.iter().filter(|path| path.to_string_lossy().ends_with(".reseal")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let silent = |args: &[&str]| {
            let mut command = Command::new("docker");
            command.args(args).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let listed = |args: &[&str], filter: &str| {
            let output = Command::new("docker").args(args).args(["--quiet", "--filter", filter]).output();
            output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default()
        };
        let name = &self.name;
        for service in listed(&["service", "ls"], &format!("name={name}")).lines() {
            silent(&["service", "rm", service]);
        }
        for secret in listed(&["secret", "ls"], &format!("name={name}")).lines() {
            silent(&["secret", "rm", secret]);
        }
        let networks = listed(&["network", "ls"], &format!("label=com.docker.stack.namespace={name}"));
        for network in networks.lines() {
            // it goes once the last task has gone
            for _ in 0..50 {
                if silent(&["network", "rm", network]) {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
        }
    }
}
