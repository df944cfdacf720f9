//! Templates become files. A template is a file with marks in it:
//!
//! ```text
//! === PATH SECTION [xN] [whole] [utf16|utf16be|bom|crlf|swap] [root]
//! password: «!pw»            a value that must be found: its line gets a label of the section's kind
//! token: «!token!tok:npm»    the same, of another kind
//! id: «?awsid»               may be found, and need not: it says something only beside another value
//! host: «host»               random, and no secret
//! user: «u=word», «$u»       kept under a name, and used again
//! data: «!pw|b64»            in another form (encode.rs)
//! «noise:python:40»          that many lines of surroundings at least (templates/noise.txt)
//! ```
//!
//! What is put in behind blanks is indented as the mark is. Without `root`, the path begins with a project's folder.

use std::collections::BTreeMap;

use super::chance::Chance;
use super::{File, Label, encode, keys, tokens, vault};

/// One template, not yet filled.
pub struct Draft<'t> {
    path: &'t str,
    section: &'t str,
    body: &'t str,
    pub copies: usize,
    whole: bool,
    root: bool,
    encoding: &'t str,
}

pub fn drafts(text: &str) -> Vec<Draft<'_>> {
    let mut all = Vec::new();
    for part in text.split("\n=== ").map(|p| p.strip_prefix("=== ").unwrap_or(p)) {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        if head.is_empty() || head.starts_with('#') {
            continue;
        }
        let mut words = head.split(' ');
        let (path, section) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut draft = Draft { path, section, body, copies: 1, whole: false, root: false, encoding: "" };
        for word in words {
            match word {
                "whole" => draft.whole = true,
                "root" => draft.root = true,
                _ => match word.strip_prefix('x').and_then(|n| n.parse().ok()) {
                    Some(n) => draft.copies = n,
                    None => draft.encoding = word,
                },
            }
        }
        all.push(draft);
    }
    all
}

/// What templates are filled with.
pub struct Writer<'a> {
    pub chance: &'a mut Chance,
    pub vault: &'a vault::Vault,
    noise: BTreeMap<&'a str, Vec<&'a str>>,
    providers: Vec<&'static str>,
    next: usize,
}

/// Languages whose pieces follow each other without an empty line.
const DENSE: [&str; 8] = ["compose", "yaml", "json", "xml", "nginx", "css", "log", "env"];

/// What is known while one file is written.
struct Sheet<'d> {
    section: &'d str,
    text: String,
    labels: Vec<Label>,
    names: BTreeMap<String, String>,
}

impl<'a> Writer<'a> {
    pub fn new(chance: &'a mut Chance, vault: &'a vault::Vault, noise: &'a str) -> Self {
        let section = |part: &'a str| {
            let (language, text) = part.split_once('\n').unwrap_or((part, ""));
            (language, text.split("\n---\n").collect())
        };
        let noise = noise.split("\n=== ").map(|p| section(p.strip_prefix("=== ").unwrap_or(p))).collect();
        Writer { chance, vault, noise, providers: tokens::providers(), next: 0 }
    }

    /// A file of a template; `project` is the folder that its path begins with.
    pub fn file(&mut self, draft: &Draft<'_>, project: &str) -> File {
        let sheet = |text: &str| Sheet {
            section: draft.section,
            text: String::with_capacity(text.len() * 2),
            labels: Vec::new(),
            names: BTreeMap::new(),
        };
        let mut path = sheet(draft.path);
        self.fill(&mut path, draft.path);
        let mut body = sheet(draft.body);
        self.fill(&mut body, draft.body.trim_end_matches('\n'));
        body.text.push('\n');
        if draft.whole {
            body.labels = vec![Label { first: 0, last: 0, kind: draft.section.to_owned() }];
        }
        body.labels.dedup_by(|b, a| a.first == b.first && a.kind == b.kind);
        let path = if draft.root { path.text } else { format!("{project}/{}", path.text) };
        let bytes = encode::file(draft.encoding, &body.text);
        File { path, section: draft.section.to_owned(), bytes, labels: body.labels }
    }

    fn fill(&mut self, sheet: &mut Sheet<'_>, template: &str) {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('«') {
            sheet.text.push_str(before);
            let (mark, after) = after.split_once('»').unwrap_or((after, ""));
            rest = after;
            self.mark(sheet, mark);
        }
        sheet.text.push_str(rest);
    }

    fn mark(&mut self, sheet: &mut Sheet<'_>, mark: &str) {
        let small = |s: &str| s.bytes().all(|b| b.is_ascii_lowercase());
        let (label, mark) = match mark.strip_prefix('!') {
            None => match mark.strip_prefix('?') {
                Some(mark) => (Some(super::MAY.to_owned()), mark),
                None => (None, mark),
            },
            Some(mark) => match mark.split_once('!') {
                Some((kind, mark)) if small(kind) && !kind.is_empty() => (Some(kind.to_owned()), mark),
                _ => (Some(sheet.section.to_owned()), mark),
            },
        };
        let (name, mark) = match mark.split_once('=') {
            Some((name, mark)) if name.bytes().all(|b| b.is_ascii_alphanumeric()) => (Some(name), mark),
            _ => (None, mark),
        };
        let mut words = mark.split('|');
        let what = words.next().unwrap_or_default();
        if let Some(noise) = what.strip_prefix("noise:") {
            return self.noise(sheet, noise);
        }
        let mut value = match what.strip_prefix('$') {
            Some(name) => {
                sheet.names.get(name).unwrap_or_else(|| unreachable!("nothing is called {name}")).clone()
            }
            None => self.value(what),
        };
        for form in words {
            value = encode::form(form, &value);
        }
        if let Some(name) = name {
            sheet.names.insert(name.to_owned(), value.clone());
        }
        let column = sheet.text.rfind('\n').map_or(0, |at| at + 1);
        let indent = sheet.text[column..].to_owned();
        let shown =
            if indent.trim().is_empty() { value.replace('\n', &format!("\n{indent}")) } else { value };
        if let Some(kind) = label {
            let first = 1 + sheet.text.matches('\n').count();
            sheet.labels.push(Label { first, last: first + shown.matches('\n').count(), kind });
        }
        sheet.text.push_str(&shown);
    }

    fn value(&mut self, what: &str) -> String {
        let (name, args) = what.split_once(':').unwrap_or((what, ""));
        let args: Vec<&str> = match name {
            "any" => args.split(',').collect(),
            _ => args.split(':').filter(|a| !a.is_empty()).collect(),
        };
        match (name, args.first()) {
            ("tok", None) => {
                // one provider after the other, so that each has its turn
                self.next += 1;
                let provider = self.providers[self.next % self.providers.len()];
                tokens::token(self.chance, provider, true)
            }
            ("tok", Some(provider)) => tokens::token(self.chance, provider, true),
            ("dud", Some(provider)) => tokens::token(self.chance, provider, false),
            ("awsid", _) => tokens::aws_id(self.chance),
            ("awssecret", _) => tokens::aws_secret(self.chance),
            ("vault", Some(entry)) => self.vault.now(entry).to_owned(),
            ("old", Some(entry)) => self.vault.before(entry).to_owned(),
            ("enc", kind) => leaf(self.chance, kind.unwrap_or(&"str")),
            ("mac", _) => leaf_of(self.chance, 128, "str"),
            ("img", _) => {
                encode::base64(&[b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &self.chance.bytes(600)[..]].concat())
            }
            ("blob", _) => encode::base64(&self.chance.bytes(240)),
            _ => keys::key(self.chance, name)
                .or_else(|| self.chance.value(name, &args))
                .unwrap_or_else(|| unreachable!("no value is called {what}")),
        }
    }

    fn noise(&mut self, sheet: &mut Sheet<'_>, what: &str) {
        let (language, lines) = what.split_once(':').unwrap_or((what, "30"));
        let goal: usize = lines.parse().unwrap_or(30);
        // most files are short, some are not
        let goal = if self.chance.number(1, 12) == 1 { goal * 8 } else { goal };
        let goal = goal / 2 + self.chance.number(0, 2 * goal);
        let pieces =
            self.noise.get(language).unwrap_or_else(|| unreachable!("no noise is called {language}")).clone();
        let indent = sheet.text[sheet.text.rfind('\n').map_or(0, |at| at + 1)..].to_owned();
        let mut lines = 0;
        let mut last = "";
        while lines < goal || lines == 0 {
            let piece = self.chance.of(&pieces).trim_end_matches('\n');
            if piece == last && pieces.len() > 1 {
                continue;
            }
            if lines > 0 {
                sheet.text.push_str(if DENSE.contains(&language) { "\n" } else { "\n\n" });
                sheet.text.push_str(&indent);
            }
            last = piece;
            lines += piece.lines().count() + 1;
            self.fill(sheet, &piece.replace('\n', &format!("\n{indent}")));
        }
    }
}

/// A sealed leaf as SOPS writes it. Nobody has its key.
fn leaf(chance: &mut Chance, kind: &str) -> String {
    let n = chance.number(6, 48);
    leaf_of(chance, n, kind)
}

fn leaf_of(chance: &mut Chance, n: usize, kind: &str) -> String {
    let mut part = |n| encode::base64(&chance.bytes(n));
    format!("ENC[AES256_GCM,data:{},iv:{},tag:{},type:{kind}]", part(n), part(32), part(16))
}
