//! A Redis server, or what speaks as one.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Folder, Running, free_port, wait_until};

/// How a server is started.
#[derive(Clone, Default)]
pub struct Options<'a> {
    /// `redis-server` where empty.
    pub program: &'a str,
    /// The lines of its configuration file; without them it has none.
    pub conf: Option<&'a str>,
    /// The lines of its ACL file.
    pub acl: Option<&'a str>,
    /// More arguments.
    pub args: &'a [&'a str],
    /// Commands of a shell that come first, in its folder; `$conf` is the configuration file.
    pub before: &'a str,
}

/// A server in a folder of its own; it is stopped when dropped.
pub struct Redis {
    pub port: u16,
    pub folder: Folder,
    program: String,
    args: Vec<String>,
    before: String,
    running: Option<Running>,
}

impl Redis {
    pub fn start(options: &Options<'_>) -> Self {
        let folder = Folder::new("redis");
        let mut args = Vec::new();
        std::fs::create_dir(folder.0.join("etc")).unwrap();
        if let Some(conf) = options.conf {
            let path = folder.0.join("etc/redis.conf");
            std::fs::write(&path, conf).unwrap();
            args.push(path.display().to_string());
        }
        let option = |name: &str, value: String| [format!("--{name}"), value];
        if let Some(acl) = options.acl {
            let path = folder.0.join("etc/users.acl");
            std::fs::write(&path, acl).unwrap();
            args.extend(option("aclfile", path.display().to_string()));
        }
        args.extend(option("bind", "127.0.0.1".into()));
        args.extend(option("dir", folder.0.display().to_string()));
        args.extend(option("unixsocket", folder.0.join("socket").display().to_string()));
        args.extend(option("logfile", folder.0.join("log").display().to_string()));
        args.extend(option("loglevel", "debug".into()));
        args.extend(option("slowlog-log-slower-than", "0".into()));
        args.extend(option("slowlog-max-len", "100000".into()));
        args.extend(option("save", String::new()));
        args.extend(options.args.iter().map(|arg| (*arg).to_owned()));
        let program = if options.program.is_empty() { "redis-server" } else { options.program };
        let mut server = Redis {
            port: 0,
            folder,
            program: program.to_owned(),
            args,
            before: options.before.to_owned(),
            running: None,
        };
        // between asking for a free port and listening there, another test may have taken it
        while !{
            server.port = free_port();
            server.came_up()
        } {}
        server
    }

    /// Starts it as it was started before, on the same port.
    pub fn start_again(&mut self) {
        assert!(self.came_up(), "{}", self.log());
    }

    /// Starts it and waits until it listens; `false` if it cannot because its port is taken.
    fn came_up(&mut self) -> bool {
        let log = self.folder.0.join("log");
        let _ = std::fs::remove_file(&log);
        let mut command = Command::new("sh");
        let script = format!("{}\nexec \"$@\"", self.before);
        command.args(["-c", &script, "sh", &self.program]).args(&self.args);
        command.args(["--port", &self.port.to_string()]);
        command.env("conf", self.conf_path()).current_dir(&self.folder.0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = Running(command.spawn().unwrap());
        let mut up = false;
        wait_until("redis", || {
            // its own log, because on the port another server may answer
            let log = self.log();
            up = log.contains("eady to accept connections") || log.contains("Sentinel ID is");
            let taken = ["already in use", "Failed listening"].iter().any(|words| log.contains(words));
            assert!(up || taken || child.0.try_wait().unwrap().is_none(), "redis ended: {log}");
            up || taken
        });
        self.running = up.then_some(child);
        up
    }

    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Stops and starts it.
    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// Runs one command by its own client and gives all that is printed.
    pub fn cli(&self, user: &str, password: &str, words: &[&str]) -> String {
        let mut command = self.client(user, password);
        let output = command.args(words).stdin(Stdio::null()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Its own client, logged in.
    pub fn client(&self, user: &str, password: &str) -> Command {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &self.port.to_string(), "--user", user]).env("REDISCLI_AUTH", password);
        command
    }

    /// A client that stays, with a conversation on its standard input and output.
    pub fn session(&self, user: &str, password: &str) -> Session {
        let mut command = self.client(user, password);
        Session(Running(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()))
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.0.join("log")).unwrap_or_default()
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.0.join("socket")
    }

    pub fn conf_path(&self) -> PathBuf {
        self.folder.0.join("etc/redis.conf")
    }

    pub fn conf(&self) -> String {
        std::fs::read_to_string(self.conf_path()).unwrap()
    }
}

/// An open session.
pub struct Session(Running);

impl Session {
    /// Sends a command that is answered by one line.
    pub fn ask(&mut self, command: &str) -> String {
        let child = &mut self.0.0;
        writeln!(child.stdin.as_mut().unwrap(), "{command}").unwrap();
        self.line()
    }

    /// The next line.
    pub fn line(&mut self) -> String {
        // byte by byte, so that nothing of the next line is lost
        let mut line = Vec::new();
        let mut byte = [0];
        let from = self.0.0.stdout.as_mut().unwrap();
        while std::io::Read::read(from, &mut byte).unwrap() == 1 && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        String::from_utf8_lossy(&line).into_owned()
    }
}
