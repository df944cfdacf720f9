//! The words of what the server says of a user (`SHOW CREATE USER`, `SHOW GRANTS`), and quoting for what it is told.
//!
//! It knows quotes, brackets and keywords; it does not know what a statement means. Everything relies on a session
//! whose `sql_mode` is ours (see `link`): names in backticks, backslash as the escape in strings.

/// A piece of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As it stands there, with its quotes.
    pub(super) text: &'a str,
    /// Where it begins.
    pub(super) at: usize,
    /// Between brackets, as a list of columns is.
    pub(super) nested: bool,
}

impl Word<'_> {
    /// Whether it is this keyword; no quoted word is.
    pub(super) fn is(&self, keyword: &str) -> bool {
        !self.nested && self.text == keyword
    }
}

/// Cuts a statement into words. An open quote ends with the text.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let bytes = text.as_bytes();
    let (mut found, mut depth, mut at) = (Vec::new(), 0usize, 0);
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b' ' | b'\n' | b'\t' => {
                at += 1;
                continue;
            }
            quote @ (b'\'' | b'"' | b'`') => at = end_of_quoted(bytes, at, quote),
            b'(' | b')' | b',' | b'@' => at += 1,
            _ => {
                while at < bytes.len() && !b" \n\t'\"`(),@".contains(&bytes[at]) {
                    at += 1;
                }
            }
        }
        depth += usize::from(bytes[start] == b'(');
        found.push(Word { text: &text[start..at], at: start, nested: depth > 0 });
        depth = depth.saturating_sub(usize::from(bytes[start] == b')'));
    }
    found
}

/// A doubled quote stands for itself in every kind, a backslash takes the next byte with it in strings.
fn end_of_quoted(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote != b'`' => at += 2,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The parts between commas outside brackets.
pub(super) fn parts<'a>(text: &'a str) -> Vec<&'a str> {
    let mut from = 0;
    let mut found: Vec<&'a str> = Vec::new();
    for comma in words(text).iter().filter(|word| word.is(",")) {
        found.push(text[from..comma.at].trim());
        from = comma.at + 1;
    }
    found.push(text[from..].trim());
    found
}

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '\\' => literal.extend(['\\', c]),
            '\0' => literal.push_str("\\0"),
            c => literal.push(c),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hide_what_they_hold() {
        let text = "GRANT SELECT (`a, ON`, `b``ON`), INSERT ON `d'`.* TO `u`@`%` AS 'it\\'s ON ''x'";
        let found = words(text);
        assert_eq!(found.iter().filter(|word| word.is("ON")).count(), 1);
        assert_eq!(found.last().unwrap().text, "'it\\'s ON ''x'");
        assert_eq!(parts("SELECT (`a, ON`, `b`), INSERT"), ["SELECT (`a, ON`, `b`)", "INSERT"]);
        assert_eq!(parts("A,B"), ["A", "B"]);
        // cut off in the middle, and no character torn
        assert_eq!(words("'\u{f6}\\").len(), 1);
        assert_eq!(words("\u{f6}\u{df} x")[0].text, "\u{f6}\u{df}");
    }

    #[test]
    fn a_literal_ends_where_it_should() {
        assert_eq!(quoted("a'b\\c\0"), "'a\\'b\\\\c\\0'");
    }
}
