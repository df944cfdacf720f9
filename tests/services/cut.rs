//! Servers that go away in the middle, and networks that are cut: the rotation is taken back, or says what is left to do,
//! and nobody is locked out once the server is back.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::case::{Case, NEEDS, Servers, Strategy};
use crate::harness::have;

const ROTATE: [&str; 4] = ["rotate", "--group", "data", "--yes"];

#[test]
fn a_server_that_stops_in_the_middle_is_told_again_when_it_is_back() {
    if !have("services::a_server_that_stops_in_the_middle", &NEEDS) {
        return;
    }
    let mut servers = Servers::start();
    let case = Case::new(&servers, Strategy::Single);
    // it goes while the services are being started, for good: neither forward nor back
    case.project.write("before-up", format!("kill -INT {}; touch broken; sleep 1", servers.postgres.pid()));
    case.project.run(&ROTATE).code(14).says("resume");
    // nobody is locked out: what the server has is one of two that are sealed here
    servers.postgres.stop();
    servers.postgres.up();
    case.project.write("before-up", "");
    case.project.remove("broken");
    case.project.run(&["resume"]).code(10);
    assert!(!case.consistent(&servers), "it was taken back");
    case.project.run(&ROTATE).ok().says("proven: a fresh login with the new DB_PASSWORD was accepted");
    assert!(case.consistent(&servers));
}

#[test]
fn a_server_that_is_gone_is_found_out_before_anything_happens() {
    if !have("services::a_server_that_is_gone", &NEEDS) {
        return;
    }
    let mut servers = Servers::start();
    let case = Case::new(&servers, Strategy::Single);
    servers.postgres.stop();
    case.project.run(&ROTATE).code(1).says("nobody answers").says("nothing was changed");
    servers.postgres.up();
    assert!(!case.consistent(&servers));
}

/// Passes bytes on to a port, and cuts everything from the `nth` chunk towards the server on, for a while.
struct Proxy {
    port: u16,
    passed: Arc<AtomicUsize>,
    cut_at: Arc<AtomicUsize>,
}

impl Proxy {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy {
            port: listener.local_addr().unwrap().port(),
            passed: Arc::default(),
            cut_at: Arc::new(AtomicUsize::new(usize::MAX)),
        };
        let (passed, cut_at) = (Arc::clone(&proxy.passed), Arc::clone(&proxy.cut_at));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let (passed, cut_at) = (Arc::clone(&passed), Arc::clone(&cut_at));
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || {
                    let mut bytes = [0; 65536];
                    while let Ok(n) = from.read(&mut bytes) {
                        let cut = passed.fetch_add(1, Ordering::SeqCst) >= cut_at.load(Ordering::SeqCst);
                        if n == 0 || cut || to.write_all(&bytes[..n]).is_err() {
                            break;
                        }
                    }
                    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
                });
                let (mut from, mut to) = (server, client);
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
                });
            }
        });
        proxy
    }

    fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    fn cut_at(&self, chunk: usize) {
        self.cut_at.store(chunk, Ordering::SeqCst);
    }
}

#[test]
fn a_network_that_is_cut_anywhere_locks_nobody_out() {
    if !have("services::a_network_that_is_cut_anywhere", &NEEDS) {
        return;
    }
    let servers = &*Servers::shared();
    let (database, cache) = (Proxy::to(servers.postgres.port), Proxy::to(servers.redis.port));
    let case = || Case::at(servers, Strategy::Single, database.port, cache.port);
    let counts = || (database.passed(), cache.passed());
    let before = counts();
    case().project.run(&ROTATE).ok();
    let whole = (counts().0 - before.0, counts().1 - before.1);
    assert!(whole.0 > 10 && whole.1 > 10, "{whole:?}");
    let mut codes = std::collections::BTreeSet::new();
    for (proxy, chunks) in [(&database, whole.0), (&cache, whole.1)] {
        for nth in (0..chunks).step_by(3) {
            let case = case();
            proxy.cut_at(proxy.passed() + nth);
            let code = case.project.run(&ROTATE).code.unwrap();
            codes.insert(code);
            proxy.cut_at(usize::MAX);
            std::thread::sleep(Duration::from_millis(10));
            match code {
                0 | 1 | 10 => {}
                13 | 14 => {
                    let resumed = case.project.run(&["resume"]);
                    assert!(matches!(resumed.code, Some(0 | 10)), "{}", resumed.stderr);
                }
                other => panic!("cut at {nth} gives {other}"),
            }
            case.project.run(&["resume"]).ok().says("there is nothing to resume");
            let new = case.consistent(servers);
            assert!(!(new && matches!(code, 1 | 10)), "{code} with new values");
        }
    }
    // before anything, in the middle, and after the commit
    for code in [1, 13, 14] {
        assert!(codes.contains(&code), "no cut gives {code}: {codes:?}");
    }
}
