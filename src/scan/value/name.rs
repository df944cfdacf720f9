//! What a name says of the value beside it.
//!
//! A name is split into its words, and the last one that means anything decides: `password_file` is a file,
//! `token_url` a URL, `secret_key_base` a secret.

use super::Promise;
use super::list::List;

/// Longer names are none.
const LONGEST: usize = 96;
const MOST: usize = 12;

/// What a name says.
pub(in crate::scan) fn promise(name: &[u8]) -> Promise {
    let name = name.trim_ascii();
    if name.is_empty() || name.len() > LONGEST {
        return Promise::Nothing;
    }
    let mut lower = [0; LONGEST];
    let mut ends = [(0, 0); MOST];
    let count = split(name, &mut lower, &mut ends);
    let mut words: [&[u8]; MOST] = [b""; MOST];
    for (word, (start, end)) in words.iter_mut().zip(ends).take(count) {
        *word = &lower[start..end];
    }
    of(&words[..count])
}

/// The words of a name, lower case: split at marks, digits and capitals.
fn split(name: &[u8], lower: &mut [u8; LONGEST], ends: &mut [(usize, usize); MOST]) -> usize {
    let (mut count, mut start, mut at) = (0, 0, 0);
    let mut close = |start: usize, end: usize| {
        if end > start && count < MOST {
            ends[count] = (start, end);
            count += 1;
        }
        count
    };
    for (i, b) in name.iter().enumerate() {
        lower[i] = b.to_ascii_lowercase();
        let letter = b.is_ascii_alphabetic() || *b >= 128;
        let before = i.checked_sub(1).map(|i| name[i]);
        let hump = b.is_ascii_uppercase()
            && (before.is_some_and(|b| b.is_ascii_lowercase())
                || before.is_some_and(|b| b.is_ascii_uppercase())
                    && name.get(i + 1).is_some_and(u8::is_ascii_lowercase)
                    // `APIs`, `TOKENs`
                    && !(name.get(i + 1) == Some(&b's') && name.get(i + 2).is_none_or(|b| !b.is_ascii_lowercase())));
        if hump || !letter {
            close(start, i);
            start = i + usize::from(!letter);
        }
        at = i + 1;
    }
    close(start, at)
}

fn of(words: &[&[u8]]) -> Promise {
    let words = tail_off(words);
    let Some((last, before)) = words.split_last() else { return Promise::Nothing };
    if before.iter().chain([last]).any(|word| PUBLIC.contains(word)) {
        return Promise::Public;
    }
    // `RECAPTCHA_SITE_KEY` is what every page shows
    if *last == b"key" && before.last().is_some_and(|word| **word == *b"site") {
        return Promise::Public;
    }
    if before.first().is_some_and(|first| VERBS.contains(first)) {
        return Promise::Public;
    }
    // `ENC_KEY` is the key that encrypts, `ENC_PASSWORD` a password that is encrypted
    let encrypts = |word: &&[u8]| **word == *b"enc" && matches!(*last, b"key" | b"keys");
    if before.iter().any(|word| HASHED.contains(word) && !encrypts(word)) {
        return Promise::Public;
    }
    if TAILS.contains(last) {
        return match (*last, before.last()) {
            // a secret id of Vault, of a cloud
            (b"id", Some(&b"secret")) => Promise::Weak,
            (b"string" | b"uri" | b"url", _) if before.iter().any(|word| CONNECTION.contains(word)) => {
                Promise::Weak
            }
            // a webhook's URL is its key
            (b"url" | b"uri", _) if before.contains(&&b"webhook"[..]) => Promise::Weak,
            _ => Promise::Public,
        };
    }
    if let Some(promise) = word(last, before) {
        return promise;
    }
    // `PASSWORD_MAIN`: what it is comes first
    let strong = before.iter().enumerate().rev().find_map(|(i, w)| word(w, &before[..i]));
    match strong {
        Some(Promise::Strong) if before.iter().any(|word| PASSWORDS.contains(word)) => Promise::Strong,
        Some(Promise::Strong | Promise::Weak) => Promise::Weak,
        _ => Promise::Nothing,
    }
}

/// Without words at the end that say nothing of what it is.
fn tail_off<'w, 'a>(words: &'w [&'a [u8]]) -> &'w [&'a [u8]] {
    let mut words = words;
    while let [rest @ .., last] = words {
        if rest.is_empty() || !(LOOSE.contains(last) || last.len() == 1) {
            break;
        }
        words = rest;
    }
    words
}

fn word(word: &[u8], before: &[&[u8]]) -> Option<Promise> {
    let previous = before.last().copied().unwrap_or_default();
    match word {
        b"key" | b"keys" => Some(key(before, word == b"keys")),
        b"token" => Some(if NO_TOKENS.contains(previous) { Promise::Nothing } else { token(before) }),
        b"auth" if previous == b"rediscli" => Some(Promise::Strong),
        b"tokens" => Some(Promise::Nothing),
        b"secret" | b"secrets" if before.first() == Some(&&b"kind"[..]) => Some(Promise::Nothing),
        b"code" if [&b"access"[..], b"auth", b"backup", b"recovery", b"security"].contains(&previous) => {
            Some(Promise::Weak)
        }
        b"pass"
            if [
                &b"by"[..],
                b"render",
                b"first",
                b"second",
                b"last",
                b"pre",
                b"post",
                b"one",
                b"multi",
                b"num",
                b"boarding",
                b"all",
                b"test",
            ]
            .contains(&previous) =>
        {
            Some(Promise::Nothing)
        }
        b"phrase" if [&b"pass"[..], b"seed", b"secret", b"recovery", b"mnemonic"].contains(&previous) => {
            Some(Promise::Strong)
        }
        b"word" if previous == b"pass" => Some(Promise::Strong),
        b"passe" | b"wort" if !previous.is_empty() => (word == b"passe").then_some(Promise::Strong),
        b"string" if before.iter().any(|word| CONNECTION.contains(word)) => Some(Promise::Weak),
        _ if STRONG.contains(word) => Some(Promise::Strong),
        _ if WEAK.contains(word) => Some(Promise::Weak),
        _ => joined(word),
    }
}

/// `key` says something with the right word before it only.
fn key(before: &[&[u8]], several: bool) -> Promise {
    let last = before.last().copied().unwrap_or_default();
    let told = KEYS.contains(last) && !NO_KEYS.contains(last);
    if !told && before.iter().any(|word| NO_KEYS.contains(word)) {
        return Promise::Nothing;
    }
    if before.iter().any(|word| KEYS.contains(word)) {
        return if several { Promise::Weak } else { Promise::Strong };
    }
    // `GOOGLE_MAPS_KEY`
    if several { Promise::Nothing } else { Promise::Weak }
}

fn token(before: &[&[u8]]) -> Promise {
    match before.last() {
        Some(last)
            if [
                &b"csrf"[..],
                b"xsrf",
                b"request",
                b"antiforgery",
                b"device",
                b"id",
                b"identity",
                b"push",
                b"reset",
            ]
            .contains(last) =>
        {
            Promise::Weak
        }
        _ => Promise::Strong,
    }
}

/// Words that were written together: `dbpassword`, `apikey`, `passwordfile`.
fn joined(word: &[u8]) -> Option<Promise> {
    const ENDS: [&[u8]; 24] = [
        b"password",
        b"passwd",
        b"passphrase",
        b"passwort",
        b"kennwort",
        b"secret",
        b"apikey",
        b"secretkey",
        b"accesskey",
        b"privatekey",
        b"authkey",
        b"masterkey",
        b"signingkey",
        b"encryptionkey",
        b"licensekey",
        b"sharedkey",
        b"sessionkey",
        b"accountkey",
        b"sshkey",
        b"authtoken",
        b"token",
        b"credentials",
        b"credential",
        b"pwd",
    ];
    const PASS: [&[u8]; 14] = [
        b"userpass",
        b"dbpass",
        b"smtppass",
        b"mypass",
        b"rootpass",
        b"adminpass",
        b"mailpass",
        b"ftppass",
        b"sshpass",
        b"keypass",
        b"storepass",
        b"authpass",
        b"ldappass",
        b"bindpw",
    ];
    if ENDS.iter().any(|end| word.ends_with(end)) || PASS.contains(&word) {
        let passive = [&b"hashed"[..], b"encrypted", b"is", b"has", b"show", b"no"]
            .iter()
            .any(|head| word.starts_with(head));
        return Some(if passive { Promise::Public } else { Promise::Strong });
    }
    const HEADS: [&[u8]; 5] = [b"password", b"passwd", b"secret", b"token", b"apikey"];
    let head = HEADS.iter().find(|head| word.starts_with(head))?;
    let tail = &word[head.len()..];
    if TAILS.contains(tail) {
        return Some(Promise::Public);
    }
    (head.len() >= 6 && tail.is_empty()).then_some(Promise::Strong)
}

static STRONG: List = List::of(
    "password passwd passphrase passcode pwd pass pw passw secret apikey credential credentials creds psk pepper \
     bearer authorization authtoken authkey accesskey secretkey privatekey mnemonic jwt passwort kennwort geheimnis \
     contraseña contrasena contrasenia senha motdepasse mdp wachtwoord losenord haslo parola heslo salasana pat \
     requirepass masterauth bindpw rootpw",
);

static PASSWORDS: List = List::of(
    "password passwd passphrase passcode pwd pass pw apikey passwort kennwort senha contrasena dbpassword",
);

static WEAK: List = List::of(
    "auth salt pin cookie session hmac signing webhook dsn secrets passwords seed clave otp totp sas license licence \
     connection conn oauth basic kek dek cipher login psw signature sig",
);

/// What makes a `key` one that is kept.
static KEYS: List = List::of(
    "api secret private priv access signing signature sign enc encryption encrypt encrypting decryption master auth \
     authentication authorization account storage license licence shared session cookie jwt jwk hmac crypto crypt \
     cipher deploy admin root subscription webhook ssh rsa ecdsa psk preshared security app application integration \
     ingestion write server service host sendgrid mailgun mailchimp stripe datadog dd openai anthropic newrelic \
     algolia aes fernet vapid consumer client user rails django flask laravel tunnel wg wireguard token password maps \
     aws azure cosmos cosmosdb twilio sas interface peer age x",
);

/// Keys that open nothing.
static NO_KEYS: List = List::of(
    "primary foreign cache sort partition row object unique composite natural lookup index hot shortcut dict map json \
     config registry routing group item metadata label query property attribute attr field column i18n translation \
     locale message event context state react list array node tree tab menu command modifier arrow enter escape \
     return press pressed down up left right function feature flag setting settings option param parameter bucket s3 \
     file redis topic kafka idempotency dedupe dedup range start end data storekey answer legend title tag annotation \
     issue project jira env var name type by with any no has get set default hash zone dimension metric sub music",
);

/// Tokens of parsers, pages and models.
static NO_TOKENS: List = List::of(
    "page next continuation continue sync cancellation cancel stop eos bos pad unk sep cls mask special start end \
     first last prev previous current parser lexer syntax open close image img per max min design color nft erc \
     string number punctuation operator word position iterator resume comment cursor marker input output begin eof",
);

/// At the end of a name; they say that it is something about a secret.
static TAILS: List = List::of(
    "file files path paths url urls uri name names id ids hint length len size min max regex regexp pattern label \
     labels field fields type types kind policy policies expiry expires expire expiration expired ttl timeout count \
     placeholder format prefix suffix header headers param params parameter parameters endpoint host hostname port \
     user username users email mail algorithm alg algo method mode enabled enable disabled required require link \
     links reset page form input title message messages error errors help description desc prompt rotation age days \
     version status state scope scopes issuer audience ref refs selector provider manager service store engine \
     backend class template attr attribute column index hash hashes hasher digest checksum fingerprint lifetime limit \
     validator generator encoder handler factory callback event action screen view controller model schema dto \
     request response location dir directory folder bucket strategy strength confirmation change changed at on date \
     time iterations rounds bits bytes chars characters charset encoding grant flow group permission permissions role \
     roles list map set table query command cmd script helper process program env var variable arn region domain \
     realm button icon toggle visibility text example middleware guard decorator exception interval limits usage \
     stream iterator reader writer parser source sources client config configuration options settings option setting \
     test tests result sql rule rules invalid valid verified only mismatch incorrect wrong failed failure success \
     pair share sharing manually stdin fd annotation annotations mount volume namespace key_name subject claim claims \
     cost budget price symbol contract address hashing encryption auth_type caption tooltip docs doc info warning \
     notice note html scheme",
);

/// Anywhere in a name.
static PUBLIC: List = List::of(
    "public publishable pub pubkey publickey sha sha1 checksum integrity etag commit rev revision fingerprint \
     placeholder tokenizer keyboard keyword keywords monkey author authors passenger passengers compass bypass \
     keystroke keyframe keyframes keycode keymap keydown keyup sitekey digest thumbprint xmlns autocomplete i18n aria",
);

/// At the beginning of a name: what is done with a secret, or whether there is one.
static VERBS: List = List::of(
    "label title mandatory lbl txt msg err error message text hint help tooltip is has show hide use uses require requires enable disable allow forgot reset validate verify check min max no \
     invalid wrong missing enter get set update change generate compare can should needs with without toggle on \
     handle fetch find create delete remove revoke refreshing parse decode bad incorrect if num total n skip ignore \
     expired existing",
);

/// Of what follows, not the secret itself.
static HASHED: List = List::of("hashed encrypted enc sealed hash crypted masked redacted obfuscated");

/// What a URL or a string with a password in it is called.
static CONNECTION: List =
    List::of("connection conn database db redis mongo mongodb amqp broker postgres mysql jdbc");

/// At the end of a name; they say nothing.
static LOOSE: List = List::of(
    "prod production dev development staging stage stg qa uat old new current previous prev next value val str plain \
     plaintext raw b64 base64 encoded base primary secondary v backup live main default local here",
);
