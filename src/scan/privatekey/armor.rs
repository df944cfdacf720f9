//! The base64 between two lines of dashes, however the file around it wraps and quotes it: as it is, indented, behind
//! comment marks, with `\n` for each line end, in quotes line by line, with XML's `&#10;`, all on one line.

/// What was read of a body.
#[derive(Default)]
pub(super) struct Body {
    /// The base64, without what stood between.
    pub(super) text: Vec<u8>,
    /// Where the last of it ends.
    pub(super) end: usize,
    /// Lines with a colon before it, as they stand, one behind the other.
    pub(super) heads: Vec<u8>,
}

/// No key is longer.
const LONG: usize = 48 << 10;

/// How a line ends: as itself, escaped once or more often, as a character reference, in a URL.
fn line_end(text: &[u8]) -> Option<usize> {
    for end in
        [&b"\n"[..], b"\r", b"&#10;", b"&#xA;", b"&#xa;", b"&#13;", b"&#xD;", b"%0A", b"%0a", b"%0D", b"<br"]
    {
        if text.starts_with(end) {
            return Some(end.len());
        }
    }
    let slashes = text.iter().take(8).take_while(|b| **b == b'\\').count();
    let escape = slashes > 0 && matches!(text.get(slashes), Some(b'n' | b'r'));
    escape.then_some(slashes + 1)
}

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')
}

/// What may stand around a piece of the body.
fn is_between(b: u8) -> bool {
    b.is_ascii_whitespace()
        || matches!(
            b,
            b'"' | b'\''
                | b'`'
                | b'\\'
                | b','
                | b';'
                | b'.'
                | b'#'
                | b'*'
                | b'|'
                | b'>'
                | b'('
                | b')'
                | b'&'
                | b'_'
                | b'$'
                | b'<'
        )
}

/// Reads from behind the head to the end of the body.
pub(super) fn read(text: &[u8], from: usize) -> Body {
    read_behind(text, from, None)
}

/// The same, where a sign may stand before each line.
pub(super) fn read_behind(text: &[u8], from: usize, sign: Option<u8>) -> Body {
    let mut body = Body { end: from, ..Body::default() };
    let limit = text.len().min(from + LONG);
    let mut at = from;
    while at < limit {
        let line = &text[at..limit];
        let (length, ending) = line
            .iter()
            .enumerate()
            .find_map(|(i, b)| {
                if matches!(b, b'\n' | b'\r' | b'\\' | b'&' | b'%' | b'<') {
                    line_end(&line[i..]).map(|n| (i, n))
                } else {
                    None
                }
            })
            .unwrap_or((line.len(), 0));
        let mut line = &line[..length];
        let mut start = at;
        if sign.is_some() && line.first().copied() == sign {
            (line, start) = (&line[1..], at + 1);
        }
        if body.text.is_empty() && is_head(line) {
            body.heads.extend_from_slice(line);
            body.heads.push(b'\n');
        } else if !pieces(line, start, &mut body) {
            return body;
        }
        at += length + ending.max(1);
    }
    body
}

/// `Proc-Type: 4,ENCRYPTED`, `Version: GnuPG v2`.
fn is_head(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.len() < 200
        && memchr::memmem::find(line, b": ").is_some_and(|colon| {
            let name =
                line[..colon].iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
            (3..30).contains(&name)
        })
}

/// Adds the base64 of one line; answers whether the body may go on behind it.
fn pieces(line: &[u8], from: usize, body: &mut Body) -> bool {
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        if rest.starts_with(b"--") {
            return false;
        }
        // string literals joined with `+`, comments behind `//`
        let sign = rest.iter().take(3).take_while(|b| matches!(b, b'+' | b'/')).count();
        let next = rest.get(sign).copied();
        let quoted = line[..at].iter().rev().find(|b| !b.is_ascii_whitespace());
        let joins = sign > 0
            && next.is_none_or(is_between)
            && quoted.is_none_or(|b| matches!(b, b'"' | b'\'' | b'`'));
        if joins {
            at += sign;
            continue;
        }
        let run = rest.iter().take_while(|b| is_base64(**b)).count();
        if matches!(run, 1..=2)
            && matches!(rest.get(run), Some(b'"' | b'\''))
            && quoted.is_none_or(|b| !is_base64(*b))
        {
            // `b"…"`, `u'…'`: what kind of text follows
            at += run;
            continue;
        }
        if run == 0 {
            if rest[0] == b'=' {
                // padding, or the sum at the end of PGP's
                let signs = rest.iter().take_while(|b| **b == b'=').count();
                at += signs;
                if body.text.is_empty() {
                    return false;
                }
                let sum = at == signs && rest[signs..].iter().take_while(|b| is_base64(**b)).count() == 4;
                body.end = from + at;
                if sum {
                    return false;
                }
                continue;
            }
            if !is_between(rest[0]) {
                return false;
            }
            at += 1;
            continue;
        }
        body.text.extend_from_slice(&rest[..run]);
        at += run;
        body.end = from + at;
    }
    true
}
