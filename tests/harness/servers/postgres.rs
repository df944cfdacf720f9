//! A real postgres, with the rules of pg_hba.conf and the settings that a test wants.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::{Folder, Running, free_port, wait_until};

/// The superuser of every server here, who needs no password on the socket.
pub const OWNER: &str = "harness";

/// One server; its data are kept while it is stopped.
pub struct Postgres {
    folder: Folder,
    pub port: u16,
    running: Option<Running>,
}

impl Postgres {
    /// A new server with these lines in pg_hba.conf and in postgresql.conf.
    pub fn start(auth: &[&str], settings: &[&str]) -> Self {
        let folder = Folder::new("postgres");
        let mut server = Postgres { folder, port: free_port(), running: None };
        let data = server.data();
        let made = unprivileged("initdb")
            .args(["-N", "-A", "trust", "-U", OWNER, "-E", "UTF8", "--locale=C", "-D"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        // what is synced here is lost with the folder anyway
        let mut settings = settings.join("\n");
        if !settings.contains("fsync") {
            settings += "\nfsync = off";
        }
        let rules = format!("local all {OWNER} trust\n{}\n", auth.join("\n"));
        std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
        std::fs::write(data.join("postgresql.auto.conf"), settings + "\n").unwrap();
        server.up();
        server
    }

    /// The folder that holds its socket.
    pub fn folder(&self) -> PathBuf {
        self.folder.0.clone()
    }

    /// The socket itself.
    pub fn socket(&self) -> PathBuf {
        self.folder.0.join(format!(".s.PGSQL.{}", self.port))
    }

    fn data(&self) -> PathBuf {
        self.folder.0.join("data")
    }

    /// Starts it, and waits until it takes connections.
    pub fn up(&mut self) {
        for _ in 0..5 {
            let log = self.folder.0.join("log");
            let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
            let child = unprivileged("postgres")
                .arg("-D")
                .arg(self.data())
                .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
                .arg(format!("--unix_socket_directories={}", self.folder.0.display()))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .unwrap();
            let mut running = Running(child);
            let mut ended = false;
            wait_until("postgres", || {
                ended = running.0.try_wait().unwrap().is_some();
                ended || self.psql(OWNER, None, "SELECT 1").is_ok()
            });
            if !ended {
                self.running = Some(running);
                return;
            }
            // somebody else was faster to take the port
            self.port = free_port();
        }
        panic!("postgres does not start: {}", self.log());
    }

    /// The process that takes connections.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().unwrap().0.id()
    }

    /// Sends a signal to that process.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Ends it as an administrator would.
    pub fn stop(&mut self) {
        self.end("INT");
    }

    /// Ends it as a crash would.
    pub fn crash(&mut self) {
        self.end("QUIT");
    }

    fn end(&mut self, signal: &str) {
        if self.running.is_some() {
            self.signal(signal);
            let mut running = self.running.take().unwrap();
            running.0.wait().unwrap();
        }
    }

    /// Makes it a read-only replica of what it was.
    pub fn demote(&mut self) {
        self.stop();
        std::fs::write(self.data().join("standby.signal"), "").unwrap();
        self.up();
    }

    /// All it has logged.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.0.join("log")).unwrap()).into_owned()
    }

    /// Runs SQL as the superuser, and gives what it prints, without the last line's end.
    pub fn sql(&self, sql: &str) -> String {
        self.psql(OWNER, None, sql).unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// Runs SQL by the real client, over the socket, or over the network where there is a password.
    pub fn psql(&self, user: &str, password: Option<&str>, sql: &str) -> Result<String, String> {
        let output = self.client(user, password, "postgres").args(["-c", sql]).output().unwrap();
        printed(&output)
    }

    /// The real client.
    pub fn client(&self, user: &str, password: Option<&str>, database: &str) -> Command {
        let mut command = Command::new("psql");
        command
            .env_remove("PGOPTIONS")
            .env("PGCONNECT_TIMEOUT", "5")
            .args(["-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-p", &self.port.to_string()])
            .args(["-U", user, "-d", database, "-h"]);
        match password {
            Some(password) => command.arg("127.0.0.1").env("PGPASSWORD", password),
            None => command.arg(&self.folder.0),
        };
        command.stdin(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // not by SIGKILL, which would leave its shared memory behind
        if let Some(running) = &mut self.running {
            let pid = running.0.id().to_string();
            let _ = Command::new("kill").args(["-QUIT", &pid]).status();
            let _ = Command::new("kill").args(["-CONT", &pid]).status();
            let _ = running.0.wait();
        }
    }
}

fn printed(output: &Output) -> Result<String, String> {
    if output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        return Ok(text.trim_end_matches('\n').to_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A program of the server, which refuses to run as root.
fn unprivileged(program: &str) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    let mut command = if root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", program]);
        command
    } else {
        Command::new(program)
    };
    command.env("LC_ALL", "C");
    command
}
