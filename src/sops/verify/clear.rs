//! What does not lie encrypted: values and comments in clear against the rule, names, and the bytes of the lines.

use std::collections::HashMap;

use crate::secret::url::{Part, extract};
use crate::secret::{SecretValue, looks_like_a_value};
use crate::sops::lint;
use crate::sops::rule::Rule;
use crate::sops::store::Format;
use crate::sops::tree::{Kind, Leaf, Tree, key_of};
use crate::sops::value::Cipher;

use super::{Look, Mend};

/// `flags`: which leaves the rule wants encrypted.
pub(super) fn look(look: &mut Look<'_>, rule: &Rule, flags: &[bool]) {
    let (file, tree) = (look.file, look.tree);
    let Some(found) = &tree.metadata else { return };
    let at = super::metadata::place(look, found, Some(rule.field().0));
    let values = || tree.leaves.iter().zip(flags).filter(|(leaf, _)| leaf.kind.is_value());
    if rule.compiles().is_err() {
        let what =
            format!("the expression of {} does not compile, so that it matches nothing", rule.field().0);
        look.at("rule-broken", at, what, ANOTHER_RULE);
    } else if values().next().is_some() && !values().any(|(_, flag)| *flag) {
        let what = format!("the rule {rule} means no value of the file: nothing is encrypted");
        look.at("rule-empty", at, what, ANOTHER_RULE);
    }
    for (leaf, flag) in tree.leaves.iter().zip(flags) {
        let text = leaf.text.bytes(file);
        let sealed = Cipher::looks_sealed(text);
        match leaf.kind {
            Kind::Comment if *flag && !text.is_empty() && !sealed => {
                let what = "the comment lies in clear, and the rule means it encrypted: it was added or changed without the key";
                look.leaf("comment-in-clear", leaf, what, Mend::edit());
            }
            // the one text of it, which is always there
            Kind::Str if look.format == Format::Binary && text.is_empty() => {}
            Kind::Null | Kind::Empty if means(tree, file, rule, leaf) => empty(look, leaf),
            Kind::Comment | Kind::Null | Kind::Empty => {}
            Kind::Str if *flag && text.is_empty() => empty(look, leaf),
            Kind::Str if *flag && sealed => {}
            _ if *flag => {
                let what = "the value lies in clear, and the rule means it encrypted";
                look.leaf("value-in-clear", leaf, what, Mend::LAST_GOOD);
            }
            Kind::Str if rule.is_opt_in() => secret(look, leaf, text),
            _ => {}
        }
    }
}

const ANOTHER_RULE: Mend =
    Mend::ByHand("seal the plaintext again with another rule: `reseal decrypt`, then `reseal encrypt`");

fn empty(look: &mut Look<'_>, leaf: &Leaf) {
    let what =
        "the value is empty, and nothing shows whether it was added, or its key renamed, without the key";
    let mend = look.with_key(leaf, "unset");
    look.leaf("value-empty", leaf, what, mend);
}

/// Whether the rule would mean a text in the place of a leaf that is none. Comments say it of what follows them alone,
/// and are not asked.
fn means(tree: &Tree, file: &[u8], rule: &Rule, leaf: &Leaf) -> bool {
    let above = tree.chain(leaf.branch).into_iter().filter_map(|at| tree.branches[at].step.as_ref());
    let marked = above.chain(&leaf.step).filter_map(|step| key_of(step, file)).any(|key| rule.marks(key));
    !rule.reads_comments() && rule.encrypts(marked)
}

/// Under a rule that names what is encrypted, a new key is easily forgotten.
fn secret(look: &mut Look<'_>, leaf: &Leaf, text: &[u8]) {
    let key = leaf.step.as_ref().and_then(|step| key_of(step, look.file)).unwrap_or_default();
    let what = if is_named_secret(key) && !is_setting(text) {
        "the value lies in clear, and its name is that of a secret; the rule does not mean it"
    } else if holds_password(text) {
        "the value lies in clear, and is a URL with a password; the rule does not mean it"
    } else {
        return;
    };
    look.leaf("secret-in-clear", leaf, what, ANOTHER_RULE);
}

/// Whether the last word of a key is one for secrets. `TOKEN_TTL` and `SECRET_NAME` are about one, and none.
pub(super) fn is_named_secret(key: &[u8]) -> bool {
    let Ok(key) = std::str::from_utf8(key) else { return false };
    let upper = key.to_ascii_uppercase();
    let upper = upper.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '-' | '.'));
    let upper = upper.trim_end_matches("_PREVIOUS").trim_end_matches("_OLD").trim_end_matches("_NEW");
    const ENDS: [&str; 8] =
        ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIALS", "PRIVATEKEY", "APIKEY"];
    let is_key = upper.ends_with("KEY")
        && (upper.len() == 3 || upper.ends_with("_KEY") || upper.ends_with("-KEY"))
        && !["PUBLIC", "PUBLISHABLE", "SITE", "PRIMARY", "FOREIGN", "SORT", "PARTITION", "CACHE", "ROUTING"]
            .iter()
            .any(|other| upper.contains(other));
    is_key && upper.len() > 3 || ENDS.iter().any(|end| upper.ends_with(end))
}

/// Whether a value says yes, no, how much, or where.
fn is_setting(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let word = text.trim().to_ascii_lowercase();
    ["", "true", "false", "yes", "no", "on", "off", "none", "null"].contains(&word.as_str())
        || (word.len() <= 4 && word.bytes().all(|b| b.is_ascii_digit()))
        || word.starts_with(['/', '.'])
        || word.starts_with("${")
}

fn holds_password(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"://").is_some()
        && extract(&SecretValue::new(text.to_vec()), Part::Password)
            .is_ok_and(|password| password.is_some_and(|password| !password.is_empty()))
}

/// How much lies in clear where it can be changed unseen.
pub(super) fn notes(tree: &Tree, flags: &[bool]) -> Vec<String> {
    let leaves = tree.leaves.iter().zip(flags);
    match leaves.filter(|(leaf, flag)| leaf.kind.is_value() && !**flag).count() {
        0 => Vec::new(),
        1 => vec!["the name of the value that lies in clear is authenticated by nothing".to_owned()],
        n => vec![format!(
            "the names of the {n} values that lie in clear, and where one ends and the next begins, are authenticated by nothing"
        )],
    }
}

/// Names that stand there twice, and in flat files those that no program can ask for.
pub(super) fn names(look: &mut Look<'_>) {
    let (file, tree) = (look.file, look.tree);
    let mut seen: HashMap<&[u8], &Leaf> = HashMap::with_capacity(tree.leaves.len());
    for leaf in tree.leaves.iter().filter(|leaf| leaf.kind != Kind::Comment) {
        let name = tree.name(file, leaf);
        if let Some(first) = seen.get(name) {
            let first = look.line(first.span.start);
            let what = format!(
                "the key stands on line {first} too: programs see the last value, sops changes the first"
            );
            let mend = look.rewrite(leaf);
            look.leaf("key-twice", leaf, what, mend);
        } else {
            seen.insert(name, leaf);
        }
        if tree.flat
            && !is_word(name)
            && let Some(said) = lint::about_key(name)
        {
            let rule = if looks_like_a_value(name) { "key-value" } else { "key-odd" };
            let what = said.trim_start_matches(':').trim_start().to_owned();
            let what = if what.starts_with("has ") { format!("the line {what}") } else { what };
            look.leaf(rule, leaf, what, Mend::edit());
        }
    }
}

/// Programs can ask for letters of any script, whatever shells make of them.
fn is_word(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|name| {
        !name.is_empty()
            && !looks_like_a_value(name.as_bytes())
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
    })
}

/// What sops never writes. Most of it matters in a file of lines only.
pub(super) fn bytes(look: &mut Look<'_>) {
    let file = look.file;
    if look.format == Format::Dotenv && file.starts_with(b"\xef\xbb\xbf") {
        let what = "the file starts with a byte order mark, which becomes part of the first key";
        // where sops sealed it, the key is bound to it
        look.at("byte-order-mark", 0, what, Mend::edit());
    }
    let mut ends = memchr::memmem::find_iter(file, b"\r\n");
    // elsewhere it is a blank like others
    if let Some(first) = ends.next().filter(|_| look.format == Format::Dotenv) {
        let lines = 1 + ends.count();
        let all = memchr::memchr_iter(b'\n', file).count();
        // single ones may have been sealed as a part of values in clear
        let mend = if lines == all { Mend::Shell(r"sed -i 's/\r$//'") } else { Mend::edit() };
        let what =
            format!("{lines} of {all} lines end in CR LF: the CR becomes part of what stands before it");
        look.at("crlf", first, what, mend);
    }
    let in_lines = matches!(look.format, Format::Dotenv | Format::Ini | Format::Yaml);
    if in_lines && file.last().is_some_and(|last| *last != b'\n') {
        let what = "the last line does not end: what is appended to the file becomes part of it";
        look.at("line-unended", file.len(), what, Mend::Shell("echo >>"));
    }
}
