//! Values that stand for a value.

use super::super::rarity::rarity;
use super::list::List;
use super::runs;

/// Whether a value is made of words that people write where a value belongs. What else is in it must not be rare:
/// `placeholder-` before a random text hides nothing.
pub(super) fn is(value: &[u8]) -> bool {
    let length = value.len();
    if value.iter().all(|b| !b.is_ascii_alphanumeric() && *b < 128) && length < 8 {
        return true;
    }
    if runs::covered(value) * 10 >= length * 6 || runs::repeats(value) || few(value) {
        return true;
    }
    if is_foreign(value) || EXAMPLES.iter().any(|example| memchr::memmem::find(value, example).is_some()) {
        return true;
    }
    // `sk-…`, `ghp_...`
    if memchr::memmem::find(value, b"...").is_some() || memchr::memmem::find(value, "…".as_bytes()).is_some()
    {
        return true;
    }
    if length > 120 {
        return false;
    }
    let mut plain = [0; 120];
    let plain = &mut plain[..length];
    plain.copy_from_slice(value);
    plain.make_ascii_lowercase();
    if judged(value, plain) {
        return true;
    }
    // `P@ssw0rd`
    for b in plain.iter_mut() {
        *b = match *b {
            b'0' => b'o',
            b'@' => b'a',
            b'$' | b'5' => b's',
            b'1' | b'!' => b'i',
            b'3' => b'e',
            b'4' => b'a',
            b'7' => b't',
            other => other,
        };
    }
    let end = plain.iter().rposition(|b| b.is_ascii_alphabetic() && *b != b'i').map_or(0, |at| at + 1);
    let word = plain.strip_suffix(b"i").unwrap_or(plain);
    COMMON.contains(word) || COMMON.contains(&plain[..end])
}

/// What providers print in their documentation.
const EXAMPLES: [&[u8]; 4] =
    [b"EXAMPLE", b"wJalrXUtnFEMI", b"je7MtGbClwBF", b"SflKxwRJSMeKKF2QT4fwpMeJf36POk6y"];

/// Words of a language that is not written in Latin letters, and nothing else: nobody types a password so.
fn is_foreign(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| {
        let mut foreign = 0;
        text.chars().all(|c| {
            foreign += usize::from(c >= '\u{370}' && c.is_alphabetic());
            c >= '\u{370}' || b" _-.,:!?()<>[]".contains(&(c as u32 as u8)) && c.is_ascii()
        }) && foreign >= 2
    })
}

/// Few different characters.
fn few(value: &[u8]) -> bool {
    let mut seen = [false; 256];
    let mut count = 0;
    for b in value {
        count += usize::from(!std::mem::replace(&mut seen[usize::from(*b)], true));
    }
    value.len() >= 8 && count <= 3 || value.len() >= 20 && count <= 5
}

fn judged(value: &[u8], plain: &[u8]) -> bool {
    let (mut at, mut left, mut marks, mut words) = (0, 0, 0, 0);
    // what is left over is gathered, to be judged by itself
    let mut rest = [0; 120];
    while at < plain.len() {
        let text = &plain[at..];
        if let Some(length) = MARKS.longest(text).filter(|length| fits(value, at, *length)) {
            marks += 1;
            at += length;
        } else if let Some(length) = WORDS.longest(text).filter(|length| fits(value, at, *length)) {
            words += 1;
            at += length;
        } else {
            let run = runs::run(text);
            if run >= 3 || !text[0].is_ascii_alphanumeric() {
                at += run.max(1);
                continue;
            }
            rest[left] = value[at];
            left += 1;
            at += 1;
        }
    }
    let rest = &rest[..left];
    let digits = rest.iter().all(u8::is_ascii_digit);
    match (marks, words) {
        (0, 0) => false,
        (0, _) => left == 0 || digits && left <= 2 || left == 1,
        _ => left <= 3 || digits && left <= 4 || left < 16 && rarity(rest) < 6.0 || rarity(rest) < 5.2,
    }
}

/// Short words count only where a word may begin and end.
fn fits(value: &[u8], at: usize, length: usize) -> bool {
    if length > 4 {
        return true;
    }
    let edge = |a: Option<&u8>, b: Option<&u8>| match (a, b) {
        (Some(a), Some(b)) => {
            !(a.is_ascii_alphabetic() && b.is_ascii_alphabetic())
                || a.is_ascii_lowercase() && b.is_ascii_uppercase()
        }
        _ => true,
    };
    let before = at.checked_sub(1).map(|before| &value[before]);
    let end = at + length;
    edge(before, value.get(at)) && edge(value.get(end - 1), value.get(end))
        // `mypassword`
        || before.is_none() && WORDS.longest(&value[end..]).is_some()
}

/// Who writes one of these says that the whole is no value.
static MARKS: List = List::of(
    "changeme change-me change_me change changeit placeholder example your yours replace replaceme insert dummy todo \
     fixme redacted removed masked hidden sample fake mock mocked stub here fill enter lorem ipsum invalid bogus \
     notreal notasecret not-a-secret not_a_secret unused undefined unset none tbd tba xxx *** foobar foobarbaz foo \
     bar baz qux deadbeef cafebabe baadfood generate generated insecure unsafe development testing fixture goes paste \
     provide specify obtain anything whatever something somesecret supersecret super-secret supersecure topsecret \
     mysecret letmein iloveyou hunter2 correcthorse correct-horse ersetzen cambiame cambiami changez aendern ändern \
     eintragen einfügen einfuegen einsetzen changer inserisci inserire troque wijzig wijzigen degistir değiştir",
);

/// What people take first, also with digits in the place of letters.
static COMMON: List = List::of(
    "password passwort passwd pass secret admin administrator letmein welcome changeme root test qwerty login user guest",
);

/// Words of which placeholders are made; all of the value must be.
static WORDS: List = List::of(
    "password passwd passwort passphrase passcode pass pwd pw secret secrets token tokens key keys api apikey access \
     auth authorization bearer basic client credential credentials private public my mine the a an is not no of to \
     for in and or with this that it me please some any new old user username admin administrator root guest toor \
     login test tests tester temp tmp default demo dev local localhost prod production staging stage abc xyz aaa bbb \
     ccc postgres postgresql mysql mariadb mongo mongodb redis rabbitmq rabbit docker minio minioadmin elastic \
     grafana kibana jenkins sonar keycloak vault server service db database app application web backend frontend \
     session cookie jwt signing encryption encrypt hash salt pepper value string text random strong secure safe long \
     very really super good better complex simple minimum least characters chars char bytes bits sk pk id uuid guid \
     github gitlab google aws azure stripe slack openai twilio sendgrid mailgun smtp email mail host url uri name \
     hello world welcome qwerty azerty hex base64 encoded encrypted data config empty null blank required optional \
     set get use used only at by from env environment variable override sandbox account bot webhook shared master \
     live real actual own put must be in-production monkey dragon sesame open opensesame zero one two three wrong bad \
     incorrect correct right first second third other another same different encryptionkey alice bob john doe jane \
     nopass nopassword blah asdf swordfish contrasena senha motdepasse geheimnis schluessel schlüssel kennwort benutzer hier dein deine bitte ihr votre mettre ici clave secreta \
     secreto contraseña aqui aquí cambiar cambia poner segredo senhas chave sua trocar mude tua parola chiave segreta \
     segreto jouw wachtwoord sleutel vul dit zmien zmień twoje wpisz haslo hasło klucz byt ditt din lösenord losenord \
     endre skift passord adgangskode zmen zmente heslo tajne sifre şifre salasana vaihda jelszo mot passe cle clé \
     secrète secrete su tu la le il de ma mon een het geheim hush drowssap cluster node provider \
     integration unit e2e ci",
);
