//! systemd units, under a real systemd in a container: the example units of `docs/examples/systemd`, whose `/run` is
//! tmpfs, with the program of this build. And what is refused where no systemd runs.

use std::process::Command;

use crate::compose::stack::{docker, until};
use crate::harness::{Output, Project, have};

const ENV: &str = "JWT_SECRET=old-jwt-of-a-unit\nDB_PASSWORD=password-of-a-unit\n";

const POLICY: &str = r#"
age-key-file = "age.key"
[deploy]
kind = "systemd"
units = ["shop.service"]
env-files = ["/run/shop/env"]
credentials = "/run/shop/credentials"
timeout = "30s"
[secret.JWT_SECRET]
generate = "base64url:32"
[secret.DB_PASSWORD]
generate = "alnum:32"
init-only = false
"#;

/// The service. With a file `ill` it starts only with the value that is in it.
const SHOP: &str = r#"#!/bin/sh
if [ -e /srv/shop/ill ] && [ "$(cat /srv/shop/ill)" != "$(cat "$CREDENTIALS_DIRECTORY/JWT_SECRET")" ]; then exit 1; fi
exec sleep 600
"#;

/// A machine that runs systemd, with the project in `/srv/shop`.
struct Machine {
    project: Project,
    name: String,
}

impl Machine {
    fn booted() -> Self {
        let project = Project::sealed(ENV);
        project.write("reseal.toml", POLICY);
        project.script("shop", SHOP);
        let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/systemd");
        let name = project.root.file_name().unwrap().to_str().unwrap().to_owned();
        let machine = Machine { project, name };
        let volume = |from: &str, to: &str| format!("--volume={from}:{to}");
        let root = machine.project.root.to_str().unwrap();
        let start = "mkdir -p /etc/systemd/system/multi-user.target.wants \
            && ln -sf ../shop.service /etc/systemd/system/multi-user.target.wants/ \
            && mount --make-rshared / && exec /usr/lib/systemd/systemd";
        docker(&[
            "run",
            "--detach",
            "--name",
            &machine.name,
            "--cap-add=SYS_ADMIN",
            "--security-opt=seccomp=unconfined",
            "--security-opt=apparmor=unconfined",
            "--cgroupns=host",
            "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw",
            "--network=none",
            "--tmpfs=/run",
            "--tmpfs=/tmp",
            "--env=container=docker",
            &volume(root, "/srv/shop"),
            &volume(&format!("{root}/age.key"), "/etc/shop/age.key:ro"),
            &volume(&format!("{root}/shop"), "/usr/bin/shop:ro"),
            &volume(&format!("{examples}/shop.service"), "/etc/systemd/system/shop.service:ro"),
            &volume(
                &format!("{examples}/shop-secrets.service"),
                "/etc/systemd/system/shop-secrets.service:ro",
            ),
            &volume(env!("CARGO_BIN_EXE_reseal"), "/usr/bin/reseal:ro"),
            "reseal-test-systemd:1",
            "sh",
            "-c",
            start,
        ]);
        machine.awaits_boot();
        machine
    }

    fn awaits_boot(&self) {
        until("systemd has booted", || {
            self.run(&["systemctl", "is-system-running"]).stdout.trim() == "running"
        });
    }

    fn run(&self, args: &[&str]) -> Output {
        Output::of(Command::new("docker").args(["exec", &self.name]).args(args))
    }

    fn reseal(&self, args: &[&str]) -> Output {
        self.run(&[&["reseal", "-C", "/srv/shop"], args].concat())
    }

    fn show(&self, property: &str) -> String {
        let shown = self.run(&["systemctl", "show", "--value", "--property", property, "shop.service"]);
        shown.ok().stdout.trim().to_owned()
    }

    /// What the service has: in its environment, and as a credential.
    #[track_caller]
    fn has(&self, password: &str, jwt: &str) {
        let environment = self.run(&["cat", &format!("/proc/{}/environ", self.show("MainPID"))]).ok().stdout;
        let line = format!("DB_PASSWORD={password}");
        assert!(environment.split('\0').any(|variable| variable == line), "{line} is not in {environment:?}");
        assert_eq!(self.run(&["cat", "/run/credentials/shop.service/JWT_SECRET"]).ok().stdout, jwt);
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rm", "-fv", &self.name]).output();
    }
}

#[test]
fn units_get_their_values_in_ram_at_boot_and_at_each_rotation() {
    if !have("systemd", &["docker", "systemd"]) {
        return;
    }
    let machine = Machine::booted();
    machine.run(&["systemd-analyze", "verify", "shop.service", "shop-secrets.service"]).ok();
    // the example units have written the files at boot
    machine.has("password-of-a-unit", "old-jwt-of-a-unit");

    let began = machine.show("MainPID");
    let plan = machine.reseal(&["rotate", "JWT_SECRET", "--dry-run"]).ok();
    assert!(plan.stdout.contains("run systemctl restart shop.service"), "{}", plan.stdout);
    machine.reseal(&["rotate", "JWT_SECRET", "DB_PASSWORD", "--yes"]).ok().says("committed");
    assert_ne!(machine.show("MainPID"), began);
    let (jwt, password) = (machine.project.get("JWT_SECRET"), machine.project.get("DB_PASSWORD"));
    assert_ne!(jwt, "old-jwt-of-a-unit");
    machine.has(&password, &jwt);

    let modes = machine.run(&["sh", "-c", "stat -c '%a %n' /run/shop/* /run/shop/credentials/*"]).ok().stdout;
    assert_eq!(
        modes,
        "700 /run/shop/credentials\n600 /run/shop/env\n600 /run/shop/credentials/DB_PASSWORD\n600 /run/shop/credentials/JWT_SECRET\n"
    );
    for path in machine.project.files() {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains(&jwt) && !text.contains(&password), "a value is in {path:?}");
    }

    // a key that is gone is gone from RAM with the next deploy
    machine.project.run(&["unset", "DB_PASSWORD"]).ok();
    machine.reseal(&["deploy"]).ok().says("deployed: the services run on what .env.enc holds");
    assert_eq!(machine.run(&["ls", "/run/shop/credentials"]).ok().stdout, "JWT_SECRET\n");
    machine.reseal(&["history"]).ok();

    // RAM is empty after a boot
    docker(&["restart", "--time", "0", &machine.name]);
    machine.awaits_boot();
    assert_eq!(machine.run(&["cat", "/run/credentials/shop.service/JWT_SECRET"]).ok().stdout, jwt);
}

#[test]
fn a_unit_that_does_not_stay_active_takes_everything_back() {
    if !have("systemd", &["docker", "systemd"]) {
        return;
    }
    let machine = Machine::booted();
    let sealed = machine.project.read(".env.enc");
    machine.project.write("ill", "old-jwt-of-a-unit");
    machine.project.chmod("ill", 0o644);
    let output = machine.reseal(&["rotate", "JWT_SECRET", "--yes"]).code(10);
    output.says("unit \"shop.service\" failed (exit-code)").says("rolled back");
    assert_eq!(machine.project.read(".env.enc"), sealed);
    machine.has("password-of-a-unit", "old-jwt-of-a-unit");
    assert_eq!(machine.show("ActiveState"), "active");
}

#[test]
fn a_rotation_that_was_killed_while_units_restart_is_finished_or_taken_back() {
    if !have("systemd", &["docker", "systemd"]) {
        return;
    }
    let machine = Machine::booted();
    for back in [false, true] {
        let before = machine.project.get("JWT_SECRET");
        let began = machine.show("MainPID");
        docker(&[
            "exec",
            "--detach",
            &machine.name,
            "reseal",
            "-C",
            "/srv/shop",
            "rotate",
            "JWT_SECRET",
            "--yes",
        ]);
        until("the unit restarts", || machine.show("MainPID") != began);
        machine.run(&["sh", "-c", "kill -9 $(pidof reseal)"]).ok();
        let new = machine.project.get("JWT_SECRET");
        assert_ne!(new, before);
        machine.reseal(&["status"]).code(13);
        // a boot in the middle of it brings the service up on what is live
        machine.reseal(&["deploy", "--files-only"]).ok();
        if back {
            machine.reseal(&["resume", "--back"]).ok().says("rolled back");
            machine.has("password-of-a-unit", &before);
        } else {
            machine.reseal(&["resume"]).ok().says("committed: JWT_SECRET");
            machine.has("password-of-a-unit", &new);
        }
    }
}

#[test]
fn what_would_lie_on_a_disk_is_refused_and_so_is_a_machine_without_systemd() {
    let project = Project::sealed(ENV);
    let policy = |files: &str| {
        project.write("reseal.toml", format!("[deploy]\nkind = \"systemd\"\nunits = [\"shop\"]\n{files}\n"));
    };
    // tests run on a disk where the machine has one; /proc is neither disk nor RAM
    for files in ["env-files = [\"/proc/shop/env\"]", "credentials = \"/proc/shop\""] {
        policy(files);
        project.run(&["deploy"]).code(1).says("is on a disk, and plaintext must not be").says("below /run");
        project.run(&["deploy", "--files-only"]).code(1).says("is on a disk, and plaintext must not be");
    }
    if have("systemd::refused", &["systemctl"]) && !std::path::Path::new("/run/systemd/system").exists() {
        policy("");
        let output = project.run(&["deploy"]).code(1);
        output.says("systemd does not answer").says("nothing was started").says("run `systemctl status`");
        project.run(&["rotate", "JWT_SECRET", "--yes"]).code(1).says("systemd does not answer");
    }
}
