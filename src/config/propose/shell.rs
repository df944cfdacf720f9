//! The lines of a script, or of the code blocks of a page, as a shell would see them. It runs nothing and remembers no
//! text: what is found is names, numbers and places.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A pattern that is compiled when it is first asked for; a test asks for each.
pub(super) type Pattern = LazyLock<Option<Regex>>;

pub(super) fn matches(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_some_and(|p| p.is_match(text))
}

pub(super) fn captures<'a>(pattern: &Pattern, text: &'a str) -> Option<Captures<'a>> {
    pattern.as_ref()?.captures(text)
}

/// A line, with those that it is continued on.
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) text: String,
    /// A command, not prose.
    pub(super) code: bool,
}

/// The lines of a script or of a page in Markdown.
pub(super) fn lines(name: &str, text: &str) -> Vec<Line> {
    let page = [".md", ".markdown", ".txt"].iter().any(|end| name.to_ascii_lowercase().ends_with(end))
        || (!text.starts_with("#!") && text.contains("\n```"));
    let mut fenced = false;
    let mut found: Vec<Line> = Vec::new();
    let mut continued = false;
    for (i, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if page && trimmed.starts_with("```") {
            fenced = !fenced;
            continued = false;
            continue;
        }
        let code = (fenced || !page) && !trimmed.starts_with('#');
        let body = trimmed.strip_suffix('\\').filter(|_| code);
        let text = trimmed.strip_prefix("$ ").filter(|_| code && page);
        let text = text.unwrap_or(trimmed).trim_end_matches('\\');
        match found.last_mut().filter(|_| continued) {
            Some(last) => last.text = format!("{} {text}", last.text),
            None => found.push(Line { number: i + 1, text: text.to_owned(), code }),
        }
        continued = body.is_some();
    }
    found.retain(|line| !line.text.is_empty());
    found
}

/// How a value is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) base64: bool,
    pub(super) bytes: u32,
    /// Whether it is printed on two lines.
    pub(super) torn: bool,
}

impl Made {
    /// The spec that makes values of this kind; every consumer reads what it makes as it is.
    pub(super) fn spec(self) -> String {
        let (kind, bytes) = (if self.base64 { "base64url" } else { "hex" }, self.bytes.clamp(16, 64));
        format!("{kind}:{bytes}")
    }

    /// The generator on a line.
    pub(super) fn on(line: &str) -> Option<Made> {
        static OPENSSL: Pattern =
            LazyLock::new(|| Regex::new(r"openssl rand\s+-(base64|hex)\s+(\d{1,4})").ok());
        static URANDOM: Pattern =
            LazyLock::new(|| Regex::new(r"head -c\s*(\d{1,4}) /dev/u?random\s*\|\s*(base64|xxd|od)").ok());
        static PYTHON: Pattern = LazyLock::new(|| Regex::new(r"token_(urlsafe|hex|bytes)\((\d{1,4})\)").ok());
        let joined = ["tr -d", "-A", "-w0", "-w 0", "head -n1", "paste -s"].iter().any(|w| line.contains(w));
        if let Some(found) = captures(&OPENSSL, line) {
            let (base64, bytes) = (&found[1] == "base64", found[2].parse().ok()?);
            return Some(Made { base64, bytes, torn: base64 && bytes > 48 && !joined });
        }
        if let Some(found) = captures(&URANDOM, line) {
            let (base64, bytes) = (&found[2] == "base64", found[1].parse().ok()?);
            return Some(Made { base64, bytes, torn: base64 && bytes > 57 && !joined });
        }
        let found = captures(&PYTHON, line)?;
        Some(Made { base64: &found[1] != "hex", bytes: found[2].parse().ok()?, torn: false })
    }

    /// How many characters it has.
    pub(super) fn characters(self) -> u32 {
        if self.base64 { self.bytes.div_ceil(3) * 4 } else { self.bytes * 2 }
    }
}

/// A substitution of sed whose pattern ends in `=`.
pub(super) struct Substitution<'a> {
    pub(super) delimiter: char,
    pub(super) anchored: bool,
    /// The name before the `=`; a shell variable gives none.
    pub(super) key: Option<&'a str>,
    pub(super) replacement: &'a str,
}

/// The substitutions on a line that calls sed.
pub(super) fn substitutions(line: &str) -> Vec<Substitution<'_>> {
    static START: Pattern = LazyLock::new(|| {
        Regex::new(r#"[ "';]s([/|#,@!~%])(\^)?\(?(?:export )?(\$\{?)?([A-Za-z_][A-Za-z0-9_]*)\}?="#).ok()
    });
    let Some(pattern) = START.as_ref().filter(|_| line.contains("sed ")) else { return Vec::new() };
    let read = |found: Captures<'_>| {
        let delimiter = found[1].chars().next()?;
        let end = found.get(0)?.end();
        let (_, rest) = line[end..].split_once(delimiter)?;
        let replacement = rest.split(delimiter).next()?;
        let key = found.get(4).filter(|_| found.get(3).is_none()).map(|key| &line[key.range()]);
        Some(Substitution { delimiter, anchored: found.get(2).is_some(), key, replacement })
    };
    pattern.captures_iter(line).filter_map(read).collect()
}

/// The shell variables in a text.
pub(super) use super::yaml::references as variables;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_prose() {
        let page = "# Title\nprose\n```bash\n# why\na \\\n  b\n$ c\n```\nmore";
        let found = lines("page.md", page);
        let found: Vec<_> = found.iter().map(|l| (l.number, l.text.as_str(), l.code)).collect();
        let wants = [(1, "# Title", false), (2, "prose", false), (4, "# why", false), (5, "a  b", true)];
        assert_eq!(found[..4], wants);
        assert_eq!(found[4..], [(7, "c", true), (9, "more", false)]);
        assert!(lines("x.sh", "#!/bin/sh\na").iter().map(|l| l.code).eq([false, true]));
    }

    #[test]
    fn generators_and_substitutions_are_read() {
        for (line, wants) in [
            ("X=$(openssl rand -base64 64)", Some(("base64url:64", true, 88))),
            ("X=$(openssl rand -base64 64 | tr -d '\\n')", Some(("base64url:64", false, 88))),
            ("openssl rand -hex 8", Some(("hex:16", false, 16))),
            ("head -c 32 /dev/urandom | base64", Some(("base64url:32", false, 44))),
            ("python3 -c 'print(secrets.token_urlsafe(48))'", Some(("base64url:48", false, 64))),
            ("openssl version", None),
        ] {
            let made = Made::on(line).map(|m| (m.spec(), m.torn, m.characters()));
            assert_eq!(made, wants.map(|(spec, torn, n)| (spec.to_owned(), torn, n)), "{line}");
        }
        let line = r#"sed -i.bak -e "s|^A=.*|A=${NEW}|" -e 's/B=.*/B=x/' -e "s/^$K=.*/$K=$V/" .env"#;
        let found = substitutions(line);
        let found: Vec<_> = found.iter().map(|s| (s.delimiter, s.anchored, s.key, s.replacement)).collect();
        let wants =
            [('|', true, Some("A"), "A=${NEW}"), ('/', false, Some("B"), "B=x"), ('/', true, None, "$K=$V")];
        assert_eq!(found, wants);
    }
}
