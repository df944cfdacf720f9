//! RabbitMQ with its management interface, the real one of Debian and a double for machines without it.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use super::web::{Server, serve};
use super::{Folder, Running, free_port, wait_until};

/// Where Debian keeps the programs themselves; those in the PATH change the user and lose the environment.
pub const BIN: &str = "/usr/lib/rabbitmq/bin";

/// A server with the administrator `guest`, whose password is `guest`.
pub struct RabbitMq {
    _folder: Folder,
    /// `http://127.0.0.1:port`
    pub url: String,
    /// What its own programs need to find it.
    pub env: Vec<(String, String)>,
    _process: Running,
}

impl RabbitMq {
    pub fn start() -> Self {
        let folder = Folder::new("rabbitmq");
        let at = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
        let (amqp, http) = (free_port(), free_port());
        std::fs::write(folder.0.join("plugins"), "[rabbitmq_management].\n").unwrap();
        let listen = format!(
            "listeners.tcp.1 = 127.0.0.1:{amqp}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {http}\n"
        );
        std::fs::write(folder.0.join("rabbitmq.conf"), listen).unwrap();
        let env: Vec<(String, String)> = [
            ("HOME", at("")),
            ("ERL_EPMD_PORT", free_port().to_string()),
            ("ERL_EPMD_ADDRESS", "127.0.0.1".into()),
            ("RABBITMQ_NODENAME", "test@localhost".into()),
            ("RABBITMQ_DIST_PORT", free_port().to_string()),
            ("RABBITMQ_MNESIA_BASE", at("mnesia")),
            ("RABBITMQ_LOGS", "-".into()),
            ("RABBITMQ_PID_FILE", at("pid")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins")),
            ("RABBITMQ_CONFIG_FILE", at("rabbitmq")),
            ("RABBITMQ_CONF_ENV_FILE", at("none")),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        let child = Command::new(format!("{BIN}/rabbitmq-server"))
            .envs(env.clone())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = RabbitMq {
            url: format!("http://127.0.0.1:{http}"),
            env,
            _folder: folder,
            _process: Running(child),
        };
        wait_until("rabbitmq", || server.ctl(&["await_startup", "--timeout", "60"], b""));
        server
    }

    /// `rabbitmqctl`, with a value on its input: whether it succeeded.
    pub fn ctl(&self, args: &[&str], input: &[u8]) -> bool {
        use std::io::Write;
        let mut child = Command::new(format!("{BIN}/rabbitmqctl"))
            .arg("-q")
            .args(args)
            .envs(self.env.clone())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait().unwrap().success()
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        // the name service goes with it; the server is a child of the script that `Running` knows
        self.ctl(&["shutdown", "--timeout", "30"], b"");
        let _ = Command::new("epmd").arg("-kill").envs(self.env.clone()).stdout(Stdio::null()).status();
    }
}

/// A double of the two endpoints that a password takes: `GET /api/whoami` and `PUT /api/users/app`, for the
/// administrator `guest` and the user `app`.
pub struct RabbitMqDouble {
    pub server: Server,
    /// The password of `app`.
    pub password: Arc<Mutex<String>>,
}

impl RabbitMqDouble {
    pub fn start(password: &str) -> Self {
        let password = Arc::new(Mutex::new(password.to_owned()));
        let kept = password.clone();
        let server = serve(move |request| {
            let mut password = kept.lock().unwrap();
            let refused = (401, r#"{"error":"not_authorized","reason":"Login failed"}"#.to_owned());
            let Some((user, value)) = &request.login else { return refused };
            let is_admin = user == "guest" && value == "guest";
            if !(is_admin || user == "app" && *value == *password) {
                return refused;
            }
            match (request.method.as_str(), request.path.as_str()) {
                ("GET", "/api/whoami") => (200, format!(r#"{{"name":"{user}","tags":["management"]}}"#)),
                ("PUT", "/api/users/app") if !is_admin => refused,
                ("PUT", "/api/users/app") => match (request.field("password"), request.field("tags")) {
                    (Some(new), Some(_)) => {
                        *password = new;
                        (204, String::new())
                    }
                    _ => (400, r#"{"error":"bad_request"}"#.to_owned()),
                },
                _ => (404, r#"{"error":"Object Not Found"}"#.to_owned()),
            }
        });
        RabbitMqDouble { server, password }
    }
}
