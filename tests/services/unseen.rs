//! No value is seen on its way into the servers: not in arguments, environments, server logs, Redis's own records, nor on
//! the disk, in any form.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::case::{ADMIN, Case, NEEDS, OLD, OLD_CACHE, Servers, Strategy};
use crate::harness::have;
use crate::leak::canary::Canary;

/// The arguments and the environment of every process, as often as they can be read.
fn watch(over: &AtomicBool) -> BTreeMap<Vec<u8>, String> {
    let mut seen = BTreeMap::new();
    while !over.load(Ordering::Relaxed) {
        for entry in std::fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            let name = entry.file_name().into_string().unwrap_or_default();
            if !name.bytes().all(|b| b.is_ascii_digit()) {
                continue;
            }
            for file in ["cmdline", "environ"] {
                let bytes = std::fs::read(entry.path().join(file)).unwrap_or_default();
                seen.entry(bytes).or_insert_with(|| format!("{file} of a process"));
            }
        }
        // a program of a millisecond must not slip through
        std::thread::yield_now();
    }
    seen
}

#[test]
fn no_value_is_seen_on_its_way_into_the_servers() {
    if !have("services::no_value_is_seen", &NEEDS) {
        return;
    }
    let servers = Servers::start();
    let mut values: Vec<(String, String)> = [("old", OLD), ("old", OLD_CACHE), ("admin", ADMIN)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let over = AtomicBool::new(false);
    let seen = Mutex::new(BTreeMap::new());
    let mut cases = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| *seen.lock().unwrap() = watch(&over));
        for strategy in [Strategy::Single, Strategy::Alternating] {
            let case = Case::new(&servers, strategy);
            // whatever a deployment does with values is its own affair
            let policy = case.project.text("reseal.toml");
            case.project.write("reseal.toml", &policy[policy.find("[secret").unwrap()..]);
            for round in 0..6 {
                let how = ["-q", "--emergency"][usize::from(round == 3)];
                case.project.run(&["rotate", "--group", "data", "--yes", how]).ok();
                values.push(("new".into(), case.project.get("DB_PASSWORD")));
                values.push(("new".into(), case.project.get("CACHE_PASSWORD")));
            }
            case.project.run(&["rollback", "--yes"]).ok();
            cases.push(case);
        }
        over.store(true, Ordering::Relaxed);
    });
    let mut all = seen.into_inner().unwrap();
    assert!(all.len() > 20, "only {} processes were seen", all.len());
    assert!(servers.postgres.log().contains("ALTER ROLE"), "the log does not hold the statements");
    // what the harness itself has typed to set the servers up stands there in clear
    let log = servers.postgres.log();
    let log: Vec<&str> = log.lines().filter(|l| !l.contains("CREATE ROLE") || l.contains("SCRAM")).collect();
    all.insert(log.join("\n").into_bytes(), "postgres's log".into());
    all.insert(servers.redis.log().into_bytes(), "redis's log".into());
    for words in [&["SLOWLOG", "GET", "-1"][..], &["ACL", "LOG", "1000"], &["ACL", "LIST"]] {
        let text = servers.redis.cli("default", ADMIN, words);
        assert!(words[0] != "SLOWLOG" || text.contains("SETUSER"), "{text}");
        let text: Vec<&str> =
            text.lines().filter(|l| !l.starts_with('>') && !l.contains(&format!(">{OLD_CACHE}"))).collect();
        all.insert(text.join("\n").into_bytes(), words.join(" "));
    }
    for file in cases.iter().flat_map(|case| case.project.files()) {
        all.insert(std::fs::read(&file).unwrap(), format!("{file:?}"));
    }
    for (name, value) in &values {
        let canary = Canary::of(value.clone());
        for (bytes, place) in &all {
            let found = canary.found(bytes);
            // the harness, and tests beside this one, give the old values to the real clients in both ways; the new
            // ones nobody has but the program
            let others = name != "new" && place.ends_with("of a process");
            let program =
                String::from_utf8_lossy(bytes.split(|b| *b == 0).next().unwrap_or_default()).into_owned();
            let what = found.unwrap_or_default();
            assert!(found.is_none() || others, "{place} ({program:.60}) holds the {name} value, {what}");
        }
    }
}
