//! Every row is tried with tokens that a generator makes up, so that none stands here.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::super::kind::Name;
use super::super::words::{Family, Words};
use super::row::{Part, Row, Set};
use super::sum::{self, Sum};
use super::*;

/// Built once: it takes long without optimisation.
static AUTOMATON: std::sync::LazyLock<Words> = std::sync::LazyLock::new(Words::new);

fn hits(text: &[u8]) -> Vec<(usize, &'static str, String)> {
    let name = Name::of(b"a.txt");
    let text = Text::of(&name, text);
    let (mut tokens, mut hits) = (Tokens::default(), Vec::new());
    for (family, word, at) in AUTOMATON.find(text.bytes) {
        if family == Family::Token {
            tokens.at(&text, word, at, &mut hits);
        }
    }
    let what = |hit: &Hit| String::from_utf8_lossy(&text.bytes[hit.at.clone()]).into_owned();
    hits.iter().map(|hit| (text.number(hit.at.start), hit.rule, what(hit))).collect()
}

fn of(set: Set, n: usize, chance: &mut StdRng) -> String {
    let bytes: Vec<u8> = (0..=127).filter(|b| set.has(*b)).collect();
    // hex is written in one case
    let bytes: Vec<u8> = bytes.into_iter().filter(|b| set != Set::Hex || !b.is_ascii_uppercase()).collect();
    // no sign at the edges: what stands beside them would be read differently
    let pick = |i: usize, chance: &mut StdRng| loop {
        let b = bytes[chance.gen_range(0..bytes.len())];
        if b.is_ascii_alphanumeric() || (i > 0 && i + 1 < n) {
            return char::from(b);
        }
    };
    (0..n).map(|i| pick(i, chance)).collect()
}

/// A token of this row, each part as long as it may be, or as short.
fn made(row: &Row, long: bool, chance: &mut StdRng) -> String {
    loop {
        let mut token = match row.before {
            row::Before::Nothing => String::new(),
            row::Before::Exactly(literal, set, n) => format!("{literal}{}", of(set, n, chance)),
            row::Before::Number => format!("7{}", of(Set::Digit, 8, chance)),
        };
        token += row.head;
        for part in row.body {
            match *part {
                Part::Is(literal) => token += literal,
                Part::Pad => {}
                Part::Of(set, least, most) => token += &of(set, if long { most } else { least }, chance),
            }
        }
        let n = token.len();
        let from = row.head.len();
        let replace = |token: &mut String, at: usize, with: &[u8]| {
            token.replace_range(at..at + with.len(), std::str::from_utf8(with).unwrap());
        };
        let crc = |range: &str| sum::crc32(range.as_bytes());
        match row.sum {
            Sum::None => {}
            Sum::Base62 => {
                let s = sum::base::<6>(62, crc(&token[from..n - 6]));
                replace(&mut token, n - 6, &s);
            }
            Sum::Base36 => {
                let s = sum::base::<7>(36, crc(&token[..n - 7])).to_ascii_lowercase();
                replace(&mut token, n - 7, &s);
            }
            Sum::Hex => {
                let s = format!("{:08x}", crc(&token[from..n - 8]));
                replace(&mut token, n - 8, s.as_bytes());
            }
            Sum::Grafana => {
                let s = format!("{:08x}", crc(&token[..n - 9]).swap_bytes());
                replace(&mut token, n - 8, s.as_bytes());
            }
            Sum::Json => replace(&mut token, from, b"eyJpYXQiOjE3MjEy"),
        }
        // letters alone are words, and chance makes them too
        if token.bytes().filter(u8::is_ascii_digit).count() > 1 || row.wordy {
            return token;
        }
    }
}

/// What the row itself says of a text in which the token stands after its company.
fn finds(row: &'static Row, token: &str, before: &str, after: &str) -> bool {
    let head = match row.before {
        row::Before::Nothing => 0,
        _ => token.find(row.head).unwrap_or(0),
    };
    let company = row.near.unwrap_or("it");
    let text = format!("first\nthe {company}: {before}{token}{after}\n");
    let name = Name::of(b"a.txt");
    let text = Text::of(&name, text.as_bytes());
    let at = if row.is_led_by_company() { 10 } else { 6 + 6 + company.len() + before.len() + head };
    look(row, &text, &(at..at + 1)).is_some()
}

#[test]
fn each_kind_of_token_is_found_on_its_line() {
    let mut chance = StdRng::seed_from_u64(53);
    let mut kinds = 0;
    for row in table::rows() {
        kinds += 1;
        for long in [false, true, false] {
            let token = made(row, long, &mut chance);
            let company = row.near.unwrap_or("it");
            for (before, after) in [
                ("\"", "\""),
                ("=", "\n"),
                ("'", "',"),
                (" ", "\\n\""),
                ("\\\"", "\\\""),
                ("(", ")"),
                ("=", "&x=1"),
                (" ", "@host"),
            ] {
                let text = format!("one\ntwo\n{company} KEY{before}{token}{after}\nfour\n");
                let found = hits(text.as_bytes());
                assert!(
                    found.iter().any(|(line, _, what)| *line == 3 && *what == token),
                    "{}: {text}",
                    row.what
                );
            }
        }
    }
    assert!(kinds > 230, "{kinds} rows");
}

#[test]
fn no_kind_is_found_too_short_too_long_within_a_word_or_filled_in() {
    let mut chance = StdRng::seed_from_u64(54);
    for row in table::rows() {
        let token = made(row, false, &mut chance);
        assert!(finds(row, &token, "\"", "\""), "{}", row.what);
        assert!(
            !finds(row, &token, "x", "\"") || matches!(row.before, row::Before::Number),
            "{} within a word",
            row.what
        );
        let free = row.body.iter().rev().find(|part| !matches!(part, Part::Pad));
        if let Some(Part::Of(..)) = free {
            assert!(!finds(row, &token[..token.len() - 1], "\"", "\""), "{} too short", row.what);
            let long = made(row, true, &mut chance) + "a";
            assert!(!finds(row, &long, "\"", "\""), "{} too long", row.what);
        }
        for fill in ["x", "X", "0", "a", "1", "*"] {
            let parts = row.body.iter().map(|part| match *part {
                Part::Is(literal) => literal.to_owned(),
                Part::Pad => String::new(),
                Part::Of(_, least, _) => fill.repeat(least),
            });
            let before = match row.before {
                row::Before::Nothing => String::new(),
                row::Before::Exactly(literal, _, n) => format!("{literal}{}", fill.repeat(n)),
                row::Before::Number => fill.repeat(9),
            };
            let filled = format!("{before}{}{}", row.head, parts.collect::<String>());
            assert!(!finds(row, &filled, "\"", "\""), "{} filled with {fill}", row.what);
        }
    }
}

#[test]
fn a_wrong_checksum_makes_it_a_dummy() {
    let mut chance = StdRng::seed_from_u64(55);
    let summed = table::rows().filter(|row| !matches!(row.sum, Sum::None | Sum::Json));
    let mut n = 0;
    for row in summed {
        n += 1;
        let token = made(row, false, &mut chance);
        let at = row.head.len() + 9;
        let other = if token.as_bytes()[at] == b'7' { "3" } else { "7" };
        let mut wrong = token.clone();
        wrong.replace_range(at..=at, other);
        assert!(finds(row, &token, " ", " ") && !finds(row, &wrong, " ", " "), "{}", row.what);
    }
    assert!(n >= 13, "{n}");
}

#[test]
fn words_as_bodies_and_printed_examples_are_none() {
    for text in [
        "ghp_YourPersonalAccessTokenGoesHere1234567",
        "token: glpat-your-token-here-1234",
        "sk_live_yourkeyhere1234567890abcd",
        "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        "xoxb-123456789012-123456789012-xxxxxxxxxxxxxxxxxxxxxxxx",
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AIzaSyExampleExampleExampleExample12345",
        "HEROKU_API_KEY=01234567-89ab-cdef-0123-456789abcdef",
        "DATADOG_API_KEY=0123456789abcdef0123456789abcdef",
        "pk_live_51HxYz2eZvKYlo2C0aB1cD2eF3gH4iJ5kL6mN7",
    ] {
        assert_eq!(hits(text.as_bytes()), [], "{text}");
    }
}

#[test]
fn an_id_counts_only_beside_its_secret() {
    let mut chance = StdRng::seed_from_u64(56);
    for pair in pair::PAIRS {
        let (id, secret) = match pair.head {
            "LTAI" => (of(Set::Alnum, 20, &mut chance), of(Set::Alnum, 30, &mut chance)),
            "rzp_live_" | "rzp_test_" => (of(Set::Alnum, 14, &mut chance), of(Set::Alnum, 24, &mut chance)),
            "AKID" => (of(Set::Alnum, 32, &mut chance), of(Set::Alnum, 32, &mut chance)),
            _ => (of(Set::Base32, 16, &mut chance), of(Set::Base64, 40, &mut chance)),
        };
        let id = format!("{}{id}", pair.head);
        let near = format!("[default]\nid = {id}\nregion = eu\nplace = {secret}\n");
        let mut lines = hits(near.as_bytes());
        lines.sort();
        assert_eq!(lines, [(2, pair.rule, id.clone()), (4, pair.rule, secret.clone())]);
        let json = format!("{{\"id\":\"{id}\",\"v\":\"{secret}\"}}");
        assert_eq!(hits(json.as_bytes()).len(), 2);
        assert_eq!(hits(format!("id = {id}\n").as_bytes()), []);
        assert_eq!(hits(format!("id = {id}\n\n\n\n\nplace = {secret}\n").as_bytes()), []);
        // a digest beside it is none of its secrets
        assert_eq!(hits(format!("id = {id}\nsha1 = {}\n", of(Set::Hex, 40, &mut chance)).as_bytes()), []);
    }
}

#[test]
fn a_form_without_a_mark_needs_the_name_of_its_issuer() {
    let mut chance = StdRng::seed_from_u64(57);
    for named in named::NAMED {
        let body = loop {
            let parts = named.body.iter().map(|part| match *part {
                Part::Is(literal) => literal.to_owned(),
                Part::Pad => String::new(),
                Part::Of(set, least, _) => of(set, least, &mut chance),
            });
            let body: String = parts.collect();
            // what chance makes without digits looks like a name
            if body.bytes().filter(u8::is_ascii_digit).count() * 10 > body.len().max(20) {
                break body;
            }
        };
        let mut word = named.word.to_uppercase();
        if word.starts_with('_') {
            word.insert_str(0, "//registry");
        }
        for text in [
            format!("{word}_SECRET_KEY={body}\n"),
            format!("\"{word}_secret_token\": \"{body}\",\n"),
            format!("{word}.auth_key: '{body}'\n"),
        ] {
            let found = hits(text.as_bytes());
            assert!(found.iter().any(|(_, _, what)| *what == body), "{}: {text}", named.what);
        }
        assert!(
            !hits(format!("{word}_PUBLIC_KEY={body}\n").as_bytes())
                .iter()
                .any(|(_, rule, _)| *rule == named.rule),
            "{}",
            named.what
        );
    }
}

fn jwt(header: &str, body: &str, signature: &str) -> String {
    use base64::Engine as _;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{signature}", part(header), part(body))
}

#[test]
fn a_web_token_counts_with_a_signature_of_its_algorithm() {
    let mut chance = StdRng::seed_from_u64(58);
    let body = r#"{"sub":"u-4711","iss":"auth.acme.test","exp":1999999999}"#;
    for (algorithm, n) in [("HS256", 43), ("ES256", 86), ("RS256", 342), ("HS512", 86), ("PS512", 683)] {
        let header = format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#);
        let token = jwt(&header, body, &of(Set::Url, n, &mut chance));
        assert_eq!(hits(format!("a: 1\nb: {token}\n").as_bytes()), [(2, "jwt", token.clone())]);
        let short = jwt(&header, body, &of(Set::Url, n - 3, &mut chance));
        assert_eq!(hits(short.as_bytes()), []);
        for example in [
            r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#,
            r#"{"iss":"supabase","role":"anon","exp":1999999999}"#,
            r#"{"sub":"u-4711","exp":1300819380}"#,
        ] {
            assert_eq!(
                hits(jwt(&header, example, &of(Set::Url, n, &mut chance)).as_bytes()),
                [],
                "{example}"
            );
        }
    }
    assert_eq!(hits(jwt(r#"{"alg":"none"}"#, body, &of(Set::Url, 43, &mut chance)).as_bytes()), []);
}

#[test]
fn what_stands_in_urls_and_lines_of_a_kind_is_found() {
    let mut chance = StdRng::seed_from_u64(59);
    let signature = format!("{}%2B{}%3D", of(Set::Alnum, 20, &mut chance), of(Set::Alnum, 22, &mut chance));
    let url = format!(
        "https://acme.blob.core.windows.net/c/f?sv=2022-11-02&sr=b&sp=r&se=2030-01-01T00:00:00Z&sig={signature}"
    );
    assert_eq!(hits(url.as_bytes()), [(1, "azure-sas", signature)]);
    let entra = format!("{}8Q~{}", of(Set::Alnum, 3, &mut chance), of(Set::Alnum, 34, &mut chance));
    assert_eq!(
        hits(format!("AZURE_CLIENT_SECRET={entra}\n").as_bytes()),
        [(1, "azure-ad-secret", entra.clone())]
    );
    assert_eq!(hits(format!("x{entra}y").as_bytes()), []);
    // the id is a number in base64
    use base64::Engine as _;
    let id = base64::engine::general_purpose::STANDARD_NO_PAD.encode("947382615048273915");
    let discord = format!("{id}.{}.{}", of(Set::Alnum, 6, &mut chance), of(Set::Alnum, 38, &mut chance));
    assert_eq!(hits(format!("DISCORD_TOKEN={discord}\n").as_bytes()), [(1, "discord-token", discord)]);
    assert_eq!(hits(b"discord.Client.method_name.another_long_method_name_of_it"), []);
}

#[test]
fn escapes_before_a_token_are_no_letters_of_it() {
    let mut chance = StdRng::seed_from_u64(60);
    let row = table::rows().find(|row| row.head == "gho_").unwrap();
    let token = made(row, false, &mut chance);
    for before in ["\\n", "\\t", "%3D", "\\u003d", "https://x:", "-", "/", "\u{e9}"] {
        assert_eq!(hits(format!("a{before}{token}\"").as_bytes()).len(), 1, "{before}");
    }
    for before in ["n", "_", "3D"] {
        assert_eq!(hits(format!("a{before}{token}\"").as_bytes()), [], "{before}");
    }
}
