//! What a change does to clients, and what it leaves to be seen.
#![expect(clippy::disallowed_methods, reason = "tests look at the server's files")]

use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;

use super::*;

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
        for there in ["rewrite", "the-end", "username", "ready to accept", "user default on"] {
            assert!(all.contains(there), "{there} in {all}");
        }
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
    let conf =
        [user("default", ADMIN, "+@all"), user("app", OLD, "+@all"), user("admin", ADMIN, "+@all")].concat();
    let server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    for setup in [Setup::of(&server, "app"), Setup::of(&server, "app").admin(&[ADMIN])] {
        let mut open =
            [server.session("app", OLD), server.session("app", OLD), server.session("default", ADMIN)];
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
    assert!(lines.contains("1 more password is accepted, and not touched by this change"), "{lines}");
    assert!(lines.contains("its own `masterauth` is this password too"), "{lines}");
    setup.apply(NEW, OLD).unwrap();
    setup.revoke(OLD, NEW).unwrap();
    assert!(setup.accepts("third") && setup.accepts(NEW) && !setup.accepts(OLD));
    // never the last one
    let error = setup.revoke(NEW, "nobodys-1").unwrap_err();
    assert!(error.to_string().contains("does not know the present value"), "{error}");
    assert!(setup.accepts(NEW));
}

/// Hands everything on to the server, and gives what the clients of the first `conversations` sent.
fn overheard(server: &Server, conversations: usize) -> (u16, std::thread::JoinHandle<Vec<u8>>) {
    use std::io::{Read, Write};
    use std::net::{Shutdown, TcpListener, TcpStream};
    let (proxy, to) = (TcpListener::bind("127.0.0.1:0").unwrap(), server.port);
    let port = proxy.local_addr().unwrap().port();
    let copy = |mut from: TcpStream, mut to: TcpStream| {
        let (mut all, mut part) = (Vec::new(), [0; 4096]);
        while let Ok(n @ 1..) = from.read(&mut part) {
            all.extend_from_slice(&part[..n]);
            if to.write_all(&part[..n]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        all
    };
    let heard = std::thread::spawn(move || {
        let mut all = Vec::new();
        for _ in 0..conversations {
            let (client, _) = proxy.accept().unwrap();
            let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            let (back, answers) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let answers = std::thread::spawn(move || copy(answers, back));
            all.extend(copy(client, server));
            answers.join().unwrap();
        }
        all
    });
    (port, heard)
}

#[test]
fn a_value_travels_in_a_login_only() {
    if !have("a_value_travels_in_a_login_only", &["redis-server"]) {
        return;
    }
    let server = Server::start(&Options { conf: Some(REQUIREPASS), ..Options::default() });
    // examine: test, look; apply: set, proof, test; revoke: proof, retire, test, test
    let (port, heard) = overheard(&server, 2 + 3 + 4);
    let setup = Setup::at(Address::Tcp { host: "127.0.0.1".into(), port }, "default");
    setup.examine(OLD).unwrap();
    setup.apply(NEW, OLD).unwrap();
    setup.revoke(OLD, NEW).unwrap();
    let heard = String::from_utf8(heard.join().unwrap()).unwrap();
    for text in [OLD, NEW] {
        let login = format!("$4\r\nAUTH\r\n$7\r\ndefault\r\n${}\r\n{text}\r\n", text.len());
        assert!(heard.contains(&login), "{heard}");
        assert!(!heard.replace(&login, "").contains(text), "{heard}");
    }
    assert!(heard.contains("SETUSER") && !heard.contains("SETINFO"), "{heard}");
}

#[test]
fn a_user_who_may_do_nothing_logs_in_and_leaves_no_trace() {
    if !have("a_user_who_may_do_nothing_logs_in_and_leaves_no_trace", &["redis-server"]) {
        return;
    }
    let conf = [user("app", OLD, "-@all"), user("admin", ADMIN, "+@all")].concat();
    let server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    assert!(server.cli("admin", ADMIN, &["ACL", "LOG", "RESET"]).contains("OK"));
    let setup = Setup::of(&server, "app").admin(&[ADMIN]);
    assert!(setup.accepts(OLD));
    setup.examine(OLD).unwrap();
    let log = server.cli("admin", ADMIN, &["ACL", "LOG"]);
    assert!(!log.contains("reason"), "{log}");
    assert!(!setup.accepts(NEW));
    let log = server.cli("admin", ADMIN, &["ACL", "LOG"]);
    assert!(log.contains("reason") && !log.contains(NEW), "{log}");
}
