//! A POSIX shell: `set -a; . FILE`, or `eval "$(reseal export --format shell)"`.
//!
//! Held against dash 0.5.12, bash 5.2 and busybox 1.35. A shell's file is a program; the model speaks of assignments
//! alone, with or without `export`, each on a line of its own. Quotes may stand anywhere and join; in single quotes
//! nothing is special, in double quotes a backslash goes before `$`, a back-tick, `"`, `\` and a line feed. Everything
//! that could be more than text is unknown to it: `$`, back-ticks, what a shell matches, expands or ends a word at, bare
//! bytes beyond ASCII, and names that have a meaning of their own in some shell. It carries every byte but NUL.

use super::{Pair, Unread};
use crate::secret::SecretValue;

/// Names that some shell does not let be set, sets itself, or changes its ways by.
const SPECIAL: [&[u8]; 33] = [
    b"_",
    b"BASHOPTS",
    b"BASHPID",
    b"BASH_ALIASES",
    b"BASH_ARGC",
    b"BASH_ARGV",
    b"BASH_CMDS",
    b"BASH_COMMAND",
    b"BASH_LINENO",
    b"BASH_MONOSECONDS",
    b"BASH_SOURCE",
    b"BASH_SUBSHELL",
    b"BASH_TRAPSIG",
    b"BASH_VERSINFO",
    b"COMP_WORDBREAKS",
    b"DIRSTACK",
    b"EPOCHREALTIME",
    b"EPOCHSECONDS",
    b"EUID",
    b"FUNCNAME",
    b"GROUPS",
    b"HISTCMD",
    b"IFS",
    b"LINENO",
    b"OPTIND",
    b"OPTERR",
    b"POSIXLY_CORRECT",
    b"PPID",
    b"RANDOM",
    b"SECONDS",
    b"SHELLOPTS",
    b"SRANDOM",
    b"UID",
];

pub(super) fn read(text: &[u8]) -> Result<Vec<Pair>, Unread> {
    let mut pairs = Vec::new();
    let mut rest = text;
    loop {
        rest = skip(rest, b" \t\n");
        match rest.first() {
            None => return Ok(pairs),
            Some(b'#') => {
                rest = from(rest, |b| b == b'\n');
                continue;
            }
            Some(_) => {}
        }
        if let Some(after) = rest.strip_prefix(b"export").filter(|after| after.starts_with(b" ")) {
            rest = skip(after, b" \t");
        }
        let after = from(rest, |b| !b.is_ascii_alphanumeric() && b != b'_');
        let name = &rest[..rest.len() - after.len()];
        let Some(word) = after.strip_prefix(b"=") else { return Err(Unread::Unknown) };
        if name.is_empty() || name[0].is_ascii_digit() || SPECIAL.contains(&name) {
            return Err(Unread::Unknown);
        }
        let (value, after) = self::word(word)?;
        pairs.push((name.to_vec(), SecretValue::new(value)));
        let blank = after.first().is_some_and(|b| b" \t".contains(b));
        rest = skip(after, b" \t");
        match rest.first() {
            None | Some(b'\n') => {}
            Some(b'#') if blank => {}
            Some(_) => return Err(Unread::Unknown),
        }
    }
}

fn skip<'a>(text: &'a [u8], what: &[u8]) -> &'a [u8] {
    from(text, |b| !what.contains(&b))
}

/// The text from the first byte that is so.
fn from(text: &[u8], is: impl Fn(u8) -> bool) -> &[u8] {
    let at = text.iter().position(|b| is(*b)).unwrap_or(text.len());
    &text[at..]
}

/// One word, up to the blank or line feed that ends it.
fn word(text: &[u8]) -> Result<(Vec<u8>, &[u8]), Unread> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&c) = text.get(at) {
        at += 1;
        match c {
            b' ' | b'\t' | b'\n' => return Ok((out, &text[at - 1..])),
            b'\'' => {
                let end = text[at..].iter().position(|b| *b == b'\'').ok_or(Unread::Refused)?;
                out.extend_from_slice(&text[at..at + end]);
                at += end + 1;
            }
            b'"' => at = double(text, at, &mut out)?,
            b'\\' => match text.get(at) {
                Some(b'\n') => at += 1,
                Some(c) if c.is_ascii_graphic() || *c == b' ' => {
                    out.push(*c);
                    at += 1;
                }
                _ => return Err(Unread::Unknown),
            },
            // a tilde is somebody's home at the start and behind a colon
            b'~' if at == 1 || text[at - 2] == b':' => return Err(Unread::Unknown),
            b'-' | b'_' | b'.' | b'/' | b':' | b'=' | b'@' | b'%' | b'+' | b',' | b'^' | b'~' => out.push(c),
            c if c.is_ascii_alphanumeric() => out.push(c),
            _ => return Err(Unread::Unknown),
        }
    }
    Ok((out, &[]))
}

/// The inside of double quotes; answers where they end.
fn double(text: &[u8], start: usize, out: &mut Vec<u8>) -> Result<usize, Unread> {
    let mut at = start;
    while let Some(&c) = text.get(at) {
        at += 1;
        match c {
            b'"' => return Ok(at),
            // bash marks characters with these two while it reads, and loses a DEL behind a backslash
            b'$' | b'`' | 0x01 | 0x7f => return Err(Unread::Unknown),
            b'\\' => match text.get(at) {
                Some(b'\n') => at += 1,
                Some(c @ (b'$' | b'`' | b'"' | b'\\')) => {
                    out.push(*c);
                    at += 1;
                }
                _ => out.push(b'\\'),
            },
            _ => out.push(c),
        }
    }
    Err(Unread::Refused)
}

#[cfg(test)]
mod tests {
    use crate::dialect::fault::tests::reads;
    use crate::dialect::{Dialect::Shell, Unread};

    #[test]
    fn quotes_join_and_export_is_read_too() {
        reads(
            Shell,
            b"export A='it'\\''s $x\n`y`' # c\nB=a\"b\\$\\n\\\"\"c\n",
            &[("A", "it's $x\n`y`"), ("B", "ab$\\n\"c")],
        );
        reads(Shell, b"# c\n A=a~c\\ d\nB=", &[("A", "a~c d"), ("B", "")]);
    }

    #[test]
    fn what_may_be_more_than_text_is_unknown() {
        for text in [
            "A=$x",
            "A=\"`x`\"",
            "A=*",
            "A=~",
            "A=a:~b",
            "A=1 B=2",
            "A=1;id",
            "id",
            "UID=1",
            "BASH_COMMAND=1",
            "1=2",
            "A=\"\x7f\"",
        ] {
            assert_eq!(Shell.read(text.as_bytes()).err(), Some(Unread::Unknown), "{text}");
        }
        assert_eq!(Shell.read(b"A='x").err(), Some(Unread::Refused));
    }
}
