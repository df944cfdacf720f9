//! A seed becomes values: passwords as people and generators make them, names, hosts, digests. Knows nothing of files.

use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

use super::encode;

pub const DIGITS: &str = "0123456789";
pub const HEX: &str = "0123456789abcdef";
pub const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
pub const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
pub const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const SYMBOLS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz0123456789!@#%^&*!@#%^&*";
const NOUNS: &str = "otter quarry lantern meadow copper harbor falcon thistle ember walnut glacier saddle pepper \
    cobalt juniper marble tundra beacon willow cactus anchor velvet badger canyon orchid pebble raven summit timber zephyr \
    granite mussel nickel parsley quartz rocket salmon turnip umber violet";
const WORDS: &str = "account order invoice report session worker queue device region sensor payment ticket booking \
    catalog delivery profile message article comment gallery product customer supplier warehouse shipment schedule \
    reminder export import backup metric event channel thread member project release deploy cluster volume window \
    router filter layout widget editor viewer player record journal ledger budget quota policy review rating coupon";

/// Where all that is random comes from.
pub struct Chance {
    random: StdRng,
    nouns: Vec<&'static str>,
    words: Vec<&'static str>,
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        let list = |text: &'static str| text.split_whitespace().collect();
        Chance { random: StdRng::seed_from_u64(seed), nouns: list(NOUNS), words: list(WORDS) }
    }

    /// From `low` to `high`, both included.
    pub fn number(&mut self, low: usize, high: usize) -> usize {
        self.random.gen_range(low..=high)
    }

    pub fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.number(0, all.len() - 1)]
    }

    pub fn word(&mut self) -> &'static str {
        let n = self.number(0, self.words.len() - 1);
        self.words[n]
    }

    pub fn noun(&mut self) -> &'static str {
        let n = self.number(0, self.nouns.len() - 1);
        self.nouns[n]
    }

    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.random.fill_bytes(&mut bytes);
        bytes
    }

    pub fn text(&mut self, alphabet: &str, n: usize) -> String {
        let all = alphabet.as_bytes();
        (0..n).map(|_| all[self.number(0, all.len() - 1)] as char).collect()
    }

    /// With a digit, and letters of both cases: what a generator guarantees, and what no word is.
    pub fn mixed(&mut self, alphabet: &str, n: usize) -> String {
        loop {
            let text = self.text(alphabet, n);
            let has = |f: fn(char) -> bool| text.chars().filter(|c| f(*c)).count();
            let digits = has(|c| c.is_ascii_digit());
            let edges = text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.ends_with(|c: char| c.is_ascii_alphanumeric());
            if edges
                && digits >= 2
                && has(|c| c.is_ascii_lowercase()) > 1
                && has(|c| c.is_ascii_uppercase()) > 1
            {
                return text;
            }
        }
    }

    /// `Otter-Qu4rry87!`: two words, a digit for a letter, a number, a sign.
    pub fn human(&mut self) -> String {
        let cap = |w: &str| w[..1].to_uppercase() + &w[1..];
        let (first, second) = (cap(self.noun()), cap(self.noun()));
        let second = match self.number(0, 3) {
            0 => second.replace('a', "4"),
            1 => second.replace('e', "3").replace('o', "0"),
            2 => second.replace('i', "1").replace('a', "@"),
            _ => second,
        };
        let between = self.of(&["-", "_", ".", ""]);
        let number = self.number(10, 9999);
        let sign = self.of(&["!", "!", "#", "*", "%", ""]);
        format!("{first}{between}{second}{number}{sign}")
    }

    /// As [`human`](Self::human), with nothing in it that a shell, a URL or YAML reads otherwise.
    pub fn human_bare(&mut self) -> String {
        self.human().replace(['!', '#', '*', '%', '@'], "")
    }

    pub fn phrase(&mut self) -> String {
        let between = self.of(&["-", "-", "."]);
        let words: Vec<&str> = (0..self.number(5, 7)).map(|_| self.noun()).collect();
        words.join(between)
    }

    pub fn uuid(&mut self) -> String {
        let h = self.text(HEX, 30);
        let variant = self.text("89ab", 1);
        format!("{}-{}-4{}-{variant}{}-{}", &h[..8], &h[8..12], &h[12..15], &h[15..18], &h[18..])
    }

    /// A value by the name that a template has for it; `None`: no such name.
    pub fn value(&mut self, name: &str, args: &[&str]) -> Option<String> {
        let n = |i: usize, or: usize| args.get(i).and_then(|a| a.parse().ok()).unwrap_or(or);
        Some(match name {
            // passwords, with signs and without
            "pw" => match self.number(0, 4) {
                0 | 1 => self.human(),
                2 => self.number(12, 40).pipe(|n| self.mixed(SYMBOLS, n)),
                3 => self.number(14, 32).pipe(|n| self.mixed(ALNUM, n)),
                _ => self.number(10, 16).pipe(|n| self.mixed(SYMBOLS, n)),
            },
            "bare" => match self.number(0, 3) {
                0 => self.human_bare(),
                1 => self.number(12, 18).pipe(|n| self.mixed(ALNUM, n)),
                _ => self.number(18, 40).pipe(|n| self.mixed(ALNUM, n)),
            },
            "sym" => self.mixed(SYMBOLS, n(0, 20)),
            "human" => self.human(),
            "phrase" => self.phrase(),
            // keys of an API, for a signature, of a session
            "api" => match self.number(0, 4) {
                0 => self.of(&["32", "40", "64"]).parse().unwrap_or(32).pipe(|n| self.text(HEX, n)),
                1 => self.number(32, 48).pipe(|n| self.mixed(ALNUM, n)),
                2 => encode::base64(&self.bytes(32)),
                3 => encode::base64_url(&self.bytes(33)),
                _ => self.number(20, 31).pipe(|n| self.mixed(ALNUM, n)),
            },
            "hex" => self.text(HEX, n(0, 32)),
            "b64" => encode::base64(&self.bytes(n(0, 32))),
            "b64url" => encode::base64_url(&self.bytes(n(0, 33))),
            "alnum" => self.mixed(ALNUM, n(0, 24)),
            "upper" => self.text(UPPER, n(0, 16)),
            "lower" => self.text(LOWER, n(0, 16)),
            "digits" => self.text(DIGITS, n(0, 10)),
            "uuid" => self.uuid(),
            // what is no secret
            "int" => self.number(n(0, 1), n(1, 999)).to_string(),
            "word" => self.word().to_owned(),
            "noun" => self.noun().to_owned(),
            "Word" => self.word().pipe(|w| w[..1].to_uppercase() + &w[1..]),
            "snake" => format!("{}_{}", self.word(), self.word()),
            "kebab" => format!("{}-{}", self.noun(), self.word()),
            "camel" => format!("{}{}", self.word(), self.word().pipe(|w| w[..1].to_uppercase() + &w[1..])),
            "host" => {
                let zone = self.of(&["example.com", "example.org", "internal", "lan", "svc.cluster.local"]);
                format!("{}{}.{zone}", self.noun(), self.number(1, 9))
            }
            "ip" => format!("10.{}.{}.{}", self.number(0, 255), self.number(0, 255), self.number(2, 254)),
            "email" => format!("{}@{}.example.com", self.noun(), self.word()),
            "date" => format!("2025-{:02}-{:02}", self.number(1, 12), self.number(1, 28)),
            "stamp" => {
                let (month, day, hour) = (self.number(1, 12), self.number(1, 28), self.number(0, 23));
                format!("2025{month:02}{day:02}_{hour:02}{:02}{:02}", self.number(0, 59), self.number(0, 59))
            }
            "version" => format!("{}.{}.{}", self.number(0, 9), self.number(0, 30), self.number(0, 20)),
            "sri" => format!("sha512-{}", encode::base64(&self.bytes(64))),
            "bcrypt" => format!("$2{}$12${}", "b", self.text(ALNUM, 53)),
            "argon2" => {
                let salt = encode::base64(&self.bytes(16)).replace('=', "");
                format!(
                    "$argon2id$v=19$m=65536,t=3,p=4${salt}${}",
                    encode::base64(&self.bytes(32)).replace('=', "")
                )
            }
            "scram" => {
                let (salt, a, b) = (self.bytes(16), self.bytes(32), self.bytes(32));
                format!(
                    "SCRAM-SHA-256$4096:{}${}:{}",
                    encode::base64(&salt),
                    encode::base64(&a),
                    encode::base64(&b)
                )
            }
            "any" => self.of(args).to_owned(),
            _ => return None,
        })
    }
}

/// Reads a chain from left to right where the receiver is borrowed again.
trait Pipe: Sized {
    fn pipe<T>(self, f: impl FnOnce(Self) -> T) -> T {
        f(self)
    }
}

impl<T> Pipe for T {}
