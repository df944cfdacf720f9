//! Names of env files, of sealed files, and of what editors, `cp`, `sed -i` and people make of them.

use super::{Kind, ending, endings};

/// What a name says, if it is one of these.
pub(super) fn of(base: &str, folders: &str) -> Option<Kind> {
    if base.ends_with(".reseal-tmp") {
        return Some(Kind::Sealed);
    }
    let (name, copied) = bare(base);
    if let Some(tail) = mark(&name) {
        return of_env(&name, tail, copied);
    }
    if let Some(tail) = name.strip_prefix(".envrc").filter(|tail| copied || words(tail).any(is_copy)) {
        return Some(if words(tail).any(is_template) { Kind::Template } else { Kind::Leftover });
    }
    // what keeps the files of a service in a folder of its own
    let in_folder = ["/.envs/", "/.env.d/"].iter().any(|f| format!("/{folders}/").contains(f));
    if in_folder && ending(&name).is_empty() && name != ".gitkeep" && name != ".gitignore" {
        return Some(if copied { Kind::Leftover } else { Kind::Env });
    }
    of_others(&name, copied)
}

/// The name without what editors put around it, and whether there was any of that.
pub(super) fn bare(base: &str) -> (String, bool) {
    let mut name = base;
    // a path with its slashes replaced, in a folder for backups
    name = name.rsplit(['%', '!']).find(|part| !part.is_empty() && *part != "~").unwrap_or(name);
    for prefix in
        ["copy of ", "copy-of-", "copy_of_", "kopie von ", "copie de ", "backup of ", ".#", "#", "~$"]
    {
        name = name.strip_prefix(prefix).unwrap_or(name);
    }
    name = name.trim_end_matches(['#', '~', '\'', '"']);
    // vim puts a dot before the name of what it edits
    if name.starts_with("..") {
        name = &name[1..];
    }
    let swapped = matches!(ending(name), "swp" | "swo" | "swn" | "swm" | "swx") && name.starts_with('.');
    if swapped && name[1..].contains(".env") && !name.starts_with(".env") {
        name = &name[1..];
    }
    (name.to_owned(), name != base)
}

/// What follows the word `env` in the name of an env file.
pub(super) fn mark(name: &str) -> Option<&str> {
    let ends =
        |rest: &str| rest.chars().next().is_none_or(|c| ".-_ (~,+:@".contains(c) || c.is_ascii_digit());
    for word in [".env", ".flaskenv", ".dotenv", "dotenv", "env"] {
        if let Some(rest) = name.strip_prefix(word)
            && ends(rest)
            && (word != "env" || !rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            return Some(rest);
        }
    }
    let found = name.match_indices(".env").map(|(at, word)| &name[at + word.len()..]);
    found.filter(|rest| ends(rest)).last()
}

fn of_env(name: &str, tail: &str, copied: bool) -> Option<Kind> {
    let head = &name[..name.len() - tail.len()];
    let dotted = head == ".env";
    let words = || words(tail);
    let all =
        || words().chain(self::words(head).filter(|word| !word.starts_with(|c: char| c.is_ascii_digit())));
    let end = tail.rsplit_once('.').map_or("", |(_, end)| end);
    let is_template = all().any(is_template);
    if !end.is_empty() && !is_template && !is_copy(end) {
        match endings::of_ending(end) {
            // what holds the same in another form; elsewhere it is a program that has to do with env files
            Some(Kind::Config) if dotted || is_shell(end) && !head.is_empty() && head != "env" => {}
            Some(_) => return of_others(name, copied),
            None if end == "txt" && !dotted && !all().any(is_copy) => return None,
            None => {}
        }
    }
    Some(if is_template {
        Kind::Template
    } else if copied || all().any(|word| is_copy(word) || is_opened(word)) || tail == "-e" {
        Kind::Leftover
    } else if all().any(is_sealed) || words().any(|word| word == "vault") {
        Kind::Sealed
    } else {
        Kind::Env
    })
}

fn is_shell(end: &str) -> bool {
    matches!(end, "sh" | "bash" | "zsh" | "fish")
}

/// Names of files that sops seals besides env files.
fn of_others(name: &str, copied: bool) -> Option<Kind> {
    if matches!(name, ".sops.yaml" | ".sops.yml" | "sops.yaml" | "sops.yml") {
        return None;
    }
    // what a copy was made of comes before the marks of the copy
    let mut stem = name;
    let mut copied = copied;
    while let Some((rest, _)) =
        stem.rsplit_once(['.', ' ']).filter(|(rest, last)| !rest.is_empty() && is_copy(last))
    {
        (stem, copied) = (rest, true);
    }
    let end = ending(stem);
    let holds_data = match endings::of_ending(end) {
        Some(Kind::Config) => !is_shell(end),
        Some(_) => false,
        None => matches!(end, "" | "txt" | "text" | "log" | "dat" | "data" | "csv" | "env") || is_opened(end),
    };
    let mut parts = stem.trim_start_matches('.').split('.');
    let first = parts.next().unwrap_or_default();
    let dotted: Vec<&str> =
        stem.strip_prefix('.').map_or_else(|| parts.collect(), |inner| inner.split('.').collect());
    let is_template = words(stem).any(is_template);
    let opened = dotted.iter().any(|part| is_opened(part))
        || words(stem)
            .any(|w| matches!(w, "decrypted" | "unencrypted" | "cleartext" | "plaintext" | "unsealed"));
    if opened && holds_data && !is_template {
        return Some(Kind::Leftover);
    }
    let in_words =
        || first.split(['-', '_', ' ']).skip(1).any(|w| matches!(w, "enc" | "encrypted" | "sealed" | "sops"));
    let is_data = matches!(end, "yaml" | "yml" | "json" | "ini" | "env");
    let last = dotted.last().copied().unwrap_or_default();
    let sealed = is_sealed(last) && !dotted.is_empty()
        || is_data
            && (dotted.iter().any(|part| is_sealed(part))
                || in_words()
                || is_sealed(first) && first.len() > 4);
    if sealed && !is_template {
        return Some(if copied { Kind::Leftover } else { Kind::Sealed });
    }
    let speaks = || {
        words(stem).any(|w| {
            matches!(
                w,
                "secret"
                    | "secrets"
                    | "credential"
                    | "credentials"
                    | "creds"
                    | "vault"
                    | "password"
                    | "passwords"
                    | "passwd"
                    | "tokens"
                    | "apikeys"
            )
        })
    };
    let renamed = || words(first).any(|w| is_copy(w) && !w.starts_with(|c: char| c.is_ascii_digit()));
    let leftover = (copied || renamed()) && holds_data && !is_template && speaks();
    leftover.then_some(Kind::Leftover)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(['.', '-', '_', ' ', '(', ')', '~', ',', '+', ':', '@']).filter(|word| !word.is_empty())
}

/// What is put into the name of a copy: by editors, `cp`, `sed -i`, patches, packages and people.
fn is_copy(word: &str) -> bool {
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return true;
    }
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    matches!(
        word,
        "bak"
            | "bk"
            | "bkp"
            | "bkup"
            | "back"
            | "backup"
            | "backups"
            | "orig"
            | "original"
            | "old"
            | "prev"
            | "previous"
            | "save"
            | "saved"
            | "sav"
            | "autosave"
            | "copy"
            | "copie"
            | "kopie"
            | "tmp"
            | "temp"
            | "swp"
            | "swo"
            | "swn"
            | "swm"
            | "swx"
            | "un"
            | "rej"
            | "new"
            | "dump"
            | "export"
            | "exported"
            | "wip"
            | "disabled"
            | "deleted"
            | "removed"
            | "restore"
            | "restored"
            | "snapshot"
            | "archive"
            | "archived"
            | "rpmsave"
            | "rpmnew"
            | "rpmorig"
            | "dpkg"
            | "ucf"
            | "pacsave"
            | "pacnew"
            | "merged"
            | "conflict"
            | "kate"
    )
}

fn is_template(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    matches!(
        word,
        "example"
            | "examples"
            | "sample"
            | "samples"
            | "template"
            | "templates"
            | "tmpl"
            | "tpl"
            | "gotmpl"
            | "dist"
            | "schema"
            | "default"
            | "defaults"
            | "j"
            | "jinja"
            | "erb"
            | "mustache"
            | "hbs"
            | "ejs"
            | "skel"
            | "skeleton"
            | "ex"
            | "stub"
            | "reference"
            | "placeholder"
            | "blank"
            | "empty"
    )
}

/// The name says that what was sealed is not any more.
fn is_opened(word: &str) -> bool {
    matches!(
        word,
        "dec"
            | "decrypted"
            | "decrypt"
            | "plain"
            | "plaintext"
            | "clear"
            | "cleartext"
            | "unencrypted"
            | "unsealed"
            | "unlocked"
            | "decoded"
    )
}

fn is_sealed(word: &str) -> bool {
    matches!(word, "enc" | "encrypted" | "sops" | "age" | "sealed" | "gpg" | "asc" | "crypt")
}
