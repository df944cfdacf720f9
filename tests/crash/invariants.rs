//! What always holds, and what holds once `resume` has said that a rotation has ended.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::case::{
    Case, MIRROR, OLD, Service, Snapshot, URL, Values, fingerprint, holds, old_values, relative, sealed,
};

/// How a rotation has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Committed,
    RolledBack,
    /// The process died before it had announced anything.
    NeverBegun,
}

/// What must hold at any instant: the file is the old or a complete new one (I2), and no value lies in clear (I3).
/// What is found is kept, to be searched for the new value once it is known.
pub fn at_this_instant(case: &Case) -> Snapshot {
    let live = case.live();
    if live != sealed() {
        let pending = case.rotation().and_then(|f| fs::read(f.join("pending.enc")).ok());
        // only at the very end is it taken away
        let whole = pending.is_none_or(|p| p == live);
        assert!(whole, "I2: the file is neither the old nor the pending one");
        complete(&case.values());
    }
    if let Some(mirror) = case.mirror() {
        mirrored_at_this_instant(case, &mirror);
    }
    let now = case.snapshot();
    hidden(&now, &[OLD, URL]);
    now
}

/// The same of a mirror; and whoever finds the new value in the main file finds it there.
fn mirrored_at_this_instant(case: &Case, mirror: &[u8]) {
    if mirror == case.old_mirror() {
        assert!(case.live() == sealed(), "the main file is new and its mirror is not");
        return;
    }
    let pending = case.rotation().and_then(|f| fs::read(f.join("pending-1.enc")).ok());
    assert!(pending.is_none_or(|p| p == mirror), "I2: the mirror is neither the old nor the pending one");
    let whole = case.mirror_of(&case.mirror_password());
    assert!(case.mirror_text() == whole, "I2: the mirror is not complete");
}

/// Half a backup that could not be removed because the disk failed then, too, goes with the next one.
pub fn the_next_backup_clears(case: &Case) {
    case.project.run(&["backup", "create"]).ok();
}

/// After the last `resume`: the rotation has ended (I7) in one piece, and a further `resume` changes nothing (I5).
pub fn at_the_end(case: &Case, before: &[Snapshot]) -> End {
    case.wait_for_orphans();
    let now = case.snapshot();
    let left = now.keys().find(|p| p.to_string_lossy().ends_with(".reseal-tmp"));
    assert_eq!(left, None, "half a write is left");
    let again = case.project.run(&["resume"]).ok().says("there is nothing to resume");
    drop(again);
    assert_eq!(
        without_lock(case.snapshot()),
        without_lock(now.clone()),
        "I5: a second resume changed something"
    );

    let values = case.values();
    let new = case.live() != sealed();
    if new {
        complete(&values);
        for snapshot in before.iter().chain([&now]) {
            hidden(snapshot, &[OLD, URL, &values["DB_PASSWORD"]]);
        }
    } else {
        assert_eq!(values, old_values(), "the old bytes hold other values");
        hidden(&now, &[OLD, URL]);
    }
    if let Some(mirror) = case.mirror() {
        assert_eq!(mirror != case.old_mirror(), new, "the mirror and the file disagree");
        assert!(
            case.mirror_text() == case.mirror_of(&values["DB_PASSWORD"]),
            "the mirror holds another value"
        );
        let copies = now.iter().filter(|(path, _)| path.starts_with(".reseal/backups"));
        let copies = copies.filter(|(_, (_, bytes))| bytes.as_deref() == Some(case.old_mirror())).count();
        assert!(copies <= 1 && (!new || copies == 1), "{copies} backups of the old mirror");
    }
    assert_eq!(case.running(), fingerprint(&values), "the service does not run on what the file holds");
    assert!(!case.project.exists("overlapped"), "two wrappers ran at once");
    assert_eq!(case.rotation(), None, "the rotation's folder is still there");
    modes(case);
    let end = audited(case);
    assert_eq!(new, end == End::Committed, "the file and the audit log disagree");
    if new {
        assert_ne!(case.service, Service::Ill, "an ill service was accepted");
        assert_eq!(backups(&now), 1, "backups of the old version");
    }
    end
}

/// The old values have given way to one new value, everywhere at once, and nothing else has changed.
fn complete(values: &Values) {
    let new = &values["DB_PASSWORD"];
    assert!(new.len() == 32 && new.chars().all(|c| c.is_ascii_alphanumeric()), "I2: no new value");
    let mut expected = old_values();
    expected.insert("DB_PASSWORD".into(), new.clone());
    expected.insert("DATABASE_URL".into(), format!("{URL}{new}@db:5432/app"));
    expected.insert("DB_PASSWORD_PREVIOUS".into(), OLD.into());
    assert!(*values == expected, "I2: the new version is not complete");
}

fn hidden(snapshot: &Snapshot, texts: &[&str]) {
    for (path, (_, bytes)) in snapshot {
        for text in texts {
            let found = bytes.as_ref().is_some_and(|b| holds(b, text));
            assert!(!found, "I3: {path:?} holds a value in clear");
        }
    }
}

/// The lock file holds the number of the last process.
fn without_lock(mut snapshot: Snapshot) -> Snapshot {
    snapshot.retain(|path, _| path.file_name().unwrap() != "lock");
    snapshot
}

/// What is ours is closed to others, and belongs to whom the sealed file belongs.
fn modes(case: &Case) {
    let owner = fs::metadata(&case.project.root).unwrap().uid();
    let seen = |path: &Path| {
        let meta = fs::metadata(path).unwrap();
        (meta.mode() & 0o7777, meta.uid())
    };
    for path in case.project.files() {
        let name = relative(case, &path);
        if !name.starts_with(".reseal") && name != Path::new(".env.enc") && name != Path::new(MIRROR) {
            continue;
        }
        assert_eq!(seen(&path), (0o600, owner), "{name:?}");
        for folder in name.ancestors().skip(1).filter(|f| f.starts_with(".reseal")) {
            assert_eq!(seen(&case.project.path(folder)), (0o700, owner), "{folder:?}");
        }
    }
}

/// The chain is whole, and a rotation has exactly one beginning and one end.
fn audited(case: &Case) -> End {
    let text = fs::read(case.project.path(".reseal/audit.jsonl")).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with(b"\n"), "the log ends in half a line");
    let mut prev = String::new();
    let mut acts = Vec::new();
    for (i, line) in text.split(|b| *b == b'\n').filter(|l| !l.is_empty()).enumerate() {
        let entry: Value = serde_json::from_slice(line).unwrap();
        assert_eq!(entry["prev"], prev.as_str(), "the chain breaks at line {i}");
        assert_eq!(entry["seq"], i);
        prev = Sha256::digest(line).iter().map(|b| format!("{b:02x}")).collect();
        assert!(entry["rotation"].is_string() && entry["secrets"][0] == "DB_PASSWORD");
        assert_eq!(entry["reason"], "a test");
        assert_eq!(entry["mirrors"][0].as_str(), case.mirror().map(|_| MIRROR), "the log names the files");
        acts.push(entry["act"].as_str().unwrap().to_owned());
    }
    // a stuck rotation may have been tried again
    acts.retain(|act| act != "stuck");
    match acts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => End::NeverBegun,
        ["started", "committed"] => End::Committed,
        ["started", "rolled-back"] => End::RolledBack,
        other => panic!("the audit log has {other:?}"),
    }
}

/// How often the old version is kept: once, however often Backup has begun.
fn backups(snapshot: &Snapshot) -> usize {
    let kept = snapshot.iter().filter(|(path, _)| path.starts_with(".reseal/backups"));
    kept.filter(|(_, (_, bytes))| bytes.as_deref() == Some(sealed())).count()
}

/// The real sops reads what is live, and reads the same.
pub fn sops_agrees(case: &Case) {
    let plain = String::from_utf8(case.project.sops_decrypt(".env.enc")).unwrap();
    assert!(super::case::parse(&plain) == case.values());
}
