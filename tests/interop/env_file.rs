//! Env files made up at random: names and values of any bytes that the format can hold, and many of those that
//! programs trip over.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Clone, Debug)]
pub enum Line {
    Blank,
    Comment(Vec<u8>),
    Pair(Vec<u8>, Vec<u8>),
}

/// An env file of up to 25 lines; names may stand twice.
pub fn env_file() -> impl Strategy<Value = Vec<Line>> {
    let line = prop_oneof![
        1 => Just(Line::Blank),
        3 => comment().prop_map(Line::Comment),
        9 => (key(), value()).prop_map(|(key, value)| Line::Pair(key, value)),
    ];
    vec(line, 0..25)
}

/// The lines as a file.
pub fn written(lines: &[Line]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        match line {
            Line::Blank => {}
            Line::Comment(text) => bytes.extend([b"#", text.as_slice()].concat()),
            Line::Pair(key, value) => bytes.extend([key.as_slice(), b"=", value].concat()),
        }
        bytes.push(b'\n');
    }
    bytes
}

/// Names that `sops set` and a command line can carry, for edits.
pub fn plain_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z][A-Z0-9_]{1,8}(_unencrypted|_PASSWORD|_KEY|_HOST)?",
        "DB_[A-Z]{2,5}",
        "[a-zäöüß][a-z0-9äé]{1,4}",
    ]
}

/// Text that any of the programs can be given as a value.
pub fn text_value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,40}",
        "\\PC{1,20}",
        "[a-z]{1,5}(\n[a-z]{0,5}){1,3}",
        Just("ENC[AES256_GCM,data:oYyi,iv:AAAA,tag:AAAA,type:str]".to_owned()),
        Just("5432".to_owned()),
        Just("true".to_owned()),
    ]
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => plain_name().prop_map(String::into_bytes),
        2 => select(vec!["A", "TOKEN", "DB_HOST", "X_unencrypted", "", "export FOO", "SOPS_X", "sops", " A "])
            .prop_map(|k| k.as_bytes().to_vec()),
        1 => "\\PC{1,8}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..12),
    ]
    .prop_map(|mut key| {
        key.retain(|b| !matches!(b, 0 | b'\n' | b'='));
        key
    })
    .prop_filter("no comment, no metadata", |key| !key.starts_with(b"#") && !key.starts_with(b"sops_"))
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let odd = [
        "",
        "12",
        "true",
        "\"quoted # value\"",
        "a=b==",
        "C:\\new\\\\n",
        "ENC[",
        "ENC[AES256_GCM,data:oYyi,iv:MyIDYbT718JRr11QtBkcj3Dwm4k1aCGZBVeZf0EyV8o=,tag:t5z2Z023Up0kxwCgw1gNxg==,type:str]",
        "ENC[AES256_GCM,data:x,iv:x,tag:x,type:comment] and more",
    ];
    let bytes = prop_oneof![
        3 => "[ -~]{0,40}".prop_map(String::into_bytes),
        3 => vec(any::<u8>(), 0..60),
        2 => "\\PC{0,20}".prop_map(String::into_bytes),
        2 => "([a-z]|\\\\n|\\\\|\r){0,12}".prop_map(String::into_bytes),
        3 => select(odd.to_vec()).prop_map(|v| v.as_bytes().to_vec()),
        1 => (any::<u8>(), 1000..5000usize).prop_map(|(byte, n)| vec![byte; n]),
    ];
    bytes.prop_map(one_line)
}

fn comment() -> impl Strategy<Value = Vec<u8>> {
    let marks = [
        "",
        " enc: below",
        " keep: below",
        "keep:",
        "#",
        "ENC[AES256_GCM,data:x,iv:x,tag:x,type:comment]",
        " a\\nb",
    ];
    prop_oneof![
        2 => "[ -~]{0,30}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..20),
        3 => select(marks.to_vec()).prop_map(|v| v.as_bytes().to_vec()),
    ]
    .prop_map(one_line)
}

/// A line feed would end the line, and no environment carries a NUL.
fn one_line(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.retain(|b| !matches!(b, 0 | b'\n'));
    bytes
}
