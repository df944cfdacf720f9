//! A MariaDB or MySQL server, with `root` let in by the socket without a password.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Folder, Running, free_port, wait_until};

/// The server of MySQL, as `scripts/test-programs mysql` names it: Debian's `mysqld` is MariaDB.
pub const MYSQLD: &str = "reseal-mysqld";

/// A server with files of its own.
pub struct Server {
    pub port: u16,
    pub socket: PathBuf,
    /// Everything the server writes is below it.
    pub folder: Folder,
    program: &'static str,
    options: Vec<String>,
    running: Option<Running>,
}

impl Server {
    /// A new MariaDB server that answers.
    pub fn mariadb(options: &[&str]) -> Self {
        Server::new("mariadbd", options)
    }

    /// A new MySQL server that answers.
    pub fn mysql(options: &[&str]) -> Self {
        Server::new(MYSQLD, options)
    }

    fn new(program: &'static str, options: &[&str]) -> Self {
        let folder = Folder::new(program);
        let options = options.iter().map(ToString::to_string).collect();
        let socket = folder.0.join("socket");
        let mut server = Server { port: free_port(), socket, folder, program, options, running: None };
        server.initialise();
        server.start(&[]);
        server
    }

    fn initialise(&self) {
        let data = format!("--datadir={}", self.data().display());
        let temporary = self.temporary();
        let mut command = if self.program == MYSQLD {
            let mut command = Command::new(MYSQLD);
            command.args(["--initialize-insecure", "--user=root", &data, &temporary]);
            command
        } else {
            let mut command = Command::new("mariadb-install-db");
            command.args(["--no-defaults", &data, &temporary, "--auth-root-authentication-method=normal"]);
            command.args(["--skip-test-db", "--skip-name-resolve", "--skip-log-bin"]);
            if Command::new("id").arg("-u").output().unwrap().stdout == b"0\n" {
                command.arg("--user=root");
            }
            command
        };
        let out = command.stdin(Stdio::null()).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }

    /// Starts it again, perhaps with further options.
    pub fn start(&mut self, more: &[&str]) {
        let log = std::fs::File::create(self.folder.0.join("log")).unwrap();
        let mut command = Command::new(self.program);
        if self.program == MYSQLD {
            command.arg("--mysqlx=OFF");
        } else {
            command.arg("--no-defaults");
        }
        command
            .arg("--user=root")
            .arg(format!("--datadir={}", self.data().display()))
            .arg(self.temporary())
            .arg(format!("--socket={}", self.socket.display()))
            .arg(format!("--pid-file={}", self.folder.0.join("pid").display()))
            .arg(format!("--port={}", self.port))
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0"])
            .args(&self.options)
            .args(more)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let mut running = Running(command.spawn().unwrap());
        wait_until(self.program, || {
            let log = || std::fs::read_to_string(self.folder.0.join("log")).unwrap_or_default();
            assert!(running.0.try_wait().unwrap().is_none(), "{} ended: {}", self.program, log());
            self.try_sql("SELECT 1").is_ok()
        });
        self.running = Some(running);
    }

    /// Stops it in order.
    pub fn stop(&mut self) {
        let mut running = self.running.take().unwrap();
        self.sql("SHUTDOWN");
        running.0.wait().unwrap();
    }

    /// The folder of the data.
    pub fn data(&self) -> PathBuf {
        self.folder.0.join("data")
    }

    /// A server removes at its start what looks left behind there, even another one's.
    fn temporary(&self) -> String {
        let folder = self.folder.0.join("tmp");
        std::fs::create_dir_all(&folder).unwrap();
        format!("--tmpdir={}", folder.display())
    }

    /// What the statements answer as root: one row a line, tabs between the columns.
    pub fn sql(&self, statements: &str) -> String {
        self.try_sql(statements).unwrap_or_else(|e| panic!("{statements}: {e}"))
    }

    fn try_sql(&self, statements: &str) -> Result<String, String> {
        let mut client = Command::new("mariadb")
            .args(["--no-defaults", "-N", "-B", "--raw", "-u", "root", "-S"])
            .arg(&self.socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // the client may have given up before it read them
        let _ = client.stdin.take().unwrap().write_all(statements.as_bytes());
        let out = client.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        if out.status.success() { Ok(text(out.stdout)) } else { Err(text(out.stderr)) }
    }
}
