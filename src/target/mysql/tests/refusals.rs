//! What cannot be done, and what a server that is not well or not honest is answered.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::*;

#[test]
fn what_would_fail_is_said_beforehand() {
    if !have("what_would_fail_is_said_beforehand", &["mariadbd"]) {
        return;
    }
    let mut server = Server::mariadb(&[]);
    server.sql(SET_UP);
    let refused = |case: &Case, text: &str, wants: &str| {
        let Users::Single(user) = &case.config.users else { panic!("two users") };
        let error = case.examine(user, text).unwrap_err();
        assert!(all(&error).contains(wants), "{wants}: {}", all(&error));
        assert!(!all(&error).contains("-value"), "{}", all(&error));
    };
    let admin = || Case::tcp(&server).admin();
    // an admin needs to know no present value
    admin().examine("app", "wrong-value").unwrap();
    refused(&Case::tcp(&server), "wrong-value", "refuses user \"app\" with every value");
    refused(&Case::tcp(&server).admin_with(&["x", "y"]), "old-value", "refuses the admin \"adm\"");
    refused(&Case::tcp(&server).admin_with(&[]), "old-value", "refuses the admin \"adm\"");
    refused(&admin().user("none"), "old-value", "there is no user \"none\"");
    refused(&admin().keep_for(), "old-value", "MariaDB has one for a user");
    refused(&admin().service(|db| db.exec = true), "old-value", "`via = \"exec\"` is not supported");
    refused(
        &admin().service(|db| db.database = Some("none".into())),
        "old-value",
        "\"app\" may not open the database \"none\"",
    );
    assert!(!admin().service(|db| db.database = Some("none".into())).test("app", "wrong").unwrap());

    server.sql("CREATE USER sock@'%' IDENTIFIED VIA unix_socket; CREATE USER tls@'%' IDENTIFIED BY 'old-value' REQUIRE SSL;
        CREATE USER locked@'%' IDENTIFIED BY 'old-value' ACCOUNT LOCK;
        CREATE USER many@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('old-value') OR unix_socket");
    refused(&admin().user("sock"), "old-value", "logs in by unix_socket");
    refused(&admin().user("many"), "old-value", "one of several ways");
    refused(&admin().user("tls"), "old-value", "requires TLS");
    refused(&admin().user("locked"), "old-value", "is locked");
    assert!(!admin().test("locked", "old-value").unwrap());
    for user in ["sock", "many"] {
        let before = server.sql(&format!("SHOW CREATE USER {user}@'%'"));
        admin().user(user).apply(user, "new", (user, "old-value")).unwrap_err();
        assert_eq!(server.sql(&format!("SHOW CREATE USER {user}@'%'")), before);
    }

    // a nearer account without a name
    server.sql("CREATE USER ''@'127.0.0.1'");
    refused(&admin(), "old-value", "refuses the admin \"adm\"");
    server
        .sql("CREATE USER adm@'127.0.0.1' IDENTIFIED BY 'admin-value'; GRANT ALL ON *.* TO adm@'127.0.0.1'");
    refused(&admin(), "old-value", "accounts without a name");
    server.sql("DROP USER ''@'127.0.0.1'; DROP USER adm@'127.0.0.1'");

    // an admin who may not
    server.sql("CREATE USER weak@'%' IDENTIFIED BY 'weak-value'");
    server.sql("RENAME USER adm@'%' TO real_adm@'%', weak@'%' TO adm@'%'");
    let weak = Case::tcp(&server).admin_with(&["weak-value"]);
    refused(&weak, "old-value", "run GRANT CREATE USER ON *.* TO 'adm'@'%'");
    server.sql("GRANT CREATE USER ON *.* TO adm@'%'");
    refused(&weak, "old-value", "name an admin who has CREATE USER and may read");
    server.sql("GRANT SELECT ON mysql.* TO adm@'%'");
    weak.examine("app", "old-value").unwrap();
    // nor does it claim to have ended sessions that it does not see
    let (held, text) = (session(&server, "app", "old-value"), value("old-value"));
    let app = Credential { user: "app", value: &text };
    assert_eq!(weak.with(|target| target.sessions(&app, &app)).unwrap(), None);
    drop(held);
    server.sql("DROP USER adm@'%'; RENAME USER real_adm@'%' TO adm@'%'");

    server.sql("SET GLOBAL max_password_errors = 2");
    refused(&admin(), "old-value", "blocks a user after");
    server.sql("SET GLOBAL max_password_errors = 1000; SET GLOBAL read_only = ON");
    refused(&admin(), "old-value", "the server is read-only");
    server.sql("SET GLOBAL read_only = OFF");
    admin().examine("app", "old-value").unwrap();
    // a replica that may be written to is no error
    server.sql("CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_USER = 'x'");
    assert!(admin().examine("app", "old-value").unwrap().iter().any(|line| line.contains("is a replica")));

    server.sql("SET GLOBAL max_connections = 10");
    let held: Vec<_> = (0..10).map(|_| session(&server, "app", "old-value")).collect();
    let error = Case::tcp(&server).test("app", "old-value").unwrap_err();
    assert!(error.to_string().contains("has too many connections"), "{error}");
    drop(held);

    server.stop();
    let (tcp, socket) = (Case::tcp(&server).admin(), Case::socket(&server).admin());
    let error = tcp.test("app", "old-value").unwrap_err();
    assert_eq!(error.to_string(), format!("nobody answers at 127.0.0.1:{}", server.port));
    assert!(socket.test("app", "old-value").unwrap_err().to_string().starts_with("nobody answers at /"));
    for case in [tcp, socket] {
        assert!(
            case.apply("app", "new", ("app", "old-value"))
                .unwrap_err()
                .to_string()
                .contains("nobody answers")
        );
    }
}

/// Serves one connection, and gives what the client sent.
fn serve(
    answers: impl Fn(&mut std::net::TcpStream) + Send + 'static,
) -> (u16, std::thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        answers(&mut stream);
        let mut sent = Vec::new();
        let _ = stream.read_to_end(&mut sent);
        sent
    });
    (port, thread)
}

fn packet(number: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![u8::try_from(payload.len()).unwrap(), 0, 0, number];
    packet.extend_from_slice(payload);
    packet
}

/// The greeting of a server that has `plugin`.
fn greeting(plugin: &str) -> Vec<u8> {
    let mut greeting =
        b"\x0a8.0.40\0\x01\0\0\0saltsalt\0\xff\xf7\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0saltsaltsalt\0"
            .to_vec();
    greeting.extend_from_slice(plugin.as_bytes());
    greeting.push(0);
    packet(0, &greeting)
}

#[test]
fn a_server_that_asks_for_the_value_in_clear_does_not_get_it() {
    for plugin in ["mysql_clear_password", "mysql_old_password", "dialog", "sha256_password"] {
        let (port, thread) = serve(move |stream| {
            stream.write_all(&greeting("mysql_native_password")).unwrap();
            let mut switch = vec![0xfe];
            switch.extend_from_slice(plugin.as_bytes());
            switch.extend_from_slice(b"\0saltsaltsaltsaltsalt\0");
            stream.write_all(&packet(2, &switch)).unwrap();
        });
        let case = Case::at(Address::Tcp { host: "127.0.0.1".into(), port });
        let error = case.test("app", "clear-0123456789").unwrap_err();
        assert!(error.to_string().contains("another way of logging \"app\" in"), "{plugin}: {error}");
        let sent = thread.join().unwrap();
        assert!(sent.windows(3).any(|w| w == b"app"), "{plugin}");
        assert!(memchr::memmem::find(&sent, b"clear-0123456789").is_none(), "{plugin}");
    }
}

#[test]
fn a_server_that_asks_for_a_file_does_not_get_it() {
    let folder = Folder::new();
    folder.file("asked-for", "what the file holds");
    let path = folder.root.join("asked-for");
    let (port, thread) = serve(move |stream| {
        stream.write_all(&greeting("mysql_native_password")).unwrap();
        // the login is accepted, and the first question answered with LOCAL INFILE
        stream.write_all(&packet(2, b"\0\0\0\x02\0\0\0")).unwrap();
        let mut ask = vec![0xfb];
        ask.extend_from_slice(path.to_str().unwrap().as_bytes());
        stream.write_all(&packet(1, &ask)).unwrap();
    });
    let case = Case::at(Address::Tcp { host: "127.0.0.1".into(), port });
    let mut case = case.admin();
    case.config.timeout = Duration::from_secs(1);
    assert!(case.examine("app", "old-value").is_err());
    let sent = thread.join().unwrap();
    assert!(memchr::memmem::find(&sent, b"SELECT VERSION()").is_some());
    assert!(memchr::memmem::find(&sent, b"what the file").is_none());
}

#[test]
fn who_is_no_server_is_told_apart() {
    let test = |port: u16| {
        let mut case = Case::at(Address::Tcp { host: "127.0.0.1".into(), port });
        case.config.timeout = Duration::from_secs(1);
        case.test("app", "old-value").unwrap_err().to_string()
    };
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(test(silent.local_addr().unwrap().port()).ends_with("does not answer within 1s"));
    let (port, _thread) = serve(|stream| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap());
    let said = test(port);
    assert!(
        said.contains("does not answer") || said.contains("is no MySQL server") || said.contains("breaks"),
        "{said}"
    );
    let (port, _thread) = serve(|stream| stream.shutdown(std::net::Shutdown::Both).unwrap());
    assert!(test(port).ends_with("breaks the connection off"));
    // what a server says is not repeated
    let (port, _thread) =
        serve(|stream| stream.write_all(&packet(0, b"\xff\x69\x04#HY000old-value is wrong")).unwrap());
    let said = test(port);
    assert!(said.contains("(error 1129)") && !said.contains("old-value"), "{said}");
}
