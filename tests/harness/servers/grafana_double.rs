//! A double of Grafana, because no package of Debian, PyPI or npm has the real one: the seven endpoints that a password
//! takes, as Grafana's source answers them (`pkg/api/user.go`, `admin_users.go`, `user_token.go`,
//! `pkg/services/authn/clients/password.go`, `pkg/services/loginattempt`). It is no proof that Grafana behaves so.

use std::sync::{Arc, Mutex};

use super::web::{Request, Server, serve};

const ADMIN: (u64, &str) = (1, "root");
const USER: (u64, &str) = (7, "app");

/// What it keeps; a test may look and change.
pub struct State {
    /// Passwords of the admin `root` and of the user `app`.
    pub admin: String,
    pub user: String,
    /// Whether wrong passwords are counted, as they are by default.
    pub protected: bool,
    /// Wrong passwords of `app`; time does not pass here.
    pub wrong: usize,
    /// Numbers of the sessions that browsers of `app` have open.
    pub tokens: Vec<u64>,
    /// What was asked and the status, e.g. `GET /api/user 401`.
    pub log: Vec<String>,
}

pub struct Grafana {
    pub server: Server,
    pub state: Arc<Mutex<State>>,
}

impl Grafana {
    /// The admin `root` with the password `admin`, and the user `app`.
    pub fn start(user: &str) -> Self {
        let state = Arc::new(Mutex::new(State {
            admin: "admin".into(),
            user: user.into(),
            protected: true,
            wrong: 0,
            tokens: vec![3, 4],
            log: Vec::new(),
        }));
        let kept = state.clone();
        let server = serve(move |request| {
            let mut state = kept.lock().unwrap();
            let (status, body) = state.answer(request);
            state.log.push(format!("{} {} {status}", request.method, request.path));
            (status, body)
        });
        Grafana { server, state }
    }
}

fn message(status: u16, id: &str) -> (u16, String) {
    (status, format!("{{\"message\":\"a message\",\"messageId\":\"{id}\",\"statusCode\":{status}}}"))
}

impl State {
    fn answer(&mut self, request: &Request) -> (u16, String) {
        let who = match self.log_in(request) {
            Ok(who) => who,
            Err(answer) => return answer,
        };
        let path: Vec<&str> = request.path.trim_start_matches("/api/").split('/').collect();
        let short = |password: &Option<String>| password.as_ref().is_none_or(|p| p.len() < 4);
        match (request.method.as_str(), path.as_slice()) {
            ("GET", ["user"]) => (
                200,
                format!("{{\"id\":{},\"login\":\"{}\",\"email\":\"{}@localhost\"}}", who.0, who.1, who.1),
            ),
            ("PUT", ["user", "password"]) if who == USER => {
                let new = request.field("newPassword");
                if request.field("oldPassword").as_ref() != Some(&self.user) {
                    return message(401, "user.invalidOldPassword");
                }
                if short(&new) || request.field("confirmNew") != new {
                    return message(400, "user.passwordTooShort");
                }
                self.user = new.unwrap();
                message(200, "")
            }
            ("GET", ["user", "auth-tokens"]) => self.listed(),
            ("POST", ["user", "revoke-auth-token"]) => {
                let before = self.tokens.len();
                self.tokens.retain(|token| request.body != format!("{{\"authTokenId\":{token}}}"));
                if self.tokens.len() < before { message(200, "") } else { message(404, "") }
            }
            (_, ["admin" | "users", ..]) | (_, ["users?", ..]) if who != ADMIN => {
                message(403, "accesscontrol")
            }
            ("GET", [lookup]) if lookup.starts_with("users") => message(404, ""),
            ("GET", ["users", lookup]) => match lookup.strip_prefix("lookup?loginOrEmail=") {
                Some(name) if name == USER.1 => (200, format!("{{\"id\":{}}}", USER.0)),
                _ => message(404, "user.not-found"),
            },
            ("PUT", ["admin", "users", "7", "password"]) => {
                let new = request.field("password");
                if short(&new) {
                    return message(400, "");
                }
                self.user = new.unwrap();
                message(200, "")
            }
            ("GET", ["admin", "users", "7", "auth-tokens"]) => self.listed(),
            ("POST", ["admin", "users", "7", "logout"]) => {
                self.tokens.clear();
                message(200, "")
            }
            _ => message(404, ""),
        }
    }

    fn log_in(&mut self, request: &Request) -> Result<(u64, &'static str), (u16, String)> {
        let Some((user, password)) = &request.login else { return Err(message(401, "")) };
        if user == ADMIN.1 {
            return if *password == self.admin {
                Ok(ADMIN)
            } else {
                Err(message(401, "password-auth.failed"))
            };
        }
        if user != USER.1 {
            return Err(message(401, "password-auth.failed"));
        }
        // before the password is looked at, so that the right one is refused as well
        if self.protected && self.wrong >= 5 {
            return Err(message(401, "login-attempt.blocked"));
        }
        if *password != self.user {
            self.wrong += 1;
            return Err(message(401, "password-auth.failed"));
        }
        Ok(USER)
    }

    fn listed(&self) -> (u16, String) {
        let tokens: Vec<String> = self.tokens.iter().map(|id| format!("{{\"id\":{id}}}")).collect();
        (200, format!("[{}]", tokens.join(",")))
    }
}
