//! What this program does with each vector, and why it refuses those that it refuses. Where it answers otherwise than
//! sops does, the reason stands beside the row.

use super::manifest::Row;

#[derive(Clone, Copy)]
pub enum Expected {
    /// The bytes are those that sops gives.
    Same,
    /// This exit code, and a message with these words.
    Refused(i32, &'static str),
}
use Expected::{Refused, Same};

const MALFORMED: i32 = 1;
const USAGE: i32 = 2;
const NO_IDENTITY: i32 = 12;
const INTEGRITY: i32 = 15;

/// Sealed env files that do not open.
const REFUSED: [(&str, i32, &str); 33] = [
    // one share of two
    ("041", NO_IDENTITY, "2 of 3 key groups are needed"),
    // names are associated data
    ("063", INTEGRITY, "does not authenticate"),
    ("064", INTEGRITY, "does not authenticate"),
    ("065", INTEGRITY, "the MAC does not fit"),
    ("066", INTEGRITY, "the MAC does not fit"),
    ("067", INTEGRITY, "does not authenticate"),
    ("068", INTEGRITY, "the MAC does not fit"),
    // an empty MAC is no MAC
    ("069", INTEGRITY, "has no MAC"),
    ("070", INTEGRITY, "has no MAC"),
    // sops was told --ignore-mac; here there is no way to read a file that is not verified
    ("071", INTEGRITY, "has no MAC"),
    ("072", INTEGRITY, "the MAC does not fit"),
    // the rule says encrypted, the line is not
    ("073", INTEGRITY, "is not an encrypted value"),
    ("074", INTEGRITY, "the MAC does not fit"),
    ("075", INTEGRITY, "the MAC does not fit"),
    ("076", INTEGRITY, "is not an encrypted value"),
    ("077", INTEGRITY, "the MAC does not fit"),
    ("078", MALFORMED, "more than one selection rule"),
    ("079", INTEGRITY, "type tag"),
    ("080", INTEGRITY, "type tag"),
    ("081", MALFORMED, "sops_version"),
    ("082", MALFORMED, "sops_lastmodified"),
    ("083", MALFORMED, "no recipient"),
    ("084", MALFORMED, "CRLF"),
    ("085", NO_IDENTITY, "no identity at hand opens"),
    ("086", MALFORMED, "not sealed"),
    ("087", MALFORMED, "line 15 has no \"=\""),
    // sops wrote these two itself and cannot read them either
    ("105", INTEGRITY, "is not an encrypted value"),
    ("106", INTEGRITY, "the MAC does not fit"),
    // JSON
    ("109", INTEGRITY, "the MAC does not fit"),
    ("111", INTEGRITY, "does not authenticate"),
    ("112", INTEGRITY, "has no MAC"),
    // without its sops branch it is no sealed file of any format
    ("113", MALFORMED, "not sealed"),
    // YAML
    ("114", INTEGRITY, "the MAC does not fit"),
];

/// Plaintext that sops does not seal.
const UNSEALABLE: [(&str, i32, &str); 9] = [
    ("052", MALFORMED, "line 1 has no \"=\""),
    ("053", MALFORMED, "line 1 is an indented comment"),
    ("054", MALFORMED, "line 2 has no \"=\""),
    ("055", MALFORMED, "line 2 is blank but for a carriage return"),
    ("056", MALFORMED, "line 6 is sops metadata"),
    ("057", USAGE, "cannot be used with"),
    // read as what their names say
    ("061", MALFORMED, "line 1: a JSON file that holds values starts with a brace"),
    // read as env files, which they are not
    ("058", MALFORMED, "line 1 has no \"=\""),
    ("060", MALFORMED, "line 1 has no \"=\""),
];

/// What `decrypt` does with the row's sealed file, with each of its identities.
pub fn opening(row: &Row) -> Expected {
    let listed = REFUSED.iter().find(|(id, ..)| *id == row.id).map(|(_, code, words)| Refused(*code, words));
    match row.kind.as_str() {
        "ok" | "decrypt-ok" | "sops-rewrite" => listed.unwrap_or(Same),
        "decrypt-fail" | "sops-rewrite-broken" => {
            listed.unwrap_or_else(|| panic!("{}: no refusal is given for it", row.title()))
        }
        other => panic!("row {}: unknown kind {other}", row.id),
    }
}

/// What `encrypt` does with plaintext that sops refuses. `None`: it is sealed.
pub fn unsealable(row: &Row) -> Option<(i32, &'static str)> {
    // an empty file is an env file without keys; sops refuses it only because its name says YAML
    if row.id == "059" {
        return None;
    }
    let found = UNSEALABLE.iter().find(|(id, ..)| *id == row.id);
    let (_, code, words) = found.unwrap_or_else(|| panic!("{}: no refusal is given for it", row.title()));
    Some((*code, words))
}

/// Plaintext that sops seals and `encrypt` refuses on purpose, while it can still be mended.
pub fn refused_on_purpose(row: &Row) -> Option<(i32, &'static str)> {
    match row.id.as_str() {
        // the CR would be part of every value
        "011" => Some((MALFORMED, "line 1 ends in CR LF")),
        // the mark would be part of the first key
        "012" => Some((MALFORMED, "byte order mark")),
        // nothing would be encrypted, which sops does not say
        "037" => Some((MALFORMED, "nothing would be encrypted")),
        "038" => Some((USAGE, "does not compile")),
        _ => None,
    }
}
