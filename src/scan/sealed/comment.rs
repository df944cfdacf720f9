//! A secret in a comment: behind a name for one, or one by itself. Prose is none.

use crate::scan::plain::worth;
use crate::scan::value::{Promise, kinds, promise};

/// The secret itself.
pub(super) fn secret_in(comment: &[u8]) -> Option<&[u8]> {
    comment
        .split(|b| matches!(b, b'\n' | b'\r'))
        .find_map(|line| named(line).or_else(|| beside(line)).or_else(|| alone(line)))
}

/// `old password: …`, `DB_PASSWORD=…`.
fn named(line: &[u8]) -> Option<&[u8]> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    memchr::memchr2_iter(b':', b'=', line).find_map(|at| {
        let before = line[..at].trim_ascii_end();
        let length = before.iter().rev().take_while(|b| is_part(b)).count();
        let name = &before[before.len() - length..];
        let value = line[at + 1..].trim_ascii();
        if name.is_empty() || value.starts_with(b"//") {
            return None;
        }
        let first = bare(value.split(u8::is_ascii_whitespace).next().unwrap_or_default());
        let mut readings = [first, bare(value)].into_iter();
        readings.find(|text| worth::is_real(name, text, true))
    })
}

/// `pw …`, `old password …`: nothing stands between, and so the value must not be a word.
fn beside(line: &[u8]) -> Option<&[u8]> {
    let words: Vec<&[u8]> = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    words.windows(2).find_map(|pair| {
        let (name, value) = (pair[0], bare(pair[1]));
        let mixed = kinds(value) >= 3 && value.iter().any(u8::is_ascii_digit);
        let secret = value.len() >= 8 && mixed && promise(name) == Promise::Strong;
        (secret && worth::is_real(name, value, false)).then_some(value)
    })
}

fn alone(line: &[u8]) -> Option<&[u8]> {
    let mut words = line.split(u8::is_ascii_whitespace).map(bare);
    words.find(|word| {
        // a digest says so, or stands where nobody looks for a secret; here a comment was left in plain
        let hex = word.len() >= 32 && word.iter().all(u8::is_ascii_hexdigit) && !speaks_of_sum(line);
        word.len() >= 12 && (worth::is_rare(word) || hex && worth::is_real(b"password", word, true))
    })
}

/// Whether a line is about a commit, a digest or a fingerprint, which are in hex, too.
fn speaks_of_sum(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 12] = [
        b"sha", b"md5", b"commit", b"rev", b"sum", b"digest", b"hash", b"finger", b"git", b"image", b"id",
        b"key ",
    ];
    let line = line.to_ascii_lowercase();
    WORDS.iter().any(|word| memchr::memmem::find(&line, word).is_some())
}

/// Without quotes, brackets and what ends a sentence around it.
fn bare(text: &[u8]) -> &[u8] {
    const AROUND: &[u8] = b"\"'`()<>[]{},;";
    let start = text.iter().take_while(|b| AROUND.contains(b)).count();
    let end = text.iter().rev().take_while(|b| AROUND.contains(b)).count();
    text.get(start..text.len() - end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_prose() {
        for (comment, secret) in [
            (" old password: Glacier.Glaci3r6708!", "Glacier.Glaci3r6708!"),
            ("was password=\"hY7kQ2mXv9Lp4RtZ8wBn\", see there", "hY7kQ2mXv9Lp4RtZ8wBn"),
            ("DB_PASSWORD: hY7kQ2mXv9 until May", "hY7kQ2mXv9"),
            ("pw Maple77Granite!", "Maple77Granite!"),
            ("before: 9c1f0b7e4a2d6385f0e19b7c3d5a8246", "9c1f0b7e4a2d6385f0e19b7c3d5a8246"),
            ("line\n(hY7kQ2mXv9Lp4RtZ8wBn)", "hY7kQ2mXv9Lp4RtZ8wBn"),
        ] {
            let found = secret_in(comment.as_bytes()).map(String::from_utf8_lossy);
            assert_eq!(found.as_deref(), Some(secret), "{comment}");
        }
        for comment in [
            "",
            "password: ask the team",
            "the password Glacier is an old one, see TICKET-4711",
            "commit 9c1f0b7e4a2d6385f0e19b7c3d5a8246aa01bb02",
            "the password: it is in the safe",
            "token: see https://example.com/wiki/tokens?page=2",
            "rotate by 2026-01-01: the key is old",
            "password=${DB_PASSWORD}, password: changeme, password=",
            "ENC[AES256_GCM,data:x,iv:x,tag:x,type:comment]",
            "::=:=",
        ] {
            assert!(secret_in(comment.as_bytes()).is_none(), "{comment}");
        }
    }
}
