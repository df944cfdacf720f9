//! What is refused, with what words, and that nothing is changed then.
#![expect(clippy::disallowed_methods, reason = "tests take the server's files away")]

use super::super::super::servers::wait_until;
use super::*;

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
    let filled = "#\n".repeat(room / 2);
    std::fs::write(server.conf_path(), format!("{filled}{written}")).unwrap();
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
fn replicas_are_named_and_refused() {
    if !have("replicas_are_named_and_refused", &["redis-server"]) {
        return;
    }
    let master = Server::start(&Options { conf: Some(REQUIREPASS), ..Options::default() });
    let of = format!("replicaof 127.0.0.1 {}\nmasterauth {OLD}\n{REQUIREPASS}", master.port);
    let replica = Server::start(&Options { conf: Some(&of), ..Options::default() });
    let online = || master.cli("default", OLD, &["INFO", "replication"]).contains("state=online");
    wait_until("the replica", online);

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
    let bound = format!("{REQUIREPASS}{}", user("default", OLD, "+@all -config|set"));
    let cases: [(&str, &[&str], &str, &str); 8] = [
        (&bound, &[], "default", "user \"default\" may not CONFIG SET"),
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
fn what_belongs_together_is_not_done_by_half() {
    if !have("what_belongs_together_is_not_done_by_half", &["redis-server"]) {
        return;
    }
    let conf = format!("{REQUIREPASS}{}", user("default", OLD, "+@all -config|set"));
    let server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    let setup = Setup::of(&server, "default");
    setup.apply(NEW, OLD).unwrap();
    let error = said(&setup.revoke(OLD, NEW).unwrap_err());
    assert!(error.contains("the change is not permitted") && error.contains("admin-user"), "{error}");
    assert!(setup.accepts(OLD) && setup.accepts(NEW) && !setup.accepts("nobodys-0"));
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
    assert_eq!(
        waits.examine(OLD).unwrap_err().to_string(),
        format!("127.0.0.1:{port} does not answer in time")
    );

    let stranger = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = stranger.local_addr().unwrap().port();
    let answers = std::thread::spawn(move || {
        let (mut client, _) = stranger.accept().unwrap();
        std::io::Write::write_all(&mut client, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let stranger = Setup::at(Address::Tcp { host: "127.0.0.1".into(), port }, "app").examine(OLD);
    assert!(stranger.unwrap_err().to_string().contains("does not speak as Redis does"));
    answers.join().unwrap();

    let full = Server::start(&Options { conf: Some("maxclients 1\n"), ..Options::default() });
    let mut only = full.session("default", "");
    assert!(only.ask("PING").contains("PONG"));
    assert_eq!(Setup::of(&full, "app").examine(OLD).unwrap_err().to_string(), "it takes no more connections");

    server.stop();
    let silent = format!("nobody answers at 127.0.0.1:{}", server.port);
    assert_eq!(setup.examine(OLD).unwrap_err().to_string(), silent);
    assert!(setup.apply(NEW, OLD).unwrap_err().to_string().ends_with(&silent));
    let socket = Setup::at(Address::Socket(server.folder.0.join("no-socket")), "app");
    assert!(socket.examine(OLD).unwrap_err().to_string().starts_with("nobody answers at /"));
}
