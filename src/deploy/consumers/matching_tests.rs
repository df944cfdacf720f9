use super::*;

/// `NAME=VALUE` lines.
struct File(Vec<(Vec<u8>, SecretValue)>);

impl File {
    fn new(text: &str) -> File {
        let pair = |line: &str| line.split_once('=').map(|(n, v)| (n.into(), SecretValue::new(v.into())));
        File(text.lines().filter_map(pair).collect())
    }

    fn values(&self) -> Vec<(&[u8], &SecretValue)> {
        self.0.iter().map(|(name, value)| (name.as_slice(), value)).collect()
    }
}

/// What is found in variables `NAME=VALUE`, and in words of a command line.
fn found(before: &str, now: &str, texts: &[&str]) -> Vec<String> {
    let (before, now) = (File::new(before), File::new(now));
    let (before, now) = (before.values(), now.values());
    let changed: Vec<String> = ["KEY", "PREVIOUS", "URL", "LIST", "USER", "PIN"].map(str::to_owned).to_vec();
    let prints = Fingerprints::keyed(&SecretValue::new(vec![7; 32]));
    let plain = ["USER".to_owned()];
    let compared = Compared { before: &before, now: &now, changed: &changed, plain: &plain, prints: &prints };
    let held: Vec<Held<'_>> = texts
        .iter()
        .map(|text| match text.split_once('=').filter(|(name, _)| !name.contains([' ', '/'])) {
            Some((name, value)) => {
                Held { variable: Some(name), is_file: false, place: name.to_owned(), text: value.as_bytes() }
            }
            None if text.starts_with("file ") => {
                Held { variable: None, is_file: true, place: "file".to_owned(), text: &text.as_bytes()[5..] }
            }
            None => {
                Held { variable: None, is_file: false, place: "command".to_owned(), text: text.as_bytes() }
            }
        })
        .collect();
    let matches = Replaced::new(&compared).held_by(&held);
    matches.into_iter().map(|m| format!("{}: {}", m.key, m.places.join(" "))).collect()
}

#[test]
fn the_old_value_is_found_whole_and_inside() {
    let (before, now) = ("KEY=old-old-old\n", "KEY=new-new-new\n");
    assert_eq!(found(before, now, &["KEY=new-new-new", "X=1", "run --fast"]), [""; 0]);
    assert_eq!(found(before, now, &["KEY=old-old-old"]), ["KEY: KEY"]);
    assert_eq!(
        found(before, now, &["OTHER=old-old-old", "U=postgres://a:old-old-old@h/d"]),
        ["KEY: OTHER U"]
    );
    assert_eq!(found(before, now, &["run --password old-old-old"]), ["KEY: command"]);
    let (before, now) = ("KEY=old/old@old\n", "KEY=new-new-new\n");
    assert_eq!(found(before, now, &["U=postgres://a:old%2fold%40old@h/d"]), ["KEY: U"]);
    assert_eq!(found(before, now, &["psql --dbname postgres://a:old%2Fold%40old@h/d"]), ["KEY: command"]);
}

#[test]
fn what_the_file_has_now_is_no_fault() {
    let (before, now) =
        ("KEY=old-old-old\nPREVIOUS=older-older\n", "KEY=new-new-new\nPREVIOUS=old-old-old\n");
    assert_eq!(found(before, now, &["KEY=new-new-new", "PREVIOUS=old-old-old"]), [""; 0]);
    // under another name, beside the new one
    assert_eq!(found(before, now, &["SIGN=new-new-new", "ALSO=old-old-old"]), [""; 0]);
    // alone it is one that was not started anew
    assert_eq!(found(before, now, &["SIGN=old-old-old"]), ["KEY: SIGN"]);
    assert_eq!(
        found(before, now, &["KEY=old-old-old", "PREVIOUS=older-older"]),
        ["KEY: KEY", "PREVIOUS: PREVIOUS"]
    );
    let (before, now) =
        ("KEY=old-old-old\nLIST=older-older\n", "KEY=new-new-new\nLIST=old-old-old,older-older\n");
    assert_eq!(found(before, now, &["KEY=new-new-new", "LIST=old-old-old,older-older"]), [""; 0]);
    assert_eq!(found(before, now, &["K=new-new-new", "ALL=new-new-new,old-old-old,older-older"]), [""; 0]);
    assert_eq!(found(before, now, &["ALL=old-old-old"]), ["KEY: ALL"]);
}

#[test]
fn what_is_short_or_no_secret_counts_under_its_own_name_only() {
    let (before, now) = ("PIN=1234567\nUSER=shop_user_a\n", "PIN=7654321\nUSER=shop_user_b\n");
    assert_eq!(found(before, now, &["OTHER=1234567", "run 1234567", "X=shop_user_a"]), [""; 0]);
    assert_eq!(found(before, now, &["PIN=1234567", "USER=shop_user_a"]), ["PIN: PIN", "USER: USER"]);
    assert_eq!(found(before, now, &["PIN=12345678"]), [""; 0]);
}

#[test]
fn a_word_counts_only_where_secrets_are() {
    let (before, now) = ("KEY=postgres\n", "KEY=new-new-new\n");
    let fine =
        ["HOST=postgres", "U=postgres://app:new-new-new@postgres/x", "run postgres", "IMAGE=postgres:16"];
    assert_eq!(found(before, now, &fine), [""; 0]);
    for text in ["KEY=postgres", "DB_PASSWORD=postgres", "U=postgres://app:postgres@h/x", "file postgres"] {
        assert_eq!(found(before, now, &[text]).len(), 1, "{text}");
    }
    // what nobody would call a host is found anywhere
    for value in ["postgres1", "Postgres", "postgres-postgres"] {
        let run = format!("run {value}");
        assert_eq!(found(&format!("KEY={value}\n"), now, &[&run]), ["KEY: command"], "{value}");
    }
}

#[test]
fn a_url_is_told_once() {
    let (before, now) =
        ("KEY=old-old-old\nURL=pg://u:old-old-old@h\n", "KEY=new-new-new\nURL=pg://u:new-new-new@h\n");
    assert_eq!(found(before, now, &["U=pg://u:old-old-old@h"]), ["KEY: U"]);
    assert_eq!(found(before, now, &["URL=pg://u:old-old-old@h"]), ["KEY: URL"]);
}
