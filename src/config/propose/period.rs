//! How often something happens, in the words that people use for it.

use std::sync::LazyLock;

use regex::Regex;

use super::shell::{Pattern, captures};

/// A period in days. `strict`: only where the line says that something happens that often.
pub(super) fn days(text: &str, strict: bool) -> Option<u32> {
    static OFTEN: Pattern = LazyLock::new(|| {
        Regex::new(
            r"(?i)(?:every|each|tous les|toutes les)\s+(\d{1,4})[\s-]*(day|jour|week|semaine|month|mois|year|an)",
        )
        .ok()
    });
    static SPAN: Pattern = LazyLock::new(|| {
        Regex::new(r"(?i)\b(\d{1,4})[\s-]*(day|jour|d\b|week|semaine|month|mois|year|ans?\b)").ok()
    });
    const WORDS: [(&str, u32); 14] = [
        ("quarter", 90),
        ("trimestr", 90),
        ("every six months", 180),
        ("semi-annual", 180),
        ("half-year", 180),
        ("twice a year", 180),
        ("semestr", 180),
        ("monthly", 30),
        ("mensuel", 30),
        ("every month", 30),
        ("annual", 365),
        ("yearly", 365),
        ("annuel", 365),
        ("once a year", 365),
    ];
    let lower = text.to_lowercase();
    if let Some((_, days)) = WORDS.iter().find(|(word, _)| lower.contains(word)) {
        return Some(*days);
    }
    let found = captures(if strict { &OFTEN } else { &SPAN }, text)?;
    let unit = match found[2].to_ascii_lowercase().as_str() {
        "day" | "jour" | "d" => 1,
        "week" | "semaine" => 7,
        "month" | "mois" => 30,
        _ => 365,
    };
    let n: u32 = found[1].parse().ok()?;
    Some(n * unit).filter(|days| (1..=3650).contains(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_in_the_words_that_people_use() {
        for (text, wants) in [
            ("every 90 days", Some(90)),
            ("tous les 90 jours", Some(90)),
            ("every 3 months", Some(90)),
            ("chaque trimestre", Some(90)),
            ("wait 5 days", None),
            ("every 0 days", None),
        ] {
            assert_eq!(days(text, true), wants, "{text}");
        }
        assert_eq!(days("| Passwords | 45 days |", false), Some(45));
    }
}
