//! What a value is, if it is no secret: a host, a path, a version, a name in a program.

use super::super::rarity::rarity;
use super::kinds;

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scan) enum Shape {
    /// A private key in full.
    PrivateKey,
    /// Hexadecimal digits, twelve at least.
    Hex,
    Uuid,
    /// Decimal digits.
    Number,
    /// A word, or several put together: `camelCase`, `snake_case`, `some.dotted.name`.
    Word,
    /// Words with blanks between them.
    Prose,
    /// An address, a path, a date, a version, a type of content: something else than a secret.
    Other,
    /// A piece of a program: a call, an expression, a pattern, a format.
    Code,
    /// A public key, a certificate, the hash of a password.
    Public,
    /// None of these.
    Text,
}

/// What a value looks like.
pub(in crate::scan) fn shape(value: &[u8]) -> Shape {
    if is_private_key(value) {
        return Shape::PrivateKey;
    }
    if is_public(value) {
        return Shape::Public;
    }
    if value.iter().all(|b| b.is_ascii_digit() || b"+-., _".contains(b)) {
        return if value.iter().all(u8::is_ascii_digit) { Shape::Number } else { Shape::Other };
    }
    if value.len() >= 12 && value.iter().all(u8::is_ascii_hexdigit) && kinds(value) >= 2 {
        return Shape::Hex;
    }
    if is_uuid(value) {
        return Shape::Uuid;
    }
    if is_address(value) || is_measure(value) || is_path(value) || is_options(value) {
        return Shape::Other;
    }
    if is_code(value) {
        return Shape::Code;
    }
    if is_prose(value) {
        return Shape::Prose;
    }
    if is_words(value) { Shape::Word } else { Shape::Text }
}

fn is_private_key(value: &[u8]) -> bool {
    value.starts_with(b"AGE-SECRET-KEY-1") && value.len() >= 70
        || value.starts_with(b"-----BEGIN ")
            && value.len() >= 100
            && memchr::memmem::find(&value[..60], b"PRIVATE KEY").is_some()
            && memchr::memmem::find(&value[..60], b"ENCRYPTED").is_none()
}

/// Public keys, certificates, hashes of passwords and of files.
fn is_public(value: &[u8]) -> bool {
    const HEADS: [&[u8]; 57] = [
        b"-----BEGIN ",
        b"pk_live_",
        b"pk_test_",
        b"pk.eyJ",
        b"sb_publishable_",
        b"phc_",
        b"ssh-rsa ",
        b"ssh-ed25519 ",
        b"ssh-dss ",
        b"ecdsa-sha2-",
        b"sk-ssh-",
        b"sk-ecdsa-",
        b"AAAAB3NzaC1",
        b"AAAAC3NzaC1",
        b"AAAAE2VjZHNh",
        b"age1",
        b"MIIBIjANBgkq",
        b"MIICIjANBgkq",
        b"MIGfMA0GCSq",
        b"MFkwEwYHKoZI",
        b"MCowBQYDK2V",
        b"LS0tLS1CRUdJTiBDRV",
        b"LS0tLS1CRUdJTiBQVUJ",
        b"sha1-",
        b"sha256-",
        b"sha384-",
        b"sha512-",
        b"sha256:",
        b"sha1:",
        b"sha512:",
        b"md5:",
        b"SHA256:",
        b"h1:",
        b"$2a$",
        b"$2b$",
        b"$2y$",
        b"$2x$",
        b"$argon2",
        b"$scrypt$",
        b"$pbkdf2",
        b"$apr1$",
        b"$sha1$",
        b"$7$",
        b"$y$",
        b"pbkdf2_sha",
        b"pbkdf2:",
        b"pbkdf2$",
        b"scrypt:",
        b"bcrypt$",
        b"bcrypt_sha",
        b"argon2$",
        b"SCRAM-SHA-",
        b"{SSHA",
        b"{SHA",
        b"{CRYPT}",
        b"{bcrypt}",
        b"{pbkdf2",
    ];
    const CRYPT: [&[u8]; 3] = [b"$1$", b"$5$", b"$6$"];
    let hex = |text: &[u8]| text.iter().all(u8::is_ascii_hexdigit);
    HEADS.iter().any(|head| value.starts_with(head)) && !(value.starts_with(b"age1") && value.len() < 50)
        || CRYPT.iter().any(|head| value.starts_with(head)) && value.len() >= 20
        || value.len() == 35 && value.starts_with(b"md5") && hex(&value[3..])
        || value.len() == 41 && value.starts_with(b"*") && hex(&value[1..])
        || (value.starts_with(b"sha1$")
            || value.starts_with(b"sha256$")
            || value.starts_with(b"sha512$")
            || value.starts_with(b"md5$"))
            && value.len() > 40
}

fn is_uuid(value: &[u8]) -> bool {
    let value = match value {
        [b'{', inner @ .., b'}'] => inner,
        _ => value,
    };
    value.len() == 36
        && value.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// E-mail, host, IP, URL.
fn is_address(value: &[u8]) -> bool {
    if let Some(at) = memchr::memmem::find(value, b"://") {
        return at >= 2
            && value[..at].iter().all(|b| b.is_ascii_alphanumeric() || b"+-.:".contains(b))
            && !has_rare_piece(&value[at..]);
    }
    if let Some(at) = memchr::memchr(b'@', value) {
        let (user, host) = (&value[..at], &value[at + 1..]);
        let mail = |b: &u8| b.is_ascii_alphanumeric() || b"._%+-".contains(b);
        return !user.is_empty() && user.iter().all(mail) && is_host(host);
    }
    is_host(value) || is_ip(value)
}

/// `db.internal:5432`, `localhost`: names with a dot, or a port behind a name.
fn is_host(value: &[u8]) -> bool {
    let (name, port) = match memchr::memchr(b':', value) {
        Some(colon) => (&value[..colon], Some(&value[colon + 1..])),
        None => (value, None),
    };
    if port.is_some_and(|port| port.is_empty() || port.len() > 5 || !port.iter().all(u8::is_ascii_digit)) {
        return false;
    }
    let label = |label: &[u8]| {
        !label.is_empty()
            && label.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(b))
    };
    let last = name.rsplit(|b| *b == b'.').next().unwrap_or_default();
    let dots = name.iter().filter(|b| **b == b'.').count();
    let named =
        name.split(|b| *b == b'.').all(label) && last.iter().all(u8::is_ascii_alphabetic) && last.len() >= 2;
    named && (dots >= 1 || port.is_some()) && (rarity(name) < 7.5 || dots >= 2)
}

fn is_ip(value: &[u8]) -> bool {
    let dots = value.iter().filter(|b| **b == b'.').count();
    let colons = value.iter().filter(|b| **b == b':').count();
    dots == 3 && value.iter().all(|b| b.is_ascii_digit() || b".:/".contains(b))
        || colons >= 2
            && value.iter().all(|b| b.is_ascii_hexdigit() || b":./%[]".contains(b))
            && value.len() < 46
}

/// A number with a unit, a version, a date, a time, a colour, a locale.
fn is_measure(value: &[u8]) -> bool {
    if value.first() == Some(&b'#')
        && matches!(value.len(), 4 | 5 | 7 | 9)
        && value[1..].iter().all(u8::is_ascii_hexdigit)
    {
        return true;
    }
    let first = value.strip_prefix(b"v").unwrap_or(value);
    let digits = first.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = first.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let marks = first.iter().all(|b| b.is_ascii_alphanumeric() || b".,-+:/ _%~^<>=*".contains(b));
    if !first.first().is_some_and(|b| b.is_ascii_digit() || b"-+<>=~^*".contains(b)) || !marks {
        return false;
    }
    // `10m`, `512MiB`, `2024-01-01T00:00:00Z`, `1.2.3-rc.1`, `30 days`
    let dotted = first.iter().filter(|b| b".-:".contains(b)).count();
    let tail = first.iter().rposition(u8::is_ascii_digit).map_or(0, |at| first.len() - at - 1);
    letters <= 2 && digits >= 1 && (dotted >= 1 || tail == letters)
        || letters == tail && tail <= 8 && digits <= 9 && rarity(&first[first.len() - tail..]) < 7.0
        || dotted >= 2 && first.iter().take(3).any(|b| *b == b'.') && letters <= digits + 8
}

/// `-Xmx2g -XX:+UseG1GC`, `--max-old-space-size=4096`: what a program is started with.
fn is_options(value: &[u8]) -> bool {
    let option = |word: &[u8]| {
        matches!(word, [b'-', b'-', b, ..] | [b'-', b, ..] if b.is_ascii_alphabetic())
            && !has_rare_piece(word)
    };
    let sure = value.contains(&b' ') || [&b"--"[..], b"-X", b"-D"].iter().any(|head| value.starts_with(head));
    sure && value.split(|b| *b == b' ').filter(|word| !word.is_empty()).all(option)
}

/// `/etc/x`, `./x`, `C:\x`, `a/b.txt`, a file name with a known ending, a type of content.
fn is_path(value: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 46] = [
        b".txt",
        b".json",
        b".yaml",
        b".yml",
        b".pem",
        b".key",
        b".crt",
        b".cer",
        b".p12",
        b".pfx",
        b".jks",
        b".conf",
        b".cfg",
        b".ini",
        b".xml",
        b".html",
        b".js",
        b".ts",
        b".py",
        b".rs",
        b".go",
        b".java",
        b".rb",
        b".php",
        b".md",
        b".css",
        b".env",
        b".sh",
        b".sql",
        b".log",
        b".db",
        b".properties",
        b".toml",
        b".pub",
        b".gpg",
        b".asc",
        b".age",
        b".enc",
        b".keystore",
        b".tsx",
        b".jsx",
        b".vue",
        b".png",
        b".svg",
        b".gz",
        b".zip",
    ];
    if memchr::memchr2(b'\n', b' ', value).is_some() && !matches!(value, [b'/', ..] | [_, b':', b'\\', ..]) {
        return false;
    }
    if ENDINGS.iter().any(|ending| value.ends_with(ending)) {
        return true;
    }
    let slashes = value.iter().filter(|b| **b == b'/' || **b == b'\\').count();
    if slashes == 0 {
        return false;
    }
    match value {
        [b'/', ..]
        | [b'.', b'/', ..]
        | [b'.', b'.', b'/', ..]
        | [b'~', b'/', ..]
        | [_, b':', b'\\' | b'/', ..] => !has_rare_piece(value),
        _ => {
            value.iter().all(|b| b.is_ascii_alphanumeric() || b"/\\._-+@:*".contains(b))
                && rarity(value) < 6.0
                && !has_rare_piece(value)
        }
    }
}

/// Whether a part between separators is a random text.
fn has_rare_piece(value: &[u8]) -> bool {
    value.split(|b| b"/\\?&=#:;,".contains(b)).any(|piece| {
        let rare = rarity(piece);
        piece.len() >= 12 && rare >= 7.5 && kinds(piece) >= 2
            || piece.len() >= 20 && rare >= 7.0 && kinds(piece) >= 3
    })
}

/// Calls, expressions, patterns, formats.
fn is_code(value: &[u8]) -> bool {
    // certain in any text
    const SURE: [&[u8]; 18] = [
        b"){",
        b")}",
        b"};",
        b"' . ",
        b" . '",
        b"' + ",
        b"\" + ",
        b".prototype",
        b" ? ",
        b"(?:",
        b"[a-z",
        b"[A-Z",
        b"[0-9",
        b" == ",
        b" && ",
        b" || ",
        b" != ",
        b" => ",
    ];
    // a random text has them now and then
    const LIKELY: [&[u8]; 14] = [
        b"\\d", b"\\w", b"\\s", b".*", b"%s", b"%d", b"%v", b"%q", b"{}", b"{0}", b"%(", b"\\(", b"=>", b"${",
    ];
    let has = |piece: &[u8]| memchr::memmem::find(value, piece).is_some();
    let name = value.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_.$:?>-".contains(b)).count();
    let called = name >= 2 && value.get(name) == Some(&b'(') && rarity(&value[..name]) < 6.0;
    let indexed = name >= 2 && value.get(name) == Some(&b'[') && has(b"]") && rarity(&value[..name]) < 6.0;
    called
        || indexed
        || SURE.iter().any(|piece| has(piece))
        || LIKELY.iter().any(|piece| has(piece)) && (value.len() < 8 || rarity(value) < 8.0)
        || is_hole(value)
}

/// `{name}` in a text that is put together.
fn is_hole(value: &[u8]) -> bool {
    let Some(open) = memchr::memchr(b'{', value) else { return false };
    let Some(length) = memchr::memchr(b'}', &value[open..]) else { return false };
    let inner = &value[open + 1..open + length];
    !inner.is_empty()
        && inner.iter().all(|b| b.is_ascii_alphanumeric() || b"_.:!".contains(b))
        && inner[0].is_ascii_alphabetic()
        && rarity(inner) < 6.0
}

/// Words with blanks between them, a sentence.
fn is_prose(value: &[u8]) -> bool {
    // of any language
    let speech = |b: &u8| b.is_ascii_alphabetic() || *b >= 128 || b" .,;:!?'-()\"/".contains(b);
    let foreign = value.iter().any(|b| *b >= 128);
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let figures = |b: &u8| speech(b) || b.is_ascii_digit() && digits <= 4 && value.contains(&b' ');
    if foreign && value.iter().all(figures) {
        return true;
    }
    if value.contains(&b' ') && value.iter().all(speech) && rarity(value) < 7.5 {
        return true;
    }
    let blanks = value.iter().filter(|b| **b == b' ').count();
    blanks >= 1 && rarity(value) < 5.5 + 0.1 * blanks.min(10) as f32
}

/// A word, or several in one of the ways in which programs put them together.
fn is_words(value: &[u8]) -> bool {
    // `required|string|min:12`
    if value.contains(&b'|') {
        return value.split(|b| *b == b'|').all(|word| {
            // also `min:8`
            let rule = word.iter().take_while(|b| b.is_ascii_lowercase() || **b == b'_').count();
            !word.is_empty() && (is_words(word) || rule >= 2 && matches!(word.get(rule), None | Some(b':')))
        });
    }
    let name = |b: &u8| b.is_ascii_alphanumeric() || b"_-.:/@".contains(b) || *b >= 128;
    if !value.iter().all(name) {
        return false;
    }
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    // no name ends so, passwords do
    if digits > 0 && value.last().is_some_and(u8::is_ascii_punctuation) {
        return false;
    }
    let rare = rarity(value);
    match digits {
        0 => rare < 6.2 || value.len() < 8 && rare < 8.0,
        1 | 2 => rare < 5.4,
        _ => digits * 3 <= value.len() && rare < 4.6,
    }
}
