//! Against real servers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;

use super::super::conformance::{AWKWARD, Service as Conformance, conform, value};
use super::super::programs::have;
use super::super::servers::redis::{Options, Redis as Server};
use super::super::{Admin, Credential, Proof, Reach, Target, apply, open, revoke};
use crate::config::{Address, Service, TargetConfig, Users};
use crate::error::{Error, Result};
use crate::process::Site;
use crate::process::testing::Folder;

const OLD: &str = "old-value-0123456789";
const NEW: &str = "new-value-9876543210";
const ADMIN: &str = "the-admins-own-password";
const REQUIREPASS: &str = "requirepass old-value-0123456789\n";
/// Just enough to change the own password and to make that last.
const SELF: &str = "+info +acl|getuser +acl|setuser +config|get +config|rewrite +acl|save";

/// A target, and what it borrows.
struct Setup {
    config: TargetConfig,
    site: Site,
    admin: Vec<String>,
    _folder: Folder,
}

impl Setup {
    fn at(at: Address, user: &str) -> Self {
        let folder = Folder::new();
        let config = TargetConfig {
            service: Service::Redis { at, volatile: false },
            users: Users::Single(user.into()),
            admin: None,
            keep_for: Duration::ZERO,
            timeout: Duration::from_secs(5),
        };
        Setup { config, site: folder.site(), admin: Vec::new(), _folder: folder }
    }

    fn of(server: &Server, user: &str) -> Self {
        Setup::at(Address::Tcp { host: "127.0.0.1".into(), port: server.port }, user)
    }

    fn admin(mut self, passwords: &[&str]) -> Self {
        self.admin = passwords.iter().map(|p| (*p).to_owned()).collect();
        self
    }

    fn volatile(mut self) -> Self {
        if let Service::Redis { volatile, .. } = &mut self.config.service {
            *volatile = true;
        }
        self
    }

    fn run<T>(&self, with: impl FnOnce(&dyn Target) -> T) -> T {
        let passwords = self.admin.iter().map(|p| value(p)).collect();
        let admin = (!self.admin.is_empty()).then(|| Admin { user: "admin".into(), passwords });
        let target = open(&self.config, Reach { site: &self.site, project: None, admin }).unwrap();
        with(&*target)
    }

    fn user(&self) -> &str {
        match &self.config.users {
            Users::Single(user) => user,
            Users::Alternating { .. } => unreachable!(),
        }
    }

    fn apply(&self, new: &str, old: &str) -> Result<Proof> {
        let (new, old, nobodys) = (value(new), value(old), value("nobodys-0"));
        let [new, old] = [&new, &old].map(|value| Credential { user: self.user(), value });
        self.run(|target| apply(target, &new, &[new, old], &nobodys))
    }

    fn revoke(&self, old: &str, new: &str) -> Result<Proof> {
        let (new, old, nobodys) = (value(new), value(old), value("nobodys-0"));
        let [new, old] = [&new, &old].map(|value| Credential { user: self.user(), value });
        self.run(|target| revoke(target, &old, &new, &nobodys))
    }

    fn examine(&self, current: &str) -> Result<Vec<String>> {
        let current = value(current);
        self.run(|target| target.examine(&Credential { user: self.user(), value: &current }))
    }

    fn accepts(&self, text: &str) -> bool {
        let value = value(text);
        self.run(|target| target.test(&Credential { user: self.user(), value: &value })).unwrap()
    }

    /// Every awkward value in turn, each the old one of the next; returns the last.
    fn conform(&self, first: &str) -> String {
        let mut old = first.to_owned();
        for new in AWKWARD {
            let (user, next_user) = (self.user(), self.user());
            let service = Conformance { user, value: &old, next_user, provable: true, overlap: true };
            self.run(|target| conform(target, &service, new));
            old = new.to_owned();
        }
        old
    }
}

fn said(error: &Error) -> String {
    format!("{error}\n{}\n{}", error.notes().join("\n"), error.advice().unwrap_or_default())
}

fn user(name: &str, password: &str, rights: &str) -> String {
    format!("user {name} on >{password} ~* &* {rights}\n")
}

/// The present value lasts over a restart, and so does the overlap with another, and its end.
fn lasts(server: &mut Server, setup: &Setup, now: &str) {
    server.restart();
    assert!(setup.accepts(now), "{}", server.log());
    setup.apply("another-value-0", now).unwrap();
    server.restart();
    assert!(setup.accepts(now) && setup.accepts("another-value-0"));
    setup.revoke(now, "another-value-0").unwrap();
    server.restart();
    assert!(!setup.accepts(now) && setup.accepts("another-value-0"));
    assert!(!setup.accepts("") && !setup.accepts(OLD));
}

#[test]
fn conforms_where_requirepass_stands_in_the_configuration_file() {
    if !have("conforms_where_requirepass_stands_in_the_configuration_file", &["redis-server"]) {
        return;
    }
    let mut server = Server::start(&Options { conf: Some(REQUIREPASS), ..Options::default() });
    let setup = Setup::of(&server, "default");
    assert!(setup.examine(OLD).unwrap().is_empty());
    let last = setup.conform(OLD);
    assert_eq!(server.cli("default", &last, &["CONFIG", "GET", "requirepass"]).trim(), "requirepass");
    assert!(!server.conf().contains(OLD) && !server.conf().contains(&last), "{}", server.conf());
    lasts(&mut server, &setup, &last);
}

#[test]
fn conforms_with_an_acl_file() {
    if !have("conforms_with_an_acl_file", &["redis-server"]) {
        return;
    }
    let acl = [user("default", OLD, "+@all"), user("app", OLD, "+@read"), user("admin", ADMIN, "+@all")].concat();
    let mut server = Server::start(&Options { acl: Some(&acl), ..Options::default() });
    for name in ["app", "default"] {
        let setup = Setup::of(&server, name).admin(&["not-this-one", ADMIN]);
        assert!(setup.examine(OLD).unwrap().is_empty());
        let last = setup.conform(OLD);
        lasts(&mut server, &setup, &last);
    }
    let rights = server.cli("admin", ADMIN, &["ACL", "GETUSER", "app"]);
    assert!(rights.contains("-@all +@read"), "{rights}");
}

#[test]
fn conforms_without_a_file_and_says_what_a_restart_does() {
    if !have("conforms_without_a_file_and_says_what_a_restart_does", &["redis-server"]) {
        return;
    }
    let args = ["--requirepass", OLD];
    let mut server = Server::start(&Options { args: &args, ..Options::default() });
    let setup = Setup::of(&server, "default");
    let line = format!(
        "redis user \"default\" at 127.0.0.1:{}: a restart would lose the change; the redeploy must carry the new value",
        server.port
    );
    assert_eq!(setup.examine(OLD).unwrap(), [line]);
    let last = setup.conform(OLD);
    // it was true
    server.restart();
    assert!(setup.accepts(OLD) && !setup.accepts(&last));
    let accepted = Setup::of(&server, "default").volatile();
    assert!(accepted.examine(OLD).unwrap().is_empty());
    accepted.conform(OLD);
}

#[test]
fn conforms_for_a_user_who_is_set_by_an_admin() {
    if !have("conforms_for_a_user_who_is_set_by_an_admin", &["redis-server"]) {
        return;
    }
    let conf = [user("app", OLD, "+@read"), user("admin", ADMIN, SELF)].concat();
    let mut server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    let setup = Setup::of(&server, "app").admin(&[ADMIN]);
    setup.examine(OLD).unwrap();
    let last = setup.conform(OLD);
    lasts(&mut server, &setup, &last);
}

#[test]
fn conforms_for_a_user_who_sets_itself() {
    if !have("conforms_for_a_user_who_sets_itself", &["redis-server"]) {
        return;
    }
    let conf = user("app", OLD, &format!("{SELF} +client|kill"));
    let mut server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    let setup = Setup::of(&server, "app");
    setup.examine(OLD).unwrap();
    let last = setup.conform(OLD);
    lasts(&mut server, &setup, &last);
}

#[test]
fn conforms_over_a_socket() {
    if !have("conforms_over_a_socket", &["redis-server"]) {
        return;
    }
    let server = Server::start(&Options { conf: Some(REQUIREPASS), ..Options::default() });
    let setup = Setup::at(Address::Socket(server.socket()), "default");
    setup.examine(OLD).unwrap();
    setup.conform(OLD);
}

#[test]
fn conforms_on_valkey() {
    if !have("conforms_on_valkey", &["valkey-server"]) {
        return;
    }
    for acl in [None, Some(user("default", OLD, "+@all"))] {
        let conf = acl.is_none().then_some(REQUIREPASS);
        let options = Options { program: "valkey-server", conf, acl: acl.as_deref(), ..Options::default() };
        let mut server = Server::start(&options);
        let setup = Setup::of(&server, "default");
        assert!(setup.examine(OLD).unwrap().is_empty());
        let last = setup.conform(OLD);
        lasts(&mut server, &setup, &last);
    }
}

#[test]
fn nobody_is_locked_out_while_the_value_changes() {
    if !have("nobody_is_locked_out_while_the_value_changes", &["redis-server"]) {
        return;
    }
    let server = Server::start(&Options { conf: Some(REQUIREPASS), ..Options::default() });
    let setup = Setup::of(&server, "default");
    let mut stays = server.session("default", OLD);
    assert_eq!(stays.ask("PING"), "PONG");

    // 0: the old value, 1: the new one, 2: enough; a client takes the new one only once it is told of it
    let phase = AtomicUsize::new(0);
    let logins = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let more = |n: usize| {
        let from = logins[n].load(Ordering::SeqCst);
        while logins[n].load(Ordering::SeqCst) < from + 20 {
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let own = Setup::of(&server, "default");
            let mut failures = 0;
            loop {
                let now = phase.load(Ordering::SeqCst);
                let Some(text) = [OLD, NEW].get(now) else { return failures };
                failures += usize::from(!own.accepts(text) && phase.load(Ordering::SeqCst) == now);
                logins[now].fetch_add(1, Ordering::SeqCst);
            }
        });
        more(0);
        setup.apply(NEW, OLD).unwrap();
        more(0);
        phase.store(1, Ordering::SeqCst);
        more(1);
        setup.revoke(OLD, NEW).unwrap();
        more(1);
        phase.store(2, Ordering::SeqCst);
        assert_eq!(client.join().unwrap(), 0);
    });
    assert_eq!(stays.ask("PING"), "PONG");
}

#[test]
fn the_value_is_shown_nowhere() {
    if !have("the_value_is_shown_nowhere", &["redis-server"]) {
        return;
    }
    for acl in [None, Some(user("default", OLD, "+@all"))] {
        let conf = acl.is_none().then_some(REQUIREPASS);
        let server = Server::start(&Options { conf, acl: acl.as_deref(), ..Options::default() });
        let setup = Setup::of(&server, "default");
        let mut monitor = server.session("default", OLD);
        assert_eq!(monitor.ask("MONITOR"), "OK");
        setup.examine(OLD).unwrap();
        setup.apply(NEW, OLD).unwrap();
        setup.revoke(OLD, NEW).unwrap();
        assert!(!setup.accepts(OLD));
        server.cli("default", NEW, &["ECHO", "the-end"]);
        let mut shown = vec![
            server.log(),
            server.cli("default", NEW, &["SLOWLOG", "GET", "-1"]),
            server.cli("default", NEW, &["ACL", "LOG"]),
            server.cli("default", NEW, &["ACL", "LIST"]),
            server.cli("default", NEW, &["CLIENT", "LIST"]),
            server.cli("default", NEW, &["CONFIG", "GET", "*"]),
            server.cli("default", NEW, &["INFO", "everything"]),
        ];
        loop {
            let line = monitor.line();
            let end = line.contains("the-end");
            shown.push(line);
            if end {
                break;
            }
        }
        for file in std::fs::read_dir(server.folder.0.join("etc")).unwrap() {
            shown.push(String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()).into_owned());
        }
        let all = shown.join("\n").to_lowercase();
        // the right things were looked at
        assert!(all.contains("setuser") && all.contains("wrongpass") || all.contains("auth"), "{all}");
        assert!(all.contains("\"auth\" \"(redacted)\""), "{all}");
        for text in [OLD, NEW, "nobodys-0"] {
            let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
            let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(text).to_lowercase();
            for form in [text.to_owned(), hex, base64] {
                assert!(!all.contains(&form), "{form} in {all}");
            }
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_stops_the_change_and_it_can_be_undone() {
    if !have("a_file_that_cannot_be_written_stops_the_change_and_it_can_be_undone", &["redis-server"]) {
        return;
    }
    let acl = [user("default", OLD, "+@all"), user("admin", ADMIN, "+@all")].concat();
    let conf = acl.replace("default on", "default on nopass resetpass");
    let cases = [
        (Options { conf: Some(&conf), ..Options::default() }, "configuration file: its folder is gone"),
        (Options { acl: Some(&acl), ..Options::default() }, "ACL file: its log says why"),
    ];
    for (options, wants) in cases {
        let server = Server::start(&options);
        let setup = Setup::of(&server, "default");
        setup.examine(OLD).unwrap();
        let etc = server.folder.0.join("etc");
        std::fs::rename(&etc, server.folder.0.join("aside")).unwrap();
        let error = said(&setup.apply(NEW, OLD).unwrap_err());
        assert!(error.contains(wants), "{error}");
        assert!(error.contains("nothing was changed") && error.contains("volatile = true"), "{error}");
        assert!(setup.accepts(OLD) && !setup.accepts(NEW));
        // what a rotation does then
        setup.apply(OLD, NEW).unwrap();
        setup.revoke(NEW, OLD).unwrap();
        assert!(setup.accepts(OLD) && !setup.accepts(NEW));

        std::fs::rename(server.folder.0.join("aside"), &etc).unwrap();
        setup.apply(NEW, OLD).unwrap();
        std::fs::rename(&etc, server.folder.0.join("aside")).unwrap();
        for _ in 0..2 {
            let error = said(&setup.revoke(OLD, NEW).unwrap_err());
            assert!(error.contains(wants) && error.contains("nothing was changed"), "{error}");
            assert!(setup.accepts(OLD) && setup.accepts(NEW));
        }
        // the overlap is on the disk, and nothing says that it is not needed any more
        setup.apply(NEW, OLD).unwrap_err();
        // who accepts that is not held up
        Setup::of(&server, "default").volatile().revoke(OLD, NEW).unwrap();
        assert!(!setup.accepts(OLD) && setup.accepts(NEW));
    }
}

#[test]
fn a_file_mounted_by_itself_is_busy() {
    if !have("a_file_mounted_by_itself_is_busy", &["redis-server", "mounts"]) {
        return;
    }
    let before = "exec unshare -m sh -c 'mount --bind \"$conf\" \"$conf\" && exec \"$@\"' sh \"$@\"";
    let server = Server::start(&Options { conf: Some(REQUIREPASS), before, ..Options::default() });
    let setup = Setup::of(&server, "default");
    let error = said(&setup.apply(NEW, OLD).unwrap_err());
    assert!(error.contains("it cannot write its configuration file: the file is busy"), "{error}");
    assert!(error.contains("mounted by itself") && error.contains("volatile = true"), "{error}");
    assert!(setup.accepts(OLD) && !setup.accepts(NEW));
    let accepted = Setup::of(&server, "default").volatile();
    accepted.apply(NEW, OLD).unwrap();
    accepted.revoke(OLD, NEW).unwrap();
    assert!(!setup.accepts(OLD) && setup.accepts(NEW));
}

#[test]
fn a_disk_that_fills_up_in_between_puts_the_user_back() {
    if !have("a_disk_that_fills_up_in_between_puts_the_user_back", &["redis-server"]) {
        return;
    }
    // no file may be longer than this, and the one it writes has room for less than one more hash
    let before = "trap '' XFSZ; ulimit -f 8";
    let mut server = Server::start(&Options { conf: Some(REQUIREPASS), before, ..Options::default() });
    let setup = Setup::of(&server, "default");
    server.cli("default", OLD, &["CONFIG", "REWRITE"]);
    let written = server.conf();
    server.stop();
    let room = 8 * 512 - written.len() - 40;
    std::fs::write(server.conf_path(), format!("#{}\n{written}", "-".repeat(room - 2))).unwrap();
    server.start_again();
    let error = said(&setup.apply(NEW, OLD).unwrap_err());
    assert!(error.contains("cannot write its configuration file"), "{error}");
    assert!(error.contains("nothing was changed"), "{error}");
    assert!(setup.accepts(OLD) && !setup.accepts(NEW));
    setup.apply(OLD, NEW).unwrap();
    server.restart();
    assert!(setup.accepts(OLD) && !setup.accepts(NEW));
}

#[test]
fn a_change_that_was_not_made_to_last_is_made_to() {
    if !have("a_change_that_was_not_made_to_last_is_made_to", &["redis-server"]) {
        return;
    }
    let mut server = Server::start(&Options { conf: Some(REQUIREPASS), ..Options::default() });
    let setup = Setup::of(&server, "default");
    // as after a crash between the two commands
    server.cli("default", OLD, &["ACL", "SETUSER", "default", &format!(">{NEW}")]);
    setup.apply(NEW, OLD).unwrap();
    server.restart();
    assert!(setup.accepts(OLD) && setup.accepts(NEW));
    server.cli("default", NEW, &["ACL", "SETUSER", "default", &format!("<{OLD}")]);
    setup.revoke(OLD, NEW).unwrap();
    server.restart();
    assert!(!setup.accepts(OLD) && setup.accepts(NEW));
    assert_eq!(server.cli("default", NEW, &["CONFIG", "GET", "requirepass"]).trim(), "requirepass");
}

#[test]
fn sessions_of_the_user_end_and_no_others() {
    if !have("sessions_of_the_user_end_and_no_others", &["redis-server"]) {
        return;
    }
    let conf = [user("default", ADMIN, "+@all"), user("app", OLD, "+@all"), user("admin", ADMIN, "+@all")].concat();
    let server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    for setup in [Setup::of(&server, "app"), Setup::of(&server, "app").admin(&[ADMIN])] {
        let mut open = [server.session("app", OLD), server.session("app", OLD), server.session("default", ADMIN)];
        open.iter_mut().for_each(|session| assert_eq!(session.ask("PING"), "PONG"));
        let (old, new) = (value(OLD), value(NEW));
        let [old, new] = [&old, &new].map(|value| Credential { user: "app", value });
        assert_eq!(setup.run(|target| target.sessions(&old, &new)).unwrap(), Some(2));
        let clients = server.cli("admin", ADMIN, &["CLIENT", "LIST"]);
        assert!(!clients.contains("user=app"), "{clients}");
        assert_eq!(open[2].ask("PING"), "PONG");
    }
}

#[test]
fn other_passwords_stay_and_are_named() {
    if !have("other_passwords_stay_and_are_named", &["redis-server"]) {
        return;
    }
    let conf = format!("{REQUIREPASS}masterauth {OLD}\n");
    let server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    server.cli("default", OLD, &["ACL", "SETUSER", "default", ">third"]);
    let setup = Setup::of(&server, "default");
    let lines = setup.examine(OLD).unwrap().join("\n");
    assert!(lines.contains("1 more password is accepted, and stay"), "{lines}");
    assert!(lines.contains("its own `masterauth` is this password too"), "{lines}");
    setup.apply(NEW, OLD).unwrap();
    setup.revoke(OLD, NEW).unwrap();
    assert!(setup.accepts("third") && setup.accepts(NEW) && !setup.accepts(OLD));
    // never the last one
    let error = setup.revoke(NEW, "nobodys-1").unwrap_err();
    assert!(error.to_string().contains("does not know the present value"), "{error}");
    assert!(setup.accepts(NEW));
}

#[test]
fn replicas_are_named_and_refused() {
    if !have("replicas_are_named_and_refused", &["redis-server"]) {
        return;
    }
    let master = Server::start(&Options { conf: Some(REQUIREPASS), ..Options::default() });
    let of = format!("replicaof 127.0.0.1 {}\nmasterauth {OLD}\n{REQUIREPASS}", master.port);
    let replica = Server::start(&Options { conf: Some(&of), ..Options::default() });
    let online = || master.cli("default", OLD, &["INFO", "replication"]).contains("state=online");
    super::super::servers::wait_until("the replica", online);

    let error = said(&Setup::of(&replica, "default").examine(OLD).unwrap_err());
    assert!(error.contains(&format!("it is a replica of 127.0.0.1:{}", master.port)), "{error}");
    assert!(!error.contains(OLD), "{error}");
    let setup = Setup::of(&master, "default");
    let lines = setup.examine(OLD).unwrap().join("\n");
    assert!(lines.contains(&format!("are not told: 127.0.0.1:{}", replica.port)), "{lines}");
    // the link survives, and the replica is as it was
    setup.apply(NEW, OLD).unwrap();
    setup.revoke(OLD, NEW).unwrap();
    assert!(Setup::of(&replica, "default").accepts(OLD));
    assert!(master.cli("default", NEW, &["INFO", "replication"]).contains("state=online"));
}

#[test]
fn what_is_no_single_server_with_a_password_is_refused() {
    if !have("what_is_no_single_server_with_a_password_is_refused", &["redis-server"]) {
        return;
    }
    let cluster = format!("{REQUIREPASS}cluster-enabled yes\n");
    let weak = [user("default", ADMIN, "+@all"), user("app", OLD, "+@read")].concat();
    let asks = [user("default", ADMIN, "+@all"), user("app", OLD, "+@read +acl|dryrun")].concat();
    let cases: [(&str, &[&str], &str, &str); 7] = [
        (REQUIREPASS, &["--sentinel"], "default", "it is a sentinel"),
        (&cluster, &[], "default", "it is one node of a cluster"),
        ("", &[], "default", "needs no password, so there is none to change"),
        (&weak, &[], "app", "INFO is not permitted"),
        (&asks, &[], "app", "may not INFO, ACL GETUSER, ACL SETUSER, CONFIG GET"),
        (&weak, &[], "nobody", "the present password of user \"nobody\" is refused"),
        (
            "requirepass old-value-0123456789\nrename-command CONFIG \"\"\n",
            &[],
            "default",
            "cannot find out how it keeps its users",
        ),
    ];
    for (conf, args, name, wants) in cases {
        let server = Server::start(&Options { conf: Some(conf), args, ..Options::default() });
        let error = said(&Setup::of(&server, name).examine(OLD).unwrap_err());
        assert!(error.contains(wants), "{error}\n{}", server.log());
        assert!(!error.contains(OLD), "{error}");
    }
}

#[test]
fn a_server_without_config_is_served_where_a_loss_is_accepted() {
    if !have("a_server_without_config_is_served_where_a_loss_is_accepted", &["redis-server"]) {
        return;
    }
    let conf = format!("{REQUIREPASS}rename-command CONFIG \"\"\n");
    let server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    let setup = Setup::of(&server, "default").volatile();
    setup.examine(OLD).unwrap();
    setup.conform(OLD);
}

#[test]
fn who_cannot_be_reached_or_may_not_is_told_apart() {
    if !have("who_cannot_be_reached_or_may_not_is_told_apart", &["redis-server"]) {
        return;
    }
    let conf = [user("app", OLD, "+@read"), user("admin", ADMIN, "+@all")].concat();
    let mut server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    let wrong = Setup::of(&server, "app").admin(&["wrong-one", "wrong-two"]);
    for error in [wrong.examine(OLD).unwrap_err(), wrong.apply(NEW, OLD).unwrap_err()] {
        let error = said(&error);
        assert!(error.contains("no known password of the admin \"admin\" is accepted"), "{error}");
        assert!(!error.contains("wrong-"), "{error}");
    }
    let error = said(&Setup::of(&server, "gone").admin(&[ADMIN]).apply(NEW, OLD).unwrap_err());
    assert!(error.contains("it has no user \"gone\""), "{error}");
    assert!(!server.cli("admin", ADMIN, &["ACL", "LIST"]).contains("gone"));
    let error = said(&Setup::of(&server, "app").apply(NEW, "neither").unwrap_err());
    assert!(error.contains("no known password of user \"app\" is accepted"), "{error}");

    // it may be connected to, and says nothing
    let setup = Setup::of(&server, "app").admin(&[ADMIN]);
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    let mut waits = Setup::at(Address::Tcp { host: "127.0.0.1".into(), port }, "app");
    waits.config.timeout = Duration::from_millis(300);
    assert_eq!(waits.examine(OLD).unwrap_err().to_string(), format!("127.0.0.1:{port} does not answer in time"));

    server.stop();
    let silent = format!("nobody answers at 127.0.0.1:{}", server.port);
    assert_eq!(setup.examine(OLD).unwrap_err().to_string(), silent);
    assert!(setup.apply(NEW, OLD).unwrap_err().to_string().ends_with(&silent));
    let socket = Setup::at(Address::Socket(server.folder.0.join("no-socket")), "app");
    assert!(socket.examine(OLD).unwrap_err().to_string().starts_with("nobody answers at /"));
}
