//! Every way to tell it, every awkward value; and who else could hear it.

use super::*;

#[test]
fn it_conforms_whatever_the_method_the_way_and_the_teller() {
    if !have("it_conforms_whatever_the_method_the_way_and_the_teller", &PROGRAMS) {
        return;
    }
    let server = server(&[]);
    let socket = Address::Socket(server.socket());
    let mut count = 0;
    for (i, new) in AWKWARD.into_iter().enumerate() {
        // all ways with one value, all values in two ways
        let ways = if i == 0 { (0..12).collect() } else { vec![0, i + 3] };
        for way in ways {
            count += 1;
            let (one, two) = (format!("a\"; DROP ROLE boss; -- {count}"), format!("b' \\ $$ {count}"));
            role(&server, &one, "old-value", "");
            let database = ["postgres", "hashed", "trusting", "postgres"][way / 3];
            let mut wanted = match way % 3 {
                0 => wanted(&server, &[&one]),
                1 => wanted(&server, &[&one]).alone(),
                _ => wanted(&server, &[&one, &two]),
            }
            .database(database);
            if way / 3 == 3 {
                wanted.at = socket.clone();
            }
            let next = wanted.users.last().unwrap().clone();
            let known = Known {
                user: &one,
                value: "old-value",
                next_user: &next,
                provable: database != "trusting",
                overlap: wanted.users.len() == 2,
            };
            wanted.with(|target| conform(target, &known, new));
            // and the most used client of all is let in with it
            server.psql(&next, Some(new), "SELECT 1").unwrap_or_else(|e| panic!("{new}: {e}"));
        }
    }
    assert_eq!(server.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'boss'"), "1");

    // values that SASLprep changes, or takes for forbidden, are the same for that client
    role(&server, "odd", "old-value", "");
    let odd = wanted(&server, &["odd"]);
    for new in [
        "x\u{aa}\u{fb01}\u{a0}y\u{ad}z",
        "\u{1f600} smile",
        "\u{627}a",
        "tab\there",
        "\u{378}unassigned",
        "e\u{301}",
    ] {
        odd.set("odd", new, &[]).unwrap();
        assert!(odd.test("odd", new).unwrap(), "{new:?}");
        server.psql("odd", Some(new), "SELECT 1").unwrap_or_else(|e| panic!("{new:?}: {e}"));
    }
}

#[test]
fn the_servers_log_of_everything_holds_no_value() {
    if !have("the_servers_log_of_everything_holds_no_value", &PROGRAMS) {
        return;
    }
    use base64::Engine;
    let server = server(&[
        "log_statement = 'all'",
        "log_min_messages = debug1",
        "log_connections = on",
        "log_min_error_statement = debug5",
    ]);
    role(&server, "app", "first-value-0", "");
    let values = ["old-value-4711-aa", "new-value-0815-bb", "lost-value-1234-c"];
    let app = wanted(&server, &["app", "app_b"]);
    app.set("app", values[0], &[]).unwrap();
    let [old, new, lost] = values.map(value);
    let nobodys = value("nobodys-value-9999");
    let (old, new) = (Credential { user: "app", value: &old }, Credential { user: "app_b", value: &new });
    app.with(|target| {
        target.examine(&old).unwrap();
        apply(target, &new, &[old, new], &nobodys).unwrap();
        revoke(target, &old, &new, &nobodys).unwrap();
        target.sessions(&old, &new).unwrap();
    });
    wanted(&server, &["app_b"]).alone().set("app_b", values[2], &[values[1]]).unwrap();
    // and where it fails
    wanted(&server, &["boss"]).admin("app_b", &[values[2]]).set("boss", values[2], &[]).unwrap_err();
    assert!(wanted(&server, &["app_b"]).test("app_b", lost.expose_str().unwrap()).unwrap());

    let log = server.log();
    assert!(log.contains("ALTER ROLE \"app_b\" PASSWORD 'SCRAM-SHA-256$4096:"), "{log}");
    for text in values.into_iter().chain(["nobodys-value-9999", ADMIN]) {
        // the harness made this one in clear
        if text != ADMIN {
            assert!(!log.contains(text));
        }
        let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
        let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(text);
        assert!(!log.to_lowercase().contains(&hex) && !log.contains(&encoded[..encoded.len() - 2]), "{text}");
    }
}

#[test]
fn a_stranger_at_the_port_learns_nothing() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // asks for the password in clear; lets in without showing what it knows; speaks otherwise
    let sasl: &[u8] = b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0R\0\0\0\x08\0\0\0\0";
    let answers = [&b"R\0\0\0\x08\0\0\0\x03"[..], sasl, b"HTTP/1.1 400 Bad Request\r\n\r\n", b""];
    let heard = std::thread::spawn(move || {
        answers.map(|answer| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut first = [0; 8];
            stream.read_exact(&mut first).unwrap();
            stream.write_all(answer).unwrap();
            // whoever has heard enough may have hung up already
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let mut heard = Vec::new();
            let _ = stream.read_to_end(&mut heard);
            heard
        })
    });
    let stranger = Wanted {
        at: Address::Tcp { host: "127.0.0.1".into(), port },
        users: vec!["app".into()],
        admin: None,
        database: Some("app".into()),
        exec: false,
        timeout: 5,
    };
    for wants in [
        "asks for the password in clear",
        "does not show that it knows",
        "does not speak as postgres",
        "ended the conversation",
    ] {
        says(&stranger.test("app", "the-very-value").unwrap_err(), wants);
    }
    for heard in heard.join().unwrap() {
        assert!(!String::from_utf8_lossy(&heard).contains("the-very-value"));
    }
}
