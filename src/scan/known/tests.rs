//! Values of many kinds in every form, found where they stand and nowhere else.

use ::base64::Engine;
use ::base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::scan::kind::Name;
use crate::scan::text::Decoded;
use crate::secret::SecretValue;

fn known(values: &[(&str, &str)]) -> Known {
    let spoken = Spoken { public: Vec::new(), secret: values.iter().map(|(key, _)| (*key).into()).collect() };
    Known::new(values.iter().map(|(key, value)| entry(key, value, Version::Current)).collect(), &spoken)
}

fn entry(key: &str, value: &str, version: Version) -> Entry {
    Entry { file: ".env.enc".into(), key: key.into(), value: SecretValue::new(value.into()), version }
}

/// Line, what, and the bytes of each finding.
fn found(known: &Known, bytes: &[u8]) -> Vec<(usize, String, Vec<u8>)> {
    let name = Name::of(b"a.py");
    let mut decoded = Decoded::unknown();
    decoded.tell(bytes, true);
    let text = Text::new(&name, bytes, 0..bytes.len(), 1, true, &decoded);
    let mut hits = Vec::new();
    known.look(&text, &mut hits);
    hits.into_iter().map(|hit| (text.number(hit.at.start), hit.what, text.bytes[hit.at].to_vec())).collect()
}

fn whats(known: &Known, text: &str) -> Vec<String> {
    found(known, text.as_bytes()).into_iter().map(|(_, what, _)| what).collect()
}

fn percent(value: &str, keep: &str, upper: bool) -> String {
    let one = |b: u8| match b {
        b if b.is_ascii_alphanumeric() || keep.as_bytes().contains(&b) => char::from(b).to_string(),
        b if upper => format!("%{b:02X}"),
        b => format!("%{b:02x}"),
    };
    value.bytes().map(one).collect()
}

fn hex(value: &[u8], upper: bool) -> String {
    value.iter().map(|b| if upper { format!("{b:02X}") } else { format!("{b:02x}") }).collect()
}

fn units(value: &str, escape: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    for c in value.chars() {
        let mut two = [0; 2];
        match escape(c) {
            true => out.extend(c.encode_utf16(&mut two).iter().map(|u| format!("\\u{u:04x}"))),
            false => out.push(c),
        }
    }
    out
}

fn backslashed(value: &str, special: &str) -> String {
    value.chars().flat_map(|c| special.contains(c).then_some('\\').into_iter().chain([c])).collect()
}

fn xml(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn wrapped(text: &str, width: usize, between: &str) -> String {
    let lines: Vec<&str> =
        text.as_bytes().chunks(width).filter_map(|l| std::str::from_utf8(l).ok()).collect();
    lines.join(between)
}

/// The value with what stands beside it, which base64 takes in as well.
fn beside(value: &str, before: usize) -> String {
    format!("{}{value}\"}}", "{\"k\": \"".chars().skip(7 - before).collect::<String>())
}

const FORMS: usize = 40;

/// A way to write a value.
fn form(value: &str, number: usize) -> String {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let long = format!(
        "a configuration that holds {value} and some more of it, so that it takes some lines to write"
    );
    match number {
        0 => value.to_owned(),
        1 => STANDARD.encode(value),
        2 => URL_SAFE_NO_PAD.encode(value),
        3..=5 => STANDARD.encode(beside(value, 3 + number - 3)),
        6..=8 => URL_SAFE.encode(beside(value, 3 + number - 6)),
        9 => wrapped(&STANDARD.encode(long), 64, "\n"),
        10 => wrapped(&STANDARD.encode(long), 76, "\r\n      "),
        11 => wrapped(&STANDARD.encode(long), 48, "\\\n"),
        12 => format!("\"{}\"", wrapped(&STANDARD.encode(long), 40, "\" +\n        \"")),
        13 => wrapped(&STANDARD.encode(long), 64, "\\n"),
        14 => STANDARD.encode(STANDARD.encode(value)),
        15 => STANDARD.encode(format!("{{\"auth\":\"{}\"}}", STANDARD.encode(format!("user:{value}")))),
        16 => hex(value.as_bytes(), false),
        17 => hex(value.as_bytes(), true),
        18 => percent(value, "-._~", true),
        19 => percent(value, "-._~", false),
        20 => percent(value, "-_.!~*'()", true),
        21 => percent(value, ";,/?:@&=+$-_.!~*'()#", true),
        22 => percent(value, "-._ ", true).replace(' ', "+"),
        23 => value.bytes().map(|b| format!("%{b:02X}")).collect(),
        24 => json(value),
        25 => units(&json(value), |c| !c.is_ascii()),
        26 => units(&json(value), |c| "&<>'".contains(c) || !c.is_ascii()),
        27 => json(value).replace('/', "\\/"),
        28 => json(&format!("{{\"password\": {}}}", json(value))),
        29 => format!("'{}'", value.replace('\'', "''")),
        30 => format!("'{}'", value.replace('\'', "'\\''")),
        31 => format!("'{}'", value.replace('\'', "'\"'\"'")),
        32 => format!("\"{}\"", backslashed(value, "\"\\$`")),
        33 => backslashed(value, " !\"#$&'()*,;<=>?[\\]^`{|}~"),
        34 => xml(value),
        35 => value.replace('&', "&#38;").replace('<', "&#60;").replace('"', "&#34;").replace('\'', "&#39;"),
        36 => value.replace('$', "$$"),
        37 => value.bytes().map(|b| format!("\\x{b:02x}")).collect(),
        38 => format!("postgres://app:{}@db:5432/app", percent(value, "-._~", true)),
        _ => STANDARD_NO_PAD.encode(format!("user:{value}")),
    }
}

fn a_value() -> impl Strategy<Value = String> {
    let random = select(vec![
        "[a-zA-Z0-9]{20,40}",
        "[0-9a-f]{32,64}",
        "[A-Za-z0-9+/]{43}=",
        "[!-~]{12,32}",
        "[!-~]{8,11}",
        "[a-zA-Z0-9]{8,11}",
        "[A-Z][a-z]{4}-[A-Z][a-z][0-9][a-z]{3}[0-9]{2}[!$&#%]",
        "[a-zé\"'\\\\$&<%+/=]{14,20}[0-9]",
        "[ -~]{16,30}",
    ])
    .prop_flat_map(|set| set);
    // blanks around a value are not a part of it, nor are quotes
    random
        .prop_map(|value| format!("K{}9", value.trim()))
        .prop_filter("a word", |value| !choice::is_word(value.as_bytes()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_value_is_found_on_its_line_in_every_form(
        value in a_value(),
        other in a_value(),
        number in 0..FORMS,
        lines in vec("[ -~]{0,60}", 0..12),
        (before, after) in select(vec![("x = \"", "\"\n"), ("key: ", "\n"), ("<a>", "</a>"), ("KEY=", "\nOTHER=1\n"), ("", "\n")]),
    ) {
        let known = known(&[("OTHER", &other), ("TOKEN", &value)]);
        let head: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let text = format!("{head}{before}{}{after}{head}", form(&value, number));
        let all = found(&known, text.as_bytes());
        let there = all.iter().find(|(_, what, _)| what.starts_with("TOKEN of .env.enc"));
        prop_assert!(there.is_some(), "form {}: {:?}", number, text);
        prop_assert!(there.unwrap().0 <= lines.len() + 2 && there.unwrap().0 > lines.len(), "line {:?}", there);
        prop_assert!(all.iter().all(|(_, what, _)| what.contains("TOKEN")));
    }

    #[test]
    fn nothing_is_found_where_it_is_not(values in vec(a_value(), 1..20), text in vec("[ -~]{0,120}", 0..20), n in 0..FORMS) {
        // a list is looked for by its items as well, and what is assigned by itself
        let values: Vec<String> = values.iter().map(|value| value.replace([',', '='], "-")).collect();
        let pairs: Vec<(&str, &str)> = values.iter().map(|value| ("TOKEN", value.as_str())).collect();
        let known = known(&pairs);
        let text = text.join("\n");
        prop_assert!(found(&known, text.as_bytes()).is_empty());
        // but for one byte
        let near: String = values[0].chars().enumerate().map(|(i, c)| if i == 5 { if c == 'x' { 'y' } else { 'x' } } else { c }).collect();
        prop_assume!(!values.contains(&near));
        prop_assert!(found(&known, form(&near, n).as_bytes()).is_empty(), "form {} of {:?}", n, near);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(select(b"ab4+/=\\nu0%2\n\"' &#x;-K9".to_vec()), 0..300), values in vec("[ab4+/=\\\\%]{8,14}", 1..4)) {
        let pairs: Vec<(&str, &str)> = values.iter().map(|value| ("TOKEN", value.as_str())).collect();
        found(&known(&pairs), &bytes);
    }
}

const TOKEN: &str = "kQ7vXw2LmN4pRs8TzB1cD5fG";

#[test]
fn it_is_told_how_it_is_written() {
    let k = known(&[("TOKEN", TOKEN), ("PASSWORD", "p@ss/w0rd&more+x")]);
    let says = |text: &str, what: &str| assert_eq!(whats(&k, text), [what], "{text}");
    says(&format!("x={TOKEN}"), "TOKEN of .env.enc");
    says(&format!("x={}", STANDARD.encode(TOKEN)), "TOKEN of .env.enc (base64)");
    says(&format!("x={}", STANDARD.encode(STANDARD.encode(TOKEN))), "TOKEN of .env.enc (base64 of base64)");
    says(&format!("x={}", hex(TOKEN.as_bytes(), false)), "TOKEN of .env.enc (hex)");
    says("x=p%40ss%2Fw0rd%26more%2Bx", "PASSWORD of .env.enc (percent-encoded)");
    says("x=p@ss\\/w0rd\\u0026more+x", "PASSWORD of .env.enc (escaped)");
    says("<x>p@ss/w0rd&amp;more+x</x>", "PASSWORD of .env.enc (XML-escaped)");
}

#[test]
fn utf_16_is_read_with_and_without_a_mark() {
    let k = known(&[("TOKEN", TOKEN)]);
    let text = format!("first line\nTOKEN={TOKEN}\n");
    for mark in ["", "\u{feff}"] {
        let all = format!("{mark}{text}");
        let little: Vec<u8> = all.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = all.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            let all = found(&k, &bytes);
            assert_eq!((all.len(), all[0].0, all[0].1.as_str()), (1, 2, "TOKEN of .env.enc"));
        }
    }
    // in a program
    let wide: Vec<u8> = TOKEN.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let binary =
        [&[0x7f, b'E', b'L', b'F', 1, 2, 3, 0, 200, 7][..], &[9; 300], &wide, &[7, 7, 0, 0, 3]].concat();
    assert_eq!(found(&k, &binary)[0].1, "TOKEN of .env.enc (UTF-16)");
    let plain =
        [&[0x7f, b'E', b'L', b'F', 1, 2, 3, 0, 200, 7][..], &[9; 301], TOKEN.as_bytes(), &[7, 0]].concat();
    assert_eq!(found(&k, &plain)[0].1, "TOKEN of .env.enc");
    // as PowerShell takes its commands
    assert_eq!(whats(&k, &STANDARD.encode(&wide)), ["TOKEN of .env.enc (UTF-16, base64)"]);
}

#[test]
fn a_url_is_found_whole_and_by_its_password() {
    let k = Known::new(
        vec![entry(
            "DATABASE_URL",
            "\"postgres://app:Qx7%2Fv9Lm2Kp@db.internal:5432/app\"",
            Version::Current,
        )],
        &Spoken::default(),
    );
    let url = "postgres://app:Qx7%2Fv9Lm2Kp@db.internal:5432/app";
    assert!(whats(&k, &format!("u = '{url}'")).contains(&"DATABASE_URL of .env.enc".to_owned()));
    assert_eq!(whats(&k, "pw = 'Qx7/v9Lm2Kp'"), ["password in DATABASE_URL of .env.enc"]);
    assert_eq!(
        whats(&k, "redis://x:Qx7%2fv9Lm2Kp@cache"),
        ["password in DATABASE_URL of .env.enc (percent-encoded)"]
    );
    assert!(whats(&k, "postgres://app:other@db.internal:5432/app and db.internal").is_empty());
}

#[test]
fn private_keys_are_found_by_one_of_their_lines() {
    let body: String =
        (0..26).map(|n| STANDARD.encode([n * 7 + 3; 48].map(|b: u8| b.wrapping_mul(31)))).collect();
    let pem = |between: &str| {
        format!(
            "-----BEGIN PRIVATE KEY-----{between}{}{between}-----END PRIVATE KEY-----",
            wrapped(&body, 64, between)
        )
    };
    for value in [
        pem("\n"),
        pem("\\n"),
        format!("\"{}\"", pem("\n")),
        format!("{{\"private_key\": \"{}\"}}", pem("\\n")),
    ] {
        let k = known(&[("TLS_KEY", &value)]);
        for text in [pem("\n"), pem("\r\n"), pem("\n    "), pem("\\n")] {
            let all = found(&k, format!("a\nb: {text}\n").as_bytes());
            assert!(all.iter().any(|(line, what, _)| *line == 2 && what.starts_with("TLS_KEY")), "{all:?}");
        }
        for text in [STANDARD.encode(pem("\n")), wrapped(&STANDARD.encode(pem("\n")), 76, "\n")] {
            assert!(whats(&k, &text).contains(&"TLS_KEY of .env.enc (base64)".to_owned()), "{text}");
        }
        let head =
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n";
        assert!(whats(&k, head).is_empty());
    }
}

#[test]
fn short_values_and_words_count_beside_their_name_only() {
    let k = known(&[("DB_PIN", "4711"), ("db.password", "administrator")]);
    for text in
        ["DB_PIN=4711", "export DB_PIN='4711'", "DB_PIN: \"4711\"", "{\"DB_PIN\": \"4711\"}", "DB_PIN = 4711"]
    {
        assert_eq!(whats(&k, &format!("{text}\n")), ["DB_PIN of .env.enc"], "{text}");
        assert_eq!(found(&k, text.as_bytes())[0].2, b"4711");
    }
    assert_eq!(whats(&k, "db:\n  password: administrator\n"), ["db.password of .env.enc"]);
    for text in ["4711", "PIN=4711", "DB_PIN=47112", "DB_PIN=", "the administrator", "xDB_PIN=4711"] {
        assert!(whats(&k, text).is_empty(), "{text}");
    }
}

#[test]
fn a_part_of_a_longer_word_is_no_finding_unless_it_is_rare() {
    let k = known(&[("SHORT", "k3hd82jd"), ("LONG", TOKEN)]);
    assert!(whats(&k, "a = xk3hd82jdy + k3hd82jd7 + _k3hd82jd").is_empty());
    assert!(whats(&k, &STANDARD.encode("xk3hd82jdy")).is_empty());
    assert!(whats(&k, &hex(b"xk3hd82jdy", false)).is_empty());
    for text in
        ["k3hd82jd", "\"a\\nk3hd82jd\"", "a%3Dk3hd82jd%26", "mysql -u root -pk3hd82jd", "x:k3hd82jd@y"]
    {
        assert_eq!(whats(&k, text).len(), 1, "{text}");
    }
    for before in ["", ":", "a:", "ab:"] {
        assert_eq!(whats(&k, &STANDARD.encode(format!("{before}k3hd82jd"))).len(), 1, "{before}");
    }
    assert_eq!(whats(&k, &format!("x{TOKEN}y")), ["LONG of .env.enc"]);
}

#[test]
fn the_newest_version_of_a_value_gives_the_name() {
    let spoken = Spoken { public: vec!["OPEN".into()], secret: vec!["A".into(), "B".into(), "C".into()] };
    let backup = |day: &str| Version::Backup(day.into());
    let other = "nV4yJ8eH2uW6oI0aZ3xC7bM5";
    let k = Known::new(
        vec![
            entry("B", other, backup("2026-01-02")),
            entry("B", other, backup("2026-03-04")),
            entry("A", TOKEN, Version::Previous),
            entry("C", TOKEN, Version::Current),
            entry("OPEN", "tY6gF2dS8aP4lK1jH9wE3qR7", Version::Current),
        ],
        &spoken,
    );
    assert_eq!(whats(&k, TOKEN), ["C of .env.enc"]);
    assert_eq!(whats(&k, other), ["B of .env.enc, backup of 2026-03-04"]);
    assert!(whats(&k, "tY6gF2dS8aP4lK1jH9wE3qR7").is_empty());
}

#[test]
fn parts_of_compound_values_are_found() {
    let decoded = "fR5tG6yH7uJ8iK9o";
    let k = known(&[
        ("APP_KEY", &format!("base64:{}", STANDARD.encode([201u8; 32].map(|b| b ^ 77)))),
        ("KEYS", &format!("{TOKEN},mN3bV5cX7zA9sD1fG2hJ4kL6")),
        ("DATA", &STANDARD.encode(decoded)),
    ]);
    assert_eq!(whats(&k, &STANDARD.encode([201u8; 32].map(|b| b ^ 77))), ["APP_KEY of .env.enc"]);
    assert_eq!(whats(&k, TOKEN), ["one of KEYS of .env.enc"]);
    assert_eq!(whats(&k, decoded), ["decoded DATA of .env.enc"]);
}

/// What `hexdump -C` prints.
fn dump(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (i, row) in bytes.chunks(16).enumerate() {
        let pairs: Vec<String> = row.iter().map(|b| format!("{b:02x}")).collect();
        let (left, right) = pairs.split_at(pairs.len().min(8));
        let text: String = row.iter().map(|b| char::from(*b)).collect();
        out +=
            &format!("{:08x}  {:<49}|{text}|\n", i * 16, format!("{}  {}", left.join(" "), right.join(" ")));
    }
    out
}

#[test]
fn dumps_and_broken_lines_hide_nothing() {
    let value = "kT7qZw2LmX9sVb4NdRf8hY3c";
    let known = known(&[("API_KEY", value)]);
    let pairs = |between: &str| value.bytes().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(between);
    for before in ["", "k=", "password=", "a longer text of some more bytes = "] {
        let all = dump(format!("{before}{value}\n").as_bytes());
        assert!(!whats(&known, &all).is_empty(), "{all}");
    }
    for text in [
        pairs(" "),
        pairs(":"),
        pairs("-"),
        pairs(":").to_uppercase(),
        format!("X={}\\\n{}\n", &value[..9], &value[9..]),
        format!("X={}\\\r\n{}\n", &value[..15], &value[15..]),
        format!("a: \"{}\\\n  {}\"\n", &value[..12], &value[12..]),
        format!("{}=\n{}\n", &value[..12], &value[12..]),
        value.bytes().map(|b| format!("\\{b:03o}")).collect(),
    ] {
        assert!(!whats(&known, &text).is_empty(), "{text}");
    }
    for text in
        [pairs(" ").replacen("6d", "6e", 1), pairs(" , "), format!("{}\n{}", &value[..12], &value[12..])]
    {
        assert_eq!(whats(&known, &text), Vec::<String>::new(), "{text}");
    }
    let foreign = self::known(&[("ADMIN_PASSWORD", "Zürich-Öl!7äk9")]);
    for big in [false, true] {
        let wide: Vec<u8> = "$p=\"Zürich-Öl!7äk9\""
            .encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect();
        assert!(!whats(&foreign, &format!("-EncodedCommand {}\n", STANDARD.encode(&wide))).is_empty());
    }
}
