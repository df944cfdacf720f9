//! Marks beside a line by which people say that a guess is wrong. They count for guesses only: what shows its issuer, a
//! private key, or a value that the repository seals is never a wrong guess.

use super::text::Text;

/// Marks that count for the line that they stand on. The second and the third are those of other guards, which
/// teams have in their files already.
const HERE: [&[u8]; 3] = [b"reseal:allow", b"gitleaks:allow", b"pragma: allowlist secret"];

/// Marks that count for the line below.
const NEXT: [&[u8]; 2] = [b"reseal:allow-next-line", b"pragma: allowlist nextline secret"];

/// Whether a guess at this place is allowed.
pub(super) fn allowed(text: &Text<'_>, at: usize) -> bool {
    let line = text.line(at);
    let has = |line: &[u8], mark: &[u8]| memchr::memmem::find(line, mark).is_some();
    let here = &text.bytes[line.clone()];
    if HERE.iter().any(|mark| has(here, mark)) && !has(here, NEXT[0]) {
        return true;
    }
    let Some(end) = line.start.checked_sub(1) else { return false };
    let above = &text.bytes[text.line(end)];
    NEXT.iter().any(|mark| has(above, mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Name;

    #[test]
    fn a_mark_counts_for_its_line_or_for_the_next() {
        let name = Name::of(b"a.py");
        for (text, want) in [
            ("x = 'VALUE'  # reseal:allow\n", true),
            ("x = 'VALUE'  # gitleaks:allow\n", true),
            ("x = 'VALUE'  # pragma: allowlist secret\n", true),
            ("# reseal:allow-next-line\nx = 'VALUE'\n", true),
            ("# reseal:allow\nx = 'VALUE'\n", false),
            ("x = 'VALUE'  # reseal:allow-next-line\n", false),
            ("# reseal:allow-next-line\n\nx = 'VALUE'\n", false),
            ("x = 'VALUE'\n# reseal:allow\n", false),
        ] {
            let at = text.find("VALUE").unwrap();
            assert_eq!(allowed(&Text::of(&name, text.as_bytes()), at), want, "{text}");
        }
    }
}
