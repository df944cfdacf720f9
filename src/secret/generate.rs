//! New values, from a specification such as `alnum:32`.
//!
//! Every value is drawn character by character, each uniform over the alphabet of its place, so there are no random
//! bytes to encode and none to wipe: base64 of N uniform bytes has the same distribution as uniform characters whose
//! last one keeps its spare bits zero. No alphabet holds a character that a dotenv file, compose, a shell or systemd
//! would change (I9); a test holds each of them to that. The module knows neither where randomness comes from (it
//! arrives as [`Random`]) nor what the value is for: whether an entropy is enough is the caller's floor, asked of
//! [`Spec::demand`].

use std::fmt;

use rand::Rng;

use crate::error::{Error, Result};
use crate::secret::{Random, SecretValue};

/// The entropy that a value should have: the least security strength that NIST SP 800-131A still accepts.
pub const FLOOR_BITS: f64 = 112.0;

/// The longest value, in bytes, characters or words. The environment holds 128 KiB for one variable; the longest of
/// words stays well below.
const LONGEST: usize = 4096;

const HEX: &[u8] = b"0123456789abcdef";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const DIGITS: &[u8] = b"0123456789";
const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const PASSWORD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~^+=,";

/// How many characters of each class [`PASSWORD`] holds: lower, upper, digits; the rest are symbols.
const CLASSES: [usize; 4] = [26, 26, 10, PASSWORD.len() - ALNUM.len()];

const ALLOWED: &str = "allowed are hex:N, base64:N, base64url:N (N random bytes), alnum:N, password:N, digits:N \
                       (N characters), words:N, uuid, fernet, rsa:N (bits), ec:p256 and ed25519";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Hex,
    Base64,
    Base64Url,
    Alnum,
    Password,
    Digits,
    Words,
    Uuid,
    Fernet,
}

const KINDS: [Kind; 9] = [
    Kind::Hex,
    Kind::Base64,
    Kind::Base64Url,
    Kind::Alnum,
    Kind::Password,
    Kind::Digits,
    Kind::Words,
    Kind::Uuid,
    Kind::Fernet,
];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Hex => "hex",
            Kind::Base64 => "base64",
            Kind::Base64Url => "base64url",
            Kind::Alnum => "alnum",
            Kind::Password => "password",
            Kind::Digits => "digits",
            Kind::Words => "words",
            Kind::Uuid => "uuid",
            Kind::Fernet => "fernet",
        }
    }

    /// The length that examples show; `None` where the kind leaves no choice.
    fn usual(self) -> Option<usize> {
        match self {
            Kind::Hex | Kind::Base64 | Kind::Base64Url | Kind::Alnum => Some(32),
            Kind::Password => Some(24),
            Kind::Digits => Some(40),
            Kind::Words => Some(12),
            Kind::Uuid | Kind::Fernet => None,
        }
    }

    fn shortest(self) -> usize {
        if self == Kind::Password { 8 } else { 1 }
    }

    fn example(self) -> Spec {
        Spec { kind: self, length: self.usual().unwrap_or(0) }
    }
}

/// What `generate = "…"` asks for. A `Spec` that exists can be generated; its `Display` is what parses to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    kind: Kind,
    /// In bytes, characters or words; 0 where the kind leaves no choice.
    length: usize,
}

impl Default for Spec {
    fn default() -> Self {
        Spec::DEFAULT
    }
}

impl Spec {
    /// What a secret gets for which nothing else is asked: survives every channel and every database's quoting.
    pub const DEFAULT: Spec = Spec { kind: Kind::Alnum, length: 32 };

    /// Reads a specification. What was written is not repeated in errors: it may be a value in the wrong place.
    pub fn parse(text: &str) -> Result<Spec> {
        let (name, length) = match text.split_once(':') {
            Some((name, length)) => (name, Some(length)),
            None => (text, None),
        };
        let Some(kind) = KINDS.into_iter().find(|kind| kind.name() == name) else {
            return Err(unknown(name, length));
        };
        match (kind.usual(), length) {
            (None, None) => Ok(kind.example()),
            (None, Some(_)) => Err(Error::usage(format!("{kind} takes no length", kind = kind.name()))
                .hint(format!("write {:?}", kind.name()))),
            (Some(_), text) => match text.and_then(|text| length_in(kind, text)) {
                Some(length) => Ok(Spec { kind, length }),
                None => Err(Error::usage(format!(
                    "{kind} takes a length from {} to {LONGEST}",
                    kind.shortest(),
                    kind = kind.name()
                ))
                .hint(format!("for example \"{}\"", kind.example()))),
            },
        }
    }

    /// The entropy of a value, in bits: the logarithm of how many there are, since all are equally likely.
    pub fn bits(&self) -> f64 {
        let n = self.length as f64;
        match self.kind {
            Kind::Hex | Kind::Base64 | Kind::Base64Url => 8.0 * n,
            Kind::Alnum => n * (ALNUM.len() as f64).log2(),
            Kind::Password => password_bits(n),
            Kind::Digits => n * (DIGITS.len() as f64).log2(),
            Kind::Words => 11.0 * n,
            Kind::Uuid => 122.0,
            Kind::Fernet => 256.0,
        }
    }

    /// Refuses below `floor` bits, and says what would reach it.
    pub fn demand(&self, floor: f64) -> Result<()> {
        if self.bits() >= floor {
            return Ok(());
        }
        let error = Error::usage(format!("{self} holds {} bits; the floor is {floor}", self.bits().floor()));
        // A kind without a length cannot be made longer: the default kind stands in for it.
        let kind = if self.kind.usual().is_some() { self.kind } else { Spec::DEFAULT.kind };
        let enough = (kind.shortest()..=LONGEST)
            .map(|length| Spec { kind, length })
            .find(|longer| longer.bits() >= floor);
        Err(match enough {
            Some(spec) => error.hint(format!("\"{spec}\" reaches it")),
            None => error,
        })
    }

    /// How many characters a value has at most.
    pub fn longest(&self) -> usize {
        let n = self.length;
        match self.kind {
            Kind::Hex => 2 * n,
            Kind::Base64 => n.div_ceil(3) * 4,
            Kind::Base64Url => (4 * n).div_ceil(3),
            Kind::Alnum | Kind::Password | Kind::Digits => n,
            // the longest of the list have eight letters
            Kind::Words => 9 * n - 1,
            Kind::Uuid => 36,
            Kind::Fernet => 44,
        }
    }

    /// A new value.
    pub fn generate(&self, rng: &mut dyn Random) -> SecretValue {
        let n = self.length;
        SecretValue::new(match self.kind {
            Kind::Hex => draw(rng, 2 * n, |_| HEX),
            Kind::Base64 => base64(rng, n, BASE64, true),
            Kind::Base64Url => base64(rng, n, BASE64URL, false),
            Kind::Fernet => base64(rng, 32, BASE64URL, true),
            Kind::Alnum => draw(rng, n, |_| ALNUM),
            Kind::Digits => draw(rng, n, |_| DIGITS),
            Kind::Password => password(rng, n),
            Kind::Words => words(rng, n),
            Kind::Uuid => uuid(rng),
        })
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if self.kind.usual().is_some() { write!(f, ":{}", self.length) } else { Ok(()) }
    }
}

/// The length that `text` gives for `kind`, if it may have it. Digits only: `parse` alone would take `+8` too.
fn length_in(kind: Kind, text: &str) -> Option<usize> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let length = text.parse().ok().filter(|_| plain)?;
    (kind.shortest()..=LONGEST).contains(&length).then_some(length)
}

fn unknown(name: &str, length: Option<&str>) -> Error {
    let error = Error::usage(format!("no such generator; {ALLOWED}"));
    let likeness = |kind: Kind| strsim::jaro_winkler(&name.to_ascii_lowercase(), kind.name());
    let Some(nearest) = KINDS.into_iter().max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))) else {
        return error;
    };
    if likeness(nearest) < 0.6 {
        return error;
    }
    let meant = match length.and_then(|text| length_in(nearest, text)) {
        Some(length) if nearest.usual().is_some() => Spec { kind: nearest, length },
        _ => nearest.example(),
    };
    error.hint(format!("did you mean \"{meant}\"?"))
}

/// `length` characters, each uniform over the alphabet of its place. `gen_range` rejects what a remainder would bias,
/// and the exact size of the iterator makes this one allocation.
fn draw(rng: &mut dyn Random, length: usize, alphabet: impl Fn(usize) -> &'static [u8]) -> Vec<u8> {
    (0..length).map(|at| pick(rng, alphabet(at))).collect()
}

fn pick(rng: &mut dyn Random, alphabet: &[u8]) -> u8 {
    alphabet[rng.gen_range(0..alphabet.len())]
}

/// What base64 makes of `n` uniform bytes: the last character has as many zero bits as the bytes do not fill.
fn base64(rng: &mut dyn Random, n: usize, alphabet: &'static [u8; 64], pad: bool) -> Vec<u8> {
    let characters = (n * 8).div_ceil(6);
    let spare_bits = characters * 6 - n * 8;
    let length = if pad { characters.next_multiple_of(4) } else { characters };
    let character = |at: usize| {
        if at + 1 < characters {
            pick(rng, alphabet)
        } else if at + 1 == characters {
            alphabet[rng.gen_range(0..64 >> spare_bits) << spare_bits]
        } else {
            b'='
        }
    };
    (0..length).map(character).collect()
}

/// A random UUID: version 4, variant 10.
fn uuid(rng: &mut dyn Random) -> Vec<u8> {
    let form = b"xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
    let character = |place: &u8| match place {
        b'x' => pick(rng, HEX),
        b'y' => pick(rng, b"89ab"),
        fixed => *fixed,
    };
    form.iter().map(character).collect()
}

/// Every class is there, and the ends are letters or digits. A value that lacks a class is drawn anew as a whole:
/// mending it, or placing one of each class first, would make some values likelier than others. At the shortest
/// length more than one draw in four is kept.
fn password(rng: &mut dyn Random, n: usize) -> Vec<u8> {
    loop {
        let value = draw(rng, n, |at| if at == 0 || at + 1 == n { ALNUM } else { PASSWORD });
        let has = |class: fn(&u8) -> bool| value.iter().any(class);
        if has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_digit)
            && has(u8::is_ascii_punctuation)
        {
            return value;
        }
    }
}

/// Inclusion and exclusion over the classes that a draw may lack gives the share of draws that are kept.
fn password_bits(n: f64) -> f64 {
    let (ends, middle) = (ALNUM.len() as f64, PASSWORD.len() as f64);
    let mut kept = 0.0;
    for lacking in 0..1u32 << CLASSES.len() {
        let lost: Vec<usize> = (0..CLASSES.len()).filter(|class| lacking >> class & 1 == 1).collect();
        let gone: usize = lost.iter().map(|class| CLASSES[*class]).sum();
        // Symbols, the last class, do not stand at the ends.
        let gone_at_ends: usize = lost.iter().filter(|class| **class != 3).map(|class| CLASSES[*class]).sum();
        let share = (1.0 - gone_at_ends as f64 / ends).powi(2) * (1.0 - gone as f64 / middle).powf(n - 2.0);
        kept += if lost.len().is_multiple_of(2) { share } else { -share };
    }
    2.0 * ends.log2() + (n - 2.0) * middle.log2() + kept.log2()
}

/// `n` of 2048 words that differ in their first four letters, so that they can be read out and typed.
fn words(rng: &mut dyn Random, n: usize) -> Vec<u8> {
    let list = bip39::Language::English.word_list();
    // The longest word has eight letters. The choice itself is never held: room for the longest is not much more.
    let mut value = Vec::with_capacity(n * 9);
    for at in 0..n {
        if at > 0 {
            value.push(b'-');
        }
        value.extend_from_slice(list[rng.gen_range(0..list.len())].as_bytes());
    }
    value
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
    use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};
    use rand::rngs::StdRng;
    use rand::{RngCore, SeedableRng};

    use super::*;
    use crate::dialect::{Dialect, faults};

    fn spec(text: &str) -> Spec {
        Spec::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    fn text(spec: &Spec, rng: &mut dyn Random) -> String {
        spec.generate(rng).expose_str().unwrap().to_owned()
    }

    fn message(error: &Error) -> String {
        format!("{error} ({})", error.advice().unwrap_or("no hint"))
    }

    fn refusal(text: &str) -> String {
        let error = Spec::parse(text).unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::Usage);
        message(&error).replace(ALLOWED, "…")
    }

    fn any_spec() -> impl Strategy<Value = Spec> {
        (0..KINDS.len(), 1usize..80).prop_map(|(kind, length)| {
            let kind = KINDS[kind];
            let length = if kind.usual().is_some() { length.max(kind.shortest()) } else { 0 };
            Spec { kind, length }
        })
    }

    proptest! {
        #[test]
        fn display_parses_to_the_same_spec(spec in any_spec()) {
            prop_assert_eq!(Spec::parse(&spec.to_string()).unwrap(), spec);
        }

        #[test]
        fn anything_parses_to_its_display_or_is_refused(text in "(hex|base64|uuid|words|password)?:?[0-9]{0,5}") {
            if let Ok(spec) = Spec::parse(&text) {
                prop_assert_eq!(spec.to_string(), text);
            }
        }

        #[test]
        fn values_have_the_shape_that_was_asked_for(spec in any_spec(), seed: u64) {
            let value = text(&spec, &mut StdRng::seed_from_u64(seed));
            let n = spec.length;
            let is = |f: fn(&char) -> bool| value.chars().all(|c| f(&c));
            let has = |f: fn(char) -> bool| value.chars().any(f);
            match spec.kind {
                Kind::Hex => prop_assert!(value.len() == 2 * n && is(|c| HEX.contains(&(*c as u8)))),
                // The decoders are strict about padding and about spare bits.
                Kind::Base64 => prop_assert_eq!(STANDARD.decode(&value).unwrap().len(), n),
                Kind::Base64Url => prop_assert_eq!(URL_SAFE_NO_PAD.decode(&value).unwrap().len(), n),
                Kind::Fernet => prop_assert_eq!(URL_SAFE.decode(&value).unwrap().len(), 32),
                Kind::Alnum => prop_assert!(value.len() == n && is(char::is_ascii_alphanumeric)),
                Kind::Digits => prop_assert!(value.len() == n && is(char::is_ascii_digit)),
                Kind::Password => {
                    prop_assert_eq!(value.len(), n);
                    prop_assert!(has(|c| c.is_ascii_lowercase()) && has(|c| c.is_ascii_uppercase()));
                    prop_assert!(has(|c| c.is_ascii_digit()) && has(|c| "-_.~^+=,".contains(c)));
                    prop_assert!(value.starts_with(|c: char| c.is_ascii_alphanumeric()));
                    prop_assert!(value.ends_with(|c: char| c.is_ascii_alphanumeric()));
                }
                Kind::Words => {
                    let list = bip39::Language::English.word_list();
                    prop_assert_eq!(value.split('-').count(), n);
                    prop_assert!(value.split('-').all(|word| list.contains(&word)));
                    prop_assert!(value.len() <= n * 9);
                }
                Kind::Uuid => {
                    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
                    prop_assert_eq!(lengths, vec![8, 4, 4, 4, 12]);
                    prop_assert!(is(|c| *c == '-' || HEX.contains(&(*c as u8))));
                    prop_assert!(&value[14..15] == "4" && "89ab".contains(&value[19..20]));
                }
            }
        }
    }

    /// I9: what is generated passes unchanged, unquoted, through every reader of env files that there is a model of.
    #[test]
    fn no_channel_changes_a_generated_value() {
        let mut rng = StdRng::seed_from_u64(9);
        for kind in KINDS {
            let mut seen = BTreeSet::new();
            for n in 0..2000 {
                let value = kind.example().generate(&mut rng);
                // what is seen for the first time, and some more
                if n < 100 || value.expose().iter().any(|byte| !seen.contains(byte)) {
                    let faults = faults(&Dialect::ALL, b"KEY", &value);
                    assert!(faults.is_empty(), "{kind:?}: {}", faults[0]);
                }
                // `%` of cron and of unit files stands in no file that a model reads
                assert!(!value.expose().contains(&b'%'), "{kind:?}");
                seen.extend(value.expose());
            }
            let alphabet: &[u8] = match kind {
                Kind::Hex => HEX,
                Kind::Base64 => &[BASE64, b"=".as_slice()].concat(),
                Kind::Base64Url => BASE64URL,
                Kind::Fernet => &[BASE64URL, b"=".as_slice()].concat(),
                Kind::Alnum => ALNUM,
                Kind::Digits => DIGITS,
                Kind::Password => PASSWORD,
                Kind::Words => b"abcdefghijklmnopqrstuvwxyz-",
                Kind::Uuid => &[HEX, b"-".as_slice()].concat(),
            };
            assert_eq!(
                seen,
                alphabet.iter().copied().collect(),
                "{kind:?}: not all of its alphabet was tried"
            );
        }
        for word in bip39::Language::English.word_list() {
            assert!(word.len() <= 8 && word.bytes().all(|b| b.is_ascii_lowercase()), "{word}");
        }
    }

    /// Distance from uniform in standard deviations of chi-square; the seeds are fixed, so it never flakes.
    fn deviation(cells: usize, draws: impl Iterator<Item = usize>) -> f64 {
        let mut counts = vec![0.0; cells];
        draws.for_each(|cell| counts[cell] += 1.0);
        let expected = counts.iter().sum::<f64>() / cells as f64;
        let chi_square: f64 = counts.iter().map(|count| (count - expected).powi(2) / expected).sum();
        let freedom = cells as f64 - 1.0;
        (chi_square - freedom) / (2.0 * freedom).sqrt()
    }

    #[test]
    fn characters_are_uniform_and_the_last_one_has_no_modulo_bias() {
        let mut rng = StdRng::seed_from_u64(62);
        let mut uniform = |spec: &str, at: usize, alphabet: &[u8]| {
            let spec = Spec::parse(spec).unwrap();
            let draws = (0..60_000).map(|_| spec.generate(&mut rng));
            let cell = |value: SecretValue| alphabet.iter().position(|c| *c == value.expose()[at]).unwrap();
            let off = deviation(alphabet.len(), draws.map(cell));
            assert!(off.abs() < 5.0, "{spec} at {at}: {off}");
        };
        uniform("alnum:4", 0, ALNUM);
        uniform("alnum:4", 3, ALNUM);
        uniform("hex:2", 3, HEX);
        uniform("digits:3", 2, DIGITS);
        uniform("base64:3", 3, BASE64);
        uniform("base64url:3", 0, BASE64URL);
        // One byte over: six bits, then two bits and four zeros.
        uniform("base64:1", 0, BASE64);
        uniform("base64:1", 1, b"AQgw");
        uniform("base64url:2", 2, b"AEIMQUYcgkosw048");
        uniform("uuid", 0, HEX);
        uniform("uuid", 19, b"89ab");
        uniform("uuid", 35, HEX);

        let list = bip39::Language::English.word_list();
        let draws = (0..100_000).map(|_| text(&spec("words:1"), &mut rng));
        let off = deviation(2048, draws.map(|word| list.iter().position(|w| *w == word).unwrap()));
        assert!(off.abs() < 5.0, "words: {off}");

        // The measure sees what it is there to see: a byte modulo 62.
        let biased = (0..60_000).map(|_| (rng.next_u32() % 256) as usize % 62);
        assert!(deviation(62, biased) > 20.0);
    }

    /// Counts valid passwords place by place, by the set of classes met so far: another road than inclusion and
    /// exclusion to the same number.
    #[test]
    fn the_entropy_of_a_password_is_the_number_of_passwords() {
        for n in [8, 9, 16, 24, 100] {
            let mut count = [0.0f64; 16];
            count[0] = 1.0;
            for at in 0..n {
                let mut next = [0.0f64; 16];
                let classes = if at == 0 || at + 1 == n { 3 } else { 4 };
                for (met, ways) in count.iter().enumerate() {
                    for class in 0..classes {
                        next[met | 1 << class] += ways * CLASSES[class] as f64;
                    }
                }
                count = next;
            }
            let bits = Spec { kind: Kind::Password, length: n }.bits();
            assert!((bits - count[15].log2()).abs() < 1e-9, "{n}: {bits}");
        }
        let drawn = 2.0 * 62f64.log2() + 6.0 * 70f64.log2();
        assert!((spec("password:8").bits() - drawn).exp2() > 0.25, "more than one draw in four is kept");
    }

    #[test]
    fn entropy_is_known_and_the_examples_reach_the_floor() {
        for (text, bits) in
            [("hex:16", 128.0), ("base64:33", 264.0), ("base64url:1", 8.0), ("words:12", 132.0)]
        {
            assert_eq!(spec(text).bits(), bits, "{text}");
        }
        assert_eq!((spec("uuid").bits(), spec("fernet").bits()), (122.0, 256.0));
        assert!((spec("alnum:32").bits() - 190.53).abs() < 0.01);
        assert!((spec("digits:4096").bits() - 13606.6).abs() < 0.1);
        assert!(spec("password:4096").bits().is_finite());
        for kind in KINDS {
            kind.example().demand(FLOOR_BITS).unwrap();
        }
        assert_eq!(Spec::DEFAULT, spec("alnum:32"));
    }

    #[test]
    fn weak_specs_are_refused_with_the_shortest_that_is_strong_enough() {
        let refusal = |text: &str, floor| message(&spec(text).demand(floor).unwrap_err());
        for (text, said) in [
            ("alnum:8", "alnum:8 holds 47 bits; the floor is 112 (\"alnum:19\" reaches it)"),
            ("hex:13", "hex:13 holds 104 bits; the floor is 112 (\"hex:14\" reaches it)"),
            ("password:8", "password:8 holds 47 bits; the floor is 112 (\"password:19\" reaches it)"),
            ("words:10", "words:10 holds 110 bits; the floor is 112 (\"words:11\" reaches it)"),
            ("digits:6", "digits:6 holds 19 bits; the floor is 112 (\"digits:34\" reaches it)"),
        ] {
            assert_eq!(refusal(text, FLOOR_BITS), said);
        }
        assert_eq!(refusal("uuid", 128.0), "uuid holds 122 bits; the floor is 128 (\"alnum:22\" reaches it)");
        assert_eq!(refusal("uuid", 1e9), "uuid holds 122 bits; the floor is 1000000000 (no hint)");
        assert!(spec("uuid").demand(f64::NAN).is_err());
        spec("hex:14").demand(FLOOR_BITS).unwrap();
    }

    #[test]
    fn nonsense_is_refused_with_what_is_allowed() {
        for (text, said) in [
            ("", "no such generator; … (no hint)"),
            ("hunter2-is-a-value", "no such generator; … (no hint)"),
            ("hx:16", "no such generator; … (did you mean \"hex:16\"?)"),
            ("HEX:16", "no such generator; … (did you mean \"hex:16\"?)"),
            ("hex32", "no such generator; … (did you mean \"hex:32\"?)"),
            ("base64-url:64", "no such generator; … (did you mean \"base64url:64\"?)"),
            ("alphanumeric:20", "no such generator; … (did you mean \"alnum:20\"?)"),
            ("pasword:4", "no such generator; … (did you mean \"password:24\"?)"),
            ("uuidv4", "no such generator; … (did you mean \"uuid\"?)"),
            ("fernet:32", "fernet takes no length (write \"fernet\")"),
            ("uuid:", "uuid takes no length (write \"uuid\")"),
            ("hex", "hex takes a length from 1 to 4096 (for example \"hex:32\")"),
            ("hex:", "hex takes a length from 1 to 4096 (for example \"hex:32\")"),
            ("hex:0", "hex takes a length from 1 to 4096 (for example \"hex:32\")"),
            ("hex:+8", "hex takes a length from 1 to 4096 (for example \"hex:32\")"),
            ("hex:08", "hex takes a length from 1 to 4096 (for example \"hex:32\")"),
            ("hex:4097", "hex takes a length from 1 to 4096 (for example \"hex:32\")"),
            ("alnum:99999999999999999999", "alnum takes a length from 1 to 4096 (for example \"alnum:32\")"),
            ("password:7", "password takes a length from 8 to 4096 (for example \"password:24\")"),
        ] {
            assert_eq!(refusal(text), said, "{text}");
        }
    }
}
