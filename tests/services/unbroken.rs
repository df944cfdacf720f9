//! A hundred rotations in a row, under clients that log in all the time with what the application runs on: no login
//! fails, because two users take turns in Postgres, and Redis accepts two values for a while.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use super::case::{Case, NEEDS, OLD, OLD_CACHE, Servers, Strategy, auth};
use crate::harness::have;

const ROTATIONS: usize = 100;
/// Between two logins, so that whoever exchanges the application finds a moment for it.
const PAUSE: Duration = Duration::from_millis(3);

#[test]
fn a_hundred_rotations_interrupt_nobody() {
    if !have("services::a_hundred_rotations", &NEEDS) {
        return;
    }
    let servers = Servers::start();
    let case = Case::new(&servers, Strategy::Alternating);
    // the application is exchanged in one moment, as a process is: nobody logs in half with this and half with that
    case.project.script(
        "wrapper",
        "#!/bin/sh\n\"$RESEAL\" exec -- sh -c 'printf \"%s\\n%s\\n\" \"$DATABASE_URL\" \"$CACHE_PASSWORD\" >next'\n\
         exec flock app mv next runs\n",
    );
    case.project.write("app", "");
    let initial = format!("{}\n{}\n", case.project.get("DATABASE_URL"), case.project.get("CACHE_PASSWORD"));
    case.project.write("runs", initial);
    let (over, logins) = (AtomicBool::new(false), [AtomicUsize::new(0), AtomicUsize::new(0)]);
    // as the application: it holds its place while it logs in
    let running = || {
        let held = std::fs::File::open(case.project.path("app")).unwrap();
        held.lock_shared().unwrap();
        let text = case.project.text("runs");
        let (url, cache) = text.trim_end().split_once('\n').unwrap();
        let login = url.strip_prefix("postgres://").unwrap().split('@').next().unwrap();
        let (user, password) = login.split_once(':').unwrap();
        (held, user.to_owned(), password.to_owned(), cache.to_owned())
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let (held, user, password, _) = running();
                assert!(servers.database(&user, &password), "a login to the database failed");
                logins[0].fetch_add(1, Ordering::Relaxed);
                drop(held);
                sleep(PAUSE);
            }
        });
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let (held, _, _, cache) = running();
                assert!(auth(servers.redis.port, &case.cache_user, &cache), "a login to redis failed");
                logins[1].fetch_add(1, Ordering::Relaxed);
                drop(held);
                sleep(PAUSE);
            }
        });
        // an ended test must end its clients too
        struct Over<'a>(&'a AtomicBool);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _over = Over(&over);
        for n in 0..ROTATIONS {
            case.project.run(&["rotate", "--group", "data", "--yes", "-q"]).ok();
            let (user, _) = case.database();
            assert_eq!(user == case.role, n % 2 == 1, "the users do not take turns");
        }
    });
    for (count, what) in logins.iter().zip(["database", "redis"]) {
        let count = count.load(Ordering::Relaxed);
        assert!(count > ROTATIONS, "only {count} logins to {what}");
    }
    let (user, password) = case.database();
    assert!(servers.database(&user, &password) && !servers.database(&case.role, OLD));
    assert!(!servers.cache(&case.cache_user, OLD_CACHE));
}
