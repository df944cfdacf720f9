//! How texts and metadata are written in JSON: as short as can be read well, and valid for every reader.

use crate::sops::meta::Meta;

/// Writes a text in quotes. What JSON lets stand stands as it is.
pub(in crate::sops::store) fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}

/// How the lines of a file are laid out.
pub(super) struct Layout {
    /// What ends a line; nothing where the file is one line.
    pub(super) line: &'static str,
    /// What one level is indented by.
    pub(super) unit: String,
    /// What stands between key and value.
    pub(super) colon: &'static str,
    /// What stands between two values of one line.
    pub(super) comma: &'static str,
}

impl Layout {
    /// That of sops.
    pub(super) const TABS: Layout = Layout { line: "\n", unit: String::new(), colon: ": ", comma: ", " };

    pub(super) fn indented(&self, base: &str) -> String {
        if self.line.is_empty() { String::new() } else { format!("{base}{}", self.unit) }
    }

    /// Writes what is in brackets: `items` writes each item, which stands at the indentation that it is given.
    pub(super) fn write_in(
        &self,
        (open, close): (char, char),
        count: usize,
        base: &str,
        out: &mut String,
        mut item: impl FnMut(usize, &str, &mut String),
    ) {
        out.push(open);
        let inner = self.indented(base);
        for at in 0..count {
            if at > 0 {
                out.push_str(if self.line.is_empty() { self.comma } else { "," });
            }
            out.push_str(self.line);
            out.push_str(&inner);
            item(at, &inner, out);
        }
        if count > 0 {
            out.push_str(self.line);
            if !self.line.is_empty() {
                out.push_str(base);
            }
        }
        out.push(close);
    }

    /// A key with its colon.
    pub(super) fn key(&self, key: &[u8], out: &mut String) {
        text(key, out);
        out.push_str(self.colon);
    }

    /// A part of the metadata.
    pub(super) fn meta(&self, meta: &Meta, base: &str, out: &mut String) {
        match meta {
            Meta::Text(said) => text(said.as_bytes(), out),
            Meta::Bare(said) => out.push_str(said),
            Meta::List(all) => self.write_in(('[', ']'), all.len(), base, out, |at, inner, out| {
                self.meta(&all[at], inner, out);
            }),
            Meta::Map(entries) => self.write_in(('{', '}'), entries.len(), base, out, |at, inner, out| {
                let (name, value) = &entries[at];
                self.key(name.as_bytes(), out);
                self.meta(value, inner, out);
            }),
        }
    }
}

/// A text of the metadata or a name, which is UTF-8.
pub(super) fn text(said: &[u8], out: &mut String) {
    let mut quoted = Vec::new();
    quote(said, &mut quoted);
    out.push_str(&String::from_utf8_lossy(&quoted));
}
