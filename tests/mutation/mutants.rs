//! The damage: one list per kind, in a fixed order. A mutant equal to the original is no mutant and is left out.

#[derive(Clone)]
pub struct Mutant {
    pub name: String,
    pub bytes: Vec<u8>,
}

fn mutant(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Mutant {
    Mutant { name: name.into(), bytes: bytes.into() }
}

/// One bit of every `step`th byte; which one goes round.
pub fn flips(sealed: &[u8], step: usize) -> Vec<Mutant> {
    let flip = |at: usize| {
        let mut bytes = sealed.to_vec();
        bytes[at] ^= 1 << (at * 5 / step % 8);
        mutant(format!("bit {} of byte {at}", at * 5 / step % 8), bytes)
    };
    (0..sealed.len()).step_by(step).map(flip).collect()
}

/// The beginning alone, the end alone, and a piece taken out.
pub fn cuts(sealed: &[u8], step: usize) -> Vec<Mutant> {
    let mut all = Vec::new();
    for at in (0..sealed.len() - 1).step_by(step) {
        all.push(mutant(format!("cut at byte {at}"), &sealed[..at]));
        if at > 0 && at % (3 * step) == 0 {
            all.push(mutant(format!("from byte {at} on"), &sealed[at..]));
            let end = (at + 40).min(sealed.len());
            all.push(mutant(
                format!("without bytes {at} to {end}"),
                [&sealed[..at], &sealed[end..]].concat(),
            ));
        }
    }
    all
}

/// Every line away, doubled at every place, exchanged with every other.
pub fn lines(sealed: &[u8]) -> Vec<Mutant> {
    let lines = split(sealed);
    let mut all = Vec::new();
    for i in 0..lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(i);
        all.push(mutant(format!("without line {}", i + 1), joined(&fewer)));
        for j in 0..=lines.len() {
            let mut more = lines.clone();
            more.insert(j, lines[i].clone());
            all.push(mutant(format!("line {} again before line {}", i + 1, j + 1), joined(&more)));
        }
        for j in 0..i {
            let mut swapped = lines.clone();
            swapped.swap(i, j);
            all.push(mutant(format!("lines {} and {} exchanged", j + 1, i + 1), joined(&swapped)));
        }
    }
    all
}

/// What stands behind the names: exchanged, blanked, in clear, of another type, badly written.
pub fn values(sealed: &[u8]) -> Vec<Mutant> {
    let lines = split(sealed);
    let data: Vec<usize> = (0..lines.len()).filter(|i| !lines[*i].starts_with(b"sops_")).collect();
    let sealed_lines =
        || data.iter().copied().chain((0..lines.len()).filter(|i| lines[*i].starts_with(b"sops_mac=")));
    let mut all = Vec::new();
    let mut put = |name: String, at: usize, line: Vec<u8>| {
        let mut changed = lines.clone();
        changed[at] = line;
        if changed != lines {
            all.push(mutant(name, joined(&changed)));
        }
    };
    for i in sealed_lines() {
        let (key, value) = pair(&lines[i]);
        for j in sealed_lines().filter(|j| *j != i) {
            put(format!("value of line {} on line {}", j + 1, i + 1), i, with(&key, &pair(&lines[j]).1));
            put(format!("name of line {} on line {}", j + 1, i + 1), i, with(&pair(&lines[j]).0, &value));
        }
        for text in ["", "in clear", "ENC[]", "ENC[AES256_GCM,data:,iv:,tag:,type:str]", "null", "=", "\\n"] {
            put(format!("{text:?} on line {}", i + 1), i, with(&key, text));
        }
        for (old, new) in [
            ("type:str", "type:int"),
            ("type:str", "type:float"),
            ("type:str", "type:bool"),
            ("type:str", "type:time"),
            ("type:str", "type:bytes"),
            ("type:str", "type:comment"),
            ("type:str", "type:"),
            ("type:str]", "type:str"),
            ("AES256_GCM", "AES128_GCM"),
            ("AES256_GCM", "aes256_gcm"),
            (",iv:", ",vi:"),
            (",iv:", ",iv:A"),
            (",tag:", ",tag:AAAA"),
            ("=,tag:", ",tag:"),
            ("==,type", ",type"),
            ("data:", "data:="),
            ("data:", "data: "),
            ("data:", "data:AAAA"),
            ("]", "] and more"),
            ("ENC[", " ENC["),
        ] {
            put(format!("{old} becomes {new} on line {}", i + 1), i, with(&key, &value.replace(old, new)));
        }
        put(format!("line {} renamed", i + 1), i, with(&format!("{key}X"), &value));
        put(format!("line {} declared clear", i + 1), i, with(&format!("{key}_clear"), &value));
        put(format!("line {} without its name", i + 1), i, with("", &value));
    }
    for text in
        ["", "0", "2026-11-20", "2026-11-20T04:24:16Z", "9999-12-31T23:59:59Z", "2026-13-40T99:99:99Z", "ä"]
    {
        let at = lines.iter().position(|l| l.starts_with(b"sops_lastmodified=")).unwrap();
        put(format!("time {text:?}"), at, with("sops_lastmodified", text));
    }
    all
}

/// Line ends, byte order marks, conflict markers, stray bytes and lines.
pub fn accidents(sealed: &[u8]) -> Vec<Mutant> {
    let lines = split(sealed);
    let text = String::from_utf8(sealed.to_vec()).unwrap();
    let twice = [sealed, sealed].concat();
    let half = text.len() / 2;
    let mut all = vec![
        mutant("CRLF", text.replace('\n', "\r\n")),
        mutant("CR alone", text.replace('\n', "\r")),
        mutant("a byte order mark", [b"\xef\xbb\xbf", sealed].concat()),
        mutant("UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
        mutant("Latin-1 bytes behind it", [sealed, b"\xe4\xf6\xfc\n"].concat()),
        mutant("twice", twice),
        mutant("line feeds as text", text.replace('\n', "\\n")),
        mutant("escapes as line feeds", text.replace("\\n", "\n")),
        mutant("tabs before lines", text.replace('\n', "\n\t")),
        mutant("quoted values", text.replace('=', "=\"").replace('\n', "\"\n")),
        mutant("upper case", text.to_uppercase()),
        mutant("nothing", ""),
        mutant("line feeds only", "\n\n\n"),
        mutant("a NUL in the middle", format!("{}\0{}", &text[..half], &text[half..])),
        mutant("a merge left as it was", format!("<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> theirs\n")),
    ];
    for i in 0..=lines.len() {
        for (what, line) in [
            ("a blank line", ""),
            ("a conflict marker", "<<<<<<< HEAD"),
            ("a conflict's middle", "======="),
            ("a conflict's end", ">>>>>>> theirs"),
            ("garbage", "garbage"),
            ("a value in clear", "INJECTED=1"),
            ("metadata that nobody knows", "sops_unknown=1"),
        ] {
            let mut more = lines.clone();
            more.insert(i, line.into());
            all.push(mutant(format!("{what} before line {}", i + 1), joined(&more)));
        }
        if i < lines.len() {
            let mut ended = lines.clone();
            ended[i].push(b'\r');
            all.push(mutant(format!("CR at the end of line {}", i + 1), joined(&ended)));
        }
    }
    all
}

/// Metadata that says something else: other rules, other recipients, absurd numbers.
pub fn metadata(sealed: &[u8]) -> Vec<Mutant> {
    let text = String::from_utf8(sealed.to_vec()).unwrap();
    let rule = "sops_unencrypted_suffix=_clear\n";
    assert!(text.contains(rule));
    let mut all = Vec::new();
    let mut put = |old: &str, new: &str| {
        assert!(text.contains(old), "{old}");
        all.push(mutant(format!("{old:?} becomes {new:?}"), text.replace(old, new)));
    };
    for field in ["unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex"] {
        for words in [
            "",
            "D",
            "KEY",
            "^$",
            ".*",
            "([",
            "(a*)*b",
            "\\",
            "[[:foo:]]",
            "(?x)",
            "\\p{",
            "ä",
            "{9999999999}",
        ] {
            put(rule, &format!("sops_{field}={words}\n"));
        }
    }
    for field in ["unencrypted_comment_regex", "encrypted_comment_regex"] {
        put(rule, &format!("sops_{field}=.\n"));
    }
    put(rule, "sops_encrypted_regex=^$\nsops_mac_only_encrypted=true\n");
    for word in ["true", "True", "false", "1", "yes", ""] {
        put(rule, &format!("{rule}sops_mac_only_encrypted={word}\n"));
    }
    for number in ["0", "1", "2", "-1", "1e308", "NaN", "inf", "99999999999999999999", "x", ""] {
        put(rule, &format!("sops_shamir_threshold={number}\n{rule}"));
        put("sops_age__list_0__map_enc", &format!("sops_age__list_{number}__map_enc"));
        put("sops_age__list_", &format!("sops_key_groups__list_{number}__map_age__list_"));
        put("sops_version=3", &format!("sops_version={number}"));
    }
    for path in [
        "sops_age",
        "sops_age__",
        "sops_age__list_0",
        "sops_age__list_0__map_",
        "sops___",
        "sops_",
        "sops_age_list",
    ] {
        put("sops_age__list_0__map_enc", path);
    }
    put("sops_age__list_0", "sops_pgp__list_0");
    put("BEGIN AGE", "BEGIN PGP");
    put("-----BEGIN AGE ENCRYPTED FILE-----\\n", "");
    put("\\n", "");
    put("age1", "age1pq1");
    all
}

fn split(sealed: &[u8]) -> Vec<Vec<u8>> {
    let body = sealed.strip_suffix(b"\n").unwrap();
    body.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

fn joined(lines: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = lines.join(&b'\n');
    bytes.push(b'\n');
    bytes
}

fn pair(line: &[u8]) -> (String, String) {
    let text = String::from_utf8(line.to_vec()).unwrap();
    let (key, value) = text.split_once('=').unwrap();
    (key.to_owned(), value.to_owned())
}

fn with(key: &str, value: &str) -> Vec<u8> {
    format!("{key}={value}").into_bytes()
}
