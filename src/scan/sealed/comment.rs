//! A secret in a comment: behind a name for one, or one by itself. Prose is none.

use crate::scan::plain::worth;

/// The secret itself.
pub(super) fn secret_in(comment: &[u8]) -> Option<&[u8]> {
    comment.split(|b| matches!(b, b'\n' | b'\r')).find_map(|line| named(line).or_else(|| alone(line)))
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

fn alone(line: &[u8]) -> Option<&[u8]> {
    let mut words = line.split(u8::is_ascii_whitespace).map(bare);
    words.find(|word| word.len() >= 12 && worth::is_rare(word))
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
            ("line\n(hY7kQ2mXv9Lp4RtZ8wBn)", "hY7kQ2mXv9Lp4RtZ8wBn"),
        ] {
            let found = secret_in(comment.as_bytes()).map(String::from_utf8_lossy);
            assert_eq!(found.as_deref(), Some(secret), "{comment}");
        }
        for comment in [
            "",
            "password: ask the team",
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
