//! `reseal demo`: the main job on a throw-away project. Nothing is staged: the commands are run, the process is killed
//! with SIGKILL in the middle of a rotation, and what is printed is what they printed.
#![expect(clippy::disallowed_methods, reason = "the demo starts this program again, in a folder of its own")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::report::Report;
use super::session;
use crate::disk::{self, Attributes, Owner};
use crate::error::{Error, Result};
use crate::secret::{SecretValue, Spec};

/// "Starts" a service: it reads its secret from the environment and keeps only a fingerprint of it. With a file `slow`
/// beside it, it takes its time, so that there is a middle to be killed in.
const UP: &str = r#"#!/bin/sh
if [ -e slow ]; then rm slow; : > in-the-middle; sleep 1; fi
exec "$RESEAL" exec -- sh -c 'printf %s "$JWT_SECRET $REDIS_URL" | cksum > service.running'
"#;

/// The same, with a service that falls ill from a new value and gets well on the old one.
const ILL: &str = r#"#!/bin/sh
if [ -e ill ]; then rm ill; else : > ill; fi
exec "$RESEAL" exec -- sh -c 'printf %s "$JWT_SECRET $REDIS_URL" | cksum > service.running'
"#;

const POLICY: &str = r#"
[deploy]
kind = "wrapper"
command = ["./up"]
steps = [["-d"]]

[[probe]]
command = ["./healthy"]
within = "2s"

[secret.JWT_SECRET]
generate = "base64url:64"
every = "90d"
previous = { key = "JWT_SECRET_PREVIOUS", keep-for = "30m" }

[secret.REDIS_PASSWORD]
generate = "alnum:32"
feeds = [{ key = "REDIS_URL", part = "password" }]
"#;

pub(super) fn run(report: &Report) -> Result<()> {
    let mut id = [0u8; 6];
    session::random().fill_bytes(&mut id);
    let id: String = id.iter().map(|b| format!("{b:02x}")).collect();
    let folder = std::env::temp_dir().join(format!("reseal-demo-{id}"));
    disk::make_folder(&folder, Owner::of_this_process())?;
    let played = Demo { folder: folder.clone(), report }.play();
    disk::remove_folder(&folder)?;
    played?;
    report.line(&format!("{} is removed again", folder.display()))
}

struct Demo<'a> {
    folder: PathBuf,
    report: &'a Report,
}

impl Demo<'_> {
    fn play(&self) -> Result<()> {
        self.tell(&format!(
            "A throw-away project in {}: an env file, a script that starts a service.",
            self.folder.display()
        ))?;
        let spec = Spec::parse("alnum:24")?;
        let password = spec.generate(&mut *session::random());
        let jwt = spec.generate(&mut *session::random());
        let env = SecretValue::concat(&[
            b"# the application\nJWT_SECRET=",
            jwt.expose(),
            b"\nREDIS_PASSWORD=",
            password.expose(),
            b"\nREDIS_URL=redis://:",
            password.expose(),
            b"@redis:6379/0\n",
        ]);
        // the one plaintext file of the demo, as an operator has it before reseal; its values were made up just now
        self.write(".env", env.expose(), 0o600)?;
        self.write("up", UP.as_bytes(), 0o700)?;
        self.write("healthy", b"#!/bin/sh\ntest -s service.running\n", 0o700)?;
        self.write("reseal.toml", POLICY.as_bytes(), 0o600)?;

        self.show(&["init", "--delete-plaintext"], 0)?;
        self.show(&["list"], 0)?;
        self.quietly(&["exec", "--", "./up"])?;

        self.tell(
            "A rotation of two secrets. It is killed with SIGKILL while the service is being restarted.",
        )?;
        self.write("slow", b"", 0o600)?;
        self.killed(&["rotate", "JWT_SECRET", "REDIS_PASSWORD", "--reason", "demo", "--yes"])?;

        self.tell("The sealed file is whole, the journal knows how far it came.")?;
        self.show(&["status"], 13)?;
        self.show(&["resume"], 0)?;
        self.agrees()?;

        self.tell("Another one, and this time the service does not become well: everything is put back.")?;
        self.write("healthy", b"#!/bin/sh\ntest ! -e ill\n", 0o700)?;
        self.write("up", ILL.as_bytes(), 0o700)?;
        self.show(&["rotate", "REDIS_PASSWORD", "--yes"], 10)?;
        self.agrees()?;

        self.tell("What was done, by whom, and how it ended; what is kept; what lies around.")?;
        self.show(&["history"], 0)?;
        self.show(&["backup", "verify"], 0)?;
        self.show(&["doctor"], 0)
    }

    fn tell(&self, text: &str) -> Result<()> {
        self.report.line(&format!("\n{text}"))
    }

    fn write(&self, name: &str, bytes: &[u8], mode: u32) -> Result<()> {
        disk::replace(&self.folder.join(name), bytes, Attributes { mode, owner: Owner::of_this_process() })
    }

    /// This program, in the demo's folder, with the demo's key and nobody else's.
    fn reseal(&self, args: &[&str]) -> Result<Command> {
        let exe =
            std::env::current_exe().map_err(|e| Error::failed(format!("cannot find this program: {e}")))?;
        let mut command = Command::new(&exe);
        command.args(args).current_dir(&self.folder).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SOPS_") || name.to_string_lossy().starts_with("RESEAL") {
                command.env_remove(name);
            }
        }
        command.env("HOME", &self.folder).env_remove("XDG_CONFIG_HOME").env("RESEAL", exe);
        Ok(command)
    }

    /// Runs a command and prints what it printed.
    fn show(&self, args: &[&str], code: i32) -> Result<()> {
        self.report.line(&format!("$ reseal {}", args.join(" ")))?;
        let output =
            self.reseal(args)?.output().map_err(|e| Error::failed(format!("cannot start reseal: {e}")))?;
        self.report.data(&output.stdout)?;
        self.report.data(&output.stderr)?;
        if output.status.code() != Some(code) {
            return Err(Error::failed(format!(
                "`reseal {}` ended with {}, not with {code}",
                args.join(" "),
                output.status
            )));
        }
        Ok(())
    }

    fn quietly(&self, args: &[&str]) -> Result<()> {
        let status =
            self.reseal(args)?.status().map_err(|e| Error::failed(format!("cannot start reseal: {e}")))?;
        if status.success() {
            Ok(())
        } else {
            Err(Error::failed(format!("`reseal {}` failed", args.join(" "))))
        }
    }

    /// Starts a command and kills it once the service is being restarted.
    fn killed(&self, args: &[&str]) -> Result<()> {
        self.report.line(&format!("$ reseal {}", args.join(" ")))?;
        let log = self.folder.join("killed.log");
        self.write("killed.log", b"", 0o600)?;
        let out = disk::appending(&log)?;
        let mut child = self
            .reseal(args)?
            .stdout(Stdio::null())
            .stderr(out)
            .spawn()
            .map_err(|e| Error::failed(format!("cannot start reseal: {e}")))?;
        let until = Instant::now() + Duration::from_secs(20);
        while disk::stat(&self.folder.join("in-the-middle")).is_none() {
            if Instant::now() > until || child.try_wait().is_ok_and(|s| s.is_some()) {
                return Err(Error::failed("the rotation did not come to the restart of the service"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        let _ = child.wait();
        self.report.data(&disk::read(&log)?)?;
        disk::remove(&log)?;
        self.report.line("Killed")
    }

    /// The service runs on the value that the file holds.
    fn agrees(&self) -> Result<()> {
        let check = "test \"$(printf %s \"$JWT_SECRET $REDIS_URL\" | cksum)\" = \"$(cat service.running)\"";
        self.quietly(&["exec", "--", "sh", "-c", check])?;
        self.report.line("(checked: the service runs on the value in the file)")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_policy_of_the_demo_is_one() {
        assert!(crate::config::Config::parse(super::POLICY).is_ok());
    }
}
